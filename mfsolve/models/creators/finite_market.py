"""The dynamic market by Euler steps, with finitely or infinitely many creators (MODEL 4.2)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.creators import signals, stocks
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, number, require, seed_word, whole

from .fluid_market import label
from .recursive_precision import CODES, DynamicParameters, Regime, market_constants, regime_named, warn_order

if TYPE_CHECKING:
    import xarray as xr

Path = dict[str, Floats]
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
NO_PLAN = np.empty((2, 0))
NO_KEY = np.zeros(2, dtype=np.uint64)
CERTAIN = stocks.Crowd(NOBODY, NOBODY, NO_KEY, np.uint64(0), 0)
"""Infinitely many creators whose precision is known."""


@dataclass(frozen=True)
class Schedule:
    """Euler steps of a path, and who sets prices along it.

    Attributes
    ----------
    dt, steps : float, int
        Length of a step in (0, 1000], and their number, [1, 10^7].
    regime : Regime
        Who sets prices, as in `dynamic_market`.
    switch_time : float, optional
        Time from which the intermediary pays instead, [0, inf].

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    dt: float
    steps: int
    regime: Regime = Regime.STRICT_RIGHTS
    switch_time: float | None = None

    def __post_init__(self) -> None:
        number("dt", self.dt, "(0, 1000]")
        object.__setattr__(self, "steps", whole("steps", self.steps, 1, 10**7))
        object.__setattr__(self, "regime", regime_named(self.regime))
        if self.switch_time is not None:
            number("switch_time", self.switch_time, "[0, inf]")

    @property
    def turn(self) -> int:
        """First step at which the intermediary pays."""
        if self.regime is Regime.INTERMEDIARY:
            return 0
        if self.switch_time is None:
            return self.steps + 1
        return int(min(np.ceil(self.switch_time / self.dt - 1e-9), self.steps + 1))


def check_steps(p: DynamicParameters, dt: float) -> None:
    """Check that Euler's method keeps stocks positive: ValueError for steps longer than 1 / depreciation."""
    instance("parameters", p, DynamicParameters)
    require(dt * p.depreciation <= 1.0, "dt", dt, "at most 1 / depreciation")


def check_sizes(creators: int, questions: int) -> None:
    """Check numbers of creators and questions: each needs a counter of its own."""
    whole("creators", creators, 2, 2**31)
    whole("questions", questions, 2, 2**32 - 1)


def stepped_market(parameters: DynamicParameters, schedule: Schedule) -> "xr.Dataset":
    """The limit of `finite_market` on the same schedule for infinitely many creators (MODEL 4.2).

    As dt -> 0 it comes to `dynamic_market`, where prices are below 1: supply is capped at the whole population,
    min(1, P^elasticity), as in `finite_market`.

    Parameters
    ----------
    parameters, schedule
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
    check_steps(parameters, instance("schedule", schedule, Schedule).dt)
    warn_order(parameters)
    return dataset(parameters, schedule, stepped_path(parameters, schedule))


def stepped_path(p: DynamicParameters, schedule: Schedule, plan: Floats = NO_PLAN) -> Path:
    """The arrays of `stepped_market`, its arguments checked already."""
    return path_of(p, schedule, CERTAIN, plan)


def path_of(p: DynamicParameters, schedule: Schedule, crowd: stocks.Crowd, plan: Floats = NO_PLAN) -> Path:
    """A path of the kernel, its rows by name; `plan` as `patient_plan` gives it."""
    out = np.empty((len(ROWS), schedule.steps + 1))
    start = stocks.Start(p.innovator_stock, p.imitator_stock, p.exit_threshold, CODES[schedule.regime])
    stocks.euler_path(market_constants(p), start, float(schedule.dt), schedule.turn, crowd, plan, out)
    return dict(zip(ROWS, out))


def finite_market(
    parameters: DynamicParameters,
    schedule: Schedule,
    creators: int,
    seed: int,
    replicate: int = 0,
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
    schedule : Schedule
        Euler steps and regime; dt x depreciation <= 1.
    creators : int
        Of each kind, [2, 2^31].
    seed, replicate : int
        Everything drawn is a function of both.
    questions : int, optional
        Questions of a step, [2, 2^32 - 1].

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
    check_steps(parameters, instance("schedule", schedule, Schedule).dt)
    warn_order(parameters)
    asked = creators if questions is None else questions
    check_sizes(creators, asked)
    seed_word("seed", seed, 64), seed_word("replicate", replicate, 32)
    path = path_of(parameters, schedule, crowd_of(parameters, int(creators), int(asked), seed, replicate))
    return dataset(parameters, schedule, path, creators=creators)


def crowd_of(p: DynamicParameters, creators: int, questions: int, seed: int, replicate: int) -> stocks.Crowd:
    """A finite population: everybody's entry price, and the questions of every step."""
    word = np.uint64(replicate)
    innovators, imitators = (
        reservation + entry_prices(creators, elasticity, stream_key(seed, f"creators.outside.{kind}"), word)
        for kind, elasticity, reservation in (
            ("innovator", p.innovator_elasticity, p.innovator_reservation),
            ("imitator", p.imitator_elasticity, p.imitator_reservation),
        )
    )
    return stocks.Crowd(innovators, imitators, stream_key(seed, "creators.questions"), word, questions)


def entry_prices(size: int, elasticity: float, key: NDArray[np.uint64], replicate: np.uint64) -> Floats:
    """Prices (size,) from which creators take part, ascending: each has drawn an outside option once."""
    draws = np.empty(size)
    signals.entry_prices(key, replicate, elasticity, draws)
    return np.sort(draws)


def dataset(p: DynamicParameters, schedule: Schedule, path: Path, **notes: object) -> "xr.Dataset":
    """Label a stepped path."""
    dt = schedule.dt
    return label(p, dt * np.arange(path["price"].size, dtype=np.float64), path, dt=dt, **notes)
