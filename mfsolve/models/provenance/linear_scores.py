"""Linear scores of many features, fitted to references with shrunk covariances, and cross-fitted (MODEL 3.5)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.words import Indices

from . import clusters, copies
from .calibrated_scores import Calibrated, calibrate_scores
from .word_likelihoods import FOLDS, HeldOut


class _Line(NamedTuple):
    """Fisher's discriminant: directions (d, C - 1), constants, its calibration, and the centre and inverse spread."""

    direction: Floats
    constant: Floats
    calibration: Calibrated
    centre: Floats
    inverse_spread: Floats


class LinearScores:
    """Scores of rows of d features under C sources, one model a fold, none of which sees its own fold.

    The common covariance within sources is shrunk towards its diagonal by as much as Ledoit and Wolf (2004) find best;
    the number of features may exceed that of rows.
    """

    def __init__(self, rows: Sequence[Floats], grouped: Sequence[Indices | None] = ()) -> None:
        """Fit to rows (n, d) of each source, the first of them human; `grouped` are numbers of the rows' clusters."""
        self.rows = [np.asarray(x, dtype=np.float64) for x in rows]
        self.identities = [copies.of_rows(x) for x in self.rows]
        self.again = copies.several(self.identities)
        self.clusters = grouped or [None] * len(rows)
        self.folds = [
            copies.folds(one, again, FOLDS) if own is None else clusters.parts(own, FOLDS, one)
            for one, again, own in zip(self.identities, self.again, self.clusters)
        ]
        self.models = [self._model(fold) for fold in range(FOLDS)]

    @property
    def names(self) -> tuple[str, ...]:
        """Kinds of score, one a fold."""
        return ("linear",) * FOLDS

    def held_out(self, source: int) -> HeldOut:
        """Rows of a reference under the models that have not seen them."""
        x, fold = self.rows[source], self.folds[source]
        ratio, far = np.empty((x.shape[0], len(self.rows) - 1)), np.empty(x.shape[0])
        for k, model in enumerate(self.models):
            mine = fold == k
            ratio[mine], far[mine] = _measure(model, x[mine])
        return HeldOut(ratio, far, np.zeros(x.shape[0]), fold, np.arange(x.shape[0]), self.again[source])

    def pool(self, block: Floats) -> tuple[Floats, Floats, Floats]:
        """Log likelihood ratios (n, K, C - 1) of rows under every fold's model; their distances from the references."""
        measured = [_measure(model, block) for model in self.models]
        ratio = np.stack([ratio for ratio, _ in measured], axis=1)
        return ratio, np.mean([far for _, far in measured], axis=0), np.zeros(block.shape[0])

    def _model(self, fold: int) -> _Line:
        others = [k for k in range(FOLDS) if k != fold]
        halves = others[: len(others) // 2], others[len(others) // 2 :]
        scores: list[list[Floats]] = [[] for _ in self.rows]
        for fitted, scored in (halves, halves[::-1]):
            direction, constant = _fitted([x[np.isin(f, fitted)] for x, f in zip(self.rows, self.folds)])
            for kept, x, f in zip(scores, self.rows, self.folds):
                kept.append(x[np.isin(f, scored)] @ direction + constant)
        calibration = calibrate_scores([np.concatenate(kept) for kept in scores])
        rows = [x[np.isin(f, others)] for x, f in zip(self.rows, self.folds)]
        together = np.concatenate(rows)
        spread = together.std(axis=0)
        inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0.0)
        return _Line(*_fitted(rows), calibration, together.mean(axis=0), inverse)


def _measure(model: _Line, x: Floats) -> tuple[Floats, Floats]:
    """Log likelihood ratios of rows, and their root-mean-square standardised distance from the references' centre."""
    far = np.sqrt(np.mean(((x - model.centre) * model.inverse_spread) ** 2, axis=1))
    return model.calibration(x @ model.direction + model.constant), far


def _fitted(rows: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Directions and constants of Fisher's linear discriminant with a shrunk covariance."""
    means = np.stack([x.mean(axis=0) for x in rows])
    inside = np.concatenate([x - m for x, m in zip(rows, means)])
    spread = inside.std(axis=0)
    used = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0.0)
    z = inside * used
    n, d = z.shape
    covariance = z.T @ z / n
    off = covariance - np.diag(np.diag(covariance))
    target = float(np.sum(off**2))
    squares = z * z
    noise = float(np.sum(squares.T @ squares / n - covariance**2) - np.sum(np.var(squares, axis=0))) / n
    shrink = min(1.0, max(0.0, noise / target)) if target > 0.0 else 1.0
    shrunk = (1.0 - shrink) * covariance + shrink * np.diag(np.diag(covariance)) + 1e-8 * np.eye(d)
    direction = used[:, None] * np.linalg.solve(shrunk, ((means[1:] - means[0]) * used).T)
    middle = 0.5 * (means[1:] + means[0])
    return direction, -np.einsum("cd,dc->c", middle, direction)
