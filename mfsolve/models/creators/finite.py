"""The dynamic market with finitely many creators, and its convergence to the fluid limit (MODEL 4.2)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels import signals
from mfsolve.kernels.philox import stream_key

from ..model import seed_word
from .dynamic import label, prices
from .dynamics import (
    Array,
    DynamicParameters,
    Regime,
    bias,
    marginal_values,
    precision,
    price_cap,
    warn_order,
)
from .static import require

if TYPE_CHECKING:
    import xarray as xr


class Crowd:
    """Creators of one kind: each takes part once P^2/2 exceeds an outside option, drawn once."""

    def __init__(
        self, size: int, supply: float, elasticity: float, key: NDArray[np.uint64], replicate: np.uint64
    ) -> None:
        self.supply, self.elasticity, self.size = supply, elasticity, size
        draws = np.empty(size)
        signals.thresholds(key, replicate, elasticity, draws)
        self._sorted = np.sort(draws)

    def taking_part(self, price: float) -> float:
        """Mass of creators at work at a price: supply x the share whose threshold is below it."""
        return self.supply * float(np.searchsorted(self._sorted, price)) / self.size


class Continuous:
    """The crowd's limit: supply x min(1, P^elasticity)."""

    def __init__(self, supply: float, elasticity: float) -> None:
        self.supply, self.elasticity = supply, elasticity

    def taking_part(self, price: float) -> float:
        """Mass of creators at work at a price."""
        return self.supply * float(min(1.0, price**self.elasticity))


def walk(
    p: DynamicParameters,
    regime: Regime,
    crowds: "tuple[Crowd | Continuous, Crowd | Continuous]",
    dt: float,
    steps: int,
    measure: Callable[[int, float, float, float, float], float],
) -> dict[str, Array]:
    """Euler steps of the stocks; the bias follows the precision measured one step earlier.

    `measure(step, ko, kc, v, phi)` returns the measured precision of the step's estimates.
    """
    names = ("price", "price_cap", "innovator_price", "imitator_price", "innovator_stock", "imitator_stock")
    out = {name: np.zeros(steps + 1) for name in (*names, "precision", "bias_variance", "measured_precision")}
    ko, kc, stay = p.innovator_stock, p.imitator_stock, 1.0
    measured = float(precision(p, np.asarray(ko), np.asarray(kc)))
    flat = p.model_copy(update={"bias_feedback": 0.0})
    for step in range(steps + 1):
        v = float(bias(p, np.asarray(measured)))
        at_bias = flat.model_copy(update={"bias_floor": v})
        phi = float(precision(at_bias, np.asarray(ko), np.asarray(kc)))
        mo, mc = marginal_values(p, np.asarray(ko), np.asarray(kc), np.asarray(v))
        po, pc = (float(price) for price in prices(p, regime, mo, mc, np.asarray(stay)))
        measured = measure(step, ko, kc, v, phi)
        new_o, new_c = stay * crowds[0].taking_part(po) * po, crowds[1].taking_part(pc) * pc
        paid = (po * new_o + pc * new_c) / (new_o + new_c) if new_o + new_c > 0.0 else 0.0
        price = po if regime is Regime.STRICT_RIGHTS else paid
        cap = float(price_cap(p, np.asarray(price), np.asarray(kc), np.asarray(v), np.asarray(stay)))
        row = (price, cap, po, pc, ko, kc, phi, v, measured)
        for name, value in zip(out, row, strict=True):
            out[name][step] = value
        ko += dt * (new_o - p.depreciation * ko)
        kc += dt * (new_c - p.depreciation * kc)
        if p.exit_threshold > 0.0 and ko <= p.exit_threshold < out["innovator_stock"][step]:
            stay = 0.0
    return out


def check_steps(p: DynamicParameters, dt: float, steps: int) -> None:
    """Step sizes under which Euler's method keeps stocks positive."""
    warn_order(p)
    require(0.0 < dt <= 1e3, "dt", dt, "(0, 1000]")
    require(dt * p.depreciation <= 1.0, "dt", dt, "at most 1 / depreciation")
    require(1 <= steps <= 10**7, "steps", steps, "[1, 10000000]")


def stepped_market(
    parameters: DynamicParameters, dt: float, steps: int, regime: Regime = Regime.STRICT_RIGHTS
) -> "xr.Dataset":
    """The limit of `finite_market` at the same dt for infinitely many creators; `dynamic_market` as dt -> 0.

    Supply is capped at the whole population, min(1, P^elasticity), as in `finite_market`.
    """
    check_steps(parameters, dt, steps)
    p = parameters
    crowds = (
        Continuous(p.innovator_supply, p.innovator_elasticity),
        Continuous(p.imitator_supply, p.imitator_elasticity),
    )
    out = walk(p, regime, crowds, dt, steps, lambda step, ko, kc, v, phi: phi)
    return dataset(p, dt, steps, out)


def finite_market(
    parameters: DynamicParameters,
    creators: int,
    dt: float,
    steps: int,
    seed: int,
    replicate: int = 0,
    regime: Regime = Regime.STRICT_RIGHTS,
    questions: int | None = None,
) -> "xr.Dataset":
    """The dynamic market with `creators` of each kind, signals drawn and the estimator fitted (MODEL 4.2).

    Each creator draws an outside option once and takes part while half the squared price exceeds it. Every
    step `questions` (default: as many as creators of a kind) are estimated from drawn signals; the bias of
    the next step follows the precision *measured* on them, one over the mean squared error.

    Parameters
    ----------
    parameters : DynamicParameters
        A kind's supply is the mass of all its creators, who all take part at a price of 1.
    creators : int
        Of each kind, [2, 2^31].
    dt, steps : float, int
        Euler steps; dt x depreciation <= 1.
    seed, replicate : int
        Everything drawn is a function of both.

    Returns
    -------
    Dataset (time)
        `price`, `price_cap`, `innovator_stock`, `imitator_stock`, `precision` (of the stocks at that bias),
        `measured_precision`, `bias_variance`.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    check_steps(parameters, dt, steps)
    require(2 <= creators <= 2**31, "creators", creators, "[2, 2147483648]")
    asked = creators if questions is None else questions
    require(2 <= asked < 2**32, "questions", asked, "[2, 4294967295]")
    p = parameters
    seed_word("seed", seed, 64)
    word = seed_word("replicate", replicate, 32)
    keys = [stream_key(seed, f"creators.outside.{kind}") for kind in ("innovator", "imitator")]
    noise = stream_key(seed, "creators.questions")
    crowds = (
        Crowd(creators, p.innovator_supply, p.innovator_elasticity, keys[0], word),
        Crowd(creators, p.imitator_supply, p.imitator_elasticity, keys[1], word),
    )

    def measure(step: int, ko: float, kc: float, v: float, phi: float) -> float:
        if phi == 0.0:
            return 0.0
        lo, lc = p.innovator_loading, p.imitator_loading
        A = (lo * ko + lc * kc) / (1.0 / v + lo * lo * ko + lc * lc * kc)
        w = (ko * (1.0 - lo * A) / phi, kc * (1.0 - lc * A) / phi)
        sd = (ko**-0.5 if ko > 0.0 else 0.0, kc**-0.5 if kc > 0.0 else 0.0)
        at = (noise, np.uint64(step), word, np.uint64(0), asked)
        return asked / float(signals.group_errors(*at, v**0.5, *w, lo, lc, *sd))

    return dataset(p, dt, steps, walk(p, regime, crowds, dt, steps, measure), creators=creators)


def dataset(p: DynamicParameters, dt: float, steps: int, out: dict[str, Array], **notes: object) -> "xr.Dataset":
    """Label a stepped path."""
    measured = out.pop("measured_precision")
    result = label(p, dt * np.arange(steps + 1, dtype=np.float64), out, dt=dt, **notes)
    result["measured_precision"] = (
        "time",
        measured,
        {"units": "1", "long_name": "one over mean squared error"},
    )
    return result


def finite_convergence(
    parameters: DynamicParameters,
    sizes: tuple[int, ...] = (100, 1000, 10_000),
    replicates: int = 16,
    dt: float = 0.5,
    steps: int = 60,
    seed: int = 0,
) -> "xr.Dataset":
    """Root mean square distance, over time and replicates, of finite markets from their limit at the same dt.

    Returns
    -------
    Dataset (size, replicate)
        Errors of `price`, `innovator_stock`, `imitator_stock`, `precision`: root mean square over time.
        Attributes: `slope_*`, least-squares slopes of log root mean square error on log size, and
        `slope_error_*`, their standard errors from the scatter between replicates (jackknife). Theory: -1/2.
    """
    import xarray as xr

    limit = stepped_market(parameters, dt, steps)
    result = xr.Dataset(coords={"size": np.array(sizes), "replicate": np.arange(replicates)})
    names = ("price", "innovator_stock", "imitator_stock", "precision")
    square = {name: np.empty((len(sizes), replicates)) for name in names}
    for i, size in enumerate(sizes):
        for r in range(replicates):
            path = finite_market(parameters, size, dt, steps, seed, r)
            for name in names:
                square[name][i, r] = float(((path[name] - limit[name]) ** 2).mean())
    x = np.log(sizes)
    for name, values in square.items():
        result[name] = (("size", "replicate"), np.sqrt(values))
        without = (values.sum(axis=1, keepdims=True) - values) / (replicates - 1)
        slopes = np.polyfit(x, 0.5 * np.log(without), 1)[0]
        result.attrs[f"slope_{name}"] = float(np.polyfit(x, 0.5 * np.log(values.mean(axis=1)), 1)[0])
        result.attrs[f"slope_error_{name}"] = float(np.sqrt((replicates - 1) * slopes.var()))
    return result
