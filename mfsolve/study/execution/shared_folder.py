"""A mark in the run directory, by which workers elsewhere know that they see the same folder."""

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from mfsolve.paths import exists, is_dir

DELAY = 5.0
"""Seconds that a network file system may take to show a new file, or a new folder."""


@contextlib.contextmanager
def folder_mark(folder: Path, scheduler: str | None) -> Iterator[str | None]:
    """The name of a file that stands in the folder for the time of the block; None without a cluster."""
    if scheduler is None:
        yield None
        return
    mark = folder / f".mark-{secrets.token_hex(8)}"
    os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    try:
        yield mark.name
    finally:
        mark.unlink(missing_ok=True)


def unseen(folder: Path, mark: str) -> str | None:
    """A clause that says why this process cannot store anything there; None where it can."""
    end = time.monotonic() + DELAY
    while not exists(folder / mark):
        if time.monotonic() > end:
            if not is_dir(folder):
                return f"does not see {folder}: a cluster needs a folder that all its workers share"
            return f"sees another folder as {folder}: a cluster needs one that all its workers share"
        time.sleep(0.1)
    return None if os.access(folder, os.W_OK) else f"cannot write to {folder}"
