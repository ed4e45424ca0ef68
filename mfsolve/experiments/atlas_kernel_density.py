"""Kernel density estimates fitted to their own items, against closed forms (MODEL 9.14)."""

from mfsolve.experiments._refits import Ensembles, Refits
from mfsolve.experiments.experiment import Experiment, Output, Views
from mfsolve.models.atlas.ensembles import Yardsticks
from mfsolve.models.atlas.kernel_density import (
    QUANTITIES,
    KernelDensity,
    check_density,
    density_means,
    kernel_density_closed_form,
)

LEVELS = {"variance": ((1.0, "human"),), "log_variance": ((0.0, "human"),)}
OUTPUTS = {name: Output.of(quantity, levels=LEVELS.get(name, ())) for name, quantity in QUANTITIES.items()}
REFITS = Refits(
    outputs=OUTPUTS,
    ensemble=lambda case, run, threads: density_means(case.parameters, case.arm, run, case.record, threads),
    check=lambda case: check_density(case.parameters, case.arm, case.population.generations),
    oracle=lambda case: kernel_density_closed_form(case.parameters, case.arm, case.population.generations),
)

EXPERIMENT = Experiment(
    name="atlas_kernel_density",
    title="kernel density estimates fitted to their own items",
    parameters=KernelDensity,
    arms=REFITS.arms(KernelDensity().workflows),
    population=Ensembles,
    record=Yardsticks,
    section="workflows",
    word="workflow",
    path="generation",
    predictions=REFITS.predictions("variance", "mean_square", "diversity"),
    views=Views(paths=("variance", "log_variance", "diversity", "founders"), limit="closed form"),
    toy={"population.replicates": 32, "population.generations": 6, "parameters.items": 10},
)
