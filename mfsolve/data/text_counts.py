"""Count of the texts that a reading left out, for they were blank or undated, and of copies (MODEL 3.5)."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray


class TextCounts:
    """Texts of the last pass over a file, eight bytes each, and how many were left out; `name` is the file's.

    `label` is what a text had to have, a date or a group.
    """

    def __init__(self, name: str, label: str = "date") -> None:
        self.name, self.label = name, label
        self.start()

    def start(self) -> None:
        """Begin a pass: a file is read repeatedly."""
        self.blank, self.undated, self._texts = 0, 0, array("q")

    def written(self, text: str) -> bool:
        """Take note of a text; False where it is blank, which says nothing of who wrote it."""
        if not text or text.isspace():
            self.blank += 1
            return False
        self._texts.append(hash(text.strip()))  # a line of a file ends in a newline, a cell does not
        return True

    @property
    def texts(self) -> NDArray[np.int64]:
        """Return a number for every different text, ascending."""
        return np.unique(np.frombuffer(self._texts, dtype=np.int64))

    def notes(self) -> Iterator[str]:
        """Say how many texts were left out, and how many are copies."""
        if self.blank:
            yield f"{self.name}: left out: {_texts(self.blank, 'blank ')}"
        if self.undated:
            yield f"{self.name}: left out: {_texts(self.undated)} without a {self.label}"
        copies = len(self._texts) - self.texts.size
        if copies:
            yield copied(self.name, _texts(copies))


def copied(name: str, items: str) -> str:
    """Say that some items of a file are copies, and what that means (MODEL 3.5.6)."""
    return f"{name}: {items} repeated: copies count in the share, but not as evidence"


def notes(
    pools: Sequence[TextCounts],
    references: Sequence[TextCounts],
    sides: Sequence[str] = (),
    baseline: TextCounts | None = None,
) -> list[str]:
    """Notes on all files, on texts of a pool that are in a reference too, and on those of two references of one side.

    `sides` are the labels of the references; texts in references of two sides are left out, which the answer says. A
    `baseline` is measured as a pool is, and is a reference too.
    """
    every = [*references, *([baseline] if baseline is not None else [])]
    found = [note for one in (*pools, *every) for note in one.notes()]
    pairs = [(pool, one, "a reference should not share texts with the pool") for pool in pools for one in every]
    pairs += [(other, one, "copies count in a reference, but not as evidence")
              for (one, side), (other, its) in combinations(zip(references, sides), 2) if side == its]  # fmt: skip
    if baseline is not None:
        pairs += [(baseline, one, "a baseline should not share texts with a reference") for one in references]
    for one, other, what in pairs:
        common = np.intersect1d(one.texts, other.texts, assume_unique=True).size
        if common:
            found.append(f"{one.name}: {_texts(common)} in {other.name} too: {what}")
    return found


def _texts(count: int, which: str = "") -> str:
    return f"{count} {which}text{'s' * (count != 1)}"
