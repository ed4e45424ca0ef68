"""The loop of the three faults: rest points, folds, and the interventions that lift it (MODEL 6.3)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.data_deals.faults import MASKS, FaultLoop, LoopParameters, fault_loop, mask_name, random_loop
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT

ROOTS = 9
LISTED = ("bargaining", "pricing", "provenance", "stable")
KINDS = {1: "single", 2: "paired", 3: "triple"}
WIDE = 1.3
"""Depreciations of the branches: between the folds, and by this factor beyond them."""
BRANCHES = ("lowest", "saddle", "highest")


class Resolution(Frozen):
    """Places of curves and of the grid of starts."""

    places: int = Field(161, ge=5, le=10_000, description="places of every curve")
    starts: int = Field(20, ge=2, le=200, description="starts along each side of the cube, for the basin")


class Given(Frozen):
    """The loop of the parameters."""


class Random(Frozen):
    """Loops whose responses and depreciation are drawn."""


def sizes(loop: FaultLoop) -> dict[tuple[float, ...], float]:
    """Least size of every intervention; infinite where none suffices."""
    return {mask: float(np.nan_to_num(loop.least_size(mask), nan=np.inf)) for mask in MASKS}


def least(found: Mapping[tuple[float, ...], float], count: int) -> float:
    """Least size of the interventions on so many faults."""
    return min(size for mask, size in found.items() if sum(mask) == count)


def solve(case: Case, threads: int) -> Arrays:
    """Rest points, folds, basin, least sizes of interventions, branches along the depreciation."""
    loop, population = fault_loop(case.parameters), case.population
    table = np.full((ROOTS, len(LISTED)), np.nan)
    for row, point in zip(table, loop.rest_points):
        row[:] = [*point.place, point.stable]
    found, folds = sizes(loop), loop.folds()
    best = {count: least(found, count) for count in KINDS}
    values = {
        "rest_points": len(loop.rest_points),
        "fold_low": folds[0] if folds else np.nan, "fold_high": folds[1] if folds else np.nan,
        "upper_basin": loop.upper_basin(population.starts),
        **{f"least_{KINDS[count]}": size if np.isfinite(size) else np.nan for count, size in best.items()},
        **{f"size_{mask_name(mask)}": size if np.isfinite(size) else np.nan for mask, size in found.items()},
        "table": table,
        **{f"after_{KINDS[count]}": after(loop, size, population.places) for count, size in best.items()},
        **branches(case.parameters, population.places),
    }  # fmt: skip
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def after(loop: FaultLoop, size: float, places: int) -> np.ndarray:
    """Lineage in the end (places,) after interventions of every size, given the least one that crosses."""
    ends = loop.rest_points
    return np.where(np.linspace(0.0, 1.0, places) >= size, ends[-1].provenance, ends[0].provenance)


def depreciations(parameters: LoopParameters, places: int) -> np.ndarray:
    """Depreciations (places,) of the branches."""
    low, high = fault_loop(parameters).folds() or (parameters.depreciation, parameters.depreciation)
    return np.linspace(low / WIDE, high * WIDE, places)


def branches(parameters: LoopParameters, places: int) -> dict[str, np.ndarray]:
    """Lineage at the lowest, the unstable and the highest rest point, along the depreciation; NaN where missing."""
    out = np.full((3, places), np.nan)
    for i, dep in enumerate(depreciations(parameters, places)):
        here = FaultLoop(parameters.loop()._replace(dep=float(dep)))
        found, saddle = here.rest_points, here.saddle
        if saddle is not None:
            out[:, i] = found[0].provenance, saddle.provenance, found[-1].provenance
        else:
            alone = found[0].provenance
            out[2 if response_is_high(here, alone) else 0, i] = alone
    return dict(zip(BRANCHES, out))


def response_is_high(loop: FaultLoop, r: float) -> bool:
    """True where lineage is above the middle of what its response allows."""
    return bool(r * loop.loop.dep > loop.loop.R.low + 0.5 * loop.loop.R.span)


def solved(case: Case) -> Mapping[str, Output]:
    """Numbers, the table of rest points, branches, and outcomes by size."""
    size, panel = ("size",), "provenance in the end, after an intervention"
    return {
        "rest_points": Output((), "number of rest points"),
        "fold_low": Output((), "depreciation below which only the upper rest point is left"),
        "fold_high": Output((), "depreciation above which only the lower rest point is left"),
        "upper_basin": Output((), "share of starts that end at the upper rest point", support=UNIT),
        **{f"least_{kind}": Output((), f"least size of a {kind} intervention that crosses") for kind in KINDS.values()},
        **{
            f"size_{mask_name(mask)}": Output((), f"least size on {mask_name(mask).replace('_', ' + ')}")
            for mask in MASKS
        },
        "table": Output(("rest_point", "column"), "rest points", listed=LISTED),
        **{f"after_{kind}": Output(size, f"best {kind} one", panel=panel) for kind in KINDS.values()},
        **{
            name: Output(
                ("depreciation",),
                f"{name} rest point",
                panel="provenance at rest",
                marks=marks,
                unstable=name == "saddle",
            )
            for name, marks in zip(BRANCHES, ((), ((case.parameters.depreciation, "depreciation of the study"),), ()))
        },
    }


def coordinates(case: Case) -> Arrays:
    """Sizes, depreciations, and places of the table."""
    places = case.population.places
    return {
        "size": np.linspace(0.0, 1.0, places), "depreciation": depreciations(case.parameters, places),
        "rest_point": np.arange(ROOTS), "column": np.arange(len(LISTED)),
    }  # fmt: skip


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """A random loop: several rest points or not; which interventions of full size lift it."""
    loop = random_loop(seed, replicate)
    several = loop.saddle is not None
    found = sizes(loop) if several else {}
    best = {count: least(found, count) if several else np.inf for count in KINDS}
    values = {
        "several": several,
        **{f"{kind}_crosses": several and best[count] <= 1.0 for count, kind in KINDS.items()},
        "only_triple": several and best[3] <= 1.0 < best[2],
        "falls_back": several and best[1] > 1.0 and best[2] > 1.0,
    }
    return {name: np.asarray(float(value)) for name, value in values.items()}


def drawn(case: Case) -> Mapping[str, Output]:
    """Counts of one random loop."""
    return {
        "several": Output((), "whether there are several rest points", support=UNIT),
        **{
            f"{kind}_crosses": Output((), f"whether some {kind} intervention of full size crosses", support=UNIT)
            for kind in KINDS.values()
        },
        "only_triple": Output((), "whether the triple intervention crosses and no other does", support=UNIT),
        "falls_back": Output((), "whether all single and paired interventions of full size fall back", support=UNIT),
    }


EXPERIMENT = Experiment(
    name="faults_loop",
    title="loop of the three faults: rest points and interventions",
    parameters=LoopParameters,
    arms={
        "given": Arm(Given, solve=solve, solved=solved, coordinates=coordinates),
        "random": Arm(Random, draw=draw, drawn=drawn),
    },
    population=Resolution,
    section="loops",
    word="loop",
    called={"size": "size of the intervention"},
    toy={"population.places": 9, "population.starts": 4},
)
