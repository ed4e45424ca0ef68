"""A seal at the end of a stored file: a hash of all bytes before it, and where its arrays stand.

HDF5 reads what is damaged too, and may hang or crash on it. So a file is trusted by its seal alone: its bytes are
hashed first, and the arrays of a shard are taken from those bytes without the HDF5 library. Other programs see an
HDF5 file with some bytes behind its end, which the format allows.

The hash is XXH3 of 128 bits, which runs at the speed of memory: it is to find damage. What a result is known by is the
SHA-256 of its groups.

    HDF5 file | JSON: length and hash of it, attributes, arrays | length of the JSON | hash of the JSON | MAGIC
"""

import errno
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import h5py
import numpy as np
from xxhash import xxh3_128

from mfsolve.arrays import Arrays
from mfsolve.study.storage import system

MAGIC = b"mfsolve sealed 2"
EARLIER = b"mfsolve sealed 1"
DIGEST = 16
"""Bytes of a hash."""
TAIL = 8 + DIGEST + len(MAGIC)
LONGEST = 2**24
"""Bytes of a seal's JSON, at most."""
PIECE = 2**22
"""Bytes hashed at a time."""
PASSING = {errno.ESTALE, errno.EAGAIN, errno.EINTR, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ETIMEDOUT}
"""Errors of the system that may be gone a moment later."""

Value = TypeVar("Value")


class DamagedFileError(ValueError):
    """A stored file that is truncated, damaged, or not what its name says."""


@dataclass(frozen=True)
class Seal:
    """A file's seal: bytes before it, their hash, the file's attributes, and where its arrays stand."""

    length: int
    digest: str
    attributes: Mapping[str, Any]
    arrays: Mapping[str, tuple[str, tuple[int, ...], int]]


def layout(file: h5py.File) -> dict[str, Any]:
    """Attributes of an open HDF5 file, and type, shape and place of the arrays at its top that stand in one piece."""
    file.flush()
    arrays = {}
    for name, item in file.items():
        place = _place(item) if isinstance(item, h5py.Dataset) else None
        if place is not None:
            arrays[name] = (item.dtype.str, item.shape, place)
    attributes = {name: value.item() if isinstance(value, np.generic) else value for name, value in file.attrs.items()}
    return {"attributes": {name: v for name, v in attributes.items() if isinstance(v, str | int)}, "arrays": arrays}


def _place(item: h5py.Dataset) -> int | None:
    if item.size == 0:
        return 0
    if item.chunks is None:
        place: int | None = item.id.get_offset()
        return place
    if item.id.get_num_chunks() != 1 or item.chunks != item.shape:
        return None
    return int(item.id.get_chunk_info(0).byte_offset)


def sealed(descriptor: int, what: Mapping[str, Any]) -> bytes:
    """The seal of a file that is written: to be put behind its end."""
    digest, length = _hash(descriptor, os.fstat(descriptor).st_size)
    text = json.dumps({"length": length, "xxh3_128": digest, **what}).encode()
    return text + len(text).to_bytes(8, "little") + xxh3_128(text).digest() + MAGIC


def look(path: Path) -> Seal:
    """The seal of a file, which is whole by its length; its bytes are not read.

    Raises
    ------
    DamagedFileError
        Where there is no seal, or not as many bytes as it says.
    OSError
        Where the file cannot be read, which says nothing on it.
    """
    with _opened(path) as descriptor:
        return _seal(descriptor)


def check(path: Path) -> Seal:
    """The seal of a file whose bytes are as they were written.

    Raises
    ------
    DamagedFileError, OSError
        As `look`.
    """
    with _opened(path) as descriptor:
        seal = _seal(descriptor)
        if _hash(descriptor, seal.length)[0] != seal.digest:
            raise DamagedFileError("checksum does not match")
        return seal


def read(path: Path) -> tuple[Seal, Arrays]:
    """Seal and arrays of a file whose bytes are as they were written.

    Raises
    ------
    DamagedFileError, OSError
        As `look`.
    """
    with _opened(path) as descriptor:
        seal = _seal(descriptor)
        data = _exactly(descriptor, seal.length, 0)
    if xxh3_128(data).hexdigest() != seal.digest:
        raise DamagedFileError("checksum does not match")
    return seal, {
        name: np.frombuffer(data, dtype, int(np.prod(shape, dtype=np.int64)), place).reshape(shape)
        for name, (dtype, shape, place) in seal.arrays.items()
    }


def rows(path: Path, seal: Seal, name: str, start: int, stop: int) -> Iterator[bytes]:
    """Bytes of the rows [start, stop) of an array, in pieces; they are not held against the seal.

    Raises
    ------
    DamagedFileError, OSError
        As `look`.
    """
    dtype, shape, place = seal.arrays[name]
    row = np.dtype(dtype).itemsize * int(np.prod(shape[1:], dtype=np.int64))
    with _opened(path) as descriptor:
        for begin in range(start * row, stop * row, PIECE):
            yield _exactly(descriptor, min(PIECE, stop * row - begin), place + begin)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = patiently(os.open, path, os.O_RDONLY | system.BINARY)
    try:
        try:
            yield descriptor
        finally:
            os.close(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def patiently(ask: Callable[..., Value], *arguments: Any) -> Value:
    """The answer of a system call, repeated where it fails for what may be a passing shortage."""
    for pause in system.PAUSES:
        try:
            return ask(*arguments)
        except OSError as error:
            if error.errno not in PASSING:
                raise
        time.sleep(pause)
    return ask(*arguments)


def _seal(descriptor: int) -> Seal:
    size = os.fstat(descriptor).st_size
    near = min(size, 4096)
    end = _exactly(descriptor, near, size - near)
    if end[-len(MAGIC) :] == EARLIER:
        raise DamagedFileError("written and sealed by an earlier version")
    if size < TAIL or end[-len(MAGIC) :] != MAGIC:
        raise DamagedFileError("cut short or damaged: it does not end with a seal")
    length, digest = int.from_bytes(end[-TAIL : 8 - TAIL], "little"), end[8 - TAIL : -len(MAGIC)]
    if length > min(size - TAIL, LONGEST):
        raise DamagedFileError("its seal is damaged")
    if length + TAIL > near:
        end = _exactly(descriptor, length + TAIL, size - TAIL - length)
    text = end[len(end) - TAIL - length : len(end) - TAIL]
    if xxh3_128(text).digest() != digest:
        raise DamagedFileError("its seal is damaged")
    said = json.loads(text)
    if said["length"] != size - TAIL - length:
        raise DamagedFileError("other bytes than were written")
    arrays = {name: (dtype, tuple(shape), place) for name, (dtype, shape, place) in said["arrays"].items()}
    return Seal(said["length"], said["xxh3_128"], said["attributes"], arrays)


def _exactly(descriptor: int, count: int, offset: int) -> bytes:
    pieces = []
    while count:
        piece = patiently(system.read_at, descriptor, count, offset)
        if not piece:
            raise DamagedFileError("shorter than a moment ago")
        pieces.append(piece)
        count, offset = count - len(piece), offset + len(piece)
    return b"".join(pieces)


def _hash(descriptor: int, length: int) -> tuple[str, int]:
    digest = xxh3_128()
    for start in range(0, length, PIECE):
        digest.update(_exactly(descriptor, min(PIECE, length - start), start))
    return digest.hexdigest(), length
