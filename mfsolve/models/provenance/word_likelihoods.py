"""Likelihoods of documents fitted to references: word presence or counts, smoothed, and cross-fitted (MODEL 3.5)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.data.words import Block, Indices, Vocabulary
from mfsolve.kernels.provenance import words as kernel

from . import clusters, copies
from .calibrated_scores import Calibrated, calibrate_scores

FOLDS = 5
SMOOTHING = (0.1, 0.5, 2.0, 8.0)
"""Items that are added to the number of items with a word, or to its count."""


class Weights(NamedTuple):
    """Weights (V, C - 1) of a word's presence and of every time it occurs, and constants (C - 1,)."""

    first: Floats
    every: Floats
    constant: Floats


class Tallies(NamedTuple):
    """Of each fold (the leading dimension): items that hold a word (K, V), counts of words (K, V), items (K,)."""

    present: Floats
    total: Floats
    items: Floats

    def of(self, folds: Sequence[int]) -> "Tallies":
        """Sums over some folds."""
        keep = list(folds)
        return Tallies(self.present[keep].sum(0), self.total[keep].sum(0), self.items[keep].sum(0))


class Reference(NamedTuple):
    """A reference's items, its words found in the vocabulary, the fold of every item, and its tallies."""

    block: Block
    places: Indices
    fold: Indices
    tallies: Tallies


class HeldOut(NamedTuple):
    """Items of a reference, measured by the model of the folds without them.

    Log likelihood ratios (n, C - 1), words, share of them that is unknown (both (n,)), fold and document of each item,
    and how often that document was met before in the reference.
    """

    ratio: Floats
    words: Floats
    unknown: Floats
    fold: Indices
    document: Indices
    again: Indices


def presence(tallies: Sequence[Tallies], smoothing: float) -> Weights:
    """Independent presence of words: ln q^x (1 - q)^(1 - x) less the same of p, as in Liang et al. (2024).

    Words that no tally holds weigh nothing, as words beyond the vocabulary do: else those that references of unequal
    sizes both lack would tell the references' own items from the pool's.
    """
    met = seen(tallies)
    p = [(t.present[met] + smoothing) / (t.items + 2.0 * smoothing) for t in tallies]
    logit, absent = [np.log(x) - np.log1p(-x) for x in p], [float(np.log1p(-x).sum()) for x in p]
    first = _spread(np.stack([x - logit[0] for x in logit[1:]], axis=1), met)
    return Weights(first, np.zeros_like(first), np.array([x - absent[0] for x in absent[1:]]))


def occurrence(tallies: Sequence[Tallies], smoothing: float) -> Weights:
    """Words drawn one by one: the sum of ln q - ln p over all words of an item that some tally holds."""
    met = seen(tallies)
    size = float(np.count_nonzero(met))
    logs = [np.log(t.total[met] + smoothing) - np.log(t.total.sum() + smoothing * size) for t in tallies]
    every = _spread(np.stack([x - logs[0] for x in logs[1:]], axis=1), met)
    return Weights(np.zeros_like(every), every, np.zeros(every.shape[1]))


def seen(tallies: Sequence[Tallies]) -> NDArray[np.bool_]:
    """Tell of each word (V,) whether some of the tallies holds it."""
    return np.asarray(sum(t.total for t in tallies) > 0.0)


def _spread(weights: Floats, met: NDArray[np.bool_]) -> Floats:
    """Weights (V, C - 1) from those of the words met; 0 for the others."""
    out = np.zeros((met.size, weights.shape[1]))
    out[met] = weights
    return out


class Model(NamedTuple):
    """A fitted likelihood: its weights, its calibration, and the words that it saw (V,)."""

    weights: Weights
    calibration: Calibrated
    seen: Floats
    name: str


class WordLikelihoods:
    """Likelihoods of items under C sources, one model a fold of the references, none of which sees its own fold.

    Within the other folds of a model, the kind of likelihood (presence or occurrence) and its smoothing are those with
    the least log loss when one half of them is scored by the other, both ways round; the calibration is theirs too.
    """

    def __init__(self, blocks: Sequence[Block], grouped: Sequence[Indices | None] = ()) -> None:
        """Fit to one block of items a source, the first of them human; `grouped` are numbers of documents' clusters."""
        self.vocabulary = Vocabulary(np.concatenate([block.words for block in blocks]))
        self.identities = [copies.of_documents(block) for block in blocks]
        self.again = copies.several(self.identities)
        self.clusters = grouped or [None] * len(blocks)
        folds = [
            copies.folds(one, again, FOLDS, held) if own is None else clusters.parts(own, FOLDS, held)
            for one, again, own, held in zip(self.identities, self.again, self.clusters, map(copies.contents, blocks))
        ]
        self.references = [self._reference(block, fold) for block, fold in zip(blocks, folds)]
        self.models = [self._model(fold) for fold in range(FOLDS)]
        self._pool = _stacked([model.weights for model in self.models])
        self._known = np.mean([model.seen for model in self.models], axis=0)

    @property
    def names(self) -> tuple[str, ...]:
        """Kinds of likelihood that were chosen, one a fold."""
        return tuple(model.name for model in self.models)

    def held_out(self, source: int) -> HeldOut:
        """Items of a reference under the models that have not seen them."""
        reference = self.references[source]
        n = reference.fold.size
        ratio, words, unknown = np.empty((n, len(self.references) - 1)), np.empty(n), np.empty(n)
        for fold, model in enumerate(self.models):
            mine = np.flatnonzero(reference.fold == fold)
            score, words[mine], unknown[mine] = _score(reference, mine, model.weights, model.seen)
            ratio[mine] = model.calibration(score)
        document = reference.block.document
        return HeldOut(ratio, words, unknown, reference.fold, document, self.again[source][document])

    def pool(self, block: Block) -> tuple[Floats, Floats, Floats]:
        """Log likelihood ratios (n, K, C - 1) of a pool's items under every fold's model; words; share unknown."""
        stacked, s = self._pool, self._pool.first.shape[1]
        sums = np.empty((block.document.size, s + 2))
        index = self.vocabulary.index(block.words)
        kernel.weigh(index, block.counts, block.starts, stacked.first, stacked.every, self._known, sums)
        score = (sums[:, :s] + stacked.constant).reshape(-1, FOLDS, s // FOLDS)
        ratio = np.stack([model.calibration(score[:, k]) for k, model in enumerate(self.models)], axis=1)
        return ratio, sums[:, s], _unknown(sums[:, s], sums[:, s + 1])

    def _reference(self, block: Block, folds: Indices) -> Reference:
        index = self.vocabulary.index(block.words)
        fold = folds[block.document]
        present, total = (np.zeros((FOLDS, self.vocabulary.known.size)) for _ in range(2))
        kernel.tally(index, block.counts, block.starts, fold, present, total)
        items = np.bincount(fold, minlength=FOLDS).astype(np.float64)
        return Reference(block, index, fold, Tallies(present, total, items))

    def _model(self, fold: int) -> Model:
        others = [k for k in range(FOLDS) if k != fold]
        halves = others[: len(others) // 2], others[len(others) // 2 :]
        best: tuple[float, str, float, Calibrated] | None = None
        for name, likelihood in (("presence", presence), ("occurrence", occurrence)):
            for smoothing in SMOOTHING:
                scores: list[list[Floats]] = [[] for _ in self.references]
                for fitted, scored in (halves, halves[::-1]):
                    weights = likelihood([r.tallies.of(fitted) for r in self.references], smoothing)
                    for kept, reference in zip(scores, self.references):
                        mine = np.flatnonzero(np.isin(reference.fold, scored))
                        kept.append(_score(reference, mine, weights, self._nothing)[0])
                found = calibrate_scores([np.concatenate(kept) for kept in scores])
                if best is None or found.loss < best[0]:
                    best = found.loss, name, smoothing, found
        assert best is not None
        _, name, smoothing, calibration = best
        tallies = [r.tallies.of(others) for r in self.references]
        weights = (presence if name == "presence" else occurrence)(tallies, smoothing)
        return Model(weights, calibration, seen(tallies).astype(np.float64), f"{name}, {smoothing:g}")

    @property
    def _nothing(self) -> Floats:
        return np.zeros(self.vocabulary.known.size)


def _stacked(weights: Sequence[Weights]) -> Weights:
    """Weights of all folds side by side, K (C - 1) columns."""
    return Weights(*(np.ascontiguousarray(np.concatenate(parts, axis=-1)) for parts in zip(*weights)))


def _unknown(words: Floats, known: Floats) -> Floats:
    """Share of an item's words that is unknown; 0 of an item without words."""
    return np.asarray(np.where(words > 0.0, 1.0 - known / np.maximum(words, 1e-300), 0.0))


def _score(reference: Reference, items: Indices, weights: Weights, known: Floats) -> tuple[Floats, Floats, Floats]:
    """Scores (n, C - 1) of some items, their words, and the share of these that is unknown."""
    starts, ends = reference.block.starts[items], reference.block.starts[items + 1]
    size = ends - starts
    where = np.repeat(starts - np.concatenate([[0], np.cumsum(size)[:-1]]), size) + np.arange(int(size.sum()))
    s = weights.first.shape[1]
    sums = np.empty((items.size, s + 2))
    counts = reference.block.counts[where] if reference.block.counts.size else reference.block.counts
    begin = np.concatenate([[0], np.cumsum(size)])
    kernel.weigh(reference.places[where], counts, begin, weights.first, weights.every, known, sums)
    return sums[:, :s] + weights.constant, sums[:, s], _unknown(sums[:, s], sums[:, s + 1])
