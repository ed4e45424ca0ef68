"""Exit codes, lines on standard error, and study files by name: what every command shows or takes."""

import sys
from collections import deque
from pathlib import Path

from mfsolve.claims import shipped_studies
from mfsolve.study.config import StudyError, nearest

FAILED, BAD_INPUT, INTERRUPTED, TERMINATED = 1, 2, 130, 143


_SAID: deque[str] = deque(maxlen=1)


def say(text: str) -> None:
    """A line for the person at the terminal; standard output stays free for results."""
    _SAID.append(text)
    print(text, file=sys.stderr, flush=True)


def last_said() -> str:
    """The last line that was said, empty before the first."""
    return _SAID[-1] if _SAID else ""


def warn_of_compiling() -> None:
    """Say that the first run takes longer, if this is the first."""
    from mfsolve.kernels._jit import cache_folder

    if not any(cache_folder().iterdir()):
        say("first run of these kernels: compiling them takes up to half a minute, once")


def find_study(name: str) -> Path:
    """A study file by path, or a shipped one by name.

    Raises
    ------
    StudyError
        Where there is neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = shipped_studies()
    if name in shipped:
        return shipped[name]
    raise StudyError(f"{name}: no such study file{nearest(path.stem, list(shipped))}")
