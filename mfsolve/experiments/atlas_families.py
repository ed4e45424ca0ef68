"""Exponential families of one parameter fitted to their own samples, against closed forms (MODEL 9.13)."""

from mfsolve.experiments._refits import LOSSES, PATH, Ensembles, Refits
from mfsolve.experiments.experiment import Experiment, Output, Views
from mfsolve.models.atlas.ensembles import Yardsticks
from mfsolve.models.atlas.exponential_families import (
    ExponentialFamily,
    check_family,
    exponential_family_oracle,
    family_ensemble,
)

OUTPUTS = {
    "mean": Output(PATH, "fitted mean, E theta"),
    "risk": Output(PATH, "squared error of the mean over the human variance"),
    "variance": Output(PATH, "variance of an item over the human one", levels=((1.0, "human"),)),
    "log_mean": Output(PATH, "log of the mean over the human one, E ln(theta / theta_0)", levels=((0.0, "human"),)),
    "divergence": Output(PATH, "divergence from human content, E KL(model || human)", "nat"),
    "dead": Output(PATH, "share of models whose items are all alike"),
    "tail": Output(PATH, "share of the largest human items' mass that is kept"),
    "entropy": Output(PATH, "entropy of an item", "nat"),
    **{name: Output(PATH, text) for name, text in LOSSES.items()},
}
REFITS = Refits(
    outputs=OUTPUTS,
    ensemble=lambda case, run, threads: family_ensemble(case.parameters, case.arm, run, case.record, threads),
    check=lambda case: check_family(case.parameters, case.arm, case.population.generations),
    oracle=lambda case: exponential_family_oracle(case.parameters, case.arm, case.population.generations),
)

EXPERIMENT = Experiment(
    name="atlas_families",
    title="exponential families fitted to their own samples",
    parameters=ExponentialFamily,
    arms=REFITS.arms(),
    population=Ensembles,
    record=Yardsticks,
    section="workflows",
    word="workflow",
    path="generation",
    predictions=REFITS.predictions("mean", "risk", "variance", "log_mean"),
    views=Views(paths=("risk", "variance", "log_mean", "dead"), limit="closed form"),
    toy={"population.replicates": 32, "population.generations": 6, "parameters.items": 10},
)
