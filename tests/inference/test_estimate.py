"""The record of an estimate, the checks of samples, and quantiles and tails of t: at their bounds, and word by word."""

import dataclasses
import json
import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference import estimate
from mfsolve.inference.estimate import Estimate, Method

EPS = np.finfo(float).eps


def test_a_record_holds_every_field_but_the_tail():
    found = Estimate(2.0, 0.5, 1.0, math.inf, 0.9, 7, Method.WELCH, note="few", tail=math.sqrt)
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record == {
        "value": 2.0, "standard_error": 0.5, "low": 1.0, "high": None, "level": 0.9, "replicates": 7, "method": "Welch t",
        "degrees_of_freedom": None, "prior_replicates": None, "note": "few",
    }  # fmt: skip
    assert type(record["method"]) is type(found.to_dict()["method"]) is str
    assert found.half_width == math.inf
    assert Estimate(2.0, 0.5, 1.0, 4.5, 0.9, 7, Method.WELCH).half_width == 1.75
    assert "sqrt" not in repr(found)


def test_records_of_the_same_are_equal_whatever_is_no_number():
    ends = float("nan"), -float("nan")  # other objects, with other bits
    first, second = (Estimate(2.0, end, end, 3.0, 0.9, 7, Method.WELCH, tail=lambda x: x) for end in ends)
    assert first == second
    assert first in {first}  # may be kept in sets
    for name, value in (("value", math.nan), ("low", 1.0), ("high", 3.5), ("replicates", 8), ("note", "few")):
        assert dataclasses.replace(first, **{name: value}) != first
    assert first != (2.0,)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], r"x: an array of shape \(0,\) given; allowed: a non-empty vector"),
        (1.0, r"x: an array of shape \(\) given; allowed: a non-empty vector"),
        ([[1.0]], r"x: an array of shape \(1, 1\) given; allowed: a non-empty vector"),
        ([1.0, math.nan, math.inf], r"x\[1\]: nan given; allowed: finite numbers"),
        ([-math.inf], r"x\[0\]: -inf given; allowed: finite numbers"),
        (["a"], r"x: \['a'\] given; allowed: numbers"),
    ],
)
def test_what_is_no_finite_vector_is_refused_by_name(values, words):
    with pytest.raises(ValueError, match=words):
        estimate.finite_vector("x", values)


def test_a_finite_vector_is_of_floats():
    found = estimate.finite_vector("x", [1, 2])
    assert (found.dtype, found.tolist()) == (np.float64, [1.0, 2.0])


@pytest.mark.parametrize("value", [0.0, 1.0, -0.1, 1.1, math.nan])
def test_what_is_no_probability_is_refused_by_name(value):
    with pytest.raises(ValueError, match=rf"q: {value} given; allowed: \(0, 1\)"):
        estimate.check_probability("q", value)
    for inside in (5e-324, 0.5, 1 - EPS):
        estimate.check_probability("q", inside)


def test_samples_are_equal_up_to_eight_roundings_of_their_size():
    for size in (1.0, 2.0**-60, -(2.0**60)):
        assert estimate.all_equal(size * np.array([1.0, 1.0 - 8 * EPS, 1.0])) is True
        assert estimate.all_equal(size * np.array([1.0, 1.0 - 9 * EPS, 1.0])) is False
    assert estimate.all_equal(np.array([0.0, 8 * EPS]), 1.0) is True
    assert estimate.all_equal(np.array([0.0, 8 * EPS])) is False
    assert estimate.all_equal(np.array([0.0, 9 * EPS]), 1.0) is False
    assert estimate.all_equal(np.array([4.0, 4.0 - 16 * EPS]), 1.0) is True
    assert estimate.all_equal(np.zeros(3)) is True


def test_moments_are_exact_where_all_are_equal():
    assert estimate.moments(np.full(10, 0.1)) == (0.1, 0.0)
    value, variance = estimate.moments(np.array([0.3]))
    assert (value, math.isnan(variance)) == (0.3, True)
    values = np.array([1.0, 2.0, 4.0, 1.0])
    assert estimate.moments(values) == (2.0, pytest.approx(2.0, rel=1e-14))
    assert estimate.moments(np.array([1.0, 2.0])) == (1.5, 0.5)


def test_lengths_that_differ_are_refused_by_name():
    estimate.same_length("a", np.zeros(2), "b", np.ones(2))
    with pytest.raises(ValueError, match="a, b: lengths 2 and 3 given; allowed: one length"):
        estimate.same_length("a", np.zeros(2), "b", np.zeros(3))


@pytest.mark.parametrize(
    ("a", "m", "b", "n"), [(1.0, 2, 1.0, 2), (0.5, 3, 2.0, 11), (1e-200, 5, 3e-200, 6), (3.0, 4, 0.0, 9)]
)
def test_welchs_degrees_of_freedom(a, m, b, n):
    expected = (a / b + 1) ** 2 / ((a / b) ** 2 / (m - 1) + 1 / (n - 1)) if b else m - 1
    assert estimate.satterthwaite(a, m, b, n) == pytest.approx(expected, rel=1e-12)
    assert estimate.satterthwaite(b, n, a, m) == pytest.approx(expected, rel=1e-12)
    assert estimate.satterthwaite(0.0, m, 0.0, n) == m + n - 2


@pytest.mark.parametrize("statistic", [0.0, 0.7, -2.5, 30.0])
def test_tails_are_two_sided(statistic):
    assert estimate.normal_exceedance(statistic) == pytest.approx(2 * stats.norm.sf(abs(statistic)), rel=1e-12)
    for freedom in (1.0, 2.5, 40.0):
        expected = 2 * stats.t.sf(abs(statistic), freedom)
        assert estimate.student_exceedance(statistic, freedom) == pytest.approx(expected, rel=1e-12)
    assert estimate.student_exceedance(statistic, math.inf) == estimate.normal_exceedance(statistic)


@pytest.mark.parametrize("level", [0.01, 0.5, 0.95, 0.999])
def test_quantiles_leave_the_rest_on_both_sides(level):
    assert estimate.normal_quantile(1 - level) == pytest.approx(stats.norm.ppf((1 + level) / 2), rel=1e-12)
    assert estimate.student_quantile(level, math.inf) == pytest.approx(stats.norm.ppf((1 + level) / 2), rel=1e-12)
    for freedom in (1.0, 2.5, 40.0):
        quantile = estimate.student_quantile(level, freedom)
        assert estimate.student_exceedance(quantile, freedom) == pytest.approx(1 - level, rel=1e-9)
