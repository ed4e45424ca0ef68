"""What not knowing the generator costs: PMIR's welfare against rules that know it, as a study (MODEL 1.3, 3.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.collapse.content import Draws, Gaussian
from mfsolve.models.collapse.market import evolve
from mfsolve.models.collapse.parameters import Family, Parameters, Record
from mfsolve.models.collapse.policies import ClosedForm, NoPolicy, Optimal, Pmir, Policy
from mfsolve.models.collapse.producers import C, MeanField, inspect
from mfsolve.models.frozen import Frozen, Nothing

PATH = ("generation",)
VARIABLES = {
    "regret": Variable(PATH, "welfare forgone since generation 0, per generation"),
    "contamination_gap": Variable(PATH, "contamination above that of the rule that knows"),
    "subsidy_error": Variable(PATH, "squared error of the subsidy against the closed form of the same market"),
}


class Inspection(Frozen):
    """Size of one replicate: one path of the market."""

    items: int = Field(1000, ge=2, le=2**40, description="pool items PMIR inspects per generation, n")
    generations: int = Field(10, ge=1, le=65_535, description="generations T")


@dataclass
class Inspected(MeanField):
    """Infinitely many producers whose pool is known by a sample only."""

    draws: Draws

    def seen(self, content: C, source: C, contamination: float, items: int, step: int) -> C:
        """A refit to the sample."""
        return inspect(content, source, contamination, items, step, self.draws)


def path(parameters: Parameters, policy: Policy, producers: MeanField, generations: int) -> Arrays:
    """The market's path, every generation of it."""
    return evolve(parameters, policy, producers, Gaussian.human(parameters), generations, Record())


@lru_cache(maxsize=64)
def known(parameters: Parameters, policy: Policy, generations: int) -> Arrays:
    """The path under a rule that knows the generator."""
    return path(parameters, policy, MeanField.initial(parameters), generations)


def closed_form(case: Case, arrays: Arrays) -> np.ndarray:
    """The closed-form subsidy of the generators of a path."""
    return np.asarray(np.minimum(1.0, arrays["divergence"] / (2.0 * case.parameters.cost_curvature)))


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    keys = {purpose: stream_key(seed, f"provenance/{purpose}") for purpose in ("inspection", "inspected")}
    start = MeanField.initial(case.parameters)
    producers = Inspected(start.parameters, start.state, Draws(keys, np.uint64(replicate), threads))
    size = case.population
    found = path(case.parameters, Pmir(items=size.items), producers, size.generations)
    best = known(case.parameters, case.policy, size.generations)
    lived = np.arange(1, size.generations + 2)
    return {
        "regret": np.cumsum(best["welfare"] - found["welfare"]) / lived,
        "contamination_gap": found["contamination"] - best["contamination"],
        "subsidy_error": (found["subsidy"] - closed_form(case, found)) ** 2,
    }


def _all_seen(case: Case) -> Arrays:
    """The same with infinitely many items: the closed form itself."""
    exact = known(case.parameters, ClosedForm(), case.population.generations)
    best = known(case.parameters, case.policy, case.population.generations)
    lived = np.arange(1, case.population.generations + 2)
    return {
        "regret": np.cumsum(best["welfare"] - exact["welfare"]) / lived,
        "contamination_gap": exact["contamination"] - best["contamination"],
        "subsidy_error": np.zeros(lived.size),
    }


def _variables(case: Case) -> Mapping[str, Variable]:
    if case.parameters.content is not Family.GAUSSIAN:
        raise ValueError(f"parameters.content: {case.parameters.content.value!r} given; allowed: 'gaussian'")
    return VARIABLES


MODEL = Model(
    name="pmir_regret",
    title="PMIR: welfare forgone by not knowing the generator (MODEL 1.3, 3.3)",
    parameters=Parameters,
    alternatives={"closed_form": ClosedForm, "optimal": Optimal, "none": NoPolicy},
    population=Inspection,
    record=Nothing,
    variables=_variables,
    coordinates=lambda case: {"generation": np.arange(case.population.generations + 1)},
    simulate=_simulate,
    mean_field=_all_seen,
    section="rules",
    panels=("regret", "contamination_gap", "subsidy_error"),
)
