"""The collapse market: policies compared, generation by generation (MODEL 1)."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Reference, Views
from mfsolve.models.collapse.closed_form import collapse_law_coefficient
from mfsolve.models.collapse.content import Categorical
from mfsolve.models.collapse.empirical import human_histogram
from mfsolve.models.collapse.human_rows import reservoir
from mfsolve.models.collapse.labelled_paths import coordinates, quantities
from mfsolve.models.collapse.many_markets import at_once, finite_paths
from mfsolve.models.collapse.market import check_market, finite_path, mean_field_path
from mfsolve.models.collapse.parameters import Family, Parameters, Population, Record, Refit
from mfsolve.models.collapse.policies import POLICIES, Pmir, Policy

PATHS = ("contamination", "subsidy", "quality", "w2_drift", "total_variation", "support")
WELFARE = (
    ("welfare", 1.0, "welfare per producer"),
    ("welfare_producers", 1.0, "producers"),
    ("welfare_consumers", 1.0, "consumers"),
    ("loss_collapse", -1.0, "collapse"),
    ("loss_information", -1.0, "unknown provenance"),
    ("policy_cost", -1.0, "policy cost"),
)


def check(case: Case) -> None:
    """Refuse records and populations that the content family cannot serve."""
    check_market(case.parameters, case.arm, case.population, case.record)


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """One path of a finite population."""
    return finite_path(case.parameters, case.arm, case.population, case.record, seed, replicate, threads)


def draw_many(case: Case, seed: int, replicates: range, threads: int) -> Arrays:
    """Paths of consecutive replicates of a small market, side by side."""
    return finite_paths(case.parameters, case.arm, case.population, case.record, seed, replicates, threads)


def side_by_side(case: Case) -> int:
    """Replicates that are drawn in one call; 0 for markets that are drawn one at a time."""
    return at_once(case.parameters, case.arm, case.population, case.record)


def drawn(case: Case) -> Mapping[str, Output]:
    """Variables of a path."""
    return {name: Output.of(quantity) for name, quantity in quantities(case.parameters, case.record).items()}


def path_coordinates(case: Case) -> Arrays:
    """Generations, and the places of content snapshots."""
    return coordinates(case.parameters, case.population, case.record)


def limit(case: Case) -> Arrays:
    """Path of infinitely many producers."""
    return mean_field_path(case.parameters, case.arm, case.population, case.record)


def limit_names(case: Case) -> Collection[str]:
    """Variables of the limit: all of a path's, or none for a kernel density, which is that of a finite sample."""
    if case.parameters.content is Family.EMPIRICAL and case.parameters.refit is Refit.KERNEL:
        return ()
    return tuple(drawn(case))


def human(case: Case, place: Floats) -> NDArray[Any]:
    """Human content at the places of a snapshot: the normal density, token frequencies, or a histogram of rows."""
    if case.parameters.content is Family.CATEGORICAL:
        return Categorical.human(case.parameters).fitted
    if case.parameters.features is not None:
        half = 0.5 * (place[1] - place[0])
        source = reservoir(case.parameters.features, case.parameters.held_out)
        return human_histogram(source, np.append(place - half, place[-1] + half))
    return np.asarray(np.exp(-0.5 * place * place) / np.sqrt(2.0 * np.pi))


def arm(policy: type[Policy]) -> Arm:
    """The market under a policy."""
    return Arm(
        policy, draw=draw, draw_many=draw_many, side_by_side=side_by_side, drawn=drawn, coordinates=path_coordinates,
        reference=Reference(limit_names, limit), check=check, toy={"items": 20000} if policy is Pmir else {},
    )  # fmt: skip


EXPERIMENT = Experiment(
    name="collapse",
    title="collapse market: recursive training, provenance subsidies, quality",
    parameters=Parameters,
    arms={name: arm(policy) for name, policy in POLICIES.items()},
    population=Population,
    record=Record,
    section="policies",
    word="policy",
    path="generation",
    predictions={"collapse_law_coefficient": lambda case: collapse_law_coefficient(case.parameters)},
    views=Views(paths=PATHS, bars=WELFARE, human=human, limit="mean field"),
    toy={
        "population.producers": 200, "population.items": 4, "parameters.vocabulary": 60,
        "grid.population.producers": [40, 80, 160], "grid.population.generations": [3, 4, 5],
    },
)  # fmt: skip
