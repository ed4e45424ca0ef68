"""Interval of a mean from bounded, skewed or discrete replicates (MODEL 8).

For independent replicates in [a, b] with values x_1, ..., x_n the upper limit of the mean is the 1 - alpha quantile of
D_1 x_1 + ... + D_n x_n + D_{n+1} b with Dirichlet(1, ..., 1) weights D, the lower limit its mirror image (Gaffke 2005).
The weights are the law of the gaps that n uniform variables leave, so that the unseen part of the distribution gets the
mass that n replicates may have missed, at its worst place. For replicates of 0 and 1 the limits are those of Clopper &
Pearson (1934), for none but zeros the rule of three. That they hold at every n and for every distribution is proved for
those of two values and a conjecture for the others that no search has refuted (Learned-Miller & Thomas 2020).

Where an end of the support is unknown no interval can hold for every distribution (Bahadur & Savage 1956). The point b
is then set beyond the largest replicate, at (1 + 8/n) times its distance from the mean, the mirror image at the other
end, and the hull with Student's interval is taken: what that covers is measured (`COVERAGE.md`). So it is where an end
is known, but far away, and nothing in the sample speaks for a tail out to it: values differ, and their skewness is at
most 1 on that side. From skewness 1 to 2 the point moves on to the end, as the logarithm of its distance.
"""

import math
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.chi_square_sums import positive_probability
from mfsolve.inference.estimate import student_exceedance, student_quantile
from mfsolve.inference.skewness import skewness


def extended_support(values: Floats, support: tuple[float, float]) -> tuple[float, float]:
    """Return the support with its infinite ends replaced by points beyond the sample's extremes."""
    centre = float(values.mean())
    factor = 1 + 8 / values.size
    low, high = support
    if math.isinf(low):
        low = float(values.min()) - factor * (centre - float(values.min()))
    if math.isinf(high):
        high = float(values.max()) + factor * (float(values.max()) - centre)
    return low, high


def nearest_support(values: Floats, support: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of a support, each drawn in towards the sample where nothing speaks for a tail out to it."""
    low, high = extended_support(values, (-math.inf, math.inf))
    centre, skew, discrete = float(values.mean()), skewness(values), is_discrete(values)
    below = _nearest(centre - low, centre - support[0], -skew, discrete)
    above = _nearest(high - centre, support[1] - centre, skew, discrete)
    return (
        support[0] if below == centre - support[0] else centre - below,
        support[1] if above == support[1] - centre else centre + above,
    )


def _nearest(point: float, end: float, skew: float, discrete: bool) -> float:
    """Distance of what was not seen above the mean: that of the `point` at skewness 1, that of the `end` at 2."""
    if math.isinf(end):
        return point
    reach = 1.0 if discrete else min(max(skew - 1.0, 0.0), 1.0)
    if point >= end or reach == 1.0:
        return end
    return float(point ** (1.0 - reach) * end**reach)


def is_discrete(values: Floats) -> bool:
    """True where at least half of the replicates are equal, or four and more take at most three values."""
    occurrences = np.unique(values, return_counts=True)[1]
    return values.size > 3 and (occurrences.size <= 3 or 2 * int(occurrences.max()) >= values.size)


@dataclass(frozen=True)
class DirichletTail:
    """Two-sided p-value of a mean, as a function of the hypothesis.

    Attributes
    ----------
    values : ndarray, shape (n,)
        Replicates.
    low, high : float
        Points that stand for what was not seen, at or beyond the extremes.
    hull : tuple of two bools
        Whether, for hypotheses below and above the mean, the p-value is the larger of this and Student's.
    """

    values: Floats
    low: float
    high: float
    hull: tuple[bool, bool] = (False, False)

    def __call__(self, hypothesis: float) -> float:
        """Return the p-value; without a hull it is zero beyond `low` and `high`."""
        p = self.dirichlet(hypothesis)
        centre = float(self.values.mean())
        error = self._standard_error
        if error > 0 and self.hull[bool(hypothesis > centre)]:
            p = max(p, student_exceedance((hypothesis - centre) / error, self.values.size - 1))
        return p

    def dirichlet(self, hypothesis: float) -> float:
        """Return the p-value that the Dirichlet weights give."""
        centre = float(self.values.mean())
        if hypothesis > centre:
            one_sided = positive_probability(np.hstack((self.values, self.high)) - hypothesis, 2.0)
        elif hypothesis < centre:
            one_sided = positive_probability(hypothesis - np.hstack((self.values, self.low)), 2.0)
        else:
            return 1.0
        return min(1.0, 2 * one_sided)

    def interval(self, level: float) -> tuple[float, float]:
        """Hypotheses below and above the mean whose p-value is 1 - level."""
        error = self._standard_error
        reach = student_quantile(level, self.values.size - 1) * error if error > 0 else 0.0
        centre = float(self.values.mean())
        low, high = self._end(self.low, level), self._end(self.high, level)
        return (
            min(low, centre - reach) if self.hull[0] else low,
            max(high, centre + reach) if self.hull[1] else high,
        )

    @property
    def _standard_error(self) -> float:
        return math.sqrt(float(self.values.var(ddof=1)) / self.values.size) if self.values.size > 1 else 0.0

    def _end(self, end: float, level: float) -> float:
        from scipy.optimize import brentq

        centre = float(self.values.mean())
        if end == centre:
            return end

        def excess(share: float) -> float:
            p = self.dirichlet(centre + share * (end - centre))
            return math.log(max(p, 1e-300)) - math.log(1 - level)

        return centre + float(brentq(excess, 1e-9, 1.0, xtol=1e-12)) * (end - centre)
