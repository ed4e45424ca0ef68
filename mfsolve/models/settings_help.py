"""Help on settings, put together from their declarations: meaning, type, default, range, and unit of every field."""

import enum
import inspect
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mfsolve.paths import is_file

COLUMNS = 6
"""Of the tables of symbols in MODEL.md: letter, name, kernel letter, unit, default, range."""


def documentation(kind: type[BaseModel], own: str | None, ranges: Callable[[Any], str]) -> str:
    """The docstring of a class of settings: what its source says, then its fields as they are declared."""
    lines = [inspect.cleandoc(own or "Settings of an experiment.")]
    if kind.model_fields:
        lines += ["", "Parameters", "----------"]
    for name, field in kind.model_fields.items():
        unit = unit_of(kind, name)
        said = [_type(field.annotation), ranges(field), "required" if field.is_required() else _default(field)]
        lines.append(f"{name} : {', '.join(part for part in said if part)}")
        lines.append(f"    {field.description or 'not described'}" + (f" [{unit}]" if unit else ""))
    return "\n".join(lines)


def unit_of(kind: type[BaseModel], name: str) -> str:
    """Unit of a field: the `unit` that it declares, else that of the table of symbols beside the source of its class.

    Empty for a pure number, and where none is known.
    """
    extra = kind.model_fields[name].json_schema_extra
    if isinstance(extra, dict) and "unit" in extra:
        return str(extra["unit"])
    return units_beside(kind).get(name, "")


def units_beside(kind: type[BaseModel]) -> dict[str, str]:
    """Units by name, from the tables of symbols that stand beside the sources of a class and of what it inherits."""
    modules = dict.fromkeys(base.__module__ for base in reversed(kind.__mro__))
    units: dict[str, str] = {}
    for module in modules:
        units |= _units(getattr(sys.modules.get(module), "__file__", None) or "")
    return units


def _type(annotation: Any) -> str:
    """A type as numpydoc has it: the values of an enumeration, or a name."""
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return "{" + ", ".join(repr(member.value) for member in annotation) + "}"
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _default(field: Any) -> str:
    """A default that is short as it is written, any other by its type."""
    if field.default_factory is not None:
        return "default made anew"
    value = field.default.value if isinstance(field.default, enum.Enum) else field.default
    plain = value is None or isinstance(value, bool | int | float | str | tuple)
    return f"default {repr(value) if plain and len(repr(value)) <= 60 else type(value).__name__}"


@cache
def _units(source: str) -> dict[str, str]:
    """Units by name, from the table of symbols that stands beside a source file; none where there is no table."""
    book = Path(source).parent / "MODEL.md"
    if not source or not is_file(book):
        return {}
    units: dict[str, str] = {}
    for line in book.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == COLUMNS and cells[3] not in ("", "-", "1", "unit", "---"):
            units |= dict.fromkeys(re.findall(r"`(?:\w+\.)?(\w+)`", cells[1]), cells[3])
    return units
