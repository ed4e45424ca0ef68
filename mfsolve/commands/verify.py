"""`mfsolve verify`: run the studies behind the claims, judge all of them together, and print what the numbers say."""

import json
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from mfsolve.claims import Claim, claims
from mfsolve.commands.messages import say, warn
from mfsolve.commands.progress import Meter
from mfsolve.commands.reduced_study import as_reduced, reduced_study, seen_in_part
from mfsolve.commands.run import run_directory
from mfsolve.commands.signals import CHILDREN
from mfsolve.commands.terminal import refuse_no_folder
from mfsolve.inference.estimate import Estimate, Method
from mfsolve.inference.verdicts import Kind, Question, Verdict, judge
from mfsolve.paths import is_dir
from mfsolve.report import claims_table, tables
from mfsolve.report.look import label
from mfsolve.report.page import claims_page
from mfsolve.study.file.shipped import resembling, shipped_studies
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.files import write_text
from mfsolve.study.storage.records import read_record
from mfsolve.study.storage.timing import seconds_of

LEVEL = 0.95
KEPT = ("published", "predicted", "allowed", "stated", "estimate", "gap", "percent", "statistic", "calibrated",
        "deterministic", "p_values")  # fmt: skip
"""What a verdict keeps of the row of a study that it rests on."""


@dataclass(frozen=True)
class Options:
    """Options of a verification: its folder, workers, reduced studies or not, and the form of the output."""

    out: Path
    workers: int
    everything: bool = False
    quick: bool = False
    as_json: bool = False
    as_markdown: bool = False
    page: Path | None = None


@dataclass(frozen=True)
class Report:
    """The rows of a finished study, and the seconds spent in its simulations, None where not known of all."""

    rows: Sequence[Mapping[str, Any]]
    seconds: float | None

    @classmethod
    def read(cls, folder: Path) -> "Report":
        """The report of a run directory."""
        summary = read_record(folder / "summary.json", f"rewrite it with: mfsolve merge {folder}", hashed=True)
        return cls(summary["rows"], seconds_of(folder))


def chosen_claims(ids: Sequence[str], everything: bool = False) -> list[Claim]:
    """Claims by name; without names those that the documents make, or all.

    Raises
    ------
    StudyError
        For an unknown claim.
    """
    known = {claim.id: claim for claim in claims()}
    for identifier in ids:
        if identifier not in known:
            near = resembling(identifier, known, "mfsolve verify --all --list")
            raise StudyError(f"verify: {identifier!r} given: unknown claim{near}")
    if ids:
        return [known[identifier] for identifier in ids]
    return [claim for claim in known.values() if everything or claim.in_a_document]


def verify(ids: Sequence[str], options: Options) -> int:
    """Compute what is missing of the studies behind the claims, and print a verdict on each."""
    chosen = chosen_claims(ids, options.everything)
    refuse_no_folder(options.out)
    if options.page is not None and (is_dir(options.page) or not is_dir(options.page.parent)):
        raise StudyError(f"--page {options.page}: the name of a file in a folder that exists is needed")
    studies = list(dict.fromkeys(claim.study for claim in chosen))
    code = _run_studies(studies, options)
    if code:
        return code
    results = judged(chosen, {study: Report.read(_folder(study, options)) for study in studies})
    if options.quick:
        results = as_reduced(results, set().union(*(seen_in_part(shipped_studies()[study]) for study in studies)))
    size = "reduced studies" if options.quick else "studies at full size"
    if options.page is not None:
        said = f"Made {date.today().isoformat()} from {size}; all verdicts hold jointly at {100 * LEVEL:g} % (Holm)."
        write_text(options.page, claims_page(results, said))
    if options.as_json:
        print(json.dumps(results, indent=2, allow_nan=False))
    elif options.as_markdown:
        print(claims_table.markdown(results, LEVEL, date.today(), size), end="")
    else:
        if options.quick:
            say(
                "from reduced studies: small populations and few replicates can support a claim but never refute it; "
                "without --quick the full studies run"
            )
        tables.show_claims(results)
    return 0


def list_claims(ids: Sequence[str], options: Options) -> int:
    """Print the register: every claim with its kind, source and reading, and the study that measures it."""
    chosen = chosen_claims(ids, everything=True)
    if options.as_json:
        print(json.dumps([_described(claim) for claim in chosen], indent=2))
        return 0
    titles = ["claim", "kind", "statement", "source", "study"]
    lines = [[c.id, str(c.kind), c.statement, c.source or c.title, c.study] for c in chosen]
    tables.print_table("Claims", titles, lines, [None] * len(lines))
    return 0


def _described(claim: Claim) -> dict[str, Any]:
    return {
        "id": claim.id, "kind": str(claim.kind), "paper": claim.title, "place": claim.place,
        "statement": claim.statement, "source": claim.source, "reading": claim.reading, "study": claim.study,
        "row": claim.estimate,
    }  # fmt: skip


def _folder(study: str, options: Options) -> Path:
    return options.out / "quick" / study if options.quick else options.out / study


def _run_studies(studies: Sequence[str], options: Options) -> int:
    """Run what is missing, each study in a process of its own, several at a time; 0 or the first exit code."""
    waiting = []
    for study in studies:
        path = shipped_studies()[study]
        if options.quick:
            path = reduced_study(path, options.out / "quick" / "studies")
        if not run_directory(path, _folder(study, options)).finished():
            waiting.append((study, path))
    if not waiting:
        return 0
    at_once = max(1, min(options.workers, len(waiting)))
    each = max(1, options.workers // at_once)
    with Meter(len(waiting), 0, "study") as meter, ThreadPoolExecutor(at_once) as pool:
        running = {pool.submit(_run_study, path, _folder(study, options), each): study for study, path in waiting}
        for future in as_completed(running):
            done, study = future.result(), running[future]
            meter.advance(1, study)
            if done.returncode:
                pool.shutdown(wait=False, cancel_futures=True)
                last = done.stderr.strip().splitlines()[-1:] or ["no message"]
                warn(f"{study}: {last[0]}")
                return done.returncode
    return 0


def _run_study(path: Path, folder: Path, workers: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mfsolve", "run", str(path), "--out", str(folder), "--workers", str(workers)]
    command.append("--json")
    with subprocess.Popen(command, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        CHILDREN.add(process)
        out, error = process.communicate()
        CHILDREN.discard(process)
    return subprocess.CompletedProcess(command, process.returncode, out, error)


def judged(chosen: Sequence[Claim], reports: Mapping[str, Report]) -> list[dict[str, Any]]:
    """Every claim with the rows that measure it, all rows that are random judged as one family (MODEL 8)."""
    measured = [(c, row) for c in chosen for row in reports[c.study].rows if row["name"] == c.estimate]
    questions = [_question(claim, row) for claim, row in measured]
    answers = iter(judge([q for q in questions if q is not None], LEVEL))
    rows: dict[str, list[dict[str, Any]]] = {}
    for (claim, row), question in zip(measured, questions):
        word = None if question is None else str(next(answers).verdict)
        rows.setdefault(claim.id, []).append(
            {
                **_described(claim),
                "at": row["place"],
                "how": f"{row['statistic']} of {row['quantity']}",
                "replicates": row["estimate"]["replicates"],
                "seconds": reports[claim.study].seconds,
                **{key: row[key] for key in KEPT},
                "verdict": word,
                "said": tables.verdict({**row, "verdict": word}),
            }
        )
    return [{**row, "overall": overall(mine)} for mine in rows.values() for row in mine]


def overall(rows: Sequence[Mapping[str, Any]]) -> str:
    """One verdict on a claim that is measured at one or several places of a grid."""
    if len(rows) == 1:
        return str(rows[0]["said"])
    good = [row for row in rows if row["verdict"] in (Verdict.SUPPORTED, Verdict.REPRODUCED)]
    bad = [row for row in rows if row["verdict"] in (Verdict.CONTRADICTED, Verdict.MISSED)]
    if good and bad:
        return "holds only where " + "; ".join(label(row["at"]) for row in good)
    if bad:  # a statement on all places is false if it is false at one
        return str(bad[0]["verdict"])
    if len(good) == len(rows):
        return str(good[0]["verdict"])
    return str(Verdict.NOT_DETERMINED if rows[0]["kind"] == Kind.FIGURE else Verdict.CANNOT_TELL)


def _question(claim: Claim, row: Mapping[str, Any]) -> Question | None:
    """A stored row as a question of the family of all claims."""
    if row["stated"] is None:
        return None
    low, high = row["stated"]
    ends = (-math.inf if low is None else low, math.inf if high is None else high)
    stored = row.get("p_values")  # as the estimate's own tail gave them, which JSON does not keep
    known = None if stored is None else (_number(stored[0]), _number(stored[1]))
    return Question(
        _estimate(row["estimate"]), *ends, row["resolution"], claim.kind, "claims", known, row["deterministic"]
    )


def _number(stored: float | None) -> float:
    return math.nan if stored is None else stored


def _estimate(stored: Mapping[str, Any]) -> Estimate:
    """An estimate as it was before JSON, which knows neither NaN nor infinity."""
    low, high = stored["low"], stored["high"]
    if low is None and high is None:
        low = high = math.nan
    ends = {"low": -math.inf if low is None else low, "high": math.inf if high is None else high}
    absent = {
        "value": math.nan, "standard_error": math.nan, "degrees_of_freedom": math.inf, "prior_replicates": math.nan
    }  # fmt: skip
    known: dict[str, Any] = {name: absent.get(name) if value is None else value for name, value in stored.items()}
    known.pop("scale", None)  # of its text
    known |= {**ends, "method": Method(stored["method"])}
    return Estimate(**known)
