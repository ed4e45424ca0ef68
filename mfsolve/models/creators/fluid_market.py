"""The dynamic creator market in its fluid limit, under three regimes (MODEL 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.creators.stocks import instants as stock_instants
from mfsolve.models.arguments import increasing, instance, number

from .prices import price_cap, trap_price
from .recursive_precision import (
    CODES,
    DynamicParameters,
    Regime,
    instants,
    market_constants,
    precision_barrier,
    regime_named,
    warn_order,
)

if TYPE_CHECKING:
    import xarray as xr

RTOL, ATOL = 1e-9, 1e-12
LONG = {
    "price": "mean unit price, weighted by effort",
    "price_cap": "Prop. 5's bound on the price, under strict rights",
    "innovator_price": "unit price paid to innovators",
    "imitator_price": "unit price paid to the rank and file",
    "innovator_stock": "precision of innovators' data",
    "imitator_stock": "precision of the rank and file's data",
    "precision": "precision of the estimate, with recursive bias",
    "bias_variance": "variance of the common factor",
    "innovator_value": "marginal value of innovators' data",
    "imitator_value": "marginal value of the rank and file's data",
    "profit": "rate of gain in precision less payments to creators",
    "measured_precision": "one over the mean squared error of the step's estimates",
    "innovators_left": "whether innovators have left for good",
}


@dataclass(frozen=True)
class Leg:
    """A stretch of a path under one regime: stocks (2, times), 1 once innovators have left (times,), and that time."""

    stocks: Floats
    left: Floats
    exit_time: float


def run_leg(p: DynamicParameters, regime: Regime, start: Floats, times: Floats, left: bool = False) -> Leg:
    """Integrate the stocks over times[0]..times[-1], with an event where innovators leave."""
    from scipy.integrate import solve_ivp

    row, out = np.array(market_constants(p))[None], np.empty((8, 1))

    def rate(stay: float) -> Callable[[float, Floats], Floats]:
        here = np.array([stay])

        def slope(_: float, state: Floats) -> Floats:
            stock_instants(row, CODES[regime], here, np.array(state).reshape(2, 1), out)
            return np.asarray(out[6:, 0] - p.depreciation * np.maximum(state, 0.0))

        return slope

    begun, above = float(times[0]), bool(start[0] > p.exit_threshold)
    seen: dict[float, float] = {}

    def margin(time: float, stocks: Floats) -> float:
        """Stock above the threshold; the solver asks twice at a time, then of its interpolant, and gets one answer."""
        if time == begun:
            return 1.0 if above else -1.0
        return seen.setdefault(time, float(stocks[0] - p.exit_threshold))

    margin.terminal = True  # type: ignore[attr-defined]
    margin.direction = -1.0  # type: ignore[attr-defined]
    stocks = np.empty((2, times.size))
    stocks[:, 0] = start
    gone = np.zeros(times.size)
    exit_time = np.inf
    at, state, done = float(times[0]), np.asarray(start, dtype=np.float64), 1
    while done < times.size:
        watch = margin if p.exit_threshold > 0.0 and not left else None
        ahead = times[done:]
        solution = solve_ivp(
            rate(0.0 if left else 1.0),
            (at, float(times[-1])),
            state,
            method="LSODA",
            t_eval=ahead,
            events=watch,
            rtol=RTOL,
            atol=ATOL,
        )
        if not solution.success:
            raise RuntimeError(f"integration of the stocks stopped at time {solution.t[-1]:g}: {solution.message}")
        got = len(solution.t)  # a list, empty, where the event comes before the next time
        if got:
            stocks[:, done : done + got] = np.maximum(solution.y, 0.0)
        gone[done : done + got] = left
        done += got
        if solution.status != 1:
            break
        assert solution.t_events is not None
        assert solution.y_events is not None
        at, state = float(solution.t_events[0][0]), np.asarray(solution.y_events[0][0])
        exit_time, left = at, True
    gone[0] = float(left and exit_time == np.inf)
    return Leg(stocks, gone, exit_time)


def observe(p: DynamicParameters, regime: Regime, stocks: Floats, left: Floats) -> dict[str, Floats]:
    """Prices, precision, values and profit that follow from stocks (2, n) at the same instants."""
    ko, kc = stocks
    stay = 1.0 - left
    now = instants(np.array(market_constants(p))[None], regime, stocks, stay)
    new = now.innovator_flow + now.imitator_flow
    paid = now.innovator_price * now.innovator_flow + now.imitator_price * now.imitator_flow
    price = np.where(new > 0.0, paid / np.where(new > 0.0, new, 1.0), 0.0)
    price = now.innovator_price if regime is Regime.STRICT_RIGHTS else price
    cap = price_cap(p, price, kc, now.bias_variance, stay)
    growth = now.innovator_flow - p.depreciation * ko, now.imitator_flow - p.depreciation * kc
    return {
        "price": price,
        "price_cap": cap if regime is Regime.STRICT_RIGHTS else np.full_like(price, np.nan),
        "innovator_price": now.innovator_price,
        "imitator_price": now.imitator_price,
        "innovator_stock": ko,
        "imitator_stock": kc,
        "precision": now.precision,
        "bias_variance": now.bias_variance,
        "innovator_value": now.innovator_value,
        "imitator_value": now.imitator_value,
        "profit": now.innovator_value * growth[0] + now.imitator_value * growth[1] - paid,
        "innovators_left": left,
    }


def label(p: DynamicParameters, times: Floats, values: dict[str, Floats], **attributes: object) -> xr.Dataset:
    """Label a path: Dataset(time) with units and meanings, price trap and precision barrier as attributes."""
    import xarray as xr

    notes = {
        "trap_price": trap_price(p),
        "precision_barrier": precision_barrier(p.bias_floor, p.bias_feedback, p.imitator_loading),
        **attributes,
    }
    series = {name: (("time",), values[name], {"units": "1", "long_name": LONG[name]}) for name in values}
    return xr.Dataset(series, coords={"time": ("time", times)}, attrs=notes)


def check_times(times: ArrayLike) -> Floats:
    """Return times as a strictly increasing vector; ValueError if they are not."""
    return increasing("times", times, "(-inf, inf)")


def dynamic_market(
    parameters: DynamicParameters,
    times: ArrayLike,
    regime: Regime = Regime.STRICT_RIGHTS,
    switch_time: float | None = None,
) -> xr.Dataset:
    """The dynamic market's stocks, price and precision in the fluid limit (MODEL 4.2; Creators, Props 5, 6).

    Parameters
    ----------
    parameters : DynamicParameters
        Supply, depreciation, recursive bias, and the stocks at times[0].
    times : array (t,)
        Strictly increasing; the first is where the path starts.
    regime : Regime
        STRICT_RIGHTS: the buyer pays one price that maximises d Phi/dt less payments. INTERMEDIARY: each kind
        is paid the marginal value of its data. FREE_FOR_ALL: nobody is paid.
    switch_time : float, optional
        Time at which the intermediary takes over from `regime`.

    Returns
    -------
    Dataset (time)
        `price`, `price_cap` (NaN but under strict rights), `innovator_stock`, `imitator_stock`, `precision`,
        `bias_variance` and more. Prices are those that take what is offered: outside options and base payments of a
        contract (`intermediary.contract`) are no part of the stocks' dynamics. Attributes `trap_price`,
        `precision_barrier`, `exit_time` (inf if innovators stay).

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Warns
    -----
    UserWarning
        If imitators' supply is not the more elastic one: Prop. 5's assumption fails, and the run goes on.
    """
    warn_order(instance("parameters", parameters, DynamicParameters))
    t, regime = check_times(times), regime_named(regime)
    start = np.array([parameters.innovator_stock, parameters.imitator_stock])
    if switch_time is not None:
        number("switch_time", switch_time, f"[{t[0]:g}, inf]")
    if switch_time is None or switch_time >= t[-1] or regime is Regime.INTERMEDIARY:
        leg = run_leg(parameters, regime, start, t)
        return label(parameters, t, observe(parameters, regime, leg.stocks, leg.left), exit_time=leg.exit_time)
    early, late = t[t < switch_time], t[t >= switch_time]
    first = run_leg(parameters, regime, start, np.append(early, switch_time))
    second_times = late if late[0] == switch_time else np.insert(late, 0, switch_time)
    here = np.asarray(first.stocks[:, -1])
    second = run_leg(parameters, Regime.INTERMEDIARY, here, second_times, bool(first.left[-1]))
    skip = second_times.size - late.size
    parts = [
        observe(parameters, regime, first.stocks[:, :-1], first.left[:-1]),
        observe(parameters, Regime.INTERMEDIARY, second.stocks[:, skip:], second.left[skip:]),
    ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    exit_time = min(first.exit_time, second.exit_time)
    return label(parameters, t, joined, exit_time=exit_time, switch_time=float(switch_time))
