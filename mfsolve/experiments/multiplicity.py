"""Multiplicity of equilibria over a plane of parameters: their number, their folds, a line through them (MODEL 1.4)."""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field, field_validator, model_validator

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.collapse.equilibria import Equilibrium, Generator, equilibria
from mfsolve.models.collapse.equilibrium_map import COLUMNS, economy_table, multiplicity
from mfsolve.models.collapse.folds import fold
from mfsolve.models.collapse.parameters import Family, Parameters
from mfsolve.models.collapse.policies import Given
from mfsolve.models.collapse.subsidy_base import require_generator_base
from mfsolve.models.collapse.workflows import require_replace
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT
from mfsolve.spelling import in_words

Range = tuple[float, float]
HELD = ("subsidy", "levy", "erosion")


class Plane(Frozen):
    """Two parameters and their ranges, and settings held beside the economy's parameters."""

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
        if self.across == self.up:
            raise ValueError(f"up: {self.up!r} given, as across; allowed: another one of {', '.join(COLUMNS)}")
        low, high = self.up_range
        if not low <= self.line <= high:
            raise ValueError(f"line: {self.line:g} given; allowed: within up_range, [{low:g}, {high:g}]")
        return self

    def held(self) -> dict[str, float]:
        """Values of subsidy, levy and erosion, those that are an axis left out."""
        return {name: getattr(self, name) for name in HELD if name not in (self.across, self.up)}


class Resolution(Frozen):
    """Places of the map."""

    width: int = Field(91, ge=5, le=10_000, description="places along x")
    height: int = Field(81, ge=5, le=10_000, description="places along y")


def along(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Places of the map along x and y."""
    spans, size = (case.arm.across_range, case.arm.up_range), case.population
    x, y = (np.linspace(low, high, count) for (low, high), count in zip(spans, (size.width, size.height)))
    return x, y


def line_of(case: Case) -> list[tuple[Equilibrium, ...]]:
    """All equilibria at every place along the line, each list certified where bounds allow it."""
    plane, found = case.arm, []
    for x in along(case)[0]:
        economy = plane.held() | {plane.across: float(x), plane.up: plane.line}
        given = Given(subsidy=economy.pop("subsidy"), levy=economy.pop("levy"))
        erosion = economy.pop("erosion")
        parameters = Parameters(**case.parameters.model_dump() | economy)
        found.append(equilibria(parameters, given, erosion=erosion, generator=plane.generator))
    return found


def branches(line: Sequence[tuple[Equilibrium, ...]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Branches of the cleaner stable, the unstable and the dirtier stable equilibrium along a line.

    Returns their contamination and their welfare (3, n), and a mask (n,) of the places with several equilibria. A
    single equilibrium is on the branch that it continues; the others have ended there: NaN. Without several anywhere
    all are on the first branch.
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
    """Branches along the line, and the largest distance between stable equilibria where there are several."""
    contamination, welfare, several = branches(line_of(case))
    jump = np.where(several, contamination[2] - contamination[0], 0.0)
    worst = int(jump.argmax())
    return {
        "cleanest": contamination[0], "unstable": contamination[1], "dirtiest": contamination[2],
        "welfare_cleanest": welfare[0], "welfare_dirtiest": welfare[2],
        "jump": jump[worst], "welfare_jump": welfare[0, worst] - welfare[2, worst] if several.any() else np.array(0.0),
    }  # fmt: skip


def solve(case: Case, threads: int) -> Arrays:
    """Number of equilibria over the plane, their folds, and the equilibria along the line."""
    plane, (x, y), line = case.arm, along(case), _line(case)
    held = {name: plane.held().get(name, 0.0) for name in HELD}
    axes = (plane.across, x), (plane.up, y)
    found = multiplicity(case.parameters, *axes, **held, generator=plane.generator, threads=threads)
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
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def check(case: Case) -> None:
    """Refuse content that is not Gaussian, and corners of the plane that no economy can have.

    Raises
    ------
    ValueError
        Naming the parameter.
    """
    require_generator_base(case.parameters)
    require_replace(case.parameters)
    if case.parameters.content is not Family.GAUSSIAN:
        raise ValueError(f"parameters.content: {case.parameters.content.value!r} given; allowed: 'gaussian'")
    plane = case.arm
    corners = {plane.across: plane.across_range, plane.up: plane.up_range}
    try:
        economy_table(case.parameters, {name: np.full(2, value) for name, value in plane.held().items()} | corners)
    except ValueError as error:
        raise ValueError(f"across_range, up_range: {error}") from None


def solved(case: Case) -> Mapping[str, Output]:
    """Maps over the plane, curves along the line, and numbers at the cusp."""
    plane = case.arm
    grid, line = (plane.up, plane.across), (plane.across,)
    where = f"at {in_words(plane.up)} {plane.line:g}"
    contamination, welfare = f"contamination {where}", f"welfare of a generation {where}"
    classes = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight")
    return {
        "count": Output(grid, "number of equilibria", labels=classes),
        "highest": Output(grid, "contamination at the dirtiest equilibrium"),
        "fold_cleaner": Output(line, "fold: the cleaner stable equilibrium ends", over="count"),
        "fold_dirtier": Output(line, "fold: the dirtier stable equilibrium ends", over="count"),
        "cleanest": Output(line, "cleaner stable", panel=contamination),
        "unstable": Output(line, "unstable", panel=contamination, unstable=True),
        "dirtiest": Output(line, "dirtier stable", panel=contamination),
        "welfare_cleanest": Output(line, "cleaner stable", panel=welfare),
        "welfare_dirtiest": Output(line, "dirtier stable", panel=welfare),
        "several": Output((), "share of the plane with several equilibria", support=UNIT),
        "jump": Output((), f"largest distance between stable equilibria {where}"),
        "welfare_jump": Output((), f"welfare of the cleaner over that of the dirtier there, {where}"),
        "cusp_contamination": Output((), "contamination at the cusp"),
        "cusp_across": Output((), f"{in_words(plane.across)} at the cusp"),
        "cusp_up": Output((), f"{in_words(plane.up)} at the cusp"),
    }


def coordinates(case: Case) -> Arrays:
    """Places along both axes of the plane."""
    x, y = along(case)
    return {case.arm.across: x, case.arm.up: y}


EXPERIMENT = Experiment(
    name="multiplicity",
    title="equilibria over a plane of parameters: their number and their folds",
    parameters=Parameters,
    arms={"plane": Arm(Plane, solve=solve, solved=solved, coordinates=coordinates, check=check)},
    population=Resolution,
    section="planes",
    word="plane",
    toy={"population.width": 5, "population.height": 5},
)
