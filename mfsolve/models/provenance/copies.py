"""Copies: items of a sample that stood in it before, by their identity (MODEL 3.5.6)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.data.words import Block, Indices, Words

NOTHING = np.uint64(0)
"""Identity of what holds nothing, and is nobody's copy."""
_STEP = np.uint64(0x9E3779B97F4A7C15)


class Copies:
    """Counter of how often every item of a sample was met so far, 16 bytes a different item.

    Items that stand in `elsewhere` (another sample) too are what anybody writes, such as "thanks" or a rounded number:
    they are draws of their own however often they come. On a `coarse` scale all equal items are chance.
    """

    def __init__(self, elsewhere: Words | None = None, coarse: bool = False) -> None:
        self.coarse = coarse
        self.elsewhere = np.empty(0, np.uint64) if elsewhere is None else np.unique(elsewhere)
        self._runs: list[tuple[Words, Indices]] = []
        self.found = 0

    def before(self, identities: Words) -> Indices:
        """Count how often each of some more items (n,) was met before, among these too; 0 for those met elsewhere."""
        if self.coarse:
            return np.zeros(identities.size, np.int64)
        distinct, place, times = np.unique(identities, return_inverse=True, return_counts=True)
        order = np.argsort(place, kind="stable")
        begin = np.cumsum(times) - times
        again = np.empty(identities.size, np.int64)
        again[order] = np.arange(identities.size) - np.repeat(begin, times)
        earlier = np.zeros(distinct.size, np.int64)
        for known, counts in self._runs:
            at, here = _places(known, distinct)
            earlier[here] = counts[at[here]]
            counts[at[here]] += times[here]
        new = earlier == 0
        self._keep(distinct[new], times[new].astype(np.int64))
        again += earlier[place]
        again[(identities == NOTHING) | _places(self.elsewhere, identities)[1]] = 0
        self.found += int(np.count_nonzero(again))
        return again

    def _keep(self, distinct: Words, times: Indices) -> None:
        """Keep new items in runs that are sorted, each more than twice as long as the next: there are few of them."""
        while self._runs and self._runs[-1][0].size <= 2 * distinct.size:
            known, counts = self._runs.pop()
            distinct, times = np.concatenate([known, distinct]), np.concatenate([counts, times])
            order = np.argsort(distinct, kind="stable")
            distinct, times = distinct[order], times[order]
        if distinct.size:
            self._runs.append((distinct, times))


def _places(known: Words, wanted: Words) -> tuple[Indices, NDArray[np.bool_]]:
    """Places of wanted identities among sorted ones, and which of them are there."""
    if not known.size:
        return np.zeros(wanted.size, np.int64), np.zeros(wanted.size, bool)
    at = np.minimum(np.searchsorted(known, wanted), known.size - 1)
    return at, known[at] == wanted


def of_documents(block: Block) -> Words:
    """Identities (documents,) of documents: their words in order, or their counts of words in any order."""
    items = np.searchsorted(block.document, np.arange(block.documents + 1))
    ends = block.starts[items]  # of every document's words; the words are hashes already, so that sums of them differ
    if block.counts.size:
        hashed = block.words * (scattered(np.ascontiguousarray(block.counts).view(np.uint64)) | np.uint64(1))
    else:
        place = np.arange(block.words.size) - np.repeat(ends[:-1], np.diff(ends))
        hashed = block.words * (2 * place + 1).astype(np.uint64)
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashed, dtype=np.uint64)])
    return np.asarray(total[ends[1:]] - total[ends[:-1]])


def of_rows(rows: Floats) -> Words:
    """Identities (n,) of rows (n, d) of numbers, to the last bit."""
    out = np.ones(rows.shape[0], np.uint64)
    for column in (rows + 0.0).T:  # -0.0 is 0.0
        out = scattered(out ^ scattered(np.ascontiguousarray(column).view(np.uint64)))
    return out


def several(identities: Sequence[Words]) -> list[Indices]:
    """Count how often every item of several references was met before in its own one; 0 if in another one too."""
    found = []
    for mine, own in enumerate(identities):
        others = [other for k, other in enumerate(identities) if k != mine]
        found.append(Copies(np.concatenate([np.empty(0, np.uint64), *others])).before(own))
    return found


def contents(block: Block) -> Words:
    """Numbers (documents,) of the words of each document and their counts, in whatever order and form they stand."""
    items = np.searchsorted(block.document, np.arange(block.documents + 1))
    ends = block.starts[items]
    hashed = block.words
    if block.counts.size:
        whole = np.floor(block.counts)
        rest = scattered(np.ascontiguousarray(block.counts - whole).view(np.uint64)) * (block.counts > whole)
        hashed = hashed * (whole.astype(np.uint64) + rest)
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashed, dtype=np.uint64)])
    return np.asarray(total[ends[1:]] - total[ends[:-1]])


def folds(identities: Words, again: Indices, count: int, content: Words | None = None) -> Indices:
    """Fold (n,) of every item of a reference, in turn by its content, so that the order of rows does not matter.

    Copies go where the first one is, whose model must not see them. `content` is by default the identity.
    """
    new = np.flatnonzero(again == 0)
    key = scattered(identities if content is None else content)
    fold = np.zeros(identities.size, np.int64)
    fold[new[np.lexsort((identities[new], key[new]))]] = np.arange(new.size) % count
    if new.size < identities.size:
        _, first, place = np.unique(identities, return_index=True, return_inverse=True)
        fold[again > 0] = fold[first[place[again > 0]]]
    return fold


def scattered(x: Words) -> Words:
    """Splitmix64's finaliser, which makes near numbers far ones."""
    x = x + _STEP
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))
