"""Names and values of axes in stored data, and digests of what is stored."""

import fcntl
import hashlib

import h5py
import numpy as np
import pytest

from mfsolve.study.axes import axis_names, axis_values
from mfsolve.study.storage import digests


def test_axes_have_short_names_unless_two_things_would_share_one():
    axes = ("population.firms", "parameters.rate", "arms.rate", "record.path", "arms.tax.share")
    assert axis_names(axes, {"path", "year"}) == {
        "population.firms": "firms",
        "parameters.rate": "parameters_rate",
        "arms.rate": "arms_rate",
        "record.path": "record_path",
        "arms.tax.share": "share",
    }
    assert axis_names(iter(axes[:2]), ()) == {"population.firms": "firms", "parameters.rate": "rate"}


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, 2], "i", [1, 2]),
        ([1, 2.5], "f", [1.0, 2.5]),
        ([True, False], "b", [True, False]),
        (["a", "b"], "U", ["a", "b"]),
        ([1, "b"], "U", ["1", "b"]),
        ([[1, 2], {"a": 3}], "U", ["[1, 2]", '{"a": 3}']),
        ([0.5, [1]], "U", ["0.5", "[1]"]),
    ],
)
def test_values_of_axes_are_numbers_or_text(values, kind, expected):
    found = axis_values(iter(values))
    assert (found.dtype.kind, found.tolist()) == (kind, expected)


@pytest.fixture
def path(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["b/c/matrix"] = np.arange(21.0).reshape(7, 3)
        file["b/bytes"] = np.arange(3, dtype=np.uint8)
        file["b/flags"] = np.array([True, False])
        file["a_number"] = 2.5
        file["text"] = "no number"
        file["none"] = np.zeros((0, 4), dtype=np.int64)
    return tmp_path / "a.h5"


@pytest.mark.parametrize(("chunk", "rows"), [(2**20, [7]), (21, [7]), (20, [6, 1]), (6, [2, 2, 2, 1]), (2, [1] * 7)])
def test_digests_are_those_of_type_shape_and_bytes_however_they_are_read(path, monkeypatch, chunk, rows):
    monkeypatch.setattr(digests, "CHUNK", chunk)
    expected = {
        "a_number": b"<f8 ()" + np.float64(2.5).tobytes(),
        "b/bytes": b"|u1 (3,)" + bytes([0, 1, 2]),
        "b/c/matrix": b"<f8 (7, 3)" + np.arange(21.0).tobytes(),
        "b/flags": b"|b1 (2,)" + bytes([1, 0]),
        "none": b"<i8 (0, 4)",
    }
    with open(path, "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)  # which not every file system has, and nobody needs here
        found = digests.digests(path)
    assert list(found) == sorted(expected)
    assert found == {name: hashlib.sha256(data).hexdigest() for name, data in expected.items()}
    with h5py.File(path) as file:
        assert [len(block) for block in digests._blocks(file["b/c/matrix"])] == rows


def test_one_digest_of_all_does_not_depend_on_their_order():
    text = "a 1\nb 2\n"
    assert digests.together({"b": "2", "a": "1"}) == hashlib.sha256(text.encode()).hexdigest()
