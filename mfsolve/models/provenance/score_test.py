"""Score test of a pool's contamination against counted references, valid however few items a cell holds (MODEL 3.2).

With frequencies o, f, g of pool, human and synthetic reference the residual r = o - (1 - rho) f - rho g of a cell has
mean zero at the true rho, and so has its product with any direction. The maximum-likelihood direction is the difference
of the sources' frequencies under the hypothesis, d - beta r with d = g - f, over the variance of r. A product of counts
of one sample is biased by its noise, by as much as the information itself where cells are sparse, and a weight made of
the same counts once more. Products here are therefore sums over pairs of distinct items, and the weights of a pair are
those of the counts without it: E[a h(a - 1)] = lambda E[h(a)] for Poisson counts. The variance is that of the
Poincare inequality of counts, sum of lambda (change of the score with one item more)^2, which holds the part that
is quadratic in the noise twice; that part is estimated, and taken off once. Nothing supposes that the references
differ: where they do not, no contamination is rejected more often than the level says.
"""

import itertools
import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats

PRIOR = 4.0  # items by which a source's frequency in a cell is drawn towards that of all samples together
LEAST_VARIANCE = 0.25  # of the sum of squared changes: half of it, but for noise
POOL, HUMAN, SYNTHETIC = range(3)
UNIT = np.eye(3, dtype=np.int64)
PAIRS = tuple(itertools.combinations_with_replacement(range(3), 2))
TRIPLES = tuple(itertools.combinations_with_replacement(range(3), 3))
NONE = (0, 0, 0)
GRID = 33
BLOCK = 2**15  # numbers held at once in looking at the grid
TOLERANCE = 1e-9
Shift = tuple[int, int, int]


class Variance(NamedTuple):
    """Variance of the score, the score's slope -dU / d rho, and the Fisher information of a pool item."""

    score: float
    slope: float
    information: float


class Misfit(NamedTuple):
    """Chi-square and its effective degrees of freedom."""

    statistic: float
    degrees_of_freedom: float

    def p_value(self) -> float:
        """Upper tail of the chi-square law; NaN without degrees of freedom."""
        from scipy.special import chdtrc

        if not self.degrees_of_freedom > 0.0:
            return math.nan
        return float(chdtrc(self.degrees_of_freedom, max(self.statistic, 0.0)))


@dataclass(frozen=True)
class ScoreTest:
    """Score test of the contamination, from counts of pool, human and synthetic items per cell (k,), sums positive.

    Where the generator is `known`, `synthetic` holds its frequencies, which carry no noise.
    """

    pool: Floats
    human: Floats
    synthetic: Floats
    known: bool = False

    @cached_property
    def cells(self) -> tuple[Floats, Floats]:
        """Distinct counts (3, u) and how many cells have them (u,): rare tokens share few."""
        counts = np.stack([self.pool, self.human, self.synthetic])
        distinct, times = np.unique(counts[:, counts.sum(0) > 0.0], axis=1, return_counts=True)
        return distinct, times.astype(np.float64)

    @cached_property
    def sizes(self) -> tuple[float, float, float]:
        """Items of pool, human and synthetic reference."""
        return float(self.pool.sum()), float(self.human.sum()), float(self.synthetic.sum())

    @cached_property
    def given(self) -> tuple[float, float, float]:
        """Weight of an item of each sample in the frequency that all have in common: none outweighs both others."""
        n, na, nb = self.sizes
        if self.known:
            return 1.0, 1.0, n + na
        return tuple(min(size, n + na + nb - size) / size for size in (n, na, nb))  # type: ignore[return-value]

    def at(self, *contaminations: float) -> "Hypothesis":
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

    def interval(self, level: float) -> tuple[float, float]:
        """Contaminations that the score test accepts at a level in (0, 1), and the estimate: their convex hull."""
        from scipy.optimize import brentq

        x, centre = np.linspace(0.0, 1.0, GRID), self.estimate
        beyond = np.concatenate([np.abs(h.score) - h.critical(level) for h in self._grid])

        def excess(rho: float) -> float:
            hypothesis = self.at(rho)
            return float(abs(hypothesis.score[0]) - hypothesis.critical(level)[0])

        ends = []
        for side in (-1.0, 1.0):
            accepted = x[(beyond <= 0.0) & (side * (x - centre) > 0.0)]
            inner = side * float(max(side * accepted)) if accepted.size else centre
            outside = x[side * (x - inner) > 0.0]
            # an estimate at an end of [0, 1] may itself lie beyond what is accepted
            if not outside.size or excess(inner) >= 0.0:
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
                return Misfit(math.inf, 1.0)
            used = b > 0.0
            a, b, times = a[used], b[used], times[used]
            weight = na / (b + 1.0 / na)
            pairs = a * np.maximum(a - 1.0, 0.0) / (na * max(na - 1.0, 1e-9))
            apart = float(times @ (weight * (b * b - 2.0 * a / na * b + pairs)))
            effective = float(times @ (weight * b / na) ** 2)
            return Misfit(apart + effective - 1.0, effective - 1.0)
        per_item = 1.0 / na + 1.0 / nb

        def weight_without(items: float) -> Floats:
            return (na + nb) / (np.maximum(a + b - items, 0.0) + 1.0) / per_item

        pairs = _pairs(a, na) / na**2 + _pairs(b, nb) / nb**2 - 2.0 * a * b / (na * nb)
        both = (a + b) * np.maximum(a + b - 1.0, 0.0) / (na + nb) ** 2
        apart = float(times @ (weight_without(2.0) * pairs))
        effective = float(times @ (weight_without(2.0) ** 2 * both)) * per_item**2
        return Misfit(apart + effective - 1.0, effective - 1.0)


def _pairs(counts: Floats, items: float) -> Floats:
    """Ordered pairs of distinct items in a cell, scaled to estimate (items x frequency)^2."""
    return np.asarray(counts * np.maximum(counts - 1.0, 0.0) * (items / max(items - 1.0, 1e-9)))


class Weights(NamedTuple):
    """Of cells (g, u): 1 / variance of r, beta = Cov(d, r) / Var r, and the references' part of that variance."""

    inverse: Floats
    beta: Floats
    reference: Floats


class Changes(NamedTuple):
    """Sum of squared changes of the score with one item more (g,), and its own variance."""

    total: Floats
    noise: Floats


class Hypothesis:
    """Score of contaminations (g,) and its variance where each of them is true (MODEL 3.2)."""

    def __init__(self, test: ScoreTest, contaminations: Floats) -> None:
        self.test, self.rho = test, contaminations[:, None]
        self.counts, self.times = test.cells
        n, na, nb = test.sizes
        self.residual = np.full_like(self.rho, 1.0 / n), -(1.0 - self.rho) / na, -self.rho / nb
        self.contrast = np.array([0.0, -1.0 / na, 1.0 / nb])
        self.noisy = (POOL, HUMAN) if test.known else (POOL, HUMAN, SYNTHETIC)
        self._weights: dict[Shift, Weights] = {}
        self._products: dict[Shift, Floats] = {}

    @cached_property
    def score(self) -> Floats:
        """U(rho) = sum over cells of h r (d - beta r), of distinct items only (g,): positive where rho is too small."""
        return np.asarray(self.products(NONE) @ self.times)

    @cached_property
    def variance(self) -> Floats:
        """Variances (g,) of the score under the hypotheses."""
        changes = self._changes.total
        return np.asarray(np.clip(changes - self._quadratic(), LEAST_VARIANCE * changes, changes))

    def critical(self, level: float) -> Floats:
        """Largest accepted |U| (g,): a Student quantile, of as many degrees of freedom as the variance is known to."""
        from scipy.special import stdtrit

        freedom = np.maximum(2.0 * self.variance**2 / np.maximum(self._changes.noise, 1e-300), 1.0)
        return np.asarray(stdtrit(freedom, 0.5 + 0.5 * level) * np.sqrt(self.variance))

    def precision(self) -> Variance:
        """Variance and slope of the score, and the information of an item, under the first hypothesis."""
        n, _, _ = self.test.sizes
        slope = information = 0.0
        for i, j in PAIRS:
            pair = _shift(i, j)
            tuples = self._tuples(NONE, pair) * self.times
            if not tuples.any():
                continue
            weights, e = self.weights(_less(NONE, pair)), self.contrast
            twice = 1.0 if i == j else 2.0
            pool = n * (1.0 / weights.inverse - weights.reference)[0]
            slope += float((weights.inverse[0] * (twice * e[i] * e[j])) @ tuples)
            information += float(twice * e[i] * e[j] / pool @ tuples)
        return Variance(float(self.variance[0]), slope, information)

    def misfit(self) -> Misfit:
        """Distance of the pool from the mixture, in the metric of all samples' noise, at the first hypothesis."""
        distance = effective = 0.0
        for i, j in PAIRS:
            pair = _shift(i, j)
            tuples = self._tuples(NONE, pair) * self.times
            if not tuples.any():
                continue
            weights, _, spread = self._forms(_less(NONE, pair))
            twice = 1.0 if i == j else 2.0
            distance += float(((weights.inverse * (twice * self.residual[i] * self.residual[j])) @ tuples)[0])
            effective += float(((weights.inverse**2 * (twice * spread[i] * spread[j])) @ tuples)[0])
        return Misfit(distance + effective - 1.0, effective - 2.0)

    def weights(self, shift: Shift) -> Weights:
        """Weights of the counts changed by a shift, each source's frequency drawn towards that of all samples."""
        if shift not in self._weights:
            rho, (n, na, nb), known = self.rho, self.test.sizes, self.test.known
            y = [np.maximum(c + s, 0.0) for c, s in zip(self.counts, shift)]
            if known:
                y[SYNTHETIC] = self.counts[SYNTHETIC]
            given = self.test.given
            m = (sum(w * x for w, x in zip(given, y)) + PRIOR) / (n * given[0] + na * given[1] + nb * given[2])
            p = (y[HUMAN] + PRIOR) / (na + PRIOR / m)
            q = np.maximum(y[SYNTHETIC], 1e-3 * m) if known else (y[SYNTHETIC] + PRIOR) / (nb + PRIOR / m)
            noise_p, noise_q = (1.0 - rho) * p / na, 0.0 if known else rho * q / nb
            reference = (1.0 - rho) * noise_p + rho * noise_q
            inverse = 1.0 / (((1.0 - rho) * p + rho * q) / n + reference)
            self._weights[shift] = Weights(inverse, (noise_p - noise_q) * inverse, reference)
        return self._weights[shift]

    def products(self, shift: Shift) -> Floats:
        """Score of every distinct cell (g, u), its counts changed by a shift."""
        if shift not in self._products:
            e, r = self.contrast, self.residual
            total = np.zeros((self.rho.size, self.times.size))
            for i, j in PAIRS:
                pair = _shift(i, j)
                tuples = self._tuples(shift, pair)
                if tuples.any():
                    weights = self.weights(_less(shift, pair))
                    term = r[i] * (e[j] - weights.beta * r[j])
                    if i != j:
                        term = term + r[j] * (e[i] - weights.beta * r[i])
                    total += tuples * weights.inverse * term
            self._products[shift] = total
        return self._products[shift]

    @cached_property
    def _changes(self) -> Changes:
        """Sum over the noisy samples of lambda (change of the score with one item more)^2, about its mean.

        The rates lambda of the pool are those of the hypothesis, as far as the references know them better than the
        pool; an item more, half from either source, stands for what has not been seen.
        """
        n, cells = self.test.sizes[POOL], np.zeros((self.rho.size, self.times.size))
        share = (0.0, 1.0 - self.rho, self.rho)
        for one in self.noisy:
            seen = []
            for source in range(3) if one == POOL else (one,):
                certain = self.test.known and source == SYNTHETIC
                without = NONE if certain else _less(NONE, _shift(source))
                change = self.products(_plus(without, _shift(one))) - self.products(without)
                if one != POOL:
                    rate = self.counts[one] + np.zeros_like(change)
                else:
                    weights = self.weights(without)
                    own = weights.reference * weights.inverse
                    if source == POOL:
                        rate = own * self.counts[POOL]
                    else:
                        rate = ((1.0 - own) * n * share[source] + 0.5) / self.test.sizes[source] * self.counts[source]
                seen.append((rate, change))
            mean = sum((rate * change) @ self.times for rate, change in seen)
            mean = mean / sum(rate @ self.times for rate, _ in seen)
            for rate, change in seen:
                cells += rate * (change - mean[:, None]) ** 2
        # a cell's part is about a square of its counts: four times their relative variance, but no more than all of it
        scarce = 4.0 / (4.0 + self.counts[HUMAN] + (0.0 if self.test.known else self.counts[SYNTHETIC]))
        return Changes(cells @ self.times, (cells * cells) @ (scarce * self.times))

    def _forms(self, shift: Shift) -> tuple[Weights, list[Floats], list[Floats]]:
        """Weights, and the variances of d - beta r and of r as linear forms of the counts, each (g, u)."""
        rho, (n, na, nb) = self.rho, self.test.sizes
        weights, r, e = self.weights(shift), self.residual, self.contrast
        own = weights.reference * weights.inverse
        pool = [own / n, (1.0 - own) * (1.0 - rho) / na, (1.0 - own) * rho / nb]  # pi, as `_changes` takes it
        noise = [np.zeros_like(own), np.ones_like(own), np.full_like(own, 0.0 if self.test.known else 1.0)]
        spread = [pool[k] / n + noise[k] * r[k] ** 2 for k in range(3)]
        beta = weights.beta
        lean = [n * pool[k] * (beta * r[POOL]) ** 2 + noise[k] * (e[k] - beta * r[k]) ** 2 for k in range(3)]
        return weights, lean, spread

    def _quadratic(self) -> Floats:
        """Part of `_changes` that comes from the change of the residual's weight: what is quadratic in the noise."""
        r, total = self.residual, np.zeros(self.rho.size)
        for i, j in PAIRS:
            pair = _shift(i, j)
            tuples = self._tuples(NONE, pair) * self.times
            if tuples.any():
                weights, lean, spread = self._forms(_less(NONE, pair))
                both = spread[i] * lean[j] + (spread[j] * lean[i] if i != j else 0.0)
                total += (weights.inverse**2 * both) @ tuples
        for triple in TRIPLES:
            shift = _shift(*triple)
            tuples = self._tuples(NONE, shift) * self.times
            if tuples.any():
                weights, lean, _ = self._forms(_less(NONE, shift))
                terms = sum(r[i] * r[j] * lean[k] for i, j, k in set(itertools.permutations(triple)))
                total += (weights.inverse**2 * terms) @ tuples
        return total

    def _tuples(self, shift: Shift, drawn: Shift) -> Floats:
        """Ordered tuples of distinct items, `drawn` from each sample, in cells changed by a shift (u,).

        Per share of all such tuples that are distinct: their mean is the product of the samples' expected counts.
        """
        total = np.ones(self.times.size)
        for sample, k in enumerate(drawn):
            y, size = np.maximum(self.counts[sample] + shift[sample], 0.0), self.test.sizes[sample]
            if self.test.known and sample == SYNTHETIC:
                total = total * self.counts[sample] ** k
                continue
            for used in range(k):
                total = total * (np.maximum(y - used, 0.0) * (size / max(size - used, 1e-9)))
        return np.asarray(total)


def _shift(*samples: int) -> Shift:
    counts = UNIT[list(samples)].sum(0).tolist()
    return counts[0], counts[1], counts[2]


def _plus(shift: Shift, other: Shift) -> Shift:
    return shift[0] + other[0], shift[1] + other[1], shift[2] + other[2]


def _less(shift: Shift, other: Shift) -> Shift:
    return shift[0] - other[0], shift[1] - other[1], shift[2] - other[2]
