"""The command line's grammar: which commands there are, and what each takes."""

import argparse
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from functools import partial
from typing import Any, NoReturn

from mfsolve import __version__
from mfsolve.grammar import arguments, measurements, reference, studies

MEANT = {"--out": ("--page",), "--output": ("--out", "--page"), "--file": ("--page",), "--jobs": ("--workers",)}
"""Options of other commands and programs, and those of a command that may be meant by them."""


class _Version(argparse.Action):
    """Print the versions that decide a result; they are looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *unused: object) -> None:
        import platform
        from importlib.metadata import version

        versions = ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy"))
        print(f"mfsolve {__version__} ({versions}, python {platform.python_version()})")
        parser.exit()


class _Parser(argparse.ArgumentParser):
    """A parser that answers what it does not know with the usage of the command and the word that resembles it."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse all arguments; exit with 2 where one is unknown."""
        asked, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self._command(asked.command).unknown(unknown)
        return asked

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments; report an unknown option before a missing argument, as it may be a misspelling of that."""
        given = sys.argv[1:] if args is None else list(args)
        if self._subparsers is None:
            words = given[: given.index("--")] if "--" in given else given
            names = [word.partition("=")[0] for word in words if word.startswith("--")]
            if wrong := [n for n in names if not any(own.startswith(n) for own in self._option_string_actions)]:
                self.unknown(wrong)
        return super().parse_known_args(given, namespace)

    def unknown(self, words: Sequence[str]) -> NoReturn:
        """Refuse arguments that the command does not have."""
        given = words[0].partition("=")[0]
        meant = [own for own in MEANT.get(given, ()) if own in self._option_string_actions]
        near = meant or get_close_matches(given, self._option_string_actions, n=1, cutoff=0.7)
        self.error(f"unrecognized arguments: {' '.join(words)}{f'; did you mean {near[0]}?' if near else ''}")

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """Refuse an empty argument, as an unset variable of a shell leaves: no path, name or number is empty."""
        if "" in arg_strings:
            raise argparse.ArgumentError(action, "'' given: is empty")
        return super()._get_values(action, arg_strings)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            near = get_close_matches(str(value), list(map(str, action.choices)), n=1)
            if near:
                raise argparse.ArgumentError(action, f"{value!r} given: unknown; did you mean {near[0]}?")
        super()._check_value(action, value)

    def _command(self, name: str) -> "_Parser":
        (commands,) = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        found: _Parser = commands.choices[name]
        return found


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
