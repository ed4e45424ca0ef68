"""The agent-based market as a library: labelled paths of a finite population and of its limit (MODEL 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.models.arguments import instance, one_of, require, seed_word, thread_count
from mfsolve.models.quantities import dataset

from .parameters import SCENARIOS, Parameters, Population, Scenario
from .path import QUANTITIES, finite, limit

if TYPE_CHECKING:
    import xarray as xr


def _checked(
    parameters: Parameters, population: Population | None, scenario: str | Scenario
) -> tuple[Population, str, Scenario]:
    """Population, name and rule of the scenario; ValueError for an argument of another kind."""
    instance("parameters", parameters, Parameters)
    size = Population() if population is None else instance("population", population, Population)
    if isinstance(scenario, str):
        return size, scenario, SCENARIOS[one_of("scenario", scenario, SCENARIOS)]()
    name = next((name for name, kind in SCENARIOS.items() if isinstance(scenario, kind)), "")
    require(bool(name), "scenario", scenario, ", ".join(SCENARIOS))
    return size, name, scenario


def _periods(population: Population) -> Arrays:
    return {"period": np.arange(population.periods + 1)}


def simulate(
    parameters: Parameters,
    population: Population | None = None,
    scenario: str | Scenario = "shock",
    *,
    seed: int,
    replicate: int = 0,
    threads: int = 1,
) -> xr.Dataset:
    """Path of a finite population of agents (MODEL 5.3).

    Parameters
    ----------
    parameters
        The economy.
    population
        Numbers of agents and of periods; the paper's base case if not given.
    scenario
        `"shock"`, `"without_ai"`, or a `Shock()` or `WithoutAi()`.
    seed, replicate
        Integers in [0, 2^64 - 1] and [0, 2^32 - 1]: the path is a pure function of them.
    threads
        Threads used for one path, in [1, 1024]; the bits do not depend on it.

    Returns
    -------
    xarray.Dataset
        Variables along `period` = 0..T, see `QUANTITIES`; period 0 is the opening one.

    Raises
    ------
    ValueError
        For an argument outside its range.
    NoOpeningError
        When the median creator sells nothing in the opening period.
    """
    seed_word("seed", seed, 64), seed_word("replicate", replicate, 32)
    thread_count(threads)
    population, name, rule = _checked(parameters, population, scenario)
    arrays = finite(parameters, population, rule, seed, replicate, threads)
    return dataset(QUANTITIES, _periods(population), arrays, scenario=name, seed=str(seed))


def mean_field(
    parameters: Parameters,
    population: Population | None = None,
    scenario: str | Scenario = "shock",
    *,
    threads: int = 1,
) -> xr.Dataset:
    """Path among infinitely many agents, in the proportions of `population` and reported in its numbers (MODEL 5.3).

    Every creator acts and learns by itself; what it sells is Poisson at the demand of infinitely many consumers, which
    depends on the others through the law of their offers only. That law is deterministic; it is carried by a sample of
    `population.reference` times the creators, whose error is the inverse square root of their number.

    Parameters
    ----------
    parameters, population, scenario, threads
        As in `simulate`.

    Returns
    -------
    xarray.Dataset
        The variables of `simulate`. Concentration, which vanishes in the limit, is that of a population of this size
        whose members follow the limit's law.

    Raises
    ------
    ValueError, NoOpeningError
        As in `simulate`.
    """
    thread_count(threads)
    population, name, rule = _checked(parameters, population, scenario)
    return dataset(QUANTITIES, _periods(population), limit(parameters, population, rule, threads), scenario=name)
