"""A disk that loses its power: what POSIX promises of files after a crash, and nothing more.

A log of calls says what was asked of the disk. An image is a state that a power cut may leave: bytes that no fsync of
their file has followed are there, are not, or are there sector by sector; an entry of a folder (a new file, a rename,
a deletion) that no fsync of the folder has followed is there or is not, each for itself. A rename is one entry: the old
file or the new one, never neither.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torture.calls import Act, Call

SECTOR = 512
"""Bytes that a disk writes as one."""
DATA, ENTRIES = ("write", "size"), ("make", "folder", "move", "link", "drop")


class Step(NamedTuple):
    """An entry of the log.

    | kind | file | detail |
    |---|---|---|
    | write, size | number of the file | (offset, bytes); the new length |
    | make, folder, move, drop | path | number of the file; none; path it had before; none |
    | link | path | path it has besides |
    | sync | number of the file | |
    | sync folder | path | |
    | told | what was acknowledged | |
    """

    kind: str
    file: Any
    detail: Any = None


Image = tuple[dict[str, bytes], frozenset[str]]
"""Files by their path, and folders."""
Persisted = Callable[[int, Step], Any]
"""Whether a step that nothing has forced to the disk is there: True, False, or a function of its bytes."""


class Log:
    """The gate that keeps a log."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._numbers: dict[str, int] = {}
        self._open: dict[int, int | str] = {}

    def told(self, what: str) -> None:
        """Note that something was acknowledged: from here on it must not be lost."""
        self.steps.append(Step("told", what))

    def __call__(self, call: Call, act: Act) -> Any:
        """Carry a call out, and note what it asks of the disk."""
        first, *rest = call.arguments
        new = call.name == "open" and bool(rest[0] & os.O_CREAT) and not Path(first).exists()
        where = os.lseek(first, 0, os.SEEK_CUR) if call.name == "write" else 0
        result = act(*call.arguments)
        note = getattr(self, f"_{call.name}", None)
        if call.name == "open":
            self._opened(call.file, result, new)
        elif call.name == "write":
            self._pwrite(call, rest[0], where, result)
        elif note is not None:
            note(call, *rest, result)
        return result

    def _note(self, kind: str, file: Any, detail: Any = None) -> None:
        self.steps.append(Step(kind, file, detail))

    def _opened(self, file: str, descriptor: int, new: bool) -> None:
        if new:
            self._numbers[file] = len(self._numbers) + len(self.steps)
            self._note("make", file, self._numbers[file])
        self._open[descriptor] = self._numbers.get(file, file)

    def _pwrite(self, call: Call, data: Any, offset: int, done: int) -> None:
        self._note("write", self._open[call.arguments[0]], (offset, bytes(memoryview(data).cast("B")[:done])))

    def _ftruncate(self, call: Call, length: int, result: None) -> None:
        self._note("size", self._open[call.arguments[0]], length)

    def _fsync(self, call: Call, result: None) -> None:
        file = self._open[call.arguments[0]]
        self._note("sync" if isinstance(file, int) else "sync folder", file)

    def _close(self, call: Call, result: None) -> None:
        self._open.pop(call.arguments[0], None)

    def _mkdir(self, call: Call, *unused: Any) -> None:
        self._note("folder", call.file)

    def _unlink(self, call: Call, *unused: Any) -> None:
        self._numbers.pop(call.file, None)
        self._note("drop", call.file)

    def _link(self, call: Call, target: Any, result: None) -> None:
        at = os.path.normpath(os.path.join(os.path.dirname(call.file), os.path.basename(target)))
        self._numbers[at] = self._numbers[call.file]
        self._note("link", at, call.file)

    def _replace(self, call: Call, target: Any, result: None) -> None:
        at = os.path.normpath(os.path.join(os.path.dirname(call.file), os.path.basename(target)))
        self._numbers[at] = self._numbers.pop(call.file)
        self._note("move", at, call.file)


def folder_of(path: str) -> str:
    """The folder that holds a path; the outermost one is a dot."""
    return os.path.dirname(path) or "."


def loose(steps: Sequence[Step]) -> list[int]:
    """Places of the steps that nothing has forced to the disk by the end of these."""
    synced: dict[tuple[str, Any], int] = {}
    for place, step in enumerate(steps):
        if step.kind.startswith("sync"):
            synced[step.kind, step.file] = place
    return [
        place
        for place, step in enumerate(steps)
        if (step.kind in DATA and place > synced.get(("sync", step.file), -1))
        or (step.kind in ENTRIES and place > synced.get(("sync folder", folder_of(step.file)), -1))
    ]


def image(steps: Sequence[Step], at_risk: Sequence[int], persisted: Persisted) -> Image:
    """What stands on the disk after a power cut behind these steps."""
    contents: dict[int, bytearray] = {}
    entries: dict[str, int] = {}
    folders: set[str] = set()
    risky = set(at_risk)
    origin: dict[str, int] = {}  # the file behind a name, as the program saw it
    for place, step in enumerate(steps):
        kept = persisted(place, step) if place in risky else True
        if step.kind == "make":
            origin[step.file] = step.detail
            contents.setdefault(step.detail, bytearray())
            if kept:
                entries[step.file] = step.detail
        elif step.kind == "move":
            moved = origin.pop(step.detail)
            origin[step.file] = moved
            if kept:
                entries.pop(step.detail, None)
                entries[step.file] = moved
        elif step.kind == "link":
            origin[step.file] = origin[step.detail]
            if kept:
                entries[step.file] = origin[step.file]
        elif step.kind == "drop" and kept:
            entries.pop(step.file, None)
        elif step.kind == "folder" and kept:
            folders.add(step.file)
        elif step.kind == "size" and kept:
            held = contents[step.file]
            del held[step.detail :]
            held.extend(bytes(step.detail - len(held)))
        elif step.kind == "write" and kept:
            offset, data = step.detail
            held = contents[step.file]
            held.extend(bytes(max(0, offset + len(data) - len(held))))
            for start, piece in [(0, data)] if kept is True else kept(data):
                held[offset + start : offset + start + len(piece)] = piece
    there = {path: bytes(contents[number]) for path, number in entries.items() if _reached(path, folders)}
    return there, frozenset(path for path in folders if _reached(path, folders))


def _reached(path: str, folders: set[str]) -> bool:
    above = folder_of(path)
    return above == "." or (above in folders and _reached(above, folders))


def torn(draw: random.Random) -> Callable[[bytes], list[tuple[int, bytes]]]:
    """Some sectors of a write, by chance."""
    seed = draw.random()

    def pieces(data: bytes) -> list[tuple[int, bytes]]:
        choose = random.Random(seed)
        starts = range(0, len(data), SECTOR)
        return [(start, data[start : start + SECTOR]) for start in starts if choose.random() < 0.5]

    return pieces


def images(steps: Sequence[Step], count: int, seed: str = "power") -> Iterator[Image]:
    """States that a cut behind these steps may leave: everything loose there, or nothing; entries without bytes; each
    loose step alone there or alone not; then by chance, with torn writes, up to `count` in all."""
    at_risk = loose(steps)
    choices: list[Persisted] = [
        lambda place, step: True,
        lambda place, step: False,
        lambda place, step: step.kind in ENTRIES,
        lambda place, step: step.kind in DATA,
        lambda place, step: True if step.kind in ENTRIES else (lambda data: []),  # the length, and zeros
    ]
    for alone in at_risk:
        choices += [lambda place, step, a=alone: place == a, lambda place, step, a=alone: place != a]
    for number in range(count):
        if number < len(choices):
            yield image(steps, at_risk, choices[number])
        elif not at_risk:
            return
        else:
            draw = random.Random(f"{seed}/{len(steps)}/{number}")
            there = {place: draw.choice((True, True, False, torn(draw))) for place in at_risk}
            yield image(steps, at_risk, lambda place, step, there=there: there[place])


def restore(found: Image, folder: Path) -> None:
    """Write an image into an empty folder."""
    files, folders = found
    for path in sorted(folders):
        (folder / path).mkdir()
    for path, data in files.items():
        (folder / path).write_bytes(data)


def without(steps: Sequence[Step], kind: str) -> list[Step]:
    """The log of a program that leaves one kind of step out."""
    return [step for step in steps if step.kind != kind]


def renamed_early(steps: Sequence[Step]) -> list[Step]:
    """The log of a program that renames a file as soon as it is made, and writes it afterwards."""
    ends = {step.detail: step.file for step in steps if step.kind in ("move", "link")}
    early: list[Step] = []
    for step in steps:
        if step.kind in ("move", "link"):
            continue
        early.append(step)
        if step.kind == "make" and step.file in ends:
            early.append(Step("move", ends[step.file], step.file))
    return early
