"""The curse of precision: phase diagrams, and the last moment at which it can be lifted (MODEL 4.2, 4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.creators import stocks, stocks_stiff
from mfsolve.models.arguments import instance, number, numbers, vector

from .fluid_market import check_times, dynamic_market
from .recursive_precision import CODES, DynamicParameters, Regime, instants, market_constants, regime_named

if TYPE_CHECKING:
    import xarray as xr


class Phase(IntEnum):
    """Fate of a market's precision over the horizon; DECLINE is a decline after a peak, FALL one from the start."""

    SUSTAINED = 0
    DECLINE = 1
    FALL = 2
    EXIT = 3


def curse_map(
    base: DynamicParameters,
    bias_feedback: ArrayLike,
    elasticity_gap: ArrayLike,
    depreciation: ArrayLike,
    times: ArrayLike,
    regime: Regime = Regime.STRICT_RIGHTS,
    tolerance: float = 0.01,
) -> xr.Dataset:
    """Phase diagram of the dynamic market over feedback, elasticity gap and depreciation (MODEL 4.2).

    Every market has its own parameters in place of the base's. Precision also
    declines where the initial stock is larger than any regime can keep up: compare with the map under the
    intermediary.

    Parameters
    ----------
    base : DynamicParameters
        Everything else, and the innovators' elasticity, to which the gap is added for imitators.
    bias_feedback, elasticity_gap, depreciation : arrays
        The axes, in [0, 1e6], (0, 20] and [0, 1e3].
    times : array (t,)
        Strictly increasing; the first is the start, the last the horizon. Peaks between them are seen.
    regime : Regime
        As in `dynamic_market`.
    tolerance : float
        A fall below (1 - tolerance) of the peak counts as a decline; in [0, 1).

    Returns
    -------
    Dataset (bias_feedback, elasticity_gap, depreciation)
        `phase` (`Phase`), `peak_time`, `peak_precision`, `final_precision`, `final_price`, `innovator_share`.
        Innovators exit where their stock falls to the base's `exit_threshold`; supply follows after that as
        if they had left. Precision declines from the start where its peak is above that by no more than `tolerance`.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    import xarray as xr

    instance("base", base, DynamicParameters)
    t, regime = check_times(times), regime_named(regime)
    number("tolerance", tolerance, "[0, 1)")
    axes = {
        name: vector(name, np.atleast_1d(numbers(name, value, allowed)), allowed)
        for name, value, allowed in (
            ("bias_feedback", bias_feedback, "[0, 1e6]"),
            ("elasticity_gap", elasticity_gap, "(0, 20]"),
            ("depreciation", depreciation, "[0, 1e3]"),
        )
    }
    grid = np.meshgrid(*axes.values(), indexing="ij")
    alpha, gap, decay = (g.ravel() for g in grid)
    columns = fates(base, alpha, gap, decay, t, regime, tolerance)
    return xr.Dataset(
        {name: (tuple(axes), values.reshape(grid[0].shape)) for name, values in columns.items()},
        coords=axes,
        attrs={
            "regime": str(regime),
            "horizon": float(t[-1]),
            "phases": "0 sustained, 1 peaks, then declines, 2 declines from the start, 3 innovators exit",
        },
    )


def fates(
    base: DynamicParameters,
    bias_feedback: Floats,
    elasticity_gap: Floats,
    depreciation: Floats,
    times: Floats,
    regime: Regime,
    tolerance: float,
) -> dict[str, Floats]:
    """Fates of n markets, each with its own feedback, elasticity gap and depreciation (n,): `curse_map`'s variables."""
    markets = np.repeat(np.array(market_constants(base))[None], bias_feedback.size, axis=0)
    columns = dict(zip(stocks.Market._fields, markets.T, strict=True))
    columns["alpha"][:], columns["dep"][:] = bias_feedback, depreciation
    columns["x_c"][:] = base.innovator_elasticity + elasticity_gap
    held, exits = np.empty((2, bias_feedback.size, times.size)), np.empty(bias_feedback.size)
    held[0, :, 0], held[1, :, 0] = base.innovator_stock, base.imitator_stock
    peaks = np.empty((2, bias_feedback.size))
    start = stocks.Start(base.innovator_stock, base.imitator_stock, base.exit_threshold, CODES[regime])
    stuck = stocks_stiff.integrate(markets, start, times, 1e-5, 1e-8, held, exits, peaks)
    if stuck >= 0:
        raise ValueError(
            f"times: up to {times[-1]:g} given; allowed: a shorter horizon, as the buyer's best price keeps jumping "
            f"with bias_feedback {bias_feedback[stuck]:g}, elasticity_gap {elasticity_gap[stuck]:g}, depreciation "
            f"{depreciation[stuck]:g}"
        )
    gone = np.isfinite(exits)
    stay = (~gone).astype(np.float64)
    end, begun = (instants(markets, regime, held[:, :, t], stay) for t in (-1, 0))
    top, floor = peaks[0], (1.0 - tolerance) * peaks[0]
    declines = end.precision < floor
    phases = [gone, declines & (begun.precision >= floor), declines], [Phase.EXIT, Phase.FALL, Phase.DECLINE]
    return {
        "phase": np.select(*phases, Phase.SUSTAINED),
        "peak_time": peaks[1],
        "peak_precision": top,
        "final_precision": end.precision,
        "final_price": end.innovator_price,
        "innovator_share": held[0, :, -1] / np.maximum(held[:, :, -1].sum(axis=0), 1e-300),
    }


@dataclass(frozen=True)
class Rescue:
    """The last moment at which the intermediary can still restore precision, and the market's state then.

    Started at `latest_time` or before, it keeps (or restores) at least the target precision at the horizon;
    the fields give the strict-rights path's state at that time. `latest_time` is inf if it is never too late
    and -inf if it is from the start. `without` and `with_immediate` are precisions at the horizon without it
    and with it from the beginning.
    """

    latest_time: float
    innovator_stock: float
    imitator_stock: float
    precision: float
    target: float
    without: float
    with_immediate: float
    exit_time: float


def point_of_no_return(
    parameters: DynamicParameters,
    horizon: float,
    grace: float,
    target_share: float = 0.9,
    resolution: float = 1e-3,
) -> Rescue:
    """Latest time at which the intermediary must start, by bisection (MODEL 4.3).

    Strict rights run until the switch, the intermediary for `grace` after it. It succeeds if precision then
    reaches `target_share` of what the intermediary attains if it starts at once and runs for `grace` too.

    Parameters
    ----------
    parameters : DynamicParameters
        The market; the path starts at time 0.
    horizon : float
        Latest start that is tried, (0, inf).
    grace : float
        How long the intermediary has, (0, inf).
    target_share : float
        In (0, 1].
    resolution : float
        Of the starting time, a share of the horizon, (0, 1).

    Returns
    -------
    Rescue

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    number("horizon", horizon, "(0, inf)")
    number("grace", grace, "(0, inf)")
    number("target_share", target_share, "(0, 1]")
    number("resolution", resolution, "(0, 1)")
    p = instance("parameters", parameters, DynamicParameters)

    def ending(switch: float) -> float:
        return float(dynamic_market(p, [0.0, switch + grace], switch_time=switch)["precision"][-1])

    immediate = float(dynamic_market(p, [0.0, grace], Regime.INTERMEDIARY)["precision"][-1])
    path = dynamic_market(p, [0.0, horizon])
    target = target_share * immediate
    latest = np.inf
    if ending(0.0) < target:
        latest = -np.inf
    elif ending(horizon) < target:
        low, high = 0.0, horizon
        while high - low > resolution * horizon:
            middle = 0.5 * (low + high)
            low, high = (middle, high) if ending(middle) >= target else (low, middle)
        latest = low
    at = min(max(latest, 0.0), horizon)
    state = dynamic_market(p, [0.0, at] if at > 0.0 else [0.0])
    return Rescue(
        latest_time=latest,
        innovator_stock=float(state["innovator_stock"][-1]),
        imitator_stock=float(state["imitator_stock"][-1]),
        precision=float(state["precision"][-1]),
        target=target,
        without=float(path["precision"][-1]),
        with_immediate=immediate,
        exit_time=float(path.attrs["exit_time"]),
    )
