"""Exponential families of one parameter fitted to their own samples, against closed forms (MODEL 9.13)."""

from mfsolve.experiments._refits import Ensembles, Refits
from mfsolve.experiments.experiment import Experiment, Output, Views
from mfsolve.models.atlas.ensembles import Yardsticks
from mfsolve.models.atlas.exponential_families import (
    QUANTITIES,
    ExponentialFamily,
    check_family,
    exponential_family_closed_form,
    family_means,
)

LEVELS = {"variance": ((1.0, "human"),), "log_mean": ((0.0, "human"),)}
OUTPUTS = {name: Output.of(quantity, levels=LEVELS.get(name, ())) for name, quantity in QUANTITIES.items()}
REFITS = Refits(
    outputs=OUTPUTS,
    ensemble=lambda case, run, threads: family_means(case.parameters, case.arm, run, case.record, threads),
    check=lambda case: check_family(case.parameters, case.arm, case.population.generations),
    oracle=lambda case: exponential_family_closed_form(case.parameters, case.arm, case.population.generations),
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
