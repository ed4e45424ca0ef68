"""The agent-based market as studies see it, and as a library (MODEL 5.3)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.models.model import Arrays, Case, Model, Variable, dataset, seed_word

from .parameters import SCENARIOS, Parameters, Population, Record, Scenario
from .path import VARIABLES, finite, limit

if TYPE_CHECKING:
    import xarray as xr


def _kept(case: Case, arrays: Arrays) -> Arrays:
    return arrays if case.record.trajectories else {name: values[-1:] for name, values in arrays.items()}


def _variables(case: Case) -> Mapping[str, Variable]:
    return VARIABLES


def _coordinates(case: Case) -> Arrays:
    last = case.population.periods
    return {"period": np.arange(0 if case.record.trajectories else last, last + 1)}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    return _kept(case, finite(case.parameters, case.population, case.policy, seed, replicate, threads))


def _mean_field(case: Case) -> Arrays:
    return _kept(case, limit(case.parameters, case.population, case.policy))


MODEL = Model(
    name="agents",
    title="agent-based market of the supply shock: Q-learning creators, AI firms, consumers who look at a few offers "
    "(MODEL 5.3)",
    parameters=Parameters,
    alternatives=SCENARIOS,
    population=Population,
    record=Record,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=_mean_field,
    referenced=_variables,
    section="scenarios",
    path="period",
    panels=("active", "revenue_change", "human_share", "concentration"),
)


def _case(parameters: Parameters, population: Population | None, scenario: str | Scenario) -> Case:
    """Checked inputs of the library's functions."""
    for name, value, kind in (("parameters", parameters, Parameters), ("population", population, Population | None)):
        if not isinstance(value, kind):
            raise ValueError(f"{name}: {value!r} given; allowed: agents.{name.capitalize()}")
    if isinstance(scenario, str) and scenario in SCENARIOS:
        scenario = SCENARIOS[scenario]()  # type: ignore[assignment]
    if not isinstance(scenario, tuple(SCENARIOS.values())):
        raise ValueError(f"scenario: {scenario!r} given; allowed: {', '.join(SCENARIOS)}")
    return Case(parameters, scenario, population or Population(), Record())


def _name(case: Case) -> str:
    return next(name for name, kind in SCENARIOS.items() if isinstance(case.policy, kind))


def simulate(
    parameters: Parameters,
    population: Population | None = None,
    scenario: str | Scenario = "shock",
    *,
    seed: int,
    replicate: int = 0,
    threads: int = 1,
) -> "xr.Dataset":
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
        Variables along `period` = 0..T, see `VARIABLES`; period 0 is the opening one.

    Raises
    ------
    ValueError
        For an argument outside its range.
    NoOpening
        When the median creator sells nothing in the opening period.
    """
    seed_word("seed", seed, 64), seed_word("replicate", replicate, 32)
    if isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= 1024:
        raise ValueError(f"threads: {threads!r} given; allowed: whole numbers in [1, 1024]")
    case = _case(parameters, population, scenario)
    return dataset(MODEL, case, _simulate(case, seed, replicate, threads), scenario=_name(case), seed=str(seed))


def mean_field(
    parameters: Parameters, population: Population | None = None, scenario: str | Scenario = "shock"
) -> "xr.Dataset":
    """Path among infinitely many agents, in the proportions of `population` and reported in its numbers (MODEL 5.3).

    Every creator acts and learns by itself; what it sells is Poisson at the demand of infinitely many consumers, which
    depends on the others through the law of their offers only. That law is deterministic; it is carried by a sample of
    `population.reference` times the creators, whose error is the inverse square root of their number.

    Parameters
    ----------
    parameters, population, scenario
        As in `simulate`.

    Returns
    -------
    xarray.Dataset
        The variables of `simulate`. Concentration, which vanishes in the limit, is that of a population of this size
        whose members follow the limit's law.

    Raises
    ------
    ValueError, NoOpening
        As in `simulate`.
    """
    case = _case(parameters, population, scenario)
    return dataset(MODEL, case, _mean_field(case), scenario=_name(case))
