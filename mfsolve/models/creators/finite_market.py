"""The dynamic market with finitely many creators, and its convergence to the fluid limit (MODEL 4.2)."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels.creators import signals, stocks
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, number, require, seed_word, whole

from .fluid_market import label
from .recursive_precision import CODES, Array, DynamicParameters, Regime, market_row, regime_named, warn_order

if TYPE_CHECKING:
    import xarray as xr

Path = dict[str, Array]
ROWS = (
    "price",
    "price_cap",
    "innovator_price",
    "imitator_price",
    "innovator_stock",
    "imitator_stock",
    "precision",
    "bias_variance",
    "measured_precision",
    "innovators_left",
)
NOBODY = np.empty(0)
NO_KEY = np.zeros(2, dtype=np.uint64)


def crowd(size: int, elasticity: float, key: NDArray[np.uint64], replicate: np.uint64) -> Array:
    """Prices (size,) at which creators start to take part, ascending: each has drawn an outside option once."""
    draws = np.empty(size)
    signals.thresholds(key, replicate, elasticity, draws)
    return np.sort(draws)


def turning_step(dt: float, steps: int, regime: Regime, switch_time: float | None) -> int:
    """First step at which the intermediary pays."""
    if regime is Regime.INTERMEDIARY:
        return 0
    if switch_time is None:
        return steps + 1
    number("switch_time", switch_time, "[0, inf]")
    return int(min(np.ceil(switch_time / dt - 1e-9), steps + 1))


def check_steps(p: DynamicParameters, dt: float, steps: int) -> None:
    """Step sizes under which Euler's method keeps stocks positive."""
    instance("parameters", p, DynamicParameters)
    number("dt", dt, "(0, 1000]")
    require(dt * p.depreciation <= 1.0, "dt", dt, "at most 1 / depreciation")
    whole("steps", steps, 1, 10**7)


def check_sizes(creators: int, questions: int) -> None:
    """Numbers of creators and questions that have counters of their own."""
    whole("creators", creators, 2, 2**31)
    whole("questions", questions, 2, 2**32 - 1)


def stepped_market(
    parameters: DynamicParameters,
    dt: float,
    steps: int,
    regime: Regime = Regime.STRICT_RIGHTS,
    switch_time: float | None = None,
) -> "xr.Dataset":
    """The limit of `finite_market` at the same dt for infinitely many creators (MODEL 4.2).

    As dt -> 0 it comes to `dynamic_market`, where prices are below 1: supply is capped at the whole population,
    min(1, P^elasticity), as in `finite_market`.

    Parameters
    ----------
    parameters, dt, steps, regime, switch_time
        As in `finite_market`.

    Returns
    -------
    Dataset (time)
        The variables of `finite_market`; `measured_precision` is `precision`.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    check_steps(parameters, dt, steps)
    warn_order(parameters)
    return dataset(parameters, dt, stepped_path(parameters, dt, int(steps), regime_named(regime), switch_time))


def stepped_path(p: DynamicParameters, dt: float, steps: int, regime: Regime, switch_time: float | None) -> Path:
    """The arrays of `stepped_market`."""
    return walk(p, dt, steps, regime, switch_time, (NOBODY, NOBODY), NO_KEY, np.uint64(0), 0)


def walk(
    p: DynamicParameters,
    dt: float,
    steps: int,
    regime: Regime,
    switch_time: float | None,
    crowds: tuple[Array, Array],
    key: NDArray[np.uint64],
    replicate: np.uint64,
    questions: int,
) -> Path:
    """A path of the kernel, its rows by name."""
    out = np.empty((len(ROWS), steps + 1))
    start = (p.innovator_stock, p.imitator_stock, p.exit_threshold)
    rule = (dt, CODES[regime], turning_step(dt, steps, regime, switch_time))
    stocks.walk(market_row(p), *start, *rule, *crowds, key, replicate, questions, out)
    return dict(zip(ROWS, out))


def finite_market(
    parameters: DynamicParameters,
    creators: int,
    dt: float,
    steps: int,
    seed: int,
    replicate: int = 0,
    regime: Regime = Regime.STRICT_RIGHTS,
    questions: int | None = None,
    switch_time: float | None = None,
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
    regime : Regime
        Who sets prices, as in `dynamic_market`.
    questions : int, optional
        Questions of a step, [2, 2^32 - 1].
    switch_time : float, optional
        When the intermediary takes over from `regime`.

    Returns
    -------
    Dataset (time)
        `price`, `price_cap` (NaN but under strict rights), `innovator_stock`, `imitator_stock`, `precision` (of the
        stocks at that bias), `measured_precision`, `bias_variance`, `innovators_left`.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    check_steps(parameters, dt, steps)
    warn_order(parameters)
    asked = creators if questions is None else questions
    check_sizes(creators, asked)
    seed_word("seed", seed, 64), seed_word("replicate", replicate, 32)
    rule = regime_named(regime)
    path = finite_path(parameters, int(creators), dt, int(steps), seed, replicate, rule, int(asked), switch_time)
    return dataset(parameters, dt, path, creators=creators)


def finite_path(
    p: DynamicParameters,
    creators: int,
    dt: float,
    steps: int,
    seed: int,
    replicate: int,
    regime: Regime,
    questions: int,
    switch_time: float | None,
) -> Path:
    """The arrays of `finite_market`, its arguments checked already."""
    word, kinds = np.uint64(replicate), (("innovator", p.innovator_elasticity), ("imitator", p.imitator_elasticity))
    innovators, imitators = (
        crowd(creators, elasticity, stream_key(seed, f"creators.outside.{kind}"), word) for kind, elasticity in kinds
    )
    key = stream_key(seed, "creators.questions")
    return walk(p, dt, steps, regime, switch_time, (innovators, imitators), key, word, questions)


def dataset(p: DynamicParameters, dt: float, path: Path, **notes: object) -> "xr.Dataset":
    """Label a stepped path."""
    return label(p, dt * np.arange(path["price"].size, dtype=np.float64), path, dt=dt, **notes)


def finite_convergence(
    parameters: DynamicParameters,
    sizes: tuple[int, ...] = (100, 1000, 10_000),
    replicates: int = 16,
    dt: float = 0.5,
    steps: int = 60,
    seed: int = 0,
) -> "xr.Dataset":
    """Root mean square distance of finite markets from their limit at the same dt, over time (MODEL 4.2).

    Parameters
    ----------
    parameters : DynamicParameters
        The market, under strict rights.
    sizes : tuple of int
        Two or more different numbers of creators of a kind, [2, 2^31].
    replicates : int
        Markets of each size, [2, 2^32].
    dt, steps, seed
        As in `finite_market`.

    Returns
    -------
    Dataset (size, replicate)
        Errors of `price`, `innovator_stock`, `imitator_stock`, `precision`: root mean square over time.
        Attributes: `slope_*`, least-squares slopes of log root mean square error on log size, and
        `slope_error_*`, their standard errors from the scatter between replicates (jackknife). Theory: -1/2.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    import xarray as xr

    require(len(set(sizes)) >= 2, "sizes", sizes, "two or more different numbers of creators")
    replicates = whole("replicates", replicates, 2, 2**32)
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
