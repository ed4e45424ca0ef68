"""Paths and content: what a panel holds, whose limit is whose, and what is said of replicates that do not differ."""

import numpy as np
import pytest
from support.memory_run import MemoryRun

from mfsolve.experiments import NAMES, load
from mfsolve.experiments.experiment import Case, Output, Views
from mfsolve.report import look
from mfsolve.report.views import content, paths
from mfsolve.study.statistics.estimate_spec import EstimateSpec

PRICE = {"price": Output(("time",), "price")}
SIZES = {"time": np.arange(6.0), "snapshot": np.arange(2.0), "bin": np.arange(5.0), "token": np.arange(1.0, 6.0)}


def run_of(arms, solved=False, outputs=PRICE, **options):
    kinds = ({}, dict.fromkeys(arms, outputs)) if solved else (dict.fromkeys(arms, outputs), {})
    return MemoryRun(*kinds, path="time", sizes=SIZES, views=Views(paths=("price",)), **options)


@pytest.mark.parametrize(
    ("arms", "axes", "groups"),
    [
        (["a", "b"], {"p.x": [1, 2, 3, 4, 5]}, [["a1", "b1", "a2", "b2"], ["a3", "b3", "a4", "b4", "a5", "b5"]]),
        (["a", "b", "c"], {"p.x": [1, 2, 3]}, [["a1", "b1", "c1"], ["a2", "b2", "c2", "a3", "b3", "c3"]]),
        (["a"], {"p.x": [1, 1, 1, 1, 2, 2, 2, 2], "p.y": [1, 2, 3, 4] * 2}, [["a1"] * 4, ["a2"] * 4]),
    ],
)
def test_places_are_not_torn_between_panels(arms, axes, groups):
    run = run_of(arms, axes=axes)
    found = paths._groups(run, run.study.points, 6)
    assert [[f"{p.arm}{p.coordinates['p.x']}" for p in group] for group in found] == groups


def test_a_limit_has_the_colour_of_its_line():
    run = run_of(["a", "b"])
    run.reference = lambda point: {"price": np.full(6, 0.5 if point.arm == "a" else 0.7)}
    axis = paths.paths(run, []).axes[0]
    lines = {line.get_label(): line.get_color() for line in axis.lines if line.get_label() in "ab"}
    limits = {line.get_ydata()[0]: line.get_color() for line in axis.lines if len(set(line.get_ydata())) == 1}
    assert limits == {0.5: lines["a"], 0.7: lines["b"]}


def test_a_limit_is_told_from_every_line_and_covers_no_marker():
    """The fourth alternative was dotted as its limit is, and the limit's white edge covered its markers."""
    run = run_of(list("abcdefgh")[:6])
    run.reference = lambda point: {"price": np.full(6, 0.5 + 0.01 * ord(point.arm))}
    for axis in paths.paths(run, []).axes:
        limits = [line for line in axis.lines if line.get_linestyle() == ":" and line.get_xdata().size]
        alone = [line for line in axis.lines if line.get_linestyle() == "None" and line.get_marker() != "None"]
        assert all(len(set(line.get_ydata())) == 1 for line in limits)
        assert len(limits) == len(alone) == sum(line.get_label() in list("abcdef") for line in axis.lines)
        assert max(line.get_zorder() for line in limits) < min(line.get_zorder() for line in alone)
    assert ":" not in look.LINES
    assert len(set(look.LINES[:4])) == 4


@pytest.mark.parametrize(("solved", "replicates"), [(True, 7), (False, 1), (False, 7)])
def test_what_does_not_differ_is_no_mean_of_replicates(solved, replicates):
    title = paths.paths(run_of(["a", "b"], solved, replicates=replicates), []).get_suptitle()
    told = "\nmean of 7 replicates; band: central 95 % of replicates" if not solved and replicates > 1 else ""
    assert title == f"a study{told}"


@pytest.mark.parametrize(
    ("dimension", "shown"), [("bin", [0.2, 0.0, 0.4, 0.0, 0.4]), ("token", [0.2, np.nan, 0.4, np.nan, 0.4])]
)
def test_lines_of_content_do_not_lead_over_empty_bins(dimension, shown):
    run = run_of(["a"], outputs={"content": Output(("snapshot", dimension), "density of content")})
    run.data["a", "content"] = np.broadcast_to([0.2, 0.0, 0.4, 0.0, 0.4], (7, 2, 5))
    line = content.content(run, []).axes[0].lines[0]
    np.testing.assert_array_equal(line.get_ydata(), shown)
    np.testing.assert_array_equal(line.get_xdata(), SIZES[dimension])
    assert (line.get_marker() != "None") == (dimension == "token")  # lone bins would not be seen


def test_a_limit_that_all_lines_have_is_drawn_once_in_black():
    """The limit of infinitely many items was drawn at every number of items, in the colour of the last, which seemed to miss it."""
    run = run_of(list("abc"))
    run.reference = lambda point: {"price": np.full(6, 0.5)}
    axis = paths.paths(run, []).axes[0]
    limits = [line for line in axis.lines if line.get_linestyle() == ":" and line.get_xdata().size]
    assert [line.get_color() for line in limits] == ["black"]
    alone = [line for line in axis.lines if line.get_linestyle() == "None" and line.get_marker() != "None"]
    assert len(alone) == 3
    assert max(line.get_zorder() for line in limits) < min(line.get_zorder() for line in alone)


def test_limits_are_named_by_what_they_are():
    """`reference` and `closed form` stood at limits of endless items, fluid limits and mean fields alike."""
    for name in NAMES:
        experiment = load(name)
        for rule, arm in experiment.arms.items():
            if arm.reference is not None:
                called = experiment.limit(Case(None, None, None, None, rule))
                assert called not in ("reference", Views().limit), (name, rule)
    assert load("atlas_gaussian").limit(Case(None, None, None, None, "curated")) == "limit of infinitely many items"
    assert load("atlas_gaussian").limit(Case(None, None, None, None, "replace")) == "closed form"


def test_figures_given_along_a_path_are_drawn_with_their_errors():
    """The forecast from measured shares showed none of them."""
    run = run_of(["a", "b"], outputs={"price": Output(("time",), "synthetic share of the pool")})
    given = [
        EstimateSpec(name=f"{t}", quantity="price", arm="b", at=t, published=0.1 * t + 0.05, standard_error=0.1)
        for t in range(4)
    ]
    run.study.estimates = given[:2]
    assert not any("given" in text for text in paths.paths(run, []).axes[0].get_legend_handles_labels()[1])
    run.study.estimates = given
    axis = paths.paths(run, []).axes[0]
    (bars,) = (bars for bars in axis.containers if bars.get_label() == "given, two standard errors")
    np.testing.assert_allclose(bars.lines[0].get_ydata(), 0.1 * np.arange(4) + 0.05)
    ends = np.array([line.get_ydata() for line in bars.lines[1]], dtype=float)
    np.testing.assert_allclose(
        ends, [np.maximum(0.0, 0.1 * np.arange(4) - 0.15), 0.1 * np.arange(4) + 0.25], atol=1e-12
    )


@pytest.mark.parametrize("panels", [1, 2, 3, 4])
def test_limits_have_their_entry_whatever_the_number_of_panels(panels):
    """With three panels the entry stood in the hidden fourth."""
    names = ("price", "volume", "cap", "share")[:panels]
    outputs = {name: Output(("time",), name) for name in names}
    run = MemoryRun(
        dict.fromkeys("ab", outputs), path="time", sizes=SIZES, views=Views(paths=names, limit="mean field")
    )
    run.reference = lambda point: {"price": np.full(6, 0.5)}
    drawing = paths.paths(run, [])
    legends = [*drawing.legends, *(axis.get_legend() for axis in drawing.axes if axis.get_legend() is not None)]
    assert "mean field" in [text.get_text() for legend in legends for text in legend.get_texts()]
    shown = [axis for axis in drawing.axes if axis.get_visible()]
    assert ["mean field" in axis.get_legend_handles_labels()[1] for axis in shown] == [True] + [False] * (panels - 1)


def test_places_left_out_are_named_and_those_shown_are_the_first_last_and_farthest():
    places = list(range(1, 9))
    run = run_of(["a"], solved=True, axes={"p.x": places})
    heights = dict(zip(places, [0.0, 0.1, 5.0, 0.2, 0.3, -9.0, 0.4, 0.5]))
    run.values = lambda point, name: np.full((1, 6), heights[point.coordinates["p.x"]]) * np.arange(6.0)
    drawing = paths.paths(run, [])
    texts = drawing.axes[0].get_legend_handles_labels()[1]
    assert [text for text in ("x = 1", "x = 3", "x = 6", "x = 8") if text in texts] == [
        "x = 1",
        "x = 3",
        "x = 6",
        "x = 8",
    ]
    assert len(texts) == paths.MOST_LINES
    left = [str(place) for place in places if f"x = {place}" not in texts]
    assert drawing.get_suptitle() == f"a study\nwithout x = {', '.join(left)}"


def test_no_panel_is_drawn_twice():
    """The only arm of a quantity stood in every column."""
    more = {"cap": Output(("time",), "cap")}
    arms = {arm: {**(more if arm == "a" else {}), **PRICE} for arm in "abcdefgh"}
    run = MemoryRun(arms, path="time", sizes=SIZES, views=Views(paths=("price", "cap")))
    (left, right), (cap, nothing) = np.reshape(paths.paths(run, []).axes, (2, 2))
    shown = [[line.get_label() for line in axis.lines if len(line.get_label()) == 1] for axis in (left, right, cap)]
    assert shown[0][0] == shown[1][0] == "a"
    assert sorted(shown[0] + shown[1][1:]) == list("abcdefgh")
    assert shown[2] == ["a"]
    assert not nothing.get_visible()
    assert [axis.get_xlabel() for axis in (left, right, cap)] == ["", "time", "time"]
