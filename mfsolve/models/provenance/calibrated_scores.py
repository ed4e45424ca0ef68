"""Calibration of scores into log likelihood ratios by logistic regression on held-out items (MODEL 3.5)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats

PASSES = 50
SETTLED = 1e-10
RIDGE = 1e-9


class Calibrated(NamedTuple):
    """Slopes and intercepts (C - 1,) that turn scores into log likelihood ratios, and the mean log loss that they have.

    The loss weighs the sources equally.
    """

    slope: Floats
    intercept: Floats
    loss: float

    def __call__(self, score: Floats) -> Floats:
        """Log likelihood ratios (..., C - 1) of scores."""
        return np.asarray(self.slope * score + self.intercept)


def calibrate_scores(scores: Sequence[Floats]) -> Calibrated:
    """Fit a slope and an intercept each to the C - 1 held-out scores, an array (n, C - 1) a source (MODEL 3.5).

    Sources count equally, whatever their sizes; labels are softened as by Platt (1999), so that sources that are told
    apart without error do not make a slope infinite. One slope for all would be that of the source that is told apart
    most easily, next to which others are alike. Slopes are at least 0.
    """
    count = len(scores)
    steps = count - 1
    scale = np.sqrt(np.mean(np.concatenate(scores) ** 2, axis=0))
    scale[scale == 0.0] = 1.0
    x = np.concatenate(scores) / scale
    target = np.concatenate([_soft(c, s.shape[0], count) for c, s in enumerate(scores)])
    weight = np.concatenate([np.full(s.shape[0], 1.0 / (count * s.shape[0])) for s in scores])
    each = np.broadcast_to(np.eye(steps), (x.shape[0], steps, steps))
    design = np.concatenate([x[:, :, None] * each, each], 2)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        z = np.concatenate([np.zeros((x.shape[0], 1)), design @ parameters], axis=1)
        z -= z.max(axis=1, keepdims=True)
        odds = np.exp(z)
        total = odds.sum(axis=1, keepdims=True)
        return float(np.sum(weight * (np.log(total[:, 0]) - np.sum(target * z, axis=1)))), odds / total

    found = np.zeros(2 * steps)
    value, share = loss(found)
    for _ in range(PASSES):  # Newton's steps, halved until they descend
        slack = weight[:, None] * (share - target)[:, 1:]
        slope = np.einsum("nc,ncp->p", slack, design)
        part = share[:, 1:, None] * design
        mean = part.sum(axis=1)
        curvature = np.einsum("n,ncp,ncq->pq", weight, part, design) - np.einsum("n,np,nq->pq", weight, mean, mean)
        step = np.linalg.solve(curvature + RIDGE * np.eye(2 * steps), slope)
        size = 1.0
        while size > 1e-4:
            ahead = found - size * step
            next_value, next_share = loss(ahead)
            if next_value <= value:
                break
            size *= 0.5
        gain, found, value, share = value - next_value, ahead, next_value, next_share
        if gain < SETTLED:
            break
    return Calibrated(np.maximum(found[:steps], 0.0) / scale, np.asarray(found[steps:]), value)


def _soft(source: int, items: int, count: int) -> Floats:
    """Labels (items, C) of a source, softened as if one more item of every source had been seen."""
    label = np.full((items, count), 1.0 / (items + count))
    label[:, source] = (items + 1.0) / (items + count)
    return label
