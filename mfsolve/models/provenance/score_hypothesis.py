"""Score of a contamination and its variance under the hypothesis that it is true, from counted references (MODEL 3.2).

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
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats

from .counted_samples import HUMAN, NONE, POOL, SYNTHETIC, Samples, Shift, items, less, plus

PRIOR = 4.0  # items by which a source's frequency in a cell is drawn towards that of all samples together
LEAST_VARIANCE = 0.25  # of the sum of squared changes: half of it, but for noise
PAIRS = tuple(itertools.combinations_with_replacement(range(3), 2))
TRIPLES = tuple(itertools.combinations_with_replacement(range(3), 3))


class Precision(NamedTuple):
    """Variance of the score, its part linear in the references' noise, -dU / d rho, information of a pool item.

    `human` and `synthetic` are the parts of `references` by reference, `pool` is that of the pool; all three are mean
    squares, as of a number of items that varies.
    """

    score: float
    references: float
    slope: float
    information: float
    human: float
    synthetic: float
    pool: float


class Misfit(NamedTuple):
    """Chi-squares (g,) and their effective degrees of freedom (g,)."""

    statistic: Floats
    degrees_of_freedom: Floats

    def p_value(self, fitted: int = 0) -> float:
        """Upper tail of the first one's chi-square law, less the parameters fitted; NaN without degrees of freedom."""
        from scipy.special import chdtrc

        freedom = float(self.degrees_of_freedom[0]) - fitted
        return float(chdtrc(freedom, max(float(self.statistic[0]), 0.0))) if freedom > 0.0 else math.nan


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

    def __init__(self, samples: Samples, contaminations: Floats) -> None:
        self.samples, self.rho = samples, contaminations[:, None]
        self.counts, self.times = samples.cells
        n, na, nb = samples.sizes
        self.residual = np.full_like(self.rho, 1.0 / n), -(1.0 - self.rho) / na, -self.rho / nb
        self.contrast = np.array([0.0, -1.0 / na, 1.0 / nb])
        self.noisy = (POOL, HUMAN) if samples.known else (POOL, HUMAN, SYNTHETIC)
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

    def precision(self) -> Precision:
        """Variance and slope of the score, and the information of an item, under the first hypothesis."""
        n, _, _ = self.samples.sizes
        references = slope = information = own = 0.0
        parts = [0.0, 0.0, 0.0]
        for i, j in PAIRS:
            pair = items(i, j)
            tuples = self.samples.tuples(NONE, pair) * self.times
            if not tuples.any():
                continue
            weights, e = self.weights(less(NONE, pair)), self.contrast
            twice = 1.0 if i == j else 2.0
            pool = n * (1.0 / weights.inverse - weights.reference)[0]
            for k in self.noisy[1:]:
                third = items(i, j, k)
                drawn, inverse = self.samples.tuples(NONE, third) * self.times, self.weights(less(NONE, third)).inverse
                part = float((inverse[0] * self.residual[k][0]) ** 2 * (twice * e[i] * e[j]) @ drawn)
                references += part
                parts[k] += part
            share = weights.inverse[0] * (1.0 - weights.reference[0] * weights.inverse[0])  # of the pool's noise
            own += float(share * (twice * e[i] * e[j]) @ tuples)
            slope += float((weights.inverse[0] * (twice * e[i] * e[j])) @ tuples)
            information += float(twice * e[i] * e[j] / pool @ tuples)
        return Precision(float(self.variance[0]), references, slope, information, parts[HUMAN], parts[SYNTHETIC], own)

    @cached_property
    def misfit(self) -> Misfit:
        """Distance of the pool from the mixtures, in the metric of all samples' noise, at the hypotheses (g,)."""
        distance, effective = np.zeros(self.rho.size), np.zeros(self.rho.size)
        for i, j in PAIRS:
            pair = items(i, j)
            tuples = self.samples.tuples(NONE, pair) * self.times
            if tuples.any():
                weights, _, spread = self._forms(less(NONE, pair))
                twice = 1.0 if i == j else 2.0
                distance += (weights.inverse * (twice * self.residual[i] * self.residual[j])) @ tuples
                effective += (weights.inverse**2 * (twice * spread[i] * spread[j])) @ tuples
        return Misfit(distance + effective - 1.0, effective - 1.0)

    def weights(self, shift: Shift) -> Weights:
        """Weights of the counts changed by a shift, each source's frequency drawn towards that of all samples."""
        if shift not in self._weights:
            rho, (n, na, nb), known = self.rho, self.samples.sizes, self.samples.known
            y = [np.maximum(c + s, 0.0) for c, s in zip(self.counts, shift)]
            if known:
                y[SYNTHETIC] = self.counts[SYNTHETIC]
            given = self.samples.given
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
                pair = items(i, j)
                tuples = self.samples.tuples(shift, pair)
                if tuples.any():
                    weights = self.weights(less(shift, pair))
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
        n, cells = self.samples.sizes[POOL], np.zeros((self.rho.size, self.times.size))
        share = (0.0, 1.0 - self.rho, self.rho)
        for one in self.noisy:
            seen = []
            for source in range(3) if one == POOL else (one,):
                certain = self.samples.known and source == SYNTHETIC
                without = NONE if certain else less(NONE, items(source))
                change = self.products(plus(without, items(one))) - self.products(without)
                if one != POOL:
                    rate = self.counts[one] + np.zeros_like(change)
                else:
                    weights = self.weights(without)
                    own = weights.reference * weights.inverse
                    if source == POOL:
                        rate = own * self.counts[POOL]
                    else:
                        rate = (
                            ((1.0 - own) * n * share[source] + 0.5) / self.samples.sizes[source] * self.counts[source]
                        )
                seen.append((rate, change))
            mean = sum((rate * change) @ self.times for rate, change in seen)
            mean = mean / sum(rate @ self.times for rate, _ in seen)
            for rate, change in seen:
                cells += rate * (change - mean[:, None]) ** 2
        # a cell's part is about a square of its frequencies: four times their relative variance, but no more than 1
        _, na, nb = self.samples.sizes
        (_, a, b), noisy = self.counts, 0.0 if self.samples.known else 1.0
        effective = (a / na + b / nb) ** 2 / ((a + 0.5) / na**2 + noisy * (b + 0.5) / nb**2)
        scarce = 4.0 / (4.0 + effective)
        return Changes(cells @ self.times, (cells * cells) @ (scarce * self.times))

    def _forms(self, shift: Shift) -> tuple[Weights, list[Floats], list[Floats]]:
        """Weights, and the variances of d - beta r and of r as linear forms of the counts, each (g, u)."""
        rho, (n, na, nb) = self.rho, self.samples.sizes
        weights, r, e = self.weights(shift), self.residual, self.contrast
        own = weights.reference * weights.inverse
        pool = [own / n, (1.0 - own) * (1.0 - rho) / na, (1.0 - own) * rho / nb]  # pi, as `_changes` takes it
        noise = [np.zeros_like(own), np.ones_like(own), np.full_like(own, 0.0 if self.samples.known else 1.0)]
        spread = [pool[k] / n + noise[k] * r[k] ** 2 for k in range(3)]
        beta = weights.beta
        lean = [n * pool[k] * (beta * r[POOL]) ** 2 + noise[k] * (e[k] - beta * r[k]) ** 2 for k in range(3)]
        return weights, lean, spread

    def _quadratic(self) -> Floats:
        """Part of `_changes` that comes from the change of the residual's weight: what is quadratic in the noise."""
        r, total = self.residual, np.zeros(self.rho.size)
        for i, j in PAIRS:
            pair = items(i, j)
            tuples = self.samples.tuples(NONE, pair) * self.times
            if tuples.any():
                weights, lean, spread = self._forms(less(NONE, pair))
                both = spread[i] * lean[j] + (spread[j] * lean[i] if i != j else 0.0)
                total += (weights.inverse**2 * both) @ tuples
        for triple in TRIPLES:
            shift = items(*triple)
            tuples = self.samples.tuples(NONE, shift) * self.times
            if tuples.any():
                weights, lean, _ = self._forms(less(NONE, shift))
                terms = sum(r[i] * r[j] * lean[k] for i, j, k in set(itertools.permutations(triple)))
                total += (weights.inverse**2 * terms) @ tuples
        return total
