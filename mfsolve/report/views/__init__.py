"""Figures of a run, as PNG and PDF: one file for each way to look at it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.models.frozen import InputError
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
from mfsolve.report.views.panels import Page
from mfsolve.study.execution.helper_process import share
from mfsolve.study.file.settings import Figure
from mfsolve.study.storage.run_lookup import load_again
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

LOG = logging.getLogger(__name__)

ONE_PAGE: Mapping[Figure, Callable[[RunDirectory, Sequence[Row]], "Drawing | None"]] = {
    Figure.PATHS: paths.paths,
    Figure.REGRESSION: regression.regression,
    Figure.CONTENT: content.content,
    Figure.WELFARE: bars.bars,
    Figure.TORNADO: tornado.tornado,
    Figure.OVERVIEW: overview.overview,
    Figure.TRADEOFF: tradeoff.tradeoff,
}
PAGES: Mapping[Figure, Callable[[RunDirectory, Sequence[Row]], list[Page]]] = {
    Figure.FOREST: forest.forest,
    Figure.GRID: grid.grid,
    Figure.CURVES: curves.curves,
    Figure.MAPS: maps.maps,
}


def draw(run: RunDirectory, rows: Sequence[Row]) -> list[Path]:
    """Draw the study's figures into its run directory; returns the files. What a study does not keep is left out.

    A page that cannot be drawn is said, and costs nothing else.
    """
    here, elsewhere = partial(_draw_or_say, run, rows), partial(_draw_stored, str(run.path), rows)
    pages = [(name, page) for name in run.study.figures for page in range(_count(run, rows, name))]
    return [file for files in share(here, elsewhere, pages) for file in files]


def _draw_or_say(run: RunDirectory, rows: Sequence[Row], page: tuple[Figure, int]) -> list[Path]:
    try:
        return _draw(run, rows, page)
    except OSError:
        raise
    except Exception as error:
        _say(run, page[0], error)
        return []


def _count(run: RunDirectory, rows: Sequence[Row], name: Figure) -> int:
    """Number of pages of a figure; none where they cannot even be laid out, which is said."""
    try:
        return len(_pages(run, rows, name))
    except (OSError, InputError):
        raise
    except Exception as error:
        _say(run, name, error)
        return 0


def _say(run: RunDirectory, name: Figure, error: Exception) -> None:
    LOG.warning("%s: the figure %s cannot be drawn: %s: %s", run.path, name, type(error).__name__, error)
    LOG.debug("", exc_info=True)


def _draw_stored(path: str, rows: Sequence[Row], page: tuple[Figure, int]) -> list[Path]:
    return _draw(load_again(path), rows, page)


def _draw(run: RunDirectory, rows: Sequence[Row], page: tuple[Figure, int]) -> list[Path]:
    """Draw a page of a figure, counted from 0; returns the files."""
    name, number = page
    with np.errstate(over="ignore"):  # of ticks beyond what is seen
        drawing = _pages(run, rows, name)[number]()
        if drawing is None:
            return []
        fit_title(drawing)
        return save(drawing, run.path / (f"{name}" if number == 0 else f"{name}-{number + 1}"))


def _pages(run: RunDirectory, rows: Sequence[Row], name: Figure) -> list[Page]:
    return PAGES[name](run, rows) if name in PAGES else [partial(ONE_PAGE[name], run, rows)]
