"""PMIR in a market of its own: correctness of its stops, coverage of its intervals, items and rounds (MODEL 3.3)."""

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments._gaussian_economies import check
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.frozen import Frozen
from mfsolve.models.provenance.pmir import PmirSettings, pmir_rounds
from mfsolve.models.provenance.pmir_round import best_response_map
from mfsolve.models.quantities import UNIT

OUTPUTS = {
    "stopped": Output((), "whether PMIR stops by itself", support=UNIT),
    "right": Output((), "whether PMIR stops with the market at an epsilon-SDCE", support=UNIT),
    "wrong": Output((), "whether PMIR stops with the market at no epsilon-SDCE", support=UNIT),
    "covered": Output((), "whether the interval of the last estimate holds the market's contamination", support=UNIT),
    "held": Output((), "whether the intervals of all rounds hold the market's contamination", support=UNIT),
    "z": Output((), "error of the last estimate in standard errors"),
    "residual": Output((), "|rho - BRmap(rho)| of the market at the end"),
    "error": Output((), "error of the last estimate of the contamination"),
    "items": Output((), "items used in all rounds"),
    "items_last_round": Output((), "items of the last round"),
    "rounds": Output((), "rounds"),
}


class Aim(Frozen):
    """Aim of a replicate, which is one run of PMIR."""

    tolerance: float = Field(0.1, gt=0.0, lt=1.0, description="residual |rho - BRmap(rho)| to stop at, epsilon")


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Run PMIR once, and judge its stop and its intervals by the market's own contamination."""
    epsilon = case.population.tolerance
    path, found = pmir_rounds(case.parameters, epsilon, case.arm, seed, replicate)
    own = path["contamination"]
    rho = float(own[-1])
    residual = abs(rho - best_response_map(case.parameters, rho))
    values = {
        "stopped": found.reached,
        "right": found.reached and residual <= epsilon,
        "wrong": found.reached and residual > epsilon,
        "covered": found.interval[0] <= rho <= found.interval[1],
        "held": np.all((path["low"] <= own) & (own <= path["high"])),
        "z": (found.contamination - rho) / float(path["standard_error"][-1]),
        "residual": residual,
        "error": found.contamination - rho,
        "items": found.items,
        "items_last_round": int(path["items"][-1]),
        "rounds": found.rounds,
    }
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


EXPERIMENT = Experiment(
    name="pmir",
    title="PMIR: correctness of its stops, items and rounds",
    parameters=Parameters,
    arms={"pmir": Arm(PmirSettings, draw=draw, drawn=lambda case: OUTPUTS, check=check)},
    population=Aim,
    section="algorithms",
    word="algorithm",
    finer_downward=frozenset({"population.tolerance"}),
    toy={"grid.population.tolerance": [0.4, 0.3, 0.2]},
)
