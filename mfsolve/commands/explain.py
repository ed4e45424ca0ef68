"""`mfsolve explain`: the equations of a system, from the MODEL.md that stands beside its code."""

import re
import sys
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

from mfsolve.commands import keyword_search
from mfsolve.commands.model_texts import BOOK, NUMBER, Section, cited, experiments, model_texts, sections, system_of
from mfsolve.commands.own_equations import own_equations
from mfsolve.models.frozen import InputError

MATH = re.compile(r"(`[^`\n]*`)|\$([^$\n]+)\$")


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
    if NUMBER.fullmatch(name):
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
