"""Gaussian models fitted to their own samples under each workflow, against closed forms (MODEL 9.2, 9.3)."""

from mfsolve.experiments._refits import Ensembles, Refits
from mfsolve.experiments.experiment import Case, Experiment, Output, Views
from mfsolve.models.atlas.closed_form import accumulate_limit, weighting_closed_form
from mfsolve.models.atlas.ensembles import Yardsticks
from mfsolve.models.atlas.gaussian import QUANTITIES, Gaussian, check_gaussian, gaussian_closed_form, gaussian_means

LEVELS = {"variance": ((1.0, "human"),), "log_variance": ((0.0, "human"),)}
OUTPUTS = {name: Output.of(quantity, levels=LEVELS.get(name, ())) for name, quantity in QUANTITIES.items()}
REFITS = Refits(
    outputs=OUTPUTS,
    ensemble=lambda case, run, threads: gaussian_means(case.parameters, case.arm, run, case.record, threads),
    check=lambda case: check_gaussian(case.parameters, case.arm, case.population.generations),
    oracle=lambda case: gaussian_closed_form(case.parameters, case.arm, case.population.generations),
    limits={"curated": "limit of infinitely many items"},
)


def pooled_limit(case: Case) -> float:
    """The variance that accumulating data tend to."""
    return accumulate_limit(case.parameters.items)


def weighted_limit(case: Case) -> float:
    """The variance of the fitted mean that weighted human and synthetic items tend to."""
    family = case.parameters
    limit = weighting_closed_form(case.arm.ratio, case.arm.human_weight).variance
    return float(limit * family.dimension / family.items)


EXPERIMENT = Experiment(
    name="atlas_gaussian",
    title="Gaussian models fitted to their own samples",
    parameters=Gaussian,
    arms=REFITS.arms(),
    population=Ensembles,
    record=Yardsticks,
    section="workflows",
    word="workflow",
    path="generation",
    predictions={
        **REFITS.predictions("variance", "log_variance", "mean_square", "w2", "risk"),
        "accumulate_limit": pooled_limit,
        "weighting_limit": weighted_limit,
    },
    views=Views(paths=("variance", "mean_square", "w2", "risk"), limit="closed form"),
    toy={"population.replicates": 64, "population.generations": 8},
)
