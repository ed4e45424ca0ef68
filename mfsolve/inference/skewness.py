"""Skewness of replicates, and whether there are enough of them for a mean near normal (MODEL 8.4)."""

import math

import numpy as np

from mfsolve.arrays import Floats

COCHRAN = 25.0
"""Replicates per squared skewness from which on a mean is near normal (Cochran 1977, section 2.15)."""
BEYOND = 2.576
"""Standard errors beyond which the skewness of a sample is no accident, 1 % of normal samples."""


def skewness(values: Floats) -> float:
    """Sample skewness g = m_3 / m_2^(3/2) of replicates (n,); 0 where all are equal."""
    deviation = values - values.mean()
    largest = float(np.abs(deviation).max())
    if largest == 0.0:
        return 0.0
    deviation = deviation / largest  # cubes are numbers in any unit
    return float((deviation**3).mean()) / math.sqrt(float((deviation**2).mean())) ** 3


def skewness_error(replicates: int) -> float:
    """Standard error of the skewness of normal replicates, sqrt(6 (n - 2) / ((n + 1) (n + 3)))."""
    return math.sqrt(6 * (replicates - 2) / ((replicates + 1) * (replicates + 3)))


def too_skewed(found: float, replicates: int) -> str | None:
    """Say that replicates of that skewness are too few for a mean near normal; None where there are enough.

    Nothing is said of a skewness that normal replicates may have by accident.
    """
    needed = math.ceil(COCHRAN * found**2)
    if replicates >= needed or abs(found) <= BEYOND * skewness_error(replicates):
        return None
    enough = f"about {needed} replicates as skewed as these ({found:.2g})"
    return f"the interval assumes near-normal means, which need {enough}"
