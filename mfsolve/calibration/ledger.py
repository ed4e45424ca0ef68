"""Evaluated points on disk, one checksummed line each in a file that only grows: no point is lost or mixed up."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.calibration.landscape import SimulatedMoments
from mfsolve.experiments.experiment import Experiment
from mfsolve.paths import exists
from mfsolve.study.file.points import SCHEMA
from mfsolve.study.file.source import StudyError
from mfsolve.study.origin.software import code_of, origin
from mfsolve.study.storage.files import make_folder, write_text
from mfsolve.study.storage.system import BINARY


class Ledger:
    """The file `evaluations.jsonl` of a calibration: a line on the code, then a line for every point.

    Every line names the code too, so that a damaged first one costs no points. Lines that are cut short or damaged are
    left out and counted in `broken`; what they held is computed again.
    """

    def __init__(self, path: Path, experiment: Experiment | str) -> None:
        self.path, self.experiment = path, experiment
        self.broken = 0
        self._records: dict[str, SimulatedMoments | None] = {}
        self._descriptor: int | None = None

    def open(self) -> None:
        """Read the stored points and open the file for appending.

        Raises
        ------
        StudyError
            Where other code has written it.
        OSError
            Where it cannot be written.
        """
        lines = self.path.read_bytes().splitlines() if exists(self.path) else []
        records = [record for record in map(_parse, lines) if record is not None]
        own = code_of(self.experiment)
        found = {str(record["code"]) for record in records if "code" in record}
        if found - {own}:
            raise StudyError(
                f"{self.path.parent}: was computed by other code ({', '.join(sorted(found - {own}))}); results of "
                "different code are not mixed: choose another --out"
            )
        head = next((record for record in records if "key" not in record and "code" in record), None)
        kept = [record for record in records if "key" in record and record.get("code", head and head["code"]) == own]
        self.broken += sum(bool(line.strip()) for line in lines) - len(kept) - (head is not None)
        for record in kept:
            self._take(record)
        make_folder(self.path.parent)
        if head is None:  # every line says itself which code it is of
            if lines:
                shutil.copyfile(self.path, self.path.with_name(self.path.name + ".broken"))
            write_text(self.path, "".join(map(_line, [{"schema": SCHEMA, **origin(self.experiment)}, *kept])))
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | BINARY)
        if not self.path.read_bytes().endswith(b"\n"):
            self._write(b"\n")  # a line that was cut short must not swallow the next one

    def close(self) -> None:
        """Close the file; further points cannot be added."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, key: str) -> bool:
        return key in self._records

    def __getitem__(self, key: str) -> SimulatedMoments | None:
        return self._records[key]

    def add(
        self, key: str, values: dict[str, float | int], found: SimulatedMoments | None, failure: str | None
    ) -> None:
        """Store a point, on disk before in memory.

        Raises
        ------
        OSError
            Where there is no space; the file stays as it was.
        """
        record = {
            "key": key,
            "code": code_of(self.experiment),
            "values": values,
            "moments": None if found is None else found.moments.tolist(),
            "covariance": None if found is None else found.covariance.tolist(),
            "failure": failure,
        }
        self._write(_line(record).encode())
        self._records[key] = found

    def _take(self, record: Mapping[str, Any]) -> None:
        found = None
        if record["moments"] is not None:
            found = SimulatedMoments(np.array(record["moments"]), np.array(record["covariance"]))
        self._records[record["key"]] = found

    def _write(self, data: bytes) -> None:
        assert self._descriptor is not None
        before = os.fstat(self._descriptor).st_size
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, before)
            raise OSError(error.errno, error.strerror, str(self.path)) from None


def _line(record: Mapping[str, Any]) -> str:
    """A record as it is stored."""
    return json.dumps({**record, "sha256": _checksum(record)}, allow_nan=False) + "\n"


def _checksum(record: Mapping[str, Any]) -> str:
    content = {name: value for name, value in record.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _parse(line: bytes) -> dict[str, Any] | None:
    """A line's record; None where it is damaged."""
    try:
        record: dict[str, Any] = json.loads(line)
        return record if record.get("sha256") == _checksum(record) else None
    except (ValueError, AttributeError, RecursionError):
        return None
