"""Names of files that are being written: not to be guessed, and known by their process when it is gone."""

import contextlib
import hashlib
import os
import re
import secrets
import socket
import tempfile
from functools import cache
from pathlib import Path

from mfsolve.paths import is_file
from mfsolve.study.storage.system import begun

NAME = re.compile(r"\..*\.([0-9a-f]{12})-(\d+)-(\d+)-[0-9a-f]{16}\.[a-z]+")
OLD = 3600.0
"""Seconds without a write after which a temporary file of a process that cannot be looked up is a left-over."""


def temporary_for(path: Path, ending: str = "tmp") -> Path:
    """A new name beside a file, which nobody can have planted."""
    place, process, moment = _place(), os.getpid(), begun(os.getpid()) or 0
    name = path.name.encode("utf-8", "ignore")[:80].decode("utf-8", "ignore")  # a name holds 255 bytes
    return path.with_name(f".{name}.{place}-{process}-{moment}-{secrets.token_hex(8)}.{ending}")


def left_over(path: Path) -> bool | None:
    """True for a name whose process has ended, False where it lives; None in another namespace or on another host."""
    match = NAME.fullmatch(path.name)
    if match is None or match[1] != _place():
        return None
    return begun(int(match[2])) != int(match[3])


def remove_leftovers(*folders: Path) -> None:
    """Delete temporary files whose process has ended.

    Processes are looked up in this process's own namespace only: what was written in another one, or on another
    host, has to be an hour old by the clock of the file system.
    """
    for folder in folders:
        found = [path for path in folder.glob(".*.tmp") if is_file(path) or path.is_symlink()]
        foreign = []
        for path in found:
            if (gone := left_over(path)) is None:
                foreign.append(path)
            elif gone:
                path.unlink(missing_ok=True)
        if foreign:
            _remove_old(foreign, _now(folder))


def _remove_old(paths: list[Path], now: float) -> None:
    """Delete those files that nobody has written for an hour."""
    for path in paths:
        try:
            if now - path.lstat().st_mtime > OLD:
                path.unlink()
        except FileNotFoundError:
            continue


@cache
def _place() -> str:
    """A name for the space in which process numbers are unique: a boot of a host, and a namespace in it."""
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
    with contextlib.suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


def _now(folder: Path) -> float:
    """The time on the clock of a file system."""
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.fstat(file.fileno()).st_mtime
