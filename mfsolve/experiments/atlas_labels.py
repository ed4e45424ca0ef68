"""Verified labels: the label error beyond which verification is useless (MODEL 9.5)."""

from mfsolve.experiments._refits import PATH, Ensembles, Refits
from mfsolve.experiments.experiment import Case, Experiment, Output, Views
from mfsolve.models.atlas.labels import Labels, Verifier, first_error, label_ensemble

OUTPUTS = {
    "error": Output(PATH, "test error of the classifier", levels=((0.5, "coin"),)),
    "useless": Output(PATH, "share of classifiers that err more often than a coin"),
    "kept": Output(PATH, "items that a generation is fitted to"),
}


def check(case: Case) -> None:
    """Refuse a first label error above 1."""
    first_error(case.arm)


REFITS = Refits(
    outputs=OUTPUTS,
    ensemble=lambda case, run, threads: label_ensemble(case.parameters, case.arm, run, threads),
    check=check,
)

EXPERIMENT = Experiment(
    name="atlas_labels",
    title="classifiers fitted to verified labels of classifiers",
    parameters=Labels,
    arms={"verified": REFITS.arm(Verifier)},
    population=Ensembles,
    section="workflows",
    word="workflow",
    path="generation",
    views=Views(paths=("error", "useless")),
    toy={"population.replicates": 50, "population.generations": 4},
)
