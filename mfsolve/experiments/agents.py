"""The agent-based market of the supply shock, with AI and without it (MODEL 5.3)."""

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Reference, Views
from mfsolve.models.agents.opening_sales import require_opening
from mfsolve.models.agents.parameters import SCENARIOS, Parameters, Population, Record
from mfsolve.models.agents.path import QUANTITIES, finite, limit

REFERENCE_THREADS = 2
"""Threads of the limit, which is computed once for all replicates; the bits do not depend on them."""
OUTPUTS = {name: Output.of(quantity) for name, quantity in QUANTITIES.items()}


def outputs(case: Case) -> dict[str, Output]:
    """Everything that is known of a path."""
    return OUTPUTS


def check(case: Case) -> None:
    """Refuse a market that does not open."""
    require_opening(case.parameters, case.population, case.arm)


def coordinates(case: Case) -> Arrays:
    """Periods from the opening one on, or the last one only."""
    last = case.population.periods
    return {"period": np.arange(0 if case.record.trajectories else last, last + 1)}


def _kept(case: Case, arrays: Arrays) -> Arrays:
    return arrays if case.record.trajectories else {name: values[-1:] for name, values in arrays.items()}


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """The path of a finite population."""
    return _kept(case, finite(case.parameters, case.population, case.arm, seed, replicate, threads))


def mean_field(case: Case) -> Arrays:
    """The path among infinitely many agents."""
    return _kept(case, limit(case.parameters, case.population, case.arm, REFERENCE_THREADS))


MEAN_FIELD = Reference(lambda case: tuple(QUANTITIES), mean_field)
EXPERIMENT = Experiment(
    name="agents",
    title="agent-based market of the supply shock: Q-learning creators, AI firms, consumers who look at a few offers",
    parameters=Parameters,
    arms={
        name: Arm(settings, draw=draw, drawn=outputs, coordinates=coordinates, reference=MEAN_FIELD, check=check)
        for name, settings in SCENARIOS.items()
    },
    population=Population,
    record=Record,
    section="scenarios",
    word="scenario",
    path="period",
    views=Views(
        paths=("active", "revenue_change", "human_share", "concentration"),
        bars=(
            ("surviving", 1.0, "share of creators in the market"),
            ("own_reskilled", 1.0, "own work, re-skilled by choice"),
            ("own_never", 1.0, "own work, never chose to re-skill"),
            ("adopting", 1.0, "offer AI content"),
        ),
        limit="mean field",
    ),
    toy={"population.reference": 10},
)
