"""Rules that every figure keeps to, on figures of a run in memory; and that what holds them to it can fail."""

import dataclasses

import numpy as np
import pytest
from pydantic import Field
from support import figures
from support.memory_run import MemoryRun

from mfsolve.experiments import load
from mfsolve.experiments.experiment import Output, Views
from mfsolve.models.frozen import Frozen
from mfsolve.report import look, words
from mfsolve.report.views import content, curves, folds, legends, maps, panels, paths, tradeoff

SKILL, STRENGTH = np.linspace(0.0, 1.0, 5), np.geomspace(0.1, 10.0, 4)
SIZES = {"time": np.arange(6.0), "skill": SKILL, "strength": STRENGTH, "snapshot": np.arange(8.0)}
OUTPUTS = {
    "price": Output(("time",), "price of a unit of content that nobody has asked for yet", "USD"),
    "sales": Output(("time",), "sales", "units"),
    "welfare": Output(("time",), "welfare", "USD"),
    "low": Output(("time", "skill"), "lower branch", "USD", panel="value"),
    "high": Output(("time", "skill"), "upper branch", "USD", panel="value"),
    "only": Output(("time", "skill"), "upper branch", panel="worth"),
    "alone": Output(("time", "strength"), "alone", "nats"),
    "height": Output(("time", "strength", "skill"), "height", "m"),
    "class": Output(("time", "strength", "skill"), "which class", labels=("none", "low", "high")),
    "content": Output(("snapshot", "skill"), "density of content"),
}
ARMS = tuple("abcdefgh")


class Tastes(Frozen):
    """Settings with a unit."""

    strength: float = Field(1.0, description="strength", json_schema_extra={"unit": "1/USD"})


def run_of(arms=ARMS, axes=None):
    """A run whose `class` is 0, 1 or 2, and whose settings know their unit."""
    views = Views(paths=("price", "sales"), tradeoff=("price", "sales", "welfare"), bars=())
    run = MemoryRun(dict.fromkeys(arms, OUTPUTS), path="time", sizes=SIZES, axes=axes, views=views, replicates=3)
    run.study.experiment = dataclasses.replace(run.study.experiment, parameters=Tastes)
    for arm in arms:
        run.data[arm, "class"] = np.broadcast_to(np.array([0, 0, 2, 2, 1.0]), (3, 6, STRENGTH.size, SKILL.size))
    return run


@pytest.fixture(scope="module")
def drawn():
    """Figures by shape of a run with eight arms, and those of two arms that take a panel an arm."""
    run, few = run_of(), run_of(("a", "b"))
    found = {"paths": paths.paths(run, []), "content": content.content(few, []), "tradeoff": tradeoff.tradeoff(run, [])}
    for name, pages in (("curves", curves.curves(run, [])), ("maps", maps.maps(few, []))):
        found |= {f"{name}-{k}": page() for k, page in enumerate(pages)}
    return found


def test_no_rule_is_broken(drawn):
    assert len(drawn) >= 5
    assert {name: figures.faults(drawing) for name, drawing in drawn.items()} == {name: [] for name in drawn}


def test_axes_say_their_units(drawn):
    axis = drawn["maps-0"].axes[0]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("skill", "strength [1/USD]")
    said = {axis.get_ylabel().replace("\n", " ") for name in ("paths", "curves-0") for axis in drawn[name].axes}
    assert {f"{OUTPUTS['price'].long_name} [USD]", "sales [units]", "value [USD]", "alone [nats]", "worth"} <= said


@pytest.mark.parametrize(
    ("name", "unit", "said"),
    [
        ("x", "1", "x"),
        ("x", "", "x"),
        ("x", "USD", "x [USD]"),
        ("creators", "creators", "creators"),
        ("n", "count", "n"),
        ("items", "items a generation", "items a generation"),
        ("item", "items", "item [items]"),
    ],
)
def test_a_unit_stands_in_brackets_unless_it_is_said(name, unit, said):
    assert words.with_unit(name, unit) == said


def test_an_axis_is_called_as_the_experiment_says():
    assert words.setting(load("faults_loop"), "size") == "size of the intervention"
    assert words.setting(load("creator_dynamics"), "regimes.starts").startswith("time at which the intermediary starts")
    assert words.setting(load("creator_dynamics"), "parameters.bias_floor").startswith("bias floor")


def test_an_arm_has_one_colour_in_all_figures(drawn):
    colours = {}
    for name in ("paths", "tradeoff", "curves-0"):
        for axis in drawn[name].axes:
            for line in axis.lines:
                if line.get_label() in ARMS:
                    colours.setdefault(line.get_label(), set()).add(line.get_color())
            for bars in axis.containers:
                colours.setdefault(bars.get_label(), set()).add(bars.lines[0].get_color())
    assert colours == {arm: {colour} for arm, colour in zip(ARMS, look.COLOURS)}


def test_a_meaning_has_one_colour_in_all_panels():
    drawing = curves.curves(run_of(["a"]), [])[0]()
    found = {(line.get_label(), line.get_color()) for axis in drawing.axes for line in axis.lines}
    assert {text for text, _ in found if text.endswith("branch")} == {"lower branch", "upper branch"}
    assert len([text for text, _ in found if text == "upper branch"]) == 1


def test_more_lines_than_six_are_shared_out_with_one_range_of_values(drawn):
    rows = [[axis for axis in drawn["paths"].axes if axis.get_subplotspec().rowspan.start == row] for row in (0, 1)]
    for left, right in rows:
        names = [{line.get_label() for line in axis.lines} & set(ARMS) for axis in (left, right)]
        assert names[0] | names[1] == set(ARMS)
        assert names[0] & names[1] == {"a"}  # what the others are held against
        assert left.get_ylim() == right.get_ylim()
    alone = [axis for axis in drawn["curves-0"].axes if axis.get_ylabel() == "alone [nats]"]
    assert [len(figures.series(axis)) for axis in alone] == [4, 4]
    assert len({axis.get_ylim() for axis in alone}) == 1


def test_places_of_one_axis_are_a_stated_selection():
    drawing = paths.paths(run_of(["a"], axes={"p.strength": list(range(9))}), [])
    assert drawing.get_suptitle().endswith("; without strength = 5, 6, 7")
    assert [len(figures.series(axis)) for axis in drawing.axes] == [6, 6]


def test_what_is_the_same_number_everywhere_has_no_panel():
    run = run_of(["a", "b"])
    for arm in "ab":
        run.data[arm, "price"] = np.zeros_like(run.data[arm, "price"])
    drawing = paths.paths(run, [])
    assert [axis.get_ylabel() for axis in drawing.axes if axis.get_visible()] == ["sales [units]"]


def test_classes_part_on_the_edges_of_their_cells(drawn):
    axis = next(axis for axis in drawn["maps-0"].axes if axis.get_title().startswith("which class"))
    (mesh, lines) = axis.collections[:2]
    across = sorted({x for piece in lines.get_segments() for x, _ in piece})
    assert across == pytest.approx([0.375, 0.875])  # midway between places of different classes, also from 0 to 2
    edges = mesh.get_coordinates()
    np.testing.assert_allclose(edges[0, :, 0], [-0.125, 0.125, 0.375, 0.625, 0.875, 1.125], rtol=0, atol=1e-12)
    np.testing.assert_allclose(edges[:, 0, 1], 0.1 * 100.0 ** ((np.arange(5) - 0.5) / 3.0), rtol=1e-12)


def test_a_map_of_forty_named_rows_has_room_for_their_names():
    names = tuple(f"workflow {k} of many" for k in range(40))
    table = Output(
        ("time", "row", "column"), "decision", labels=("no", "yes"), ticks=(names, tuple("abcdefgh")), written="rate"
    )
    rate = Output(("time", "row", "column"), "rate", listed=tuple("abcdefgh"))
    sizes = {"time": np.arange(2.0), "row": np.arange(40.0), "column": np.arange(8.0)}
    run = MemoryRun({"one": {"decision": table, "rate": rate}}, path="time", sizes=sizes)
    run.data["one", "decision"] = np.broadcast_to(np.indices((40, 8)).sum(axis=0) % 2 * 1.0, (7, 2, 40, 8))
    drawing = maps.maps(run, [])[0]()
    look.fit_title(drawing)
    assert figures.faults(drawing) == []
    assert [text.get_text() for text in drawing.axes[0].get_yticklabels()] == list(names)


def test_branches_meet_at_a_fold():
    x = np.linspace(0.0, 1.0, 8)  # the fold is at 0.5, between two places
    with np.errstate(invalid="ignore"):
        root = np.sqrt(0.5 - x)
    beyond = np.where(x > 0.2, 5.0, np.nan)
    lower, upper, other = folds.joined(x, [1.0 - root, 1.0 + root, beyond])
    for places, values in (lower, upper):
        k = np.flatnonzero(np.isclose(places, 0.5, rtol=0, atol=1e-12))
        assert values[k] == pytest.approx([1.0], abs=1e-12)
    assert other[0] is x
    back = folds.joined(-x[::-1], [(1.0 - root)[::-1], (1.0 + root)[::-1]])
    assert -0.5 in np.round(back[0][0], 12)
    apart = folds.joined(x, [np.where(x < 0.5, 1.0, np.nan), np.where(x < 0.5, 2.0, np.nan)])
    assert all(len(places) == len(x) for places, _ in apart)  # they end together, but do not meet


def test_markers_that_coincide_stand_around_one_another():
    run = run_of(["a", "b", "c"])
    for name in ("price", "sales", "welfare"):
        run.data["c", name] = run.data["a", name]
    axis = tradeoff.tradeoff(run, []).axes[0]
    sizes = {bars.get_label(): bars.lines[0].get_markersize() for bars in axis.containers}
    assert sizes["a"] == sizes["b"] < sizes["c"]


def test_numbers_are_shared_out_evenly():
    assert panels.shared_out(range(13)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11, 12]]
    assert panels.shared_out([]) == []


def wrong(draw, **options):
    """The faults of a figure that is drawn wrongly."""
    drawing, axes = look.new_figure(1, 1, 4.0, 3.0)
    axis = axes[0, 0]
    axis.set(xlabel="x", ylabel="y [m]")
    drawing.suptitle("a title")
    draw(axis)
    return " ".join(figures.faults(drawing))


X = np.linspace(1.0, 2.0, 20)
PLANTED = {
    "has no title": lambda axis: axis.figure.suptitle(""),
    "is cut off": lambda axis: axis.figure.suptitle("long " * 40),
    "no label along y": lambda axis: axis.set_ylabel(""),
    "7 lines": lambda axis: [axis.plot(X, k * X) for k in range(7)],
    "legend over data": lambda axis: (axis.plot(X, X, label="x"), axis.legend()),
    "is linear along y": lambda axis: axis.plot(X, 10.0 ** (8.0 * X)),
    "map without a title": lambda axis: axis.pcolormesh(np.ones((3, 3))),
    "colours that do not part at 0": lambda axis: axis.figure.colorbar(
        axis.pcolormesh(np.array([[-1.0, 1.0], [0.0, 0.5]])), ax=axis
    ),
    "legend entry for nothing": lambda axis: axis.bar([1, 2], [0.0, 0.0], label="nothing"),
    "ticks over each other": lambda axis: axis.set_xticks([0.50, 0.51], ["a long name", "another name"]),
    "titles over each other": lambda axis: (axis.figure.set_layout_engine("none"), axis.set_title("over", y=1.05)),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_broken_rule_is_found(fault):
    assert fault in wrong(PLANTED[fault])


def test_the_text_of_a_figure_changes_where_the_figure_does():
    from matplotlib import pyplot as plt

    def text(change=lambda axis: None):
        drawing, axes = look.new_figure(1, 1, 4.0, 3.0)
        axes[0, 0].plot(X, X**2, label="a")
        axes[0, 0].plot(X, X, "--", label="b")
        axes[0, 0].set(xlabel="x", ylabel="y", title="t")
        change(axes[0, 0])
        found = figures.described(drawing)
        plt.close(drawing)
        return found

    changes = [
        lambda axis: axis.lines[0].set_color("red"),
        lambda axis: axis.lines[1].set_linestyle(":"),
        lambda axis: axis.lines[1].set_ydata(X + 0.4),
        lambda axis: axis.lines[1].set_label("c"),
        lambda axis: axis.set_title("u"),
        lambda axis: axis.set_ylim(0.0, 9.0),
        lambda axis: axis.set_yscale("log"),
        lambda axis: axis.legend(),
        lambda axis: axis.axhline(2.0),
        lambda axis: axis.fill_between(X, X, 2.0 * X),
    ]
    assert not figures.differences(text(), text())
    assert not figures.differences(text(), text(lambda axis: axis.lines[1].set_ydata(X * 1.001)))
    assert all(figures.differences(text(), text(change)) for change in changes)


def test_legends_of_panels_that_say_the_same_are_one():
    drawing, axes = look.new_figure(1, 2, 6.0, 3.0)
    for axis in axes.flat:
        axis.plot(X, X, label="a")
    legends.legends(drawing)
    assert len(drawing.legends) == 1
    drawing, axes = look.new_figure(2, 2, 6.0, 6.0)
    for axis, name in zip(axes.flat, "abab"):
        axis.plot(X, X, label=name)
    legends.legends(drawing)
    assert [axis.get_legend() is not None for axis in axes.flat] == [False, False, True, True]
