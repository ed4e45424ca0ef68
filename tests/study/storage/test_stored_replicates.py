"""Columns, blocks and limits of what a run has stored."""

import numpy as np
import pytest

from mfsolve.study.storage import stored_replicates


def test_columns_are_outputs_at_a_place_of_their_path(finished, monkeypatch):
    draws, both = finished.study.points
    replicates = np.arange(5.0)
    assert finished.column(draws, "red").tolist() == (replicates + 1.0).tolist()
    assert finished.column(draws, "red", 1).tolist() == (replicates + 0.5).tolist()
    assert finished.column(draws, "last", 0).tolist() == (replicates + 1.0).tolist()
    assert finished.column(both, "exact").tolist() == [5.0]
    assert [finished.column(both, "trend", place).tolist() for place in (0, 2, -1)] == [[0.0], [1.0], [1.0]]
    assert finished.column(both, "curve", 0).tolist() == [5.0, 5.0]
    wanted = [(replicates + 0.5 * time).tolist() for time in range(3)]
    for room in (1, 2 * 5 * 8, 2**27):
        monkeypatch.setattr(stored_replicates, "COLUMNS", room)
        found = list(finished.columns(draws, "red"))
        assert [column.tolist() for column in found] == wanted
        assert all(column.flags.c_contiguous for column in found)
    assert [column.tolist() for column in finished.columns(draws, "last")] == 3 * [(replicates + 1.0).tolist()]
    assert [column.tolist() for column in finished.columns(both, "trend")] == [[0.0], [0.5], [1.0]]


def test_as_many_columns_are_read_at_once_as_there_is_room_for(finished, monkeypatch):
    read, asked = finished._reader, []

    class Told:
        def __init__(self, held):
            self.held, self.shape = held, held.shape

        def __getitem__(self, place):
            asked.append((place[1].start, place[1].stop))
            return self.held[place]

    class File:
        def __init__(self):
            self.file = read()

        def __enter__(self):
            return {"draws": {"red": Told(self.file["draws/red"])}}

        def __exit__(self, *unused):
            self.file.close()

    monkeypatch.setattr(finished, "_reader", File)
    for room, pieces in ((5 * 8, [(0, 1), (1, 2), (2, 3)]), (2 * 5 * 8, [(0, 2), (2, 4)]), (2**27, [(0, 2**27 // 40)])):
        asked.clear()
        monkeypatch.setattr(stored_replicates, "COLUMNS", room)
        list(finished.columns(finished.study.points[0], "red"))
        assert asked == pieces
    monkeypatch.undo()
    monkeypatch.setattr(finished, "_reader", File)
    asked.clear()
    list(finished.columns(finished.study.points[0], "red"))
    assert asked == [(0, 2**27 // 40)]  # 128 MiB


@pytest.mark.parametrize("rows", [2, 5, 4096])
def test_blocks_put_what_is_solved_beside_every_replicate(finished, monkeypatch, rows):
    monkeypatch.setattr(stored_replicates, "ROWS", rows)
    both = finished.study.points[1]
    blocks = list(finished.blocks(both, ["red", "exact", "last", "curve"]))
    assert [len(block[0]) for block in blocks] == {2: [2, 2, 1], 5: [5], 4096: [5]}[rows]
    red, exact, last, curve = (np.concatenate(parts) for parts in zip(*blocks))
    assert red.tolist() == [[r, r + 0.5, r + 1.0] for r in range(5)]
    assert last.tolist() == [r + 1.0 for r in range(5)]
    assert (exact.tolist(), curve.tolist()) == ([5.0] * 5, [[5.0, 5.0]] * 5)
    (alone,) = finished.blocks(both, ["exact", "curve"])
    assert [part.tolist() for part in alone] == [[5.0], [[5.0, 5.0]]]


def test_a_limit_is_worked_out_once(finished, monkeypatch):
    draws, both = finished.study.points
    first = finished.reference(draws)
    assert first["red"].tolist() == [0.0, 0.5, 1.0]
    assert finished.reference(draws) is first
    assert finished.reference(both) == {}
