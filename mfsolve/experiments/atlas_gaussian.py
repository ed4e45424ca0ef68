"""Gaussian models fitted to their own samples under each workflow, against closed forms (MODEL 9.2, 9.3)."""

from mfsolve.experiments._refits import LOSSES, PATH, Ensembles, Refits
from mfsolve.experiments.experiment import Case, Experiment, Output, Views
from mfsolve.models.atlas.closed_form import accumulate_limit, weighting_oracle
from mfsolve.models.atlas.ensembles import Yardsticks
from mfsolve.models.atlas.gaussian import Gaussian, check_gaussian, gaussian_ensemble, gaussian_oracle

OUTPUTS = {
    "variance": Output(PATH, "variance of the fitted model, E s2", levels=((1.0, "human"),)),
    "log_variance": Output(PATH, "log variance, E ln s2", levels=((0.0, "human"),)),
    "mean_square": Output(PATH, "square of the fitted mean, E m^2"),
    "w2": Output(PATH, "squared Wasserstein distance to human content, E W2^2"),
    "risk": Output(PATH, "population risk, E KL(human || model)"),
    "tail": Output(PATH, "share of the human tails that is kept"),
    **{name: Output(PATH, text) for name, text in LOSSES.items()},
}
REFITS = Refits(
    outputs=OUTPUTS,
    ensemble=lambda case, run, threads: gaussian_ensemble(case.parameters, case.arm, run, case.record, threads),
    check=lambda case: check_gaussian(case.parameters, case.arm, case.population.generations),
    oracle=lambda case: gaussian_oracle(case.parameters, case.arm, case.population.generations),
)


def pooled_limit(case: Case) -> float:
    """The variance that accumulating data tend to."""
    return accumulate_limit(case.parameters.items)


def weighted_limit(case: Case) -> float:
    """The variance of the fitted mean that weighted human and synthetic items tend to."""
    family = case.parameters
    limit = weighting_oracle(case.arm.ratio, case.arm.human_weight).variance
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
