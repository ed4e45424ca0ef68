"""Constants behind "up to constants", as numbers of items and as generations of data (MODEL 7.11)."""

from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.provenance.pmir import PmirSettings, pmir_rounds
from mfsolve.models.provenance.pmir_rest_point import rest_point, settling_rounds

NEVER = 1e-12
"""Tolerance at which PMIR never stops."""
SETTLED = 0.05
"""Distance from rest, in standard errors, at which rounds begin to count."""


def variance_constant(parameters: Parameters, items: int, rounds: int, seed: int, replicate: int) -> float:
    """n I times the mean square error of rho_hat over rounds of one run of PMIR about rest; 1 is the bound.

    The run starts at rest with known content and is followed from the round on in which the market has settled.
    """
    rest = rest_point(parameters)
    waiting = settling_rounds(parameters, SETTLED / np.sqrt(items * rest.information))
    economy = parameters.model_copy(update={"initial_contamination": rest.contamination})
    settings = PmirSettings(items=items, rounds=waiting + rounds, budget=2**53)
    path, _ = pmir_rounds(economy, NEVER, settings, seed, replicate)
    errors = path["estimate"][waiting:] - rest.contamination
    return float(items * rest.information * np.mean(errors * errors))


class Stop(NamedTuple):
    """Items that PMIR has used when it stops, in all, in the last round, and its rounds."""

    items: int
    last: int
    rounds: int


def stopped(parameters: Parameters, tolerance: float, seed: int, replicate: int) -> Stop:
    """One run of PMIR to an epsilon-SDCE."""
    path, found = pmir_rounds(parameters, tolerance, PmirSettings(), seed, replicate)
    return Stop(int(found.items), int(path["items"][-1]), int(found.rounds))


def break_even(items: Floats, gains: Floats) -> float:
    """Items at which a gain (n,), ascending in items, crosses 0: linear in 1 / n between the last two signs.

    The first number of items where gains are positive throughout, infinity where the last is negative.
    """
    negative = np.flatnonzero(gains < 0.0)
    if negative.size == 0:
        return float(items[0])
    i = int(negative[-1])
    if i + 1 == items.size:
        return float("inf")
    a, b = 1.0 / items[i], 1.0 / items[i + 1]
    return float(1.0 / (a + (b - a) * gains[i] / (gains[i] - gains[i + 1])))
