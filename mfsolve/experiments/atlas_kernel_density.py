"""Kernel density estimates fitted to their own items, against closed forms (MODEL 9.14)."""

from mfsolve.experiments._refits import LOSSES, PATH, Ensembles, Refits
from mfsolve.experiments.experiment import Experiment, Output, Views
from mfsolve.models.atlas.ensembles import Yardsticks
from mfsolve.models.atlas.kernel_density import KernelDensity, check_density, density_ensemble, kernel_density_oracle

OUTPUTS = {
    "variance": Output(PATH, "variance of the estimate, E s2", levels=((1.0, "human"),)),
    "log_variance": Output(PATH, "log variance, E ln s2", levels=((0.0, "human"),)),
    "mean_square": Output(PATH, "square of the mean, E m^2"),
    "diversity": Output(PATH, "chance that two items descend from different human ones"),
    "founders": Output(PATH, "share of human items that have descendants"),
    "tail": Output(PATH, "share of the human tails that is kept"),
    **{name: Output(PATH, text) for name, text in LOSSES.items()},
}
REFITS = Refits(
    outputs=OUTPUTS,
    ensemble=lambda case, run, threads: density_ensemble(case.parameters, case.arm, run, case.record, threads),
    check=lambda case: check_density(case.parameters, case.arm, case.population.generations),
    oracle=lambda case: kernel_density_oracle(case.parameters, case.arm, case.population.generations),
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
