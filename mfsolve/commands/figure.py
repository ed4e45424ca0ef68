"""The option `--figure PATH|none`: where a figure is written, and what happens where it cannot be."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mfsolve.commands.messages import warn
from mfsolve.models.frozen import InputError

NONE = "none"
ENDINGS = (".png", ".pdf")


class Figure(NamedTuple):
    """Place of a figure, None where none is drawn, and whether the user asked for it."""

    path: Path | None
    asked: bool


class Written(NamedTuple):
    """Files of a figure, and the exit code: 1 where one that was asked for could not be written."""

    files: list[Path]
    code: int


def wanted(given: str | None, beside: Path | None) -> Figure:
    """Place of the figure: as given, or else beside a file, where there is one.

    Raises
    ------
    InputError
        For a file that is neither PNG nor PDF: both are written, whichever is named.
    """
    if given not in (None, NONE) and Path(given).suffix not in ENDINGS:
        raise InputError(f"--figure: {given} given; a file ending in .png or .pdf, or none, is needed")
    if given is not None:
        return Figure(None if given == NONE else Path(given), given != NONE)
    return Figure(beside.with_suffix(".png") if beside is not None else None, False)


def written(figure: Figure, draw: Callable[[Path], list[Path]]) -> Written:
    """Draw a figure, PNG and PDF, after the result is printed: what cannot be written costs no result."""
    if figure.path is None:
        return Written([], 0)
    try:
        return Written(draw(figure.path.with_suffix("")), 0)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        warn(f"figure not written: {figure.path}: {reason}")
        return Written([], int(figure.asked))
