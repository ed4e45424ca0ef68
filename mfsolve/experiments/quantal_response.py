"""Quantal response equilibria of skill: their number, the curves they lie on, their basins (MODEL 5.2)."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Views
from mfsolve.models import supply_shock
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT, support_of
from mfsolve.models.transition.basins import basins, fold_curves, multiplicity
from mfsolve.models.transition.continuation import adoption_between_folds, continuation
from mfsolve.models.transition.parameters import Parameters
from mfsolve.models.transition.rest_points import rest_points

PATH = ("diffusion",)
SEGMENTS = ("low", "middle", "high")
Positive = Annotated[float, Field(gt=0.0)]


class Talent(Frozen):
    """Skill relaxes to the density of talent, Beta(a, b) of the market."""

    @property
    def reference(self) -> Literal["talent", "uniform"]:
        """Density that skill relaxes to without incentives, as the parameters name it."""
        return "talent"


class Uniform(Frozen):
    """Skill diffuses freely: the equation as MODEL 5.2 writes it."""

    @property
    def reference(self) -> Literal["talent", "uniform"]:
        """Density that skill relaxes to without incentives, as the parameters name it."""
        return "uniform"


class Orders(Frozen):
    """Diffusions to look at, in place of the parameters' own, and the grid of skill."""

    diffusions: tuple[Positive, ...] = Field((2e-4,), min_length=1, description="diffusions sigma, increasing")
    cells: int = Field(200, ge=8, le=4000, description="cells of skill")


class Record(Frozen):
    """Curves and maps beside the rest points of each diffusion; they run over `lowest` to `highest` diffusions."""

    lowest: float = Field(5e-4, gt=0.0, description="smallest diffusion of curves and maps")
    highest: float = Field(5e-2, gt=0.0, description="largest diffusion of curves and maps")
    points: int = Field(0, ge=0, le=1000, description="diffusions, and weights, of the curves and the map; 0: none")
    weights: tuple[Positive, Positive] = Field((0.1, 1.5), description="pollution weights of the map")
    basin_means: int = Field(0, ge=0, le=32, description="mean skills of the map of basins; 0: none")
    basin_horizon: float = Field(60.0, gt=0.0, description="length of the flows that find the basins")


POINTS = {
    "rest_points": "number of rest points",
    "stable_points": "number of stable rest points",
    "index": "stable rest points less the others",
    "certified": "whether interval bounds prove the list of rest points complete",
    "ai_share": "share of adopters at the lowest rest point",
    "human_share": "share who work by hand at the lowest rest point",
    "mean_skill": "mean skill at the lowest rest point",
    "static_gap": "distance of its AI volume from the static equilibrium's, over the volume per adopter",
    "ai_share_highest": "share of adopters at the highest rest point",
}
FOLDS = {
    "folds": "number of folds along the continuation",
    "lower_fold": "smallest diffusion at which two rest points meet; 0 where none do",
    "upper_fold": "largest diffusion at which two rest points meet; 0 where none do",
}


def parameters_of(case: Case) -> Parameters:
    """The economy with choice at once and the arm's reading of the density that skill relaxes to."""
    p: Parameters = case.parameters
    return p.changed(reference=case.arm.reference, choice="instant")


def check(case: Case) -> None:
    """Refuse diffusions that do not increase.

    Raises
    ------
    ValueError
        For a range of curves, or diffusions, that do not increase.
    """
    record: Record = case.record
    if not record.lowest < record.highest:
        raise ValueError(f"lowest, highest: {record.lowest!r}, {record.highest!r} given; allowed: lowest < highest")
    if np.any(np.diff(case.population.diffusions) <= 0.0):
        raise ValueError("diffusions: not increasing; allowed: increasing diffusions")


def solved(case: Case) -> dict[str, Output]:
    """Rest points at each diffusion; curves, map and basins where they are asked for."""
    record: Record = case.record
    found = {name: Output(PATH, text, support=support_of(text)) for name, text in POINTS.items()}
    if record.points:
        found |= {name: Output((), text) for name, text in FOLDS.items()}
        for name in SEGMENTS:
            text = {"middle": "between the folds"}.get(name, f"{name} adoption")
            found[name] = Output(("sigma",), text, panel="share of adopters at rest")
        found["number"] = Output(
            ("pollution_weight", "sigma"), "rest points by diffusion and pollution weight",
            labels=("none", "one", "two", "three"),
        )  # fmt: skip
        for which in ("lower", "upper"):
            found[f"{which}_weight"] = Output(("sigma",), f"{which} fold of the pollution weight", over="number")
    if record.basin_means:
        found["basin"] = Output(
            ("concentration", "first_mean_skill"), "destination of the flow from a Beta density of skill",
            labels=("to the lowest adoption", "to higher adoption", "to the highest of three"),
        )  # fmt: skip
        found["basin_share"] = Output((), "share of Beta densities that go to the lowest rest point", support=UNIT)
    return found


def coordinates(case: Case) -> Arrays:
    """Diffusions, and places of the curves and maps."""
    record: Record = case.record
    found: Arrays = {"diffusion": np.array(case.population.diffusions, dtype=float)}
    if record.points:
        found["sigma"] = np.geomspace(record.lowest, record.highest, record.points)
        found["pollution_weight"] = np.linspace(*record.weights, record.points)
    if record.basin_means:
        found["first_mean_skill"] = (np.arange(record.basin_means) + 0.5) / record.basin_means
        found["concentration"] = np.geomspace(3.0, 60.0, max(2, record.basin_means // 2))
    return found


def solve(case: Case, threads: int) -> Arrays:
    """Rest points at each diffusion, and what the record asks for besides."""
    p, record, cells = parameters_of(case), case.record, case.population.cells
    diffusions, at = np.array(case.population.diffusions), coordinates(case)
    found = _points(p, diffusions, cells)
    if record.points:
        branches = continuation(p, record.lowest, record.highest, cells=cells)
        folds = sorted(sigma for branch in branches for sigma, _ in branch.folds)
        ends = (folds[0], folds[-1]) if folds else (0.0, 0.0)
        found |= dict(zip(FOLDS, (np.asarray(float(x)) for x in (len(folds), *ends))))
        found |= dict(zip(SEGMENTS, adoption_between_folds(branches, at["sigma"], len(SEGMENTS))))
        found["number"] = multiplicity(p, at["pollution_weight"], at["sigma"], cells)
        folds_of = fold_curves(p, at["sigma"], float(at["pollution_weight"].max()), cells)
        found |= dict(zip(("lower_weight", "upper_weight"), folds_of))
    if record.basin_means:
        here = p.changed(diffusion=float(diffusions[-1]))
        means, concentrations = at["first_mean_skill"], at["concentration"]
        found["basin"] = basins(here, means, concentrations, horizon=record.basin_horizon)
        share = float(np.mean(found["basin"] == 0.0))
        found["basin_share"] = np.asarray(share if np.isfinite(found["basin"]).all() else np.nan)
    return found


def _points(p: Parameters, diffusions: Floats, cells: int) -> Arrays:
    """Rest points at each diffusion, against the static equilibrium of the market."""
    static = supply_shock.segments(p.market)
    volume = supply_shock.volume(p.market)
    rows = []
    for sigma in diffusions:
        rest = rest_points(p.changed(diffusion=float(sigma)), cells=cells)
        first, stable = rest[0], sum(point.stable for point in rest)
        rows.append(
            (
                len(rest), stable, 2 * stable - len(rest), first.certified, first.ai, first.human,
                first.mean_skill, abs(first.ai_volume - static.ai_volume) / volume, rest[-1].ai,
            )
        )  # fmt: skip
    return {name: np.array(column, dtype=float) for name, column in zip(POINTS, zip(*rows))}


EXPERIMENT = Experiment(
    name="quantal_response",
    title="supply shock at rest: quantal response equilibria of skill, all of them",
    parameters=Parameters,
    arms={
        name: Arm(kind, solve=solve, solved=solved, coordinates=coordinates, check=check)
        for name, kind in (("talent", Talent), ("uniform", Uniform))
    },
    population=Orders,
    record=Record,
    section="readings",
    word="reading",
    units={"sigma": "skill^2 per time", "pollution_weight": "money"},
    path="diffusion",
    predictions={
        "static_ai_share": lambda case: supply_shock.segments(case.parameters.market).ai_share,
        "static_human_share": lambda case: supply_shock.segments(case.parameters.market).human_share,
    },
    finer_downward=frozenset({"parameters.temperature"}),
    views=Views(paths=("ai_share", "human_share", "mean_skill")),
    toy={"population.cells": 60, "record.points": 12, "record.basin_means": 6},
)
