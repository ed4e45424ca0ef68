"""Texts of equations: every MODEL.md beside its code, its sections, and which of them an experiment cites."""

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from mfsolve.paths import is_dir, is_file

BOOK = "MODEL.md"
HEADING = re.compile(r"(#{1,6}) +(?:(\d+(?:\.\d+)*) +)?(\S.*?) *#*")
CITED = re.compile(r"MODEL ((?:\d+(?:\.\d+)*(?:, | and )?)+)")
NUMBER = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True)
class Section:
    """A heading of a MODEL.md and the text below it.

    Attributes
    ----------
    number : str
        Such as `"3.2"`; empty for a heading without a number.
    title : str
    level : int
        1 for `#`, 2 for `##`, ...
    own : str
        Its text up to the next heading of any level.
    text : str
        Heading and text, with the sections below it.
    """

    number: str
    title: str
    level: int
    own: str
    text: str


def model_texts() -> dict[str, str]:
    """The texts of every MODEL.md, by the name of the folder that it stands in."""
    folders = [*systems().values(), Path(str(resources.files("mfsolve.inference")))]
    return {f.name: (f / BOOK).read_text(encoding="utf-8") for f in folders if is_file(f / BOOK)}


def systems() -> dict[str, Path]:
    """Folders of the systems by name."""
    models = Path(str(resources.files("mfsolve.models")))
    return {path.name: path for path in sorted(models.glob("[!_]*")) if is_dir(path)}


def sections(text: str) -> list[Section]:
    """The sections of a MODEL.md, in order; lines inside fenced blocks are no headings."""
    lines, heads, fenced = text.splitlines(), [], False
    for row, line in enumerate(lines):
        fenced ^= line.lstrip().startswith("```")
        match = HEADING.fullmatch(line)
        if match and not fenced:
            heads.append((row, len(match[1]), match[2] or "", match[3]))
    result = []
    for place, (row, level, number, title) in enumerate(heads):
        after = heads[place + 1 :]
        next_row = after[0][0] if after else len(lines)
        end = next((other for other, depth, _, _ in after if depth <= level), len(lines))
        own, whole = ("\n".join(lines[start:stop]).strip() for start, stop in ((row + 1, next_row), (row, end)))
        result.append(Section(number, title, level, own, whole + "\n"))
    return result


@cache
def experiments() -> dict[str, Path]:
    """Sources of the experiments by name."""
    folder = Path(str(resources.files("mfsolve.experiments")))
    return {path.stem: path for path in sorted(folder.glob("[!_]*.py")) if path.stem != "experiment"}


def system_of(experiment: str) -> str:
    """The system that an experiment puts its question to: the one it imports most from."""
    tree = ast.parse(experiments()[experiment].read_bytes())
    imported: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                root, *parts = f"{node.module}.{alias.name}".removeprefix("mfsolve.").split(".")
                if root == "models" and parts[0] in systems():
                    imported[parts[0]] += 1
    return max(imported, key=imported.__getitem__, default="")


def cited(experiment: str) -> str:
    """The sections that the first sentence of an experiment cites, in its order; empty if it cites none."""
    numbers = cited_numbers(experiment)
    known = {s.number: s.text for text in model_texts().values() for s in sections(text) if s.number}
    return "\n".join(known[n] for n in numbers if n in known)


def cited_numbers(experiment: str) -> list[str]:
    """Numbers of the sections that the first sentence of an experiment cites."""
    words = (ast.get_docstring(ast.parse(experiments()[experiment].read_bytes())) or "").split("\n\n")[0]
    return list(dict.fromkeys(n for found in CITED.findall(words) for n in NUMBER.findall(found)))
