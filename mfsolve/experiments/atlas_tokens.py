"""Models of tokens fitted to their own samples under each workflow, against closed forms (MODEL 9.4)."""

from mfsolve.experiments._refits import Ensembles, Refits
from mfsolve.experiments.experiment import Case, Experiment, Output, Views
from mfsolve.models.atlas.ensembles import Yardsticks
from mfsolve.models.atlas.token_closed_form import tails_closed_form, tokens_closed_form
from mfsolve.models.atlas.tokens import QUANTITIES, Tokens, check_tokens, token_means
from mfsolve.models.atlas.workflows import sample_sizes

OUTPUTS = {name: Output.of(quantity) for name, quantity in QUANTITIES.items()}
REFITS = Refits(
    outputs=OUTPUTS,
    ensemble=lambda case, run, threads: token_means(case.parameters, case.arm, run, case.record, threads),
    check=lambda case: check_tokens(case.parameters, case.arm, case.population.generations),
    oracle=lambda case: tokens_closed_form(case.parameters, case.arm, case.population.generations),
)


def second_learner(case: Case) -> float:
    """Human mass covered by generation 2, fitted to items of generation 1."""
    first, second = (int(n) for n in sample_sizes(case.arm, case.parameters.items, 2))
    return 1.0 - tails_closed_form(case.parameters.law(), first, second)


EXPERIMENT = Experiment(
    name="atlas_tokens",
    title="models of tokens fitted to their own samples",
    parameters=Tokens,
    arms=REFITS.arms(),
    population=Ensembles,
    record=Yardsticks,
    section="workflows",
    word="workflow",
    path="generation",
    predictions={**REFITS.predictions("diversity", "risk", "first"), "tails": second_learner},
    views=Views(paths=("diversity", "risk", "covered", "entropy"), limit="closed form"),
    toy={"population.replicates": 32, "population.generations": 6, "parameters.items": 20, "parameters.vocabulary": 12},
)
