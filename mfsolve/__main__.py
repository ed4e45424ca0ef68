"""Entry point of the command, and of `python -m mfsolve`."""

import atexit
import os
import sys

from mfsolve.commands.signals import exit_on_signals
from mfsolve.paths import hiding


def start() -> None:
    """Run the command line and end the process; from here to its end a stop is one line."""
    exit_on_signals()
    try:
        from mfsolve.cli import main

        code = main()
    except Exception:
        hidden = hiding()
        if hidden is None:
            raise
        print(f"{hidden}: has the name of a module of Python, which it hides: rename it", file=sys.stderr)
        code = 2
    leave(code)


def leave(code: int) -> None:
    """End the process with an exit code, but do not take half a gigabyte of imported libraries apart before."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    start()
