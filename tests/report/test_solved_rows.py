"""Rows without randomness: one number whatever the replicates, with proved bounds where the model gives them."""

from types import SimpleNamespace

import numpy as np
import pytest

from mfsolve.experiments.experiment import Variable
from mfsolve.inference import intervals
from mfsolve.inference.simultaneous import Verdict, judge
from mfsolve.report import deterministic, tables
from mfsolve.report import rows as estimates
from mfsolve.study.settings import EstimateSpec

PATH = ("step",)
VARIABLES = {
    "root": Variable(PATH, "a root", exact=True, within=("low", "high")),
    "low": Variable(PATH, "below it", exact=True),
    "high": Variable(PATH, "above it", exact=True),
    "count": Variable(PATH, "a count", exact=True),
    "drawn": Variable(PATH, "a draw"),
    "broken": Variable(PATH, "said to be exact", exact=True),
}
VALUES = {"root": 2.0, "low": 1.9, "high": 2.25, "count": 4.0}


class Run:
    """Eight replicates at the last step of two policies; `other` holds everything twice."""

    def __init__(self):
        model = SimpleNamespace(
            path="step", variables=lambda case: VARIABLES, coordinates=lambda case: {"step": np.arange(2.0)},
            mean_field=None, refined_downward=frozenset(),
        )  # fmt: skip
        points = [
            SimpleNamespace(policy=p, coordinates={"n": n}, case=None) for p in ("one", "other") for n in (1, 2, 4)
        ]
        self.study = SimpleNamespace(
            model=model, points=points, axes={"n": [1, 2, 4]}, policies=["one", "other"],
            ensemble=SimpleNamespace(replicates=8, level=0.9, seed=1, common_random_numbers="policies"),
            find=lambda policy, c: next(p for p in points if p.policy == policy and p.coordinates == c),
            places=lambda: iter([{"n": n} for n in (1, 2, 4)]),
        )  # fmt: skip

    def column(self, point, name, index=-1):
        if name in VALUES:
            return np.full(8, VALUES[name] * (2.0 if point.policy == "other" else 1.0) / point.coordinates["n"])
        return np.arange(8.0)


def row(quantity, **more):
    """The estimate as the report makes it, and whether its row is marked."""
    spec = EstimateSpec(name="x", quantity=quantity, **{"policy": "one"} | more)
    (place,) = [p for p in estimates.places_of(Run(), spec) if p.get("n", 1) == 1]
    return estimates._estimate(Run(), spec, place), deterministic.exact(Run(), spec, place)


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
    assert not deterministic.exact(
        Run(), EstimateSpec(name="x", quantity="count", trials="drawn", policy="one"), {"n": 1}
    )


def test_replicates_that_differ_though_they_should_not_are_an_error():
    with pytest.raises(ValueError, match="broken differs between replicates"):
        row("broken")


def test_the_table_says_so():
    found = {
        "name": "root", "place": "", "statistic": "mean", "published": None, "predicted": None, "mean_field": None,
        "verdict": None, "percent": False, "note": None, "allowed": None, "deterministic": True,
        "estimate": row("root")[0].to_dict(),
    }  # fmt: skip
    titles, lines = tables.grid([found], 0.95)
    assert lines[0][titles.index("replicates")] == "deterministic"
    assert lines[0][titles.index("95 % interval")] == "[1.9, 2.25]"
    assert "encloses" in tables.markdown([found], 0.95)
    assert "encloses" not in tables.markdown([found | {"deterministic": False}], 0.95)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ((2.2, 2.4), Verdict.CONSISTENT), ((2.25, 2.25), Verdict.CONSISTENT), ((2.26, 3.0), Verdict.CONTRADICTED),
        ((0.0, 1.89), Verdict.CONTRADICTED),
    ],
)  # fmt: skip
def test_a_proved_bound_either_allows_a_claim_or_not(claim, verdict):
    estimate = intervals.certain(2.0, 1.9, 2.25)
    assert judge([estimate], [claim], [0.4]) == [verdict]
    assert judge([estimate], [(2.0, 2.0)], [0.01]) == [Verdict.CANNOT_TELL]


@pytest.mark.parametrize("bounds", [(2.1, 3.0), (1.0, 1.9), (float("-inf"), 3.0), (float("nan"), 3.0)])
def test_bounds_that_do_not_enclose_the_number_are_refused(bounds):
    with pytest.raises(ValueError, match="low and high"):
        intervals.certain(2.0, *bounds)
