"""Figures of a run, as PNG and PDF: one file for each way to look at it."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mfsolve.report.look import fit_title, save
from mfsolve.report.rows import Row
from mfsolve.report.views import (
    bars,
    content,
    curves,
    forest,
    grid,
    maps,
    overview,
    paths,
    regression,
    tornado,
    tradeoff,
)
from mfsolve.study.existing import load_again
from mfsolve.study.processes import share
from mfsolve.study.settings import Figure
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


def draw(run: RunDirectory, rows: Sequence[Row]) -> list[Path]:
    """Draw the study's figures into its run directory; returns the files. What a study does not keep is left out."""
    here, elsewhere = partial(_draw, run, rows), partial(_draw_stored, str(run.path), rows)
    return [file for files in share(here, elsewhere, run.study.figures) for file in files]


def _draw_stored(path: str, rows: Sequence[Row], name: Figure) -> list[Path]:
    return _draw(load_again(path), rows, name)


def _draw(run: RunDirectory, rows: Sequence[Row], name: Figure) -> list[Path]:
    """Draw one figure, which may have several pages; returns the files."""
    makers: dict[Figure, Callable[[RunDirectory, Sequence[Row]], Drawing | list[Drawing] | None]] = {
        Figure.FOREST: forest.forest,
        Figure.PATHS: paths.paths,
        Figure.REGRESSION: regression.regression,
        Figure.CONTENT: content.content,
        Figure.WELFARE: bars.bars,
        Figure.TORNADO: tornado.tornado,
        Figure.GRID: grid.grid,
        Figure.CURVES: curves.curves,
        Figure.MAPS: maps.maps,
        Figure.OVERVIEW: overview.overview,
        Figure.TRADEOFF: tradeoff.tradeoff,
    }
    made = makers[name](run, rows) or []
    files = []
    for page, drawing in enumerate(made if isinstance(made, list) else [made], start=1):
        fit_title(drawing)
        files += save(drawing, run.path / (f"{name}" if page == 1 else f"{name}-{page}"))
    return files
