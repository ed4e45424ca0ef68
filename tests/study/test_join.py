"""Shards joined into a group: the checksum that is worked out beside the writing is that of what is written."""

import h5py
import numpy as np
import pytest

from mfsolve.study import join
from mfsolve.study import store as store_module
from mfsolve.study.blocks import Block
from mfsolve.study.config import resolve
from mfsolve.study.maker import maker
from mfsolve.study.shards import checksum, write_shard
from mfsolve.study.store import RunDirectory

STUDY = {
    "model": "collapse", "figures": [], "population": {"producers": 2, "items": 1, "generations": 1},
    "policies": {"none": {}}, "ensemble": {"replicates": 9},
}  # fmt: skip


@pytest.fixture
def directory(tmp_path):
    found = RunDirectory(tmp_path / "out", resolve(STUDY, "small", "small.toml"))
    found.open()
    return found


def store(directory, start, stop, shift=0.0):
    (point,) = directory.study.points
    drawn = directory.study.experiment.arm(point.case).drawn(point.case)
    values = np.arange(2.0 * start, 2.0 * stop).reshape(-1, 2) + shift
    block = Block(stop - start, {name: values + place for place, name in enumerate(drawn)})
    write_shard(directory.shards, point.key, start, block, drawn, maker("collapse"))


@pytest.mark.parametrize("together", [0, 200, join.TOGETHER])
@pytest.mark.parametrize("large", [0, join.LARGE])
def test_the_checksum_is_that_of_what_is_written(directory, monkeypatch, large, together):
    """Shards that overlap, one within another, and one that reaches beyond the replicates asked for; chunks of 2 rows."""
    monkeypatch.setattr(join, "LARGE", large), monkeypatch.setattr(join, "CHUNK", 47)
    monkeypatch.setattr(join, "TOGETHER", together)
    for start, stop in ((0, 4), (1, 3), (2, 6), (6, 12)):
        store(directory, start, stop)
    directory.consolidate(directory.scan()[0])
    (point,) = directory.study.points
    with h5py.File(directory.consolidated) as file:
        assert file[point.label].attrs["sha256"] == checksum(file[point.label])
        assert file[point.label]["subsidy"][:, 1].tolist() == [2.0 * r + 2.0 for r in range(9)]
        assert file[point.label]["subsidy"].chunks == (2, 2)


@pytest.mark.parametrize("at_once", [1, 150, store_module.COLUMNS])
def test_columns_are_those_that_are_read_one_by_one(directory, monkeypatch, at_once):
    monkeypatch.setattr(store_module, "COLUMNS", at_once)
    store(directory, 0, 9)
    directory.consolidate(directory.scan()[0])
    (point,) = directory.study.points
    found = np.array(list(directory.columns(point, "contamination")))
    assert found.shape == (2, 9)
    assert np.array_equal(found, [directory.column(point, "contamination", t) for t in (0, 1)])


@pytest.mark.parametrize("large", [0, join.LARGE])
def test_two_computations_that_differ_are_refused(directory, monkeypatch, large):
    monkeypatch.setattr(join, "LARGE", large)
    store(directory, 0, 4), store(directory, 2, 9, shift=1e-9)
    with pytest.raises(join.DeterminismError, match="other bits"):
        directory.consolidate(directory.scan()[0])
