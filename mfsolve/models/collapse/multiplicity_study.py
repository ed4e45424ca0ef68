"""How many equilibria there are over a plane of parameters, where they fold, and what lies along a line (MODEL 1.4)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field, field_validator, model_validator

from mfsolve.models.model import Arrays, Case, Frozen, Model, Nothing, Variable, once

from .equilibrium import Equilibrium, equilibria
from .folds import fold
from .multiplicity import COLUMNS, multiplicity, points
from .parameters import Family, Parameters
from .policies import Given

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
        found.append(equilibria(Parameters(**case.parameters.model_dump() | economy), given, erosion=erosion))
    return found


def _line(case: Case) -> Arrays:
    """Stable equilibria, cleanest and dirtiest, and the unstable one between them; welfare at the stable ones."""
    rows = []
    for found in line_of(case):
        stable = [e for e in found if e.stable]
        unstable = [e.contamination for e in found if not e.stable]
        clean, dirty = stable[0], stable[-1]
        rows.append((
            clean.contamination, unstable[0] if unstable else np.nan, dirty.contamination, clean.welfare, dirty.welfare,
        ))  # fmt: skip
    names = ("cleanest", "unstable", "dirtiest", "welfare_cleanest", "welfare_dirtiest")
    return dict(zip(names, np.array(rows).T))


@once
def solved(case: Case) -> Arrays:
    """Everything the study reports; nothing is random."""
    plane, (x, y), line = case.policy, along(case), _line(case)
    held = {name: plane.held().get(name, 0.0) for name in HELD}
    found = multiplicity(case.parameters, (plane.across, x), (plane.up, y), **held)
    curve = fold(case.parameters, (plane.across, plane.across_range), (plane.up, plane.up_range), plane.held())
    nowhere = np.full(x.size, np.nan)
    cusp = curve.cusp if curve is not None else np.full(3, np.nan)
    count, jump = found["count"].values.T, line["dirtiest"] - line["cleanest"]
    values = {
        "count": count,
        "highest": found["highest"].values.T,
        "fold_cleaner": nowhere if curve is None else curve.branch(x, cleaner=True),
        "fold_dirtier": nowhere if curve is None else curve.branch(x, cleaner=False),
        **line,
        "several": np.mean(count > 1.5),
        "jump": jump.max(),
        "welfare_jump": line["welfare_cleanest"][jump.argmax()] - line["welfare_dirtiest"][jump.argmax()],
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
    return {
        "count": Variable(grid, "number of equilibria", labels=classes),
        "highest": Variable(grid, "contamination at the dirtiest equilibrium"),
        "fold_cleaner": Variable(line, "fold: the cleaner stable equilibrium ends", over="count"),
        "fold_dirtier": Variable(line, "fold: the dirtier stable equilibrium ends", over="count"),
        "cleanest": Variable(line, "cleanest stable", panel=contamination),
        "unstable": Variable(line, "unstable", panel=contamination),
        "dirtiest": Variable(line, "dirtiest stable", panel=contamination),
        "welfare_cleanest": Variable(line, "cleanest stable", panel=welfare),
        "welfare_dirtiest": Variable(line, "dirtiest stable", panel=welfare),
        "several": Variable(PATH, "share of the plane with several equilibria"),
        "jump": Variable(PATH, f"largest distance between stable equilibria {where}"),
        "welfare_jump": Variable(PATH, f"welfare of the cleaner over that of the dirtier there, {where}"),
        "cusp_contamination": Variable(PATH, "contamination at the cusp"),
        "cusp_across": Variable(PATH, f"{plane.across.replace('_', ' ')} at the cusp"),
        "cusp_up": Variable(PATH, f"{plane.up.replace('_', ' ')} at the cusp"),
    }


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
