"""Verified labels: the label error beyond which verification is useless (MODEL 9.5)."""

from mfsolve.experiments._refits import Ensembles, Refits
from mfsolve.experiments.experiment import Case, Experiment, Output, Views
from mfsolve.models.atlas.labels import QUANTITIES, Labels, Verifier, first_error, label_means

LEVELS = {"error": ((0.5, "coin"),)}
OUTPUTS = {name: Output.of(quantity, levels=LEVELS.get(name, ())) for name, quantity in QUANTITIES.items()}


def check(case: Case) -> None:
    """Refuse a first label error above 1."""
    first_error(case.arm)


REFITS = Refits(
    outputs=OUTPUTS,
    ensemble=lambda case, run, threads: label_means(case.parameters, case.arm, run, threads),
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
