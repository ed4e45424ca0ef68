"""Kernel density estimates fitted to their own items, against closed forms (MODEL 9.14)."""

from collections.abc import Callable

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs, Reference, Views
from mfsolve.models.atlas.gaussian import Run
from mfsolve.models.atlas.kernel_density import KernelDensity, check_density, density_ensemble, kernel_density_oracle
from mfsolve.models.atlas.workflows import WORKFLOWS, Workflow

from .atlas_gaussian import Ensembles, coordinates

PATH = ("generation",)
ALLOWED = ("replace", "accumulate", "subsample", "growing")
OUTPUTS = {
    "variance": Output(PATH, "variance of the estimate, E s2", levels=((1.0, "human"),)),
    "log_variance": Output(PATH, "log variance, E ln s2", levels=((0.0, "human"),)),
    "mean_square": Output(PATH, "square of the mean, E m^2"),
    "diversity": Output(PATH, "chance that two items descend from different human ones"),
    "founders": Output(PATH, "share of human items that have descendants"),
}


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Means over one block of replicates."""
    size = case.population
    run = Run(size.generations, size.replicates, seed, replicate * size.replicates)
    return dict(density_ensemble(case.parameters, case.arm, run, threads))


def drawn(case: Case) -> Outputs:
    """Measures of the estimates."""
    return OUTPUTS


def oracle(case: Case) -> Arrays:
    """Closed forms of all measures that have one."""
    return dict(kernel_density_oracle(case.parameters, case.arm, case.population.generations)._asdict())


def check(case: Case) -> None:
    """Refuse what the family cannot have."""
    check_density(case.parameters, case.arm, case.population.generations)


def last(name: str) -> Callable[[Case], float]:
    """The closed form of a measure at the last generation."""

    def value(case: Case) -> float:
        found = kernel_density_oracle(case.parameters, case.arm, case.population.generations)
        return float(getattr(found, name)[-1])

    return value


def arm(kind: type[Workflow]) -> Arm:
    """The arm of a workflow."""
    return Arm(
        settings=kind, draw=draw, drawn=drawn, coordinates=coordinates,
        reference=Reference(oracle, oracle), check=check,
    )  # fmt: skip


EXPERIMENT = Experiment(
    name="atlas_kernel_density",
    title="kernel density estimates fitted to their own items",
    parameters=KernelDensity,
    arms={name: arm(WORKFLOWS[name]) for name in ALLOWED},
    population=Ensembles,
    section="workflows",
    word="workflow",
    path="generation",
    predictions={name: last(name) for name in ("variance", "mean_square", "diversity")},
    views=Views(paths=("variance", "log_variance", "diversity", "founders"), limit="closed form"),
    toy={"population.replicates": 32, "population.generations": 6, "parameters.items": 10},
)
