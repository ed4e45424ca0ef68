"""How many equilibria there are over a plane of parameters, where they fold, and what lies along a line (MODEL 1.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from pydantic import Field, field_validator, model_validator

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable, once
from mfsolve.models.collapse.equilibria import Equilibrium, Generator, equilibria
from mfsolve.models.collapse.equilibrium_map import COLUMNS, multiplicity, points
from mfsolve.models.collapse.folds import fold
from mfsolve.models.collapse.parameters import Family, Parameters
from mfsolve.models.collapse.policies import Given
from mfsolve.models.frozen import Frozen, Nothing

PATH = ("plane",)
Range = tuple[float, float]
HELD = ("subsidy", "levy", "erosion")


class Plane(Frozen):
    """Two parameters and their ranges; what else is held that is no parameter of the economy."""

    across: str = Field("cost_curvature", description="parameter along x: one of the economy, subsidy, levy or erosion")
    up: str = Field("erosion", description="parameter along y")
    across_range: Range = Field((0.005, 0.05), description="range along x")
    up_range: Range = Field((0.0, 4.0), description="range along y")
    line: float = Field(2.0, description="y of the line along which equilibria are followed")
    subsidy: float = Field(0.05, ge=0.0, le=1.0, description="subsidy s where it is no axis")
    levy: float = Field(0.0, ge=0.0, description="levy where it is no axis")
    erosion: float = Field(0.0, ge=0.0, description="erosion e in phi(rho) = phi_0 (1 - rho)^e where it is no axis")
    generator: Generator = Field(Generator.FIXED, description="the first generator, or the one at rest at each share")

    @field_validator("across", "up")
    @classmethod
    def _column(cls, name: str) -> str:
        if name not in COLUMNS:
            raise ValueError(f"unknown; allowed: {', '.join(COLUMNS)}")
        return name

    @model_validator(mode="after")
    def _ordered(self) -> "Plane":
        for name, (low, high) in (("across_range", self.across_range), ("up_range", self.up_range)):
            if not low < high:
                raise ValueError(f"{name}: [{low:g}, {high:g}] given; allowed: ascending")
        if self.across == self.up or not self.up_range[0] <= self.line <= self.up_range[1]:
            raise ValueError("across and up must differ, and the line must lie in the plane")
        return self

    def held(self) -> dict[str, float]:
        """What is neither axis."""
        return {name: getattr(self, name) for name in HELD if name not in (self.across, self.up)}


class Resolution(Frozen):
    """Places of the map."""

    width: int = Field(91, ge=5, le=10_000, description="places along x")
    height: int = Field(81, ge=5, le=10_000, description="places along y")


def along(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Places of the map along x and y."""
    spans, size = (case.policy.across_range, case.policy.up_range), case.population
    x, y = (np.linspace(low, high, count) for (low, high), count in zip(spans, (size.width, size.height)))
    return x, y


def line_of(case: Case) -> list[tuple[Equilibrium, ...]]:
    """All equilibria at every place along the line, each list certified where bounds allow it."""
    plane, found = case.policy, []
    for x in along(case)[0]:
        economy = plane.held() | {plane.across: float(x), plane.up: plane.line}
        given = Given(subsidy=economy.pop("subsidy"), levy=economy.pop("levy"))
        erosion = economy.pop("erosion")
        parameters = Parameters(**case.parameters.model_dump() | economy)
        found.append(equilibria(parameters, given, erosion=erosion, generator=plane.generator))
    return found


def branches(line: Sequence[tuple[Equilibrium, ...]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Contamination, and welfare, of the cleaner stable, the unstable, the dirtier stable equilibrium, (3, n) each.

    Where there is one equilibrium it is on the branch that it continues, and the other has ended: NaN. Without several
    anywhere all are on the first. Third, whether there are several (n,).
    """
    contamination, welfare = np.full((2, 3, len(line)), np.nan)
    several = np.array([sum(e.stable for e in found) > 1 for found in line])
    for i, found in enumerate(line):
        stable, unstable = [e for e in found if e.stable], [e for e in found if not e.stable]
        used = [(0, stable[0]), (2, stable[-1])] if several[i] else [(0, stable[0])]
        for k, e in used + [(1, e) for e in unstable[:1]]:
            contamination[k, i], welfare[k, i] = e.contamination, e.welfare
    for beside in np.flatnonzero(several).tolist():  # a stretch of one equilibrium continues the branch that is nearer
        for way in (-1, 1):
            i = beside + way
            if not (0 <= i < len(line)) or several[i]:
                continue
            there = contamination[0, i]
            dirtier = abs(there - contamination[2, beside]) < abs(there - contamination[0, beside])
            while dirtier and 0 <= i < len(line) and not several[i]:
                for values in (contamination, welfare):
                    if not np.isnan(values[0, i]):
                        values[0, i], values[2, i] = np.nan, values[0, i]
                i += way
    return contamination, welfare, several


def _line(case: Case) -> Arrays:
    """The branches along the line, and how far apart stable equilibria are where there are several."""
    contamination, welfare, several = branches(line_of(case))
    jump = np.where(several, contamination[2] - contamination[0], 0.0)
    worst = int(jump.argmax())
    return {
        "cleanest": contamination[0], "unstable": contamination[1], "dirtiest": contamination[2],
        "welfare_cleanest": welfare[0], "welfare_dirtiest": welfare[2],
        "jump": jump[worst], "welfare_jump": welfare[0, worst] - welfare[2, worst] if several.any() else np.array(0.0),
    }  # fmt: skip


@once
def solved(case: Case) -> Arrays:
    """Everything the study reports; nothing is random."""
    plane, (x, y), line = case.policy, along(case), _line(case)
    held = {name: plane.held().get(name, 0.0) for name in HELD}
    found = multiplicity(case.parameters, (plane.across, x), (plane.up, y), **held, generator=plane.generator)
    spans = (plane.across, plane.across_range), (plane.up, plane.up_range)
    curve = fold(case.parameters, *spans, plane.held(), generator=plane.generator)
    nowhere = np.full(x.size, np.nan)
    cusp = curve.cusp if curve is not None else np.full(3, np.nan)
    count = found["count"].values.T
    values = {
        "count": count,
        "highest": found["highest"].values.T,
        "fold_cleaner": nowhere if curve is None else curve.branch(x, cleaner=True),
        "fold_dirtier": nowhere if curve is None else curve.branch(x, cleaner=False),
        **line,
        "several": np.mean(count > 1.5),
        "cusp_contamination": cusp[0], "cusp_across": cusp[1], "cusp_up": cusp[2],
    }  # fmt: skip
    return {name: np.array([value], dtype=np.float64) for name, value in values.items()}


def _variables(case: Case) -> Mapping[str, Variable]:
    if case.parameters.content is not Family.GAUSSIAN:
        raise ValueError(f"parameters.content: {case.parameters.content.value!r} given; allowed: 'gaussian'")
    plane = case.policy
    corners = {plane.across: plane.across_range, plane.up: plane.up_range}
    points(case.parameters, {name: np.full(2, value) for name, value in plane.held().items()} | corners)
    grid, line = ("plane", plane.up, plane.across), ("plane", plane.across)
    where = f"at {plane.up.replace('_', ' ')} {plane.line:g}"
    contamination, welfare = f"contamination {where}", f"welfare of a generation {where}"
    classes = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight")
    found = {
        "count": Variable(grid, "number of equilibria", labels=classes),
        "highest": Variable(grid, "contamination at the dirtiest equilibrium"),
        "fold_cleaner": Variable(line, "fold: the cleaner stable equilibrium ends", over="count"),
        "fold_dirtier": Variable(line, "fold: the dirtier stable equilibrium ends", over="count"),
        "cleanest": Variable(line, "cleaner stable", panel=contamination),
        "unstable": Variable(line, "unstable", panel=contamination),
        "dirtiest": Variable(line, "dirtier stable", panel=contamination),
        "welfare_cleanest": Variable(line, "cleaner stable", panel=welfare),
        "welfare_dirtiest": Variable(line, "dirtier stable", panel=welfare),
        "several": Variable(PATH, "share of the plane with several equilibria"),
        "jump": Variable(PATH, f"largest distance between stable equilibria {where}"),
        "welfare_jump": Variable(PATH, f"welfare of the cleaner over that of the dirtier there, {where}"),
        "cusp_contamination": Variable(PATH, "contamination at the cusp"),
        "cusp_across": Variable(PATH, f"{plane.across.replace('_', ' ')} at the cusp"),
        "cusp_up": Variable(PATH, f"{plane.up.replace('_', ' ')} at the cusp"),
    }
    return {name: replace(variable, exact=True) for name, variable in found.items()}


def _coordinates(case: Case) -> Arrays:
    x, y = along(case)
    return {"plane": np.zeros(1), case.policy.across: x, case.policy.up: y}


MODEL = Model(
    name="multiplicity",
    title="equilibria over a plane of parameters: how many, and where they fold (MODEL 1.4)",
    parameters=Parameters,
    alternatives={"plane": Plane},
    population=Resolution,
    record=Nothing,
    variables=_variables,
    coordinates=_coordinates,
    simulate=lambda case, seed, replicate, threads: solved(case),
    section="planes",
    path="plane",
)
