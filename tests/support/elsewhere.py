"""Functions for a process beside this one, which has to find them by their names."""

import logging
import os
import signal
import sys
import warnings
from functools import partial
from importlib import import_module


def place(item):
    """Which process made the value for an item."""
    return item, os.getpid()


def there(item):
    """The same, but that it may raise, or end its process where that is not the one of the tests."""
    if item == "bad":
        raise ValueError(item)
    if item == "fatal":
        os.kill(os.getpid(), signal.SIGKILL)
    return place(item)


class Unreadable:
    """What can be packed, and not be unpacked."""

    def __reduce__(self):
        return int, ("no number",)


def unreadable(item):
    """A value that cannot be read by whoever asked for it."""
    return Unreadable() if item == "unreadable" else place(item)


def imported(name):
    """True where a module is there."""
    return name in sys.modules


def imports(name):
    """A call that imports a module, to be made next."""
    return [partial(import_module, name)]


def speaks():
    """Let come up what may come up in a process."""
    logging.getLogger("mfsolve.study").debug("a detail of %s", "it")
    logging.getLogger("mfsolve").warning("a word")
    warnings.warn("an assumption fails", RuntimeWarning, stacklevel=1)
    return 0
