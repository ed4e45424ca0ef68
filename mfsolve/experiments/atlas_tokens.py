"""Models of tokens fitted to their own samples under each workflow, against closed forms (MODEL 9.4)."""

from collections.abc import Callable

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs, Reference, Views
from mfsolve.models.atlas.gaussian import Run, Yardsticks
from mfsolve.models.atlas.tokens import Tokens, check_tokens, tails_oracle, token_ensemble, token_oracle
from mfsolve.models.atlas.workflows import WORKFLOWS, Workflow, sample_sizes

from .atlas_gaussian import Ensembles

PATH = ("generation",)
OUTPUTS = {
    "risk": Output(PATH, "population risk, E sum (q - p)^2"),
    "diversity": Output(PATH, "diversity, E (1 - sum q^2)"),
    "covered": Output(PATH, "human mass of the tokens that are left"),
    "entropy": Output(PATH, "entropy", "nat"),
    "score": Output(PATH, "mean score under the model: -ln p of tokens, a column of rows"),
    "score_variance": Output(PATH, "variance of the score under the model"),
    "tail": Output(PATH, "share of the rarest tokens' mass that is kept"),
    "first": Output(PATH, "share of the most frequent token"),
    "fixed": Output(PATH, "share of models with one token left"),
    "lost": Output(PATH, "share of models that are lost"),
    "still_lost": Output(PATH, "share of models lost at half-time and now"),
}


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Means over one block of replicates."""
    size = case.population
    run = Run(size.generations, size.replicates, seed, replicate * size.replicates)
    return dict(token_ensemble(case.parameters, case.arm, run, case.record, threads))


def drawn(case: Case) -> Outputs:
    """Measures of the fitted shares."""
    return OUTPUTS


def coordinates(case: Case) -> Arrays:
    """Generations, the human law first."""
    return {"generation": np.arange(case.population.generations + 1)}


def oracle(case: Case) -> Arrays:
    """Closed forms that are known."""
    found = token_oracle(case.parameters, case.arm, case.population.generations)
    return {} if found is None else dict(found._asdict())


def check(case: Case) -> None:
    """Refuse what the family cannot have."""
    check_tokens(case.parameters, case.arm, case.population.generations)


def last(name: str) -> Callable[[Case], float]:
    """The closed form of a measure at the last generation."""

    def value(case: Case) -> float:
        return float(oracle(case)[name][-1])

    return value


def second_learner(case: Case) -> float:
    """Human mass covered by generation 2, fitted to items of generation 1."""
    first, second = (int(n) for n in sample_sizes(case.arm, case.parameters.items, 2))
    return 1.0 - tails_oracle(case.parameters.law(), first, second)


def arm(kind: type[Workflow]) -> Arm:
    """The arm of a workflow."""
    return Arm(
        settings=kind, draw=draw, drawn=drawn, coordinates=coordinates,
        reference=Reference(oracle, oracle), check=check,
    )  # fmt: skip


EXPERIMENT = Experiment(
    name="atlas_tokens",
    title="models of tokens fitted to their own samples",
    parameters=Tokens,
    arms={name: arm(kind) for name, kind in WORKFLOWS.items()},
    population=Ensembles,
    record=Yardsticks,
    section="workflows",
    word="workflow",
    path="generation",
    predictions={**{name: last(name) for name in ("diversity", "risk", "first")}, "tails": second_learner},
    views=Views(paths=("diversity", "risk", "covered", "entropy"), limit="closed form"),
    toy={"population.replicates": 32, "population.generations": 6, "parameters.items": 20, "parameters.vocabulary": 12},
)
