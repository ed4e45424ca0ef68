"""The study file as the origin of every complaint, and its arms before they are validated."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from mfsolve.models.frozen import Frozen, InputError


class StudyError(InputError):
    """A study that cannot be run as written; the message is one line that names the file and the key."""


class CannotFitError(StudyError):
    """A study that needs more than there is: its file, the reason, and the keys of the settings that ask for it."""

    def __init__(self, source: str, reason: str, keys: Collection[str]) -> None:
        super().__init__(f"{source}: {reason}")
        self.reason, self.keys = reason, frozenset(keys)


@dataclass(frozen=True)
class Source:
    """The study file, which every complaint names first."""

    name: str

    def fail(self, message: str) -> NoReturn:
        """One line that opens with the file."""
        raise StudyError(f"{self.name}: {message}")

    def build(self, kind: type[Frozen], values: Any, section: str) -> Any:
        """Validated settings of a section; a complaint names section and key."""
        if not isinstance(values, Mapping):
            self.fail(f"{section}: a table is needed")
        if values and not kind.model_fields:
            self.fail(f"{section}.{next(iter(values))}: unknown key; {section} has no settings")
        try:
            return kind(**kind.located(values, Path(self.name).parent))
        except ValueError as error:
            whole = f"{kind.__name__}: "  # a complaint about the section, not about one key
            self.fail(
                f"{section}: {str(error)[len(whole) :]}" if str(error).startswith(whole) else f"{section}.{error}"
            )


@dataclass(frozen=True)
class RawArm:
    """An arm of a study file, not yet validated: the arm's own name, its settings, and its words on figures, if any."""

    rule: str
    settings: Mapping[str, Any]
    words: str = ""


def digest(value: Any) -> str:
    """SHA-256 of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()
