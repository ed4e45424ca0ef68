"""Stored points: what is kept, what is left out, what is refused."""

import os

import numpy as np
import pytest

from mfsolve.calibration.landscape import SimulatedMoments
from mfsolve.calibration.ledger import Ledger
from mfsolve.study.file.source import StudyError

FOUND = SimulatedMoments(np.array([0.1, 1 / 3]), np.array([[1e-300, 0.25], [0.25, 2.0]]))


def filled(path):
    """A ledger with a point, an infeasible one and another point."""
    ledger = Ledger(path, "collapse")
    ledger.open()
    ledger.add("a", {"x": 0.1}, FOUND, None)
    ledger.add("b", {"x": 0.2}, None, "collapsed to a point")
    ledger.add("c", {"x": 3}, FOUND, None)
    ledger.close()
    return path


def reopened(path):
    ledger = Ledger(path, "collapse")
    ledger.open()
    ledger.close()
    return ledger


def test_points_come_back_with_the_same_bits(tmp_path):
    ledger = reopened(filled(tmp_path / "out/evaluations.jsonl"))
    assert len(ledger) == 3
    assert ledger.broken == 0
    assert ledger["a"].moments.tobytes() == FOUND.moments.tobytes()
    assert ledger["a"].covariance.tobytes() == FOUND.covariance.tobytes()
    assert "b" in ledger
    assert ledger["b"] is None
    assert "d" not in ledger


@pytest.mark.parametrize(
    ("damage", "left", "broken"),
    [
        (lambda lines: [*lines[:-1], lines[-1][:50]], "ab", 1),
        (lambda lines: [lines[0], lines[1].replace(b"0.1", b"0.2"), *lines[2:]], "bc", 1),
        (lambda lines: [*lines[:2], b"\x00" * 40 + b"\n", *lines[2:]], "abc", 1),
        (lambda lines: [bytes([lines[0][0] ^ 1]) + lines[0][1:], *lines[1:]], "abc", 1),
        (lambda lines: lines[2:], "bc", 0),
        (lambda lines: [b"\xff" * 3000], "", 1),
        (lambda lines: [*lines[:3], b"[" * 10_000], "ab", 1),
    ],
    ids=["cut short", "changed", "zeros", "head", "no head", "nothing", "nested"],
)
def test_damaged_lines_are_left_out_and_counted(tmp_path, damage, left, broken):
    path = filled(tmp_path / "evaluations.jsonl")
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    ledger = reopened(path)
    assert {key for key in "abc" if key in ledger} == set(left)
    assert ledger.broken == broken
    ledger.open()
    ledger.add("d", {}, FOUND, None)
    ledger.close()
    assert "d" in reopened(path)


def test_points_of_other_code_are_refused(tmp_path, monkeypatch):
    path = filled(tmp_path / "evaluations.jsonl")
    monkeypatch.setattr("mfsolve.calibration.ledger.code_of", lambda name: "0" * 16)
    with pytest.raises(StudyError, match="was computed by other code"):
        Ledger(path, "collapse").open()


def test_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = filled(tmp_path / "evaluations.jsonl")
    before, write = path.read_bytes(), os.write
    ledger = Ledger(path, "collapse")
    ledger.open()

    def full(descriptor, data):
        write(descriptor, data[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mfsolve.calibration.ledger.os.write", full)
    with pytest.raises(OSError, match=r"No space left on device: .*evaluations\.jsonl"):
        ledger.add("d", {}, FOUND, None)
    ledger.close()
    assert path.read_bytes() == before
    assert "d" not in ledger
