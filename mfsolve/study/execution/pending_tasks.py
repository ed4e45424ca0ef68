"""Tasks in flight, noted in a file that outlives the process: one of them may have killed it."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mfsolve.study.execution.cleanup import FILES
from mfsolve.study.storage.shards import by_part, missing, named
from mfsolve.study.storage.system import BINARY
from mfsolve.study.storage.temporary import left_over, temporary_for

LINE = re.compile(r"([+-])([0-9a-f]+) (\d+) (\d+) ([01])")


class Part(NamedTuple):
    """Replicates [start, stop) of the point `key`, or what its arm solves."""

    key: str
    start: int
    stop: int
    solved: bool

    @property
    def said(self) -> str:
        """Its name in a message."""
        if self.solved:
            return "what is solved"
        many = self.stop - self.start > 1
        return f"replicates {self.start}..{self.stop - 1}" if many else f"replicate {self.start}"

    def meets(self, other: "Part") -> bool:
        """True where both have a replicate in common."""
        same = (self.key, self.solved) == (other.key, other.solved)
        return same and self.start < other.stop and other.start < self.stop


class InFlight:
    """Notes of tasks that begin and end; a system error while taking them does not concern the run."""

    def __init__(self, folder: Path | None) -> None:
        self.suspects = [] if folder is None else [part for path in _left_behind(folder) for part in _begun(path)]
        """Tasks that were under way when a process was ended from outside, or by one of them."""
        self._folder = folder
        self._path: Path | None = None
        self._file: int

    def begin(self, part: Part) -> None:
        """Note that a task is handed out."""
        if self._folder is not None and self._path is None:
            with contextlib.suppress(OSError):
                path = temporary_for(self._folder / "tasks", "underway")
                self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | BINARY, 0o644)
                self._path = path
                FILES.add(path)
        self._note("+", part)

    def end(self, part: Part) -> None:
        """Note that a task has come back."""
        self._note("-", part)

    def _note(self, sign: str, part: Part) -> None:
        if self._path is not None:
            with contextlib.suppress(OSError):
                os.write(self._file, f"{sign}{part.key} {part.start} {part.stop} {part.solved:d}\n".encode())

    def close(self) -> None:
        """Take the notes of this process away."""
        if self._path is None:
            return
        path, self._path = self._path, None
        with contextlib.suppress(OSError):
            os.close(self._file)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        FILES.discard(path)


def clear_stored(folder: Path) -> None:
    """Take notes of ended processes away, once all that they had under way is stored."""
    with contextlib.suppress(OSError):
        old = _left_behind(folder)
        stored = by_part(filter(None, map(named, folder.glob("*.h5"))) if old else ())
        for path in old:
            if not any(
                list(missing(part.start, part.stop, stored.get((part.key, part.solved), []))) for part in _begun(path)
            ):
                path.unlink(missing_ok=True)


def _left_behind(folder: Path) -> list[Path]:
    """Notes of processes that have ended, or cannot be looked up."""
    return [path for path in folder.glob(".*.underway") if left_over(path) is not False]


def _begun(path: Path) -> Iterator[Part]:
    """Tasks that have begun and not ended, as far as lines are whole."""
    open_ones: dict[Part, None] = {}
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        if match := LINE.fullmatch(line):
            part = Part(match[2], int(match[3]), int(match[4]), match[5] == "1")
            if match[1] == "+":
                open_ones[part] = None
            else:
                open_ones.pop(part, None)
    yield from open_ones


@contextlib.contextmanager
def in_flight(folder: Path | None) -> Iterator[InFlight]:
    """Notes in a folder for the time of the block, none where there is no folder; older ones that are settled go."""
    try:
        found = InFlight(folder)
    except OSError:
        found = InFlight(None)
    try:
        yield found
    finally:
        found.close()
        if found.suspects and folder is not None:
            clear_stored(folder)
