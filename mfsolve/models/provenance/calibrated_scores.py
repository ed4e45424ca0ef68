"""Calibration of scores into log likelihood ratios by logistic regression on held-out items (MODEL 3.5)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats


class Calibrated(NamedTuple):
    """Slope and intercepts (C - 1,) that turn scores into log likelihood ratios, and the mean log loss that they have.

    The loss weighs the sources equally.
    """

    slope: float
    intercept: Floats
    loss: float

    def __call__(self, score: Floats) -> Floats:
        """Log likelihood ratios (..., C - 1) of scores."""
        return np.asarray(self.slope * score + self.intercept)


def calibrate_scores(scores: Sequence[Floats]) -> Calibrated:
    """Fit one slope and C - 1 intercepts to held-out scores, an array (n, C - 1) a source (MODEL 3.5).

    Sources count equally, whatever their sizes; labels are softened as by Platt (1999), so that sources that are told
    apart without error do not make the slope infinite. The slope is at least 0.
    """
    from scipy.optimize import minimize

    scale = float(np.sqrt(np.mean(np.concatenate([s.ravel() for s in scores]) ** 2))) or 1.0
    count = len(scores)
    x = np.concatenate(scores) / scale
    target = np.concatenate([_soft(c, s.shape[0], count) for c, s in enumerate(scores)])
    weight = np.concatenate([np.full(s.shape[0], 1.0 / (count * s.shape[0])) for s in scores])

    def loss(parameters: Floats) -> tuple[float, Floats]:
        z = np.concatenate([np.zeros((x.shape[0], 1)), parameters[0] * x + parameters[1:]], axis=1)
        top = z.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(z - top).sum(axis=1, keepdims=True)) + top
        value = float(np.sum(weight * (log_sum[:, 0] - np.sum(target * z, axis=1))))
        slack = weight[:, None] * (np.exp(z - log_sum) - target)[:, 1:]
        return value, np.concatenate([[np.sum(slack * x)], slack.sum(axis=0)])

    start = np.concatenate([[1.0], np.zeros(count - 1)])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] + [(None, None)] * (count - 1))
    return Calibrated(float(found.x[0]) / scale, np.asarray(found.x[1:]), float(found.fun))


def _soft(source: int, items: int, count: int) -> Floats:
    """Labels (items, C) of a source, softened as if one more item of every source had been seen."""
    label = np.full((items, count), 1.0 / (items + count))
    label[:, source] = (items + 1.0) / (items + count)
    return label
