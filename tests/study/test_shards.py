import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfsolve.experiments.experiment import Output
from mfsolve.study import shards
from mfsolve.study.blocks import Block

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
