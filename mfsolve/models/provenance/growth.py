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
from mfsolve.models.legible import legible

from .cross_fitted import CrossFitted
from .document_shares import DocumentQuantification
from .quantify import Quantification
from .share import Answer

ROUNDS = 60
SETTLED = 1e-6  # of a step of the curve, in log odds
LONGEST_STEP = 1.0  # in log odds, anywhere
FURTHEST = 12.0  # log odds: a curve beyond is at 0 or 1
LEAST_PERIODS = 3


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


class Linear(NamedTuple):
    """Shares (P,) of periods by one step from given ones, in no way cut off, and their variances (P,).

    `common` (P, 2) are their standard deviations from errors of the human and of the synthetic reference, each of which
    moves all periods at once.
    """

    value: Floats
    own: Floats
    common: Floats


def growth_of(times: Floats, answers: Sequence[Answer], labels: Sequence[str], level: float) -> Growth | None:
    """Fit a logistic curve to the moments of all periods at once; errors of the references are common to these.

    None with fewer than three periods that tell their share, and where the curve is at 0 or 1 all along.
    """
    good = [k for k, a in enumerate(answers) if math.isfinite(a.share) and math.isfinite(a.standard_error)]
    if len(good) < LEAST_PERIODS or np.ptp(times[good]) == 0.0:
        return None
    t, chosen, names = times[good], [answers[k] for k in good], [labels[k] for k in good]
    items = np.array([a.items for a in chosen])
    level_of_all = float(np.clip(items @ [a.share for a in chosen] / items.sum(), 0.02, 0.98))
    x = np.array([math.log(level_of_all / (1.0 - level_of_all)), 0.0])
    ends, loss, information = np.array([t.min(), t.max()]), math.inf, np.zeros((2, 2))
    for _ in range(ROUNDS):
        rho = 1.0 / (1.0 + np.exp(-(x[0] + x[1] * t)))
        found = _linearised(chosen, names, rho, level_of_all)
        if not (np.isfinite(found.value).all() and (found.own > 0.0).all()):
            return None
        weight = np.linalg.inv(np.diag(found.own) + found.common @ found.common.T)
        slope = (rho * (1.0 - rho))[:, None] * np.column_stack([np.ones_like(t), t])
        information, residual = slope.T @ weight @ slope, found.value - rho
        if np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, slope.T @ weight @ residual)
        loss = float(residual @ weight @ residual)
        longest = float(np.abs(step[0] + step[1] * ends).max())
        x = x + step * min(1.0, LONGEST_STEP / max(longest, 1e-300))
        if np.abs(x[0] + x[1] * ends).min() > FURTHEST and np.ptp(np.sign(x[0] + x[1] * ends)) == 0.0:
            return None
        if longest < SETTLED:
            break
    else:
        return None
    from scipy.special import chdtrc

    covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    start = float(1.0 / (1.0 + math.exp(-x[0] - x[1] * times[0])))
    return Growth(float(x[1]), start, covariance, float(chdtrc(t.size - 2, loss)), level)


def _linearised(answers: Sequence[Answer], labels: Sequence[str], rho: Floats, middle: float) -> Linear:
    """Shares by one step of each period's equation from `rho` (P,), with the variances that they have there."""
    first = answers[0]
    if isinstance(first, DocumentQuantification):
        return _of_documents(first.behind, labels, rho, middle)
    rows = np.array([_of_cells(a, float(r)) for a, r in zip(answers, rho) if isinstance(a, Quantification)])
    return Linear(rows[:, 0], rows[:, 1], rows[:, 2:])


def _of_cells(answer: Quantification, rho: float) -> tuple[float, float, float, float]:
    """By a step of the score, whose variance and slope are those of a pool with this share."""
    hypothesis = answer.found.test.at(rho)
    found = hypothesis.precision()
    if not found.slope > 0.0:
        return math.nan, math.nan, math.nan, math.nan
    own = max(found.score - found.references, 0.001 * found.score) / found.slope**2
    value = rho + float(hypothesis.score[0]) / found.slope
    human, synthetic = (math.sqrt(max(part, 0.0)) / found.slope for part in (found.human, found.synthetic))
    return value, own, human, synthetic


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
    common = np.array([np.sqrt(e.reference_variances(s)) for e, s in zip(every, shares)])
    model = [e.mixture_covariance(s) for e, s in zip(every, shares)]
    if all(m is not None for m in model):
        own = np.array([float(m[0, 0]) for m in model if m is not None])
    else:
        documents = np.array([float(e.pool.documents) for e in every])
        own = float(own @ documents**2 / documents.sum()) / documents
    with np.errstate(divide="ignore", invalid="ignore"):
        return Linear(rho + gap / slopes, own / slopes**2, common / np.abs(slopes)[:, None])
