"""Intervals of figures are those of the table: one estimator for rows, bands and bars, and nothing beyond a support."""

import numpy as np
import pytest
from scipy import stats
from support.cases import case, outputs
from support.memory_run import MemoryRun

from mfsolve.experiments import load
from mfsolve.experiments.experiment import Output, Views
from mfsolve.inference import intervals
from mfsolve.report.rows import estimated
from mfsolve.report.sample import Stored
from mfsolve.report.views import bars, curves, estimates, tradeoff
from mfsolve.study.statistics.estimate_spec import EstimateSpec

UNIT, REPLICATES = (0.0, 1.0), 6
SKILL = np.linspace(0.0, 1.0, 5)
OUTPUTS = {
    "rare": Output(("time", "skill"), "probability", support=UNIT),
    "free": Output(("time", "skill"), "anything"),
    "density": Output(("time", "skill"), "density", lowest=0.0),
    "covered": Output(("time",), "share covered", support=UNIT),
    "held": Output(("time",), "share held", support=UNIT),
    "whole": Output((), "sum", support=UNIT),
}
SIZES = {"time": np.arange(3.0), "skill": SKILL}


@pytest.fixture
def run():
    """Six replicates: events, of which Student's interval reaches from below 0 to beyond 1."""
    views = Views(tradeoff=("covered", "held"), bars=(("whole", 1.0, "sum"), ("whole", 1.0, "all of it")))
    run = MemoryRun(dict.fromkeys("ab", OUTPUTS), path="time", sizes=SIZES, replicates=REPLICATES, views=views)
    event = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    for arm in "ab":
        turned = event if arm == "a" else event[::-1]
        run.data[arm, "rare"] = np.broadcast_to(turned[:, None, None], (6, 3, 5)).copy()
        run.data[arm, "covered"] = run.data[arm, "held"] = np.broadcast_to(turned[:, None], (6, 3))
        run.data[arm, "whole"] = turned
        run.data[arm, "density"] = np.abs(run.data[arm, "density"])
    yield run
    from matplotlib import pyplot as plt

    plt.close("all")


def row_of(run, name, arm="a", **more):
    return estimated(Stored(run, EstimateSpec(name="row", quantity=name, arm=arm, **more), {}))


def test_a_band_has_the_ends_that_the_row_would_have(run):
    band = estimates.band_at_end(run, run.study.points[0], "rare")
    row = row_of(run, "covered")  # the same replicates
    assert (band.mean, band.low, band.high) == tuple(pytest.approx(np.full(5, x)) for x in (0.5, row.low, row.high))
    student = stats.t.ppf(0.975, REPLICATES - 1) * stats.sem(run.data["a", "covered"][:, -1])
    assert 0.5 - student < 0.0 < row.low < row.high < 1.0 < 0.5 + student


def test_a_band_without_a_support_is_students_where_no_place_speaks_against_it(run):
    values = np.array([-3.0, -1.0, -0.5, 0.5, 1.0, 3.0])[:, None] * np.arange(1.0, 6.0)
    run.data["a", "free"][:, -1] = values
    band = estimates.band_at_end(run, run.study.points[0], "free")
    half = stats.t.ppf(0.975, 5) * stats.sem(values, axis=0)
    np.testing.assert_allclose([band.mean, band.high - band.mean], [np.zeros(5), half], rtol=1e-11, atol=1e-14)


def test_a_band_has_one_method_along_a_curve(run):
    values = np.array([-3.0, -1.0, -0.5, 0.5, 1.0, 3.0])[:, None] * np.ones(5)
    values[:, 2] = [0.0, 0.0, 0.0, 0.0, 0.1, 6.0]
    run.data["a", "free"][:, -1] = values
    band = estimates.band_at_end(run, run.study.points[0], "free")
    rows = [intervals.mean(values[:, k], 0.95) for k in range(5)]
    assert [str(row.method) == "Student t" for row in rows] == [True, True, False, True, True]
    again = [intervals.mean(values[:, k], 0.95, method=rows[2].method) for k in range(5)]
    np.testing.assert_array_equal([band.low, band.high], [[row.low for row in again], [row.high for row in again]])


@pytest.mark.parametrize("independent", [True, False])
def test_a_curve_of_shares_has_the_binomial_band_of_its_trials(run, independent):
    run.outputs["drawn"]["a"] = {
        "rare": Output(("time", "skill"), "share", support=UNIT, trials=200.0, independent_trials=independent)
    }
    hits = np.array([[0, 0, 1, 40, 200]] * 3 + [[0, 1, 0, 60, 200]] * 3, dtype=float)
    run.data["a", "rare"] = np.repeat(hits[:, None] / 200.0, 3, axis=1)
    band = estimates.band_at_end(run, run.study.points[0], "rare")
    rows = [intervals.share(hits[:, k], np.full(6, 200.0), 0.95, independent=independent) for k in range(5)]
    np.testing.assert_array_equal([band.low, band.high], [[row.low for row in rows], [row.high for row in rows]])
    assert band.high[0] == pytest.approx(1.0 - 0.025 ** (1 / 1200))


def test_places_are_read_in_pieces(run, monkeypatch):
    whole = estimates.band_at_end(run, run.study.points[0], "free")
    monkeypatch.setattr(estimates, "MOST_NUMBERS", 2 * REPLICATES)
    pieces = estimates.band_at_end(run, run.study.points[0], "free")
    assert all(np.array_equal(one, two) for one, two in zip(whole, pieces))


def test_a_study_that_stops_by_itself_has_intervals_for_that(run):
    run.study.ensemble.half_width = 0.3
    band, row = estimates.band_at_end(run, run.study.points[0], "rare"), row_of(run, "covered")
    assert (band.low[0], band.high[0]) == (row.low, row.high)
    run.study.ensemble.half_width = None
    assert row_of(run, "covered").low > row.low


@pytest.mark.parametrize("name", ["free", "rare"])
def test_one_replicate_has_no_band(name):
    run = MemoryRun({"a": OUTPUTS}, path="time", sizes=SIZES, replicates=1)
    band = estimates.band_at_end(run, run.study.points[0], name)
    np.testing.assert_array_equal(band.mean, run.data["a", name][0, -1])
    assert not band.differs


def test_what_is_solved_has_no_band():
    run = MemoryRun({}, {"a": OUTPUTS}, path="time", sizes=SIZES)
    assert not estimates.band_at_end(run, run.study.points[0], "rare").differs


def test_curves_keep_within_what_values_can_be(run):
    run.data["a", "rare"][:3, :, 1] = 0.25  # a panel that is one number everywhere is left out
    drawing = curves.curves(run, [])[0]()
    drawn = {axis.get_ylabel(): axis for axis in drawing.axes if axis.get_visible()}
    ends = {
        name: np.concatenate([path.vertices[:, 1] for area in axis.collections for path in area.get_paths()])
        for name, axis in drawn.items()
    }
    assert 0.0 <= ends["probability"].min() < 0.5 < ends["probability"].max() <= 1.0
    assert ends["density"].min() >= 0.0
    assert ends["anything"].min() < 0.0


def test_bars_and_aims_have_the_intervals_of_their_rows(run):
    drawn = bars.bars(run, []).axes[0].containers[-1].lines[2][0].get_segments()
    row = row_of(run, "whole")
    assert sorted(y for _, y in drawn[0]) == pytest.approx([row.low, row.high])
    axis = tradeoff.tradeoff(run, []).axes[0]
    row = row_of(run, "covered")
    for bar in axis.containers[0].lines[2]:
        found = np.array(bar.get_segments()[0])
        along = int(np.ptp(found[:, 1]) > 0)
        assert sorted(found[:, along]) == pytest.approx([row.low, row.high])


@pytest.mark.parametrize("shared", ["policies", "none"])
def test_differences_are_paired_where_arms_share_random_numbers(run, shared):
    run.study.ensemble.common_random_numbers = shared
    a, b = run.study.points
    found = estimates.estimate_at_end(run, a, "covered", b)
    row = row_of(run, "covered", statistic="difference", baseline="b")
    assert (found.value, found.low, found.high) == (row.value, row.low, row.high)
    assert -1.0 <= found.low < found.high <= 1.0
    assert str(found.method) == ("Gaffke bound" if shared == "policies" else str(row.method))


@pytest.mark.parametrize(
    ("experiment", "rule", "name", "population"),
    [
        ("uniqueness", "random", "several_by_spread", {"economies": 30, "contrasted": 100, "checked": 0}),
        ("lineage", "exchange", "credited", {"items": 70, "reference": 70}),
    ],
)
def test_what_an_experiment_calls_a_share_of_trials_is_one(experiment, rule, name, population):
    here = case(experiment, rule, population=population)
    trials = load(experiment).outputs(here)[name].trials
    successes = outputs(experiment, here)[name] * trials
    np.testing.assert_allclose(successes, np.round(successes), rtol=0, atol=1e-12 * trials)
    assert trials in (30.0, 70.0)
