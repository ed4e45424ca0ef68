"""Shards -> a group of the consolidated file, a few megabytes in memory at a time."""

import json
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import h5py
import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Output, Outputs
from mfsolve.study.axes import axis_names, axis_values
from mfsolve.study.file.config import Study
from mfsolve.study.file.points import Point
from mfsolve.study.storage.seal import DamagedFileError, look
from mfsolve.study.storage.seal import rows as sealed_rows
from mfsolve.study.storage.shards import Shard, checksum, checksum_with, content

TOGETHER = 2**22
"""Bytes of rows that are gathered before they are written: a call of HDF5 costs more than a small shard."""

CHUNK = 2**18
"""Bytes of a chunk of the file, at most, where a row has no more."""

LARGE = 2**20
"""Bytes of a shard from which on it is read once more, for the group's checksum, while it is written."""


class DeterminismError(RuntimeError):
    """Two computations of one replicate differ: the promise of equal bits is broken."""


def power_of_two(number: int) -> int:
    """The greatest power of two up to a number; 1 below that."""
    return 1 << max(0, number.bit_length() - 1)


def chunks_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Chunks of an array of doubles: a power of two of whole rows, of 256 KiB at most where a row has no more."""
    row_bytes = 8 * max(1, math.prod(shape[1:]))
    return min(shape[0], power_of_two(CHUNK // row_bytes)), *shape[1:]


def by_point(shards: Sequence[Shard]) -> dict[str, list[Shard]]:
    """Shards of each point by its key, in the order of their replicates."""
    found: dict[str, list[Shard]] = {}
    for shard in sorted(shards, key=lambda s: (s.start, s.stop)):
        found.setdefault(shard.key, []).append(shard)
    return found


def write_group(
    file: h5py.File, study: Study, point: Point, shards: Sequence[Shard], kept: Sequence[range] | None = None
) -> None:
    """Write what is stored of a point: all replicates of the study, or as many of those `kept`, ranges in their order.

    Raises
    ------
    DeterminismError
        Where two shards hold different bits for one replicate.
    DamagedFileError
        Where a shard is damaged, or replicates are missing.
    OSError
        Where a shard cannot be read.
    """
    experiment, total = study.experiment, study.ensemble.replicates
    kept = [range(total)] if kept is None else kept
    arm = experiment.arm(point.case)
    drawn, solved = arm.drawn(point.case), arm.solved(point.case)
    group = file.create_group(point.label)
    group.attrs.update({"key": point.key, "arm": point.arm, "seed": str(point.seed)})
    group.attrs["identity"] = json.dumps(point.identity)
    coordinates = experiment.coordinates(point.case)
    _place(group, axis_names(point.coordinates, {*arm.outputs(point.case), *coordinates, "replicate"}), point)
    if drawn:
        coordinates = {"replicate": np.concatenate([np.arange(part.start, part.stop) for part in kept])} | coordinates
    for name, values in coordinates.items():
        group.create_dataset(name, data=values, fletcher32=True, chunks=values.shape)
        group[name].make_scale(name)
    for name, output in drawn.items():
        shape = (total, *(coordinates[dim].size for dim in output.dims))
        data = group.create_dataset(name, shape, "f8", chunks=chunks_of(shape), fletcher32=True)
        _describe(group, data, ("replicate", *output.dims), output)
    if solved:
        once = next((s for s in shards if s.solved), None)
        if once is None:
            raise DamagedFileError(f"{point.label}: what its arm solves is missing")
        _write_solved(group, solved, content(once))
    group.attrs["sha256"] = _fill(group, tuple(drawn), _parts(shards, kept), point) if drawn else checksum(group)


def _place(group: h5py.Group, names: Mapping[str, str], point: Point) -> None:
    """Store the point's place of the grid as scalar coordinates, as netCDF's conventions have them."""
    for axis, name in names.items():
        value = axis_values([point.coordinates[axis]])[0]
        group.create_dataset(name, data=np.bytes_(value.encode()) if isinstance(value, str) else value)
    if names:
        group.attrs["coordinates"] = " ".join(names.values())


class Part(NamedTuple):
    """Rows [first, stop) that a shard has for a point: those before `known` are there already.

    Row k is replicate `shard.start + k`; so many replicates that come before it are left out.
    """

    shard: Shard
    known: int
    stop: int
    first: int = 0
    skipped: int = 0

    def place(self, row: int) -> int:
        """The row of the point where a row of the shard stands."""
        return self.shard.start + row - self.skipped


def _parts(shards: Sequence[Shard], kept: Sequence[range]) -> list[Part]:
    """Rows of shards in their order, up to the first gap in the ranges that are kept."""
    parts: list[Part] = []
    written = 0
    for ask in kept:
        filled, skipped = ask.start, ask.start - written
        for shard in shards:
            if shard.solved or shard.start > filled or filled == ask.stop or shard.stop <= ask.start:
                continue
            reached = min(shard.stop, ask.stop)
            first, known = max(ask.start - shard.start, 0), min(filled, reached) - shard.start
            parts.append(Part(shard, known, reached - shard.start, first, skipped))
            filled = max(filled, reached)
        written += filled - ask.start
        if filled < ask.stop:
            break
    return parts


def _fill(group: h5py.Group, names: Sequence[str], parts: Sequence[Part], point: Point) -> str:
    """Write the rows of shards, and return the group's checksum.

    Other threads read and check the shards ahead of the one that writes, and hash what goes into the group.
    """
    total, filled = group["replicate"].shape[0], max((part.place(part.stop) for part in parts), default=0)
    if filled < total:
        raise DamagedFileError(f"{point.label}: replicates from {group['replicate'][filled]} on are missing")
    rows = _Rows({name: group[name] for name in names})
    with ThreadPoolExecutor(2, thread_name_prefix="mfsolve-join") as pool:
        digest = pool.submit(checksum_with(group, elsewhere)) if (elsewhere := _streams(names, parts)) else None
        for part, arrays in zip(parts, _ahead(pool, [part.shard for part in parts])):
            if part.known > part.first:
                rows.write()
                rows.compare(part, arrays)
            rows.add({name: arrays[name][part.known : part.stop] for name in names}, part.place(part.stop))
        rows.write()
        return checksum(group) if digest is None else digest.result()


def _ahead(pool: ThreadPoolExecutor, shards: Sequence[Shard]) -> Iterator[Arrays]:
    """Content of shards, each read while the one before is in use."""
    ahead: deque[Future[Arrays]] = deque()
    for shard in shards:
        ahead.append(pool.submit(content, shard))
        if len(ahead) > 1:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


def _streams(names: Sequence[str], parts: Sequence[Part]) -> dict[str, Iterator[bytes]]:
    """Bytes of each output as they will stand in the group.

    Empty where shards are small, which are opened once only, or hold another type of number.
    """
    if sum(part.shard.path.stat().st_size for part in parts) < LARGE * len(parts):
        return {}
    seals = [look(part.shard.path) for part in parts]
    if any(name not in seal.arrays or seal.arrays[name][0] != "<f8" for seal in seals for name in names):
        return {}

    def stream(name: str) -> Iterator[bytes]:
        for part, seal in zip(parts, seals):
            yield from sealed_rows(part.shard.path, seal, name, part.known, part.stop)

    return {name: stream(name) for name in names}


class _Rows:
    """Rows on their way into the data sets of a point."""

    def __init__(self, targets: Mapping[str, h5py.Dataset]) -> None:
        self._targets = targets
        self._held: list[Arrays] = []
        self._bytes = self._written = self.filled = 0
        self._step = min(target.chunks[0] for target in targets.values())

    def compare(self, part: Part, arrays: Arrays) -> None:
        """Hold rows that are there against those of another computation.

        Raises
        ------
        DeterminismError
            Where a bit differs.
        """
        for name, target in self._targets.items():
            there = target[part.place(part.first) : part.place(part.known)]
            if there.tobytes() != arrays[name][part.first : part.known].tobytes():
                raise DeterminismError(f"{part.shard.path}: other bits than an earlier computation of these replicates")

    def add(self, arrays: Arrays, stop: int) -> None:
        """Rows up to `stop`, which follow those that are there; none where those reach farther."""
        if stop <= self.filled:
            return
        self._held.append(arrays)
        self._bytes += sum(values.nbytes for values in arrays.values())
        self.filled = stop
        if self._bytes > TOGETHER:
            self._write(self.filled // self._step * self._step)

    def write(self) -> None:
        """Write what is held."""
        self._write(self.filled)

    def _write(self, stop: int) -> None:
        """Write rows before `stop`: HDF5 takes half the time where chunks are written once and whole."""
        rows, held = stop - self._written, self._held
        if rows <= 0:
            return
        left: Arrays = {}
        for name, target in self._targets.items():
            values = held[0][name] if len(held) == 1 else np.concatenate([arrays[name] for arrays in held])
            target[self._written : stop] = values[:rows]
            left[name] = values[rows:]
        self._held, self._written = [left] if stop < self.filled else [], stop
        self._bytes = sum(values.nbytes for values in left.values())


def _write_solved(group: h5py.Group, solved: Outputs, arrays: Arrays) -> None:
    for name, output in solved.items():
        checked: dict[str, Any] = {"chunks": arrays[name].shape, "fletcher32": True} if output.dims else {}
        data = group.create_dataset(name, data=arrays[name], **checked)
        _describe(group, data, output.dims, output)


def _describe(group: h5py.Group, data: h5py.Dataset, dims: Sequence[str], output: Output) -> None:
    """Attach dimensions, unit and meaning to a data set."""
    for axis, dim in enumerate(dims):
        data.dims[axis].attach_scale(group[dim])
    data.attrs.update({"units": output.units, "long_name": output.long_name})
