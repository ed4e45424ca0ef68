"""The curse of precision as a difference: paths with feedback against the same paths without it (MODEL 4.2)."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Case, Output
from mfsolve.kernels.creators.stocks import Crowd
from mfsolve.models.creators.feedback_effect import share_below
from mfsolve.models.creators.finite_market import Path, Schedule, path_of, stepped_path
from mfsolve.models.creators.recursive_precision import DynamicParameters, Regime, recursive_precision
from mfsolve.models.quantities import UNIT

LIFETIMES = 40.0
PATH = ("time",)
LOST = "share of its peak so far that precision has lost"
CURSE = {
    "precision_without": Output(PATH, "precision without feedback", panel="precision"),
    "lost_without": Output(PATH, "share of the peak lost without feedback", panel=LOST, support=UNIT),
    "curse": Output(PATH, "share of the peak lost, with feedback less without"),
    "curse_frozen": Output(PATH, "share of the peak lost, with feedback less with the bias of the start"),
    "cursed": Output(PATH, "whether the peak's loss is greater by 0.05 with feedback", support=UNIT),
    "level_cost": Output(PATH, "precision that feedback costs, as a share of precision without it"),
}
MATERIAL = 0.05
"""Share of its peak that precision has to lose, or to lose in addition, to count."""


def started(case: Case) -> DynamicParameters:
    """The parameters, with the stocks that a path starts from."""
    p: DynamicParameters = case.parameters
    multiple = case.population.rest_multiple
    if multiple is None:
        return p
    ko, kc = rest(p.model_copy(update={"bias_feedback": 0.0}), case.population.dt)
    return p.model_copy(update={"innovator_stock": multiple * ko, "imitator_stock": multiple * kc})


@lru_cache(maxsize=256)
def rest(p: DynamicParameters, dt: float) -> tuple[float, float]:
    """Stocks that strict rights come to from those of the parameters."""
    steps = int(np.ceil(LIFETIMES / (p.depreciation * dt)))
    path = stepped_path(p, Schedule(dt, steps))
    return float(path["innovator_stock"][-1]), float(path["imitator_stock"][-1])


def unfed(p: DynamicParameters) -> DynamicParameters:
    """The same market without feedback: the bias is that of precision 0."""
    return p.model_copy(update={"bias_feedback": 0.0})


def frozen(p: DynamicParameters) -> DynamicParameters:
    """The same market whose bias stays what precision makes it at the start."""
    at_start = recursive_precision(
        p.innovator_stock, p.imitator_stock, p.bias_floor, p.bias_feedback, p.innovator_loading, p.imitator_loading
    )
    floor = min(p.bias_floor + p.bias_feedback * float(at_start), 1e6)
    return p.model_copy(update={"bias_feedback": 0.0, "bias_floor": floor})


def share_lost(phi: Floats) -> Floats:
    """Share of its peak so far that precision has lost."""
    return share_below(phi, np.maximum.accumulate(phi))


def curse(case: Case, p: DynamicParameters, steps: Schedule, crowd: Crowd, path: Path) -> Arrays:
    """Outputs of `CURSE` of a path: its creators and questions meet both markets without feedback."""
    still, set_ = (
        path_of(other, steps, crowd, case.arm.plan(other, steps))["precision"] for other in (unfed(p), frozen(p))
    )
    phi = path["precision"]
    lost, without = share_lost(phi), share_lost(still)
    return {
        "precision_without": still,
        "lost_without": without,
        "curse": lost - without,
        "curse_frozen": lost - share_lost(set_),
        "cursed": (lost - without > MATERIAL).astype(np.float64),
        "level_cost": share_below(phi, still),
    }


def rescued_from(p: DynamicParameters, steps: Schedule) -> Floats:
    """Precision of an intermediary from the start, in the limit of infinitely many creators."""
    return stepped_path(p, replace(steps, regime=Regime.INTERMEDIARY, switch_time=None))["precision"]
