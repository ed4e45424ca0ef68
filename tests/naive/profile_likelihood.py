"""Profile likelihood of a pool's contamination, both sources being known from counted references only (MODEL 3.2).

References of a few hundred items are noisy. A likelihood that takes their frequencies as exact is biased by about
(1 - rho) (cells - 1) / (items of the human reference times information). Here the frequencies p and q of the sources
are estimated together with the contamination, from all three samples, and the likelihood is that of the best p and q at
each contamination: its maximum has no such bias, and its ratio accounts for the noise of the references.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats

NO_ITEM = 1e-6  # items of a cell without any: keeps its frequency positive and has no other effect
GRID = 11
TOLERANCE = 1e-8
LARGEST = 1e300
ROOT, STEPS = 1e-10, 60


@dataclass(frozen=True)
class ProfileLikelihood:
    """Likelihood of the contamination given counts of pool, human and synthetic items per cell (k,), sums positive.

    Where the generator is `known`, `synthetic` holds its frequencies instead of counts, and only p is estimated.
    """

    pool: Floats
    human: Floats
    synthetic: Floats
    known: bool = False

    def sources(self, contamination: float) -> tuple[Floats, Floats]:
        """Frequencies p, q (k,) that maximise the likelihood of all three samples at a contamination.

        With multipliers L and M of sum p = sum q = 1 and s = o / pi, the stationary point of a cell is
        p = a / (L - (1 - rho) s), q = b / (M - rho s), s the smaller root of a quadratic. L + M is the number of all
        items, which leaves one equation, sum p = 1, in which p decreases in L: bracketed Newton steps.
        """
        rho = contamination
        a, b, o = np.maximum(self.human, NO_ITEM), np.maximum(self.synthetic, NO_ITEM), self.pool
        if self.known:
            return self._human(rho, a), self.synthetic
        if rho in (0.0, 1.0):
            p, q = (a + o, b) if rho == 0.0 else (a, b + o)
            return p / p.sum(), q / q.sum()
        total = a.sum() + b.sum() + o.sum()
        low, high = (
            float(a.sum()),
            float(a.sum() + o.sum()),
        )  # human items, if none of the pool were human and if all were
        root, each, other = low + (1.0 - rho) * (high - low), 1.0 / (1.0 - rho), 1.0 / rho
        for _ in range(STEPS):
            left, right = root * each, (total - root) * other
            below_left, below_right, spread = _gaps(o, a, b, left, right)
            s = left - below_left
            p, q = a * each / below_left, b * other / below_right
            excess = float(p.sum()) - 1.0
            low, high = (root, high) if excess > 0.0 else (low, root)
            rise = o * (each * right - other * left) - (o * (each - other) - a * other + b * each) * s
            fall = float(np.sum(p * (each - rise / np.maximum(spread, 1e-300)) / below_left))
            step = excess / fall if fall > 0.0 else math.inf
            before, root = root, root + step if low < root + step < high else 0.5 * (low + high)
            if abs(root - before) <= ROOT * total:
                break
        return p / p.sum(), q / q.sum()  # removes the error within the root's tolerance

    def _human(self, rho: float, a: Floats) -> Floats:
        """Frequencies p (k,) beside a known q: positive roots of a quadratic, with the multiplier of sum p = 1."""
        o, q = self.pool, self.synthetic
        if rho in (0.0, 1.0):
            p = a + o if rho == 0.0 else a
            return np.asarray(p / p.sum())
        low, high = float(a.sum()), float(a.sum() + o.sum())
        root = low + (1.0 - rho) * (high - low)
        for _ in range(STEPS):
            linear, constant = (1.0 - rho) * (a + o) - root * rho * q, a * rho * q
            spread = np.sqrt(linear**2 + 4.0 * root * (1.0 - rho) * constant)
            small = 2.0 * constant / np.maximum(spread - linear, 1e-300)
            p = np.where(linear > 0.0, (linear + spread) / (2.0 * root * (1.0 - rho)), small)
            excess = float(p.sum()) - 1.0
            low, high = (root, high) if excess > 0.0 else (low, root)
            step = excess / float(np.sum(p * ((1.0 - rho) * p + rho * q) / np.maximum(spread, 1e-300)))
            before, root = root, root + step if low < root + step < high else 0.5 * (low + high)
            if abs(root - before) <= ROOT * root:
                break
        return np.asarray(p / p.sum())

    def log_likelihood(self, contamination: float) -> float:
        """Log likelihood at the best p and q, relative to that of the samples' own frequencies."""
        p, q = self.sources(contamination)
        own = 0.0 if self.known else _terms(self.synthetic, q)
        return _terms(self.pool, (1.0 - contamination) * p + contamination * q) + _terms(self.human, p) + own

    @cached_property
    def best(self) -> tuple[float, float]:
        """Contamination in [0, 1] that maximises the likelihood globally, and the log likelihood there."""
        from scipy.optimize import brentq, minimize_scalar

        x = np.linspace(0.0, 1.0, GRID)
        y = [self.log_likelihood(float(rho)) for rho in x]
        i = int(np.argmax(y))
        low, high = float(x[max(i - 1, 0)]), float(x[min(i + 1, GRID - 1)])
        if (i == 0 and self.score(0.0) <= 0.0) or (i == GRID - 1 and self.score(1.0) >= 0.0):
            return float(x[i]), y[i]
        if self.score(low) > 0.0 > self.score(high):
            rho = float(brentq(self.score, low, high, xtol=TOLERANCE))
        else:  # the score changes sign more than once within two cells of the grid
            rho = float(
                minimize_scalar(
                    lambda r: -self.log_likelihood(float(r)), bounds=(low, high), method="bounded",
                    options={"xatol": TOLERANCE},
                ).x
            )  # fmt: skip
        top = self.log_likelihood(rho)
        return (rho, top) if top >= y[i] else (float(x[i]), y[i])

    def score(self, contamination: float) -> float:
        """Derivative of the log likelihood; p and q are at their maximum and contribute nothing."""
        p, q = self.sources(contamination)
        pool, seen = (1.0 - contamination) * p + contamination * q, self.pool > 0.0
        with np.errstate(divide="ignore"):
            slope = float(np.sum(self.pool[seen] * (q - p)[seen] / pool[seen]))
        return min(max(slope, -LARGEST), LARGEST)

    def interval(self, level: float) -> tuple[float, float]:
        """Likelihood-ratio interval around the maximum, at a level in (0, 1)."""
        from scipy.optimize import brentq
        from scipy.special import chdtri

        rho, top = self.best
        least = top - 0.5 * float(chdtri(1, 1.0 - level))

        def end(side: float) -> float:
            if rho == side or self.log_likelihood(side) >= least:
                return side
            ends = min(rho, side), max(rho, side)
            return float(brentq(lambda x: self.log_likelihood(x) - least, *ends, xtol=TOLERANCE))

        return end(0.0), end(1.0)

    def fitted(self, contamination: float) -> Floats:
        """Best-fitting frequencies of the pool (k,) at a contamination."""
        p, q = self.sources(contamination)
        return (1.0 - contamination) * p + contamination * q

    def reach(self, level: float) -> float:
        """Distance from the maximum to the farther end of the interval."""
        low, high = self.interval(level)
        return max(self.best[0] - low, high - self.best[0])

    def same_source_p_value(self) -> float:
        """Likelihood-ratio p-value of the hypothesis that both references come from one source."""
        from scipy.special import chdtrc

        a, b = self.human, self.synthetic
        if self.known:
            if np.any(a[b == 0.0] > 0.0):
                return 0.0
            return float(chdtrc(max(1, int(np.count_nonzero(b)) - 1), -2.0 * _terms(a, b)))
        both = (a + b) / (a.sum() + b.sum())
        ratio = -_terms(a, both) - _terms(b, both)
        return float(chdtrc(max(1, int(np.count_nonzero(both)) - 1), 2.0 * ratio))


class _Gaps(NamedTuple):
    """Distances of a quadratic's smaller root below two numbers, and the root of its discriminant, vectors (k,)."""

    below_left: Floats
    below_right: Floats
    spread: Floats


def _gaps(o: Floats, a: Floats, b: Floats, left: float, right: float) -> _Gaps:
    """Differences `left` - s and `right` - s without cancellation, and the root of the discriminant."""
    if left > right:
        below_right, below_left, spread = _gaps(o, b, a, right, left)
        return _Gaps(below_left, below_right, spread)
    n, apart = o + a + b, right - left
    linear, product = a * (left - apart) + b * left - o * apart, a * (left * apart)
    spread = np.sqrt(linear**2 + 4.0 * n * product)
    below = np.where(linear > 0.0, (spread + linear) / (2.0 * n), 2.0 * product / np.maximum(spread - linear, 1e-300))
    return _Gaps(below, below + apart, spread)


def _terms(counts: Floats, frequencies: Floats) -> float:
    """Log likelihood of counts relative to its maximum: a small number however many items there are."""
    seen = counts > 0.0
    own = counts[seen] / counts.sum()
    with np.errstate(divide="ignore"):  # a known generator may exclude a cell
        return max(float(np.sum(counts[seen] * np.log(frequencies[seen] / own))), -LARGEST)
