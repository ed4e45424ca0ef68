"""Verified labels: the label error beyond which verification is useless (MODEL 9.5)."""

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs, Views
from mfsolve.models.atlas.gaussian import Run
from mfsolve.models.atlas.labels import Labels, Verifier, first_error, label_ensemble

from .atlas_gaussian import Ensembles, coordinates

PATH = ("generation",)
OUTPUTS = {
    "error": Output(PATH, "test error of the classifier", levels=((0.5, "coin"),)),
    "useless": Output(PATH, "share of classifiers that err more often than a coin"),
    "kept": Output(PATH, "items that a generation is fitted to"),
}


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Means over one block of replicates."""
    size = case.population
    run = Run(size.generations, size.replicates, seed, replicate * size.replicates)
    return dict(label_ensemble(case.parameters, case.arm, run, threads))


def drawn(case: Case) -> Outputs:
    """Measures of the classifiers."""
    return OUTPUTS


def check(case: Case) -> None:
    """Refuse a first label error above 1."""
    first_error(case.arm)


EXPERIMENT = Experiment(
    name="atlas_labels",
    title="classifiers fitted to verified labels of classifiers",
    parameters=Labels,
    arms={"verified": Arm(Verifier, draw=draw, drawn=drawn, coordinates=coordinates, check=check)},
    population=Ensembles,
    section="workflows",
    word="workflow",
    path="generation",
    views=Views(paths=("error", "useless")),
    toy={"population.replicates": 50, "population.generations": 4},
)
