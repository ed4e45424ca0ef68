"""A gate that every call on the files of a folder passes: there it is written down, made to fail, or is the last one.

The calls are those of Python's `os` and of its file objects. HDF5 writes through them (`study.files.GuardedFile`); a
file that it opens by its name, for reading, is one call more.
"""

import builtins
import contextlib
import errno
import hashlib
import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self

import h5py

PATHS = (
    "open", "mkdir", "rmdir", "unlink", "remove", "replace", "rename", "link", "symlink", "truncate", "chmod", "utime",
    "stat", "lstat", "access", "scandir", "listdir", "statvfs",
)  # fmt: skip
"""Calls whose first argument is a path."""
DESCRIPTORS = ("pwrite", "write", "ftruncate", "fsync", "fdatasync", "sendfile", "pread", "read", "fstat", "close")
"""Calls whose first argument is a descriptor."""
CHANGES = frozenset(
    {"mkdir", "rmdir", "unlink", "remove", "replace", "rename", "link", "symlink", "truncate", "pwrite", "write",
     "ftruncate", "fsync", "fdatasync", "sendfile", "close"}
)  # fmt: skip
"""Calls after which a disk may look otherwise than before; `open` is one where it makes the file."""
TRANSFERS = frozenset({"pwrite", "write", "pread", "read"})
"""Calls that may move fewer bytes than they were asked to."""

HANDS = ("study/execution/completion.py", "torture/direct.py")
"""Files that hand tasks out, the first few at once and others as these come back: the same tasks."""

Act = Callable[..., Any]


class Call(NamedTuple):
    """A call: its place in the run, from 0; its name; the file, relative to the folder; all its arguments.

    `site` is a hash of the lines that led to it, from the command line down, where that was asked for.
    """

    number: int
    name: str
    file: str
    arguments: tuple[Any, ...]
    site: str = ""

    @property
    def changes(self) -> bool:
        """True for a call that may change what is on the disk."""
        return self.name in CHANGES or (self.name == "open" and bool(self.arguments[1] & os.O_CREAT))


Gate = Callable[[Call, Act], Any]
"""Carries a call out, or does something else in its place."""


class Calls:
    """All calls of this process on the files below a folder, led through a gate for the time of a block."""

    def __init__(self, folder: str | os.PathLike[str], gate: Gate) -> None:
        self.folder = os.path.abspath(folder)
        self.count = 0
        self._lock = threading.Lock()
        self._gate = gate
        self._files: dict[int, str] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        for name in PATHS:
            self._put(os, name, self._by_path(name))
        for name in DESCRIPTORS:
            self._put(os, name, self._by_descriptor(name))
        real = builtins.open
        for module in (builtins, io):
            self._put(module, "open", self._opening(real))
        begin = h5py.File.__init__

        def opened(file: h5py.File, name: Any, *arguments: Any, **options: Any) -> None:
            if (where := self._below(name)) is None:
                begin(file, name, *arguments, **options)
            else:
                self._pass("hdf5", where, (name,), lambda path: begin(file, path, *arguments, **options))

        self._put(h5py.File, "__init__", opened)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _put(self, home: Any, name: str, instead: Any) -> None:
        before = getattr(home, name)
        setattr(home, name, instead)
        self._stack.callback(setattr, home, name, before)

    def _below(self, path: Any) -> str | None:
        """A path relative to the folder; None where it is elsewhere."""
        if not isinstance(path, str | os.PathLike):
            return None
        whole = os.path.abspath(os.fspath(path))
        inside = whole == self.folder or whole.startswith(self.folder + os.sep)
        return os.path.relpath(whole, self.folder) if inside else None

    def _pass(self, name: str, file: str, arguments: tuple[Any, ...], act: Act) -> Any:
        with self._lock:  # shards are read ahead in a thread
            number, self.count = self.count, self.count + 1
        return self._gate(Call(number, name, file, arguments), act)

    def _by_path(self, name: str) -> Act:
        real = getattr(os, name)

        def call(path: Any, *arguments: Any, **options: Any) -> Any:
            file = self._below(path)
            if file is None:
                found = real(path, *arguments, **options)
                if name == "open":
                    self._files.pop(found, None)
                return found
            found = self._pass(name, file, (path, *arguments), lambda *given: real(*given, **options))
            if name == "open":
                self._files[found] = file
            return found

        return call

    def _by_descriptor(self, name: str) -> Act:
        real = getattr(os, name)

        def call(descriptor: int, *arguments: Any) -> Any:
            file = self._files.get(descriptor)
            if file is None:
                return real(descriptor, *arguments)
            return self._pass(name, file, (descriptor, *arguments), self._forgetting(name, real))

        return call

    def _forgetting(self, name: str, real: Act) -> Act:
        def close(descriptor: int) -> None:
            self._files.pop(descriptor, None)  # gone, whatever the system says of it
            real(descriptor)

        return close if name == "close" else real

    def _opening(self, real: Act) -> Act:
        seam = self

        class Traced(io.FileIO):
            """A file object whose calls pass the gate."""

            def __init__(self, path: Any, mode: str) -> None:
                super().__init__(path, mode, opener=lambda name, flags: os.open(name, flags, 0o666))

            def write(self, data: Any) -> int:
                return os.write(self.fileno(), data)

            def readinto(self, buffer: Any) -> int:
                data = os.read(self.fileno(), len(buffer))
                buffer[: len(data)] = data
                return len(data)

            def readall(self) -> bytes:
                pieces = []
                while piece := os.read(self.fileno(), 2**20):
                    pieces.append(piece)
                return b"".join(pieces)

            def close(self) -> None:
                if self.closed:
                    return
                descriptor = self.fileno()

                def end(_: int) -> None:
                    seam._files.pop(descriptor, None)
                    super(Traced, self).close()

                seam._pass("close", seam._files.get(descriptor, "?"), (descriptor,), end)

        def traced(file: Any, mode: str = "r", buffering: int = -1, *text: Any, **options: Any) -> Any:
            if self._below(file) is None:
                return real(file, mode, buffering, *text, **options)
            raw = Traced(file, mode.replace("b", "").replace("t", ""))
            if buffering == 0:
                return raw
            held = (
                io.BufferedRandom(raw)
                if "+" in mode
                else (io.BufferedReader if "r" in mode else io.BufferedWriter)(raw)
            )
            return held if "b" in mode else io.TextIOWrapper(held, *text, **options)

        return traced


def through(call: Call, act: Act) -> Any:
    """Let a call be what it is."""
    return act(*call.arguments)


def noting(calls: list[Call]) -> Gate:
    """Write calls down, and carry them out."""

    def gate(call: Call, act: Act) -> Any:
        frame, lines = sys._getframe(), []
        while frame is not None:
            if not frame.f_code.co_filename.endswith(HANDS):
                lines.append(f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}:{frame.f_lineno}")
            frame = frame.f_back
        calls.append(call._replace(site=hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]))
        return act(*call.arguments)

    return gate


def partly(call: Call, act: Act) -> Any:
    """Move half of the bytes of a transfer, at least one."""
    descriptor, second, *rest = call.arguments
    if isinstance(second, int):
        return act(descriptor, min(second, max(1, second // 2)), *rest)
    return act(descriptor, memoryview(second)[: max(1, len(second) // 2)], *rest)


def killing(number: int, when: str) -> Gate:
    """End the process before a call, halfway through it, or after it, as SIGKILL does."""

    def gate(call: Call, act: Act) -> Any:
        if call.number != number:
            return act(*call.arguments)
        try:
            if when == "halfway":
                partly(call, act)
            elif when == "after":
                act(*call.arguments)
        finally:
            os.kill(os.getpid(), signal.SIGKILL)

    return gate


def failing(first: int, why: int, last: int | None = None) -> Gate:
    """Let calls fail with an error of the system: from the first to the last of them, by default that one alone."""
    end = first if last is None else last

    def gate(call: Call, act: Act) -> Any:
        if not first <= call.number <= end:
            return act(*call.arguments)
        if why == 0:  # shards are read ahead in a thread: the call of a number may be another one than it was
            return partly(call, act) if call.name in TRANSFERS else act(*call.arguments)
        if call.name == "close":  # the descriptor is gone all the same
            act(*call.arguments)
        known = call.name in PATHS
        raise OSError(why, os.strerror(why), str(call.arguments[0])) if known else OSError(why, os.strerror(why))

    return gate


def refusing_changes(why: int = errno.EROFS) -> Gate:
    """A file system that can be read only."""

    def gate(call: Call, act: Act) -> Any:
        if call.changes and call.name not in ("close", "fsync"):
            raise OSError(why, os.strerror(why), str(call.arguments[0]) if call.name in PATHS else None)
        return act(*call.arguments)

    return gate


def vanishing(number: int, folder: str) -> Gate:
    """Somebody removes a folder just before a call."""

    def gate(call: Call, act: Act) -> Any:
        if call.number == number:
            subprocess.run(["rm", "-rf", folder], check=True)
        return act(*call.arguments)

    return gate


def kinds(calls: list[Call]) -> list[Call]:
    """The first call of each kind on each kind of file."""
    return _firsts(calls, lambda call: (call.name, os.path.splitext(call.file)[1], call.file.count("/"), call.changes))


def waiting(number: int, mark: str) -> Gate:
    """Before a call, say so by making a file, and go on when it is gone."""

    def gate(call: Call, act: Act) -> Any:
        if call.number == number:
            Path(mark).touch()
            while Path(mark).exists():
                time.sleep(0.002)
        return act(*call.arguments)

    return gate


def site(call: Call) -> tuple[Any, ...]:
    """The place in the code, with the way that led there, and the kind of file: what rounds of a loop have in common."""
    return call.name, re.sub(r"[0-9a-f]{12,}|\d+", "#", call.file), call.site, call.changes


def sites(calls: list[Call]) -> tuple[list[Call], list[Call]]:
    """The first call of each site; and the last one, where there are several."""
    first, last = _firsts(calls, site), _firsts(calls[::-1], site)
    return first, sorted(set(last) - set(first))


def _firsts(calls: list[Call], kind: Callable[[Call], Any]) -> list[Call]:
    """The first call of each kind."""
    found: dict[Any, Call] = {}
    for call in calls:
        found.setdefault(kind(call), call)
    return list(found.values())
