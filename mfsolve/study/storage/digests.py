"""SHA-256 of the stored numbers of a run, data set by data set: the same on two machines where the bits are."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

CHUNK = 2**20
"""Numbers that are read at once, about."""


def digests(path: Path) -> dict[str, str]:
    """Digests of the numeric data sets of a consolidated file by name; neither layout nor time of writing enter.

    Raises
    ------
    OSError
        For a file that cannot be read.
    """
    found: dict[str, str] = {}
    with h5py.File(path, "r", locking=False) as file:
        for name, data in _numeric(file):
            digest = hashlib.sha256(f"{data.dtype.str} {data.shape}".encode())
            for block in _blocks(data):
                digest.update(np.ascontiguousarray(block).tobytes())
            found[name] = digest.hexdigest()
    return dict(sorted(found.items()))


def together(found: Mapping[str, str]) -> str:
    """One digest of all."""
    return hashlib.sha256("".join(f"{name} {value}\n" for name, value in sorted(found.items())).encode()).hexdigest()


def _numeric(group: "h5py.Group", above: str = "") -> Iterator[tuple[str, "h5py.Dataset"]]:
    for name, item in group.items():
        if isinstance(item, h5py.Group):
            yield from _numeric(item, f"{above}{name}/")
        elif item.dtype.kind in "biuf":
            yield above + name, item


def _blocks(data: "h5py.Dataset") -> Iterator[Any]:
    """Rows of the first dimension, so many at a time that memory stays flat."""
    if data.ndim == 0 or data.size <= CHUNK:
        yield data[()]
        return
    step = max(1, CHUNK // (data.size // data.shape[0]))
    for start in range(0, data.shape[0], step):
        yield data[start : start + step]
