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

from mfsolve.data.named_data import NamedData, read_once
from mfsolve.data.texts import TEXTS
from mfsolve.models.frozen import InputError

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
LEAST_WORDS = 2000


@dataclass(frozen=True, eq=False)
class Corpus(NamedData):
    """Words of a text, in lower case; two are equal where their words are.

    Attributes
    ----------
    name, path, sha256
        As of every `NamedData`; the hash is that of the words.
    words : ndarray (n,) int64
        Places of the words in `vocabulary`, read-only.
    vocabulary : tuple of str
        Distinct words in alphabetical order.
    """

    words: NDArray[np.int64]
    vocabulary: tuple[str, ...]

    shipped = TEXTS
    kind = "text"

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
            if str(given) in TEXTS:
                return _shipped(str(given))
            return read_once(Path(given), _read, f"a text file, or {', '.join(TEXTS)}")
        if not isinstance(given, Mapping):
            raise InputError(f"{given!r} given; the name of a text or a file is needed")
        return cls.described(given)

    def __repr__(self) -> str:
        return f"Corpus({self.name!r}, {self.words.size} words, sha256={self.sha256[:12]})"


def _corpus(name: str, path: Path | None, text: str) -> Corpus:
    spelled = WORD.findall(text.lower())
    if len(spelled) < LEAST_WORDS:
        raise InputError(f"{name}: {len(spelled)} words; at least {LEAST_WORDS} are needed")
    vocabulary, words = np.unique(spelled, return_inverse=True)
    words = words.astype(np.int64)
    words.flags.writeable = False
    digest = hashlib.sha256(" ".join(spelled).encode())
    return Corpus(name, path, digest.hexdigest(), words, tuple(map(str, vocabulary)))


@lru_cache(maxsize=8)
def _shipped(name: str) -> Corpus:
    reader: Callable[[], str] = TEXTS[name]
    return _corpus(name, None, reader())


def _read(given: Path, path: Path) -> Corpus:
    try:
        text = given.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{given}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{given}: no UTF-8 text") from None
    return _corpus(given.name, path, text)
