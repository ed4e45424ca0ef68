"""Gaussian models fitted to their own samples under each workflow, against closed forms (MODEL 9.2, 9.3)."""

from collections.abc import Callable

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs, Reference, Views
from mfsolve.models.atlas.closed_form import accumulate_limit, weighting_oracle
from mfsolve.models.atlas.gaussian import (
    Gaussian,
    Run,
    Yardsticks,
    check_gaussian,
    gaussian_ensemble,
    gaussian_oracle,
)
from mfsolve.models.atlas.workflows import WORKFLOWS, Workflow
from mfsolve.models.frozen import Frozen

PATH = ("generation",)
OUTPUTS = {
    "variance": Output(PATH, "variance of the fitted model, E s2", levels=((1.0, "human"),)),
    "log_variance": Output(PATH, "log variance, E ln s2", levels=((0.0, "human"),)),
    "mean_square": Output(PATH, "square of the fitted mean, E m^2"),
    "w2": Output(PATH, "squared Wasserstein distance to human content, E W2^2"),
    "risk": Output(PATH, "population risk, E KL(human || model)"),
    "tail": Output(PATH, "share of the human tails that is kept"),
    "lost": Output(PATH, "share of models that are lost"),
    "still_lost": Output(PATH, "share of models lost at half-time and now"),
}


class Ensembles(Frozen):
    """Size of a block of replicates, whose means are one row of the study."""

    replicates: int = Field(1000, ge=1, le=10**8, description="replicates of a block; its means are stored")
    generations: int = Field(50, ge=2, le=10**4, description="generations T")


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Means over one block of replicates."""
    size = case.population
    run = Run(size.generations, size.replicates, seed, replicate * size.replicates)
    return dict(gaussian_ensemble(case.parameters, case.arm, run, case.record, threads))


def drawn(case: Case) -> Outputs:
    """Measures of the fitted models."""
    return OUTPUTS


def coordinates(case: Case) -> Arrays:
    """Generations, the human law first."""
    return {"generation": np.arange(case.population.generations + 1)}


def oracle(case: Case) -> Arrays:
    """Closed forms that are known."""
    found = gaussian_oracle(case.parameters, case.arm, case.population.generations)
    return {name: values for name, values in found._asdict().items() if np.isfinite(values).all()}


def check(case: Case) -> None:
    """Refuse what the family cannot have."""
    check_gaussian(case.parameters, case.arm, case.population.generations)


def last(name: str) -> Callable[[Case], float]:
    """The closed form of a measure at the last generation."""

    def value(case: Case) -> float:
        return float(getattr(gaussian_oracle(case.parameters, case.arm, case.population.generations), name)[-1])

    return value


def pooled_limit(case: Case) -> float:
    """The variance that accumulating data tend to."""
    return accumulate_limit(case.parameters.items)


def weighted_limit(case: Case) -> float:
    """The variance of the fitted mean that weighted human and synthetic items tend to."""
    family = case.parameters
    limit = weighting_oracle(case.arm.ratio, case.arm.human_weight).variance
    return float(limit * family.dimension / family.items)


def arm(kind: type[Workflow]) -> Arm:
    """The arm of a workflow."""
    return Arm(
        settings=kind, draw=draw, drawn=drawn, coordinates=coordinates,
        reference=Reference(oracle, oracle), check=check,
    )  # fmt: skip


EXPERIMENT = Experiment(
    name="atlas_gaussian",
    title="Gaussian models fitted to their own samples",
    parameters=Gaussian,
    arms={name: arm(kind) for name, kind in WORKFLOWS.items()},
    population=Ensembles,
    record=Yardsticks,
    section="workflows",
    word="workflow",
    path="generation",
    predictions={
        **{name: last(name) for name in ("variance", "log_variance", "mean_square", "w2", "risk")},
        "accumulate_limit": pooled_limit,
        "weighting_limit": weighted_limit,
    },
    views=Views(paths=("variance", "mean_square", "w2", "risk"), limit="closed form"),
    toy={"population.replicates": 64, "population.generations": 8},
)
