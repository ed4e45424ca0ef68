"""Exponential families of one parameter fitted to their own samples, against closed forms (MODEL 9.13)."""

from collections.abc import Callable

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs, Reference, Views
from mfsolve.models.atlas.exponential_families import (
    ExponentialFamily,
    check_family,
    exponential_family_oracle,
    family_ensemble,
)
from mfsolve.models.atlas.gaussian import Run, Yardsticks
from mfsolve.models.atlas.workflows import WORKFLOWS, Workflow

from .atlas_gaussian import Ensembles, coordinates

PATH = ("generation",)
ALLOWED = ("replace", "accumulate", "subsample", "growing", "mixed")
OUTPUTS = {
    "mean": Output(PATH, "fitted mean, E theta"),
    "risk": Output(PATH, "squared error of the mean over the human variance"),
    "variance": Output(PATH, "variance of an item over the human one", levels=((1.0, "human"),)),
    "log_mean": Output(PATH, "log of the mean over the human one, E ln(theta / theta_0)", levels=((0.0, "human"),)),
    "divergence": Output(PATH, "divergence from human content, E KL(model || human)", "nat"),
    "dead": Output(PATH, "share of models whose items are all alike"),
    "lost": Output(PATH, "share of models that are lost"),
    "still_lost": Output(PATH, "share of models lost at half-time and now"),
}


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Means over one block of replicates."""
    size = case.population
    run = Run(size.generations, size.replicates, seed, replicate * size.replicates)
    return dict(family_ensemble(case.parameters, case.arm, run, case.record, threads))


def drawn(case: Case) -> Outputs:
    """Measures of the fitted models."""
    return OUTPUTS


def oracle(case: Case) -> Arrays:
    """Closed forms that are known."""
    found = exponential_family_oracle(case.parameters, case.arm, case.population.generations)
    return {name: values for name, values in found._asdict().items() if np.isfinite(values).all()}


def check(case: Case) -> None:
    """Refuse what the family cannot have."""
    check_family(case.parameters, case.arm, case.population.generations)


def last(name: str) -> Callable[[Case], float]:
    """The closed form of a measure at the last generation."""

    def value(case: Case) -> float:
        found = exponential_family_oracle(case.parameters, case.arm, case.population.generations)
        return float(getattr(found, name)[-1])

    return value


def arm(kind: type[Workflow]) -> Arm:
    """The arm of a workflow."""
    return Arm(
        settings=kind, draw=draw, drawn=drawn, coordinates=coordinates,
        reference=Reference(oracle, oracle), check=check,
    )  # fmt: skip


EXPERIMENT = Experiment(
    name="atlas_families",
    title="exponential families fitted to their own samples",
    parameters=ExponentialFamily,
    arms={name: arm(WORKFLOWS[name]) for name in ALLOWED},
    population=Ensembles,
    record=Yardsticks,
    section="workflows",
    word="workflow",
    path="generation",
    predictions={name: last(name) for name in ("mean", "risk", "variance", "log_mean")},
    views=Views(paths=("risk", "variance", "log_mean", "dead"), limit="closed form"),
    toy={"population.replicates": 32, "population.generations": 6, "parameters.items": 10},
)
