"""Marks of kernels that a process compiles at the moment, so that another one does something else or waits for them.

A mark names its process. One whose process is gone, or on another machine, or that is too old, says nothing.
"""

import contextlib
import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

PATIENCE = 30.0
"""Seconds that a process waits for another one's kernel before it compiles its own."""
TICK = 0.02
"""Seconds between looks."""

_work: Iterator[Callable[[], object]] = iter(())


@contextlib.contextmanager
def meanwhile(work: Iterable[Callable[[], object]]) -> Iterator[None]:
    """Do a piece of this work after the other while this process waits within the block; an error ends the piece."""
    global _work
    before, _work = _work, iter(work)
    try:
        yield
    finally:
        _work = before


class Underway:
    """Compilation of the kernel whose code is listed in a file of the cache."""

    def __init__(self, index: str) -> None:
        self._mark = Path(f"{index}.underway")

    def begin(self) -> bool:
        """Mark it as compiled by this process; False where another process of this machine does.

        Where no mark can be written, others compile it, too.
        """
        said = f"{os.getpid()} {platform.node()}"
        try:
            with self._mark.open("x", encoding="utf-8") as file:
                file.write(said)
        except FileExistsError:
            if self.elsewhere():
                return False
            with contextlib.suppress(OSError):
                self._mark.write_text(said, encoding="utf-8")
        except OSError:
            pass
        return True

    def end(self) -> None:
        """Take the mark away."""
        with contextlib.suppress(OSError):
            self._mark.unlink()

    def elsewhere(self) -> bool:
        """True where another process of this machine compiles it."""
        try:
            age = time.time() - self._mark.stat().st_mtime
            process, _, machine = self._mark.read_text(encoding="utf-8").partition(" ")
        except (OSError, UnicodeError):
            return False
        other = process.isdecimal() and int(process) != os.getpid() and machine == platform.node()
        return other and age < PATIENCE and _lives(int(process))

    def wait(self) -> None:
        """Wait while another process of this machine compiles it, and do what work there is `meanwhile`."""
        begun = time.monotonic()
        while self.elsewhere() and time.monotonic() - begun < PATIENCE:
            with contextlib.suppress(Exception):  # who needs it will say what is wrong with it
                piece = next(_work, None)
                if piece is not None:
                    piece()
                    continue
            time.sleep(TICK)


def _lives(process: int) -> bool:
    """True for the number of a process that has not ended; on Windows for any, where asking would end it."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True
