"""Standard output and error whose closed pipe or full disk never ends a command."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

OBEYED = {
    code: chr(code).encode("unicode_escape").decode("ascii")
    for code in (*range(32), *range(127, 160), 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
    if chr(code) not in "\b\t\n\r"
}  # fmt: skip
"""Characters that a terminal would obey rather than show, such as the escape of a user's file, as they are printed."""


class Patient:
    """A text stream that falls silent at the first failed write, and keeps the failure in `error`.

    Control characters are written as escapes.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def write(self, text: str) -> int:
        """Write, unless a write has failed before."""
        if self.error is None:
            try:
                self._stream.write(text.translate(OBEYED))
            except (OSError, ValueError) as error:
                self._fail(error)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts, as `write` does."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush, unless a write has failed before."""
        if self.error is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._fail(error)

    def reconfigure(self, **options: Any) -> None:
        """Change how the stream encodes, as far as it can."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._stream.reconfigure(**options)  # type: ignore[attr-defined]

    def _fail(self, error: Exception) -> None:
        self.error = error if isinstance(error, OSError) else OSError(str(error))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def patient() -> Iterator[Patient]:
    """Standard output and error as patient streams for the time of the block; yields standard output."""
    _occupy()
    before = sys.stdout, sys.stderr
    nobody = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    out, error = (Patient(stream or nobody) for stream in before)
    sys.stdout, sys.stderr = out, error
    try:
        yield out
    finally:
        for stream in (out, error):
            stream.flush()
        sys.stdout, sys.stderr = before
        nobody.close()
        for stream, number in ((out, 1), (error, 2)):
            if stream.error is not None:  # what is left in the buffer must not fail once more at the end
                with contextlib.suppress(OSError, ValueError):
                    if stream.fileno() == number:
                        os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _occupy() -> None:
    """Fill closed standard descriptors: the next file that is opened would be one, and get what is meant for them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
