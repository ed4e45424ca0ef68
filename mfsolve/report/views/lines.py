"""Estimates along an axis of a grid: lines with their intervals, what is claimed of them, and their limits."""

from collections.abc import Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.report import words
from mfsolve.report.look import COLOURS, MARKERS, label, place_text, plain_ticks, value_text
from mfsolve.report.rows import Row, places_of
from mfsolve.report.value_scales import set_value_scale, values_of
from mfsolve.report.views.estimates import error_of
from mfsolve.report.views.panels import MOST_LINES, shared_out
from mfsolve.study.axes import are_names
from mfsolve.study.statistics.estimate_spec import EstimateSpec
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

APART = 0.012
"""Share of the axis by which lines stand beside one another, so that none covers the intervals of another."""
NEAR, CLAIMED = "differs by less than matters", "as claimed"
"""Names of what a claim allows, and of the part of it that is claimed without what is too small to matter."""
SIGNED = ("difference", "gain")
"""Statistics whose sign says something."""
LIGHT, DARK = 0.08, 0.1
"""Shades of both, the second on the first."""
ALONE = 9
"""Number of the colour, a grey, of the only line of a panel where colours mean arms."""


class Line(NamedTuple):
    """Estimates along that axis: their arm where there are several, the place on other axes, places and rows."""

    spec: EstimateSpec
    arm: str
    place: Mapping[str, Any]
    pairs: list[tuple[Any, Row]]

    @property
    def text(self) -> str:
        """Words that tell the line from others."""
        return ", ".join(filter(None, [self.arm, label(place_text(self.place))]))


class Part(NamedTuple):
    """Lines of a panel, without the places that all of them share, which its title names."""

    common: Mapping[str, Any]
    lines: list[Line]

    @property
    def arms(self) -> dict[str, str]:
        """Arms of the lines by their words; claims on the same estimate share its line."""
        return {line.text: line.pairs[0][1].arm for line in self.lines}

    @property
    def by_arm(self) -> bool:
        """True where each of several lines is another arm's."""
        arms = self.arms
        return len(set(arms.values())) == len(arms) > 1


def parts_of(run: RunDirectory, first: str, found: Sequence[tuple[EstimateSpec, Sequence[Row]]]) -> list[Part]:
    """Lines along an axis, one for each arm and each place of the other axes, in as many panels as they take."""
    lines: dict[tuple[str, str], Line] = {}
    along = run.study.sweep.together(first)
    for spec, rows in found:
        for place, row in zip(places_of(run, spec), rows):
            rest = {k: v for k, v in place.items() if k not in along}
            line = Line(spec, run.study.words(row.arm) if len(found) > 1 else "", rest, [])
            lines.setdefault((row.name, line.text), line).pairs.append((place.get(first), row))
    return [_told_apart(part) for part in _parted(list(lines.values()))]


def _parted(lines: list[Line]) -> list[list[Line]]:
    """Lines in panels of six at most; those of one place along as few of the other axes as it takes stay together."""
    axes = list(lines[0].place) if lines else []
    for count in range(len(axes) + 1):
        groups: dict[str, list[Line]] = {}
        for line in lines:
            groups.setdefault(repr([line.place.get(axis) for axis in axes[:count]]), []).append(line)
        largest = max(map(len, groups.values()), default=1)
        if largest <= MOST_LINES:
            together = shared_out(list(groups.values()), MOST_LINES // largest)
            return [[line for group in some for line in group] for some in together]
    return shared_out(lines)


def _told_apart(lines: Sequence[Line]) -> Part:
    """Places that all lines of a panel share, and the lines without them."""
    first = lines[0].place
    common = {axis: value for axis, value in first.items() if all(line.place.get(axis) == value for line in lines)}
    rest = [{axis: value for axis, value in line.place.items() if axis not in common} for line in lines]
    return Part(common, [line._replace(place=place) for line, place in zip(lines, rest)])


def looks_of(run: RunDirectory, parts: Sequence[Part]) -> list[dict[str, int]]:
    """Numbers of colour and marker of the lines of each panel, by their words: the same words look the same in all.

    Where each line is another arm's, it is the arm's number.
    """
    arms = list(run.study.arms)
    texts = list(dict.fromkeys(line.text for part in parts if not part.by_arm for line in part.lines if line.text))
    looks = []
    for part in parts:
        if part.by_arm:
            looks.append({text: arms.index(arm) for text, arm in part.arms.items()})
            continue
        mine = list(part.arms)
        among = texts if len(texts) <= len(COLOURS) else mine
        alone = ALONE if len(arms) > 1 else 0
        looks.append({text: among.index(text) if text else alone for text in mine})
    return looks


class Open(NamedTuple):
    """A range that claims allow, without an end below or above: places across, its ends there, colour and shade."""

    across: Floats
    low: Floats
    high: Floats
    look: Mapping[str, Any]


def apart(every: Sequence[Any]) -> bool:
    """True of values of an axis that no line joins: names, and two numbers, of which nobody knows what is between."""
    return are_names(every) or len(every) == 2


def axis_panel(run: RunDirectory, axis: "Axes", first: str, part: Part, looks: Mapping[str, int]) -> list[Open]:
    """Lines of a panel beside one another; what is claimed is black, in the colour of a line where claims differ.

    Returns the ranges without an end, which `fill_open` draws once the panel has its limits.
    """
    every = list(run.study.axes[first])
    named = apart(every)
    places = np.array(range(len(every)) if named else every, dtype=float)
    log = not named and all(v > 0 for v in every) and max(every) / min(every) > 30
    texts = list(part.arms)
    claims = {_key(line) for line in part.lines if any(row.claimed is not None for _, row in line.pairs)}
    dodge = any(np.any(np.nan_to_num(_ends(line))) for line in part.lines)
    beside_one = min(0.2, 0.8 / max(1, len(texts)))
    drawn, without_end = set(), list[Open]()
    for i, text in enumerate(texts):
        mine = [line for line in part.lines if line.text == text]
        shift = (i - 0.5 * (len(texts) - 1)) * (beside_one if named else APART if dodge else 0.0)
        at = {repr(value): float(place) for value, place in zip(every, places)}
        x, rows = _points(mine[0], every, at)
        look = COLOURS[looks[text] % len(COLOURS)], MARKERS[looks[text] % len(MARKERS)]
        beside = x + shift if named else _moved(x, shift, places, log)
        _estimates(axis, beside, rows, text or "estimate", (*look, "" if named else "-"))
        for line in mine:
            if (claim := _key(line)) not in drawn:
                drawn.add(claim)
                colour = look[0] if len(claims) > 1 else "black"
                without_end += _claims(axis, *_points(line, every, at), colour, named)
        _limits(run, axis, beside, rows, look[0], named)
    axis.set(xlabel=words.setting(run.study.experiment, first))
    if named:
        slanted: dict[str, Any] = {"rotation": 30, "ha": "right"} if are_names(every) else {}
        axis.set_xticks(np.arange(len(every)), [label(value_text(value)) for value in every], **slanted)
        axis.set_xlim(-0.5, len(every) - 0.5)
    elif log:
        axis.set_xscale("log")
    set_value_scale(axis)
    signed = part.lines[0].spec.statistic in SIGNED or values_of(axis).min(initial=0.0) < 0.0
    if (named or signed) and axis.get_yscale() == "linear" and axis.get_ylim()[0] < 0.0 < axis.get_ylim()[1]:
        axis.axhline(0.0, color="black", lw=0.8)
    plain_ticks(axis)
    return without_end


def fill_open(axis: "Axes", ranges: Sequence[Open]) -> None:
    """Fill ranges that claims allow, to the end of the panel where they have none."""
    (left, right), (low, high) = axis.get_xlim(), axis.get_ylim()
    for each in ranges:
        bottom, top = np.where(np.isneginf(each.low), low, each.low), np.where(np.isposinf(each.high), high, each.high)
        before, after = (left, right) if each.across[0] <= each.across[-1] else (right, left)
        across = np.concatenate([[before], each.across, [after]])
        axis.fill_between(across, np.pad(bottom, 1, mode="edge"), np.pad(top, 1, mode="edge"), lw=0, **each.look)
    axis.set(xlim=(left, right), ylim=(low, high))


def _moved(x: Floats, share: float, places: Floats, log: bool) -> Floats:
    """Places moved by a share of the axis, on the scale that it has."""
    if log:
        return np.asarray(x * (places.max() / places.min()) ** share)
    return np.asarray(x + share * (places.max() - places.min()))


def _points(line: Line, every: Sequence[Any], at: Mapping[str, float]) -> tuple[Floats, list[Row]]:
    """Places and rows of a line; an arm without this axis is the same all along it."""
    if line.pairs[0][0] is None:
        return np.array([at[repr(value)] for value in every]), [line.pairs[0][1]] * len(every)
    return np.array([at[repr(value)] for value, _ in line.pairs]), [row for _, row in line.pairs]


def _ends(line: Line) -> Floats:
    return np.array([error_of(row.estimate) for _, row in line.pairs]).T


def _key(line: Line) -> tuple[Any, ...]:
    """Key of the claims on a line, and of what they allow: lines of which the same is claimed have the same."""
    return tuple((repr(value), row.claimed, row.allowed) for value, row in line.pairs)


def _estimates(axis: "Axes", x: Floats, rows: Sequence[Row], text: str, look: tuple[str, str, str]) -> None:
    colour, marker, dash = look
    y = np.array([row.estimate.value for row in rows])
    error = np.array([error_of(row.estimate) for row in rows]).T
    axis.errorbar(x, y, error, fmt=marker + dash, color=colour, capsize=3, label=text)


def _claims(axis: "Axes", places: Floats, rows: Sequence[Row], colour: str, named: bool) -> list[Open]:
    """Draw the claims at some places, and what they allow there; returns ranges that have no end."""
    known = [k for k, row in enumerate(rows) if row.claimed is not None]
    if not known:
        return []
    claims = np.array([rows[k].claimed or 0.0 for k in known])
    across = places[known]
    if named:  # between names there is nothing that a line could lead to: a step for each
        across, claims = (across[:, None] + (-0.5, 0.5)).ravel(), np.repeat(claims, 2)
    alone: dict[str, Any] = {"marker": "_", "ms": 14} if len(across) == 1 else {}
    axis.plot(across, claims, "--", color=colour, **alone)
    without_end = []
    for text, shade, ranges in (
        (NEAR, LIGHT, [rows[k].allowed for k in known]),
        (CLAIMED, DARK, [rows[k].stated for k in known]),
    ):
        low, high = np.repeat(np.array([ends or (nan, nan) for ends in ranges]), 2 if named else 1, axis=0).T
        if not np.any(high > low):
            continue
        if np.isinf([low, high]).any():
            without_end.append(Open(across, low, high, {"color": colour, "alpha": shade}))
        else:
            axis.fill_between(across, low, high, color=colour, alpha=shade, lw=0)
        if text not in axis.get_legend_handles_labels()[1]:
            axis.fill_between([], [], [], color="black", alpha=shade + (LIGHT if text == CLAIMED else 0.0), label=text)
    for text in dict.fromkeys(_word(rows[k]) for k in known):
        _name(axis, text, ls="--")
    return without_end


def _word(row: Row) -> str:
    """Name of the dashed line of a claim: a bound by its side, or a figure by its source."""
    low, high = np.isfinite(row.allowed or (0.0, 0.0))
    if low != high:
        return "claimed at most" if high else "claimed at least"
    return "theory" if row.published is None else "given"


def _limits(run: RunDirectory, axis: "Axes", x: Floats, rows: Sequence[Row], colour: str, named: bool) -> None:
    if all(row.mean_field is not None for row in rows):
        exact = [row.mean_field or 0.0 for row in rows]
        look: dict[str, Any] = {"marker": "_", "ms": 14, "ls": ""} if named else {"ls": ":"}
        axis.plot(x, exact, color=colour, **look)
        _name(axis, rows[0].limit, **look)


def _name(axis: "Axes", text: str, **look: Any) -> None:
    """An entry of the legend for lines in whatever colour, once a panel."""
    if text not in axis.get_legend_handles_labels()[1]:
        axis.plot([], [], color="black", label=text, **look)
