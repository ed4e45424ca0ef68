"""Figures along the axes of a grid: panels that are told apart, claims that are named, intervals that are seen."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from support import figures
from support.memory_run import MemoryRun

from mfsolve.experiments.experiment import Output, Views
from mfsolve.inference.estimate import Estimate, Method, student_quantile
from mfsolve.report import look
from mfsolve.report.views import estimates, grid, lines, orders
from mfsolve.report.views.lines import LIGHT
from mfsolve.study.statistics.estimate_spec import EstimateSpec
from mfsolve.study.statistics.order_estimands import AlongAxis

SIZES = [10.0, 20.0, 40.0]
OUTPUTS = {"loss": Output(("time",), "loss of quality"), "error": Output(("time",), "error", "m")}


def run_of(specs, arms=("one", "two"), axes=None):
    run = MemoryRun(
        dict.fromkeys(arms, OUTPUTS),
        path="time",
        sizes={"time": np.arange(3.0)},
        axes=axes or {"population.creators": SIZES},
        views=Views(limit="limit"),
    )
    run.study.estimates = [EstimateSpec(**spec) for spec in specs]
    return run


def spec(name, arm="one", quantity="loss", **more):
    return {"name": name, "arm": arm, "quantity": quantity, **more}


def row(of, value, half=0.1, place="", **more):
    estimate = Estimate(value, 1.0, value - half, value + half, 0.9, 8, Method.STUDENT)
    named = dict.fromkeys(("claimed", "allowed", "stated", "mean_field", "predicted", "published"))
    return SimpleNamespace(
        name=of.name, arm=of.arm, place=place, estimate=estimate, **({"limit": "mean field"} | named | more)
    )


def drawn(run, rows):
    (page,) = grid.grid(run, rows)
    return page()


def rows_of(run, value=0.5, **more):
    return [row(of, value + k, **more) for of in run.study.estimates for k in range(len(SIZES))]


def colours(axis):
    return {bars.get_label(): bars.lines[0].get_color() for bars in axis.containers}


def test_panels_of_one_quantity_are_told_apart_by_their_rows_names():
    names = ["loss at first, {}", "loss at the end, {}"]
    run = run_of([spec(name.format(arm), arm, at=at) for name, at in zip(names, (1.0, 2.0)) for arm in ("one", "two")])
    titles = [axis.get_title() for axis in drawn(run, rows_of(run)).axes]
    assert titles == ["loss at first", "loss at the end"]


def test_panels_whose_rows_names_say_the_same_tell_what_is_estimated():
    run = run_of([spec(f"{arm}, {at:g}", arm, at=at) for at in (1.0, 2.0) for arm in ("one", "two")])
    run.study.estimates = [e.model_copy(update={"name": f"{e.arm} {k}"}) for k, e in enumerate(run.study.estimates)]
    titles = [axis.get_title() for axis in drawn(run, rows_of(run)).axes]
    assert titles == ["loss of quality, at time 1", "loss of quality, at time 2"]


@pytest.mark.parametrize(
    ("allowed", "published", "text"),
    [
        ((-math.inf, 0.5), None, "claimed at most"),
        ((0.3, math.inf), 0.4, "claimed at least"),
        ((0.3, 0.5), None, "theory"),
        ((0.3, 0.5), 0.4, "given"),
        (None, None, "theory"),
    ],
)
def test_a_claim_is_called_what_it_is(allowed, published, text):
    run = run_of([spec("loss, one")])
    rows = rows_of(run)
    for each in rows:
        each.claimed, each.allowed, each.published = 0.4, allowed, published
    assert text in drawn(run, rows).axes[0].get_legend_handles_labels()[1]


def test_what_is_claimed_of_a_later_line_has_its_entry():
    run = run_of([spec("loss, one"), spec("loss, two", "two")])
    rows = rows_of(run)
    for each in rows[3:]:
        each.claimed, each.mean_field = 0.4, 0.45
    texts = drawn(run, rows).axes[0].get_legend_handles_labels()[1]
    assert sorted(texts) == ["mean field", "one", "theory", "two"]


@pytest.mark.parametrize("other", [0.4, 0.7])
def test_claims_that_differ_have_the_colours_of_their_lines(other):
    run = run_of([spec("loss, one"), spec("loss, two", "two")])
    rows = rows_of(run)
    for k, each in enumerate(rows):
        each.claimed, each.allowed = (0.4 if k < 3 else other), (0.3, 0.8)
    axis = drawn(run, rows).axes[0]
    claims = [line for line in axis.lines if line.get_linestyle() == "--" and len(line.get_xdata())]
    found = [line.get_color() for line in claims]
    assert found == (["black"] if other == 0.4 else list(colours(axis).values()))
    areas = [c for c in axis.collections if c.get_alpha() == LIGHT and c.get_label().startswith("_")]
    assert len(areas) == len(claims)  # the same allowance is not laid over itself


@pytest.mark.parametrize(
    ("allowed", "ends"),
    [((-math.inf, 0.4), (None, 0.4)), ((0.3, math.inf), (0.3, None)), ((0.3, 0.8), (0.3, 0.8))],
)
def test_what_a_claim_allows_is_filled_to_the_end_of_the_panel_and_named(allowed, ends):
    run = run_of([spec("loss, one")])
    rows = rows_of(run, stated=tuple(x if math.isinf(x) else 0.35 for x in allowed))
    for each in rows:
        each.claimed, each.allowed = 0.35, allowed
    axis = drawn(run, rows).axes[0]
    low, high = (x if x is not None else limit for x, limit in zip(ends, axis.get_ylim()))
    (near,) = [c for c in axis.collections if c.get_alpha() == LIGHT and c.get_label().startswith("_")]
    heights = near.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (low, high)
    names = ["differs by less than matters", *(["as claimed"] if math.inf in map(abs, allowed) else [])]
    assert [text for text in axis.get_legend_handles_labels()[1] if text in ("as claimed", names[0])] == names


def test_a_claim_at_one_place_only_is_seen():
    run = run_of([spec("loss, one"), spec("loss, two", "two")])
    rows = rows_of(run)
    rows[1].claimed = 0.4
    (line,) = (m for m in drawn(run, rows).axes[0].lines if m.get_marker() == "_" and m.get_linestyle() == "--")
    assert line.get_xydata().tolist() == [[SIZES[1], 0.4]]


def test_no_line_covers_the_intervals_of_another():
    run = run_of([spec("loss, one"), spec("loss, two", "two")])
    for half, count in ((0.1, 6), (0.0, 3)):
        axis = drawn(run, rows_of(run, half=half)).axes[0]
        places = {x for bars in axis.containers for x in bars.lines[0].get_xdata()}
        assert len(places) == count
        assert all(min(abs(x - size) for size in SIZES) < 0.02 * 30.0 for x in places)


def test_markers_and_colours_mean_the_same_in_all_panels():
    run = run_of([spec("loss, one"), spec("loss, two", "two"), spec("error, two", "two", "error")])
    run.study.estimates += [EstimateSpec(**spec("error, one", "one", "error"))]
    first, second = drawn(run, rows_of(run)).axes
    looks = [
        {bars.get_label(): (bars.lines[0].get_color(), bars.lines[0].get_marker()) for bars in axis.containers}
        for axis in (first, second)
    ]
    assert looks[0] == looks[1]
    assert len(set(looks[0].values())) == 2


def test_places_have_one_look_in_all_panels():
    axes = {"population.creators": [10, 10, 20, 20], "parameters.cost": [1, 2, 1, 2]}
    run = run_of([spec("loss"), spec("error", quantity="error")], ["one"], axes)
    rows = [row(of, 0.5, place="x") for of in run.study.estimates for _ in range(4)]
    first, second = drawn(run, rows).axes
    assert colours(first) == colours(second)
    assert set(colours(first)) == {"cost = 1", "cost = 2"}


def test_the_only_line_of_a_panel_has_no_arms_colour():
    run = run_of([spec("loss", "two")])
    assert set(colours(drawn(run, rows_of(run)).axes[0]).values()) == {look.COLOURS[9]}


@pytest.mark.parametrize(("low", "high"), [(np.nan, np.nan), (0.1, np.inf)])
def test_no_interval_is_no_bar_and_not_one_of_no_width(low, high):
    found = estimates.error_of(SimpleNamespace(value=0.5, low=low, high=high))
    assert np.isnan(found).all()
    assert estimates.error_of(SimpleNamespace(value=0.5, low=0.5, high=0.5)) == (0.0, 0.0)


DATA = AlongAxis(SIZES, np.array(SIZES), np.array([0.1, 0.01, 1e-3]), np.array([0.01, 1e-3, 5e-3]), 6)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_magnitudes_have_students_interval_on_the_scale_of_the_fit(level):
    below, above = orders.bars(DATA, level)
    ends = np.log([(DATA.magnitude - below) / DATA.magnitude, (DATA.magnitude + above) / DATA.magnitude])
    expected = student_quantile(level, 5) * DATA.standard_error / DATA.magnitude
    np.testing.assert_allclose(ends, [-expected, expected], rtol=1e-6)
    solved = AlongAxis(SIZES, DATA.fineness, DATA.magnitude, DATA.standard_error, None)
    assert np.isnan(orders.bars(solved, level)).all()


@pytest.mark.parametrize(("predicted", "entries"), [((1.0, 1.0), ["theory 1"]), ((1.0, 2.0), ["theory"])])
def test_theories_are_said_and_a_long_bar_does_not_stretch_the_axis(predicted, entries, monkeypatch):
    monkeypatch.setattr(orders, "magnitudes", lambda run, spec, place: DATA)
    run = run_of([spec("order", statistic="scaling", axis="population.creators")], ["one"])
    monkeypatch.setattr(orders, "places_of", lambda run, spec: [{"a": 1}, {"a": 2}])
    of = run.study.estimates[0]
    rows = [row(of, 3.0, place=f"a = {k}", predicted=p) for k, p in enumerate(predicted, start=1)]
    axis = drawn(run, rows).axes[0]
    texts = axis.get_legend_handles_labels()[1]
    assert [text for text in texts if text.startswith("theory")] == entries
    theories = [f", theory {p:g}" if len(entries[0]) == 6 else "" for p in predicted]
    assert [text for text in texts if text.startswith("a = ")] == [
        f"a = {k}: power 3.00 [2.90, 3.10]{theory}" for k, theory in enumerate(theories, start=1)
    ]
    low, high = axis.get_ylim()
    assert (low, high) == (pytest.approx(1e-4, rel=0.5), pytest.approx(1.0, rel=0.7))
    assert not [text for text in map(figures.one_line, (t.get_text() for t in axis.get_xticklabels())) if "e+" in text]


@pytest.mark.parametrize(
    ("statistic", "low", "high", "said"),
    [
        ("order", np.nan, np.nan, "order 3, no interval"),
        ("scaling", np.nan, np.nan, "power 3, no interval"),
        ("order", 2.9, 3.1, "order 3.00 [2.90, 3.10]"),
        ("bias_order", 2.9, np.inf, "order 3.00 [2.90, inf)"),
    ],
)
def test_a_legend_says_what_was_measured_and_no_interval_that_is_none(statistic, low, high, said, monkeypatch):
    monkeypatch.setattr(orders, "magnitudes", lambda run, spec, place: DATA)
    run = run_of([spec("order", statistic=statistic, axis="population.creators")], ["one"])
    monkeypatch.setattr(orders, "places_of", lambda run, spec: [{}])
    found = row(run.study.estimates[0], 3.0)
    found.estimate = replace(found.estimate, low=low, high=high)
    texts = drawn(run, [found]).axes[0].get_legend_handles_labels()[1]
    assert [text.partition(": ")[2] for text in texts if ": " in text] == [said]


@pytest.mark.parametrize(
    ("x", "text"), [(1e-5, "$10^{-5}$"), (2e6, r"$2\times10^{6}$"), (0.01, "0.01"), (1e5, "100000")]
)
def test_long_numbers_are_powers_of_ten(x, text):
    _, axes = look.new_figure(1, 1, 3.0, 3.0)
    axis = axes[0, 0]
    axis.set(xscale="log", xlim=(0.5 * x, 5.0 * x))
    look.plain_ticks(axis)
    assert axis.xaxis.get_major_formatter()(x) == text


def test_panels_of_one_quantity_have_one_scale_and_zeros_are_seen():
    run = run_of([spec(f"loss, {at:g}", at=at) for at in (1.0, 2.0)], axes={"population.creators": [1.0, 10.0, 100.0]})
    values = [0.5, 0.5, 0.4, 0.5, 0.01, 0.0]
    rows = [row(of, 0.0) for of in run.study.estimates for _ in range(3)]
    rows = [replace_value(one, value) for one, value in zip(rows, values)]
    axes = drawn(run, rows).axes
    assert [axis.get_yscale() for axis in axes] == ["symlog", "symlog"]
    assert axes[0].yaxis.get_transform().linthresh == axes[1].yaxis.get_transform().linthresh == 0.01


def replace_value(row, value):
    row.estimate = replace(row.estimate, value=value, low=max(0.0, value - 0.1), high=value + 0.1)
    return row


def test_the_axis_of_most_numbers_is_across_and_two_numbers_are_places_apart():
    places = [(a, n) for a in (1.5, 3.0) for n in SIZES]
    axes = {"parameters.exponent": [a for a, _ in places], "population.creators": [n for _, n in places]}
    run = run_of([spec("loss, one")], axes=axes)
    run.study.axes = {"parameters.exponent": [1.5, 3.0], "population.creators": SIZES}
    rows = [row(run.study.estimates[0], k / 10.0) for k in range(6)]
    (axis,) = drawn(run, rows).axes
    assert axis.get_xlabel() == "creators"
    assert [bars.get_label() for bars in axis.containers] == ["exponent = 1.5", "exponent = 3"]

    run = run_of([spec("loss, one")], axes={"parameters.exponent": [1.5, 3.0]})
    (axis,) = drawn(run, [row(run.study.estimates[0], k / 10.0) for k in range(2)]).axes
    assert [text.get_text() for text in axis.get_xticklabels()] == ["1.5", "3"]
    assert axis.containers[0].lines[0].get_linestyle() == "None"


@pytest.mark.parametrize(
    ("shape", "parts"), [((2, 4), [4, 4]), ((10, 1), [5, 5]), ((2, 3), [6]), ((4, 2), [4, 4]), ((1, 8), [4, 4])]
)
def test_lines_of_one_place_are_not_torn_between_panels(shape, parts):
    found = [lines.Line(None, "", {"a": a, "b": b}, []) for a in range(shape[0]) for b in range(shape[1])]
    panels = lines._parted(found[::2] + found[1::2])
    assert sorted(map(len, panels)) == parts
    assert len({(line.place["a"], k) for k, panel in enumerate(panels) for line in panel}) == max(shape[0], len(panels))


@pytest.mark.parametrize(("statistic", "low", "zero"), [("difference", -0.3, 1), ("mean", -0.3, 1), ("mean", 0.0, 0)])
def test_panels_of_both_signs_have_a_line_at_zero(statistic, low, zero):
    more = {"baseline": "two"} if statistic == "difference" else {}
    run = run_of([spec("loss, one", statistic=statistic, **more)])
    (axis,) = drawn(run, rows_of(run, low)).axes
    assert sum(list(line.get_ydata()) == [0.0, 0.0] for line in axis.lines) == zero
