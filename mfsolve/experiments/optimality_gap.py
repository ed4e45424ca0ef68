"""Optimality gap of the closed-form policies, over divergence and cost curvature (MODEL 1.3, 1.5)."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.collapse.closed_form import variance_of_divergence
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.optimal_policy import Program, optimum
from mfsolve.models.collapse.parameters import LEAST, MOST, Family, Parameters, Share
from mfsolve.models.collapse.policies import ClosedForm, Watermark
from mfsolve.models.collapse.subsidy_base import require_generator_base
from mfsolve.models.collapse.workflows import require_replace
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT

GRID = ("cost_curvature", "divergence")
Range = tuple[float, float]
WIDEST = 300.0
"""Largest divergence of the map in nats: of a variance of 1e-261."""


class Subsidy(Frozen):
    """The subsidy s* = min(1, KL / (2 kappa)) against the best one."""

    @property
    def stripping(self) -> float:
        """Stripping probability of the absent watermark, 0."""
        return 0.0


class Mark(Frozen):
    """The watermark strength w* = min(1, (1 - psi) KL / (2 kappa psi)) against the best one."""

    stripping: Share = Field(0.0, description="probability that the watermark is stripped")


class Plane(Frozen):
    """Divergences and cost curvatures of the map, both spaced geometrically."""

    divergence: Range = Field((0.01, 0.5), description="range of KL(q || p) > 0 in nats")
    cost_curvature: Range = Field((0.05, 1.0), description="range of kappa > 0")
    width: int = Field(21, ge=3, le=10_000, description="divergences")
    height: int = Field(17, ge=3, le=10_000, description="cost curvatures")

    @model_validator(mode="after")
    def _ordered(self) -> "Plane":
        for name, least, most in (("divergence", 0.0, WIDEST), ("cost_curvature", LEAST, MOST)):
            low, high = getattr(self, name)
            if not (0.0 < low < high and least <= low and high <= most):
                raise ValueError(
                    f"{name}: [{low:g}, {high:g}] given; allowed: ascending, above 0, within [{least:g}, {most:g}]"
                )
        return self


class Gap(NamedTuple):
    """Strength of the instrument, and welfare it gains over no policy: of the closed form and of the optimum."""

    closed_form: float
    optimal: float
    gain_closed_form: float
    gain_optimal: float


def gap(economy: Parameters, instrument: Subsidy | Mark, *, linear_loss: bool = False) -> Gap:
    """Closed form and optimum of one economy; `linear_loss` as in `optimal_policy.optimum`."""
    content, strip = Gaussian.human(economy), instrument.stripping
    program, subsidised = Program(economy, content, strip, linear_loss), isinstance(instrument, Subsidy)
    kl = content.divergence()

    def welfare(strength: float) -> float:
        levers = program.levers(strength, 0.0) if subsidised else program.levers(0.0, strength)
        return program.welfare(levers)[0]

    if subsidised:
        closed = ClosedForm().levers(economy, kl).subsidy
    else:
        closed = Watermark(stripping=strip).strength(economy, kl)
    best = optimum(
        economy, content, subsidy=subsidised, watermark=not subsidised, stripping=strip, linear_loss=linear_loss
    )
    nothing = welfare(0.0)
    strength = best.levers.subsidy if subsidised else best.watermark
    return Gap(closed, strength, welfare(closed) - nothing, best.welfare - nothing)


def along(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Divergences and cost curvatures of the map."""
    plane = case.population
    spans, counts = (plane.divergence, plane.cost_curvature), (plane.width, plane.height)
    x, y = (np.geomspace(low, high, count) for (low, high), count in zip(spans, counts))
    return x, y


def reduced_gap(case: Case) -> Gap:
    """Gap in the case that the closed form is derived for: a loss linear in contamination, no cost of information.

    A subsidy is the only instrument there, while a watermark needs a verified share to add to; the premium of a human
    item is then KL.
    """
    free = {"information_cost": 0.0} | ({"verified_share": 0.0} if isinstance(case.arm, Subsidy) else {})
    return gap(case.parameters.model_copy(update=free), case.arm, linear_loss=True)


def solve(case: Case, threads: int) -> Arrays:
    """Closed form and optimum over the plane, at the economy's own parameters, and in the reduced case."""
    divergences, curvatures = along(case)
    base = case.parameters.model_dump()
    table = np.empty((curvatures.size, divergences.size, len(Gap._fields)))
    for i, j in np.ndindex(table.shape[:2]):
        moved = {"cost_curvature": curvatures[i], "variance_ratio": variance_of_divergence(float(divergences[j]))}
        table[i, j] = gap(Parameters(**base | moved), case.arm)
    closed, best, gain, most = np.moveaxis(table, -1, 0)
    here = gap(case.parameters, case.arm)
    reduced = reduced_gap(case)
    ratio = reduced.closed_form / reduced.optimal if reduced.optimal else math.nan
    values = {
        "closed_form": closed, "optimal": best, "forgone": most - gain,
        "distance": here.closed_form - here.optimal, "ratio_reduced": ratio,
        "distance_inside": mean_inside(closed, best),
        "forgone_here": here.gain_optimal - here.gain_closed_form, "gain_here": here.gain_closed_form,
        "mean_forgone": np.mean(most - gain), "largest_forgone": np.max(most - gain), "mean_gain": np.mean(most),
        "harmful": np.mean(gain < 0.0), "idle": np.mean(best == 0.0),
    }  # fmt: skip
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def mean_inside(closed: Floats, best: Floats) -> float:
    """Mean size of closed form less optimum over places of the plane where the closed form is not cut off at 1.

    Where both are 1, the most there is, they agree whatever the closed form says. NaN where there is no such place.
    """
    inside = closed < 1.0
    return float(np.mean(np.abs(closed - best)[inside])) if inside.any() else math.nan


def check(case: Case) -> None:
    """Refuse content other than one-dimensional Gaussian content.

    Raises
    ------
    ValueError
        For another family or dimension.
    """
    require_generator_base(case.parameters)
    require_replace(case.parameters)
    if case.parameters.content is not Family.GAUSSIAN or case.parameters.dimension != 1:
        raise ValueError("parameters: content of another family or dimension given; allowed: Gaussian, one dimension")


def solved(case: Case) -> Mapping[str, Output]:
    """Maps over the plane, and their summaries."""
    name = "subsidy" if isinstance(case.arm, Subsidy) else "watermark strength"
    maps = {
        "forgone": Output(GRID, "welfare the closed form forgoes"),
        "optimal": Output(GRID, f"{name} that maximises welfare"),
        "closed_form": Output(GRID, f"closed-form {name}"),
    }
    numbers = {
        "distance": Output((), f"closed-form {name} above the optimal one, at the economy's own parameters"),
        "distance_inside": Output(
            (), f"size of closed-form less optimal {name}, mean over the plane where the closed form is below 1"
        ),
        "ratio_reduced": Output(
            (), f"closed-form {name} over the optimal one, in the case it is derived for; no number where that is 0"
        ),
        "forgone_here": Output((), "welfare the closed form forgoes at the economy's own parameters"),
        "gain_here": Output((), "welfare the closed form gains over no policy at the economy's own parameters"),
        "mean_forgone": Output((), "welfare the closed form forgoes, mean over the plane"),
        "largest_forgone": Output((), "welfare the closed form forgoes, largest over the plane"),
        "mean_gain": Output((), "welfare the optimum gains over no policy, mean over the plane"),
        "harmful": Output((), "share of the plane where the closed form is worse than no policy", support=UNIT),
        "idle": Output((), "share of the plane where no policy is optimal", support=UNIT),
    }
    return maps | numbers


def coordinates(case: Case) -> Arrays:
    """Cost curvatures and divergences of the map."""
    divergences, curvatures = along(case)
    return {"cost_curvature": curvatures, "divergence": divergences}


def arm(instrument: type[Subsidy | Mark]) -> Arm:
    """The closed form of an instrument against its optimum."""
    return Arm(instrument, solve=solve, solved=solved, coordinates=coordinates, check=check)


EXPERIMENT = Experiment(
    name="optimality_gap",
    title="closed-form policies against the optimal ones, over divergence and cost",
    parameters=Parameters,
    arms={"subsidy": arm(Subsidy), "watermark": arm(Mark)},
    population=Plane,
    section="instruments",
    word="instrument",
    toy={"population.width": 4, "population.height": 4},
)
