"""`mfsolve identify`: the directions in which a study's moments tell its free parameters apart, and what is free."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.calibration.identification import Identified, place
from mfsolve.calibration.identification import identify as identified_by
from mfsolve.calibration.problem import Problem
from mfsolve.commands.compilation_notices import noticed
from mfsolve.commands.messages import count, say
from mfsolve.commands.terminal import find_study
from mfsolve.paths import make_dir
from mfsolve.report import tables
from mfsolve.report.look import COLOURS, fit_title, new_figure, plain_ticks, save, set_labels
from mfsolve.study.file.config import load_study
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.files import write_text

LEAST = 0.01
"""Shift of the moments, in standard errors, below which the figure shows no difference."""
SHOWN = 4
"""Parameters that a direction is named by."""


def identify(
    study_file: str, *, out: str | None = None, workers: int, settings: Sequence[str] = (), as_json: bool = False
) -> int:
    """Differentiate the moments at the study's own values, store and print what they identify.

    Raises
    ------
    StudyError
        For a study without free parameters, or one that cannot be simulated there.
    """
    problem = Problem.of(load_study(find_study(study_file), settings, (Problem.of,)))
    folder = Path(out) if out else Path("results") / f"{problem.study.name}_identification"
    free = problem.calibration.free
    try:
        values = place(problem)
    except ValueError as error:
        raise StudyError(f"{problem.study.name}: {error}") from None
    say(
        f"{problem.study.title}: {2 * len(free) + 1} points of {problem.calibration.settings.replicates} replicates, "
        f"{count(workers, 'worker')}"
    )
    try:
        with noticed():
            found = identified_by(problem, workers, values)
    except (ValueError, ArithmeticError) as error:
        raise StudyError(f"{problem.study.name}: {error}") from None
    summary = summarise(problem, found)
    make_dir(folder)
    write_text(folder / "identification.json", tables.to_json(summary) + "\n")
    _draw(summary, folder)
    if as_json:
        print(tables.to_json(summary))
        return 0
    _print(summary)
    print(f"summary: {folder / 'identification.json'}   figure: {folder / 'identification.png'}")
    return 0


def summarise(problem: Problem, found: Identified) -> dict[str, Any]:
    """Everything found as plain data."""
    names = [item.name.removeprefix("parameters.") for item in problem.calibration.free]
    return {
        "title": problem.study.title,
        "replicates": problem.calibration.settings.replicates,
        "rank": {"estimate": found.rank, "least": found.least_rank, "most": found.most_rank, "of": len(names)},
        "directions": [
            {
                "singular_value": float(s),
                "low": float(a),
                "high": float(b),
                "direction": dict(zip(names, map(float, v))),
            }
            for s, a, b, v in zip(found.singular, found.low, found.high, found.directions)
        ],
        "parameters": [
            {"name": name, "value": float(value), "identified_share": float(s), "low": float(a), "high": float(b)}
            for name, value, s, a, b in zip(names, found.values, found.shares, found.shares_low, found.shares_high)
        ],
        "moments": [moment.name for moment in problem.calibration.moments],
        "jacobian": found.jacobian.tolist(),
    }


def _words(direction: dict[str, float]) -> str:
    """The largest components of a direction, by parameter."""
    largest = sorted(direction.items(), key=lambda item: -abs(item[1]))[:SHOWN]
    return ", ".join(f"{share:+.2f} {name}" for name, share in largest)


def _print(summary: dict[str, Any]) -> None:
    rank = summary["rank"]
    lines = [
        [f"{i}", f"{d['singular_value']:.2f}", f"[{d['low']:.2f}, {d['high']:.2f}]", _words(d["direction"])]
        for i, d in enumerate(summary["directions"], 1)
        if d["high"] > 0.0
    ]
    titles = ["direction", "shift of the moments (s.e.) over the range", "95 % interval", "largest components"]
    tables.print_table(f"{summary['title']}: identification", titles, lines, [None] * len(lines))
    lines = [
        [p["name"], f"{p['value']:.4g}", f"{p['identified_share']:.2f}", f"[{p['low']:.2f}, {p['high']:.2f}]"]
        for p in summary["parameters"]
    ]
    titles = ["parameter", "value", "share identified", "95 % interval"]
    tables.remark("Components of a direction: parameters in units of their ranges.")
    tables.print_table("parameters", titles, lines, [None] * len(lines))
    rest = rank["of"] - rank["estimate"]
    others = f"; the other {rest} {'is' if rest == 1 else 'are'} not identified" if rest else ""
    tables.remark(
        f"{rank['estimate']} [{rank['least']}, {rank['most']}] of {rank['of']} directions move the moments by more "
        f"than one standard error over their range{others}"
    )


def _draw(summary: dict[str, Any], folder: Path) -> None:
    """Singular values with intervals against 1, and the share of each parameter that is identified."""
    drawing, axes = new_figure(1, 2, 11.0, 5.0)
    left, right = axes.flat
    found = summary["directions"]
    x, value = np.arange(1, len(found) + 1), np.array([d["singular_value"] for d in found])
    low, high = (np.array([d[end] for d in found]) for end in ("low", "high"))
    below = f"; {LEAST:g} and less at the bottom" if low.min() < LEAST else ""
    value, low, high = (np.maximum(ends, LEAST) for ends in (value, low, high))
    left.errorbar(
        x, value, np.maximum([value - low, high - value], 0.0), fmt="o", color=COLOURS[0], capsize=3,
        label="95 % interval",
    )  # fmt: skip
    left.set_yscale("log")
    left.axhline(1.0, color="black", ls=":", lw=1.0, label="one standard error: below it, not identified")
    left.set_xlim(0.5, len(found) + 0.5)
    left.locator_params(axis="x", integer=True, min_n_ticks=1)  # directions are numbered
    set_labels(left, "direction", f"shift of the moments (s.e.) over the range{below}")
    left.set_ylim(bottom=0.7 * min(1.0, low.min()), top=1.5 * max(1.0, high.max()))
    plain_ticks(left)
    parameters = sorted(summary["parameters"], key=lambda p: p["identified_share"])
    y, share = np.arange(len(parameters)), np.array([p["identified_share"] for p in parameters])
    low, high = (np.array([p[end] for p in parameters]) for end in ("low", "high"))
    right.errorbar(
        share, y, xerr=np.maximum([share - low, high - share], 0), fmt="o", color=COLOURS[1], capsize=3,
        label="95 % interval",
    )  # fmt: skip
    right.set_yticks(y, [p["name"].replace("_", " ") for p in parameters], fontsize=8)
    right.set(xlabel="share of the parameter in the identified directions", xlim=(-0.02, 1.02))
    for axis in (left, right):
        axis.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.13))
    rank = summary["rank"]
    counted = f"{rank['estimate']} [{rank['least']}, {rank['most']}] of {rank['of']} directions identified"
    drawing.suptitle(f"{summary['title']}\n{counted}")
    fit_title(drawing)
    save(drawing, folder / "identification")
