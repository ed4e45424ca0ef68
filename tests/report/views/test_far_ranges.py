"""Figures of numbers over hundreds of decades, and what a figure that cannot be drawn costs: itself."""

import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mfsolve.commands import messages  # noqa: F401 - the logger that speaks to users
from mfsolve.report import views
from mfsolve.report.look import new_figure, save
from mfsolve.study.file.settings import Figure


@pytest.mark.parametrize("ends", [(1.0, 1e280), (1e-300, 1.0), (1e-150, 1e150), (1e-40, 1e80)])
def test_an_axis_over_hundreds_of_decades_has_ticks_on_whole_ones(tmp_path, ends):
    drawing, axes = new_figure(1, 2, 6.0, 3.0)
    for axis in axes.flat:
        axis.plot(np.geomspace(*ends, 50), np.arange(50.0))
        axis.set_xscale("log")
    axes.flat[1].set_yscale("symlog")
    with np.errstate(over="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        files = save(drawing, tmp_path / "far")
    assert [path.name for path in files] == ["far.png", "far.pdf"]
    ticks = np.log10(axes.flat[0].get_xticks())
    assert 3 <= ticks.size <= 9
    assert ticks == pytest.approx(np.round(ticks / 10.0) * 10.0)


def test_a_figure_that_cannot_be_drawn_is_said_and_the_others_are(tmp_path, monkeypatch, capsys):
    def fails(run, rows):
        raise OverflowError("beyond every number")

    monkeypatch.setattr(
        views, "ONE_PAGE", {Figure.PATHS: fails, Figure.WELFARE: lambda *run: new_figure(1, 1, 2, 2)[0]}
    )
    run = SimpleNamespace(path=tmp_path, study=SimpleNamespace(figures=[Figure.PATHS, Figure.WELFARE]))
    assert views.draw(run, []) == [tmp_path / "welfare.png", tmp_path / "welfare.pdf"]
    said = capsys.readouterr().err
    assert said == f"{tmp_path}: the figure paths cannot be drawn: OverflowError: beyond every number\n"


def test_a_full_disk_is_not_the_fault_of_a_figure(tmp_path, monkeypatch):
    def fails(run, rows):
        raise OSError(28, "No space left on device", str(Path(tmp_path)))

    monkeypatch.setattr(views, "ONE_PAGE", {Figure.PATHS: fails})
    run = SimpleNamespace(path=tmp_path, study=SimpleNamespace(figures=[Figure.PATHS]))
    with pytest.raises(OSError, match="No space"):
        views.draw(run, [])
