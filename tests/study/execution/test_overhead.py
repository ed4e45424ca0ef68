"""Seconds of a run beside its simulation: each part counts what it is for."""

import json

import pytest

from mfsolve.commands import run as commands
from mfsolve.study.execution import first_kernels, overhead
from mfsolve.study.file.config import load_study

GRID = ["grid.parameters.imitation=[0.4, 0.5, 0.6]", "ensemble.replicates=2"]


def test_the_rows_of_a_report_are_known_before(study_file, tmp_path):
    study = load_study(study_file, GRID)
    assert commands.run(str(study_file), out=str(tmp_path / "out"), workers=1, settings=GRID) == 0
    assert overhead.rows(study) == len(json.loads((tmp_path / "out/summary.json").read_text())["rows"]) == 6


def test_storage_and_report_grow_with_points_and_rows(study_file, monkeypatch):
    monkeypatch.setattr(overhead, "size_to_compile", lambda name: {"collapse": 50}[name])
    one, more = (overhead.overhead(load_study(study_file, settings), 1) for settings in ([], GRID))
    # two points of 12 tasks each; six of two, at three places
    assert one.storage == pytest.approx(24 * overhead.TASK + 2 * overhead.POINT)
    assert more.storage == pytest.approx(12 * overhead.TASK + 6 * overhead.POINT)
    assert one.report == pytest.approx(overhead.REPORT + 2 * overhead.ROW)
    assert more.report == pytest.approx(overhead.REPORT + 6 * overhead.ROW)
    assert one.compilation == 50 * overhead.COMPILED
    assert overhead.overhead(load_study(study_file), 8).compilation == one.compilation / 2
    drawn = overhead.overhead(load_study(study_file, [*GRID, 'figures=["forest", "grid"]']), 1)
    figures = 6 * (overhead.ROW_IN_FOREST + overhead.ROW_IN_GRID) + 2 * overhead.FIGURE
    assert drawn.report == pytest.approx(more.report + figures)


def test_kernels_are_counted_until_they_are_compiled(monkeypatch):
    monkeypatch.setattr(first_kernels, "exists", lambda path: False)
    cold = first_kernels.size_to_compile("collapse")
    assert cold > 20
    monkeypatch.setattr(first_kernels, "exists", lambda path: "producers" not in str(path))
    assert 0 < first_kernels.size_to_compile("collapse") < cold
    monkeypatch.setattr(first_kernels, "exists", lambda path: True)
    assert first_kernels.size_to_compile("collapse") == first_kernels.size_to_compile("mine:EXPERIMENT") == 0
