"""A promise of an experiment: what is asked of it, what is found, and the numbers that it is asked for."""

from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case

REPLICATES = 32
"""Replicates behind a comparison of means, at first."""


class Finding(NamedTuple):
    """One promise of one arm: kept, broken, or None where there is nothing to keep; `said` tells why."""

    arm: str
    promise: str
    kept: bool | None
    said: str


class Audit(NamedTuple):
    """Choices of an audit: the seed of its draws, and the setting that is the number of agents."""

    seed: int = 1
    size: str | None = None


Answer = tuple[bool | None, str]


def computed(arm: Arm, case: Case, seed: int, replicate: int = 0, threads: int = 1) -> Arrays:
    """Everything that an arm computes of one replicate."""
    found: Arrays = {}
    if arm.solve is not None:
        found |= arm.solve(case, threads)
    if arm.draw is not None:
        found |= arm.draw(case, seed, replicate, threads)
    return found


def bits(arrays: Arrays) -> dict[str, bytes]:
    """Outputs as bytes, which are compared."""
    return {name: np.ascontiguousarray(values).tobytes() for name, values in arrays.items()}
