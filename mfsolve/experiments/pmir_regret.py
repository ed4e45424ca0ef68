"""Cost of not knowing the generator: PMIR's welfare against rules that know it (MODEL 1.3, 3.3)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Reference, Views
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.draws import Draws
from mfsolve.models.collapse.market import evolve
from mfsolve.models.collapse.parameters import Family, Parameters, Record
from mfsolve.models.collapse.policies import ClosedForm, Myopic, NoPolicy, Pmir, Policy
from mfsolve.models.collapse.producers import C, MeanField, inspect
from mfsolve.models.frozen import Frozen

PATH = ("generation",)
OUTPUTS = {
    "regret": Output(PATH, "welfare forgone since generation 0, per generation"),
    "contamination_gap": Output(PATH, "contamination above that of the rule that knows"),
    "subsidy_error": Output(PATH, "squared error of the subsidy against the closed form of the same market"),
}


class Inspection(Frozen):
    """Size of a replicate, which is one path of the market."""

    items: int = Field(1000, ge=2, le=2**40, description="pool items PMIR inspects per generation, n")
    generations: int = Field(10, ge=1, le=65_535, description="generations T")


@dataclass
class Inspected(MeanField):
    """Infinitely many producers whose pool the regulator knows from a sample only."""

    draws: Draws

    def seen(self, content: C, source: C, contamination: float, items: int, step: int) -> C:
        """Content refitted to the sample."""
        return inspect(content, source, contamination, items, step, self.draws)


def path(parameters: Parameters, policy: Policy, producers: MeanField, generations: int) -> Arrays:
    """Path of the market, every generation recorded."""
    return evolve(parameters, policy, producers, Gaussian.human(parameters), generations, Record())


@lru_cache(maxsize=64)
def known(parameters: Parameters, policy: Policy, generations: int) -> Arrays:
    """Path of the market under a rule that knows the generator."""
    return path(parameters, policy, MeanField.initial(parameters), generations)


def closed_form(case: Case, arrays: Arrays) -> np.ndarray:
    """Closed-form subsidy KL(q || p) / (2 kappa) of the generators along a path."""
    return np.asarray(np.minimum(1.0, arrays["divergence"] / (2.0 * case.parameters.cost_curvature)))


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Welfare forgone by PMIR, its contamination and its subsidy, against the rule that knows the generator."""
    keys = {purpose: stream_key(seed, f"provenance/{purpose}") for purpose in ("inspection", "inspected")}
    start = MeanField.initial(case.parameters)
    producers = Inspected(start.parameters, start.state, Draws(keys, np.uint64(replicate), threads))
    size = case.population
    found = path(case.parameters, Pmir(items=size.items), producers, size.generations)
    best = known(case.parameters, case.arm, size.generations)
    lived = np.arange(1, size.generations + 2)
    return {
        "regret": np.cumsum(best["welfare"] - found["welfare"]) / lived,
        "contamination_gap": found["contamination"] - best["contamination"],
        "subsidy_error": (found["subsidy"] - closed_form(case, found)) ** 2,
    }


def infinite_sample(case: Case) -> Arrays:
    """Limit of infinitely many inspected items, in which PMIR pays the closed form."""
    exact = known(case.parameters, ClosedForm(), case.population.generations)
    best = known(case.parameters, case.arm, case.population.generations)
    lived = np.arange(1, case.population.generations + 2)
    return {
        "regret": np.cumsum(best["welfare"] - exact["welfare"]) / lived,
        "contamination_gap": exact["contamination"] - best["contamination"],
        "subsidy_error": np.zeros(lived.size),
    }


def check(case: Case) -> None:
    """Refuse content that PMIR cannot refit.

    Raises
    ------
    ValueError
        For content that is not Gaussian.
    """
    if case.parameters.content is not Family.GAUSSIAN:
        raise ValueError(f"parameters.content: {case.parameters.content.value!r} given; allowed: 'gaussian'")


def arm(policy: type[Frozen]) -> Arm:
    """Arm of PMIR against a rule that knows the generator."""
    return Arm(
        policy,
        draw=draw,
        drawn=lambda case: OUTPUTS,
        coordinates=lambda case: {"generation": np.arange(case.population.generations + 1)},
        reference=Reference(lambda case: tuple(OUTPUTS), infinite_sample),
        check=check,
    )


EXPERIMENT = Experiment(
    name="pmir_regret",
    title="PMIR: welfare forgone by not knowing the generator",
    parameters=Parameters,
    arms={"closed_form": arm(ClosedForm), "myopic": arm(Myopic), "none": arm(NoPolicy)},
    population=Inspection,
    section="rules",
    word="rule",
    path="generation",
    views=Views(paths=("regret", "contamination_gap", "subsidy_error"), limit="infinitely many items"),
    toy={"population.generations": 6},
)
