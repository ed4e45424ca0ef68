"""Separability of welfare, and whether it is concave: parts alone against parts together (MODEL 7.8)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Views
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.frozen import Frozen
from mfsolve.models.objections import stressed_market
from mfsolve.models.objections.convexity import bent_upwards, least_curvature, loss_curve
from mfsolve.models.objections.random_economies import economies
from mfsolve.models.objections.separability import PARTS, Surface, interaction, separability, surface
from mfsolve.spelling import in_words

COLUMNS = ("subsidy", "watermark", "least_forgone", "most_forgone", "shapley_value", "interaction")
SHARES = np.linspace(0.0, 0.95, 39)
"""Contaminations of the curves: at 1 the curvature is infinite where the generator's variance is below 1/2."""
ROUNDING = 1e-12


class Lattice(Frozen):
    """Lattice of subsidies and of strengths of the watermark, over which welfare is looked at."""


class Sample(Frozen):
    """Places of the lattice, and size of a replicate: a sample of random economies."""

    places: int = Field(21, ge=3, le=201, description="places of the lattice along either lever")
    economies: int = Field(4, ge=1, le=2**16, description="random economies of a replicate")
    random_places: int = Field(9, ge=3, le=201, description="places of the lattice for random economies")


def table(at: Surface) -> np.ndarray:
    """A row for each part: its own best levers, least and most welfare these forgo, Shapley value, interaction."""
    found = separability(at)
    shares = [interaction(part) for part in at.parts]
    return np.column_stack([found.alone, found.least, found.most, found.shapley, shares])


def solve(case: Case, threads: int) -> Arrays:
    """Separability of the economy's welfare, and curvature of its loss and of its welfare."""
    at = surface(case.parameters, case.population.places)
    found, total = separability(at), at.parts.sum(axis=0)
    loss, curvature = loss_curve(case.parameters, SHARES)
    values = {
        "joint_subsidy": found.joint[0], "joint_watermark": found.joint[1], "gain": found.gain,
        "least_forgone": found.least.min(), "most_forgone": found.most.max(), "synergy": found.synergy,
        "interaction": interaction(total),
        **{f"shapley_{name}": value for name, value in zip(PARTS, found.shapley)},
        **{f"forgone_{name}": value for name, value in zip(PARTS, found.least)},
        **{f"most_forgone_{name}": value for name, value in zip(PARTS, found.most)},
        "parts": table(at), "welfare": total.T,
        "loss": loss, "curvature": curvature, "least_curvature": least_curvature(case.parameters),
        "bent": bent_upwards(total[:, 0]),
    }  # fmt: skip
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Count random economies whose welfare is not separable, whose loss is not convex, whose welfare not concave."""
    size = case.population
    key = stream_key(seed, "objections/separability")
    random = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, replicate]))
    rows = []
    for economy in economies(case.parameters, size.economies, random):
        at = surface(economy, size.random_places)
        total, misses = at.parts.sum(axis=0), separability(at).misses
        rows.append((
            misses.any(), misses.all(), least_curvature(economy) <= 0.0,
            bent_upwards(total[:, 0]) > ROUNDING, interaction(total),
        ))  # fmt: skip
    inseparable, all_miss, nonconvex, nonconcave, shares = np.array(rows, dtype=np.float64).T
    found = {
        "economies": float(size.economies), "inseparable": inseparable.sum(),
        "all_miss": all_miss.sum(), "nonconvex": nonconvex.sum(),
        "nonconcave": nonconcave.sum(), "mean_interaction": shares.mean(),
    }  # fmt: skip
    return {name: np.asarray(value, dtype=np.float64) for name, value in found.items()}


def solved(case: Case) -> Mapping[str, Output]:
    """Parts of welfare, welfare over the lattice, and the loss along contamination."""
    names = {name: in_words(name) for name in PARTS}
    return {
        "joint_subsidy": Output((), "subsidy that maximises all parts together"),
        "joint_watermark": Output((), "strength of the watermark that maximises all parts together"),
        "gain": Output((), "welfare that the best levers of all parts gain over no policy"),
        "least_forgone": Output((), "welfare forgone by the best of the parts optimised alone, at its best levers"),
        "most_forgone": Output((), "welfare forgone by the worst of the parts optimised alone, at its worst"),
        "synergy": Output((), "gain of all parts together less the sum of the gains of each alone"),
        "interaction": Output((), "share of welfare's variance over the levers that is their interaction"),
        **{f"shapley_{n}": Output((), f"Shapley value of looking after {t}") for n, t in names.items()},
        **{f"forgone_{n}": Output((), f"least welfare forgone by looking after {t} alone") for n, t in names.items()},
        **{
            f"most_forgone_{n}": Output((), f"most welfare forgone by looking after {t} alone")
            for n, t in names.items()
        },
        "least_curvature": Output((), "least second derivative of the collapse loss in contamination"),
        "bent": Output((), "largest second difference of welfare along the subsidy, over the square of its step"),
        "loss": Output(("contamination",), "collapse loss, generator held", "nats"),
        "curvature": Output(("contamination",), "second derivative of the collapse loss"),
        "welfare": Output(("watermark", "subsidy"), "welfare of a generation"),
        "parts": Output(("part", "column"), "parts of welfare, each alone", listed=COLUMNS, ticks=(PARTS, ())),
    }


def drawn(case: Case) -> Mapping[str, Output]:
    """Counts over random economies."""
    return {
        "economies": Output((), "random economies"),
        "inseparable": Output((), "economies in which some part has none of the best levers among its own"),
        "all_miss": Output((), "economies in which no part has any of them among its own"),
        "nonconvex": Output((), "economies whose collapse loss is not convex in contamination, generator held"),
        "nonconcave": Output((), "economies whose welfare is not concave along the subsidy"),
        "mean_interaction": Output((), "share of interaction in welfare's variance, mean over economies"),
    }


def coordinates(case: Case) -> Arrays:
    """Levers of the lattice, contaminations of the curves, places of the table."""
    levels = np.linspace(0.0, 1.0, case.population.places)
    return {
        "subsidy": levels, "watermark": levels, "contamination": SHARES,
        "part": np.arange(len(PARTS)), "column": np.arange(len(COLUMNS)),
    }  # fmt: skip


EXPERIMENT = Experiment(
    name="separability",
    title="separability and curvature of welfare",
    parameters=Parameters,
    arms={
        "lattice": Arm(
            Lattice, draw=draw, drawn=drawn, solve=solve, solved=solved, coordinates=coordinates,
            check=lambda case: stressed_market.check(case.parameters),
        )
    },
    population=Sample,
    section="lattices",
    word="lattice",
    views=Views(
        bars=(
            ("gain", 1.0, "welfare gained by looking after all parts"),
            *((f"shapley_{name}", 1.0, f"{in_words(name)}, Shapley value") for name in PARTS),
        )
    ),
    toy={"population.places": 5, "population.economies": 1, "population.random_places": 4},
)  # fmt: skip
