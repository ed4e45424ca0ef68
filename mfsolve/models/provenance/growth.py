"""Logistic growth of a share from the moments of all periods (MODEL 3.5.5).

A period's own estimate cannot be weighed by its own error: a small period that happens to look human has a small one,
so that weights lean to low shares, and what is cut off at 0 or 1 leans to the middle. Every period is therefore
linearised at the share that the curve has there, and its variance is the one that a pool of that share has.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.result_repr import legible

from .cross_fitted import CrossFitted
from .document_shares import DocumentQuantification
from .quantify import Quantification
from .score_hypothesis import PRIOR
from .share import Answer

ROUNDS = 60
SETTLED = 1e-6  # of a step of the curve, in log odds
LONGEST_STEP = 1.0  # in log odds, anywhere
FURTHEST = 12.0  # log odds: a curve beyond is at 0 or 1
LEAST_PERIODS = 3
NEXT_TO = 0.02  # 0 or 1: where a fit begins at the farthest


@legible
@dataclass(frozen=True)
class Growth:
    """Logistic growth ln(rho / (1 - rho)) = a + b t of the shares: rate b, start, covariance (2, 2) of (a, b).

    `p_value` is that of the deviations from it, by chi-square; the start is the share at the first period.
    """

    rate: float
    start: float
    covariance: Floats
    p_value: float
    level: float

    @property
    def standard_error(self) -> float:
        """Standard error of the rate."""
        return math.sqrt(float(self.covariance[1, 1]))

    @property
    def interval(self) -> tuple[float, float]:
        """Interval of the rate."""
        from scipy.special import ndtri

        reach = float(ndtri(0.5 + 0.5 * self.level)) * self.standard_error
        return self.rate - reach, self.rate + reach


class NoGrowth(NamedTuple):
    """Reason, in words, why no curve is fitted."""

    reason: str


AT_AN_END = "no growth: the shares of all periods are next to {end}, where the rate of the odds is not identifiable"
FEW = "no growth: a curve needs 3 periods at different times with an identifiable share; {count} do"
UNSETTLED = "no growth: no logistic curve with an identifiable rate fits these shares"


class Linear(NamedTuple):
    """Shares (P,) of periods by one step from given ones, in no way cut off, and their variances (P,).

    `shared` (P, P) is their covariance from errors of the references, each of which moves all periods at once.
    """

    value: Floats
    own: Floats
    shared: Floats


def growth_of(times: Floats, answers: Sequence[Answer], labels: Sequence[str], level: float) -> Growth | NoGrowth:
    """Fit a logistic curve to the moments of all periods at once; errors of the references are common to these.

    With fewer than three periods that tell their share, and where the curve is at 0 or 1 all along, the reason instead.
    """
    good = [k for k, a in enumerate(answers) if math.isfinite(a.share) and math.isfinite(a.standard_error)]
    if len(good) < LEAST_PERIODS or np.unique(times[good]).size < LEAST_PERIODS:
        return _at_an_end(answers) or NoGrowth(FEW.format(count=len(good)))
    t, chosen, names = times[good], [answers[k] for k in good], [labels[k] for k in good]
    items = np.array([a.items for a in chosen])
    level_of_all = float(np.clip(items @ [a.share for a in chosen] / items.sum(), NEXT_TO, 1.0 - NEXT_TO))
    x = np.array([math.log(level_of_all / (1.0 - level_of_all)), 0.0])
    ends, loss, information = np.array([t.min(), t.max()]), math.inf, np.zeros((2, 2))
    nowhere = _at_an_end(answers) or NoGrowth(UNSETTLED)
    for _ in range(ROUNDS):
        rho = 1.0 / (1.0 + np.exp(-(x[0] + x[1] * t)))
        found = linearised(chosen, names, rho, level_of_all)
        if not (np.isfinite(found.value).all() and (found.own > 0.0).all()):
            return nowhere
        weight = np.linalg.inv(np.diag(found.own) + found.shared)
        slope = (rho * (1.0 - rho))[:, None] * np.column_stack([np.ones_like(t), t])
        information, residual = slope.T @ weight @ slope, found.value - rho
        if np.linalg.cond(information) > 1e12:
            return nowhere
        step = np.linalg.solve(information, slope.T @ weight @ residual)
        loss = float(residual @ weight @ residual)
        longest = float(np.abs(step[0] + step[1] * ends).max())
        x = x + step * min(1.0, LONGEST_STEP / max(longest, 1e-300))
        if np.abs(x[0] + x[1] * ends).min() > FURTHEST and np.ptp(np.sign(x[0] + x[1] * ends)) == 0.0:
            return NoGrowth(AT_AN_END.format(end=int(x[0] > 0.0)))
        if longest < SETTLED:
            break
    else:
        return nowhere
    from scipy.special import chdtrc

    covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    start = float(1.0 / (1.0 + math.exp(-x[0] - x[1] * times[0])))
    return Growth(float(x[1]), start, covariance, float(chdtrc(t.size - 2, loss)), level)


def _at_an_end(answers: Sequence[Answer]) -> NoGrowth | None:
    """The reason where all shares are 0, or 1, but for a fiftieth."""
    shares = np.array([a.share for a in answers if math.isfinite(a.share)])
    for end in (0, 1):
        if shares.size >= LEAST_PERIODS and np.abs(shares - end).max() <= NEXT_TO:
            return NoGrowth(AT_AN_END.format(end=end))
    return None


def linearised(answers: Sequence[Answer], labels: Sequence[str], rho: Floats, middle: float) -> Linear:
    """Shares by one step of each period's equation from `rho` (P,), with the variances that they have there."""
    first = answers[0]
    if isinstance(first, DocumentQuantification):
        return _of_documents(first.behind, labels, rho, middle)
    return _of_cells([a for a in answers if isinstance(a, Quantification)], rho)


class _Spread(NamedTuple):
    """Variances (P,) of the periods' scores over items of one source, per mean square; correlations (P, P) of them."""

    centred: Floats
    alike: Floats


def _spreads(answers: Sequence[Quantification], rho: Floats) -> tuple[_Spread, _Spread, _Spread]:
    """Spread of the scores over items of the pools, and of the human and the synthetic reference.

    An item of a cell adds (q - p) / Var r to a score (MODEL 3.2.2), which differs from share to share. The number of
    items is given, so that it is the variance of that about its mean, not its mean square, that errors have.
    """
    tests = [a.found.test for a in answers]
    n, na, nb = (np.array([t.sizes[k] for t in tests])[:, None] for k in range(3))
    human, synthetic = tests[0].human, tests[0].synthetic
    total = human + synthetic + sum(t.pool for t in tests)
    seen = total > 0.0
    p, q = ((x + PRIOR * total / total.sum())[seen] / (x.sum() + PRIOR) for x in (human, synthetic))
    at = rho[:, None]
    mixed = (1.0 - at) * p + at * q
    weight = (q - p) / (mixed / n + (1.0 - at) ** 2 * p / na + at**2 * q / nb)
    return _spread(weight, mixed), _spread(weight, p), _spread(weight, q)


def _spread(weight: Floats, law: Floats) -> _Spread:
    """Spread of weights (P, k) under a law (k,), or under one of each period (P, k)."""
    law = np.broadcast_to(law, weight.shape)
    square = (weight**2 * law).sum(axis=1)
    off = (weight - (weight * law).sum(axis=1, keepdims=True)) * np.sqrt(law)
    unit = off / np.maximum(np.sqrt((off**2).sum(axis=1, keepdims=True)), 1e-300)
    return _Spread((off**2).sum(axis=1) / np.maximum(square, 1e-300), unit @ unit.T)


def _of_cells(answers: Sequence[Quantification], rho: Floats) -> Linear:
    """By a step of each score, whose variance and slope are those of a pool with this share.

    What is neither of the references nor of the pool alone, the product of their noise, is the period's own.
    """
    pools, humans, synthetics = _spreads(answers, rho)
    at = [a.found.test.at(float(r)) for a, r in zip(answers, rho)]
    found = [hypothesis.precision() for hypothesis in at]
    score, slope, pool, human, synthetic = (
        np.array([getattr(f, name) for f in found]) for name in ("score", "slope", "pool", "human", "synthetic")
    )
    slope = np.where(slope > 0.0, slope, math.nan)
    human, synthetic = np.maximum(human, 0.0) * humans.centred, np.maximum(synthetic, 0.0) * synthetics.centred
    own = np.maximum(score - human - synthetic, pool * pools.centred)
    shared = sum(
        np.outer(e, e) * spread.alike
        for e, spread in ((np.sqrt(human) / slope, humans), (np.sqrt(synthetic) / slope, synthetics))
    )
    return Linear(rho + np.array([float(h.score[0]) for h in at]) / slope, own / slope**2, np.asarray(shared))


def _of_documents(behind: CrossFitted, labels: Sequence[str], rho: Floats, middle: float) -> Linear:
    """By the mean of one function for all periods, the efficient score at the share of them all.

    The variance of a period's mean is that of a mixture with its share; where documents hold several items, that of a
    document in all periods together over its number of documents.
    """
    every = [behind.equations(label, middle) for label in labels]
    slopes = np.array([float((e.sources[1].value - e.sources[0].value)[0]) for e in every])
    shares = np.column_stack([1.0 - rho, rho])
    gap = np.array([float(e.gap(s)[0]) for e, s in zip(every, shares)])
    own = np.array([float(e.pool_covariance(s)[0, 0]) for e, s in zip(every, shares)])
    common = np.array([np.sqrt(np.maximum(e.reference_variances(s), 0.0)) for e, s in zip(every, shares)])
    model = [e.mixture_covariance(s) for e, s in zip(every, shares)]
    if all(m is not None for m in model):
        given, own = own, np.array([float(m[0, 0]) for m in model if m is not None])
        if any(e.pool.grouped is not None for e in every):  # what clusters have in common beyond their source
            own = own * max(1.0, float(given.sum() / own.sum()))
    else:
        documents = np.array([float(e.pool.documents) for e in every])
        own = float(own @ documents**2 / documents.sum()) / documents
    with np.errstate(divide="ignore", invalid="ignore"):
        common = common / np.abs(slopes)[:, None]
        return Linear(rho + gap / slopes, own / slopes**2, common @ common.T)
