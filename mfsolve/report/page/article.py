"""The page of one or several runs."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from mfsolve.report import footer, tables
from mfsolve.report.numbers import estimated, interval
from mfsolve.report.page.text import escape, to_html
from mfsolve.study.software import with_hash


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

    def data(self) -> dict[str, Any]:
        """The numbers that the page holds for programs such as `mfsolve diff`."""
        return with_hash({
            "name": self.name, "summary": self.summary, "made_by": self.made_by, "digests": self.digests,
            "digest": self.digest,
        })  # fmt: skip


def page(runs: Sequence[Run]) -> str:
    """One self-contained HTML document: no network, no script that runs; the numbers once more as JSON."""
    title = runs[0].summary["title"] if len(runs) == 1 else f"{len(runs)} studies"
    links = "".join(f'<li><a href="#{escape(r.name)}">{escape(r.summary["title"])}</a></li>' for r in runs)
    contents = f"<h1>{escape(title)}</h1><nav><ul>{links}</ul></nav>" if len(runs) > 1 else ""
    return _document(title, contents + "".join(map(_article, runs)), [run.data() for run in runs])


def claims_page(results: tables.Rows, said: str) -> str:
    """The judged claims of `mfsolve verify` as a document of the same kind; `said` is what they come from."""
    documents: dict[str, list[Mapping[str, Any]]] = {}
    for row in results:
        documents.setdefault(row["paper"], []).append(row)
    parts = [f"<h1>Claims and what the numbers say of them</h1><p>{escape(said)}</p>"]
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
        row["id"], row["statement"], row["reading"], row["at"], tables.claimed(row), estimated(*how), interval(*how),
        tables.replicates(row), row["said"], row["study"],
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


def _article(run: Run) -> str:
    parts = [
        f'<article id="{escape(run.name)}"><h1>{escape(run.summary["title"])}</h1>',
        to_html(run.question) if run.question else "",
        "<h2>Results</h2>",
        results(run.summary["rows"], run.summary["level"]),
        "<h2>Figures</h2>" + "".join(map(_figure, run.figures)) if run.figures else "",
        "<h2>Equations</h2>" + to_html(run.equations) if run.equations else "",
        _reproduction(run),
        "</article>",
    ]
    return "\n".join(filter(None, parts))


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


def _figure(path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    name = escape(path.stem.replace("_", " "))
    return f'<figure><img alt="{name}" src="data:image/png;base64,{data}"><figcaption>{name}</figcaption></figure>'


def _reproduction(run: Run) -> str:
    versions = run.made_by.get("versions", {})
    known = {
        **versions, "code": run.made_by.get("code"), "revision": run.made_by.get("git_revision"),
        "machine": run.made_by.get("host"), "made": run.made_by.get("created"), "all data": run.digest,
    }  # fmt: skip
    listed = "".join(
        f"<tr><th>{escape(name)}</th><td><code>{escape(value)}</code></td></tr>"
        for name, value in known.items()
        if value
    )
    sums = "\n".join(f"{value}  {name}" for name, value in run.digests.items())
    name = escape(run.name)
    return (
        "<h2>Reproduction</h2><p>Save the study below as <code>study.toml</code>; with the same versions the data sets "
        f"have the same SHA-256:</p><pre>mfsolve run study.toml --out {name}\nmfsolve report {name}</pre>"
        f'<div class="wide"><table>{listed}</table></div><h3>Study</h3><pre>{escape(run.study)}</pre>'
        f"<h3>SHA-256 of the data sets</h3><pre>{escape(sums)}</pre>"
    )
