"""Presence of files, on every version of Python: an error of the system is raised, not taken for absence.

`os.path.exists` answers False to any error, and from Python 3.14 on so does `pathlib`, whose `glob` passes over folders
that it cannot read. A file that cannot be looked at for a moment would then be computed anew, and texts in a folder
without permission would be left out in silence.
"""

import errno
import os
import stat
import sys
from fnmatch import fnmatchcase
from pathlib import Path

ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP, errno.ENAMETOOLONG})
ABSENT_ON_WINDOWS = frozenset({21, 123, 1921})  # no such drive, no such name, no end of a link


def exists(path: str | os.PathLike[str]) -> bool:
    """True where something stands at the path; a link without a target is nothing.

    Raises
    ------
    OSError
        Where that cannot be told: no permission, or an error of the disk.
    """
    return _mode(path) is not None


def is_file(path: str | os.PathLike[str]) -> bool:
    """True for a regular file, or a link to one; raises as `exists` does."""
    mode = _mode(path)
    return mode is not None and stat.S_ISREG(mode)


def is_dir(path: str | os.PathLike[str]) -> bool:
    """True for a folder, or a link to one; raises as `exists` does."""
    mode = _mode(path)
    return mode is not None and stat.S_ISDIR(mode)


def make_dir(path: Path) -> None:
    """Make a folder and those above it, where they are missing; raises OSError where that fails."""
    if not is_dir(path):
        path.mkdir(parents=True, exist_ok=True)


def below(folder: Path, pattern: str) -> list[Path]:
    """Files at any depth below a folder whose names match, in order; raises as `exists` does."""
    found = [
        Path(place, name)
        for place, _, names in os.walk(folder, onerror=_raise)
        for name in names
        if fnmatchcase(name, pattern)
    ]
    return sorted(found)


def entries(folder: Path, pattern: str) -> list[Path]:
    """Files and folders in a folder whose names match, in order; raises as `exists` does."""
    return sorted(folder / name for name in os.listdir(folder) if fnmatchcase(name, pattern))


def _raise(error: OSError) -> None:
    raise error


def _mode(path: str | os.PathLike[str]) -> int | None:
    """Mode of what stands at a path; None where nothing does, or nothing could by that name."""
    try:
        return os.stat(path).st_mode
    except OSError as error:
        if error.errno in ABSENT or getattr(error, "winerror", None) in ABSENT_ON_WINDOWS:
            return None
        raise
    except ValueError:  # a name with a zero byte, or in letters that the system has not
        return None


def hiding() -> str | None:
    """File of the working directory that was imported in place of a module of Python; `python -m` looks there first."""
    here = os.getcwd()
    for name in sorted(sys.modules.keys() & sys.stdlib_module_names):
        file = getattr(sys.modules[name], "__file__", None)
        if file and os.path.dirname(os.path.abspath(file)) == here:
            return str(os.path.basename(file))
    return None
