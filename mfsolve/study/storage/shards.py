"""Shards: replicates [start, stop) of one point, or what it has solved; immutable, checked by content."""

import contextlib
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Outputs
from mfsolve.paths import entries, is_dir
from mfsolve.study.blocks import Block
from mfsolve.study.file.points import SCHEMA
from mfsolve.study.file.source import StudyError
from mfsolve.study.origin.software import software_differences
from mfsolve.study.storage import seal, system
from mfsolve.study.storage.files import new_hdf5
from mfsolve.study.storage.seal import DamagedFileError

NAME = re.compile(r"([0-9a-f]{16})-(?:(\d+)-(\d+)|solved)\.h5")
ROWS = 4096  # replicates hashed or copied at a time


@dataclass(frozen=True)
class Shard:
    """A file with the replicates [start, stop) of the point `key`, or with what its arm solves once."""

    path: Path
    key: str
    start: int
    stop: int
    solved: bool = False


def named(path: Path) -> Shard | None:
    """The shard a file's name stands for."""
    match = NAME.fullmatch(path.name)
    if match is None:
        return None
    if match.lastindex == 1:
        return Shard(path, match[1], 0, 1, True)
    return Shard(path, match[1], int(match[2]), int(match[3]))


def by_part(shards: Iterable[Shard]) -> dict[tuple[str, bool], list[Shard]]:
    """Shards by the key of their point, and by whether they are what its arm solves."""
    found: dict[tuple[str, bool], list[Shard]] = {}
    for shard in shards:
        found.setdefault((shard.key, shard.solved), []).append(shard)
    return found


def checksum(group: h5py.Group) -> str:
    """SHA-256 over every dataset's name, type, shape, bytes and attributes, and the group's own attributes.

    It does not depend on how rows were chunked or in what order they were written.
    """
    return checksum_with(group, {})()


def checksum_with(group: h5py.Group, elsewhere: Mapping[str, Iterable[bytes]]) -> Callable[[], str]:
    """A function that works out the `checksum` of a group whose attributes stand.

    The bytes of some datasets are taken from `elsewhere`, in pieces, since they may still be on their way into the
    group. Where these are all that is large, the function can be called in another thread: it leaves HDF5 alone.
    """
    parts: list[tuple[bytes, Iterable[bytes], bytes]] = []
    for name in sorted(group):
        item = group[name]
        if isinstance(item, h5py.Dataset):
            head = f"{name} {item.dtype.str} {item.shape}".encode()
            own = _pieces(item) if not elsewhere else list(_pieces(item)) if name not in elsewhere else elsewhere[name]
            parts.append((head, own, _attributes(item.attrs)))
    last = _attributes(group.attrs)

    def work_out() -> str:
        digest = hashlib.sha256()
        for head, pieces, attributes in parts:
            digest.update(head)
            for piece in pieces:
                digest.update(piece)
            digest.update(attributes)
        digest.update(last)
        return digest.hexdigest()

    return work_out


def _pieces(item: h5py.Dataset) -> Iterator[bytes]:
    """Bytes of a dataset, some rows at a time."""
    for start in range(0, item.shape[0] if item.shape else 1, ROWS):
        yield np.ascontiguousarray(item[start : start + ROWS] if item.shape else item[()]).tobytes()


def _attributes(attributes: Any) -> bytes:
    """Attributes that carry meaning, not HDF5's own bookkeeping of dimension scales."""
    skip = {
        "sha256",
        "CLASS",
        "NAME",
        "DIMENSION_LIST",
        "REFERENCE_LIST",
        "_Netcdf4Dimid",
        "_Netcdf4Coordinates",
    }
    kept = {name: str(attributes[name]) for name in attributes if name not in skip}
    return json.dumps(kept, sort_keys=True).encode()


def write_shard(
    folder: Path,
    key: str,
    start: int,
    block: Block,
    outputs: Outputs,
    attributes: Mapping[str, Any],
) -> Path:
    """Store consecutive replicates from `start` on; returns the file.

    Raises
    ------
    OSError
        Where it cannot be written; nothing is left behind.
    """
    stop = start + block.count
    path = folder / f"{key}-{start}-{stop}.h5"
    with new_hdf5(path) as file:
        file.attrs.update({"schema": SCHEMA, "key": key, "start": start, "stop": stop, **attributes})
        for name in outputs:
            file.create_dataset(name, data=block.arrays[name])
    return path


def write_solved(folder: Path, key: str, arrays: Arrays, outputs: Outputs, attributes: Mapping[str, Any]) -> Path:
    """Store what a point's arm has solved; returns the file.

    Raises
    ------
    OSError
        Where it cannot be written; nothing is left behind.
    """
    path = folder / f"{key}-solved.h5"
    with new_hdf5(path) as file:
        file.attrs.update({"schema": SCHEMA, "key": key, "start": 0, "stop": 1, **attributes})
        for name in outputs:
            file.create_dataset(name, data=np.asarray(arrays[name], dtype=np.float64))
    return path


def verify(shard: Shard) -> None:
    """Read a shard whole.

    Raises
    ------
    DamagedFileError
        Saying what is wrong with it.
    OSError
        Where it cannot be read, which says nothing on it.
    """
    _agree(shard, seal.check(shard.path))


def content(shard: Shard) -> Arrays:
    """Arrays of a shard whose bytes are as they were written.

    Raises
    ------
    DamagedFileError, OSError
        As `verify`.
    """
    found, arrays = seal.read(shard.path)
    _agree(shard, found)
    return arrays


def _agree(shard: Shard, found: seal.Seal) -> None:
    """Hold what a file says of itself against its name."""
    said = found.attributes
    if (said.get("key"), said.get("start"), said.get("stop")) != (shard.key, shard.start, shard.stop):
        raise DamagedFileError("holds other replicates than its name says")
    if said.get("schema") != SCHEMA:
        raise DamagedFileError(f"schema {said.get('schema')}, not {SCHEMA}")


def scan(
    folder: Path, keys: Collection[str], made_by: Mapping[str, str] | None = None, aside: bool = True
) -> tuple[list[Shard], list[str]]:
    """Shards of the given points that are whole by their seal, and a line on each broken file, which is set aside.

    A broken file is renamed `NAME.broken`, or `NAME.broken-2` after an earlier one, never deleted, unless nothing is to
    be set `aside`; what it held counts as missing. The bytes before the seal are hashed when they are read.

    Raises
    ------
    StudyError
        Where a shard was made by other code or libraries than `made_by` names.
    OSError
        Where a file cannot be read, which says nothing on it; it stays where it is.
    """
    good, complaints = [], []
    for path in entries(folder, "*.h5") if is_dir(folder) else []:
        shard = named(path)
        if shard is None or shard.key not in keys:
            continue
        try:
            found = seal.look(path)
            _agree(shard, found)
        except DamagedFileError as why:
            complaints.append(set_aside(path, why) if aside else f"{path}: {why}: left out")
        except FileNotFoundError:  # another process has set it aside
            continue
        else:
            other = software_differences(made_by or {}, {name: str(value) for name, value in found.attributes.items()})
            if other:
                raise StudyError(f"{path}: {other}; choose another --out, or remove it")
            good.append(shard)
    return good, complaints


def set_aside(path: Path, why: DamagedFileError) -> str:
    """Rename a broken file, and return a line that says so."""
    aside = path.with_name(f"{path.name}.broken")
    with contextlib.suppress(FileNotFoundError):  # another process has done it
        for again in itertools.count(2):
            try:
                system.replace(path, aside, only_new=True)
                break
            except FileExistsError:
                aside = path.with_name(f"{path.name}.broken-{again}")
    return f"{path}: {why}: set aside as {aside.name}, its replicates are computed again"


def drop_broken(shards: Iterable[Shard]) -> list[str]:
    """Read shards whole and set the broken ones aside; a line on each."""
    complaints = []
    for shard in shards:
        try:
            verify(shard)
        except DamagedFileError as why:
            complaints.append(set_aside(shard.path, why))
    return complaints


def missing(start: int, stop: int, shards: list[Shard]) -> Iterator[tuple[int, int]]:
    """Ranges of [start, stop) that no shard covers."""
    for shard in sorted(shards, key=lambda s: s.start):
        if shard.start > start:
            yield start, min(shard.start, stop)
        start = max(start, shard.stop)
        if start >= stop:
            return
    if start < stop:
        yield start, stop
