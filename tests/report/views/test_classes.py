"""Maps of classes: the most frequent class, never an average of their numbers; one colour means one class."""

import numpy as np
import pytest
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.colors import to_hex, to_rgb
from support import figures
from support.memory_run import MemoryRun

from mfsolve.experiments.experiment import Output
from mfsolve.report.views import classes, maps
from mfsolve.report.views.forest import COLOUR

LABELS = ("low", "middle", "high")
SIZES = {"time": np.arange(2.0), "down": np.arange(2.0), "across": np.arange(3.0), "up": np.arange(2.0)}
PLANE = ("time", "down", "across")


def run_of(outputs, arms=("one",), replicates=6):
    return MemoryRun(dict.fromkeys(arms, outputs), path="time", sizes=SIZES, replicates=replicates)


def classes_of(*cells):
    """Classes (replicates, time, 2, 3) at the end, of the first cells of the first row; the rest is of class 1."""
    found = np.ones((6, 2, 2, 3))
    for k, values in enumerate(cells):
        found[:, -1, 0, k] = values
    return found


@pytest.fixture
def mixed():
    run = run_of({"class": Output(PLANE, "which", labels=LABELS), "value": Output(PLANE, "height", "m")})
    run.data["one", "class"] = classes_of([0, 2, 2, 0, 2, 2], [1, 1, 1, 2, 2, 2], [2] * 6)
    return run


def test_a_cell_has_its_most_frequent_class(mixed):
    values, differ = classes.most_frequent(mixed, mixed.study.points[0], "class", 3)
    assert values.tolist() == [[2, 1, 2], [1, 1, 1]]  # of 0 and 2 never 1; of as many of both the first
    assert differ.tolist() == [[True, True, False], [False] * 3]


def test_replicates_without_a_class_differ_from_those_with_one(mixed):
    mixed.data["one", "class"][:] = classes_of([np.nan, 0, 0, 0, 0, 0], [np.nan] * 6)
    values, differ = classes.most_frequent(mixed, mixed.study.points[0], "class", 3)
    np.testing.assert_array_equal(values, [[0, np.nan, 1], [1, 1, 1]])
    assert differ.tolist() == [[True, False, False], [False] * 3]


def test_cells_where_replicates_differ_are_hatched_and_said(mixed):
    drawing = maps.maps(mixed, [])[0]()
    axis = drawing.axes[0]
    (mesh,) = (c for c in axis.collections if isinstance(c, QuadMesh))
    assert mesh.get_array().tolist() == [[2, 1, 2], [1, 1, 1]]
    hatched = [c for c in axis.collections if isinstance(c, PolyCollection) and c.get_hatch() and c.get_paths()]
    paths = [path for cells in hatched for path in cells.get_paths() if len(path.vertices)]
    assert sorted(path.vertices[0].tolist() for path in paths) == [[-0.5, -0.5], [0.5, -0.5]]
    assert axis.get_legend_handles_labels()[1] == ["middle", "high", classes.DIFFER]
    assert drawing.get_suptitle() == "a study\nmean or most frequent class of 6 replicates"
    assert figures.faults(drawing) == []


def test_nothing_is_hatched_where_replicates_agree(mixed):
    mixed.data["one", "class"] = classes_of()
    del mixed.outputs["drawn"]["one"]["value"]
    drawing = maps.maps(mixed, [])[0]()
    assert drawing.axes[0].get_legend_handles_labels()[1] == ["middle"]
    assert drawing.get_suptitle() == "a study\nmost frequent class of 6 replicates"


def test_a_colour_has_one_meaning_in_a_figure():
    outputs = {"first": Output(PLANE, "first", labels=LABELS), "second": Output(PLANE, "second", labels=("no", "low"))}
    run = run_of(outputs)
    run.data["one", "first"] = classes_of([0] * 6, [2] * 6)
    run.data["one", "second"] = classes_of([0] * 6)
    drawing = maps.maps(run, [])[0]()
    found = {}
    for axis in drawing.axes[:2]:
        for handle, text in zip(*axis.get_legend_handles_labels()):
            found.setdefault(text, set()).add(to_hex(handle.get_facecolor()[0]))
    assert set(found) == {"low", "middle", "high", "no"}
    assert all(len(colours) == 1 for colours in found.values())
    assert len(set.union(*found.values())) == 4
    assert set.union(*found.values()) == {colour.lower() for colour in classes.SHADES[:4]}


def test_a_dozen_classes_differ():
    names = tuple(f"class {k}" for k in range(14))
    colours = classes.colours_of([Output(PLANE, "which", labels=names)], names)
    triples = [to_rgb(colour) for colour in colours.values()]
    apart = min(np.abs(np.subtract(a, b)).max() for i, a in enumerate(triples) for b in triples[:i])
    assert apart > 0.1


def test_whole_cells_stand_at_the_edges_and_bars_say_of_what(mixed):
    drawing = maps.maps(mixed, [])[0]()
    assert drawing.axes[1].get_xlim() == (-0.5, 2.5)
    assert [bar.ax.get_ylabel() for bar in figures.colour_bars(drawing)] == ["height [m]"]


def test_maps_of_an_output_stay_on_a_page():
    outputs = {f"m{k}": Output(PLANE, f"m{k}") for k in range(5)}
    run = run_of(outputs, arms=("a", "b"))
    pages = maps._pages(maps.map_panels(run))
    assert [[panel.name for panel in page] for page in pages] == [
        ["m0", "m0", "m1", "m1", "m2", "m2", "m3", "m3"],
        ["m4", "m4"],
    ]


MEANT = Output(PLANE, "which", labels=("lowers", "undecided", "raises", "other"), meanings=("bad", "open", "good", ""))


def test_colours_go_by_what_a_class_means_and_not_by_its_place():
    other = Output(PLANE, "which", labels=("holds", "fails"), meanings=("good", "bad"))
    colours = classes.colours_of([MEANT, other], [*MEANT.labels, *other.labels])
    assert colours["raises"] == colours["holds"] == classes.MEANT["good"]
    assert colours["lowers"] == colours["fails"] == classes.MEANT["bad"]
    assert len(set(colours.values())) == 4


def test_no_class_has_the_colour_of_a_verdict_that_says_the_opposite():
    assert not {*classes.MEANT.values(), *classes.SHADES} & set(COLOUR.values())
    assert not set(classes.MEANT.values()) & set(classes.SHADES)


@pytest.mark.parametrize("colours", [classes.SHADES[:4], [*classes.MEANT.values(), classes.SHADES[1]][:3]])
def test_the_first_classes_stay_apart_in_grey(colours):
    grey = sorted(classes.lightness(colour) for colour in colours)
    assert min(np.diff(grey)) > 0.1, grey


def test_what_is_undecided_is_hatched_on_the_map_and_in_the_legend():
    run = run_of({"class": MEANT})
    run.data["one", "class"] = classes_of([0] * 6, [1] * 6, [2] * 6)
    axis = maps.maps(run, [])[0]().axes[0]
    hatched = [c for c in axis.collections if isinstance(c, PolyCollection) and c.get_hatch() == classes.OPEN_HATCH]
    assert sum(len(c.get_paths()) for c in hatched) == 4  # one above, all three below, which are of class 1
    handles = dict(zip(*axis.get_legend_handles_labels()[::-1]))
    assert handles["undecided"].get_hatch()
    assert not handles["raises"].get_hatch()


def test_cells_where_replicates_differ_are_hatched_darkly_where_the_class_is_pale():
    run = run_of({"class": MEANT})
    run.data["one", "class"] = classes_of([0] * 5 + [2], [2] * 5 + [0])
    axis = maps.maps(run, [])[0]().axes[0]
    hatched = [c for c in axis.collections if isinstance(c, PolyCollection) and c.get_hatch() == "////"]
    cells = [c for c in hatched if c.get_paths() and len(c.get_paths()[0].vertices)]
    assert sorted(to_hex(c.get_edgecolor()[0]) for c in cells) == ["#555555", "#ffffff"]


def test_every_cell_with_a_class_has_a_number_or_says_that_there_is_none():
    labels = {
        "labels": ("low", "high", "nothing"),
        "absent": "nothing",
        "ticks": (("a_b", "gaussian"), ("x [m]", "y", "z")),
    }
    outputs = {"class": Output(PLANE, "which", written="size", **labels), "size": Output(PLANE, "metres of each")}
    run = run_of(outputs)
    run.data["one", "class"] = classes_of([0] * 6, [0] * 6, [2] * 6)
    run.data["one", "size"] = classes_of([0.5] * 6, [np.nan] * 6, [np.nan] * 6)
    drawing = maps.maps(run, [])[0]()
    axis = drawing.axes[0]
    assert [text.get_text() for text in axis.texts if text.get_position()[1] == 0] == [maps.DASH, "0.5", maps.NO_NUMBER]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["a b", "Gaussian"]
    assert axis.get_xticklabels()[0].get_text() == "x\n[m]"
    assert "in the cells: metres of each (none: it has no value)" in drawing.get_suptitle()
