"""Shares of sources in a pool by cross-fitted scores, with errors by document (MODEL 3.5)."""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.words import Indices, Words
from mfsolve.models.frozen import InputError

from .clusters import Numbering
from .copies import Copies
from .mixture_equations import Equations
from .mixture_intervals import Fit, fit, share_interval
from .sample_moments import Moments, mean
from .score_functions import ScoreFunctions
from .word_likelihoods import FOLDS, HeldOut

LEAST_DOCUMENTS = 20
LEAST_EXPECTED = 8.0  # items of a cell that the fit is tested by
EXTRAS = 2  # functions beside the scores: logarithm of length, share of unknown words


class Scorer(Protocol):
    """Scores of items under C sources, from models that have not seen them."""

    @property
    def names(self) -> tuple[str, ...]:
        """Kinds of likelihood, one a fold."""

    def held_out(self, source: int) -> HeldOut:
        """Items of a reference."""

    @property
    def identities(self) -> Sequence[Words]:
        """Identities of the documents of every reference."""

    @property
    def again(self) -> Sequence[Indices]:
        """Counts of how often each document of every reference was met before in it."""

    @property
    def clusters(self) -> Sequence[Indices | None]:
        """Numbers of the clusters of each reference's documents, where it has any."""

    def pool(self, block: Any) -> tuple[Floats, Floats, Floats]:
        """Log likelihood ratios (n, K, C - 1) of a pool's items, and two numbers (n,) that the fit is tested by."""


@dataclass(frozen=True)
class Shares:
    """Estimated shares of C sources in a pool (MODEL 3.5).

    Attributes
    ----------
    value, standard_error : ndarray (C,)
        In the simplex; errors from the sandwich covariance by document.
    covariance : ndarray (C, C)
    equations : Equations
        Behind the estimate, of the estimating functions only.
    fit : Fit
        Test that some mixture explains the pool, by all functions.
    documents, items : float
        Of the pool.
    reference_variance : float
        Part of the variance of the last share that comes from the references.
    unseen : float
        Mean share of an item's words that no training document has.
    copies : tuple of int
        Documents that stood in the pool before, and in every reference.
    """

    value: Floats
    standard_error: Floats
    covariance: Floats
    equations: Equations
    fit: Fit
    documents: int
    items: float
    reference_variance: float
    unseen: float
    copies: tuple[int, ...]

    def interval(self, source: int, level: float) -> tuple[float, float]:
        """Ends in [0, 1] of the interval of one source's share."""
        return share_interval(self.equations, source, level)


@dataclass
class CrossFitted:
    """Moments of references and of pools, filled block by block (MODEL 3.5); `copies` were met in each pool.

    `shared` are identities of documents of two references, which belong neither in these nor in a pool.
    """

    scorer: Scorer
    sources: int
    shared: Words = field(default_factory=lambda: np.empty(0, np.uint64))
    functions: ScoreFunctions = field(init=False)
    references: list[list[Moments]] = field(init=False)
    pools: dict[Hashable, Moments] = field(init=False, default_factory=dict)
    copies: dict[Hashable, Copies] = field(init=False, default_factory=dict)
    numbering: dict[Hashable, Numbering] = field(init=False, default_factory=dict)
    _training: Floats = field(init=False)
    _items: int = field(init=False, default=0)
    _elsewhere: Words = field(init=False)

    def __post_init__(self) -> None:
        held = [self.scorer.held_out(c) for c in range(self.sources)]
        self.functions = ScoreFunctions([h.ratio for h in held])
        self.references = []
        for h, cluster in zip(held, self.scorer.clusters):
            values = self._values(self.functions(h.ratio), h.words, h.unknown)
            folds = [Moments.none(values.shape[1]) for _ in range(FOLDS)]
            for k, moments in enumerate(folds):
                mine = h.fold == k
                first = _first(h.document[mine])
                own = None if cluster is None else cluster[h.document[mine][first]]
                moments.add(*_by_document(values[mine], h.document[mine]), h.again[mine][first], own)
            self.references.append(folds)
        self._training = np.zeros((values.shape[1], values.shape[1]))
        self._elsewhere = np.unique(np.concatenate(self.scorer.identities))

    @staticmethod
    def _values(functions: Floats, words: Floats, unknown: Floats) -> Floats:
        return np.column_stack([functions, np.log1p(words), unknown])

    def add(
        self,
        block: Any,
        document: Indices,
        period: Sequence[Hashable] | None = None,
        identity: Words | None = None,
        cluster: Words | None = None,
    ) -> None:
        """Add a block of a pool's items, (n,) `document` numbers ascending.

        `period` has one label a document, `identity` a number that only its copies share, `cluster` one that documents
        of one cluster share; by default there are none.
        """
        ratio, words, unknown = self.scorer.pool(block)
        by_fold = [self.functions(ratio[:, k]) for k in range(ratio.shape[1])]
        functions = np.mean(by_fold, axis=0)
        size = functions.shape[1]
        # models share all but two of their folds: their spread is a (K - 1)-th of the variance that training causes
        for each in by_fold:
            self._training[:size, :size] += (each - functions).T @ (each - functions)
        self._items += functions.shape[0]
        weight, values = _by_document(self._values(functions, words, unknown), document)
        labels: Iterable[Hashable] = [None] if period is None else dict.fromkeys(period)
        for label in labels:
            mine = slice(None) if period is None else np.array([p == label for p in period])
            again = None
            if identity is not None:
                again = self.copies.setdefault(label, Copies(self._elsewhere)).before(identity[mine])
            number = None
            if cluster is not None:
                numbered = self.numbering.setdefault(label, Numbering(self._elsewhere))
                number = numbered(cluster[mine], None if identity is None else identity[mine])
            pool = self.pools.setdefault(label, Moments.none(values.shape[1]))
            pool.add(weight[mine], values[mine], again, number)
            if pool.clusters is not None:
                pool.clusters.several = self.numbering[label].several

    def shares(self, period: Hashable = None) -> Shares:
        """Estimate the shares of all sources in the pool, or in that of one period."""
        if period not in self.pools or not self.pools[period].total[0] > 0.0:
            raise InputError("the pool holds no document; at least 2 are needed")
        pool = self.pools[period]
        if pool.documents < 2:
            different = "different " * bool(pool.pairs)
            raise InputError(f"{pool.documents} {different}document given in the pool; at least 2 are needed")
        if self.draws(period) < 2:
            raise InputError("1 cluster given in the pool; at least 2 are needed")
        every = self._every(period)
        step, sets = self.sources - 1, self.functions.estimating
        middle = sets // 2
        chosen = middle
        for _ in range(2):  # from the functions of even shares to those of the share that these find
            equations = every.of(slice(chosen * step, (chosen + 1) * step))
            value = equations.solve()
            chosen = self.functions.chosen(float(value[-1]))
        equations = every.of(slice(chosen * step, (chosen + 1) * step))
        value = equations.solve()
        covariance = equations.share_covariance(value)
        exact = Equations(equations.pool, tuple(
            replace(m, covariance=0.0 * m.covariance) for m in equations.sources))  # fmt: skip
        own, whole = float(exact.share_covariance(value)[-1, -1]), float(covariance[-1, -1])
        met = self.copies[period].found if period in self.copies else 0
        return Shares(
            value, np.sqrt(np.maximum(np.diag(covariance), 0.0)), covariance, equations, self._fit(every, value),
            pool.documents + met, float(pool.total[0]), max(0.0, whole - own) if math.isfinite(own) else math.inf,
            float(pool.total[-1] / pool.total[0]),
            (met, *(int(np.count_nonzero(again)) for again in self.scorer.again)),
        )  # fmt: skip

    def draws(self, period: Hashable) -> int:
        """Number of different documents in the pool of a period, or of their clusters."""
        pool = self.pools[period]
        return min(pool.documents, pool.clusters.rows.shape[0]) if pool.clusters is not None else pool.documents

    @property
    def spanned(self) -> bool:
        """True where a cluster lies in several pools, whose errors are then not independent."""
        met = [one for numbered in self.numbering.values() for one in numbered.labels]
        return len(met) > len(set(met))

    def documents(self, period: Hashable) -> int:
        """Number of documents in the pool of a period, copies included."""
        met = self.copies[period].found if period in self.copies else 0
        return met + (self.pools[period].documents if period in self.pools else 0)

    def equations(self, period: Hashable, share: float) -> Equations:
        """Equations of a period's pool by the functions that are nearly efficient at a share of the last source."""
        step, chosen = self.sources - 1, self.functions.chosen(share)
        return self._every(period).of(slice(chosen * step, (chosen + 1) * step))

    def _every(self, period: Hashable) -> Equations:
        """Equations of a period's pool by all functions."""
        references = tuple(mean(folds) for folds in self.references)
        return Equations(mean([self.pools[period]]), references, self._training / max(self._items, 1))

    def _fit(self, every: Equations, shares: Floats) -> Fit:
        """Test of fit by cells of the score, the length and the share of unknown words."""
        first = self.functions.estimating * (self.sources - 1)
        kept = list(range(first, first + self.functions.testing))
        if self.sources == 2:
            above = sum(s * m.value for s, m in zip(shares, every.sources))[kept]
            least = LEAST_EXPECTED / min(every.pool.draws, *(m.draws for m in every.sources))
            kept = [kept[k] for k in wide_cells(above, least)]
        size = every.pool.value.size
        return fit(every.of([*kept, *range(size - EXTRAS, size)]))

    @property
    def reference_documents(self) -> list[int]:
        """Documents of every reference."""
        return [again.size for again in self.scorer.again]


def wide_cells(above: Floats, least: float) -> list[int]:
    """Edges between cells of at least so much probability each, of edges with `above` (k,) descending beyond them."""
    kept, last = [], 1.0
    for k, beyond in enumerate(above):
        if last - beyond >= least and beyond >= least:
            kept.append(k)
            last = float(beyond)
    return kept


def enough(names: Sequence[str], again: Sequence[Indices], shared: int = 0) -> None:
    """Raise InputError where a reference holds fewer documents than cross-fitting needs; copies count once.

    `shared` documents of two references were left out before.
    """
    for name, before in zip(names, again):
        different = int(np.count_nonzero(before == 0))
        if different < LEAST_DOCUMENTS:
            documents = f"{different} {'different ' * (different < before.size)}documents"
            alone = " that stand in no other reference" * bool(shared)
            raise InputError(f"{name}: {documents}{alone} given; at least {LEAST_DOCUMENTS} are needed")


def _by_document(values: Floats, document: Indices) -> tuple[Floats, Floats]:
    """Numbers of items, and sums of functions over them, of every document."""
    if document.size == 0:
        return np.empty(0), np.empty((0, values.shape[1]))
    first = _first(document)
    if first.size == document.size:
        return np.ones(document.size), values
    return np.diff(np.append(first, document.size)).astype(np.float64), np.add.reduceat(values, first, axis=0)


def _first(document: Indices) -> Indices:
    """Places of every document's first item."""
    return np.flatnonzero(np.diff(document, prepend=-1))
