"""Child processes and files to clean up when this process ends, even where it ends abruptly."""

import contextlib
import os
import subprocess
from pathlib import Path

PROCESSES: "set[subprocess.Popen[bytes]]" = set()
"""Processes that work for this one, and may not listen any more."""
FILES: set[Path] = set()
"""Files that say what this process is doing."""


def clean_up() -> None:
    """End the processes and remove the files, without waiting for anything."""
    for process in list(PROCESSES):
        with contextlib.suppress(OSError):
            process.kill()
    for path in list(FILES):
        with contextlib.suppress(OSError):
            os.unlink(path)
