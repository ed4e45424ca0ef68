"""Files that a user's own model reads and does not declare: neither they nor a change of them is kept with a run.

Python tells of every file that it opens itself; what a library opens by other means, such as HDF5, is not seen.
"""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mfsolve.experiments._user_arrays import GuestError
from mfsolve.experiments._user_home import Home
from mfsolve.experiments.experiment import Case
from mfsolve.paths import is_file

LOG = logging.getLogger(__name__)
CODE = frozenset({".py", ".pyc", ".pyi", ".so", ".pyd", ".dll", ".dylib", ".nbi", ".nbc"})
SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/lib", "/lib64")
_THREAD = threading.local()
_NOTED: dict[tuple[str, Path], dict[str, None]] = {}
"""Files that were read and not declared, by digest and folder of the model."""
_SILENT = False


def noting(function: Callable[..., Any], *arguments: Any) -> tuple[Any, set[str]]:
    """The value of a call in this thread, and the paths of the files that it opened to read."""
    _listen()
    before, _THREAD.seen = getattr(_THREAD, "seen", None), set[str]()
    try:
        return function(*arguments), _THREAD.seen
    finally:
        if before is not None:
            before |= _THREAD.seen
        _THREAD.seen = before


@cache
def _listen() -> None:
    """Have Python tell of opened files, once a process: nothing can take that back."""
    sys.addaudithook(_opened)


def _opened(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or (seen := getattr(_THREAD, "seen", None)) is None:
        return
    path, mode, flags = arguments
    reads = "r" in mode or "+" in mode if isinstance(mode, str) else not (flags or 0) & os.O_WRONLY
    if reads and isinstance(path, str | bytes):
        seen.add(os.path.abspath(os.fsdecode(path)))


def note(home: Home, seen: set[str], arguments: tuple[Any, ...] = ()) -> None:
    """Warn of files that a model has read and does not declare, of each once; settings of its case declare theirs."""
    noted = _NOTED.setdefault((home.digest, home.folder), {})
    for name in sorted(seen - noted.keys()):
        if _undeclared(Path(name), home, arguments):
            noted[name] = None
            if not _SILENT:
                LOG.warning("%s", complaint(home, name))


def undeclared(home: Home) -> list[str]:
    """Files that a model has read so far in this process and does not declare."""
    return list(_NOTED.get((home.digest, home.folder), ()))


def complaint(home: Home, name: str) -> str:
    """A line on a file that a model reads and does not declare."""
    path, folder = Path(name), place_of(home.folder, home.module)
    if path.is_relative_to(folder):
        said, mend = path.relative_to(folder).as_posix(), f'name it in the Experiment: files=("{path.name}",)'
        mend = mend.replace(path.name, said)
    else:
        said, mend = name, "put it beside the model, and name it in the Experiment: files=(...)"
    return (
        f"{home.root.name} reads {said}, which it does not declare: a run neither keeps it nor notices a change; {mend}"
    )


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Warn of nothing for the time of the block: who asks for `undeclared` says it."""
    global _SILENT
    before, _SILENT = _SILENT, True
    try:
        yield
    finally:
        _SILENT = before


def place_of(folder: Path, module: str) -> Path:
    """The folder of a module's own file."""
    place = folder.joinpath(*module.split("."))
    return place if is_file(place / "__init__.py") and not is_file(place.with_suffix(".py")) else place.parent


def data_of(folder: Path, module: str, files: Any, where: str) -> Iterator[tuple[str, Path]]:
    """Declared data files: their path in the folder, and where they are.

    Raises
    ------
    GuestError
        For names that are no files beside the module or below.
    """
    if isinstance(files, str) or not all(isinstance(name, str) for name in files):
        raise GuestError(f"{where}: files: names of files are needed, such as ('prices.csv',)")
    here = place_of(folder, module)
    for name in files:
        part = Path(name)
        if part.is_absolute() or ".." in part.parts or not is_file(here / part):
            raise GuestError(f"{where}: files: {name!r} given; there is no such file beside it, in {here}")
        yield (here / part).relative_to(folder).as_posix(), here / part


def _undeclared(path: Path, home: Home, arguments: tuple[Any, ...]) -> bool:
    """True for a data file that is neither declared nor part of what is installed."""
    if path.suffix in CODE or "__pycache__" in path.parts or not is_file(path):
        return False
    real = path.resolve()
    own = {home.folder / name for name, _ in (*home.files, *home.data)}
    own |= {file for case in arguments if isinstance(case, Case) for file in _of_settings(case)}
    if any(real == file.resolve() for file in own):
        return False
    if path.is_relative_to(home.folder):
        return not _hidden(path.relative_to(home.folder))
    return not (_hidden(path) or any(real.is_relative_to(place) for place in _installed()))


def _hidden(path: Path) -> bool:
    """True for a file in a folder such as `.venv` or `.cache`."""
    return any(part.startswith(".") for part in path.parts[:-1])


def _of_settings(case: Case) -> list[Path]:
    held = (case.parameters, case.arm, case.population, case.record)
    return [Path(file) for settings in held for file in settings.data_files()]


@cache
def _installed() -> tuple[Path, ...]:
    """Folders of Python, of libraries, of this package and its compiled kernels, and of the system."""
    import mfsolve
    from mfsolve.kernels._jit import cache_folder

    own = [*map(Path, mfsolve.__path__), Path(mfsolve.__file__).parents[1] / "kernels", Path(cache_folder()).parent]
    return tuple(p.resolve() for p in (*map(Path, (sys.prefix, sys.base_prefix, sys.exec_prefix, *SYSTEM)), *own))
