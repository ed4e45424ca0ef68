"""The run directory: the frozen study, shards, and the consolidated file that people open."""

import contextlib
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mfsolve.experiments._user_sources import keep
from mfsolve.paths import exists
from mfsolve.study.file.config import Study, resolve
from mfsolve.study.file.points import SCHEMA, Point
from mfsolve.study.file.precision import targets, with_replicates
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import as_toml, header, read_toml
from mfsolve.study.origin.fingerprint import statistics_fingerprint
from mfsolve.study.origin.software import (
    ORIGIN,
    TEXTS,
    code_of,
    origin,
    read_versions,
    record_text,
    recorded_software,
    software,
    software_differences,
)
from mfsolve.study.storage.continuation import data_files, refuse_changes, refuse_loss, replicates_of
from mfsolve.study.storage.files import make_folder, new_hdf5, read_hdf5, replaced, write_bytes, write_first, write_text
from mfsolve.study.storage.join import by_point, write_group
from mfsolve.study.storage.records import read_record
from mfsolve.study.storage.seal import DamagedFileError
from mfsolve.study.storage.shards import Shard, scan
from mfsolve.study.storage.stored_replicates import StoredReplicates

NAMES = frozenset({"study.toml", "run.json", "summary.json", "timing.json", "failures.log", "table.md", "shards"})
"""Names that a run directory has for its own."""


class RunDirectory(StoredReplicates):
    """Everything a run leaves behind, under one folder."""

    def __init__(self, path: Path, study: Study) -> None:
        super().__init__(path, study)
        self.shards = path / "shards"
        self.summary = path / "summary.json"

    def open(self, sliced: bool = False, part: bool = False) -> int:
        """Create the folder and freeze the study with its data, or check that it continues the one that stands there.

        Slices of a study have to agree on its replicates until they are joined. A `part` of another run has no shards
        of its own.

        Returns
        -------
        int
            Replicates of a point that the consolidated file holds; 0 where there is none.

        Raises
        ------
        StudyError
            Where another study, or other code, has been run there; the differences are named. Where it holds more
            replicates than the study asks for, and they stand nowhere else.
        OSError
            Where the folder cannot be written.
        """
        frozen = self.path / "study.toml"
        made_by = self.path / "run.json"
        begun, known = exists(frozen), exists(made_by)
        if begun:
            self._refuse_another(frozen, sliced)
        if known:
            self.refuse_other_code()
        data = data_files(self.study, NAMES | {self.consolidated.name})
        held = {} if part else self._held()
        beyond = known and any(rows.size and rows.max() not in self._asked for rows in held.values())
        shards = self.scan(aside=False)[0] if beyond else []
        count = refuse_loss(self.consolidated, held, [self._asked], shards)
        make_folder(self.shards)
        for source in data:
            copy = self.path / source.name
            if not exists(copy) or not copy.samefile(source):
                with replaced(copy) as temporary:
                    shutil.copyfile(source, temporary)
        keep(self.study.experiment, self.path, write_bytes)
        if not begun and not write_first(frozen, as_toml(self.study.resolved)):  # another driver has begun meanwhile
            self._refuse_another(frozen, sliced)
            begun = True
        if begun:
            self.freeze()
        if data:  # workers elsewhere see the run directory, and need nothing else
            self.study = resolve(read_toml(frozen), self.study.name, str(frozen))
        record = {
            "name": self.study.name,
            **origin(self.study.experiment),
            "created": datetime.now(UTC).isoformat(),
            "about": header(Path(self.study.source)),
        }
        if not known and not write_first(made_by, record_text(record)):
            self.refuse_other_code()
        return count

    def _held(self) -> dict[str, np.ndarray]:
        """Numbers of the replicates that a whole consolidated file holds of each point; a damaged one holds none."""
        try:
            self._check()
            with read_hdf5(self.consolidated) as file:
                return replicates_of(file, self.study.points)
        except (DamagedFileError, FileNotFoundError):
            return {}

    @property
    def _asked(self) -> range:
        return range(self.study.ensemble.replicates)

    def freeze(self) -> None:
        """Write the study as it now stands into its folder."""
        write_text(self.path / "study.toml", as_toml(self.study.resolved))

    def _refuse_another(self, frozen: Path, sliced: bool) -> None:
        """Hold this study against the one that stands there."""
        try:
            before = read_toml(frozen)
        except StudyError as error:
            raise StudyError(f"{error}; delete it, and the same command writes it anew") from None
        refuse_changes(self.path, before, self.study)
        if sliced and not self._joined(before):
            refuse_changes(self.path, before, self.study, ("ensemble.replicates",))

    def forget(self) -> None:
        """Remove what says which study and code the folder belongs to, where nothing was computed yet."""
        for name in ("study.toml", "run.json"):
            (self.path / name).unlink(missing_ok=True)
        for folder in (self.shards, self.path):
            with contextlib.suppress(OSError):  # where something else stands
                folder.rmdir()

    def _joined(self, frozen: Mapping[str, Any]) -> bool:
        """True where a frozen study has been carried out to its end."""
        try:
            before = read_record(self.summary, "", hashed=True)["study"]["ensemble"]["replicates"]
            return bool(before == frozen["ensemble"]["replicates"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return False

    def made_by(self) -> dict[str, Any]:
        """The record of the code and the libraries that have made this run.

        Raises
        ------
        StudyError
            Where it is damaged.
        """
        path = self.path / "run.json"
        found = read_record(path, "delete it and run the study again, which writes it anew")
        try:
            found = read_versions(found)
            recorded_software(found)
            held = {name: found[name] for name in TEXTS if name in found or name != "about"}
            if not all(isinstance(text, str) for text in held.values()):
                raise TypeError
            return held
        except (KeyError, TypeError, ValueError):
            raise StudyError(f"{path}: not the record of a run; delete it and run the study again") from None

    def refuse_other_code(self) -> None:
        """Hold this process's code and libraries against those that have made the run.

        Raises
        ------
        StudyError
            Where they differ.
        """
        before = recorded_software(self.made_by())
        now = software(self.study.experiment)
        if before["code"] != now["code"]:
            raise StudyError(
                f"{self.path}: was computed by other code ({before['code']}, here {now['code']}); results of different "
                "code are not mixed: choose another --out"
            )
        other = software_differences(before, now)
        if other:
            raise StudyError(f"{self.path}: this process {other}; choose another --out")

    def scan(self, aside: bool = True) -> tuple[list[Shard], list[str]]:
        """Verified shards of this study, and a line on each broken file, which is set `aside` or left where it is."""
        made_by = recorded_software(self.made_by())
        return scan(self.shards, {point.key for point in self.study.points}, made_by, aside)

    def finished(self) -> bool:
        """True where nothing is left to do: the run is whole, and this code has made its data and its report.

        A summary whose estimates and verdicts other code has made is made anew.
        """
        whole = self.whole({"code": code_of(self.study.experiment)})
        return whole and self._summarised().get("statistics") == statistics_fingerprint()

    def whole(self, made_by: Mapping[str, str] | None = None) -> bool:
        """True where the consolidated file and the summary are whole and hold what the study asks for.

        Data are of any code, or of that which `made_by` names.
        """
        self._take_count()
        return exists(self.summary) and self._consolidated_whole(made_by or {}) and self._summary_fits()

    def _take_count(self) -> None:
        """Take over the number of replicates at which the same study has stopped by itself."""
        if not targets(self.study) or not exists(self.summary):
            return
        try:
            held = int(self._summarised()["study"]["ensemble"]["replicates"])
        except (ValueError, KeyError, TypeError, OSError):
            return
        stopped = with_replicates(self.study, held) if held >= self.study.ensemble.replicates else self.study
        before, self.study = self.study, stopped
        if not self._summary_fits():
            self.study = before

    def _summarised(self) -> dict[str, Any]:
        return read_record(self.summary, "", hashed=True)

    def _summary_fits(self) -> bool:
        try:
            return bool(self._summarised()["study"] == json.loads(json.dumps(self.study.resolved)))
        except (ValueError, KeyError, TypeError, RecursionError):
            return False

    def _consolidated_whole(self, made_by: Mapping[str, str]) -> bool:
        try:
            self._check()
            with read_hdf5(self.consolidated) as file:
                known = {"schema_version": SCHEMA, **made_by}
                if any(file.attrs.get(name) != value for name, value in known.items()):
                    return False
                return all(self._group_fits(file, point) for point in self.study.points)
        except (DamagedFileError, FileNotFoundError, KeyError):
            return False

    def _group_fits(self, file: h5py.File, point: Point) -> bool:
        group, arm = file[point.label], self.study.experiment.arm(point.case)
        enough = not arm.drawn(point.case) or group["replicate"].shape[0] == self.study.ensemble.replicates
        return bool(enough and group.attrs["key"] == point.key)

    def consolidate(self, shards: list[Shard], kept: Sequence[range] | None = None) -> None:
        """Join shards into one netCDF-4 file, a group per point, a few thousand rows in memory at a time.

        It holds all replicates, or as many of those that are `kept`, ranges in their order.

        Raises
        ------
        DeterminismError
            Where two shards hold different bits for one replicate.
        DamagedFileError
            Where replicates are missing.
        StudyError
            Where the file that stands there has replicates that are nowhere else, and the new one would not.
        OSError
            Where it cannot be written; the file that stood there before is untouched.
        """
        refuse_loss(self.consolidated, self._held(), kept or [self._asked], shards, read=True)
        made_by, stored = self.made_by(), by_point(shards)
        with new_hdf5(self.consolidated) as file:
            file.attrs.update(
                {
                    "title": self.study.title,
                    "schema_version": SCHEMA,
                    "seed": str(self.study.ensemble.seed),
                    "study": as_toml(self.study.resolved),
                    "model": self.study.experiment.name,
                    **{name: made_by[name] for name in ORIGIN},
                    "created": datetime.now(UTC).isoformat(),
                }
            )
            for point in self.study.points:
                write_group(file, self.study, point, stored.get(point.key, []), kept)
        self._checked = True
