"""Curves: a colour means one thing in a figure, names are no numbers, and what has one point is seen."""

import numpy as np
import pytest
from support import figures
from support.cases import case
from support.memory_run import MemoryRun

from mfsolve.experiments import frictions, load
from mfsolve.experiments.experiment import Case, Output
from mfsolve.report import look
from mfsolve.report.views import curves
from mfsolve.report.views.estimates import band_at_end

X = np.linspace(0.0, 1.0, 5)
SIZES = {"time": np.arange(3.0), "skill": X, "without": np.arange(1.0, 4.0)}
NAMES = ("discovery", "lag", "discovery x lag")
COST, GAIN = (Output(("time", "skill"), name, panel="money") for name in ("cost", "gain"))
SHARE = Output(("time", "skill"), "share")
FALL, RISE = (Output(("time", "without"), f"on the {k}", panel="effect", ticks=(NAMES,)) for k in ("fall", "rise"))


def run_of(arms, **options):
    return MemoryRun(arms, path="time", sizes=SIZES, **options)


def looks(axis):
    return {line.get_label(): (line.get_color(), line.get_linestyle()) for line in axis.lines}


def test_colours_mean_arms_in_all_panels_where_they_do_in_one():
    near, far = (Output(("time", "skill"), name, panel="money of the first") for name in ("cost", "gain"))
    run = run_of({"a": {"near": near, "far": far}, "b": {"cost": COST, "share": SHARE}, "c": {"cost": COST}})
    axes = [axis for axis in curves.curves(run, [])[0]().axes if axis.get_visible()]
    found = {text: colour for axis in axes for text, (colour, _) in looks(axis).items()}
    blue, red, green = look.COLOURS[:3]
    assert found == {"cost, a": blue, "gain, a": blue, "b": red, "c": green}
    dashes = {text: dash for axis in axes for text, (_, dash) in looks(axis).items()}
    assert (dashes["cost, a"], dashes["gain, a"]) == ("-", "--")


def test_a_curve_that_shares_no_panel_has_no_colour_of_one_that_does():
    run = run_of({"a": {"cost": COST, "gain": GAIN, "share": SHARE}})
    both, alone = (axis for axis in curves.curves(run, [])[0]().axes if axis.get_visible())
    assert [colour for colour, _ in looks(both).values()] == list(look.COLOURS[:2])
    assert [line.get_color() for line in alone.lines] == [look.COLOURS[9]]


def test_places_of_arms_that_share_panels_have_a_colour_each_in_all_of_them():
    run = run_of({"a": {"cost": COST, "share": SHARE}, "b": {"cost": COST, "share": SHARE}}, axes={"x.y": [1, 2]})
    found = [looks(axis) for axis in curves.curves(run, [])[0]().axes if axis.get_visible()]
    assert {text: colour for text, (colour, _) in found[0].items()} == {
        text: colour for text, (colour, _) in found[1].items()
    }
    assert len({colour for colour, _ in found[0].values()}) == 4


def test_between_names_there_is_no_line():
    run = run_of({"a": {"fall": FALL, "rise": RISE}})
    drawing = curves.curves(run, [])[0]()
    (axis,) = drawing.axes
    assert [text.get_text() for text in axis.get_xticklabels()] == list(NAMES)
    lines = {line.get_label(): line for line in axis.lines if line.get_label() in ("on the fall", "on the rise")}
    assert [line.get_linestyle() for line in lines.values()] == ["None", "None"]
    assert not [c for c in axis.collections if type(c).__name__ != "LineCollection"]  # no bands across
    places = [line.get_xdata() for line in lines.values()]
    assert (np.abs(places[0] - places[1]) > 0.05).all()
    band = band_at_end(run, run.study.points[0], "fall")
    bars = next(iter(axis.containers)).lines[2][0].get_segments()
    np.testing.assert_allclose([sorted(bar[:, 1]) for bar in bars], np.array([band.low, band.high]).T)
    assert figures.faults(drawing) == []


def test_effects_of_frictions_say_what_is_removed():
    design = frictions.Design(times=(0.0, 1.0))
    case = Case(None, frictions.Grids(), design, None, "economies")
    output = frictions.path_outputs(case)["effects_on_fall"]
    assert output.ticks[0][:4] == ("discovery", "lag", "learning", "discovery x lag")
    assert output.panel == "effect of removing frictions, random economies"
    assert len(output.ticks[0]) == frictions.path_coordinates(case)["effect"].size


def test_a_single_value_is_a_marker_with_its_interval_and_none_has_no_entry():
    run = run_of({"a": {"share": SHARE}, "b": {"share": SHARE}, "c": {"share": SHARE}})
    run.data["b", "share"][..., [0, 1, 3, 4]] = np.nan
    run.data["c", "share"][:] = np.nan
    (axis,) = curves.curves(run, [])[0]().axes
    assert list(looks(axis))[:2] == ["a", "b"]
    assert "c" not in looks(axis)
    whole, single = (next(line for line in axis.lines if line.get_label() == name) for name in "ab")
    assert whole.get_marker() == "None"
    assert (single.get_marker() != "None", single.get_markevery()) == (True, [2])
    band = band_at_end(run, run.study.points[1], "share")
    (bar,) = axis.containers[0].lines[2][0].get_segments()
    assert bar.tolist() == [[0.5, pytest.approx(band.low[2])], [0.5, pytest.approx(band.high[2])]]


@pytest.mark.parametrize(
    ("places", "scale"),
    [
        ([1, 2, 3, 5, 8, 20, 50, 100, 1000, 10000], "log"),
        (np.linspace(0.01, 1.0, 40), "linear"),
        ([0, 1, 10, 100, 1000], "linear"),
        (np.arange(1, 201), "linear"),
        ([1, 2, 4, 8], "log"),
    ],
)
def test_places_over_decades_are_on_a_log_axis(places, scale):
    assert look.scale(np.array(places, dtype=float)) == scale


def test_a_branch_that_is_left_is_dashed_and_those_returned_to_are_solid():
    kinds = {"lowest": False, "saddle": True, "highest": False}
    branches = {
        name: Output(("time", "skill"), name, panel="rest", unstable=unstable) for name, unstable in kinds.items()
    }
    (axis,) = curves.curves(run_of({"a": {"share": SHARE} | branches}), [])[0]().axes[1:]
    assert [looks(axis)[name][1] for name in kinds] == ["-", "--", "-"]
    two = curves.curves(run_of({"a": branches, "b": branches}), [])[0]().axes[0]
    assert [looks(two)[f"{name}, a"][1] for name in kinds] == ["-", "--", "-."]


def test_experiments_say_which_branches_are_unstable():
    for name, unstable in (("faults_loop", {"saddle"}), ("multiplicity", {"unstable"})):
        experiment = load(name)
        arm = next(iter(experiment.arms))
        found = experiment.outputs(case(name, arm)).items()
        assert {key for key, output in found if output.unstable} == unstable
