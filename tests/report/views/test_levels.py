"""What figures show beside curves: levels, dots, remarks, a view, bands where replicates differ; panels that are shared."""

from types import SimpleNamespace

import numpy as np
import pytest

from mfsolve.experiments.experiment import Variable
from mfsolve.report.views import figures, shapes
from mfsolve.report.views import grid as grids
from mfsolve.study.settings import EstimateSpec

X = np.linspace(0.0, 1.0, 5)
RATIO = Variable(
    ("time", "loading"), "ratio", exact=True, dots=(0.25, 1.0), levels=((1.0, "as planned"), (0.5, "half")),
    view=(0.0, 3.0), remark="rises",
)  # fmt: skip


class Run:
    """The reading side of a run directory, in memory: replicates (7, 4, ...) of every variable at every point."""

    def __init__(self, variables, policies=("one", "two"), axes=None, noise=1.0):
        rng = np.random.default_rng(3)
        model = SimpleNamespace(
            path="time", panels=("price", "cap", "volume"), variables=lambda case: variables[case],
            coordinates=lambda case: {"time": np.arange(4.0), "loading": X},
        )  # fmt: skip
        grid = [dict(zip(axes, values)) for values in zip(*axes.values())] if axes else [{}]
        points = [SimpleNamespace(policy=p, coordinates=place, case=p) for place in grid for p in policies]
        self.study = SimpleNamespace(
            model=model, points=points, axes=axes or {}, title="a study", policies=list(policies), estimates=[],
            places=lambda: [dict(place) for place in grid], ensemble=SimpleNamespace(replicates=7, level=0.95),
            find=lambda policy, place: next(p for p in points if (p.policy, p.coordinates) == (policy, dict(place))),
        )  # fmt: skip
        self.data = {}
        for p in policies:
            for name, variable in variables[p].items():
                shape = (4,) if len(variable.dims) == 1 else (4, X.size)
                draws = rng.normal(size=(7, *shape))
                self.data[p, name] = draws[:1] + (0.0 if variable.exact else noise) * (draws - draws[:1])

    def blocks(self, point, names):
        yield [self.data[point.policy, name] for name in names]

    def column(self, point, name, index=-1):
        return self.data[point.policy, name][:, index]

    def mean_field(self, point):
        return None


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def test_levels_stand_beside_the_panel_once_and_the_view_is_kept():
    axis = shapes.curves(Run({"one": {"ratio": RATIO}, "two": {"ratio": RATIO}}), []).axes[0]
    flat = [line for line in axis.lines if len(line.get_ydata()) == 2]
    assert [line.get_ydata()[0] for line in flat] == [1.0, 0.5]
    assert [text.get_text() for text in axis.texts] == ["as planned", "half"]
    assert axis.get_ylim() == (0.0, 3.0)


def test_dots_stand_where_there_is_something_and_remarks_in_the_legend():
    other = Variable(("time", "loading"), "ratio", exact=True)
    axis = shapes.curves(Run({"one": {"ratio": RATIO}, "two": {"ratio": other}}), []).axes[0]
    first, second = axis.lines[:2]
    assert list(first.get_markevery()) == [1, 4]
    assert second.get_marker() == "None"
    assert [first.get_label(), second.get_label()] == ["one: rises", "two"]


def test_bands_only_where_replicates_differ():
    exact, random = Variable(("time", "loading"), "ratio", exact=True), Variable(("time", "loading"), "ratio")
    for variable, bands, said in ((exact, 0, "a study"), (random, 2, "a study\nmean of 7 replicates; 95 % confidence")):
        drawing = shapes.curves(Run({"one": {"ratio": variable}, "two": {"ratio": variable}}), [])
        assert len(drawing.axes[0].collections) == bands
        assert drawing.get_suptitle().startswith(said)
        assert ("mean" in drawing.get_suptitle()) == (bands > 0)


def test_a_curve_ends_where_its_values_do():
    run = Run({"one": {"ratio": RATIO}}, ("one",))
    run.data["one", "ratio"][..., -1] = np.nan
    drawing = shapes.curves(run, [])
    assert np.isnan(drawing.axes[0].lines[0].get_ydata()[-1])
    assert drawing.axes[0].get_ylim() == (0.0, 3.0)


def test_paths_share_the_panel_they_name_and_the_second_goes_with_the_first():
    price = Variable(("time",), "unit price", panel="price", levels=((0.2, "trap"),))
    cap, volume = Variable(("time",), "its cap", panel="price"), Variable(("time",), "volume traded")
    everything = {"price": price, "cap": cap, "volume": volume}
    drawing = figures.paths(Run({"one": everything, "two": {"price": price, "volume": volume}}), [])
    shared, alone = (axis for axis in drawing.axes if axis.get_visible())
    assert (shared.get_title(), alone.get_title()) == ("price", "volume traded")
    labels = [line.get_label() for line in shared.lines if not line.get_label().startswith("_")]
    assert labels == ["one", "two", "its cap (one)"]
    one, _, its_cap = shared.lines[:3]
    assert one.get_color() == its_cap.get_color()
    assert [text.get_text() for text in shared.texts] == ["trap"]


def test_a_panel_may_depend_on_the_case():
    first, second = (Variable(("time",), "price", panel=panel) for panel in ("under this", "under that"))
    drawing = figures.paths(Run({"one": {"price": first}, "two": {"price": second}}), [])
    assert [axis.get_title() for axis in drawing.axes if axis.get_visible()] == ["under this", "under that"]


def row(name, policy, value):
    estimate = SimpleNamespace(value=value, low=value - 0.1, high=value + 0.1)
    return SimpleNamespace(name=name, policy=policy, estimate=estimate, claimed=0.95, allowed=None, mean_field=None)


def test_the_same_of_several_alternatives_is_one_panel_of_a_grid():
    variables = {"covered": Variable(("time",), "share of creators covered"), "error": Variable(("time",), "error")}
    run = Run({"one": variables, "two": variables}, axes={"population.creators": [30, 300]})
    run.study.estimates = [
        EstimateSpec(name="coverage, one", quantity="covered", policy="one"),
        EstimateSpec(name="coverage, two", quantity="covered", policy="two"),
        EstimateSpec(name="error, one", quantity="error", policy="one"),
        EstimateSpec(name="median error, one", statistic="quantile", probability=0.5, quantity="error", policy="one"),
    ]
    rows = [row(spec.name, spec.policy, 0.9) for spec in run.study.estimates for _ in range(2)]
    drawing = grids.grid(run, rows)
    shown = [axis for axis in drawing.axes if axis.get_visible()]
    assert [axis.get_title() for axis in shown] == ["share of creators covered", "error, one", "median error, one"]
    texts = [text.get_text() for text in shown[0].get_legend().get_texts()]
    assert texts == ["theory", "one", "two"]
