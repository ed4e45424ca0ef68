"""PMIR itself, as a study: where it stops, whether rightly, after how many items and rounds (MODEL 3.3)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.collapse.parameters import Family, Parameters
from mfsolve.models.frozen import Frozen, Nothing
from mfsolve.models.provenance.pmir import PmirSettings, best_response_map, pmir

PATH = ("stop",)
VARIABLES = {
    "stopped": Variable(PATH, "1 if it stopped by itself"),
    "right": Variable(PATH, "1 if it stopped where the market is an epsilon-SDCE"),
    "wrong": Variable(PATH, "1 if it stopped where the market is no epsilon-SDCE"),
    "covered": Variable(PATH, "1 if the interval of the last estimate holds the market's contamination"),
    "held": Variable(PATH, "1 if the intervals of all rounds hold it"),
    "z": Variable(PATH, "error of the last estimate in standard errors"),
    "residual": Variable(PATH, "|rho - BRmap(rho)| of the market at the end"),
    "error": Variable(PATH, "error of the last estimate of the contamination"),
    "items": Variable(PATH, "items used in all rounds"),
    "items_last_round": Variable(PATH, "items of the last round"),
    "rounds": Variable(PATH, "rounds"),
}


class Aim(Frozen):
    """What a replicate, one run of PMIR, aims at."""

    tolerance: float = Field(0.1, gt=0.0, lt=1.0, description="residual |rho - BRmap(rho)| to stop at, epsilon")


def _variables(case: Case) -> Mapping[str, Variable]:
    if case.parameters.content is not Family.GAUSSIAN:
        raise ValueError(f"parameters.content: {case.parameters.content.value!r} given; allowed: 'gaussian'")
    if case.parameters.variance_ratio == 1.0:
        raise ValueError("parameters.variance_ratio: 1 given; allowed: (0, 1), or items tell nothing")
    return VARIABLES


def _coordinates(case: Case) -> Arrays:
    return {"stop": np.zeros(1)}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    epsilon = case.population.tolerance
    path, found = pmir(case.parameters, epsilon, settings=case.policy, seed=seed, replicate=replicate)
    own = path.contamination.values
    rho = float(own[-1])
    residual = abs(rho - best_response_map(case.parameters, rho))
    values = {
        "stopped": found.reached,
        "right": found.reached and residual <= epsilon,
        "wrong": found.reached and residual > epsilon,
        "covered": found.interval[0] <= rho <= found.interval[1],
        "held": np.all((path.low.values <= own) & (own <= path.high.values)),
        "z": (found.contamination - rho) / float(path.standard_error[-1]),
        "residual": residual,
        "error": found.contamination - rho,
        "items": found.items,
        "items_last_round": int(path["items"][-1]),
        "rounds": found.rounds,
    }
    return {name: np.array([float(value)]) for name, value in values.items()}


MODEL = Model(
    name="pmir",
    title="PMIR: where it stops, after how many items and rounds (MODEL 3.3)",
    parameters=Parameters,
    alternatives={"pmir": PmirSettings},
    population=Aim,
    record=Nothing,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    section="algorithms",
    path="stop",
    refined_downward=frozenset({"population.tolerance"}),
)
