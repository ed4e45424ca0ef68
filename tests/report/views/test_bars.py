"""Bars of a total and its parts, and the slopes that a regression is held against."""

import numpy as np
import pytest
from support.memory_run import MemoryRun

from mfsolve.experiments.experiment import Output, Views
from mfsolve.report.views import bars, regression


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_of_a_total_has_its_level_and_grid_lines_are_behind_the_bars(level):
    outputs = {name: Output(("time",), name) for name in ("welfare", "gain")}
    views = Views(bars=(("welfare", 1.0, "welfare"), ("gain", 1.0, "gain")))
    run = MemoryRun({"one": outputs}, path="time", sizes={"time": np.arange(3.0)}, views=views)
    run.study.ensemble.level = level
    (axis,) = bars.bars(run, []).axes
    assert f"total, {100 * level:g} % interval" in axis.get_legend_handles_labels()[1]
    assert axis.yaxis.get_zorder() < min(patch.get_zorder() for patch in axis.patches)


@pytest.mark.parametrize("total", [1.0, -1.0])
def test_a_marker_at_the_end_of_the_bars_is_whole(total):
    """The axis ended at the highest bar, and halved the marker and the interval there."""
    outputs = {name: Output((), name) for name in ("welfare", "gain", "rest")}
    views = Views(bars=(("welfare", 1.0, "welfare"), ("gain", 1.0, "gain"), ("rest", 1.0, "rest")))
    run = MemoryRun(dict.fromkeys(("one", "two"), outputs), path=None, sizes={}, views=views)
    for arm, share in (("one", 0.4), ("two", 1.0)):
        for name, part in (("welfare", share), ("gain", share), ("rest", 0.0)):
            run.data[arm, name] = np.full(7, part * total)
    run.data["one", "rest"][:] = 1e-6 * total
    (axis,) = bars.bars(run, []).axes
    low, high = axis.get_ylim()
    far, near = (-low, high) if total < 0.0 else (high, low)
    assert far > 1.03
    assert abs(near) < 0.06


@pytest.mark.parametrize(
    ("published", "predicted", "text"),
    [(None, 0.0904756123, "theory 0.090476"), (0.181, None, "given slope 0.181")],
)
def test_slopes_of_theory_are_told_from_those_of_papers_in_the_tables_digits(published, predicted, text):
    """Theory's slope was called "claimed slope 0.0904756", where the table says theory 0.090476."""
    row = {
        "published": published,
        "predicted": predicted,
        "statistic": "slope",
        "percent": False,
        "stated": None,
        "allowed": (0.08, 0.2),
        "claimed": predicted if published is None else published,
    }
    assert regression._claim(row) == text
