"""Quantal response equilibria as studies see them: how many, on which curves, reached from where (MODEL 5.2)."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Case, Model, Variable, once
from mfsolve.models import supply_shock
from mfsolve.models.frozen import Frozen
from mfsolve.models.transition.basins import basins, fold_curves, multiplicity
from mfsolve.models.transition.continuation import Branch, continuation
from mfsolve.models.transition.parameters import Parameters
from mfsolve.models.transition.rest_points import rest_points

PATH = ("diffusion",)
SEGMENTS = ("low", "middle", "high")
Positive = Annotated[float, Field(gt=0.0)]


class Talent(Frozen):
    """Skill relaxes to the density of talent, Beta(a, b) of the market."""

    @property
    def reference(self) -> Literal["talent", "uniform"]:
        """Value of `Parameters.reference`."""
        return "talent"


class Uniform(Frozen):
    """Skill diffuses freely: the equation as MODEL 5.2 writes it."""

    @property
    def reference(self) -> Literal["talent", "uniform"]:
        """Value of `Parameters.reference`."""
        return "uniform"


READINGS: Mapping[str, type[Frozen]] = {"talent": Talent, "uniform": Uniform}


class Orders(Frozen):
    """Diffusions to look at, in place of the parameters' own, and the grid of skill."""

    diffusions: tuple[Positive, ...] = Field((2e-4,), min_length=1, description="diffusions sigma, increasing")
    cells: int = Field(200, ge=8, le=4000, description="cells of skill")


class Record(Frozen):
    """What is kept beside the rest points of each diffusion; all of it runs over `lowest` to `highest` diffusions."""

    lowest: float = Field(5e-4, gt=0.0, description="smallest diffusion of curves and maps")
    highest: float = Field(5e-2, gt=0.0, description="largest diffusion of curves and maps")
    points: int = Field(0, ge=0, le=1000, description="diffusions, and weights, of the curves and the map; 0: none")
    weights: tuple[Positive, Positive] = Field((0.1, 1.5), description="pollution weights of the map")
    basin_means: int = Field(0, ge=0, le=200, description="mean skills of the map of basins; 0: none")
    basin_horizon: float = Field(60.0, gt=0.0, description="length of the flows that find the basins")


POINTS = {
    "rest_points": "number of rest points",
    "stable_points": "number of stable rest points",
    "index": "stable rest points less the others",
    "certified": "1 where interval bounds prove the list complete",
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


def _parameters(case: Case) -> Parameters:
    p: Parameters = case.parameters
    return p.changed(reference=case.policy.reference, choice="instant")


def _variables(case: Case) -> Mapping[str, Variable]:
    record: Record = case.record
    if not record.lowest < record.highest:
        raise ValueError(f"lowest, highest: {record.lowest!r}, {record.highest!r} given; allowed: lowest < highest")
    if np.any(np.diff(case.population.diffusions) <= 0.0):
        raise ValueError("diffusions: not increasing; allowed: increasing diffusions")
    found = {name: Variable(PATH, text, exact=True) for name, text in POINTS.items()}
    if record.points:
        found |= {name: Variable(PATH, text, exact=True) for name, text in FOLDS.items()}
        for name in SEGMENTS:
            text = {"middle": "between the folds"}.get(name, f"{name} adoption")
            found[name] = Variable(("diffusion", "sigma"), text, panel="share of adopters at rest")
        found["number"] = Variable(
            ("diffusion", "pollution_weight", "sigma"), "rest points by diffusion and pollution weight",
            labels=("none", "one", "two", "three"),
        )  # fmt: skip
        for which in ("lower", "upper"):
            found[f"{which}_weight"] = Variable(
                ("diffusion", "sigma"), f"{which} fold of the pollution weight", over="number"
            )
    if record.basin_means:
        found["basin"] = Variable(
            ("diffusion", "concentration", "first_mean_skill"), "where the flow goes from a Beta density of skill",
            labels=("to the lowest adoption", "to the next", "to the third"),
        )  # fmt: skip
        found["basin_share"] = Variable(PATH, "share of these densities that go to the lowest rest point", exact=True)
    return found


def _coordinates(case: Case) -> Arrays:
    record: Record = case.record
    found: Arrays = {"diffusion": np.array(case.population.diffusions, dtype=float)}
    if record.points:
        found["sigma"] = np.geomspace(record.lowest, record.highest, record.points)
        found["pollution_weight"] = np.linspace(*record.weights, record.points)
    if record.basin_means:
        found["first_mean_skill"] = (np.arange(record.basin_means) + 0.5) / record.basin_means
        found["concentration"] = np.geomspace(3.0, 60.0, max(2, record.basin_means // 2))
    return found


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    return _at_rest(case)


@once
def _at_rest(case: Case) -> Arrays:
    p, record, cells = _parameters(case), case.record, case.population.cells
    diffusions = np.array(case.population.diffusions)
    found = _points(p, diffusions, cells)
    at = _coordinates(case)
    repeated: Arrays = {}
    if record.points:
        branches = continuation(p, record.lowest, record.highest, cells=cells)
        folds = sorted(sigma for branch in branches for sigma, _ in branch.folds)
        found |= {
            "folds": np.full(diffusions.size, float(len(folds))),
            "lower_fold": np.full(diffusions.size, folds[0] if folds else 0.0),
            "upper_fold": np.full(diffusions.size, folds[-1] if folds else 0.0),
        }
        repeated |= dict(zip(SEGMENTS, _segments(branches, at["sigma"])))
        repeated["number"] = multiplicity(p, at["pollution_weight"], at["sigma"], cells)
        folds_of = fold_curves(p, at["sigma"], float(at["pollution_weight"].max()), cells)
        repeated |= dict(zip(("lower_weight", "upper_weight"), folds_of))
    if record.basin_means:
        here = p.changed(diffusion=float(diffusions[-1]))
        means, concentrations = at["first_mean_skill"], at["concentration"]
        repeated["basin"] = basins(here, means, concentrations, horizon=record.basin_horizon)
        found["basin_share"] = np.full(diffusions.size, float(np.mean(repeated["basin"] == 0.0)))
    return found | {name: np.broadcast_to(x, (diffusions.size, *x.shape)).copy() for name, x in repeated.items()}


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


def _segments(branches: tuple[Branch, ...], sigma: Floats) -> list[Floats]:
    """Shares of adopters (sigma,) on the pieces of the curves between folds, from low to high; NaN beyond them."""
    pieces = []
    for branch in branches:
        rising = np.sign(np.diff(branch.diffusion))
        cuts = [0, *(np.flatnonzero(np.diff(rising)) + 1).tolist(), rising.size]
        for begin, end in pairwise(cuts):
            x, y = branch.diffusion[begin : end + 1], branch.ai[begin : end + 1]
            order = np.argsort(x)
            pieces.append((float(y.mean()), np.interp(sigma, x[order], y[order], left=np.nan, right=np.nan)))
    pieces.sort(key=lambda piece: piece[0])
    lines = [line for _, line in pieces][: len(SEGMENTS)]
    nothing = np.full(sigma.size, np.nan)
    return lines + [nothing] * (len(SEGMENTS) - len(lines))


MODEL = Model(
    name="quantal_response",
    title="supply shock at rest: quantal response equilibria of skill, all of them (MODEL 5.2)",
    parameters=Parameters,
    alternatives=READINGS,
    population=Orders,
    record=Record,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    predictions={
        "static_ai_share": lambda case: supply_shock.segments(case.parameters.market).ai_share,
        "static_human_share": lambda case: supply_shock.segments(case.parameters.market).human_share,
    },
    section="readings",
    path="diffusion",
    refined_downward=frozenset({"parameters.temperature"}),
    panels=("ai_share", "human_share", "mean_skill"),
)
