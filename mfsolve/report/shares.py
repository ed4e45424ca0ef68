"""Figure of shares by period, with bands that hold in all of them at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.report.look import COLOURS, new_figure, save

if TYPE_CHECKING:
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
        x, band[:, 0], band[:, 1], color=COLOURS[0], alpha=0.15, lw=0, label=f"{percent} band, all at once"
    )
    axis.vlines(x, ends[:, 0], ends[:, 1], color=COLOURS[0], label=f"{percent} interval of each")
    axis.plot(x, y, "o", color=COLOURS[0], label="share")
    if periods.growth is not None:
        start, rate = periods.growth.start, periods.growth.rate
        t = np.linspace(x.min(), x.max(), 200)
        axis.plot(t, 1.0 / (1.0 + (1.0 / start - 1.0) * np.exp(-rate * t)), "--", color="black",
                  label=f"logistic, rate {rate:.3g}")  # fmt: skip
    shown = range(0, len(labels), max(1, -(-len(labels) // 12)))
    names = [k if len(k) <= LONGEST else k[: LONGEST - 1] + "…" for k in labels]
    axis.set_xticks([x[k] for k in shown], [names[k] for k in shown], rotation=30, ha="right")
    axis.set(ylabel="share of synthetic items", ylim=(0.0, min(1.0, 1.1 * float(band.max()) + 0.02)))
    axis.legend(frameon=False, fontsize=8)
    return save(drawing, stem)
