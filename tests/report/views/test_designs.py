"""Figures of designs: what is shown of how many is said, scales are those declared, bars stand beside one another."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from support import figures
from support.memory_run import MemoryRun

from mfsolve.experiments.experiment import Output
from mfsolve.report.sensitivity import Sensitivity
from mfsolve.report.views import scatter, tornado
from mfsolve.study.file.designs import DesignKind
from mfsolve.study.statistics.estimate_spec import EstimateSpec

PLACES = [{"p.cost": 0.01 * 3.0**k, "p.size": 5.0 + k % 3} for k in range(8)]
OVER = {"p.cost": {"range": [0.01, 100.0], "scale": "log"}, "p.size": [5.0, 8.0]}


def run_of(count):
    outputs = {"loss": Output(("time",), "loss of quality")}
    axes = {axis: [place[axis] for place in PLACES] for axis in OVER}
    run = MemoryRun({"one": outputs}, path="time", sizes={"time": np.arange(2.0)}, axes=axes)
    run.study.sweep.design = SimpleNamespace(axes=tuple(OVER), rows=PLACES, over=OVER, drawn=True)
    run.study.estimates = [EstimateSpec(name=f"loss {k}", quantity="loss", arm="one") for k in range(count)]
    return run


def estimate(value, low, high):
    return SimpleNamespace(value=value, low=low, high=high)


def rows_of(run, half):
    found = estimate(0.5, 0.5 - half, 0.5 + half)
    return [SimpleNamespace(name=spec.name, estimate=found) for spec in run.study.estimates for _ in PLACES]


@pytest.mark.parametrize(("count", "parts"), [(5, [5]), (13, [4, 4, 5])])
def test_all_estimates_are_on_some_page(count, parts):
    run = run_of(count)
    drawings = [page() for page in scatter.scattered(run, rows_of(run, 0.1))]
    assert [len(drawing.axes) // len(OVER) for drawing in drawings] == parts
    firsts = np.cumsum([1, *parts])
    said = [f"\nestimates {a} to {b - 1} of {count}" if len(parts) > 1 else "" for a, b in pairwise(firsts)]
    assert [drawing.get_suptitle() for drawing in drawings] == [f"a study{text}" for text in said]


def test_numbers_have_the_scale_on_which_they_are_drawn():
    run = run_of(2)
    (page,) = scatter.scattered(run, rows_of(run, 0.1))
    assert [axis.get_xscale() for axis in page().axes] == ["log", "linear"] * 2


@pytest.mark.parametrize(("half", "bars"), [(0.1, len(PLACES)), (np.nan, 0)])
def test_estimates_without_an_interval_have_no_bar(half, bars):
    run = run_of(1)
    (page,) = scatter.scattered(run, rows_of(run, half))
    segments = page().axes[0].containers[0].lines[2][0].get_segments()
    assert sum(len(s) > 0 and bool(np.isfinite(s).all()) for s in segments) == bars


@pytest.fixture
def twisted(monkeypatch):
    """Thirteen sensitivities of an estimate with a long name; one of its ends has no interval."""
    run = run_of(1)
    long_name = "collapse-law slope of the whole economy against the economy's own coefficient, over all generations"
    run.study.estimates = [EstimateSpec(name=long_name, quantity="loss", arm="one")]
    run.study.find = lambda arm, place: run.study.points[0]
    ends = (estimate(0.2, 0.1, 0.3), estimate(0.3, np.nan, np.nan))
    each = Sensitivity(long_name, "", DesignKind.ONE_AT_A_TIME, dict.fromkeys(OVER, ends), estimate(0.6, 0.5, 0.7))
    monkeypatch.setattr(tornado, "sensitivities", lambda run, rows: [each] * 13)
    return tornado.tornado(run, [])


def test_a_tornado_keeps_to_the_rules_and_says_what_it_leaves_out(twisted):
    assert figures.faults(twisted) == []
    assert twisted.get_suptitle() == "a study\nthe first 12 of 13 estimates"


def test_bars_of_one_setting_stand_beside_one_another(twisted):
    axis = twisted.axes[0]
    low, high = (
        [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in c] for c in axis.containers if hasattr(c, "patches")
    )
    assert all(b[1] <= a[0] for a, b in zip(low, high))


def test_what_has_no_interval_has_none_in_a_tornado(twisted):
    bars = [c for c in twisted.axes[0].containers if not hasattr(c, "patches")]
    segments = [bar.lines[2][0].get_segments() for bar in bars]
    assert [sum(len(s) > 0 and bool(np.isfinite(s).all()) for s in some) for some in segments] == [2, 0]
