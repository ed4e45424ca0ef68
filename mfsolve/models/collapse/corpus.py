"""Human text: words of a shipped text or of a user's own file (MODEL 1.8)."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from mfsolve.data.texts import TEXTS
from mfsolve.models.frozen import InputError

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
LEAST_WORDS = 2000


@dataclass(frozen=True, eq=False)
class Corpus:
    """Words of a text, in lower case; two are equal where their words are.

    Attributes
    ----------
    name : str
        Name of a shipped text or of a file, without its folder.
    words : ndarray (n,) int64
        Places of the words in `vocabulary`, read-only.
    vocabulary : tuple of str
        Distinct words in alphabetical order.
    path : Path or None
        The file it was read from, absolute.
    sha256 : str
        Hash of the words.
    """

    name: str
    words: NDArray[np.int64]
    vocabulary: tuple[str, ...]
    path: Path | None
    sha256: str

    @classmethod
    def of(cls, given: Any) -> "Corpus":
        """Read a text in any form that a user may give it.

        Parameters
        ----------
        given
            The name of a shipped text (`pydoc_topics`); the path of a UTF-8 text file; or a mapping with `data` (such
            a name or path), and optionally `folder` (that a relative path starts from) and `sha256` (of its words).

        Raises
        ------
        ValueError
            Naming the file, for one that cannot be read or is too short, and for words that do not match `sha256`.
        """
        if isinstance(given, Corpus):
            return given
        if isinstance(given, str | Path):
            return _shipped(str(given)) if str(given) in TEXTS else _read(Path(given))
        if not isinstance(given, Mapping):
            raise InputError(f"{given!r} given; the name of a text or a file is needed")
        for key in given:
            if key not in ("data", "folder", "sha256"):
                raise InputError(f"{key}: unknown key; known: data, sha256")
        data, wanted = given.get("data"), given.get("sha256")
        if not isinstance(data, str):
            raise InputError(f"data: {data!r} given; the name of a text or a file is needed")
        found = cls.of(data if data in TEXTS else Path(given.get("folder", "."), data))
        if wanted is not None and found.sha256 != wanted:
            raise InputError(f"{data} is not what it was: sha256 {found.sha256}, expected {wanted}")
        return found

    def description(self) -> dict[str, str]:
        """Name and hash of the text, which a study stores."""
        return {"data": self.name, "sha256": self.sha256}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Corpus) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __repr__(self) -> str:
        return f"Corpus({self.name!r}, {self.words.size} words, sha256={self.sha256[:12]})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.name if self.path is None else str(self.path), self.sha256)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.of,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: value.description(), when_used="json"
            ),
        )


def _again(data: str, sha256: str) -> Corpus:
    return Corpus.of({"data": data, "sha256": sha256})


def _corpus(name: str, path: Path | None, text: str) -> Corpus:
    spelled = WORD.findall(text.lower())
    if len(spelled) < LEAST_WORDS:
        raise InputError(f"{name}: {len(spelled)} words; at least {LEAST_WORDS} are needed")
    vocabulary, words = np.unique(spelled, return_inverse=True)
    words = words.astype(np.int64)
    words.flags.writeable = False
    digest = hashlib.sha256(" ".join(spelled).encode())
    return Corpus(name, words, tuple(map(str, vocabulary)), path, digest.hexdigest())


@lru_cache(maxsize=8)
def _shipped(name: str) -> Corpus:
    reader: Callable[[], str] = TEXTS[name]
    return _corpus(name, None, reader())


def _read(path: Path) -> Corpus:
    try:
        state = path.stat()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; allowed: a text file, or {', '.join(TEXTS)}") from None
    return _read_state(path.resolve(), path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _read_state(path: Path, given: Path, modified: int, size: int) -> Corpus:
    try:
        text = given.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{given}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{given}: no UTF-8 text") from None
    return _corpus(given.name, path, text)
