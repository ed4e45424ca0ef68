"""Shards -> a group of the consolidated file, a few megabytes in memory at a time."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import h5py
import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Output, Outputs
from mfsolve.study.axes import axis_names, axis_values
from mfsolve.study.config import Point, Study
from mfsolve.study.seal import Broken
from mfsolve.study.shards import Shard, checksum, content

TOGETHER = 2**22
"""Bytes of rows that are gathered before they are written: a call of HDF5 costs more than a small shard."""


class DeterminismError(RuntimeError):
    """Two computations of one replicate differ: the promise of equal bits is broken."""


def by_point(shards: Sequence[Shard]) -> dict[str, list[Shard]]:
    """Shards of each point by its key, in the order of their replicates."""
    found: dict[str, list[Shard]] = {}
    for shard in sorted(shards, key=lambda s: (s.start, s.stop)):
        found.setdefault(shard.key, []).append(shard)
    return found


def write_group(file: h5py.File, study: Study, point: Point, shards: Sequence[Shard]) -> None:
    """Write what is stored of a point.

    Raises
    ------
    DeterminismError
        Where two shards hold different bits for one replicate.
    Broken
        Where a shard is damaged, or replicates are missing.
    OSError
        Where a shard cannot be read.
    """
    experiment, total = study.experiment, study.ensemble.replicates
    arm = experiment.arm(point.case)
    drawn, solved = arm.drawn(point.case), arm.solved(point.case)
    group = file.create_group(point.label)
    group.attrs.update({"key": point.key, "arm": point.arm, "seed": str(point.seed)})
    group.attrs["identity"] = json.dumps(point.identity)
    coordinates = experiment.coordinates(point.case)
    _place(group, axis_names(point.coordinates, {*arm.outputs(point.case), *coordinates, "replicate"}), point)
    if drawn:
        coordinates = {"replicate": np.arange(total)} | coordinates
    for name, values in coordinates.items():
        group.create_dataset(name, data=values, fletcher32=True, chunks=values.shape)
        group[name].make_scale(name)
    for name, output in drawn.items():
        shape = (total, *(coordinates[dim].size for dim in output.dims))
        row_bytes = 8 * max(1, int(np.prod(shape[1:])))
        chunks = (max(1, min(total, 2**18 // row_bytes)), *shape[1:])
        data = group.create_dataset(name, shape, "f8", chunks=chunks, fletcher32=True)
        _describe(group, data, ("replicate", *output.dims), output)
    if drawn:
        filled = _fill({name: group[name] for name in drawn}, [s for s in shards if not s.solved], total)
        if filled < total:
            raise Broken(f"{point.label}: replicates from {filled} on are missing")
    if solved:
        once = next((s for s in shards if s.solved), None)
        if once is None:
            raise Broken(f"{point.label}: what its arm solves is missing")
        _write_solved(group, solved, content(once))
    group.attrs["sha256"] = checksum(group)


def _place(group: h5py.Group, names: Mapping[str, str], point: Point) -> None:
    """Store the point's place of the grid as scalar coordinates, as netCDF's conventions have them."""
    for axis, name in names.items():
        value = axis_values([point.coordinates[axis]])[0]
        group.create_dataset(name, data=np.bytes_(value.encode()) if isinstance(value, str) else value)
    if names:
        group.attrs["coordinates"] = " ".join(names.values())


def _fill(targets: Mapping[str, h5py.Dataset], shards: Sequence[Shard], total: int) -> int:
    """Write the rows of shards in their order; returns how many there are without a gap."""
    rows = _Rows(targets)
    for shard in shards:
        if shard.start > rows.filled or rows.filled == total:
            break
        arrays = {name: content_of[: total - shard.start] for name, content_of in content(shard).items()}
        known = min(rows.filled, shard.stop, total) - shard.start
        if known:
            rows.write()
            for name, target in targets.items():
                if target[shard.start : shard.start + known].tobytes() != arrays[name][:known].tobytes():
                    raise DeterminismError(f"{shard.path}: other bits than an earlier computation of these replicates")
        rows.add({name: values[known:] for name, values in arrays.items()}, min(shard.stop, total))
    rows.write()
    return rows.filled


class _Rows:
    """Rows on their way into the data sets of a point."""

    def __init__(self, targets: Mapping[str, h5py.Dataset]) -> None:
        self._targets = targets
        self._held: list[Arrays] = []
        self._bytes = self._written = self.filled = 0

    def add(self, arrays: Arrays, stop: int) -> None:
        """Rows up to `stop`, which follow those that are there; none where those reach farther."""
        if stop <= self.filled:
            return
        self._held.append(arrays)
        self._bytes += sum(values.nbytes for values in arrays.values())
        self.filled = stop
        if self._bytes > TOGETHER:
            self.write()

    def write(self) -> None:
        """Write what is held."""
        if self._held:
            for name, target in self._targets.items():
                target[self._written : self.filled] = np.concatenate([arrays[name] for arrays in self._held])
        self._held, self._bytes, self._written = [], 0, self.filled


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
