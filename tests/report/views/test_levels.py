"""What figures show beside curves: levels, dots, remarks, a view, bands where replicates differ; panels that are shared."""

from types import SimpleNamespace

import numpy as np
import pytest
from support.memory_run import MemoryRun

from mfsolve.experiments.experiment import Output, Views
from mfsolve.report.views import curves, grid, paths
from mfsolve.study.statistics.estimate_spec import EstimateSpec

X = np.linspace(0.0, 1.0, 5)
RATIO = Output(
    ("time", "loading"),
    "ratio",
    dots=(0.25, 1.0),
    levels=((1.0, "as planned"), (0.5, "half")),
    view=(0.0, 3.0),
    remark="rises",
)


SIZES = {"time": np.arange(4.0), "loading": X}


def run_of(outputs, *, solved=True, axes=None):
    """A run of arms whose outputs are solved, or drawn."""
    views = Views(paths=("price", "cap", "volume"))
    kinds = ({}, outputs) if solved else (outputs, {})
    return MemoryRun(*kinds, path="time", sizes=SIZES, axes=axes, views=views)


def test_levels_stand_beside_the_panel_once_and_the_view_is_kept():
    axis = curves.curves(run_of({"one": {"ratio": RATIO}, "two": {"ratio": RATIO}}), [])[0]().axes[0]
    flat = [line for line in axis.lines if len(line.get_ydata()) == 2]
    assert [line.get_ydata()[0] for line in flat] == [1.0, 0.5]
    assert [text.get_text() for text in axis.texts] == ["as planned", "half", "cut off below"]
    assert axis.get_ylim() == (0.0, 3.0)


def test_nothing_is_cut_off_where_all_is_in_sight():
    run = run_of({"one": {"ratio": RATIO}})
    run.data["one", "ratio"] = np.full_like(run.data["one", "ratio"], 1.5)
    (axis,) = curves.curves(run, [])[0]().axes
    assert [text.get_text() for text in axis.texts] == ["as planned", "half"]


def test_dots_stand_where_there_is_something_and_remarks_in_the_legend():
    other = Output(("time", "loading"), "ratio")
    axis = curves.curves(run_of({"one": {"ratio": RATIO}, "two": {"ratio": other}}), [])[0]().axes[0]
    first, second = axis.lines[:2]
    assert list(first.get_markevery()) == [1, 4]
    assert second.get_marker() == "None"
    assert [first.get_label(), second.get_label()] == ["one: rises", "two"]


def test_bands_only_where_replicates_differ():
    ratio = Output(("time", "loading"), "ratio")
    for solved, bands, said in ((True, 0, "a study"), (False, 2, "a study\nmean of 7 replicates; 95 % confidence")):
        drawing = curves.curves(run_of({"one": {"ratio": ratio}, "two": {"ratio": ratio}}, solved=solved), [])[0]()
        assert len(drawing.axes[0].collections) == bands
        assert drawing.get_suptitle().startswith(said)
        assert ("mean" in drawing.get_suptitle()) == (bands > 0)


def test_a_curve_ends_where_its_values_do():
    run = run_of({"one": {"ratio": RATIO}})
    run.data["one", "ratio"][..., -1] = np.nan
    drawing = curves.curves(run, [])[0]()
    assert np.isnan(drawing.axes[0].lines[0].get_ydata()[-1])
    assert drawing.axes[0].get_ylim() == (0.0, 3.0)


def test_paths_share_the_panel_they_name_and_the_second_goes_with_the_first():
    price = Output(("time",), "unit price", panel="price", levels=((0.2, "trap"),))
    cap, volume = Output(("time",), "its cap", panel="price"), Output(("time",), "volume traded")
    everything = {"price": price, "cap": cap, "volume": volume}
    drawing = paths.paths(run_of({"one": everything, "two": {"price": price, "volume": volume}}, solved=False), [])
    shared, alone = (axis for axis in drawing.axes if axis.get_visible())
    assert (shared.get_ylabel(), alone.get_ylabel()) == ("price", "volume traded")
    labels = [line.get_label() for line in shared.lines if not line.get_label().startswith("_")]
    assert labels == ["one", "two", "its cap"]
    one, _, its_cap = shared.lines[:3]
    assert one.get_color() == its_cap.get_color()
    assert [text.get_text() for text in shared.texts] == ["trap"]


def test_a_panel_may_depend_on_the_case():
    first, second = (Output(("time",), "price", panel=panel) for panel in ("under this", "under that"))
    drawing = paths.paths(run_of({"one": {"price": first}, "two": {"price": second}}, solved=False), [])
    assert [axis.get_ylabel() for axis in drawing.axes if axis.get_visible()] == ["under this", "under that"]


def row(name, arm, value):
    estimate = SimpleNamespace(value=value, low=value - 0.1, high=value + 0.1)
    return SimpleNamespace(
        name=name, arm=arm, estimate=estimate, claimed=0.95, allowed=None, stated=None, mean_field=None, published=None
    )


def test_the_same_of_several_arms_is_one_panel_of_a_grid():
    outputs = {"covered": Output(("time",), "share of creators covered"), "error": Output(("time",), "error")}
    run = run_of({"one": outputs, "two": outputs}, solved=False, axes={"population.creators": [30, 300]})
    run.study.estimates = [
        EstimateSpec(name="coverage, one", quantity="covered", policy="one"),
        EstimateSpec(name="coverage, two", quantity="covered", policy="two"),
        EstimateSpec(name="error, one", quantity="error", policy="one"),
        EstimateSpec(name="median error, one", statistic="quantile", probability=0.5, quantity="error", policy="one"),
    ]
    rows = [row(spec.name, spec.arm, 0.9) for spec in run.study.estimates for _ in range(2)]
    (page,) = grid.grid(run, rows)
    drawing = page()
    shown = [axis for axis in drawing.axes if axis.get_visible()]
    assert [axis.get_title() for axis in shown] == ["coverage", "error, one", "median error, one"]
    assert shown[0].get_legend_handles_labels()[1] == ["theory", "one", "two"]


@pytest.mark.parametrize(("statistic", "lines"), [("mean", 1), ("difference", 0)])
def test_levels_stand_in_a_grid_of_means_too(statistic, lines):
    loss = Output(("time",), "loss", levels=((1.0, "bound"),))
    run = run_of({arm: {"loss": loss} for arm in ("one", "two")}, solved=False, axes={"population.size": [10, 20, 30]})
    baseline = {} if statistic == "mean" else {"baseline": "two"}
    run.study.estimates = [EstimateSpec(name="loss", statistic=statistic, quantity="loss", policy="one", **baseline)]
    (page,) = grid.grid(run, [row("loss", "one", 0.5 + k) for k in range(3)])
    (axis,) = page().axes
    assert [text.get_text() for text in axis.texts] == ["bound"] * lines
    assert sum(list(line.get_ydata()) == [1.0, 1.0] for line in axis.lines) == lines
