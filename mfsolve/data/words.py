"""Documents as words: texts, and counts of tokens per document, in one form (MODEL 3.5)."""

import enum
import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats, real
from mfsolve.kernels.provenance import words as kernel

CODES = 0x110000
NO_COUNTS: Floats = np.empty(0)
IDEOGRAPHS = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
Words = NDArray[np.uint64]
Indices = NDArray[np.int64]


class Unit(enum.StrEnum):
    """Items whose share is estimated; documents are independent, the sentences of one are not."""

    DOCUMENT = "document"
    SENTENCE = "sentence"


class Block(NamedTuple):
    """Items as words: item i holds words[starts[i] : starts[i + 1]] and belongs to document[i], counted from 0.

    `words` (m,) are hashes, `counts` (m,) how often each is meant (empty: once), `starts` (items + 1,), `document`
    (items,) ascending.
    """

    words: Words
    counts: Floats
    starts: Indices
    document: Indices

    @property
    def documents(self) -> int:
        """Number of documents in the block."""
        return int(self.document[-1]) + 1 if self.document.size else 0


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Class and lower case of every code point."""
    lower = np.arange(CODES, dtype=np.uint32)
    classes = np.zeros(CODES, np.uint8)
    for code in range(0x323B0):
        sign = chr(code)
        kind = unicodedata.category(sign)[0]
        if kind in "LN":
            classes[code] = kernel.LETTER
            small = sign.lower()
            if len(small) == 1:
                lower[code] = ord(small)
        elif kind == "M":
            classes[code] = kernel.MARK
    for low, high in IDEOGRAPHS:
        span = classes[low : high + 1]
        span[span == kernel.LETTER] = kernel.IDEOGRAPH
    classes[ord("_")] = kernel.LETTER
    for sign in "'’":
        classes[ord(sign)] = kernel.APOSTROPHE
    for sign in ".!?…。！？｡\n\r\u2028\u2029۔।":
        classes[ord(sign)] = kernel.STOP
    return classes, lower


def _codes(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Indices]:
    """Code points of texts in normal form C, one after the other, and where each text ends."""
    normal = [text if text.isascii() else unicodedata.normalize("NFC", text) for text in texts]
    joined = "".join(normal)
    ends = np.cumsum([len(text) for text in normal], dtype=np.int64)
    if joined.isascii():
        return np.frombuffer(joined.encode("ascii"), np.uint8).astype(np.uint32), ends
    return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32), ends


def split(texts: Sequence[str], unit: Unit = Unit.DOCUMENT) -> Block:
    """Split texts into words, and where asked into sentences (MODEL 3.5).

    A word is a run of Unicode letters, digits and marks, or of them joined by an apostrophe, in lower case and normal
    form C; an ideograph or a kana is a word of its own. A sentence ends at a full stop, a question or an exclamation
    mark, or a line end, of any of several scripts; sentences without words are left out.
    """
    classes, lower = _tables()
    text, ends = _codes(texts)
    hashes, starts = np.empty(text.size, np.uint64), np.empty(text.size + len(texts) + 1, np.int64)
    document = np.empty(text.size + len(texts), np.int64)
    n, items = kernel.split(text, ends, classes, lower, unit is Unit.SENTENCE, hashes, starts, document)
    return Block(hashes[:n], NO_COUNTS, starts[: items + 1], document[:items])


def hashes(tokens: Sequence[str]) -> Words:
    """Hashes (n,) of tokens, each taken as one word."""
    text, ends = _codes(tokens)
    out = np.empty(len(tokens), np.uint64)
    kernel.whole(text, ends, _tables()[1], out)
    return out


def identities(labels: Iterable[object]) -> Words:
    """Numbers (n,) of labels, equal where the labels are equal as texts."""
    known: dict[str, int] = {}
    out = []
    for label in map(str, labels):
        if label not in known:
            known[label] = int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "little")
        out.append(known[label])
    return np.array(out, np.uint64)


def from_matrix(tokens: Sequence[str], counts: ArrayLike) -> Block:
    """Documents from a matrix (documents, tokens) of counts."""
    matrix = real("counts", counts)
    row, column = np.nonzero(matrix)
    starts = np.searchsorted(row, np.arange(matrix.shape[0] + 1))
    return Block(hashes(tokens)[column], matrix[row, column], starts.astype(np.int64), np.arange(matrix.shape[0]))


def from_lists(items: Sequence[tuple[Sequence[str], Sequence[float]]]) -> Block:
    """Documents from the tokens and counts of each."""
    starts = np.concatenate([[0], np.cumsum([len(tokens) for tokens, _ in items])]).astype(np.int64)
    flat = [token for tokens, _ in items for token in tokens]
    counts = np.array([count for _, given in items for count in given], dtype=np.float64)
    return Block(hashes(flat), counts, starts, np.arange(len(items)))


def joined(blocks: Iterable[Block]) -> Block:
    """Blocks one after the other as one."""
    parts = list(blocks)
    if not parts:
        return Block(np.empty(0, np.uint64), NO_COUNTS, np.zeros(1, np.int64), np.empty(0, np.int64))
    plain = all(part.counts.size == 0 for part in parts)
    counts = NO_COUNTS if plain else np.concatenate(
        [part.counts if part.counts.size else np.ones(part.words.size) for part in parts])  # fmt: skip
    starts, document, words, documents = [np.zeros(1, np.int64)], [], 0, 0
    for part in parts:
        starts.append(part.starts[1:] + words)
        document.append(part.document + documents)
        words, documents = words + part.words.size, documents + part.documents
    return Block(np.concatenate([part.words for part in parts]), counts, np.concatenate(starts),
                 np.concatenate(document))  # fmt: skip


def chosen(block: Block, keep: NDArray[np.bool_]) -> Block:
    """The documents of a block that are to keep, (documents,), numbered from 0."""
    if keep.all():
        return block
    items = keep[block.document]
    sizes = np.diff(block.starts)
    held = np.repeat(items, sizes)
    starts = np.concatenate([[0], np.cumsum(sizes[items])]).astype(np.int64)
    counts = block.counts[held] if block.counts.size else block.counts
    return Block(block.words[held], counts, starts, (np.cumsum(keep) - 1)[block.document[items]])


class Vocabulary:
    """Distinct words of some documents, found by their hashes."""

    def __init__(self, words: Words) -> None:
        self.known: Words = np.unique(words)
        size = 1 << max(4, int(2 * self.known.size - 1).bit_length()) if self.known.size else 16
        self._table, self._place = np.zeros(size, np.uint64), np.zeros(size, np.int64)
        kernel.fill(self.known, self._table, self._place)

    def index(self, words: Words) -> Indices:
        """Indices (n,) of words; -1 for unknown ones."""
        out = np.empty(words.size, np.int64)
        kernel.find(words, self._table, self._place, out)
        return out
