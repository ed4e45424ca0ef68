"""The agent-based market of the supply shock, with AI and without it (MODEL 5.3)."""

from collections.abc import Mapping

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.agents.parameters import SCENARIOS, Parameters, Population, Record
from mfsolve.models.agents.path import QUANTITIES, finite, limit


def _kept(case: Case, arrays: Arrays) -> Arrays:
    return arrays if case.record.trajectories else {name: values[-1:] for name, values in arrays.items()}


def _variables(case: Case) -> Mapping[str, Variable]:
    return {name: Variable.of(quantity) for name, quantity in QUANTITIES.items()}


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
