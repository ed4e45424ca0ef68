"""Entry point of the command, and of `python -m mfsolve`."""

import sys

from mfsolve.commands.signals import exit_on_signals


def start() -> int:
    """Run the command line; from here to the end of the process a stop is one line."""
    exit_on_signals()
    from mfsolve.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(start())
