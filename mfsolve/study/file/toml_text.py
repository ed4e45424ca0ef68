"""Study files as they are written: TOML, and single settings of the command line."""

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any

import tomli_w

from mfsolve.study.file.source import StudyError

ORDERED = ("grid", "design", "calibration")
"""Sections whose entries have an order, such as axes of a design. As a rule, TOML has values before tables."""
DEEPEST = 12
"""Tables and lists within one another; a study needs five."""


class WrittenFloat(float):
    """A number of a study file that remembers its digits: 0.30 says more than 0.3."""

    def __new__(cls, text: str) -> "WrittenFloat":
        """Parse a number of a study file."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file.

    Raises
    ------
    StudyError
        Where the file cannot be read or is not TOML.
    """
    try:
        return _parsed(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise StudyError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise StudyError(f"{path}: not a UTF-8 text file") from None
    except ValueError as error:
        raise StudyError(f"{path}: not valid TOML: {error}") from None


def _parsed(text: str) -> dict[str, Any]:
    """A TOML text; ValueError, one line, where it is none or goes beyond what any study needs."""
    try:
        found = tomllib.loads(text, parse_float=WrittenFloat)
    except RecursionError:
        raise ValueError(f"tables or lists within one another; allowed: at most {DEEPEST}") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:
        raise ValueError("a number of thousands of digits") from None
    inner: list[Any] = [found]
    for _ in range(DEEPEST):
        inner = [x for held in inner for x in (held.values() if isinstance(held, dict) else held)]
        inner = [x for x in inner if isinstance(x, dict | list)]
    if inner:
        raise ValueError(f"tables or lists within one another; allowed: at most {DEEPEST}")
    return found


def as_toml(study: Mapping[str, Any]) -> str:
    """The text of a study file, from which the same tables are read with their entries in the same order.

    Numbers that were read from a study file keep their digits: 0.30 is not written as 0.3, which says less.
    """
    study = {name: _in_their_digits(table) for name, table in study.items()}
    text = tomli_w.dumps({name: table for name, table in study.items() if name not in ORDERED})
    for name in ORDERED:
        if name in study:
            text += f"\n[{name}]\n" + "".join(_dotted(study[name]))
    return text


def _in_their_digits(value: Any) -> Any:
    """Tables and lists with numbers of a study file as decimals, whose text has the digits that were written."""
    if isinstance(value, Mapping):
        return {key: _in_their_digits(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_in_their_digits(inner) for inner in value]
    return Decimal(value.text) if isinstance(value, WrittenFloat) else value


def _dotted(table: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Entries of a table and of those within it, with dotted keys."""
    for key, value in table.items():
        name = path + tomli_w.dumps({key: 0}).removesuffix(" = 0\n")
        if not isinstance(value, Mapping):
            yield path + tomli_w.dumps({key: value})
        elif value:
            yield from _dotted(value, f"{name}.")
        else:
            yield f"{name} = {{}}\n"


def header(path: Path) -> str:
    """The comment that a study file opens with: the question it puts, and what was found; empty where there is none."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    return "\n".join(line.removeprefix("#").strip() for line in takewhile(lambda line: line.startswith("#"), lines))


def assign(raw: dict[str, Any], setting: str) -> None:
    """Apply one `KEY=VALUE` of the command line; VALUE is TOML, or else a plain word.

    Raises
    ------
    StudyError
        For a setting that is none, or whose key leads through something that is not a table.
    """
    key, equals, text = setting.partition("=")
    *sections, name = (part.strip() for part in key.split("."))
    if not equals or not all((*sections, name)) or len(sections) >= DEEPEST:
        raise StudyError(f"--set {setting}: KEY=VALUE is needed, such as parameters.imitation=0.5")
    try:
        value = _parsed(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    except ValueError as error:
        raise StudyError(f"--set {setting}: not valid TOML: {error}") from None
    table = raw
    for section in sections:
        table = table.setdefault(section, {})
        if not isinstance(table, dict):
            raise StudyError(f"--set {setting}: {section} is not a table")
    table[name] = value
