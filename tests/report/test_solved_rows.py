"""Rows without randomness: one number whatever the replicates, with proved bounds where the arm proves them."""

import numpy as np
import pytest
from support.memory_run import MemoryRun

from mfsolve.experiments.experiment import Output
from mfsolve.inference import intervals
from mfsolve.inference.verdicts import Question, Verdict, judge
from mfsolve.report import rows, tables
from mfsolve.report.sample import Stored
from mfsolve.study.statistics.estimate_spec import EstimateSpec

SOLVED = {
    "root": Output((), "a root", within=("low", "high")),
    "low": Output((), "below it"),
    "high": Output((), "above it"),
    "count": Output((), "a count"),
}
VALUES = {"root": 2.0, "low": 1.9, "high": 2.25, "count": 4.0}


class Run(MemoryRun):
    """Two arms at three places; what is solved is smaller at a larger n, and twice as large in `other`."""

    def __init__(self):
        drawn = {"drawn": Output((), "a draw")}
        super().__init__(
            {"one": drawn, "other": drawn},
            {"one": SOLVED, "other": SOLVED},
            path=None,
            sizes={},
            replicates=8,
            axes={"n": [1, 2, 4]},
        )
        self.study.ensemble.level = 0.9

    def values(self, point, name):
        if name in VALUES:
            return np.full(1, VALUES[name] * (2.0 if point.arm == "other" else 1.0) / point.coordinates["n"])
        return np.arange(8.0)


def row(quantity, **more):
    """The estimate as the report makes it, and whether its row is marked."""
    spec = EstimateSpec(name="x", quantity=quantity, **{"policy": "one"} | more)
    (place,) = [p for p in rows.places_of(Run(), spec) if p.get("n", 1) == 1]
    sample = Stored(Run(), spec, place)
    return rows._estimate(sample), sample.is_solved()


def test_copies_of_one_number_are_no_sample():
    estimate, marked = row("count")
    assert (estimate.value, estimate.low, estimate.high, estimate.replicates) == (4.0, 4.0, 4.0, 1)
    assert estimate.to_dict()["method"] == "deterministic"
    assert marked


def test_a_number_with_proved_bounds_has_them_as_its_interval():
    estimate, _ = row("root")
    assert (estimate.value, estimate.low, estimate.high, estimate.standard_error) == (2.0, 1.9, 2.25, 0.0)


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ({"statistic": "difference", "baseline": "other"}, -4.0),
        ({"statistic": "gain", "baseline": "other"}, -0.5),
        ({"statistic": "share", "trials": "high"}, 4.0 / 2.25),
        ({"statistic": "quantile", "probability": 0.5}, 4.0),
    ],
)
def test_statistics_of_exact_numbers_are_exact(more, value):
    estimate, marked = row("count", **more)
    assert (estimate.value, estimate.low, estimate.high) == (value, value, value)
    assert marked


def test_an_order_along_exact_numbers_is_marked_and_keeps_the_interval_of_its_fit():
    estimate, marked = row("root", statistic="scaling", axis="n")
    assert marked
    assert estimate.value == pytest.approx(1.0)
    assert estimate.low < estimate.value < estimate.high


def test_what_is_drawn_is_a_sample_as_before():
    estimate, marked = row("drawn")
    assert estimate == intervals.mean(np.arange(8.0), 0.9)
    assert not marked
    mixed = EstimateSpec(name="x", quantity="count", statistic="share", trials="drawn", policy="one")
    assert not Stored(Run(), mixed, {"n": 1}).is_solved()


@pytest.mark.parametrize(
    "more",
    [
        {"statistic": "order", "axis": "n"},
        {"statistic": "scaling", "axis": "n"},
        {"statistic": "share", "trials": "trials"},
        {"statistic": "mean"},
        {"statistic": "gain", "baseline": "other"},
    ],
)
@pytest.mark.parametrize("replicates", [1, 2])
def test_one_replicate_of_what_is_random_has_no_verdict(more, replicates):
    """Sizes on a line, a hundred trials, a support that is known: all of them within one replicate."""
    drawn = {"hits": Output((), "hits", support=(0.0, 90.0)), "trials": Output((), "trials")}
    run = MemoryRun({"one": drawn, "other": drawn}, path=None, sizes={}, replicates=replicates, axes={"n": [1, 2, 4]})
    run.values = lambda point, name: (90.0 if name == "hits" else 100.0) + np.zeros(replicates)
    spec = EstimateSpec(name="x", quantity="hits", published=0.9, **{"policy": "one"} | more)
    run.study.estimates = [spec]
    found = rows.estimated(Stored(run, spec, {} if "axis" in more else {"n": 1}))
    (answer,) = judge([Question(found, 1e-9, np.inf, 0.0)])
    if replicates == 1:
        assert np.isnan(found.half_width)
        assert found.note
        assert answer.verdict is Verdict.CANNOT_TELL
    elif more["statistic"] in ("share", "mean"):
        assert not np.isnan(found.half_width)


def test_the_table_says_so():
    found = {
        "name": "root", "place": "", "statistic": "mean", "published": None, "predicted": None, "mean_field": None,
        "verdict": None, "percent": False, "note": None, "allowed": None, "deterministic": True, "calibrated": False,
        "estimate": row("root")[0].to_dict(),
    }  # fmt: skip
    titles, lines = tables.grid([found], 0.95)
    assert lines[0][titles.index("replicates")] == "deterministic"
    assert lines[0][titles.index("95 % interval")] == "[1.90, 2.25]"
    assert "encloses" in tables.markdown([found], 0.95)
    assert "encloses" not in tables.markdown([found | {"deterministic": False}], 0.95)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ((2.2, 2.4), Verdict.SUPPORTED),
        ((2.25, 2.25), Verdict.SUPPORTED),
        ((2.26, 3.0), Verdict.CONTRADICTED),
        ((0.0, 1.89), Verdict.CONTRADICTED),
    ],
)
def test_a_proved_bound_either_allows_a_claim_or_not(claim, verdict):
    estimate = intervals.deterministic(2.0, 1.9, 2.25)
    assert judge([Question(estimate, *claim, 0.4)])[0].verdict is verdict
    assert judge([Question(estimate, 2.0, 2.0, 0.01)])[0].verdict is Verdict.CANNOT_TELL


@pytest.mark.parametrize("bounds", [(2.1, 3.0), (1.0, 1.9), (float("-inf"), 3.0), (float("nan"), 3.0)])
def test_bounds_that_do_not_enclose_the_number_are_refused(bounds):
    with pytest.raises(ValueError, match="low and high"):
        intervals.deterministic(2.0, *bounds)
