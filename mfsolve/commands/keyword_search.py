"""A search for words in all that there is to read: sections of the equations, experiments, shipped studies."""

import ast
import re
import shlex
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from mfsolve.commands.model_texts import experiments, model_texts, sections
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.toml_text import header, read_toml

SHOWN = 20
"""Places that are listed."""
TITLE, BEGINNING, MOST = 10.0, 0.5, 5
"""Weights of a word in a title, and of one that only begins so; occurrences in a text that count."""
ASIDE = ("Sources", "Symbols", "Section ", "Code")
"""Titles of tables behind the sections, which count half."""


class Place(NamedTuple):
    """Something to read: the command that prints it, its title, and its text."""

    command: str
    title: str
    text: str


def search(words: str) -> list[Place]:
    """Places whose titles or texts hold all the words, or words that begin so, the best first.

    Case, accents and punctuation make no difference: `cramer rao` is in "Cramér-Rao".
    """
    asked = plain(words)
    scored = [(score, place) for place in places() if asked and (score := _score(asked, place)) > 0.0]
    return [place for _, place in sorted(scored, key=lambda pair: -pair[0])]


def listed(found: list[Place]) -> str:
    """Places with the commands that print them, a line each."""
    width = max(len(place.command) for place in found[:SHOWN])
    lines = [f"{place.command:<{width}}  {place.title}" for place in found[:SHOWN]]
    more = len(found) - SHOWN
    return "\n".join([*lines, *([f"and {more} more: another word narrows them down"] if more > 0 else [])]) + "\n"


def resembling(words: str) -> str | None:
    """The words with each that is nowhere replaced by the one that resembles it; None where there is none."""
    known = {word for place in places() for text in (place.title, place.text) for word in plain(text)}
    near = [[word] if word in known else get_close_matches(word, known, n=1, cutoff=0.7) for word in plain(words)]
    return " ".join(word for (word,) in near) if near and all(near) else None


def plain(text: str) -> list[str]:
    """Words of a text in small letters without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(c for c in decomposed if not unicodedata.combining(c)))


def places() -> Iterator[Place]:
    """Everything that is searched."""
    for name, text in model_texts().items():
        for section in sections(text):
            where = section.number or f"{name} {shlex.quote(section.title)}"
            number = f"{section.number} " if section.number else ""
            yield Place(f"mfsolve explain {where}", f"{number}{section.title} ({name})", section.own)
    for name, file in experiments().items():
        about = ast.get_docstring(ast.parse(file.read_bytes())) or ""
        yield Place(f"mfsolve explain {name}", f"experiment {name}: {_first(about)}", about)
    for name, file in shipped_studies().items():
        yield Place(f"mfsolve list {name}", f"study {name}: {_title(file, name)}", header(file))


def _title(file: Path, name: str) -> str:
    return re.sub(r" ?\(MODEL [^)]*\)", "", str(read_toml(file).get("title", name)))


def _first(text: str) -> str:
    """The first sentence of a docstring."""
    sentence = re.split(r"(?<=[^.])\.\s", " ".join(text.split()), maxsplit=1)[0]
    return re.sub(r" ?\(MODEL [^)]*\)", "", sentence).rstrip(".")


def _score(asked: list[str], place: Place) -> float:
    """Weight of a place; 0 where it lacks one of the words."""
    title, text = Counter(plain(place.title)), Counter(plain(place.text))
    total = 0.0
    for word in asked:
        weight = TITLE * min(1.0, _occurrences(word, title)) + min(MOST, _occurrences(word, text))
        if not weight:
            return 0.0
        total += weight
    return 0.5 * total if place.title.startswith(ASIDE) else total


def _occurrences(word: str, counted: Mapping[str, int]) -> float:
    begun = sum(count for other, count in counted.items() if other != word and other.startswith(word))
    return counted.get(word, 0) + BEGINNING * begun
