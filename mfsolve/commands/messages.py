"""Messages for the person at the terminal: records of the logger `mfsolve`, which writes them to standard error."""

import logging
import sys
from collections import deque

LOG = logging.getLogger("mfsolve")
_SAID: deque[str] = deque(maxlen=1)


class OnStandardError(logging.Handler):
    """Lines on standard error as it is at the moment, above the progress bars that stand there."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print the message of a record, unless that has been done."""
        if getattr(record, "printed", False):
            return
        text = record.getMessage()
        tqdm = getattr(sys.modules.get("tqdm"), "tqdm", None)
        if tqdm is None or not sys.stderr.isatty():
            print(text, file=sys.stderr, flush=True)
            return
        with tqdm.external_write_mode(file=sys.stderr):
            print(text, file=sys.stderr, flush=True)


TERMINAL = OnStandardError(logging.INFO)
LOG.addHandler(TERMINAL)
LOG.setLevel(logging.INFO)
LOG.propagate = False  # it has its own way to standard error


def say(text: str) -> None:
    """A line for the person at the terminal; standard output stays free for results."""
    _note(logging.INFO, text)


def warn(text: str) -> None:
    """A line on something that went wrong, or that a result has to be read with; no option silences it."""
    _note(logging.WARNING, text)


def detail(text: str) -> None:
    """A line for the log, and for those who ask for more."""
    LOG.debug("%s", text)


def count(number: int, name: str) -> str:
    """A number of things, such as `1 point` or `2 points`."""
    return f"{number} {name}{'s' * (number != 1)}"


def _note(level: int, text: str) -> None:
    _SAID.append(text)
    LOG.log(level, "%s", text)


def last_said() -> str:
    """The last line that was said, empty before the first."""
    return _SAID[-1] if _SAID else ""


def quiet() -> bool:
    """True where only warnings are wanted."""
    return TERMINAL.level > logging.INFO
