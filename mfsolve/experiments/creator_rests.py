"""Hysteresis of the creator market: random markets with reservation prices, and where they end (MODEL 4.2)."""

from functools import partial

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs
from mfsolve.kernels.numerics.sums import total
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.creators.aggregate_root import power
from mfsolve.models.creators.recursive_precision import DynamicParameters
from mfsolve.models.creators.rest_points import RestPoints, rest_points
from mfsolve.models.frozen import Frozen

from ._regimes import arms_of

PLANE = ("bias_feedback", "innovator_reservation")
LABELS = ("innovators stay", "innovators are away", "the past decides")
OUTPUTS = {
    "markets": Output((), "random markets of the box"),
    "several": Output((), "markets whose end depends on where they start"),
    "several_unfed": Output(
        (), "markets whose end depends on where they start, without feedback of precision on the bias"
    ),
    "away": Output((), "markets in which innovators are away, wherever they start"),
    "away_unfed": Output((), "markets in which innovators are away without feedback, wherever they start"),
    "away_only_fed": Output(
        (), "markets in which innovators are away with feedback and not without, wherever they start"
    ),
    "locked_out": Output((), "markets in which innovators are away after some starts only"),
    "kept": Output((), "precision at the lowest end over that at the highest, mean of the markets"),
}
AXES = ("feedback", "gap", "depreciation", "supply", "reservation")
UNIFORM = frozenset({"gap", "reservation"})


class Box(Frozen):
    """A box of markets about the parameters, and how their ends are found.

    The gap x_c - x_o and the innovators' reservation price are uniform, the others uniform in their logarithm.
    """

    markets: int = Field(16, ge=1, le=10**5, description="random markets of a replicate")
    feedback_low: float = Field(0.03, gt=0.0, le=1e6, description="least bias_feedback")
    feedback_high: float = Field(30.0, gt=0.0, le=1e6, description="greatest bias_feedback")
    gap_low: float = Field(0.05, gt=0.0, le=20.0, description="least imitator_elasticity - innovator_elasticity")
    gap_high: float = Field(3.0, gt=0.0, le=20.0, description="greatest imitator_elasticity - innovator_elasticity")
    depreciation_low: float = Field(0.02, gt=0.0, le=1e3, description="least depreciation")
    depreciation_high: float = Field(0.5, gt=0.0, le=1e3, description="greatest depreciation")
    supply_low: float = Field(1.0, gt=0.0, le=1e9, description="least imitator_supply")
    supply_high: float = Field(30.0, gt=0.0, le=1e9, description="greatest imitator_supply")
    reservation_low: float = Field(0.05, ge=0.0, le=1e3, description="least innovator_reservation")
    reservation_high: float = Field(0.55, gt=0.0, le=1e3, description="greatest innovator_reservation")
    lifetimes: float = Field(30.0, gt=5.0, le=1e3, description="how long paths run, in units of 1 / depreciation")
    step: float = Field(0.02, gt=0.0, le=1.0, description="Euler step in the same unit")
    tolerance: float = Field(0.02, gt=0.0, lt=1.0, description="ends whose precision differs by more count as two")

    @model_validator(mode="after")
    def _ordered(self) -> "Box":
        for name in AXES:
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if low >= high:
                raise ValueError(f"{name}_low: {low} given; allowed: below {name}_high = {high}")
        return self


class Record(Frozen):
    """Phase diagrams that are kept."""

    map_points: int = Field(0, ge=0, le=60, description="points along each axis of the phase diagram; 0: none")


def check(case: Case) -> None:
    """Refuse an intermediary who starts later, and markets of one kind only."""
    starts = getattr(case.arm, "starts", 0.0)
    if starts > 0.0:
        raise ValueError(f"starts: {starts} given; allowed in a search for rest points: 0")
    if case.parameters.innovator_supply == 0.0:
        raise ValueError("innovator_supply: 0 given; allowed in a search for rest points: above 0")
    if case.parameters.depreciation == 0.0:
        raise ValueError("depreciation: 0 given; allowed in a search for rest points: above 0")


def ends(case: Case, p: DynamicParameters) -> RestPoints:
    """Ends of a market under the case's regime."""
    box = case.population
    return rest_points(p, case.arm.direct(), box.lifetimes, box.step, box.tolerance)


def market(p: DynamicParameters, feedback: float, gap: float, depreciation: float, supply: float, reserve: float) -> (
    DynamicParameters
):  # fmt: skip
    """The parameters with five of them replaced."""
    return p.model_copy(update={
        "bias_feedback": feedback, "imitator_elasticity": p.innovator_elasticity + gap, "depreciation": depreciation,
        "imitator_supply": supply, "innovator_reservation": reserve,
    })  # fmt: skip


def drawn(case: Case) -> Outputs:
    """Numbers of markets of the box."""
    return OUTPUTS


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Ends of markets drawn from the box, with feedback and without."""
    box = case.population
    draws, zero = np.empty((len(AXES), box.markets)), np.uint64(0)
    for axis, row in enumerate(draws):
        uniforms(stream_key(seed, "creators.rests"), np.uint64(axis), zero, np.uint64(replicate), zero, row)
    columns = np.array([spread(box, name, row) for name, row in zip(AXES, draws)])
    markets = [market(case.parameters, *(float(x) for x in column)) for column in columns.T]
    fed = [ends(case, p) for p in markets]
    unfed = [ends(case, p.model_copy(update={"bias_feedback": 0.0})) for p in markets]
    numbers = {
        "markets": box.markets,
        "several": sum(found.several for found in fed),
        "several_unfed": sum(found.several for found in unfed),
        "away": sum(found.away_highest for found in fed),
        "away_unfed": sum(found.away_highest for found in unfed),
        "away_only_fed": sum(a.away_highest and not b.away_highest for a, b in zip(fed, unfed)),
        "locked_out": sum(found.away_lowest and not found.away_highest for found in fed),
        "kept": total(np.array([found.lowest / found.highest for found in fed])) / box.markets,
    }
    return {name: np.array(float(value)) for name, value in numbers.items()}


def spread(box: Box, name: str, draws: Floats) -> Floats:
    """Values of an axis from uniform draws."""
    low, high = getattr(box, f"{name}_low"), getattr(box, f"{name}_high")
    if name in UNIFORM:
        return np.asarray(low + (high - low) * draws)
    return np.array([low * power(high / low, draw) for draw in draws])


def solved(case: Case) -> Outputs:
    """The phase diagram, feedback against reservation price."""
    return (
        {"ends": Output(PLANE, "ends of the market", labels=LABELS, meanings=("good", "bad", "open"))}
        if case.record.map_points
        else {}
    )


def coordinates(case: Case) -> Arrays:
    """Axes of the phase diagram."""
    box, count = case.population, case.record.map_points
    if not count:
        return {}
    return {
        "bias_feedback": np.geomspace(box.feedback_low, box.feedback_high, count),
        "innovator_reservation": np.linspace(box.reservation_low, box.reservation_high, count),
    }


def solve(case: Case, threads: int) -> Arrays:
    """The phase diagram about the parameters."""
    if not case.record.map_points:
        return {}
    axes, p = coordinates(case), case.parameters
    own = partial(market, p, gap=p.imitator_elasticity - p.innovator_elasticity, depreciation=p.depreciation,
                  supply=p.imitator_supply)  # fmt: skip
    found = [
        [kind_of(ends(case, own(float(feedback), reserve=float(reserve)))) for reserve in axes["innovator_reservation"]]
        for feedback in axes["bias_feedback"]
    ]
    return {"ends": np.array(found, dtype=np.float64)}


def kind_of(found: RestPoints) -> int:
    """Number of the label that a market has."""
    return 2 if found.several else int(found.away_highest)


ARM = Arm(draw=draw, drawn=drawn, solve=solve, solved=solved, coordinates=coordinates, check=check)
EXPERIMENT = Experiment(
    name="creator_rests",
    title="hysteresis of the creator market: where it ends, from scanty and abundant stocks",
    parameters=DynamicParameters,
    arms=arms_of(ARM, "strict_rights", "discriminating", "intermediary"),
    population=Box,
    record=Record,
    section="regimes",
    word="regime",
    toy={"population.markets": 2, "population.step": 0.1, "record.map_points": 3},
)
