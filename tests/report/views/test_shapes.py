"""Figures by shape: what is drawn is the mean over replicates at the end of the path, where the variable says."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from mfsolve.experiments.experiment import Variable
from mfsolve.report.views import shapes

X, Y = np.linspace(0.0, 1.0, 5), np.geomspace(0.1, 10.0, 4)
VARIABLES = {
    "before": Variable(("step", "skill"), "before", panel="density"),
    "after": Variable(("step", "skill"), "after", panel="density"),
    "lonely": Variable(("step", "strength"), "alone", "nats"),
    "height": Variable(("step", "strength", "skill"), "height of the map"),
    "edge": Variable(("step", "skill"), "closed-form edge", over="height"),
    "class": Variable(("step", "strength", "skill"), "which class", labels=("low", "high", "never")),
    "a": Variable(("step",), "aim a"),
    "b": Variable(("step",), "aim b"),
    "c": Variable(("step",), "aim c"),
}


class Run:
    """A run directory's reading side, in memory: replicates of every variable at every point."""

    def __init__(self, policies, replicates=7, axes=None):
        rng = np.random.default_rng(3)
        sizes = {"step": 2, "skill": X.size, "strength": Y.size}
        model = SimpleNamespace(
            path="step", tradeoff=("a", "b", "c"), baseline="", variables=lambda case: VARIABLES,
            coordinates=lambda case: {"step": np.arange(2.0), "skill": X, "strength": Y},
        )  # fmt: skip
        points = [SimpleNamespace(policy=p, coordinates={}, case=None) for p in policies]
        self.study = SimpleNamespace(
            model=model, points=points, axes=axes or {}, title="a study", ensemble=SimpleNamespace(replicates=replicates, level=0.95)
        )  # fmt: skip
        self.data = {
            (p.policy, name): rng.normal(size=(replicates, *(sizes[d] for d in v.dims)))
            for p in points
            for name, v in VARIABLES.items()
        }
        for p in points:
            self.data[p.policy, "class"] = np.broadcast_to((X > 0.5).astype(float), (replicates, 2, Y.size, X.size))

    def blocks(self, point, names):
        stored = [self.data[point.policy, name] for name in names]
        for start in range(0, len(stored[0]), 3):
            yield [values[start : start + 3] for values in stored]

    def column(self, point, name, index=-1):
        return self.data[point.policy, name][:, index]


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def test_mean_at_the_end_is_students_interval():
    run = Run(["one"])
    mean, half = shapes._mean_at_end(run, run.study.points[0], "height")
    values = run.data["one", "height"][:, -1]
    np.testing.assert_allclose(mean, values.mean(axis=0), rtol=0, atol=1e-14)  # sums of 7 numbers of order 1
    np.testing.assert_allclose(half, stats.t.ppf(0.975, 6) * stats.sem(values, axis=0), rtol=1e-11)


def test_one_replicate_has_no_band():
    run = Run(["one"], replicates=1)
    mean, half = shapes._mean_at_end(run, run.study.points[0], "lonely")
    np.testing.assert_array_equal(mean, run.data["one", "lonely"][0, -1])
    assert not half.any()


def test_curves_share_the_panel_they_name():
    drawing = shapes.curves(Run(["one"]), [])
    density, alone = (axis for axis in drawing.axes if axis.get_visible())
    assert [line.get_label() for line in density.lines] == ["before", "after"]
    assert density.get_ylabel() == "density"
    assert alone.get_ylabel() == "alone [nats]"
    assert (density.get_xscale(), alone.get_xscale()) == ("linear", "log")


def test_curves_tell_alternatives_apart():
    drawing = shapes.curves(Run(["one", "two"]), [])
    assert [line.get_label() for line in drawing.axes[0].lines] == [
        "before, one", "before, two", "after, one", "after, two"
    ]  # fmt: skip
    assert [line.get_label() for line in drawing.axes[1].lines] == ["one", "two"]


def test_maps_show_values_classes_and_what_lies_over_them():
    run = Run(["one"])
    drawing = shapes.maps(run, [])
    height, classes = drawing.axes[0], drawing.axes[1]
    np.testing.assert_allclose(
        height.collections[0].get_array(), shapes._mean_at_end(run, run.study.points[0], "height")[0]
    )
    assert [line.get_label() for line in height.lines] == ["closed-form edge"]
    assert [text.get_text() for text in classes.get_legend().get_texts()] == ["low", "high"]  # "never" does not occur


def test_a_map_that_is_the_same_all_over_the_grid_is_drawn_once():
    run = Run(["one", "one"], axes={"population.size": [10, 20]})
    for point, size in zip(run.study.points, (10, 20)):
        point.coordinates = {"population.size": size}
    titles = [axis.get_title() for axis in shapes.maps(run, []).axes if axis.get_title()]
    assert titles == ["height of the map", "which class"]  # of the only alternative
    run.data = {key: np.copy(values) for key, values in run.data.items()}
    run.study.points[1].policy = "two"
    run.data |= {("two", name): values for (policy, name), values in run.data.items() if policy == "one"}
    assert len([axis for axis in shapes.maps(run, []).axes if axis.get_title()]) == 4


def test_overview_has_curves_beside_a_map():
    drawing = shapes.overview(Run(["one"]), [])
    assert [axis.get_ylabel() for axis in drawing.axes[:3]] == ["density", "alone [nats]", "strength"]
    assert drawing.axes[2].get_title() == "height of the map"


def test_marks_stand_where_they_are_in_sight(monkeypatch):
    marked = Variable(("step", "skill"), "after", panel="density", marks=(0.25, 3.0))
    monkeypatch.setitem(VARIABLES, "after", marked)
    density = shapes.curves(Run(["one"]), []).axes[0]
    assert [list(line.get_xdata()) for line in density.lines if len(line.get_xdata()) == 2] == [[0.25, 0.25]]


def test_a_mass_is_a_spike_and_an_empty_interval_is_shaded(monkeypatch):
    marked = Variable(("step", "skill"), "after", panel="density", spike=(0.5, "a"), span=(0.5, 0.75, "nobody"))
    monkeypatch.setitem(VARIABLES, "after", marked)
    run = Run(["one"])
    density = shapes.curves(run, []).axes[0]
    texts = [text.get_text() for text in density.get_legend().get_texts()]
    assert texts == ["before", "after", f"mass {run.data['one', 'a'][:, -1].mean():.3g} at 0.5", "nobody"]
    assert [0.5, 0.5] in [list(line.get_xdata()) for line in density.lines]


def test_curves_of_one_alternative_do_not_name_it(monkeypatch):
    run = Run(["one", "two"])
    run.study.points[1].case = "another"
    run.study.model.variables = lambda case: (
        {} if case else {"before": VARIABLES["before"], "after": VARIABLES["after"]}
    )
    assert [line.get_label() for line in shapes.curves(run, []).axes[0].lines] == ["before", "after"]


def test_a_band_keeps_above_what_no_value_is_below(monkeypatch):
    positive = Variable(("step", "skill"), "after", panel="density", lowest=0.0)
    monkeypatch.setitem(VARIABLES, "after", positive)
    run = Run(["one"])
    mean, half = shapes._mean_at_end(run, run.study.points[0], "after")
    assert (mean - half).min() < 0.0
    before, after = shapes.curves(run, []).axes[0].collections[:2]
    assert after.get_paths()[0].vertices[:, 1].min() == 0.0
    assert before.get_paths()[0].vertices[:, 1].min() < 0.0


def test_tradeoff_has_a_panel_for_each_pair():
    drawing = shapes.tradeoff(Run(["one", "two"]), [])
    visible = [axis for axis in drawing.axes if axis.get_visible()]
    assert [(axis.get_xlabel(), axis.get_ylabel()) for axis in visible] == [
        ("aim a", "aim b"), ("aim a", "aim c"), ("aim b", "aim c")
    ]  # fmt: skip


def test_tradeoff_against_a_baseline_is_paired_and_has_frontiers():
    run = Run(["free", "ruled"])
    run.study.model.baseline = "free"
    for name in ("a", "b"):
        run.data["ruled", name + "_line"] = np.random.default_rng(4).normal(size=(7, 2, X.size))
    more = VARIABLES | {n + "_line": Variable(("step", "skill"), "a frontier", over=n) for n in ("a", "b")}
    run.study.model.variables = lambda case: more
    drawing = shapes.tradeoff(run, [])
    first, second, _ = (axis for axis in drawing.axes if axis.get_visible())
    gain = run.data["ruled", "a"][:, -1] - run.data["free", "a"][:, -1]
    bar = next(c for c in first.containers)
    ends = [path.vertices[:, 0] for path in bar.lines[2][0].get_paths()]
    expected = stats.t.interval(0.95, 6, gain.mean(), stats.sem(gain))
    assert sorted(ends[0]) == pytest.approx(expected)
    frontier = [line for line in first.lines if len(line.get_xdata()) == X.size]
    assert frontier[0].get_xdata() == pytest.approx(
        run.data["ruled", "a_line"][:, -1].mean(axis=0) - run.data["free", "a"][:, -1].mean()
    )
    assert not [line for line in second.lines if len(line.get_xdata()) == X.size]  # c has none
    assert first.get_xlabel() == "aim a, difference"
    assert "differences to free" in drawing.get_suptitle()


def test_what_there_is_nothing_of_is_left_out():
    run = Run(["one"])
    assert shapes.tradeoff(run, []) is None
    run.study.model.variables = lambda case: {"a": VARIABLES["a"]}
    assert shapes.curves(run, []) is None
    assert shapes.maps(run, []) is None


def test_values_are_on_a_log_axis_where_places_are_and_lines_are_steep():
    from mfsolve.report.look import new_figure, value_scale

    _, axes = new_figure(1, 1, 3.0, 3.0)
    axis = axes.flat[0]
    x = np.geomspace(1, 1000, 4)
    axis.plot(x, 1.0 / x)
    assert value_scale(axis) == "linear"
    axis.set_xscale("log")
    assert value_scale(axis) == "log"
    axis.plot(x, np.zeros(4))  # no value is a line that is not there
    assert value_scale(axis) == "log"
    axis.plot(x, -x)
    assert value_scale(axis) == "linear"


def test_listed_variables_are_not_drawn():
    run = Run(["one"])
    listed = Variable(("step", "strength", "skill"), "a table", listed=("a", "b"))
    run.study.model.variables = lambda case: {"height": listed}
    assert shapes.maps(run, []) is None
