"""Evaluated points on disk, one checksummed line each in a file that only grows: no point is lost or mixed up."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.calibration.landscape import SimulatedMoments
from mfsolve.experiments.experiment import Experiment
from mfsolve.study.config import SCHEMA, StudyError
from mfsolve.study.store import code_of, origin


class Ledger:
    """The file `evaluations.jsonl` of a calibration: a line on the code, then a line for every point.

    Lines that are cut short or damaged are left out and counted in `broken`; what they held is computed again.
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
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        head = _parse(lines[0]) if lines else None
        if head is not None and head.get("code") != code_of(self.experiment):
            raise StudyError(
                f"{self.path.parent}: was computed by other code ({head.get('code')}); results of different code are "
                "not mixed: choose another --out"
            )
        if head is not None:
            for line in lines[1:]:
                self._take(line)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        if head is None:
            self.broken += len(lines[1:])
            os.ftruncate(self._descriptor, 0)
            self._append({"schema": SCHEMA, **origin(self.experiment)})
        elif not self.path.read_bytes().endswith(b"\n"):
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
        self._append(
            {
                "key": key,
                "values": values,
                "moments": None if found is None else found.moments.tolist(),
                "covariance": None if found is None else found.covariance.tolist(),
                "failure": failure,
            }
        )
        self._records[key] = found

    def _take(self, line: bytes) -> None:
        record = _parse(line)
        if record is None or "key" not in record:
            self.broken += bool(line.strip())
            return
        found = None
        if record["moments"] is not None:
            found = SimulatedMoments(np.array(record["moments"]), np.array(record["covariance"]))
        self._records[record["key"]] = found

    def _append(self, record: dict[str, Any]) -> None:
        record["sha256"] = _checksum(record)
        self._write(json.dumps(record, allow_nan=False).encode() + b"\n")

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


def _checksum(record: dict[str, Any]) -> str:
    content = {name: value for name, value in record.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _parse(line: bytes) -> dict[str, Any] | None:
    """A line's record; None where it is damaged."""
    try:
        record: dict[str, Any] = json.loads(line)
        return record if record.get("sha256") == _checksum(record) else None
    except (ValueError, AttributeError):
        return None
