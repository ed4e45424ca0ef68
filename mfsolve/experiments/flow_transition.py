"""Phase transition of the flow: where symmetric content turns unstable, and what a ramp remembers (MODEL 7.9)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.frozen import Frozen
from mfsolve.models.objections.mean_transition import critical_contamination, flowing_mean, located, ramped, rest_mean

BELOW, ABOVE = 0.1, 0.09
"""Distances from rho_c between which it is sought in the flow."""
HALF = 0.3
"""Mean whose passing dates the fall of content into symmetry."""


class Generator(Frozen):
    """Generator of content whose human law is the double well."""

    variance_ratio: float = Field(0.4735, gt=0.0, le=0.79, description="generator variance over the pool's, delta")


class Ramp(Frozen):
    """Contamination that falls from above rho_c to below it, and rises again."""

    ramp_time: float = Field(100.0, gt=0.0, le=1e5, description="time of the flow for either way")


class Resolution(Frozen):
    """Cells of the grid, and places of the curves."""

    cells: int = Field(400, ge=100, le=2**16, description="cells of the Fokker-Planck grid")
    places: int = Field(41, ge=5, le=10_000, description="contaminations of the curves")
    time: float = Field(200.0, gt=0.0, description="time at which the flow is compared with content at rest")


def contaminations(case: Case) -> np.ndarray:
    """Contaminations of the curves, within 0.12 of rho_c."""
    critical = critical_contamination(case.parameters.variance_ratio)
    return np.linspace(critical - 0.12, critical + 0.12, case.population.places)


def solve(case: Case, threads: int) -> Arrays:
    """Transition by self-consistency and in the flow, content at rest along contamination, and the ramp's two ways."""
    delta, size = case.parameters.variance_ratio, case.population
    critical, rho = critical_contamination(delta), contaminations(case)
    found = located(delta, size.cells, critical - BELOW, critical + ABOVE)
    rest = np.array([rest_mean(float(x), delta) for x in rho])
    loop = ramped(delta, (float(rho[0]), float(rho[-1])), case.arm.ramp_time, size.cells, size.places)
    outer = (rho[0], rho[-1])
    ends = [float(flowing_mean(float(x), delta, 0.05, (size.time,), size.cells)[0]) for x in outer]
    values = {
        "critical": critical, "located": found, "distance": abs(found - critical),
        "rest_mean": rest, "mean_down": loop.down[::-1], "mean_up": loop.up[::-1],
        "mean_below": ends[0], "mean_above": ends[1],
        "mean_gap": max(abs(m - r) for m, r in zip(ends, (rest[0], rest[-1]))),
        "lag": critical - loop.crossing(loop.down, HALF), "mean_returned": loop.up[0], "mean_left": loop.down[0],
    }  # fmt: skip
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def solved(case: Case) -> Mapping[str, Output]:
    """Numbers at the transition, and means along contamination."""
    along, panel = ("contamination",), "mean of content"
    critical = critical_contamination(case.parameters.variance_ratio)
    return {
        "critical": Output((), "contamination rho_c where symmetric content turns unstable, by self-consistency"),
        "located": Output((), "contamination where a small mean begins to grow in the flow"),
        "distance": Output((), "distance between the two"),
        "mean_below": Output((), "mean the flow ends at from 0.05, 0.12 below rho_c"),
        "mean_above": Output((), "mean the flow ends at from 0.05, 0.12 above rho_c"),
        "mean_gap": Output((), "largest distance of the flow's end from content at rest"),
        "lag": Output((), f"rho_c less the contamination where the mean passes {HALF:g} as contamination falls"),
        "mean_left": Output((), "mean before the ramp"),
        "mean_returned": Output((), "mean after the ramp, at the same contamination"),
        "rest_mean": Output(along, "at rest", panel=panel, marks=((critical, "rho_c"),)),
        "mean_down": Output(along, "contamination falls", panel=panel),
        "mean_up": Output(along, "contamination rises again", panel=panel),
    }


EXPERIMENT = Experiment(
    name="flow_transition",
    title="phase transition of the flow in a double well",
    parameters=Generator,
    arms={
        "ramp": Arm(Ramp, solve=solve, solved=solved, coordinates=lambda case: {"contamination": contaminations(case)})
    },
    population=Resolution,
    section="ramps",
    word="ramp",
    toy={"population.cells": 100, "population.places": 5, "population.time": 50.0},
)
