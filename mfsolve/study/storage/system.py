"""Differences between operating systems: bytes at a place, folders on disk, files in use, processes that are gone.

Windows has no reads and writes at a place, translates line ends of descriptors unless told not to, opens no folder,
replaces no file that somebody has open, and takes signal 0 for Ctrl-C.
"""

import contextlib
import errno
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mfsolve.paths import exists

if TYPE_CHECKING:
    from typing_extensions import Buffer

BINARY: int = getattr(os, "O_BINARY", 0)
"""Flag of `os.open` without which Windows changes line ends."""
WINDOWS = os.name == "nt"
FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
"""Errors that some free space mends; Windows knows no quota."""
NO_SUCH_CALL = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors by which a file system says that it does not know a call."""
PAUSES = (0.05, 0.3, 1.0)
"""Seconds between tries of what the system refuses for a moment only."""


def read_at(descriptor: int, count: int, offset: int) -> bytes:
    """Up to so many bytes from a place on; the position of the descriptor is nobody's where it is moved."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, count, offset)
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, count)


def write_at(descriptor: int, data: "Buffer", offset: int) -> int:
    """Write at a place; returns how many bytes were."""
    if hasattr(os, "pwrite"):
        return os.pwrite(descriptor, data, offset)
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.write(descriptor, data)


def replace(source: Path, target: Path, only_new: bool = False) -> None:
    """Give a file another's name, in place of what stands there; asked again where somebody has that open.

    Raises
    ------
    OSError
        Where it cannot be had, a second and a half later where that may pass.
    FileExistsError
        With `only_new`, where something stands there; two processes cannot both be first where there are hard links.
    """
    if only_new:
        try:
            os.link(source, target)
        except (FileExistsError, FileNotFoundError):
            raise
        except OSError:  # there are no hard links
            if exists(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        else:
            source.unlink()
            return
    for pause in PAUSES if WINDOWS else ():
        with contextlib.suppress(PermissionError):
            os.replace(source, target)
            return
        time.sleep(pause)
    os.replace(source, target)


def begun(process: int) -> int | None:
    """Start time of a process, in the system's own unit; None where there is no such process, 0 if unknown."""
    if exists(Path("/proc/self/stat")):
        try:
            said = Path(f"/proc/{process}/stat").read_bytes()
            return int(said.rpartition(b")")[2].split()[19])
        except (FileNotFoundError, ProcessLookupError):
            return None
    import psutil

    try:
        return int(1000.0 * psutil.Process(process).create_time())
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return None
    except psutil.Error:
        return 0
