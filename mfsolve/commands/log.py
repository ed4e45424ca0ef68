"""`-q`, `-v` and `--log FILE`: how much a command says, and a file that keeps all of it, a line each."""

import contextlib
import logging
import os
import platform
import shlex
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version

import mfsolve
from mfsolve.commands import signals
from mfsolve.commands.messages import LOG, TERMINAL, warn
from mfsolve.commands.streams import OBEYED

VERSIONS = ("numba", "numpy", "scipy", "h5py", "dask")
BATCH = ("SLURM_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_JOB_NODELIST", "SLURM_CPUS_PER_TASK")
"""Variables of a batch job that a log names."""
ESCAPED = {**OBEYED, **{ord(c): c.encode("unicode_escape").decode("ascii") for c in "\b\t\n\r"}}
"""Characters that would end a line, or that a terminal would obey, as they stand in a log."""


class OneLine(logging.Formatter):
    """Records as `TIME HOST PROCESS LEVEL MESSAGE`, one line each, without control characters."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        host = socket.gethostname().replace("%", "%%")
        super().__init__(f"%(asctime)s {host} %(process)d %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        return super().format(record).translate(ESCAPED)


class _Kept(logging.FileHandler):
    """A log file that ends without a word more at the first failed write: no result is lost to it."""

    failed = False

    def handleError(self, record: logging.LogRecord) -> None:
        """Say once that the log has ended."""
        if not self.failed:
            self.failed = True
            LOG.removeHandler(self)
            error = sys.exc_info()[1]
            warn(f"--log {self.baseFilename}: {getattr(error, 'strerror', None) or error}; the log ends here")


@contextlib.contextmanager
def talking(command: Sequence[str], *, quiet: bool, verbose: bool, kept: logging.FileHandler | None) -> Iterator[None]:
    """Say as much as is asked for, and keep a log, for the time of the block."""
    before = TERMINAL.level, LOG.level
    TERMINAL.setLevel(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)
    LOG.setLevel(logging.DEBUG if verbose or kept else logging.INFO)
    begun = time.perf_counter()
    descriptors = {kept.stream.fileno()} if kept is not None and kept.stream is not None else set()
    try:
        if kept is not None:
            LOG.addHandler(kept)
            signals.LOGS.update(descriptors)
        _begin(command)
        yield
    finally:
        LOG.debug("ends after %.2f s", time.perf_counter() - begun)
        TERMINAL.setLevel(before[0])
        LOG.setLevel(before[1])
        if kept is not None:
            LOG.removeHandler(kept)
            signals.LOGS.difference_update(descriptors)
            with contextlib.suppress(OSError):
                kept.close()


def opened(file: str) -> logging.FileHandler:
    """A log at the end of a file.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    kept = _Kept(file, encoding="utf-8", errors="backslashreplace")
    kept.setFormatter(OneLine())
    return kept


def _begin(command: Sequence[str]) -> None:
    """Log the command, the place where it runs, and the versions that decide its numbers."""
    if not LOG.isEnabledFor(logging.DEBUG):
        return
    LOG.debug("mfsolve %s in %s", shlex.join(command), os.getcwd())
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    LOG.debug("mfsolve %s, python %s, %s", mfsolve.__version__, platform.python_version(), versions)
    job = ", ".join(f"{name} {os.environ[name]}" for name in BATCH if name in os.environ)
    LOG.debug("%s, %d cores%s", platform.platform(), os.cpu_count() or 1, f"; {job}" if job else "")
