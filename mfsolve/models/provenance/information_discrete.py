"""Fisher information of two discrete laws by summation, including heavy tails (MODEL 3.1)."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from mfsolve.arrays import Floats

from .information_continuous import NEGLIGIBLE, Pool, check_masses, half_interval, log_density, log_integrands
from .information_tails import LogDensity, continued_density

MOST_VALUES = 2**21


def discrete_information(pool: Pool, human: Any, synthetic: Any) -> float:
    """Fisher information I(rho) of two discrete laws on one lattice of spacing 1, such as the integers (MODEL 3.1).

    Beyond 2^21 values on either side probabilities are extrapolated as power laws, as heavy tails have them.

    Raises
    ------
    ValueError
        For laws whose probabilities do not sum to 1.
    """
    laws = (human, synthetic)
    floor, top = min(law.support()[0] for law in laws), max(law.support()[1] for law in laws)
    tailed = [continued_density(law, partial(log_density, law)) for law in laws]
    total = np.zeros(3)
    middle = max(law.ppf(0.5) for law in laws)
    for end, sign in ((top, 1.0), (floor, -1.0)):
        k, count, tail = middle - (sign < 0.0), 64.0, np.ones(3)
        while sign * (end - k) >= 0.0 and (tail > NEGLIGIBLE**1.5 * total).any() and total[0] < math.inf:
            if sign * (k - middle) > MOST_VALUES:
                total += _powers(pool, tailed, k - sign, sign)
                break
            steps = k + sign * np.arange(min(count, abs(end - k) + 1.0))
            with np.errstate(over="ignore"):
                terms = np.exp(log_integrands(pool, *(density(steps) for density in tailed)))
                total += terms.sum(axis=1)
            k, count, tail = k + sign * steps.size, 2.0 * count, terms[:, -1]
    if total[0] == math.inf:
        return math.inf
    check_masses(total, "probabilities that sum", "1, in steps of 1")
    return float(total[0])


def _powers(pool: Pool, laws: Sequence[LogDensity], last: float, sign: float) -> Floats:
    """Information and masses beyond `last` (3,): an integral of power laws, by the midpoint rule in reverse."""
    ends = np.array([last - sign * math.floor(0.5 * abs(last)), last])
    known, (before, there) = np.stack([density(ends) for density in laws]), np.log(np.abs(ends))
    slope = (known[:, 1] - known[:, 0]) / (there - before)

    def densities(x: Floats) -> Floats:
        return np.asarray(known[:, 1:] + slope[:, None] * (np.log(np.abs(x)) - there))

    return half_interval(last + 0.5 * sign, sign * math.inf, abs(last), np.empty(0)).integral(
        pool, densities, searched=False
    )
