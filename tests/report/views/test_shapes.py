"""Figures by shape: what is drawn is the mean over replicates at the end of the path, where the output says."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from support.memory_run import MemoryRun

from mfsolve.experiments.experiment import Output, Views
from mfsolve.inference import intervals
from mfsolve.report import look
from mfsolve.report.views import curves, estimates, grid, maps, overview, panels, tradeoff

X, Y = np.linspace(0.0, 1.0, 5), np.geomspace(0.1, 10.0, 4)
OUTPUTS = {
    "before": Output(("step", "skill"), "before", panel="density"),
    "after": Output(("step", "skill"), "after", panel="density"),
    "lonely": Output(("step", "strength"), "alone", "nats"),
    "height": Output(("step", "strength", "skill"), "height of the map"),
    "edge": Output(("step", "skill"), "closed-form edge", over="height"),
    "class": Output(("step", "strength", "skill"), "which class", labels=("low", "high", "never")),
    "a": Output(("step",), "aim a"),
    "b": Output(("step",), "aim b"),
    "c": Output(("step",), "aim c"),
}


SIZES = {"step": np.arange(2.0), "skill": X, "strength": Y}


def run_of(arms, replicates=7, axes=None, outputs=OUTPUTS, baseline=""):
    views = Views(tradeoff=("a", "b", "c"), baseline=baseline)
    run = MemoryRun(
        dict.fromkeys(arms, outputs), path="step", sizes=SIZES, replicates=replicates, axes=axes, views=views
    )
    for arm in arms:
        if "class" in outputs:
            run.data[arm, "class"] = np.broadcast_to((X > 0.5).astype(float), (replicates, 2, Y.size, X.size))
    return run


def test_curves_share_the_panel_they_name():
    drawing = curves.curves(run_of(["one"]), [])[0]()
    density, alone = (axis for axis in drawing.axes if axis.get_visible())
    assert [line.get_label() for line in density.lines] == ["before", "after"]
    assert density.get_ylabel() == "density"
    assert alone.get_ylabel() == "alone [nats]"
    assert (density.get_xscale(), alone.get_xscale()) == ("linear", "log")


def test_curves_tell_arms_apart():
    drawing = curves.curves(run_of(["one", "two"]), [])[0]()
    assert [line.get_label() for line in drawing.axes[0].lines] == [
        "before, one",
        "before, two",
        "after, one",
        "after, two",
    ]
    assert [line.get_label() for line in drawing.axes[1].lines] == ["one", "two"]


def test_a_panel_that_is_one_number_in_every_arm_is_left_out():
    run = run_of(["one", "two"])
    everywhere = len(curves.curves(run, [])[0]().axes)
    for arm in ("one", "two"):
        run.data[arm, "lonely"] = np.zeros_like(run.data[arm, "lonely"])
    assert len(curves.curves(run, [])[0]().axes) == everywhere - 1
    run.data["two", "lonely"] = run.data["two", "lonely"] + 1.0
    assert len(curves.curves(run, [])[0]().axes) == everywhere


def test_maps_show_values_classes_and_what_lies_over_them():
    run = run_of(["one"])
    drawing = maps.maps(run, [])[0]()
    height, classes = drawing.axes[0], drawing.axes[1]
    np.testing.assert_allclose(
        height.collections[0].get_array(), estimates.mean_at_end(run, run.study.points[0], "height")
    )
    assert [line.get_label() for line in height.lines] == ["closed-form edge"]
    assert classes.get_legend_handles_labels()[1] == ["low", "high"]  # "never" does not occur


def test_a_map_that_is_the_same_all_over_the_grid_is_drawn_once():
    axes = {"population.size": [10, 20]}
    titles = [axis.get_title() for axis in maps.maps(run_of(["one"], axes=axes), [])[0]().axes if axis.get_title()]
    assert titles == ["height of the map", "which class"]  # of the only arm
    two = maps.maps(run_of(["one", "two"], axes=axes), [])[0]()
    assert len([axis for axis in two.axes if axis.get_title()]) == 4


def test_overview_has_curves_beside_a_map():
    drawing = overview.overview(run_of(["one"]), [])
    assert [axis.get_ylabel() for axis in drawing.axes[:3]] == ["density", "alone [nats]", "strength"]
    assert drawing.axes[2].get_title() == "height of the map"


def test_panels_of_one_quantity_have_one_range_in_the_overview():
    outputs = {name: Output(("step", "skill"), name, panel="welfare") for name in "abcdefgh"} | {
        "map": OUTPUTS["height"]
    }
    run = run_of(["one"], outputs=outputs)
    run.data["one", "h"] = run.data["one", "h"] + 100.0
    drawing = overview.overview(run, [])
    assert [axis.get_ylabel() for axis in drawing.axes[:2]] == ["welfare", "welfare"]
    assert drawing.axes[0].get_ylim() == drawing.axes[1].get_ylim()


def test_a_mark_of_several_curves_is_named_once_and_for_all(monkeypatch):
    for name, place in (("before", 0.25), ("after", 0.75)):
        marked = Output(("step", "skill"), name, panel="density", marks=((place, "pole"),))
        monkeypatch.setitem(OUTPUTS, name, marked)
    density = curves.curves(run_of(["one"]), [])[0]().axes[0]
    handles = dict(zip(*density.get_legend_handles_labels()[::-1]))
    assert list(handles) == ["before", "after", "pole"]
    assert (handles["pole"].get_color(), handles["pole"].get_linestyle()) == ("black", ":")
    upright = [line for line in density.lines if len(line.get_xdata()) == 2]
    assert [line.get_color() for line in upright] == [handles["before"].get_color(), handles["after"].get_color()]


def test_marks_stand_where_they_are_in_sight(monkeypatch):
    marked = Output(("step", "skill"), "after", panel="density", marks=((0.25, "pole"), (3.0, "far off")))
    monkeypatch.setitem(OUTPUTS, "after", marked)
    density = curves.curves(run_of(["one"]), [])[0]().axes[0]
    assert [list(line.get_xdata()) for line in density.lines if len(line.get_xdata()) == 2] == [[0.25, 0.25]]
    assert density.get_legend_handles_labels()[1] == ["before", "after", "pole"]


def test_a_mass_is_a_spike_and_an_empty_interval_is_shaded(monkeypatch):
    marked = Output(("step", "skill"), "after", panel="density", spike=(0.5, "a"), span=(0.5, 0.75, "nobody"))
    monkeypatch.setitem(OUTPUTS, "after", marked)
    run = run_of(["one"])
    density = curves.curves(run, [])[0]().axes[0]
    texts = density.get_legend_handles_labels()[1]
    assert texts == ["before", "after", f"mass {run.data['one', 'a'][:, -1].mean():.3g} at 0.5", "nobody"]
    assert [0.5, 0.5] in [list(line.get_xdata()) for line in density.lines]


def test_curves_of_one_arm_do_not_name_it():
    drawn = {"one": {name: OUTPUTS[name] for name in ("before", "after")}, "two": {}}
    run = MemoryRun(drawn, path="step", sizes=SIZES)
    assert [line.get_label() for line in curves.curves(run, [])[0]().axes[0].lines] == ["before", "after"]


def test_a_band_keeps_above_what_no_value_is_below(monkeypatch):
    positive = Output(("step", "skill"), "after", panel="density", lowest=0.0)
    monkeypatch.setitem(OUTPUTS, "after", positive)
    run = run_of(["one"])
    values = run.data["one", "after"][:, -1]
    assert (values.mean(axis=0) - stats.sem(values, axis=0)).min() < 0.0
    before, after = curves.curves(run, [])[0]().axes[0].collections[:2]
    assert after.get_paths()[0].vertices[:, 1].min() == 0.0
    assert before.get_paths()[0].vertices[:, 1].min() < 0.0


def test_tradeoff_has_a_panel_for_each_pair():
    drawing = tradeoff.tradeoff(run_of(["one", "two"]), [])
    visible = [axis for axis in drawing.axes if axis.get_visible()]
    assert [(axis.get_xlabel(), axis.get_ylabel()) for axis in visible] == [
        ("aim a", "aim b"),
        ("aim a", "aim c"),
        ("aim b", "aim c"),
    ]


def test_tradeoff_against_a_baseline_is_paired_and_has_frontiers():
    more = OUTPUTS | {n + "_line": Output(("step", "skill"), "a frontier", over=n) for n in ("a", "b")}
    run = run_of(["free", "ruled"], outputs=more, baseline="free")
    drawing = tradeoff.tradeoff(run, [])
    first, second, _ = (axis for axis in drawing.axes if axis.get_visible())
    bar = next(c for c in first.containers)
    ends = [path.vertices[:, 0] for path in bar.lines[2][0].get_paths()]
    expected = intervals.difference(run.data["ruled", "a"][:, -1], run.data["free", "a"][:, -1], 0.95)
    assert sorted(ends[0]) == pytest.approx([expected.low, expected.high])
    frontier = [line for line in first.lines if len(line.get_xdata()) == X.size]
    assert frontier[0].get_xdata() == pytest.approx(
        run.data["ruled", "a_line"][:, -1].mean(axis=0) - run.data["free", "a"][:, -1].mean()
    )
    assert not [line for line in second.lines if len(line.get_xdata()) == X.size]  # c has none
    assert first.get_legend_handles_labels()[1] == ["along its skill", "free", "ruled"]
    assert "along its skill" not in second.get_legend_handles_labels()[1]
    assert first.get_xlabel() == "aim a, difference"
    assert "differences to free" in drawing.get_suptitle()


def test_an_aim_that_is_one_number_everywhere_has_no_panel_and_is_said():
    run = run_of(["one", "two"])
    for arm in ("one", "two"):
        run.data[arm, "a"] = np.zeros_like(run.data[arm, "a"])
    drawing = tradeoff.tradeoff(run, [])
    assert [(axis.get_xlabel(), axis.get_ylabel()) for axis in drawing.axes] == [("aim b", "aim c")]
    assert drawing.get_suptitle().endswith("; aim a: 0 in all")


def test_what_there_is_nothing_of_is_left_out():
    assert tradeoff.tradeoff(run_of(["one"]), []) is None
    run = run_of(["one"], outputs={"a": OUTPUTS["a"]})
    assert not curves.curves(run, [])
    assert not maps.maps(run, [])


def test_values_are_on_a_log_axis_where_places_are_and_lines_are_steep():
    from mfsolve.report.look import new_figure
    from mfsolve.report.value_scales import value_scale

    _, axes = new_figure(1, 1, 3.0, 3.0)
    axis = axes.flat[0]
    x = np.geomspace(1, 1000, 4)
    axis.plot(x, 1.0 / x)
    assert value_scale(axis) == "linear"
    axis.set_xscale("log")
    assert value_scale(axis) == "log"
    axis.errorbar(x, 1.0 / x, [1.0 / x, x], capsize=3)  # an interval from 0 is no line at 0
    assert value_scale(axis) == "log"
    axis.plot(x, np.zeros(4))  # a line that a log axis would not show
    assert value_scale(axis) == "symlog"
    axis.plot(x, -x)
    assert value_scale(axis) == "linear"
    _, axes = new_figure(1, 1, 3.0, 3.0)
    axes.flat[0].plot(np.arange(7.0), 10.0 ** -np.arange(7.0))
    assert value_scale(axes.flat[0]) == "log"  # half of the values are below a hundredth of the largest
    axes.flat[0].plot(np.arange(5.0), [0.0, 1.0, 1.0, 1.0, 1.0])
    assert value_scale(axes.flat[0]) == "linear"
    axes.flat[0].plot(np.arange(7.0), [1e-300] * 7)  # what is left of 0
    assert value_scale(axes.flat[0]) == "linear"
    axes.flat[0].plot(np.arange(5.0), [1e300] * 5)
    assert value_scale(axes.flat[0]) == "symlog"


def test_listed_outputs_are_not_drawn():
    listed = Output(("step", "strength", "skill"), "a table", listed=("a", "b"))
    run = run_of(["one"], outputs={"height": listed})
    assert not maps.maps(run, [])


def test_maps_of_one_quantity_have_one_scale_of_colours():
    _, axes = look.new_figure(1, 2, 8.0, 4.0)
    places = [{"p.a": a, "p.b": b} for a in (1.0, 2.0) for b in (1.0, 2.0)]
    experiment = run_of(["one"]).study.experiment
    study = SimpleNamespace(axes={"p.a": [1.0, 2.0], "p.b": [1.0, 2.0]}, places=lambda: places, experiment=experiment)
    for axis, most in zip(axes[0], (1.0, 5.0)):
        rows = [SimpleNamespace(estimate=SimpleNamespace(value=most * k)) for k in range(4)]
        grid._map_panel(SimpleNamespace(study=study), axis, rows, "loss", [0.0, 3.0, 15.0])
    assert [axis.collections[0].get_clim() for axis in axes[0]] == [(0.0, 15.0), (0.0, 15.0)]


def test_arms_differ_by_colour_and_places_by_line():
    run = run_of(["one", "two"], axes={"b": [1, 2, 3]})
    found = {(p.arm, p.coordinates["b"]): panels.looks(run, p) for p in run.study.points}
    assert found == {(arm, b): (i, b - 1) for i, arm in enumerate(("one", "two")) for b in (1, 2, 3)}
    both = run_of(["one"], axes={"a": [1, 1, 2, 2], "b": [5, 6, 5, 6]})
    assert [panels.looks(both, p) for p in both.study.points] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    alone = run_of(["one"], axes={"b": [1, 2, 3]})
    assert [panels.looks(alone, p) for p in alone.study.points] == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(-1.0, 3.0, ("RdBu_r", -3.0, 3.0)), (0.0, 3.0, ("viridis", 0.0, 3.0)), (-2.0, -1.0, ("viridis", -2.0, -1.0))],
)
def test_values_of_both_signs_part_at_zero(low, high, found):
    assert look.colours_between(low, high) == found


def test_two_fine_axes_of_a_grid_are_a_map():
    x, y = [1.0, 2.0, 3.0], list(range(7))
    places = [{"p.a": a, "p.b": b} for a in x for b in y]
    experiment = run_of(["one"]).study.experiment
    study = SimpleNamespace(axes={"p.a": x, "p.b": y}, places=lambda: places, experiment=experiment)
    rows = [SimpleNamespace(estimate=SimpleNamespace(value=p["p.a"] - p["p.b"])) for p in places]
    run = SimpleNamespace(study=study)
    assert grid.is_map(run, [rows])
    assert not grid.is_map(run, [rows, rows])
    _, axes = look.new_figure(1, 1, 4.0, 4.0)
    grid._map_panel(run, axes[0, 0], rows)
    mesh = axes[0, 0].collections[0]
    assert np.array_equal(mesh.get_array().reshape(7, 3), np.subtract.outer(x, y).T)
    assert mesh.get_clim() == (-5.0, 5.0)
    assert (axes[0, 0].get_xlabel(), axes[0, 0].get_ylabel()) == ("a", "b")
