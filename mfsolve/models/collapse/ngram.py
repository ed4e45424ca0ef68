"""n-gram models of text with interpolated Kneser-Ney smoothing, fitted to blocks of words (MODEL 1.8)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse import ngrams
from mfsolve.kernels.numerics import sums

Words = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NGram:
    """A fitted model: its orders from the shortest context to the longest, and the size of its closed vocabulary."""

    levels: tuple[ngrams.Level, ...]
    vocabulary: int

    @classmethod
    def fitted(cls, text: Words, vocabulary: int, order: int, discount: float, temperature: float = 1.0) -> "NGram":
        """Fit to text (n, words), each row a block that starts from nothing (Kneser & Ney 1995; Chen & Goodman 1999).

        The longest order counts how often a word follows a context, the shorter ones how many different words come
        before context and word. `temperature` delta sharpens the model that is fitted to (count - D)^(1 / delta).
        """
        base = vocabulary + 1
        padded = np.concatenate([np.full((text.shape[0], order - 1), vocabulary, np.int64), text], axis=1)
        grams = np.zeros(text.size, np.int64)
        for k in range(order):
            grams = grams * base + padded[:, k : k + text.shape[1]].ravel()
        distinct, count = np.unique(grams, return_counts=True)
        levels = []
        for k in range(order, 0, -1):
            levels.append(_level(distinct, count.astype(np.float64), base, discount, temperature))
            if k > 1:
                distinct, count = np.unique(distinct % base ** (k - 1), return_counts=True)
        return cls(tuple(reversed(levels)), vocabulary)

    def log_probabilities(self, text: Words) -> Floats:
        """ln P of every word of text (n, words), given those before it in its block, (n * words,)."""
        out = np.empty(text.size)
        ngrams.log_probabilities(text, self.levels, self.vocabulary, out)
        return out

    def cross_entropy(self, text: Words) -> float:
        """Cross-entropy -mean ln P of text (n, words), in nats a word."""
        return -float(sums.total(self.log_probabilities(text))) / text.size

    def generate(
        self, key: NDArray[np.uint64], step: int, replicate: int, synthetic: NDArray[np.bool_], pool: Words
    ) -> None:
        """Overwrite the blocks of pool (n, words) that are synthetic (n,) by text of this model."""
        ngrams.generate(key, np.uint64(step), np.uint64(replicate), synthetic, self.levels, self.vocabulary, pool)


def _level(grams: Words, count: Floats, base: int, discount: float, temperature: float) -> ngrams.Level:
    """One order from its distinct n-grams, ascending, and their counts."""
    contexts, start = np.unique(grams // base, return_index=True)
    start = np.append(start, grams.size).astype(np.int64)
    mass, cumulative, escape = np.empty(grams.size), np.empty(grams.size), np.empty(contexts.size)
    ngrams.fill_masses(start, count, discount, temperature, mass, cumulative, escape)
    return ngrams.Level(contexts, start, grams % base, mass, cumulative, escape)
