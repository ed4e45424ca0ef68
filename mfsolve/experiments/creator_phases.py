"""The curse of precision over a box of markets: phase diagrams, and each fate's share of the box (MODEL 4.2)."""

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs
from mfsolve.kernels.numerics.sums import total
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.creators.aggregate_root import power
from mfsolve.models.creators.curse import Phase, curse_map, fates
from mfsolve.models.creators.feedback_effect import Effect, Effects, feedback_effects
from mfsolve.models.creators.recursive_precision import DynamicParameters
from mfsolve.models.frozen import Frozen

from ._regimes import arms_of

PLANE = ("elasticity_gap", "bias_feedback")
STARTS = ("multiple_of_rest", "bias_feedback")
MOST_AT_REST = 3.0
SAME = 1e-4
"""Difference that paths with the same end may have: stocks are integrated to 1e-5."""
CORRECTED = 0.1
"""Rise of the price, as a share of it, that answers scarcity."""
EFFECTS = (
    "no decline", "declines as without feedback", "declines more with feedback", "declines only with feedback",
    "declines less with feedback",
)  # fmt: skip
LABELS = ("sustained", "peaks, then declines", "declines from the start", "innovators exit")
BETTER, LASTING = ("good", "", "", "bad", ""), ("good", "", "bad", "")
OUTPUTS = {
    "markets": Output((), "random markets of the box"),
    "sustained": Output((), "markets in which precision is sustained"),
    "declines": Output((), "markets in which precision peaks, then declines"),
    "falls": Output((), "markets in which precision declines from the start"),
    "exits": Output((), "markets in which innovators exit"),
    "cursed": Output((), "markets in which precision declines with feedback and not without"),
    "worse": Output((), "markets in which precision declines without feedback too, and more with it"),
    "anyway": Output((), "markets in which precision declines, and as much without feedback"),
    "milder": Output((), "markets in which feedback makes the share that is lost smaller"),
    "never": Output((), "markets in which precision declines neither with feedback nor without"),
    "extra_lost": Output((), "share of the peak that is lost, with feedback less without, mean of the markets"),
    "level_cost": Output((), "share of precision at the horizon that feedback takes, mean of the markets"),
    "price_change": Output((), "price at the horizon, with feedback over without, less 1, mean of the markets"),
    "cheaper": Output((), "markets whose price at the horizon is lower with feedback than without"),
    "more_alike": Output((), "markets in which signals of the rank and file correlate more with feedback"),
    "scarcity": Output((), "change of the price as innovators' data fall to a tenth, mean of the markets"),
    "corrected": Output((), "markets in which the price rises by 10 % or more as innovators' data fall to a tenth"),
    "innovator_value": Output((), "precision that a unit of innovators' data adds, mean of the markets"),
    "value_over_mu": Output((), "that of imitators' data over it, over mu: of the market where it is farthest from 1"),
    "below_barrier": Output((), "markets whose precision at the horizon is below the barrier without innovators"),
    "kept": Output((), "precision at the horizon over its peak, mean of the markets"),
    "final_precision": Output((), "precision at the horizon, mean of the markets"),
}


class Box(Frozen):
    """A box of markets about the parameters: a replicate is a sample from it.

    Feedback and depreciation are uniform in their logarithm, the gap x_c - x_o is uniform.
    """

    markets: int = Field(64, ge=1, le=10**5, description="random markets of a replicate")
    feedback_low: float = Field(0.03, gt=0.0, le=1e6, description="least bias_feedback")
    feedback_high: float = Field(30.0, gt=0.0, le=1e6, description="greatest bias_feedback")
    gap_low: float = Field(0.05, gt=0.0, le=20.0, description="least imitator_elasticity - innovator_elasticity")
    gap_high: float = Field(3.0, gt=0.0, le=20.0, description="greatest imitator_elasticity - innovator_elasticity")
    depreciation_low: float = Field(0.02, gt=0.0, le=1e3, description="least depreciation")
    depreciation_high: float = Field(0.5, gt=0.0, le=1e3, description="greatest depreciation")
    horizon: float = Field(60.0, gt=0.0, le=1e6, description="time over which precision is followed")
    tolerance: float = Field(
        0.01,
        ge=0.0,
        lt=1.0,
        description="smallest fall from the peak (or rise to it) that counts, as a share of the peak",
    )

    rest_multiple: float = Field(
        1.0, ge=0.0, le=1e6,
        description="stocks at the start of paths with and without feedback, as a multiple of those at which strict "
        "rights rest without it",
    )  # fmt: skip

    @model_validator(mode="after")
    def _ordered(self) -> "Box":
        for name in ("feedback", "gap", "depreciation"):
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if low >= high:
                raise ValueError(f"{name}_low: {low} given; allowed: below {name}_high = {high}")
        return self


class Record(Frozen):
    """Phase diagrams that are kept."""

    map_points: int = Field(0, ge=0, le=200, description="points along each axis of a phase diagram; 0: none")
    map_depreciation: tuple[float, ...] = Field((), max_length=4, description="depreciations, one diagram each")


def check(case: Case) -> None:
    """Refuse an intermediary who starts later, and reservation prices: a phase diagram has one regime, and no jumps."""
    for name in ("innovator_reservation", "imitator_reservation"):
        if getattr(case.parameters, name) > 0.0:
            given = f"{name}: {getattr(case.parameters, name)} given"
            raise ValueError(f"{given}; allowed in a phase diagram: 0 (use creator_rests)")
    starts = getattr(case.arm, "starts", 0.0)
    if starts > 0.0:
        raise ValueError(f"starts: {starts} given; allowed in a phase diagram: 0")


def drawn(case: Case) -> Outputs:
    """Shares of the box."""
    return OUTPUTS


def solved(case: Case) -> dict[str, Output]:
    """Phase diagrams of precision and of what feedback changes, one for each depreciation."""
    layers = tuple(enumerate(mapped(case.record)))
    if not layers:
        return {}
    return (
        {"effect_of_start": Output(STARTS, "the curse as a difference, by start", labels=EFFECTS, meanings=BETTER)}
        | {
            f"phase_{i + 1}": Output(
                PLANE, f"precision, depreciation {depreciation:g}", labels=LABELS, meanings=LASTING
            )
            for i, depreciation in layers
        }
        | {
            f"effect_{i + 1}": Output(
                PLANE, f"the curse as a difference, depreciation {depreciation:g}", labels=EFFECTS, meanings=BETTER
            )
            for i, depreciation in layers
        }
    )


def mapped(record: Record) -> tuple[float, ...]:
    """Depreciations that have a phase diagram."""
    return record.map_depreciation if record.map_points else ()


def coordinates(case: Case) -> Arrays:
    """Axes of the phase diagrams."""
    if not mapped(case.record):
        return {}
    box, count = case.population, case.record.map_points
    return {
        "multiple_of_rest": np.linspace(0.0, MOST_AT_REST, count),
        "elasticity_gap": np.linspace(box.gap_low, box.gap_high, count),
        "bias_feedback": np.geomspace(box.feedback_low, box.feedback_high, count),
    }


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Fates of markets drawn from the box."""
    box = case.population
    draws = np.empty((3, box.markets))
    zero = np.uint64(0)
    for axis, row in enumerate(draws):
        uniforms(stream_key(seed, "creators.box"), np.uint64(axis), zero, np.uint64(replicate), zero, row)
    axes = (
        between(box.feedback_low, box.feedback_high, draws[0]),
        box.gap_low + (box.gap_high - box.gap_low) * draws[1],
        between(box.depreciation_low, box.depreciation_high, draws[2]),
    )
    found = fates(case.parameters, *axes, np.array([0.0, box.horizon]), case.arm.direct(), box.tolerance)
    change = effects_of(case, *axes)
    fate = found["phase"]
    numbers = {
        "markets": box.markets,
        "sustained": np.sum(fate == Phase.SUSTAINED),
        "declines": np.sum(fate == Phase.DECLINE),
        "falls": np.sum(fate == Phase.FALL),
        "exits": np.sum(fate == Phase.EXIT),
        "cursed": np.sum(change.effect == Effect.CURSE),
        "worse": np.sum(change.effect == Effect.WORSE),
        "anyway": np.sum(change.effect == Effect.ANYWAY),
        "milder": np.sum(change.effect == Effect.MILDER),
        "never": np.sum(change.effect == Effect.NONE),
        "extra_lost": total(change.lost - change.lost_without) / box.markets,
        "level_cost": total(change.level_cost) / box.markets,
        "price_change": total(change.price_change) / box.markets,
        "cheaper": np.sum(change.price_change < -SAME),
        "more_alike": np.sum(change.correlation_change > SAME),
        "scarcity": total(change.scarcity) / box.markets,
        "corrected": np.sum(change.scarcity >= CORRECTED),
        "innovator_value": total(change.innovator_value) / box.markets,
        "value_over_mu": farthest(change.value_over_mu),
        "below_barrier": np.sum(change.barrier_ratio < 1.0),
        "kept": total(found["final_precision"] / found["peak_precision"]) / box.markets,
        "final_precision": total(found["final_precision"]) / box.markets,
    }
    return {name: np.array(float(value)) for name, value in numbers.items()}


def farthest(ratios: Floats) -> float:
    """The ratio that is farthest from 1."""
    return float(ratios[np.abs(ratios - 1.0).argmax()])


def effects_of(
    case: Case, feedback: Floats, gap: Floats, depreciation: Floats, multiple: float | None = None
) -> Effects:
    """Effects of feedback in n markets (n,), from a multiple of rest that is the box's if not given."""
    box = case.population
    start = box.rest_multiple if multiple is None else multiple
    return feedback_effects(
        case.parameters, feedback, gap, depreciation, box.horizon, case.arm.direct(), start, box.tolerance
    )


def by_start(case: Case, axes: Arrays) -> Floats:
    """Effects of feedback at the parameters' own gap and depreciation, by the multiple of rest at the start."""
    p, feedback = case.parameters, axes["bias_feedback"]
    gap, decay = (
        np.full(feedback.size, p.imitator_elasticity - p.innovator_elasticity),
        np.full(feedback.size, p.depreciation),
    )
    return np.array([effects_of(case, feedback, gap, decay, float(m)).effect for m in axes["multiple_of_rest"]])


def between(low: float, high: float, draws: Floats) -> Floats:
    """Values whose logarithm is uniform on [log low, log high], from uniform draws."""
    return np.array([low * power(high / low, draw) for draw in draws])


def solve(case: Case, threads: int) -> Arrays:
    """Phase diagrams (gap, feedback), one for each depreciation."""
    box, depreciations = case.population, mapped(case.record)
    if not depreciations:
        return {}
    axes = coordinates(case)
    table = curse_map(
        case.parameters, axes["bias_feedback"], axes["elasticity_gap"], depreciations,
        np.array([0.0, box.horizon]), case.arm.direct(), box.tolerance,
    )  # fmt: skip
    phase = table["phase"].transpose("depreciation", "elasticity_gap", "bias_feedback").values.astype(np.float64)
    found = {"effect_of_start": by_start(case, axes), **{f"phase_{i + 1}": layer for i, layer in enumerate(phase)}}
    gap, feedback = (side.ravel() for side in np.meshgrid(axes["elasticity_gap"], axes["bias_feedback"], indexing="ij"))
    for i, depreciation in enumerate(depreciations):
        change = effects_of(case, feedback, gap, np.full(gap.size, depreciation))
        found[f"effect_{i + 1}"] = change.effect.reshape(axes["elasticity_gap"].size, -1)
    return found


ARM = Arm(draw=draw, drawn=drawn, solve=solve, solved=solved, coordinates=coordinates, check=check)
EXPERIMENT = Experiment(
    name="creator_phases",
    title="the curse of precision over a box of markets: phase diagrams and shares",
    parameters=DynamicParameters,
    arms=arms_of(ARM, "strict_rights", "intermediary", "free_for_all", "discriminating"),
    population=Box,
    record=Record,
    section="regimes",
    word="regime",
    called=dict.fromkeys(("rest_multiple", "multiple_of_rest"), "stocks at the start over those at rest"),
    toy={"population.markets": 8, "record.map_points": 6},
)
