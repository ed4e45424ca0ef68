"""The curse of precision over a box of markets: phase diagrams, and how much of the box each fate takes (MODEL 4.2)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable, once
from mfsolve.kernels.numerics.sums import total
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.creators.aggregate_root import power
from mfsolve.models.creators.curse import Phase, curse_map, fates
from mfsolve.models.creators.populations import Array
from mfsolve.models.creators.recursive_precision import DynamicParameters, Regime
from mfsolve.models.frozen import Frozen

from .creator_dynamics import REGIMES, Intermediary, regime_of

PATH = ("box",)
LABELS = ("sustained", "peaks, then declines", "declines from the start", "innovators exit")
VARIABLES = {
    "markets": Variable(PATH, "random markets of the box"),
    "sustained": Variable(PATH, "markets in which precision is sustained"),
    "declines": Variable(PATH, "markets in which precision peaks, then declines"),
    "falls": Variable(PATH, "markets in which precision declines from the start"),
    "exits": Variable(PATH, "markets in which innovators exit"),
    "kept": Variable(PATH, "precision at the horizon over its peak, mean of the markets"),
    "final_precision": Variable(PATH, "precision at the horizon, mean of the markets"),
}


class Box(Frozen):
    """A box of markets about the parameters: a replicate is a sample from it. Feedback and depreciation are uniform
    in their logarithm, the gap x_c - x_o is uniform."""

    markets: int = Field(64, ge=1, le=10**5, description="random markets of a replicate")
    feedback_low: float = Field(0.03, gt=0.0, le=1e6, description="least bias_feedback")
    feedback_high: float = Field(30.0, gt=0.0, le=1e6, description="greatest bias_feedback")
    gap_low: float = Field(0.05, gt=0.0, le=20.0, description="least imitator_elasticity - innovator_elasticity")
    gap_high: float = Field(3.0, gt=0.0, le=20.0, description="greatest imitator_elasticity - innovator_elasticity")
    depreciation_low: float = Field(0.02, gt=0.0, le=1e3, description="least depreciation")
    depreciation_high: float = Field(0.5, gt=0.0, le=1e3, description="greatest depreciation")
    horizon: float = Field(60.0, gt=0.0, le=1e6, description="time over which precision is followed")
    tolerance: float = Field(
        0.01, ge=0.0, lt=1.0, description="a fall by more than this share of the peak is a decline, a rise to it a peak"
    )

    @model_validator(mode="after")
    def _ordered(self) -> "Box":
        for name in ("feedback", "gap", "depreciation"):
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if low >= high:
                raise ValueError(f"{name}_low: {low} given; allowed: below {name}_high = {high}")
        return self


class Record(Frozen):
    """Phase diagrams: deterministic, the same in every replicate."""

    map_points: int = Field(0, ge=0, le=200, description="points along each axis of a phase diagram; 0: none")
    map_depreciation: tuple[float, ...] = Field((), max_length=4, description="depreciations with a diagram each")


def _regime(case: Case) -> Regime:
    regime, switch = regime_of(case.policy)
    return Regime.INTERMEDIARY if switch is not None else regime


def _variables(case: Case) -> Mapping[str, Variable]:
    if isinstance(case.policy, Intermediary) and case.policy.starts > 0.0:
        raise ValueError(f"starts: {case.policy.starts} given; allowed in a phase diagram: 0")
    found = dict(VARIABLES)
    for i, depreciation in enumerate(case.record.map_depreciation if case.record.map_points else ()):
        there, name = ("box", "elasticity_gap", "bias_feedback"), f"precision, depreciation {depreciation:g}"
        found[f"phase_{i + 1}"] = Variable(there, name, labels=LABELS, exact=True)
    return found


def _coordinates(case: Case) -> Arrays:
    found: Arrays = {"box": np.zeros(1)}
    if case.record.map_points and case.record.map_depreciation:
        box, count = case.population, case.record.map_points
        found["elasticity_gap"] = np.linspace(box.gap_low, box.gap_high, count)
        found["bias_feedback"] = np.geomspace(box.feedback_low, box.feedback_high, count)
    return found


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    box = case.population
    draws = np.empty((3, box.markets))
    zero = np.uint64(0)
    for axis, row in enumerate(draws):
        uniforms(stream_key(seed, "creators.box"), np.uint64(axis), zero, np.uint64(replicate), zero, row)
    found = fates(
        case.parameters,
        between(box.feedback_low, box.feedback_high, draws[0]),
        box.gap_low + (box.gap_high - box.gap_low) * draws[1],
        between(box.depreciation_low, box.depreciation_high, draws[2]),
        _times(box), _regime(case), box.tolerance,
    )  # fmt: skip
    fate = found["phase"]
    numbers = {
        "markets": box.markets,
        "sustained": np.sum(fate == Phase.SUSTAINED),
        "declines": np.sum(fate == Phase.DECLINE),
        "falls": np.sum(fate == Phase.FALL),
        "exits": np.sum(fate == Phase.EXIT),
        "kept": total(found["final_precision"] / found["peak_precision"]) / box.markets,
        "final_precision": total(found["final_precision"]) / box.markets,
    }
    return {name: np.array([float(value)]) for name, value in numbers.items()} | _maps(case)


def between(low: float, high: float, draws: Array) -> Array:
    """Values whose logarithm is uniform on [log low, log high], from uniform draws."""
    return np.array([low * power(high / low, draw) for draw in draws])


def _times(box: Box) -> Array:
    return np.array([0.0, box.horizon])


@once
def _maps(case: Case) -> Arrays:
    """Phase diagrams (1, gap, feedback), one for each depreciation."""
    box, record = case.population, case.record
    if not record.map_points or not record.map_depreciation:
        return {}
    axes = _coordinates(case)
    table = curse_map(
        case.parameters, axes["bias_feedback"], axes["elasticity_gap"], record.map_depreciation,
        _times(box), _regime(case), box.tolerance,
    )  # fmt: skip
    phase = table["phase"].transpose("depreciation", "elasticity_gap", "bias_feedback").values.astype(np.float64)
    return {f"phase_{i + 1}": layer[None] for i, layer in enumerate(phase)}


MODEL = Model(
    name="creator_phases",
    title="the curse of precision over a box of markets: phase diagrams and shares (MODEL 4.2)",
    parameters=DynamicParameters,
    alternatives=REGIMES,
    population=Box,
    record=Record,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    section="regimes",
    path="box",
)
