"""Shards joined into a group: the checksum that is worked out beside the writing is that of what is written."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from support.urn import at_home, study_of

from mfsolve.study.blocks import Block
from mfsolve.study.origin.software import software
from mfsolve.study.storage import join, stored_replicates
from mfsolve.study.storage import store as store_module
from mfsolve.study.storage.seal import DamagedFileError, sealed
from mfsolve.study.storage.shards import Shard, checksum, named, write_shard, write_solved
from mfsolve.study.storage.store import RunDirectory


@pytest.fixture
def directory(tmp_path):
    """A run directory of nine replicates at two times each."""
    raw = {"parameters": {"steps": 1}, "ensemble": {"replicates": 9}}
    found = RunDirectory(tmp_path / "out", study_of(raw, at_home(tmp_path)))
    found.open()
    return found


def store(directory, start, stop, shift=0.0):
    (point,) = directory.study.points
    drawn = directory.study.experiment.arm(point.case).drawn(point.case)
    values = np.arange(2.0 * start, 2.0 * stop).reshape(-1, 2) + shift
    block = Block(stop - start, {"red": values, "last": values[:, 1]})
    write_shard(directory.shards, point.key, start, block, drawn, software(directory.study.experiment))


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
        assert file[point.label]["red"][:, 1].tolist() == [2.0 * r + 1.0 for r in range(9)]
        assert file[point.label]["red"].chunks == (2, 2)


@pytest.mark.parametrize("at_once", [1, 150, stored_replicates.COLUMNS])
def test_columns_are_those_that_are_read_one_by_one(directory, monkeypatch, at_once):
    monkeypatch.setattr(stored_replicates, "COLUMNS", at_once)
    store(directory, 0, 9)
    directory.consolidate(directory.scan()[0])
    (point,) = directory.study.points
    found = np.array(list(directory.columns(point, "red")))
    assert found.shape == (2, 9)
    assert np.array_equal(found, [directory.column(point, "red", t) for t in (0, 1)])


@pytest.mark.parametrize("large", [0, join.LARGE])
def test_two_computations_that_differ_are_refused(directory, monkeypatch, large):
    monkeypatch.setattr(join, "LARGE", large)
    store(directory, 0, 4), store(directory, 2, 9, shift=1e-9)
    with pytest.raises(join.DeterminismError, match="other bits"):
        directory.consolidate(directory.scan()[0])


def test_powers_of_two():
    found = [join.power_of_two(number) for number in (-1, 0, 1, 2, 3, 4, 7, 8, 1023, 1024)]
    assert found == [1, 1, 1, 2, 2, 4, 4, 8, 512, 1024]


def test_chunks_are_whole_rows_of_256_kib_at_most():
    shapes = [(10**6,), (10**6, 3), (10**6, 2, 2), (7, 3), (10**6, 2**15), (10**6, 2**15 + 1), (9, 2**20), (5, 0)]
    found = [join.chunks_of(shape) for shape in shapes]
    assert found == [(32768,), (8192, 3), (8192, 2, 2), (7, 3), (1, 2**15), (1, 2**15 + 1), (1, 2**20), (5, 0)]


def test_shards_of_a_point_stand_in_the_order_of_their_replicates():
    spans = [("b", 3, 5), ("a", 4, 6), ("a", 0, 4), ("a", 0, 2)]
    found = join.by_point([Shard(None, *span) for span in spans])
    assert {key: [(shard.start, shard.stop) for shard in held] for key, held in found.items()} == {
        "a": [(0, 2), (0, 4), (4, 6)],
        "b": [(3, 5)],
    }


def parts(total, *spans):
    return [(part.shard.start, part.known, part.stop) for part in join._parts(shards_of(*spans), [range(total)])]


def shards_of(*spans):
    return [Shard(None, "", start, stop) for start, stop in spans]


def test_parts_of_shards_are_what_follows_up_to_the_first_gap():
    assert parts(9, (0, 4), (4, 9)) == [(0, 0, 4), (4, 0, 5)]
    assert parts(9, (0, 4), (1, 3), (2, 6), (6, 12), (9, 12)) == [(0, 0, 4), (1, 2, 2), (2, 2, 4), (6, 0, 3)]
    assert parts(9, (0, 4), (5, 9)) == [(0, 0, 4)]
    assert parts(4, (0, 4), (0, 4)) == [(0, 0, 4)]
    assert parts(3, (1, 3)) == parts(3) == []
    some = join._parts(shards_of((0, 2), (4, 8), (10, 12)), [range(2), range(5, 7), range(10, 12)])
    assert [(part.place(part.first), part.place(part.stop)) for part in some] == [(0, 2), (2, 4), (4, 6)]
    solved = Shard(None, "", 0, 1, solved=True)
    assert [part.shard for part in join._parts([solved, *shards_of((0, 3))], [range(3)])] == shards_of((0, 3))


@pytest.fixture
def urn(tmp_path):
    """A study of all arms at one of two shares with a map, and what is stored of its points: seven replicates."""
    ways = {"draws": {}, "counts": {}, "both": {}}
    raw = {"ways": ways, "record": {"map": True}, "grid": {"parameters": {"share": [0.25, 0.5], "kind": ["plain"]}}}
    study = study_of({**raw, "parameters": {"steps": 2}, "ensemble": {"replicates": 7, "seed": 5}})
    stored = []
    for point in study.points:
        arm = study.experiment.arm(point.case)
        for start, stop in ((0, 3), (3, 7), (7, 9)) if arm.draw else ():
            rows = [arm.draw(point.case, point.seed, replicate, 1) for replicate in range(start, stop)]
            block = Block(stop - start, {name: np.stack([row[name] for row in rows]) for name in rows[0]})
            stored.append(write_shard(tmp_path, point.key, start, block, arm.drawn(point.case), {}))
        if arm.solve:
            stored.append(write_solved(tmp_path, point.key, arm.solve(point.case, 1), arm.solved(point.case), {}))
    return study, join.by_point([named(path) for path in stored])


def groups(study, stored):
    """All points written into a file in memory."""
    file = h5py.File("memory", "w", driver="core", backing_store=False)
    for point in study.points:
        join.write_group(file, study, point, stored[point.key])
    return file


@pytest.mark.parametrize(
    ("large", "together", "chunk"), [(0, 0, 30), (0, 2**22, 2**18), (2**20, 60, 24), (2**20, 2**22, 2**18)]
)
def test_a_group_holds_what_is_stored_of_its_point(urn, monkeypatch, large, together, chunk):
    monkeypatch.setattr(join, "LARGE", large), monkeypatch.setattr(join, "TOGETHER", together)
    monkeypatch.setattr(join, "CHUNK", chunk)
    study, stored = urn
    with groups(study, stored) as file:
        for point in study.points:
            group, arm = file[point.label], study.experiment.arm(point.case)
            assert {name: group.attrs[name] for name in ("key", "arm", "seed", "coordinates")} == {
                "key": point.key,
                "arm": point.arm,
                "seed": str(point.seed),
                "coordinates": "share kind",
            }
            assert json.loads(group.attrs["identity"]) == point.identity
            assert group.attrs["sha256"] == checksum(group)
            assert (group["share"][()], group["kind"][()]) == (point.case.parameters.share, b"plain")
            assert group["time"][()].tolist() == [0.0, 1.0, 2.0]
            assert group["colour"][()].tolist() == [0.0, 1.0]
            if arm.draw:
                assert group["replicate"][()].tolist() == list(range(7))
                rows = [arm.draw(point.case, point.seed, replicate, 1) for replicate in range(7)]
                for name, output in arm.drawn(point.case).items():
                    data = group[name]
                    assert data[()].tolist() == [row[name].tolist() for row in rows]
                    assert [data.dims[k][0].name.rpartition("/")[2] for k in range(data.ndim)] == [
                        "replicate",
                        *output.dims,
                    ]
                    assert (data.attrs["units"], data.attrs["long_name"]) == (output.units, output.long_name)
                    assert (data.chunks, data.fletcher32) == (join.chunks_of(data.shape), True)
            if arm.solve:
                for name, values in arm.solve(point.case, 1).items():
                    data, output = group[name], arm.solved(point.case)[name]
                    assert data[()].tolist() == values.tolist()
                    assert (data.chunks, data.fletcher32) == ((values.shape, True) if output.dims else (None, False))
                    assert [data.dims[k][0].name.rpartition("/")[2] for k in range(data.ndim)] == list(output.dims)
                    assert (data.attrs["units"], data.attrs["long_name"]) == (output.units, output.long_name)
            assert (group["time"].fletcher32, group["time"].is_scale) == (True, True)


def test_names_of_axes_give_way_to_outputs(urn):
    study, _ = urn
    with h5py.File("memory", "w", driver="core", backing_store=False) as file:
        join._place(file.create_group("a"), {"parameters.share": "parameters_share"}, study.points[0])
        join._place(file.create_group("b"), {}, study.points[0])
        assert file["a/parameters_share"][()] == 0.25
        assert (file["a"].attrs["coordinates"], dict(file["b"].attrs)) == ("parameters_share", {})


def test_what_is_missing_is_named(urn):
    study, stored = urn
    both = next(point for point in study.points if point.arm == "both")
    draws = next(point for point in study.points if point.arm == "draws")
    held = stored[both.key]
    for point, found, said in (
        (both, [shard for shard in held if not shard.solved], f"{both.label}: what its arm solves is missing"),
        (draws, stored[draws.key][:1], f"{draws.label}: replicates from 3 on are missing"),
        (draws, [], f"{draws.label}: replicates from 0 on are missing"),
        (draws, stored[draws.key][1:], f"{draws.label}: replicates from 0 on are missing"),
    ):
        with (
            pytest.raises(DamagedFileError) as caught,
            h5py.File("memory", "w", driver="core", backing_store=False) as file,
        ):
            join.write_group(file, study, point, found)
        assert str(caught.value) == said


class Told:
    """A data set that notes what is written to it."""

    def __init__(self, chunk):
        self.chunks, self.values, self.calls = (chunk,), np.full(20, np.nan), []

    def __setitem__(self, rows, values):
        self.values[rows] = values
        self.calls.append((rows.start, rows.stop))

    def __getitem__(self, rows):
        return self.values[rows]


def test_rows_are_written_in_whole_chunks_once_enough_are_held(monkeypatch):
    monkeypatch.setattr(join, "TOGETHER", 2 * 2 * 8 * 3)  # three rows of two outputs and as many again
    targets = {"a": Told(4), "b": Told(6)}
    rows = join._Rows(targets)
    for start, stop in ((0, 3), (3, 6), (6, 7), (7, 12), (5, 12), (12, 13)):
        rows.add({"a": np.arange(start, stop) + 0.0, "b": -np.arange(start, stop) - 0.0}, stop)
    assert targets["a"].calls == [(0, 4), (4, 12)]  # 7 rows were more than 6, and then there were 8
    assert rows.filled == 13
    rows.write(), rows.write()
    assert targets["a"].calls == targets["b"].calls == [(0, 4), (4, 12), (12, 13)]
    assert targets["a"].values[:13].tolist() == list(range(13))
    part = join.Part(Shard(Path("a.h5"), "", 10, 14), 3, 4)
    other = {"a": np.array([10.0, 11.0, 12.0, 99.0]), "b": -np.array([10.0, 11.0, 12.0, 99.0])}
    rows.compare(part, other)
    other["b"][2] = -12.5
    with pytest.raises(
        join.DeterminismError, match=r"^a\.h5: other bits than an earlier computation of these replicates$"
    ):
        rows.compare(part, other)


def test_four_mebibytes_are_gathered_at_most():
    target = Told(1)
    target.values = np.empty((8, 2**17))
    rows = join._Rows({"a": target})
    for stop in (1, 2, 3, 4):
        rows.add({"a": np.zeros((1, 2**17))}, stop)
    assert target.calls == []
    rows.add({"a": np.zeros((1, 2**17))}, 5)
    assert target.calls == [(0, 5)]


def test_bits_are_compared_and_not_values():
    targets = {"a": Told(4)}
    rows = join._Rows(targets)
    rows.add({"a": np.array([0.0, np.nan])}, 2), rows.write()
    part = join.Part(Shard(Path("a.h5"), "", 0, 2), 2, 2)
    rows.compare(part, {"a": np.array([0.0, np.nan])})
    with pytest.raises(join.DeterminismError):
        rows.compare(part, {"a": np.array([-0.0, np.nan])})


def test_shards_are_read_one_ahead(monkeypatch):
    asked = []

    class Pool:
        def submit(self, work, shard):
            asked.append(shard)
            return type("Done", (), {"result": lambda self: shard})()

    ahead = join._ahead(Pool(), [1, 2, 3])
    seen = [(found, list(asked)) for found in ahead]
    assert seen == [(1, [1, 2]), (2, [1, 2, 3]), (3, [1, 2, 3])]
    assert list(join._ahead(Pool(), [])) == []


def test_large_shards_of_doubles_are_hashed_beside_the_writing(tmp_path, monkeypatch):
    def store(name, values):
        with store_module.new_hdf5(tmp_path / name) as file:
            file["x"] = values
        return Shard(tmp_path / name, "", 0, 2)

    doubles, whole = store("a.h5", np.arange(2.0)), store("b.h5", np.arange(2))
    size = doubles.path.stat().st_size
    part = join.Part(doubles, 0, 2)
    for large, found in ((size + 1, []), (size, ["x"])):
        monkeypatch.setattr(join, "LARGE", large)
        assert list(join._streams(["x"], [part])) == found
    streams = join._streams(["x"], [part, join.Part(doubles, 2, 2), join.Part(doubles, 1, 2)])
    assert b"".join(streams["x"]) == np.array([0.0, 1.0, 1.0]).tobytes()
    assert join._streams(["x"], [part, join.Part(whole, 0, 2)]) == {}
    assert join._streams(["x", "y"], [part]) == {}


def test_a_shard_is_large_from_a_mebibyte_on(tmp_path):
    path, end = tmp_path / "a.h5", bytes(300)
    for size, found in ((2**20 - 1, []), (2**20, ["x"])):
        for _ in range(2):  # the second time before a seal whose length is known
            path.write_bytes(bytes(size - len(end)))
            with open(path, "r+b") as file:
                end = sealed(file.fileno(), {"attributes": {}, "arrays": {"x": ("<f8", (2,), 0)}})
        path.write_bytes(path.read_bytes() + end)
        assert path.stat().st_size == size
        assert list(join._streams(["x"], [join.Part(Shard(path, "", 0, 2), 0, 2)])) == found
