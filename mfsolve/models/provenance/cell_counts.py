"""Counts in cells of a pool and its two references, from tokens, features or log likelihoods (MODEL 3.2).

Tokens are cells already; items with features or log likelihoods get a score, which is cut at quantiles of the
references. Tables are read in blocks, some of them repeatedly: memory does not grow with their length.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.rows import Rows, Sources, kept_rows
from mfsolve.models.frozen import InputError

from .clustered_cells import ClusteredCells
from .clusters import Numbering
from .copies import Copies, of_rows
from .estimators import Estimate, estimate
from .kernel_density import kernel_log_density
from .reference_labels import opposite
from .systematic_sample import SystematicSample

CELLS = 64  # of a score, at most
PER_CELL = 20.0  # reference items of a cell or a token, at least
MOST_TOKENS = 5000  # tokens with a cell of their own
FINE = 4096  # cells of the contrast in which log likelihoods are taken as given
LARGEST = 1e100  # of a feature: its square is still a number
LEAST_VARIANCE = 1e-200  # of a feature
LEAST_ROWS = 40  # of a reference


@dataclass(frozen=True)
class Counts:
    """Items per cell (k,) of pool, human and synthetic reference; share of the pool unlike anything in a reference.

    `as_given` is the estimate that takes log likelihoods as given, where there are any, and `opposite` the references
    whose own log likelihoods say, beyond their errors, that they are of the other source. `squares` (3,) are sums of
    squared numbers of equal items, over different items, where copies were met; `copies` (3,) were met in each sample;
    `clusters` (3,) are those that a user names.
    """

    pool: Floats
    human: Floats
    synthetic: Floats
    unseen: float
    as_given: Estimate | None = None
    squares: Floats | None = None
    copies: tuple[int, int, int] = (0, 0, 0)
    opposite: tuple[str, ...] = ()
    clusters: tuple[ClusteredCells | None, ...] = (None, None, None)

    @property
    def clustered(self) -> bool:
        """True where a cluster has several items."""
        return any(one is not None and one.several for one in self.clusters)

    @property
    def clumping(self) -> Floats:
        """Factors (3,) by which copies raise each sample's part of the variance of a share: sum of s^2 over sum of s.

        Items that come s_j times each are as many draws as there are of them, wherever these happened to fall. About
        the sample's own mean, a row that is most of the sample would hardly vary.
        """
        if self.squares is None:
            return np.ones(3)
        return np.asarray(self.squares / [self.pool.sum(), self.human.sum(), self.synthetic.sum()])


class Score(NamedTuple):
    """Score of rows (n, columns), and whether it was fitted to every second row of the references."""

    of: Callable[[Floats], Floats]
    fitted: bool


def common_tokens(human: Mapping[str, float], synthetic: Mapping[str, float]) -> list[str]:
    """Tokens counted at least `PER_CELL` times in both references together, the most frequent first."""
    total = {token: human.get(token, 0.0) + synthetic.get(token, 0.0) for token in {**human, **synthetic}}
    common = sorted((token for token, n in total.items() if n >= PER_CELL), key=lambda token: (-total[token], token))
    return common[:MOST_TOKENS]


def token_counts(
    common: list[str],
    pool: Mapping[str, float],
    unseen: float,
    human: Mapping[str, float],
    synthetic: Mapping[str, float],
) -> Counts:
    """Counts of common tokens, each in a cell of its own, and of all others together (MODEL 3.2).

    `unseen` is the number of the pool's tokens that neither reference has; `pool` counts the others.
    """

    def cells(counts: Mapping[str, float], others: float) -> Floats:
        named = [counts.get(token, 0.0) for token in common]
        return np.array([*named, max(0.0, sum(counts.values()) + others - sum(named))])

    share = unseen / (sum(pool.values()) + unseen)
    return Counts(cells(pool, unseen), cells(human, 0.0), cells(synthetic, 0.0), share)


def likelihood_counts(sources: Sources, level: float) -> Counts:
    """Counts of log likelihood ratios ln q - ln p, and the estimate that takes them as given (MODEL 3.2).

    Rows are (ln p, ln q).

    Raises
    ------
    InputError
        For a file with too few rows.
    """
    score = Score(lambda block: np.asarray(np.clip(block[:, 1] - block[:, 0], -700.0, 700.0)), fitted=False)
    fine = np.zeros((2, FINE))

    def refine(values: Floats) -> None:
        contrast = np.tanh(0.5 * values)
        place = np.minimum(((contrast + 1.0) * (FINE / 2)).astype(np.int64), FINE - 1)
        np.add(fine, [np.bincount(place, minlength=FINE), np.bincount(place, contrast, FINE)], out=fine)

    counts = _score_counts(sources, score, refine)
    used = fine[0] > 0.0
    ratio = 2.0 * np.arctanh(np.clip(fine[1, used] / fine[0, used], -1.0 + 1e-16, 1.0 - 1e-16))
    worth = [one.groups.square if one is not None and one.several else 1.0 for one in counts.clusters]
    weights = fine[0, used] / worth[0]
    given = estimate(np.zeros(ratio.size), ratio, level=level, weights=weights)
    human, synthetic = (_scores(rows, score, halved=False) for rows in sources[1:])
    return replace(counts, as_given=given, opposite=opposite(human, synthetic, (worth[1], worth[2])))


def feature_counts(sources: Sources) -> Counts:
    """Counts of a score fitted to every second row of the references, over the other rows (MODEL 3.2).

    The score is a log density ratio: of kernel densities of one feature, of Gaussians of several.

    Raises
    ------
    InputError
        For a file with too few rows, and for a feature that is constant, or too large or too small for its square.
    """
    checked = Sources(*(_moderate(rows) for rows in sources))
    return _score_counts(checked, Score(_fitted_score(checked), fitted=True), lambda values: None)


def _moderate(rows: Rows) -> Rows:
    """Rows of features, none of them beyond `LARGEST`."""

    def blocks() -> Iterator[Floats]:
        for block in rows.blocks():
            far = np.abs(block) > LARGEST
            if far.any():
                row, column = np.argwhere(far)[0]
                raise InputError(
                    f"{rows.name}: column {rows.columns[column]}: {block[row, column]:g} given; "
                    f"allowed: [-{LARGEST:g}, {LARGEST:g}]; give it in a larger unit"
                )
            yield block

    return replace(rows, blocks=blocks, of=None)


def _score_counts(sources: Sources, score: Score, see: Callable[[Floats], None]) -> Counts:
    """Counts in cells between quantiles of the references' scores; `see` is called with the pool's scores."""
    sample = [SystematicSample(), SystematicSample()]
    for rows, kept in zip(sources[1:], sample):
        for values in _scores(rows, score, halved=score.fitted):
            kept.add(values)
        if kept.held < LEAST_ROWS:
            raise InputError(f"{rows.name}: {kept.held} rows given; at least {LEAST_ROWS} are needed")
    cells = int(min(CELLS, max(8, min(kept.held for kept in sample) // PER_CELL)))
    levels = np.arange(1, cells) / cells
    edges = np.unique(np.concatenate([np.quantile(kept.values(), levels[i::2]) for i, kept in enumerate(sample)]))
    counts = np.zeros((3, edges.size + 1))
    low = min(float(kept.values().min()) for kept in sample)
    high = max(float(kept.values().max()) for kept in sample)
    outside = 0.0
    met, squares = _copies(sources), np.zeros(3)
    clusters = [
        None if rows.clusters is None else ClusteredCells(Numbering(c.elsewhere)) for rows, c in zip(sources, met)
    ]
    for i, rows in enumerate(sources):
        for block, named in kept_rows(rows, score.fitted and i > 0):
            values, identity = score.of(block), of_rows(block)
            again = met[i].before(identity).astype(np.float64)
            cell = np.searchsorted(edges, values)
            counts[i] += np.bincount(cell, minlength=edges.size + 1)
            if (mine := clusters[i]) is not None and named is not None:
                mine.add(named, None if met[i].coarse else identity, cell)
            squares[i] += (2.0 * again + 1.0).sum()
            if i == 0:
                outside += float(np.count_nonzero((values < low) | (values > high)))
                see(values)
        if not counts[i].sum():
            raise InputError(f"{rows.name}: has a header and no rows; at least 1 is needed")
    found = met[0].found, met[1].found, met[2].found
    return Counts(
        counts[0], counts[1], counts[2], outside / float(counts[0].sum()),
        squares=squares if any(found) else None, copies=found, clusters=tuple(clusters),
    )  # fmt: skip


def _copies(sources: Sources) -> list[Copies]:
    """Counters of copies in the pool and in each reference; none where the references' numbers meet by chance."""
    human, synthetic = (
        np.unique(np.concatenate([np.empty(0, np.uint64), *(of_rows(block) for block in rows.blocks())]))
        for rows in sources[1:]
    )
    coarse = bool(np.intersect1d(human, synthetic, assume_unique=True).size)
    return [Copies(np.concatenate([human, synthetic]), coarse), Copies(synthetic, coarse), Copies(human, coarse)]


def _scores(rows: Rows, score: Score, *, halved: bool) -> Iterator[Floats]:
    """Blocks of scores; of every second row where the others served to fit the score."""
    return (score.of(kept) for kept, _ in kept_rows(rows, halved))


class _Moments(NamedTuple):
    """Sample, mean (d,), covariance (d, d) and number of the rows that a score is fitted to."""

    sample: Floats
    mean: Floats
    covariance: Floats
    rows: int


def _moments(rows: Rows) -> _Moments:
    """Moments of the half of a reference that is not measured; the sample is of one feature only."""
    kept, count, d = SystematicSample(), 0, len(rows.columns)
    seen = sum(block.shape[0] for block in rows.blocks())
    total, square = np.zeros(d), np.zeros((d, d))
    low, high = np.full(d, np.inf), np.full(d, -np.inf)
    centre: Floats | None = None
    for used, _ in kept_rows(rows, halved=True, fitted=True):
        low = np.minimum(low, used.min(axis=0, initial=np.inf))
        high = np.maximum(high, used.max(axis=0, initial=-np.inf))
        centre = used.mean(axis=0) if centre is None else centre
        gap = used - centre
        total += gap.sum(axis=0)
        square += gap.T @ gap
        count += used.shape[0]
        if d == 1:
            kept.add(used[:, 0])
    least_rows = 2 * max(LEAST_ROWS, 2 * d + 2)
    if centre is None or seen < least_rows:
        raise InputError(f"{rows.name}: {seen} rows given; at least {least_rows} are needed")
    mean = total / count
    covariance = square / count - np.outer(mean, mean)
    for column, variance, least, most in zip(rows.columns, np.diag(covariance), low, high):
        if least == most:
            raise InputError(f"{rows.name}: column {column}: is constant; leave it out of all three files")
        if not variance > LEAST_VARIANCE:
            raise InputError(
                f"{rows.name}: column {column}: varies by {most - least:.3g} only; give it in a smaller unit"
            )
    return _Moments(kept.values(), centre + mean, covariance, count)


def _fitted_score(sources: Sources) -> Callable[[Floats], Floats]:
    """Log density ratio fitted to every second reference row: kernel densities of one feature, Gaussians of several."""
    human, synthetic = _moments(sources.human), _moments(sources.synthetic)
    if len(sources.pool.columns) == 1:
        return lambda rows: (
            kernel_log_density(rows[:, 0], synthetic.sample) - kernel_log_density(rows[:, 0], human.sample)
        )

    def log_normal(rows: Floats, fit: _Moments) -> Floats:
        # shrunk towards the diagonal: a score may be imperfect, its distribution is measured afterwards
        shrink = min(1.0, fit.mean.size / fit.rows)
        factor = np.linalg.cholesky((1.0 - shrink) * fit.covariance + shrink * np.diag(np.diag(fit.covariance)))
        z = np.linalg.solve(factor, (rows - fit.mean).T)
        return np.asarray(-0.5 * np.sum(z * z, axis=0) - np.sum(np.log(np.diag(factor))))

    return lambda rows: log_normal(rows, synthetic) - log_normal(rows, human)
