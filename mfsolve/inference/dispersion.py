"""Test that replicates have one share of successes, as replicates of independent and alike trials do (MODEL 8.4)."""

import math

import numpy as np

from mfsolve.arrays import Floats

EXPECTED = 5.0
"""Successes and failures that each replicate must expect for the chi-square distribution to hold (Cochran 1954)."""
MANY = 1000
"""Replicates from which on the statistic is as good as normal."""
TABLES = 4999
SCREEN = 0.02
"""P-value of the chi-square distribution above which tables are not drawn."""


def homogeneity_p_value(successes: Floats, trials: Floats) -> float:
    """P-value of Pearson's chi-square that replicates have one share of successes; small where they differ too much.

    Where a replicate expects fewer than five successes or failures, the distribution is that of tables with the same
    totals (Fisher's conditional one, 4999 draws with a fixed seed), or from 1000 replicates on normal with the variance
    of binomial trials (Tarone 1979). Of 1000 replicates with less than one success, or failure, each nothing is said.

    Parameters
    ----------
    successes, trials : ndarray, shape (n,)
        Whole numbers, 0 <= successes <= trials, trials > 0.

    Returns
    -------
    float
        In [0, 1]; 1 also where nothing is said, all trials have the same outcome, or there is one replicate.
    """
    from scipy.special import chdtrc, ndtr

    hits, total, count = float(successes.sum()), float(trials.sum()), trials.size
    value = hits / total
    if count == 1 or value in (0.0, 1.0):
        return 1.0
    spread = value * (1.0 - value)
    statistic = float(((successes - value * trials) ** 2 / trials).sum()) / spread
    smooth = float(chdtrc(count - 1, statistic))
    if smooth > SCREEN or min(value, 1.0 - value) * trials.min() >= EXPECTED:
        return smooth
    if count >= MANY and min(hits, total - hits) < count:  # too skewed for a normal, too many for tables
        return 1.0
    if count >= MANY:
        weighted = float(((successes - value * trials) ** 2).sum()) / spread - total
        return float(ndtr(-weighted / math.sqrt(2.0 * float((trials * (trials - 1.0)).sum()) or math.inf)))
    if total >= 1e9:  # more than numpy's tables hold
        return smooth
    tables = np.random.default_rng(1979).multivariate_hypergeometric(trials.astype(np.int64), int(hits), TABLES)
    drawn = ((tables - value * trials) ** 2 / trials).sum(axis=1) / spread
    return (1.0 + float(np.count_nonzero(drawn >= statistic * (1.0 - 1e-9)))) / (1.0 + TABLES)
