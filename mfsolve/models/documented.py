"""Help on settings, put together when it is asked for: meaning, type, default, range, and unit of every field."""

import enum
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

COLUMNS = 6
"""Of the tables of symbols in MODEL.md: letter, name, kernel letter, unit, default, range."""


class Documentation:
    """The docstring of a class of settings: what its source says, then its fields as they are declared."""

    def __init__(self, own: str | None) -> None:
        self._own = own

    def __get__(self, instance: object, kind: type[BaseModel]) -> str:
        """The whole text."""
        from mfsolve.models.frozen import describe_range

        lines = [inspect.cleandoc(self._own or "Settings of an experiment.")]
        if kind.model_fields:
            lines += ["", "Parameters", "----------"]
        units = _units(inspect.getsourcefile(kind) or "")
        for name, field in kind.model_fields.items():
            extra = field.json_schema_extra
            unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
            unit = unit or units.get(name, "")
            said = [_type(field.annotation), describe_range(field)]
            said.append("required" if field.is_required() else f"default {_plain(field.get_default())}")
            lines.append(f"{name} : {', '.join(part for part in said if part)}")
            lines.append(f"    {field.description or 'not described'}" + (f" [{unit}]" if unit else ""))
        return "\n".join(lines)


def _type(annotation: Any) -> str:
    """A type as numpydoc has it: the values of an enumeration, or a name."""
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return "{" + ", ".join(repr(member.value) for member in annotation) + "}"
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _plain(default: Any) -> str:
    return repr(default.value) if isinstance(default, enum.Enum) else repr(default)


@cache
def _units(source: str) -> dict[str, str]:
    """Units by name, from the table of symbols that stands beside a source file; none where there is no table."""
    book = Path(source).parent / "MODEL.md"
    if not source or not book.is_file():
        return {}
    units = {}
    for line in book.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == COLUMNS and cells[3] not in ("", "-", "1", "unit", "---"):
            units |= dict.fromkeys(re.findall(r"`(?:\w+\.)?(\w+)`", cells[1]), cells[3])
    return units
