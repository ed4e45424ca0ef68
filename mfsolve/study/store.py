"""The run directory: the frozen study, shards, and the consolidated file that people open."""

import json
import os
import platform
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tomli_w

import mfsolve
from mfsolve.arrays import Arrays
from mfsolve.experiments._guests import keep
from mfsolve.experiments.experiment import Experiment, Output
from mfsolve.study.axes import axis_names, axis_values
from mfsolve.study.config import SCHEMA, Point, Study, StudyError, read_toml, resolve
from mfsolve.study.files import new_hdf5, replaced, write_text
from mfsolve.study.fingerprint import fingerprint, fingerprint_of_guest
from mfsolve.study.shards import ROWS, Broken, Shard, checksum, scan

# what may differ between a run and its continuation: more replicates, and how they are reported
FREE = ("title", "estimates", "figures", "calibration", "ensemble.level", "ensemble.replicates")


class DeterminismError(RuntimeError):
    """Two computations of one replicate differ: the promise of equal bits is broken."""


def code_of(experiment: Experiment | str) -> str:
    """Hash of the code that an experiment runs: results of different code are never mixed in one run directory."""
    if isinstance(experiment, str):
        return fingerprint(f"mfsolve.experiments.{experiment}")
    home = experiment.home
    return code_of(experiment.name) if home is None else fingerprint_of_guest(home.module, home.root, home.digest)


def origin(experiment: Experiment | str) -> dict[str, str]:
    """Origin of a file: versions, code, git revision and host."""
    package = Path(mfsolve.__file__).parent
    try:
        git = subprocess.run(
            ["git", "-C", str(package), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        git = "unknown"
    names = ("mfsolve", "numba", "numpy", "scipy", "h5py")
    versions = {name: mfsolve.__version__ if name == "mfsolve" else version(name) for name in names}
    return {
        "versions": json.dumps({"python": platform.python_version(), **versions}),
        "code": code_of(experiment),
        "git_revision": git,
        "host": f"{socket.gethostname()} ({platform.machine()}, {platform.system()})",
    }


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.") or {f"{prefix}{key}": {}}
        else:
            flat[f"{prefix}{key}"] = value
    return flat


class RunDirectory:
    """Everything a run leaves behind, under one folder."""

    def __init__(self, path: Path, study: Study) -> None:
        self.path = path
        self.study = study
        self.shards = path / "shards"
        self.consolidated = path / f"{study.name}.h5"
        self.summary = path / "summary.json"
        self._references: dict[str, Arrays] = {}

    def open(self) -> None:
        """Create the folder and freeze the study with its data, or check that it continues the one that stands there.

        Raises
        ------
        StudyError
            Where another study, or other code, has been run there; the differences are named.
        OSError
            Where the folder cannot be written.
        """
        frozen = self.path / "study.toml"
        made_by = self.path / "run.json"
        if frozen.exists():
            self._refuse_changes(read_toml(frozen))
        if made_by.exists():
            before = json.loads(made_by.read_text())
            if before.get("code") != code_of(self.study.experiment):
                raise StudyError(
                    f"{self.path}: was computed by other code (mfsolve {json.loads(before['versions'])['mfsolve']}, "
                    f"{before.get('code')}); results of different code are not mixed: choose another --out"
                )
        self.shards.mkdir(parents=True, exist_ok=True)
        data = self._keep_data()
        keep(self.study.experiment, self.path)
        write_text(frozen, tomli_w.dumps(dict(self.study.resolved)))
        if data:  # workers elsewhere see the run directory, and need nothing else
            self.study = resolve(read_toml(frozen), self.study.name, str(frozen))
        if not made_by.exists():
            write_text(
                made_by,
                json.dumps(
                    {
                        "name": self.study.name,
                        **origin(self.study.experiment),
                        "created": datetime.now(UTC).isoformat(),
                    },
                    indent=2,
                )
                + "\n",
            )

    def forget(self) -> None:
        """Remove what says which study and code the folder belongs to, where nothing was computed yet."""
        for name in ("study.toml", "run.json"):
            (self.path / name).unlink(missing_ok=True)

    def _keep_data(self) -> list[Path]:
        """Copy the data files that the study names: the frozen study finds them beside itself."""
        case = self.study.points[0].case
        files = [f for settings in (case.parameters, case.population, case.record) for f in settings.data_files()]
        for source in files:
            copy = self.path / source.name
            if not copy.exists() or not copy.samefile(source):
                with replaced(copy) as temporary:
                    shutil.copyfile(source, temporary)
        return files

    def _refuse_changes(self, before: Mapping[str, Any]) -> None:
        old, new = flatten(before), flatten(dict(self.study.resolved))
        changes = [
            f"{key}: {old.get(key, 'absent')} there, {new.get(key, 'absent')} here"
            for key in sorted(old.keys() | new.keys())
            if old.get(key) != new.get(key) and not any(key == f or key.startswith(f + ".") for f in FREE)
        ]
        if changes:
            raise StudyError(
                f"{self.path}: holds another study ({'; '.join(changes)}); choose another --out, or remove it"
            )

    def scan(self) -> tuple[list[Shard], list[str]]:
        """Verified shards of this study, and a line on each broken file set aside."""
        return scan(self.shards, {point.key for point in self.study.points})

    def finished(self) -> bool:
        """True where the consolidated file and the summary are whole and hold what the study asks for."""
        return self.summary.exists() and self._consolidated_whole() and self._summary_fits()

    def _summary_fits(self) -> bool:
        try:
            return bool(json.loads(self.summary.read_text())["study"] == json.loads(json.dumps(self.study.resolved)))
        except (ValueError, KeyError, TypeError, OSError):
            return False

    def _consolidated_whole(self) -> bool:
        try:
            with h5py.File(self.consolidated, "r") as file:
                if file.attrs.get("schema_version") != SCHEMA or file.attrs.get("code") != code_of(
                    self.study.experiment
                ):
                    return False
                return all(self._group_whole(file, point) for point in self.study.points)
        except (OSError, KeyError, RuntimeError):
            return False

    def _group_whole(self, file: h5py.File, point: Point) -> bool:
        group, arm = file[point.label], self.study.experiment.arm(point.case)
        whole = group.attrs["key"] == point.key
        if arm.drawn(point.case):
            whole = whole and group["replicate"].shape[0] == self.study.ensemble.replicates
        return bool(whole and group.attrs["sha256"] == checksum(group))

    def consolidate(self, shards: list[Shard]) -> None:
        """Join shards into one netCDF-4 file, a group per point, a few thousand rows in memory at a time.

        Raises
        ------
        DeterminismError
            Where two shards hold different bits for one replicate.
        Broken
            Where replicates are missing.
        OSError
            Where it cannot be written; the file that stood there before is untouched.
        """
        with new_hdf5(self.consolidated) as file:
            file.attrs.update(
                {
                    "title": self.study.title, "schema_version": SCHEMA, "seed": str(self.study.ensemble.seed),
                    "study": tomli_w.dumps(dict(self.study.resolved)), "model": self.study.experiment.name,
                    "created": datetime.now(UTC).isoformat(), **origin(self.study.experiment),
                }
            )  # fmt: skip
            for point in self.study.points:
                self._write_group(file, point, [s for s in shards if s.key == point.key])

    def _write_group(self, file: h5py.File, point: Point, shards: list[Shard]) -> None:
        experiment, total = self.study.experiment, self.study.ensemble.replicates
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
        filled = 0
        for shard in sorted((s for s in shards if not s.solved), key=lambda s: (s.start, s.stop)):
            if shard.start > filled:
                break
            with h5py.File(shard.path, "r") as source:
                for name in drawn:
                    _copy_rows(source[name], group[name], shard, filled, total)
            filled = max(filled, shard.stop)
        if drawn and filled < total:
            raise Broken(f"{point.label}: replicates from {filled} on are missing")
        if solved:
            once = next((s for s in shards if s.solved), None)
            if once is None:
                raise Broken(f"{point.label}: what its arm solves is missing")
            with h5py.File(once.path, "r") as source:
                for name, output in solved.items():
                    values = source[name][()]
                    checked: dict[str, Any] = {"chunks": values.shape, "fletcher32": True} if output.dims else {}
                    _describe(group, group.create_dataset(name, data=values, **checked), output.dims, output)
        group.attrs["sha256"] = checksum(group)

    def reference(self, point: Point) -> Arrays:
        """Deterministic limit of a point's draws; empty where there is none."""
        if point.key not in self._references:
            self._references[point.key] = self.study.experiment.reference(point.case)
        return self._references[point.key]

    def column(self, point: Point, name: str, index: int = -1) -> np.ndarray:
        """One output at one place of its path, for all replicates (n,); (1,) where it is solved."""
        arm, path = self.study.experiment.arm(point.case), self.study.experiment.path
        output = arm.outputs(point.case)[name]
        with h5py.File(self.consolidated, "r") as file:
            data = file[point.label][name]
            along = path is not None and output.dims[:1] == (path,)
            if name in arm.drawn(point.case):
                return np.asarray(data[:, index] if along else data[:])
            return np.atleast_1d(np.asarray(data[index] if along else data[()]))

    def blocks(self, point: Point, names: Sequence[str]) -> Iterator[list[np.ndarray]]:
        """Several outputs side by side, a few thousand replicates at a time (rows, ...).

        What is solved has one row beside others that are solved, and the same row again beside replicates.
        """
        drawn = self.study.experiment.arm(point.case).drawn(point.case)
        total = self.study.ensemble.replicates if any(name in drawn for name in names) else 1
        with h5py.File(self.consolidated, "r") as file:
            group = file[point.label]
            once = {name: np.asarray(group[name][()])[None] for name in names if name not in drawn}
            for start in range(0, total, ROWS):
                rows = min(ROWS, total - start)
                yield [
                    np.broadcast_to(once[name], (rows, *once[name].shape[1:]))
                    if name in once
                    else np.asarray(group[name][start : start + rows])
                    for name in names
                ]


def _place(group: h5py.Group, names: Mapping[str, str], point: Point) -> None:
    """Store the point's place of the grid as scalar coordinates, as netCDF's conventions have them."""
    for axis, name in names.items():
        value = axis_values([point.coordinates[axis]])[0]
        group.create_dataset(name, data=np.bytes_(value.encode()) if isinstance(value, str) else value)
    if names:
        group.attrs["coordinates"] = " ".join(names.values())


def _describe(group: h5py.Group, data: h5py.Dataset, dims: Sequence[str], output: Output) -> None:
    """Attach dimensions, unit and meaning to a data set."""
    for axis, dim in enumerate(dims):
        data.dims[axis].attach_scale(group[dim])
    data.attrs.update({"units": output.units, "long_name": output.long_name})


def _copy_rows(source: h5py.Dataset, target: h5py.Dataset, shard: Shard, filled: int, total: int) -> None:
    for start in range(shard.start, min(shard.stop, total), ROWS):
        stop = min(start + ROWS, shard.stop, total)
        data = source[start - shard.start : stop - shard.start]
        known = max(0, min(filled, stop) - start)
        if known and target[start : start + known].tobytes() != data[:known].tobytes():
            raise DeterminismError(f"{shard.path}: other bits than an earlier computation of the same replicates")
        target[start + known : stop] = data[known:]


def remove_leftovers(folder: Path) -> None:
    """Delete temporary files of processes of this host that no longer live."""
    for path in folder.glob(f".*.{socket.gethostname()}-*.tmp"):
        pid = path.name.rpartition("-")[2].removesuffix(".tmp")
        if pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            path.unlink(missing_ok=True)
