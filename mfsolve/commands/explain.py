"""`mfsolve explain`: the equations of a system, from the MODEL.md that stands beside its code."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from pathlib import Path

from mfsolve.models.frozen import InputError
from mfsolve.paths import is_dir, is_file

BOOK = "MODEL.md"
HEADING = re.compile(r"(#{1,6}) +(?:(\d+(?:\.\d+)*) +)?(\S.*?) *#*")
CITED = re.compile(r"MODEL ((?:\d+(?:\.\d+)*(?:, | and )?)+)")
NUMBER = re.compile(r"\d+(?:\.\d+)*")
MATH = re.compile(r"(`[^`\n]*`)|\$([^$\n]+)\$")


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


def explain(name: str, section: str | None = None) -> int:
    """Print the equations of a system, of an experiment or of a section, or list what holds other words.

    Parameters
    ----------
    name : str
        A system (`"collapse"`, ..., `"inference"`), an experiment or the number of a section (`"3.2"`). Of an
        experiment the sections that it cites are printed. A model of your own is `"MODULE:NAME"`, or its file: of it
        `MODULE.md` or `MODEL.md` beside the file, or else its docstring and its symbols.
    section : str, optional
        Number or title of one section of that system, of the experiment's system.

    Raises
    ------
    InputError
        If there is no such name or section and no text holds the words; the message names the nearest that there is.
    """
    try:
        text = find(name, section)
    except UnknownNameError as error:
        from mfsolve.commands import keyword_search

        words = name if section is None else f"{name} {section}"
        if not error.sure and (found := keyword_search.search(words)):
            print(keyword_search.listed(found), end="")
            return 0
        near = None if error.sure else keyword_search.resembling(words)
        if near == " ".join(keyword_search.plain(words)):
            raise InputError(f"{words}: no text holds all of these words; fewer find more") from None
        raise InputError(f"{words}: found nowhere; did you mean {near}?" if near else str(error)) from None
    show(text)
    return 0


class UnknownNameError(InputError):
    """A name that is no system, experiment or section; `sure` where it is a misspelt one, or a path, and no word."""

    def __init__(self, message: str, *, sure: bool) -> None:
        super().__init__(message)
        self.sure = sure


def find(name: str, section: str | None = None, folder: Path | None = None) -> str:
    """The text that `explain` prints; arguments and errors are the same. A user's own model stands in the folder."""
    if ":" in name or name.endswith(".py") or name in _guests():
        text = _of_guest(name, Path() if folder is None else folder)
        return text if section is None else _one(name, sections(text), section)
    all_books = model_texts()
    if name not in all_books and name in experiments() and section is None and (text := cited(name)):
        return text
    if name in all_books or name in experiments():
        text = all_books.get(name if name in all_books else system_of(name), "")
        if not text:
            raise InputError(f"{name}: has no {BOOK}")
        return text if section is None else _one(name, sections(text), section)
    for text in all_books.values():
        for found in sections(text):
            if found.number == name:
                if section is not None:
                    raise InputError(f"{section}: {name} is itself a section: name one at a time")
                return found.text
    if re.fullmatch(r"\d+(\.\d+)*", name):
        numbers = [s.number for text in all_books.values() for s in sections(text) if s.number]
        raise InputError(f"{name}: no such section{_numbers_near(name, numbers)}")
    known = list(dict.fromkeys([*all_books, *experiments()]))
    from mfsolve.experiments import meant

    beside = meant(name, Path() if folder is None else folder) or _study(name)
    if beside:
        raise InputError(f"{name}: no such system, experiment or section{beside}")
    near = _nearest(name, known, 0.75)
    raise UnknownNameError(
        f"{name}: no such system, experiment or section{near}", sure="did you mean" in near or name.endswith("/")
    )


def _numbers_near(wanted: str, numbers: list[str]) -> str:
    """End of a message on a section that is none: the numbers of the part that it would be in."""
    parts = wanted.split(".")[:-1]
    while parts and ".".join(parts) not in numbers:
        parts.pop()
    inside = sorted((n for n in numbers if n.split(".")[:-1] == parts), key=lambda n: [*map(int, n.split("."))])
    return f"; {'.'.join(parts)} has {_listed(inside)}" if parts else f"; there are {_listed(inside)}"


def _listed(numbers: list[str]) -> str:
    return f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 2 else " and ".join(numbers) or "no sections"


def _study(name: str) -> str:
    """Words on a name that is that of a shipped study: which name is explained, and which command has its results."""
    from mfsolve.study.file.config import read_study
    from mfsolve.study.file.shipped import shipped_studies

    file = shipped_studies().get(name)
    if file is None:
        return ""
    model = read_study(file)["model"]
    return f"; it is a study of {model}: mfsolve explain {model}; findings: mfsolve list {name}"


def _guests() -> Collection[str]:
    from mfsolve.experiments import guests

    return guests()


def _of_guest(name: str, folder: Path) -> str:
    """The equations of a user's own model, by `MODULE:NAME`, its file, or the name that its distribution gives it."""
    from mfsolve.commands.check import find_experiment
    from mfsolve.commands.own_equations import own_equations

    experiment = find_experiment(name, folder)
    return own_equations(experiment, Path(name).parent if name.endswith(".py") else folder)


def _one(name: str, known: list[Section], wanted: str) -> str:
    for found in known:
        if wanted.lower() in (found.number, found.title.lower()):
            return found.text
    names = [s.number or s.title for s in known]
    raise InputError(f"{name}: no section {wanted}{_nearest(wanted, names)}")


def _nearest(name: str, known: list[str], cutoff: float = 0.5) -> str:
    near = get_close_matches(name, known, n=1, cutoff=cutoff)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(known)}"


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
    return list(dict.fromkeys(n for found in CITED.findall(words) for n in re.findall(r"\d+(?:\.\d+)*", found)))


WRITTEN = {
    "le": "<=", "ge": ">=", "cdot": "*", "times": "x", "to": "->", "leftarrow": "<-", "pm": "+-", "sim": "~",
    "approx": "~", "infty": "inf", "lvert": "|", "rvert": "|", "Vert": "||", "ldots": "...", "dots": "...",
    " ": " ", ",": " ", ";": " ", "!": "", "|": "||", "{": "{", "}": "}",
}  # fmt: skip
"""Commands of LaTeX as the blocks of equations write them; any other is written by its name."""


def legible(formula: str) -> str:
    """A formula of the prose as the blocks of equations write it: `s2_t = delta v_t` for `s^2_t = \\delta v_t`."""
    formula = re.sub(r"\\(?:text|mathrm)\{([^{}]*)\}", r"\1", formula)
    formula = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1)/(\2)", formula)
    formula = re.sub(r"\\(sqrt|bar|hat|overline)\{([^{}]*)\}", r"\1(\2)", formula)
    formula = re.sub(r"\\([A-Za-z]+|[,;!|{} ])", lambda match: WRITTEN.get(match[1], match[1]), formula)
    return re.sub(r"\b([A-Za-z])\^2_", r"\g<1>2_", formula)


def show(text: str) -> None:
    """Print Markdown: set for reading on a terminal, as it stands elsewhere."""
    if not sys.stdout.isatty():
        print(text, end="" if text.endswith("\n") else "\n")
        return
    from rich.console import Console
    from rich.markdown import Markdown

    # a formula must not be read as Markdown, whose emphasis is made of the same letters
    protected = MATH.sub(lambda match: match[1] or f"`{legible(match[2])}`", text)
    Console().print(Markdown(protected, hyperlinks=False))
