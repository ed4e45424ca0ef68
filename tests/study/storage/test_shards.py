import hashlib
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfsolve.experiments.experiment import Output
from mfsolve.study.blocks import Block
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage import seal, shards
from mfsolve.study.storage.files import new_hdf5
from mfsolve.study.storage.shards import Shard

OUTPUTS = {"x": Output(("generation",), "x"), "y": Output(("generation",), "y")}
KEY = "0123456789abcdef"


def rows(start, stop):
    return [{"x": np.arange(4.0) + r, "y": np.full(4, float(r))} for r in range(start, stop)]


def write(folder, start, stop):
    block = Block(stop - start, {name: np.stack([row[name] for row in rows(start, stop)]) for name in OUTPUTS})
    return shards.write_shard(folder, KEY, start, block, OUTPUTS, {"code": "c"})


def test_what_is_written_verifies_and_reads_back(tmp_path):
    path = write(tmp_path, 3, 8)
    good, complaints = shards.scan(tmp_path, {KEY})
    assert good == [shards.Shard(path, KEY, 3, 8)]
    assert complaints == []
    with h5py.File(path) as file:
        assert np.array_equal(file["y"][:, 0], np.arange(3.0, 8.0))


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "renamed", "attribute", "data"])
def test_broken_and_foreign_files_are_set_aside(tmp_path, damage):
    path = write(tmp_path, 0, 4)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:900])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "text":
        path.write_text("not a shard")
    elif damage == "renamed":
        path = path.rename(tmp_path / f"{KEY}-4-8.h5")
    else:
        with h5py.File(path, "r+") as file:
            if damage == "attribute":
                file.attrs["code"] = "other"
            else:
                file["x"][0, 0] = 99.0
    good, complaints = shards.scan(tmp_path, {KEY})
    assert good == []
    assert len(complaints) == 1
    assert str(path) in complaints[0]
    assert "set aside" in complaints[0]
    assert [p.name for p in tmp_path.iterdir()] == [path.name + ".broken"]


def test_files_of_other_points_are_left_alone(tmp_path):
    write(tmp_path, 0, 4)
    (tmp_path / "notes.h5").write_text("mine")
    assert shards.scan(tmp_path, {"f" * 16}) == ([], [])
    assert len(list(tmp_path.iterdir())) == 2


@settings(max_examples=50)
@given(
    st.integers(0, 40),
    st.integers(0, 40),
    st.lists(st.tuples(st.integers(0, 45), st.integers(1, 12)), max_size=6),
)
def test_missing_ranges_and_shards_cover_exactly(start, length, spans):
    held = [shards.Shard(None, KEY, a, a + n) for a, n in spans]
    gaps = list(shards.missing(start, start + length, held))
    covered = {r for s in held for r in range(s.start, s.stop)}
    wanted = [r for r in range(start, start + length) if r not in covered]
    assert [r for a, b in gaps for r in range(a, b)] == wanted


def test_checksum_does_not_depend_on_chunking_but_on_content(tmp_path):
    data = np.arange(10_000.0).reshape(5000, 2)
    prints = set()
    for chunk in (1, 100, 5000):
        with h5py.File(tmp_path / f"{chunk}.h5", "w") as file:
            file.create_dataset("x", data=data, chunks=(chunk, 2))
            prints.add(shards.checksum(file))
    assert len(prints) == 1
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.create_dataset("x", data=data).attrs["units"] = "m"
        assert shards.checksum(file) not in prints


def by_hand(group):
    """The checksum as it is told: of name, type, shape, bytes and attributes of all data sets, and the group's own."""

    def attributes(holder):
        kept = {name: str(holder.attrs[name]) for name in holder.attrs if name in ("units", "seed")}
        return json.dumps(kept, sort_keys=True).encode()

    digest = hashlib.sha256()
    for name in sorted(name for name in group if isinstance(group[name], h5py.Dataset)):
        values = np.asarray(group[name][()])
        digest.update(f"{name} {values.dtype.str} {values.shape}".encode() + values.tobytes() + attributes(group[name]))
    digest.update(attributes(group))
    return digest.hexdigest()


@pytest.mark.parametrize("rows", [1, 2, 3, 4096])
def test_the_checksum_is_that_of_everything_that_carries_meaning(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(shards, "ROWS", rows)
    with h5py.File(tmp_path / "a.h5", "w") as group:
        group.create_group("inner")["unseen"] = 1.0
        group.attrs.update({"seed": "5", "sha256": "not yet known"})
        group.create_dataset("b", data=np.arange(6.0).reshape(3, 2)).attrs.update({"units": "m"})
        group.create_dataset("a", data=np.arange(3), maxshape=(None,), chunks=(2,))
        group.create_dataset("one", data=2.5)
        before = by_hand(group)
        assert shards.checksum(group) == before
        group["a"].make_scale("a")
        group["b"].dims[0].attach_scale(group["a"])
        group["b"].attrs.update({"_Netcdf4Dimid": 3, "_Netcdf4Coordinates": [1]})
        assert shards.checksum(group) == before  # bookkeeping of dimensions is none of it
        pieces = iter([np.arange(6.0)[:4].tobytes(), np.arange(6.0)[4:].tobytes()])
        work_out = shards.checksum_with(group, {"b": pieces})
        group["a"][0], group["b"][0, 0] = 7, 7.0  # what is not on its way was read before
        assert work_out() == before
        assert shards.checksum(group) == by_hand(group) != before


def test_names_of_files_tell_points_and_replicates():
    assert shards.named(Path(f"/a/{KEY}-3-18.h5")) == Shard(Path(f"/a/{KEY}-3-18.h5"), KEY, 3, 18, False)
    assert shards.named(Path(f"{KEY}-solved.h5")) == Shard(Path(f"{KEY}-solved.h5"), KEY, 0, 1, True)
    for other in ("notes.h5", f"{KEY}-3.h5", f"{KEY}-3-18.h5.broken", f"a{KEY}-3-18.h5", f"{KEY.upper()}-3-18.h5"):
        assert shards.named(Path(other)) is None


def test_a_file_says_of_itself_what_it_holds(tmp_path):
    block = Block(2, {"x": np.ones((2, 4)), "y": np.zeros((2, 4)), "other": np.zeros(2)})
    path = shards.write_shard(tmp_path, KEY, 3, block, OUTPUTS, {"code": "c"})
    assert path == tmp_path / f"{KEY}-3-5.h5"
    with h5py.File(path) as file:
        assert dict(file.attrs) == {"schema": 1, "key": KEY, "start": 3, "stop": 5, "code": "c"}
        assert {name: file[name][()].tolist() for name in file} == {"x": [[1.0] * 4] * 2, "y": [[0.0] * 4] * 2}
    path = shards.write_solved(tmp_path, KEY, {"x": np.arange(4), "y": 2, "other": 1.0}, OUTPUTS, {"code": "c"})
    assert path == tmp_path / f"{KEY}-solved.h5"
    with h5py.File(path) as file:
        assert dict(file.attrs) == {"schema": 1, "key": KEY, "start": 0, "stop": 1, "code": "c"}
        assert {name: (file[name].dtype.str, file[name][()].tolist()) for name in file} == {
            "x": ("<f8", [0.0, 1.0, 2.0, 3.0]),
            "y": ("<f8", 2.0),
        }
    assert shards.content(shards.named(path))["x"].tolist() == [0.0, 1.0, 2.0, 3.0]


LIES = {
    "key": ({"key": "f" * 16}, "holds other replicates than its name says"),
    "start": ({"start": 2}, "holds other replicates than its name says"),
    "stop": ({"stop": 6}, "holds other replicates than its name says"),
    "schema": ({"schema": 2}, "schema 2, not 1"),
    "data": ({}, "checksum does not match"),
}


@pytest.mark.parametrize("case", LIES)
def test_what_disagrees_with_its_name_or_seal_is_set_aside(tmp_path, case):
    changed, said = LIES[case]
    path = tmp_path / f"{KEY}-3-5.h5"
    with new_hdf5(path) as file:
        file.attrs.update({"schema": 1, "key": KEY, "start": 3, "stop": 5, **changed})
        file["x"] = np.ones(2)
    if not changed:
        path.write_bytes(path.read_bytes().replace(np.ones(2).tobytes(), np.zeros(2).tobytes()))
    shard = shards.named(path)
    for read in (shards.verify, shards.content):
        with pytest.raises(seal.DamagedFileError, match=f"^{said}$"):
            read(shard)
    line = f"{path}: {said}: set aside as {path.name}.broken, its replicates are computed again"
    good = write(tmp_path, 0, 3)
    if changed:
        assert shards.scan(tmp_path, {KEY}) == ([shards.named(good)], [line])
    else:  # found where bytes are read
        assert shards.scan(tmp_path, {KEY}) == ([shards.named(good), shard], [])
        assert shards.drop_broken([shards.named(good), shard]) == [line]
    assert sorted(found.name for found in tmp_path.iterdir()) == [good.name, f"{path.name}.broken"]
    assert shards.set_aside(path, seal.DamagedFileError("gone")) == line.replace(said, "gone")  # by another process


def test_shards_of_other_code_stop_a_scan_and_those_that_vanish_do_not(tmp_path, monkeypatch):
    paths = [write(tmp_path, start, start + 1) for start in (0, 1, 2)]
    good = [shards.named(path) for path in paths]
    assert shards.scan(tmp_path, {KEY}, {"code": "c"}) == (good, [])
    assert shards.scan(tmp_path, {KEY}) == (good, [])
    assert shards.scan(tmp_path / "none", {KEY}) == ([], [])
    with pytest.raises(StudyError) as caught:
        shards.scan(tmp_path, {KEY}, {"code": "d"})
    assert str(caught.value) == (
        f"{paths[0]}: has code c, not d: results of different code or libraries are not mixed; choose another --out, or remove it"
    )
    look = seal.look
    monkeypatch.setattr(seal, "look", lambda path: look(path if path != paths[1] else tmp_path / "none"))
    assert shards.scan(tmp_path, {KEY}) == ([good[0], good[2]], [])


def test_gaps_between_shards_are_told_in_their_order():
    held = [Shard(None, KEY, start, stop) for start, stop in ((8, 10), (2, 4), (3, 5))]
    assert list(shards.missing(0, 12, held)) == [(0, 2), (5, 8), (10, 12)]
    assert list(shards.missing(0, 9, held)) == [(0, 2), (5, 8)]
    assert list(shards.missing(2, 5, held)) == []
    assert list(shards.missing(5, 7, held)) == [(5, 7)]
    assert list(shards.missing(3, 3, held)) == []


def test_a_broken_file_is_kept_beside_earlier_ones(tmp_path):
    path = tmp_path / f"{KEY}-3-18.h5"
    for number, name in enumerate((f"{path.name}.broken", f"{path.name}.broken-2", f"{path.name}.broken-3")):
        path.write_text(str(number))
        assert shards.set_aside(path, shards.DamagedFileError("why")) == (
            f"{path}: why: set aside as {name}, its replicates are computed again"
        )
        assert not path.exists()
    assert sorted(found.read_text() for found in tmp_path.iterdir()) == ["0", "1", "2"]
    shards.set_aside(path, shards.DamagedFileError("why"))
    assert len(list(tmp_path.iterdir())) == 3
