"""Provenance in a pool whose human text has drifted: what is read, and what a test of fit sees (MODEL 7.3)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.collapse.parameters import Share
from mfsolve.models.frozen import Frozen
from mfsolve.models.objections.identification import Laws, Path, estimated, laws, reading
from mfsolve.models.quantities import UNIT

DRIFTS = np.linspace(0.0, 0.5, 26)
ALARM = 0.05


class Pool(Frozen):
    """Pool, and the generator of its synthetic items."""

    contamination: Share = Field(0.4, description="synthetic share of the pool, rho")
    variance_ratio: float = Field(0.4735, gt=0.0, lt=1.0, description="variance of the generator, delta")
    drift: Share = Field(17.0 / 120.0, description="share of the way to the generator that human text has moved")


class Route(Frozen):
    """Route of human text to the generator."""

    path: Path = Field(
        Path.MIXTURE, description="mixture: of old text and generator; variance: a normal distribution between"
    )


class Sample(Frozen):
    """Items of the pool, and of either reference, which date from before the drift."""

    items: int = Field(20_000, ge=100, le=2**24, description="items of the pool")
    references: int = Field(200_000, ge=100, le=2**26, description="items of the human, and of the synthetic reference")


def laws_of(case: Case) -> Laws:
    """Laws over cells of the case."""
    return laws(case.parameters.variance_ratio, case.parameters.drift, case.arm.path)


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Estimate from one pool with references from before the drift, and the verdict of the test of fit."""
    size, rho = case.population, case.parameters.contamination
    random = np.random.Generator(
        np.random.Philox(key=stream_key(seed, "objections/identification"), counter=[0, 0, 0, replicate])
    )
    found = estimated(laws_of(case), rho, *(random.random(n) for n in (size.items, size.references, size.references)))
    low, high = found.estimate.interval
    return {
        "estimate": np.array(found.estimate.value),
        "bias": np.array(found.estimate.value - rho),
        "covered": np.array(float(low <= rho <= high)),
        "alarm": np.array(float(found.goodness_of_fit.p_value < ALARM)),
    }


def solve(case: Case, threads: int) -> Arrays:
    """Reading of an infinite pool at this drift, and along drift."""
    p = case.parameters
    along = [reading(laws(p.variance_ratio, float(d), case.arm.path), p.contamination) for d in DRIFTS]
    return {"read": np.array(reading(laws_of(case), p.contamination)), "read_along": np.array(along)}


def drawn(case: Case) -> Mapping[str, Output]:
    """The estimate, its coverage, and the test."""
    return {
        "estimate": Output((), "estimated contamination"),
        "bias": Output((), "estimated contamination less the true one"),
        "covered": Output((), "whether the 95 % interval holds the true contamination", support=UNIT),
        "alarm": Output((), "whether the test of fit alarms at 5 %", support=UNIT),
    }


def solved(case: Case) -> Mapping[str, Output]:
    """Readings of an infinite pool."""
    p = case.parameters
    return {
        "read": Output((), "contamination read in an infinite pool"),
        "read_along": Output(
            ("drift",),
            "contamination read",
            levels=((p.contamination, "true"),),
            marks=((p.drift, "drift of the study"),),
        ),
    }


EXPERIMENT = Experiment(
    name="identification",
    title="contamination read where human text has drifted",
    parameters=Pool,
    arms={
        "route": Arm(
            Route, draw=draw, drawn=drawn, solve=solve, solved=solved, coordinates=lambda case: {"drift": DRIFTS}
        )
    },
    population=Sample,
    section="routes",
    word="route",
    units={"drift": "share of the way to the generator"},
    predictions={
        "shifted": lambda case: (
            case.parameters.contamination + (1.0 - case.parameters.contamination) * case.parameters.drift
        ),
        "contamination": lambda case: case.parameters.contamination,
    },
    toy={"population.items": 500, "population.references": 1000},
)
