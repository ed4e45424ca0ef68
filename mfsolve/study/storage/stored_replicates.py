"""The consolidated file of a run, read: columns and blocks of what is stored, once its bytes have been checked."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.study.file.config import Study
from mfsolve.study.file.points import Point
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage import seal
from mfsolve.study.storage.files import read_hdf5
from mfsolve.study.storage.seal import DamagedFileError
from mfsolve.study.storage.shards import ROWS

COLUMNS = 2**27
"""Bytes of columns that are read at once."""


class StoredReplicates:
    """Outputs of every point of a study, in the consolidated file of its folder `path`."""

    def __init__(self, path: Path, study: Study) -> None:
        self.path = path
        self.study = study
        self.consolidated = path / f"{study.name}.h5"
        self._references: dict[str, Arrays] = {}
        self._checked = False

    def _check(self) -> None:
        """Hold the bytes of the consolidated file against its seal, once: HDF5 must not see damaged ones.

        Raises
        ------
        DamagedFileError
            Where they are not what was written.
        """
        if not self._checked:
            seal.check(self.consolidated)
            self._checked = True

    def refuse_damage(self) -> None:
        """Hold the bytes of the consolidated file against its seal, once.

        Raises
        ------
        StudyError
            Where they are not what was written.
        """
        try:
            self._check()
        except DamagedFileError as why:
            raise StudyError(f"{self.consolidated}: {why}; rewrite it with: mfsolve merge {self.path}") from None

    def _reader(self) -> h5py.File:
        self.refuse_damage()
        return read_hdf5(self.consolidated)

    def reference(self, point: Point) -> Arrays:
        """Deterministic limit of a point's draws; empty where there is none."""
        if point.key not in self._references:
            self._references[point.key] = self.study.experiment.reference(point.case)
        return self._references[point.key]

    def column(self, point: Point, name: str, index: int = -1) -> np.ndarray:
        """One output at one place of its path, for all replicates (n,); (1,) where it is solved."""
        arm, path = self.study.experiment.arm(point.case), self.study.experiment.path
        output = arm.outputs(point.case)[name]
        with self._reader() as file:
            data = file[point.label][name]
            along = path is not None and output.dims[:1] == (path,)
            if name in arm.drawn(point.case):
                return np.asarray(data[:, index] if along else data[:])
            return np.atleast_1d(np.asarray(data[index] if along else data[()]))

    def columns(self, point: Point, name: str) -> Iterator[np.ndarray]:
        """Columns of one output at every place of its path in turn (n,); as many are read at once as memory allows.

        A replicate's path stands in one piece of the file, so that reading one place reads them all.
        """
        experiment = self.study.experiment
        size = experiment.coordinates(point.case)[experiment.path or ""].size
        output = experiment.arm(point.case).drawn(point.case).get(name)
        if output is None or output.dims != (experiment.path,):
            yield from (self.column(point, name, place) for place in range(size))
            return
        with self._reader() as file:
            data = file[point.label][name]
            together = max(1, COLUMNS // (8 * data.shape[0]))
            for start in range(0, size, together):
                yield from np.ascontiguousarray(data[:, start : start + together].T)

    def blocks(self, point: Point, names: Sequence[str]) -> Iterator[list[np.ndarray]]:
        """Several outputs side by side, a few thousand replicates at a time (rows, ...).

        What is solved has one row beside others that are solved, and the same row again beside replicates.
        """
        drawn = self.study.experiment.arm(point.case).drawn(point.case)
        total = self.study.ensemble.replicates if any(name in drawn for name in names) else 1
        with self._reader() as file:
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
