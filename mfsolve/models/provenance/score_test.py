"""Score test of a pool's contamination against counted references, valid however few items a cell holds (MODEL 3.2).

The interval holds the contaminations that two tests accept. The score test has the power, but the score is also zero
where the distance between pool and mixture is largest. The distance itself tells the two apart: it is a chi-square at
the true contamination, whatever the references know, and GUARD of the error rate is spent on it.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mfsolve.arrays import Floats

from .alarms import SUSPECT
from .counted_samples import HUMAN, SYNTHETIC, Samples
from .score_hypothesis import Hypothesis, Misfit

GUARD = 0.02  # of the error rate, for the distance of the pool from the mixture
GRID = 33
BLOCK = 2**15  # numbers held at once in looking at the grid
TOLERANCE = 1e-8


@dataclass(frozen=True)
class ScoreTest(Samples):
    """Score test of the contamination, from counts of pool, human and synthetic items."""

    def at(self, *contaminations: float) -> Hypothesis:
        """Score and variance under hypotheses (g,) of a contamination in [0, 1]."""
        return Hypothesis(self, np.array(contaminations))

    @cached_property
    def _grid(self) -> list["Hypothesis"]:
        """Hypotheses that are looked at first, in blocks: GRID of them between 0 and 1."""
        x, block = np.linspace(0.0, 1.0, GRID), max(1, BLOCK // self.cells[1].size)
        return [self.at(*x[start : start + block]) for start in range(0, GRID, block)]

    @cached_property
    def estimate(self) -> float:
        """Root of the score in [0, 1], the one with the largest integral of the score; an end where there is none."""
        from scipy.optimize import brentq

        x, y = np.linspace(0.0, 1.0, GRID), np.concatenate([h.score for h in self._grid])
        integral = np.append(0.0, np.cumsum(0.5 * (y[1:] + y[:-1])))
        best = integral[0] if y[0] <= 0.0 else -math.inf, 0, 0
        if y[-1] > 0.0:
            best = max(best, (integral[-1], GRID - 1, GRID - 1))
        for i in range(GRID - 1):
            if y[i] > 0.0 >= y[i + 1]:
                best = max(best, (integral[i] + 0.5 * y[i] ** 2 / (y[i] - y[i + 1]), i, i + 1))
        _, left, right = best
        if left == right:
            return float(x[left])
        return float(brentq(lambda rho: self.at(rho).score[0], x[left], x[right], xtol=TOLERANCE))

    def _statistics(self, hypothesis: Hypothesis, level: float) -> tuple[Floats, Floats]:
        """Squared score, and distance beyond what noise explains, per largest accepted (g,)."""
        from scipy.special import chdtri

        alpha, fit = 1.0 - level, hypothesis.misfit
        score = hypothesis.score / np.maximum(hypothesis.critical(1.0 - (1.0 - GUARD) * alpha), 1e-300)
        freedom = np.maximum(fit.degrees_of_freedom, 1.0)
        distance = (fit.statistic - freedom) / (chdtri(freedom, GUARD * alpha) - freedom)
        return np.asarray(score**2), np.asarray(distance)

    @property
    def outside(self) -> bool:
        """True where the pool lies beyond every mixture: the score rejects the nearest end at `SUSPECT`."""
        at = self.at(self.estimate)
        return self.estimate in (0.0, 1.0) and bool(abs(at.score[0]) > at.critical(1.0 - SUSPECT)[0])

    def interval(self, level: float) -> tuple[float, float]:
        """Convex hull of the contaminations that both tests accept at a level in (0, 1).

        The statistics are counted from those of the estimate, as in a likelihood ratio: the score is not zero at an
        estimate of 0 or 1, nor is the distance small where no mixture explains the pool. Where the score rejects an
        end that is the estimate, quantiles are counted from it, so that the interval is no shorter than one elsewhere;
        where the pool is far beyond that end nothing is known, and the interval is [0, 1].
        """
        from scipy.optimize import brentq

        x, centre = np.linspace(0.0, 1.0, GRID), self.estimate
        if self.outside:
            return 0.0, 1.0
        least_score, least_distance = self._statistics(self.at(centre), level)
        least_distance = np.maximum(least_distance, 0.0)

        def beyond_accepted(hypothesis: Hypothesis) -> Floats:
            score, distance = self._statistics(hypothesis, level)
            if least_score > 1.0:
                score, least = np.sqrt(score), np.sqrt(least_score)
                return np.asarray(np.maximum(score - least, distance - least_distance) - 1.0)
            return np.asarray(np.maximum(score - least_score, distance - least_distance) - 1.0)

        beyond = np.concatenate([beyond_accepted(h) for h in self._grid])

        def excess(rho: float) -> float:
            return float(beyond_accepted(self.at(rho))[0])

        ends = []
        for side in (-1.0, 1.0):
            accepted = x[(beyond <= 0.0) & (side * (x - centre) > 0.0)]
            inner = side * float(max(side * accepted)) if accepted.size else centre
            outside = x[side * (x - inner) > 0.0]
            if not outside.size:
                ends.append(inner)
            else:
                ends.append(float(brentq(excess, inner, side * float(min(side * outside)), xtol=TOLERANCE)))
        return ends[0], ends[1]

    def same_source(self) -> Misfit:
        """Distance between the references, under the hypothesis that both come from one source."""
        from_counts, times = self.cells
        a, b = from_counts[HUMAN], from_counts[SYNTHETIC]
        _, na, nb = self.sizes
        if self.known:
            if np.any(a[b == 0.0] > 0.0):
                return Misfit(np.array([math.inf]), np.array([1.0]))
            used = b > 0.0
            a, b, times = a[used], b[used], times[used]
            weight = na / (b + 1.0 / na)
            pairs = a * np.maximum(a - 1.0, 0.0) / (na * max(na - 1.0, 1e-9))
            apart = float(times @ (weight * (b * b - 2.0 * a / na * b + pairs)))
            effective = float(times @ (weight * b / na) ** 2)
            return Misfit(np.array([apart + effective - 1.0]), np.array([effective - 1.0]))
        per_item = 1.0 / na + 1.0 / nb

        def weight_without(items: float) -> Floats:
            weight: Floats = (na + nb) / (np.maximum(a + b - items, 0.0) + 1.0) / per_item
            return weight

        pairs = _pairs(a, na) / na**2 + _pairs(b, nb) / nb**2 - 2.0 * a * b / (na * nb)
        both = (a + b) * np.maximum(a + b - 1.0, 0.0) / (na + nb) ** 2
        apart = float(times @ (weight_without(2.0) * pairs))
        effective = float(times @ (weight_without(2.0) ** 2 * both)) * per_item**2
        return Misfit(np.array([apart + effective - 1.0]), np.array([effective - 1.0]))


def _pairs(counts: Floats, items: float) -> Floats:
    """Ordered pairs of distinct items in a cell, scaled to estimate (items x frequency)^2."""
    return np.asarray(counts * np.maximum(counts - 1.0, 0.0) * (items / max(items - 1.0, 1e-9)))
