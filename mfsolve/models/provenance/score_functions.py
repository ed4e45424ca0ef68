"""Functions of an item's log likelihood ratios that estimate shares and test the mixture (MODEL 3.5)."""

from collections.abc import Sequence

import numpy as np

from mfsolve.arrays import Floats

PRIORS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95)
"""Shares at which a function is the efficient one."""
BEHIND_TAIL = 20.0
"""Reference items that the largest values of a function, up to 1 / a, need behind them."""
FURTHEST = 30.0
CELLS = 5  # a source


class ScoreFunctions:
    """Bounded functions of log likelihood ratios z (n, C - 1) of C sources to the first one.

    With two sources they are the efficient scores t = (r - 1) / (1 - a + a r), r = e^z, at each a of `PRIORS`, and
    indicators of the cells between `edges`. With more, they are the posterior probabilities of all sources but the
    first under equal priors, then the same of z / 2.
    """

    def __init__(self, references: Sequence[Floats]) -> None:
        """Cut cells at quantiles of the references' ratios, one array (n, C - 1) a source."""
        self.sources = len(references)
        least = min(z.shape[0] for z in references)
        low = min(0.5, BEHIND_TAIL / least)
        self.priors = [a for a in PRIORS if low <= a <= 1.0 - low] or [0.5]
        cells = int(min(CELLS, max(2, least // 12)))
        if self.sources == 2:
            levels = np.arange(1, cells) / cells
            self.edges = np.unique(np.concatenate([np.quantile(z[:, 0], levels) for z in references]))
        else:
            self.edges = np.empty(0)

    @property
    def estimating(self) -> int:
        """Number of sets of functions that estimate; a set holds C - 1 of them."""
        return len(self.priors) if self.sources == 2 else 1

    @property
    def testing(self) -> int:
        """Number of functions that test the fit."""
        return self.edges.size if self.sources == 2 else self.sources - 1

    def __call__(self, z: Floats) -> Floats:
        """Functions (n, F) of the ratios."""
        z = np.clip(z, -FURTHEST, FURTHEST)
        if self.sources > 2:
            return np.concatenate([_posterior(z), _posterior(0.5 * z)], axis=1)
        r = np.exp(z)
        scores = [(r - 1.0) / (1.0 - a + a * r) for a in self.priors]
        cells = (z > self.edges).astype(np.float64)
        return np.concatenate([*scores, cells], axis=1)

    def chosen(self, share: float) -> int:
        """The set of estimating functions that is nearly efficient at a share of the second source."""
        return int(np.argmin([abs(share - a) for a in self.priors])) if self.sources == 2 else 0


def _posterior(z: Floats) -> Floats:
    full = np.concatenate([np.zeros((z.shape[0], 1)), z], axis=1)
    odds = np.exp(full - full.max(axis=1, keepdims=True))
    return np.asarray(odds[:, 1:] / odds.sum(axis=1, keepdims=True))
