"""The page of one or several runs."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from mfsolve.report import footer, tables
from mfsolve.report.look import label
from mfsolve.report.numbers import estimated, interval
from mfsolve.report.page.text import escape, to_html
from mfsolve.study.file.settings import Figure
from mfsolve.study.storage.records import with_hash

CAPTIONS = {
    Figure.FOREST: "Claims: the claimed value, the range that supports it, and the estimates with intervals",
    Figure.PATHS: "Paths of the main quantities: means, and the spread of replicates",
    Figure.REGRESSION: "Slopes along the path: mean paths and fitted lines",
    Figure.CONTENT: "Content at several times, with human content",
    Figure.WELFARE: "A total and its components at the end, by alternative",
    Figure.TORNADO: "Sensitivities of the estimates to the settings",
    Figure.GRID: "Estimates over the grid of settings",
    Figure.CURVES: "Means over replicates along a dimension, with their intervals",
    Figure.MAPS: "Maps over two dimensions, at the end",
    Figure.OVERVIEW: "The first curves and the first map",
    Figure.TRADEOFF: "Alternatives compared in two quantities",
}
"""What each view shows."""
DEVELOPERS = re.compile(r"^## Section -> files\n(?:(?!^#).*\n?)*", re.MULTILINE)
"""The part of a system's equations that says where its code is."""


@dataclass(frozen=True)
class Run:
    """Everything that the page says of a run.

    Attributes
    ----------
    name, question, equations : str
        The study; the question it puts and what was found, as its file says; the equations it rests on, in markdown.
    summary, made_by : Mapping
        The stored report, and what is known of code, versions and machine.
    study : str
        The resolved study file.
    figures : sequence of Path
        PNG files.
    digests : Mapping
        SHA-256 of every stored data set by name; `digest` of all of them.
    folder : str
        The run directory, which tells runs of one title apart.
    """

    name: str
    question: str
    equations: str
    summary: Mapping[str, Any]
    made_by: Mapping[str, Any]
    study: str
    figures: Sequence[Path]
    digests: Mapping[str, str]
    digest: str
    folder: str = ""

    def data(self) -> dict[str, Any]:
        """The numbers that the page holds for programs such as `mfsolve diff`."""
        return with_hash(
            {
                "name": self.name,
                "summary": self.summary,
                "made_by": self.made_by,
                "digests": self.digests,
                "digest": self.digest,
            }
        )


def page(runs: Sequence[Run]) -> str:
    """One self-contained HTML document: no network, no script that runs; the numbers once more as JSON."""
    whole = runs[0].summary["title"] if len(runs) == 1 else f"{len(runs)} studies"
    titles, marks = _titles(runs), [run.name if len(runs) == 1 else f"{run.name}-{i}" for i, run in enumerate(runs, 1)]
    links = "".join(f'<li><a href="#{escape(m)}">{escape(t)}</a></li>' for m, t in zip(marks, titles))
    contents = f"<h1>{escape(whole)}</h1><nav><ul>{links}</ul></nav>" if len(runs) > 1 else ""
    articles = [_article(run, mark, title, 2 if contents else 1) for run, mark, title in zip(runs, marks, titles)]
    return _document(whole, contents + "".join(articles), [run.data() for run in runs])


def _titles(runs: Sequence[Run]) -> list[str]:
    """The title of each run, with its folder where another one has that title."""
    titles = [run.summary["title"] for run in runs]
    return [f"{title} ({run.folder})" if titles.count(title) > 1 else title for title, run in zip(titles, runs)]


def claims_page(results: tables.Rows, said: str) -> str:
    """The judged claims of `mfsolve verify` as a document of the same kind; `said` is what they come from."""
    documents: dict[str, list[Mapping[str, Any]]] = {}
    for row in results:
        documents.setdefault(row["paper"], []).append(row)
    parts = [f"<h1>Claims and verdicts</h1><p>{escape(said)}</p>"]
    for title, rows in documents.items():
        body = "".join(map(_claim, rows))
        head = "".join(f"<th>{name}</th>" for name in CLAIM)
        table = f'<div class="wide rows"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        parts.append(f"<h2>{escape(title)}</h2>{table}")
    return _document("Claims", "\n".join(parts), results)


CLAIM = ("claim", "statement", "reading", "at", "claimed", "estimate", "interval", "replicates", "verdict", "study")


def _claim(row: Mapping[str, Any]) -> str:
    how = row["estimate"], row["percent"], tables.signed(row)
    cells = (
        row["id"], row["statement"], row["reading"], label(row["at"]), tables.claimed(row), estimated(*how),
        interval(*how), tables.replicates(row), row["said"], row["study"],
    )  # fmt: skip
    return "<tr>" + "".join(map(_cell, CLAIM, cells, [row] * len(CLAIM))) + "</tr>"


def _cell(title: str, text: str, row: Mapping[str, Any]) -> str:
    return f'<td data-label="{escape(title)}"{_look(title, row)}>{escape(text.replace(" %", chr(160) + "%"))}</td>'


def _document(title: str, body: str, data: Any) -> str:
    """A whole document; `data` is what programs read of it."""
    style = resources.files("mfsolve.report.page").joinpath("style.css").read_text(encoding="utf-8")
    held = json.dumps(data, allow_nan=False).replace("<", "\\u003c")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title><style>{style}</style></head><body><main>\n'
        f'{body}\n<script type="application/json" id="runs">{held}</script></main></body></html>\n'
    )


def _article(run: Run, mark: str, title: str, level: int) -> str:
    """One run, found by its mark; its title is a heading of this level, and all others stand below it."""
    drawn = "".join(_figure(path, run.summary["title"]) for path in run.figures)
    equations = DEVELOPERS.sub("", run.equations)
    parts = [
        f'<article id="{escape(mark)}">{_heading(level, escape(title))}',
        to_html(run.question, level) if run.question else "",
        _heading(level + 1, "Results"),
        results(run.summary["rows"], run.summary["level"]),
        _heading(level + 1, "Figures") + drawn if drawn else "",
        _heading(level + 1, "Equations") + to_html(equations, level + 1) if equations else "",
        _reproduction(run, level + 1),
        "</article>",
    ]
    return "\n".join(filter(None, parts))


def _heading(level: int, text: str) -> str:
    return f"<h{level}>{text}</h{level}>"


def results(rows: tables.Rows, level: float) -> str:
    """The table of a study; on narrow screens each row is a card."""
    titles, lines = tables.grid(rows, level)
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "".join(
        "<tr>" + "".join(map(_cell, titles, line, [row] * len(line))) + "</tr>" for line, row in zip(lines, rows)
    )
    said = footer.note(rows, level)
    table = f'<div class="wide rows"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    return table + "".join(f"<p>{escape(line)}</p>" for line in said.splitlines())


def _look(title: str, row: Mapping[str, Any]) -> str:
    """Class of a cell that holds a verdict: its first word."""
    return f' class="{row["verdict"].split()[0]}"' if title == "verdict" and row["verdict"] else ""


def _figure(path: Path, title: str) -> str:
    """A figure with what it shows as its caption; a page of several says which it is."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    name, _, page = path.stem.partition("-")
    shown = escape(CAPTIONS[Figure(name)] + (f", page {page}" if page else ""))
    alternative = f"{escape(title)}: {shown[0].lower()}{shown[1:]}"
    return (
        f'<figure><img alt="{alternative}" src="data:image/png;base64,{data}"><figcaption>{shown}</figcaption></figure>'
    )


def _reproduction(run: Run, level: int) -> str:
    versions = run.made_by.get("versions", {})
    known = {
        **versions,
        "code": run.made_by.get("code"),
        "revision": run.made_by.get("git_revision"),
        "machine": run.made_by.get("host"),
        "made": run.made_by.get("created"),
        "all data": run.digest,
    }
    listed = "".join(
        f"<tr><th>{escape(name)}</th><td><code>{escape(value)}</code></td></tr>"
        for name, value in known.items()
        if value
    )
    sums = "\n".join(f"{value}  {name}" for name, value in run.digests.items())
    name = escape(run.name)
    return (
        f"{_heading(level, 'Reproduction')}<p>Save the study below as <code>study.toml</code>; with the same "
        "versions the data sets have the same SHA-256:</p>"
        f"<pre>mfsolve run study.toml --out {name}\nmfsolve report {name}</pre>"
        f'<div class="wide"><table>{listed}</table></div>{_heading(level + 1, "Study")}<pre>{escape(run.study)}</pre>'
        f"{_heading(level + 1, 'SHA-256 of the data sets')}<pre>{escape(sums)}</pre>"
    )
