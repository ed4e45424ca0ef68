"""A calibration as tables and figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mfsolve.report.look import COLOURS, fit_title, label, new_figure, save
from mfsolve.report.numbers import estimated, interval, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Summary = Mapping[str, Any]
Table = tuple[list[str], list[list[str]]]


def parameter_table(summary: Summary) -> Table:
    """Titles and cells of the estimates."""
    titles = ["parameter", "range", "study", "estimate", "standard error", f"{100 * summary['level']:g} % interval"]
    lines = []
    for p in summary["parameters"]:
        estimate = p["estimate"]
        reach = f"[{p['range'][0]:g}, {p['range'][1]:g}]" + (", log" if p["scale"] == "log" else "")
        error = number(estimate["standard_error"], digits=3)
        lines.append([p["name"], reach, number(p["start"]), estimated(estimate), error, interval(estimate)])
    return titles, lines


def moment_table(summary: Summary) -> Table:
    """Titles and cells of the moments: target, what the model gives, and whether the two agree."""
    within = f"{100 * summary['level']:g} % interval"
    titles = ["moment", "target", "simulated", within, "deviation / s.e.", "t", "J without it", "verdict"]
    lines = [
        [
            m["name"],
            number(m["target"], m["percent"], 4),
            estimated({**m, "value": m["simulated"]}, m["percent"]),
            interval({**m, "value": m["simulated"]}, m["percent"]),
            f"{m['deviation']:+.2f}",
            "–" if m["t"] is None else f"{m['t']:+.2f}",
            _without(m["j_without"]),
            verdict(m),
        ]
        for m in summary["moments"]
    ]
    return titles, lines


def _without(j: Mapping[str, Any]) -> str:
    return (
        "" if j["statistic"] is None else f"{number(j['statistic'], digits=3)} (p = {number(j['p_value'], digits=2)})"
    )


def verdict(moment: Mapping[str, Any]) -> str:
    """`hit` where the target lies within the interval of the simulated moment, else `missed`."""
    return ("hit" if moment["hit"] else "missed") + ("" if moment["fitted"] else " (not fitted)")


def remarks(summary: Summary) -> list[str]:
    """Lines below the tables: J, identification, how to read the columns, and warnings."""
    j, found = summary["j"], summary["identification"]
    lines = []
    if j["degrees_of_freedom"] > 0:
        lines.append(
            f"J = {number(j['statistic'], digits=4)} with {j['degrees_of_freedom']} degrees of freedom, "
            f"p = {number(j['p_value'], digits=3)}."
        )
    else:
        fitted = sum(m["fitted"] for m in summary["moments"])
        fewer = fitted < len(summary["parameters"])
        lines.append(f"No J test: {'more' if fewer else 'as many'} parameters {'than' if fewer else 'as'} moments.")
    lines.append(
        f"Jacobian: rank {found['rank']} of {len(summary['parameters'])}, "
        f"condition {number(found['condition'], digits=3)}. "
        f"{summary['search']['evaluations']} points with {summary['replicates']} replicates each."
    )
    lines.append(
        "Interval: where the target would lie if the model with these parameters were true. Deviation: target less "
        "simulated, in its standard errors; t: the same, in the standard errors after the fit. J without it: "
        "without fitting this moment, to first order."
    )
    return lines + [f"Note: {note}." for note in summary["notes"]]


def markdown(summary: Summary) -> str:
    """The tables as markdown."""
    parts = [f"# {summary['title']}: calibration"]
    for titles, lines in (parameter_table(summary), moment_table(summary)):
        rows = [titles, ["---"] * len(titles), *lines]
        parts.append("\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows))
    return "\n\n".join([*parts, *remarks(summary)]) + "\n"


def draw(summary: Summary, points: Mapping[str, NDArray[np.float64]], folder: Path) -> list[Path]:
    """Draw both figures; `points` holds a column for each parameter and one called distance. Returns the files."""
    return [*_moments(summary, folder / "moments"), *_profile(summary, points, folder / "profile")]


def _moments(summary: Summary, stem: Path) -> list[Path]:
    """Draw every target's deviation in standard errors, on a scale that shows both a hit and a gross miss."""
    rows: Sequence[Mapping[str, Any]] = summary["moments"]
    drawing, axes = new_figure(1, 1, 8.0, 1.4 + 0.34 * len(rows))
    axis: Axes = axes.flat[0]
    reach = 1.96
    for y, m in enumerate(rows):
        quantile = (m["high"] - m["low"]) / (2.0 * m["error"])
        reach = max(reach, quantile)
        axis.plot([0.0, m["deviation"]], [y, y], color=COLOURS[0 if m["hit"] else 1], lw=1.2)
        face = COLOURS[0 if m["hit"] else 1] if m["fitted"] else "white"
        axis.plot(m["deviation"], y, "o" if m["hit"] else "s", color=COLOURS[0 if m["hit"] else 1], mfc=face, ms=6)
    axis.axvspan(-reach, reach, color="black", alpha=0.1, lw=0)
    axis.axvline(0.0, color="black", lw=0.8)
    farthest = max(abs(m["deviation"]) for m in rows)
    if farthest > 8.0:
        axis.set_xscale("symlog", linthresh=4.0)
        ticks = [t for t in (2, 4, 10, 30, 100, 300, 1000, 10_000, 100_000) if t <= 1.2 * farthest]
        axis.set_xticks(
            [-t for t in ticks[::-1]] + [0, *ticks], [f"−{t}" for t in ticks[::-1]] + ["0", *map(str, ticks)]
        )
        axis.set_xticks([], minor=True)
    axis.set_yticks(range(len(rows)), [m["name"] for m in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xlabel("target less simulated moment, in standard errors")
    look: dict[str, Any] = {"ls": "", "ms": 6}
    axis.plot([], [], "o", color=COLOURS[0], label="hit", **look)
    axis.plot([], [], "s", color=COLOURS[1], label="missed", **look)
    if not all(m["fitted"] for m in rows):
        axis.plot([], [], "o", color="gray", mfc="white", label="not fitted", **look)
    axis.fill_between([], [], [], color="black", alpha=0.1, label=f"{100 * summary['level']:g} % interval")
    drawing.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    drawing.suptitle(f"{summary['title']}\n{_verdict_on_all(summary)}")
    fit_title(drawing)
    return save(drawing, stem)


def _verdict_on_all(summary: Summary) -> str:
    fitted = [m for m in summary["moments"] if m["fitted"]]
    hits, j = sum(m["hit"] for m in fitted), summary["j"]
    text = f"{hits} of {len(fitted)} targets hit separately"
    if j["p_value"] is None:
        return text
    freedom = j["degrees_of_freedom"]
    return f"{text}; together: J = {j['statistic']:.3g}, {freedom} degrees of freedom, p = {j['p_value']:.2g}"


def _profile(summary: Summary, points: Mapping[str, NDArray[np.float64]], stem: Path) -> list[Path]:
    """Draw the distance of every evaluated point over each parameter; the lower edge is the objective's profile."""
    rows: Sequence[Mapping[str, Any]] = summary["parameters"]
    columns = 2 if len(rows) == 4 else min(3, len(rows))
    lines = -(-len(rows) // columns)
    drawing, axes = new_figure(lines, columns, 4.2 * columns, 0.6 + 3.2 * lines, sharey=True)
    floor = max(1e-3, 0.1 * float(np.sort(points["distance"])[min(5, points["distance"].size - 1)]))
    distance = np.maximum(points["distance"], floor)
    for axis, p in zip(axes.flat, rows):
        axis.plot(points[p["name"]], distance, ".", color=COLOURS[5], ms=4, label="evaluated points")
        axis.plot(*_lower_edge(points[p["name"]], distance), "-", color=COLOURS[0], lw=1.2, label="lower edge")
        estimate = p["estimate"]
        axis.axvline(estimate["value"], color="black", lw=1.0, label="estimate, with interval")
        if estimate["low"] is not None:
            axis.axvspan(estimate["low"], estimate["high"], color="black", alpha=0.15, lw=0)
        axis.set(yscale="log", xlabel=label(p["name"]), xlim=p["range"])
        if p["scale"] == "log":
            axis.set_xscale("log")
            decades = np.arange(np.floor(np.log10(p["range"][0])), np.ceil(np.log10(p["range"][1])) + 1)
            ticks = np.outer(10.0**decades, (1, 2, 5) if decades.size < 4 else (1,)).ravel()
            ticks = ticks[(ticks >= p["range"][0]) & (ticks <= p["range"][1])]
            axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axis.set_xticks([], minor=True)
    for axis in list(axes.flat)[len(rows) :]:
        axis.set_visible(False)
    for line in axes:
        line[0].set_ylabel("distance to the targets (g' W g)")
    handles, texts = axes.flat[0].get_legend_handles_labels()
    drawing.legend(handles, texts, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    drawing.suptitle(f"{summary['title']}: distance to the targets by parameter")
    fit_title(drawing)
    return save(drawing, stem)


def _lower_edge(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least distance on the way up to, and down from, the best point: what no evaluated point lies below."""
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    best = int(np.argmin(y))
    left = np.minimum.accumulate(y[: best + 1])
    right = np.minimum.accumulate(y[best:][::-1])[::-1]
    keep = np.concatenate([y[: best + 1] == left, (y[best:] == right)[1:]])
    return x[keep], y[keep]
