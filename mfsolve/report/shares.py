"""Figures of shares by period and by group, with bands that hold in all of them at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.report.look import COLOURS, new_figure, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

    from mfsolve.models.provenance.groups import Groups
    from mfsolve.models.provenance.periods import Periods

LONGEST = 24
"""Characters of a period's name below the axis: a pool's file may have any."""


def draw(periods: "Periods", stem: Path) -> list[Path]:
    """Shares with their intervals, simultaneous band and logistic curve; returns PNG and PDF."""
    drawing, axes = new_figure(1, 1, 6.4, 4.2)
    axis: Any = axes.flat[0]
    labels, x = list(periods.answers), periods.times
    y = np.array([periods.answers[k].share for k in labels])
    ends = np.array([periods.answers[k].interval for k in labels])
    band = np.array([periods.bands[k] for k in labels])
    percent = f"{100 * periods.level:g} %"
    axis.fill_between(
        x, band[:, 0], band[:, 1], color=COLOURS[0], alpha=0.15, lw=0, label=f"{percent} band, simultaneous"
    )
    axis.vlines(x, ends[:, 0], ends[:, 1], color=COLOURS[0], label=f"{percent} pointwise interval")
    axis.plot(x, y, "o", color=COLOURS[0], clip_on=False, zorder=3, label="share")
    if periods.growth is not None:
        start, rate = periods.growth.start, periods.growth.rate
        t = np.linspace(x.min(), x.max(), 200)
        axis.plot(
            t,
            1.0 / (1.0 + (1.0 / start - 1.0) * np.exp(-rate * t)),
            "--",
            color="black",
            label=f"logistic, rate {rate:.3g}",
        )
    shown = range(0, len(labels), max(1, -(-len(labels) // 12)))
    names = _short(labels)
    axis.set_xticks([x[k] for k in shown], [names[k] for k in shown], rotation=30, ha="right")
    axis.set(ylabel="share of synthetic items", ylim=(0.0, min(1.0, 1.1 * float(band.max()) + 0.02)))
    _legend(drawing)
    return save(drawing, stem)


def draw_groups(groups: "Groups", stem: Path) -> list[Path]:
    """Shares with their intervals, and simultaneous bands, a line for each group; returns PNG and PDF."""
    labels = list(groups.answers)
    drawing, axes = new_figure(1, 1, 6.4, 1.6 + 0.26 * len(labels))
    axis: Any = axes.flat[0]
    y = np.arange(len(labels))
    ends = np.array([groups.answers[k].interval for k in labels])
    band = np.array([groups.bands[k] for k in labels])
    percent = f"{100 * groups.level:g} %"
    axis.hlines(y, band[:, 0], band[:, 1], color=COLOURS[0], alpha=0.25, lw=5, label=f"{percent} band, simultaneous")
    axis.hlines(y, ends[:, 0], ends[:, 1], color=COLOURS[0], label=f"{percent} pointwise interval")
    axis.plot(
        [groups.answers[k].share for k in labels], y, "o", color=COLOURS[0], clip_on=False, zorder=3, label="share"
    )
    axis.set_yticks(y, _short(labels))
    axis.set_ylim(len(labels) - 0.4, -0.6)
    most = min(1.0, 1.1 * float(band.max()) + 0.02)
    axis.set(xlabel="share of synthetic items", ylabel=groups.column, xlim=(0.0, most))
    _legend(drawing)
    return save(drawing, stem)


def _legend(drawing: "Drawing") -> None:
    """Legend above the axes: within them its samples would lie on shares, and read as some."""
    drawing.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=8)


def _short(labels: list[str]) -> list[str]:
    """Names cut in the middle where they are long; where that makes several alike, numbered by their place."""
    half = (LONGEST - 1) // 2
    cut = [k if len(k) <= LONGEST else f"{k[:half]}…{k[len(k) - (LONGEST - 1 - half) :]}" for k in labels]
    return [f"{k} ({place})" if cut.count(k) > 1 else k for place, k in enumerate(cut, start=1)]
