"""Test-inverted intervals of shares in a pool, and the test of fit, from equations of means (MODEL 3.5).

With T(alpha) the difference of the pool's means from those of a mixture and V(alpha) its covariance,
{alpha : T' V^-1 T <= quantile} holds the shares whatever the functions are; good functions make it small.
"""

import math
from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats

from .alarms import SUSPECT
from .mixture_equations import SETTLED, Equations

SCAN = 101


class Fit(NamedTuple):
    """Test that some mixture explains the pool: Hotelling's statistic, degrees of freedom, p-value.

    `deviations` (F,) are the pool's means less those of the nearest mixture, `errors` their standard errors.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    deviations: Floats
    errors: Floats


def beyond(equations: Equations) -> bool:
    """True where the pool lies beyond every mixture: the nearest one is rejected with a p-value below `SUSPECT`."""
    shares = equations.solve()
    return math.sqrt(max(equations.distance(shares), 0.0)) > _quantile(equations, shares, 1.0 - SUSPECT)


def share_interval(
    equations: Equations, source: int, level: float, absent: Collection[int] = ()
) -> tuple[float, float]:
    """Interval of one share: all values that the equations do not reject, the other shares being free.

    The shares of `absent` sources are 0: `source` stands for those like it, and the interval is that of their sum.

    A single equation makes this Fieller's set, with quantiles of Student's t corrected for the skewness of T
    (Cornish and Fisher); both of its ends lie in [0, 1]. Statistics are counted from that of the estimate, as in a
    likelihood ratio: where the nearest mixture lies at an end it is not zero, and little or nothing would be left.
    Where that one is rejected at this level, quantiles are counted from it, so that the interval is no shorter than
    its standard error says; where it is far from the pool nothing is known, and the interval is [0, 1].
    """
    from scipy.optimize import brentq

    shares = equations.solve(absent=absent)
    best = float(shares[source])
    if beyond(equations):
        return 0.0, 1.0
    least = _statistic(equations, shares, level) if equations.distance(shares) > SETTLED else 0.0
    rejected = least > _quantile(equations, shares, level)

    def excess(share: float) -> float:
        at = equations.solve((source, share), absent)
        here = _statistic(equations, at, level)
        further = here - least if rejected else math.sqrt(max(here**2 - least**2, 0.0))
        return further - _quantile(equations, at, level)

    x = np.unique(np.append(np.linspace(0.0, 1.0, SCAN if len(equations.sources) == 2 else 21), best))
    inside = np.array([excess(float(v)) <= 0.0 for v in x])
    if not inside.any():
        return 0.0, 1.0
    low, high = int(np.flatnonzero(inside)[0]), int(np.flatnonzero(inside)[-1])
    left = 0.0 if low == 0 else float(brentq(excess, x[low - 1], x[low], xtol=1e-7))
    right = 1.0 if high == x.size - 1 else float(brentq(excess, x[high], x[high + 1], xtol=1e-7))
    return left, right


def _quantile(equations: Equations, shares: Floats, level: float) -> float:
    """Quantile of Student's t, of as many degrees of freedom as V is known to."""
    from scipy.special import stdtrit

    return float(stdtrit(max(equations.freedom(shares), 1.0), 0.5 + 0.5 * level))


def _statistic(equations: Equations, shares: Floats, level: float) -> float:
    """Distance in standard errors, that of a single equation shifted for its skewness."""
    if equations.pool.value.size > 1:
        return math.sqrt(max(equations.distance(shares), 0.0))
    quantile = _quantile(equations, shares, level)
    z = float(equations.gap(shares)[0]) / math.sqrt(max(float(equations.covariance(shares)[0, 0]), 1e-300))
    shift = float(np.clip(equations.skewness(shares)[0] * (quantile**2 - 1.0) / 6.0, -0.7 * quantile, 0.7 * quantile))
    return abs(z - shift)


def fit(equations: Equations) -> Fit:
    """Test of more functions than shares: Hotelling's T^2 of the nearest mixture, as an F."""
    from scipy.special import fdtrc

    shares = equations.solve()
    covariance = equations.covariance(shares)
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    used = spread > 1e-9 * max(1.0, float(spread.max(initial=0.0)))
    scaled = covariance[used][:, used] / np.outer(spread[used], spread[used])
    rank = int(np.linalg.matrix_rank(scaled, hermitian=True, tol=1e-9)) if used.any() else 0
    freedom = rank - (len(equations.sources) - 1)
    statistic, nu, gap = equations.distance(shares), equations.freedom(shares), equations.gap(shares)
    if freedom < 1 or nu <= freedom + 1:
        return Fit(math.nan, max(freedom, 0), math.nan, gap, spread)
    p_value = float(fdtrc(freedom, nu - freedom + 1.0, statistic * (nu - freedom + 1.0) / (nu * freedom)))
    return Fit(statistic, freedom, p_value, gap, spread)
