"""Data that a study names and keeps the hash of: what features and texts have in common (MODEL 1.7, 1.8)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from mfsolve.models.frozen import InputError

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class NamedData:
    """Data of a shipped name, of a file or of an array; two of a kind are equal where their content is.

    Attributes
    ----------
    name : str
        Name of the shipped data or of a file, without its folder.
    path : Path or None
        The file they were read from, absolute.
    sha256 : str
        Hash of the content.
    """

    name: str
    path: Path | None
    sha256: str

    shipped: ClassVar[Collection[str]]
    """Names of the data that come along."""
    kind: ClassVar[str]
    """What such data are called in messages."""

    @classmethod
    def of(cls, given: Any) -> Self:
        """Data in any form that a user may give them; each kind says which."""
        raise NotImplementedError

    @classmethod
    def described(cls, given: Mapping[str, Any]) -> Self:
        """Read data from a mapping with `data`, and optionally `folder` (of a relative path) and `sha256`.

        Raises
        ------
        InputError
            For other keys, a name that is no text, and content that does not match its `sha256`.
        """
        for key in given:
            if key not in ("data", "folder", "sha256"):
                raise InputError(f"{key}: unknown key; known: data, sha256")
        data, wanted = given.get("data"), given.get("sha256")
        if not isinstance(data, str):
            raise InputError(f"data: {data!r} given; the name of a {cls.kind} or a file is needed")
        found = cls.of(data if data in cls.shipped else Path(given.get("folder", "."), data))
        if wanted is not None and found.sha256 != wanted:
            raise InputError(f"{data} is not what it was: sha256 {found.sha256}, expected {wanted}")
        return found

    def description(self) -> dict[str, str]:
        """Name and hash of the data, which a study stores."""
        return {"data": self.name, "sha256": self.sha256}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, NamedData) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by name: a task stays small on its way to a worker, which reads the data again."""
        again = {"data": self.name if self.path is None else str(self.path), "sha256": self.sha256}
        return type(self).described, (again,)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.of,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: value.description(), when_used="json"
            ),
        )


def read_once(path: Path, read: Callable[[Path, Path], T], allowed: str) -> T:
    """Content of a file, which is read once for as long as it stays unchanged.

    Parameters
    ----------
    path
        The file as the user names it.
    read
        Called with the path as it is given, for messages, and as it is on the disk.
    allowed
        What would be right, in messages.

    Raises
    ------
    InputError
        Where there is no such file, or `read` refuses it.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; allowed: {allowed}") from None
    found: T = _read_state(read, path, path.resolve(), (state.st_mtime_ns, state.st_size))
    return found


@lru_cache(maxsize=24)
def _read_state(read: Callable[[Path, Path], Any], path: Path, place: Path, state: tuple[int, int]) -> Any:
    """Read a file; one that has been written again has another state."""
    return read(path, place)
