"""The command line's grammar: which commands there are, and what each takes."""

import argparse
from functools import partial
from typing import Any

from mfsolve import __version__
from mfsolve.grammar import arguments, measurements, reference, studies


class _Version(argparse.Action):
    """Print the versions that decide a result; they are looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *unused: object) -> None:
        import platform
        from importlib.metadata import version

        versions = ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy"))
        print(f"mfsolve {__version__} ({versions}, python {platform.python_version()})")
        parser.exit()


class _Parser(argparse.ArgumentParser):
    """A parser that answers an unknown option with the usage of the command and the option that resembles it."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse all arguments; exit with 2 where one is unknown."""
        asked, unknown = self.parse_known_args(args, namespace)
        if unknown:
            from difflib import get_close_matches

            (commands,) = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
            own = commands.choices[asked.command]
            near = get_close_matches(unknown[0].partition("=")[0], own._option_string_actions, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            own.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return asked


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = _Parser(
        prog="mfsolve", description="Monte Carlo and mean-field solver for the economics of AI training data."
    )
    top.add_argument("--version", action=_Version, nargs=0, help="print versions and exit")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add = partial(_add, commands, arguments.talk())
    for room in (studies, reference, measurements):
        room.add(add)
    return top


def _add(
    commands: "argparse._SubParsersAction[Any]",
    common: argparse.ArgumentParser,
    name: str,
    text: str,
) -> argparse.ArgumentParser:
    """A command with the options that all have."""
    made: argparse.ArgumentParser = commands.add_parser(name, help=text, parents=[common])
    return made
