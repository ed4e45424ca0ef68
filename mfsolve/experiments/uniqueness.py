"""Uniqueness of equilibria, counted over random economies; those with several equilibria are listed (MODEL 1.4)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import one_of, require
from mfsolve.models.collapse.equilibria import Generator, equilibria
from mfsolve.models.collapse.equilibrium_map import COLUMNS, RANGES, economy_table, random_points, scan
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.collapse.policies import Given
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT

Range = tuple[float, float]
EDGES = np.linspace(0.0, 1.0, 41)
SPREADS = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5])
LISTED = (*COLUMNS, "equilibria", "lowest", "highest")


class Ranges(Frozen):
    """Ranges from which economies are drawn, uniformly unless a market says otherwise; (a, a) holds one fixed."""

    cost_curvature: Range = Field(RANGES["cost_curvature"], description="cost curvature kappa > 0")
    verified_share: Range = Field(RANGES["verified_share"], description="verified share phi_0 in [0, 1]")
    cost_spread: Range = Field(RANGES["cost_spread"], description="spread of cost disadvantages >= 0")
    variance_ratio: Range = Field(RANGES["variance_ratio"], description="variance ratio delta in (0, 1]")
    data_value: Range = Field(RANGES["data_value"], description="value of divergence avoided nu >= 0")


class Market(Frozen):
    """Settings that the economies of a sample share, and ranges of their own: together a prior over economies."""

    cost_curvature: Range | None = Field(None, description="range of kappa; by default that of the parameters")
    verified_share: Range | None = Field(None, description="range of phi_0; by default that of the parameters")
    cost_spread: Range | None = Field(None, description="range of the spread; by default that of the parameters")
    variance_ratio: Range | None = Field(None, description="range of delta; by default that of the parameters")
    data_value: Range | None = Field(None, description="range of nu; by default that of the parameters")
    logarithmic: tuple[str, ...] = Field((), description="parameters whose logarithm is uniform on its range")

    erosion: Range = Field((0.0, 0.0), description="erosion e of detection, phi(rho) = phi_0 (1 - rho)^e, range")
    subsidy: Range = Field(RANGES["subsidy"], description="subsidy s in [0, 1], range")
    levy: Range = Field(RANGES["levy"], description="levy on synthetic items, range")
    closed_form: bool = Field(False, description="pay the closed-form subsidy instead of a random one")
    generator: Generator = Field(Generator.FIXED, description="the first generator, or the one at rest at each share")


class Sample(Frozen):
    """Size of one replicate: a sample of economies."""

    economies: int = Field(1000, ge=1, le=2**20, description="random economies")
    checked: int = Field(
        5, ge=0, le=2**20, description="of these, searched again on a certified or 14 times finer grid"
    )
    contrasted: int = Field(
        100, ge=1, le=2**20, description="of these, searched again with every spread of costs from none to 0.5"
    )
    listed: int = Field(32, ge=1, le=2**16, description="economies with several equilibria that are kept")


def ranges(case: Case) -> dict[str, Range]:
    """Range of every column of an economy."""
    own = {name: getattr(case.arm, name) for name in COLUMNS}
    spans: dict[str, Range] = case.parameters.model_dump() | {k: v for k, v in own.items() if v is not None}
    return spans


def check(case: Case) -> None:
    """Refuse ranges that are not ascending, or reach beyond the values that an economy can have.

    Raises
    ------
    ValueError
        Naming the parameter.
    """
    spans = ranges(case)
    for name, (low, high) in spans.items():
        if not low <= high:
            raise ValueError(f"{name}: [{low:g}, {high:g}] given; allowed: ascending")
    economy_table(Parameters(), spans)
    for name in case.arm.logarithmic:
        one_of("logarithmic", name, COLUMNS)
        require(spans[name][0] > 0.0, name, f"[{spans[name][0]:g}, {spans[name][1]:g}]", "above 0 where logarithmic")


def certified_count(row: Floats, generator: Generator) -> int:
    """Number of equilibria of one economy by the search with interval bounds, or on a fine grid."""
    economy = dict(zip(COLUMNS, map(float, row)))
    subsidy, levy, erosion = (economy.pop(name) for name in ("subsidy", "levy", "erosion"))
    policy = Given(subsidy=None if np.isnan(subsidy) else subsidy, levy=levy)
    return len(equilibria(Parameters(**economy), policy, erosion=erosion, generator=generator))


def several_by_spread(table: Floats, generator: Generator, threads: int) -> Floats:
    """Share of the same economies with several equilibria if costs were spread by each of `SPREADS`."""
    share = np.empty(SPREADS.size)
    for i, spread in enumerate(SPREADS):
        moved = table.copy()
        moved[:, COLUMNS.index("cost_spread")] = spread
        share[i] = np.mean(scan(moved, generator=generator, threads=threads).count > 1)
    return share


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Count the equilibria of a sample of random economies; search some again, and list those with several."""
    size, generator = case.population, case.arm.generator
    key = stream_key(seed, "collapse/economies")
    random = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, replicate]))
    table = random_points(
        size.economies, random, ranges(case), closed_form=case.arm.closed_form, logarithmic=case.arm.logarithmic
    )
    found = scan(table, generator=generator, threads=threads)
    several = np.flatnonzero(found.count > 1)
    checked = table[: size.checked]
    careful = [certified_count(row, generator) for row in checked]
    listed = np.full((size.listed, len(LISTED)), np.nan)
    kept = several[: size.listed]
    roots = found.contamination[kept]
    listed[: kept.size] = np.column_stack(
        [table[kept], found.count[kept], np.nanmin(roots, axis=1, initial=2.0), np.nanmax(roots, axis=1, initial=-1.0)]
    )
    return {
        "economies": np.array(float(size.economies)),
        "several": np.array(float(several.size)),
        "existing": np.array(float(np.sum(found.count > 0))),
        "several_by_spread": several_by_spread(table[: size.contrasted], generator, threads),
        "checked": np.array(float(len(checked))),
        "disagreeing": np.array(float(np.sum(found.count[: size.checked] != careful))),
        "counter_example": listed,
        "density": np.histogram(found.contamination, EDGES)[0] / (size.economies * np.diff(EDGES)),
    }


def drawn(case: Case) -> Mapping[str, Output]:
    """Counts of a sample, the density of its equilibria, and its economies with several."""
    return {
        "economies": Output((), "random economies"),
        "several": Output((), "economies with several equilibria"),
        "existing": Output((), "economies with at least one equilibrium"),
        "several_by_spread": Output(
            ("cost_spread",),
            "share with several equilibria if all had this spread of costs",
            support=UNIT,
            trials=float(min(case.population.economies, case.population.contrasted)),
            independent_trials=True,
        ),
        "checked": Output((), "economies searched again more thoroughly"),
        "disagreeing": Output((), "of these, economies where the number of equilibria differs"),
        "density": Output(("contamination",), "equilibria per economy and unit of contamination", lowest=0.0),
        "counter_example": Output(("example", "column"), "economies with several equilibria", listed=LISTED),
    }


def coordinates(case: Case) -> Arrays:
    """Middles of the density's bins, and the places of the list."""
    return {
        "contamination": 0.5 * (EDGES[:-1] + EDGES[1:]),
        "cost_spread": SPREADS,
        "example": np.arange(case.population.listed),
        "column": np.arange(len(LISTED)),
    }


EXPERIMENT = Experiment(
    name="uniqueness",
    title="equilibria of random economies: how often there are several",
    parameters=Ranges,
    arms={"random": Arm(Market, draw=draw, drawn=drawn, coordinates=coordinates, check=check)},
    population=Sample,
    section="economies",
    word="economy",
    toy={"population.economies": 50, "population.checked": 1, "population.contrasted": 10, "population.listed": 4},
)
