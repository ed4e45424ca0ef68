"""Numbers as text: estimates and intervals to the same decimal place, two significant digits of the half-width."""

import math

import pytest

from mfsolve.report import numbers


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (46.3333, 41.1, 49.0, "46.3 [41.1, 49.0]"),
        (4.8964, 4.71, 5.0, "4.90 [4.71, 5.00]"),
        (0.021415, 0.0214147741, 0.0214147762, "0.0214150000 [0.0214147741, 0.0214147762]"),
        (1.0688e-6, 3.78e-7, 1.76e-6, "1.07e-06 [0.38e-06, 1.76e-06]"),
        (4296.0, 4272.0, 4321.0, "4296 [4272, 4321]"),
        (1.25e9, 1.2e9, 1.3e9, "1.250e+09 [1.200e+09, 1.300e+09]"),
        (0.2, 0.1, 0.3, "0.20 [0.10, 0.30]"),  # half the width is a power of ten
        (-0.0004, -0.01, 0.0092, "-0.0004 [-0.0100, 0.0092]"),
        (-0.00004, -0.01, 0.0092, "0.0000 [-0.0100, 0.0092]"),  # no sign before a zero
        (0.0, 0.0, 0.26, "0.00 [0.00, 0.26]"),
        (0.3, 0.1, None, "0.30 [0.10, inf)"),
        (0.1, 0.1, None, "0.1000 [0.1000, inf)"),
        (0.1, None, 0.2, "0.10 (-inf, 0.20]"),
        (0.5, None, None, "0.5, no interval"),
        (0.214678, None, None, "0.215, no interval"),  # what is known of it nobody knows
        (4296.1, None, None, "4296.1, no interval"),
        (None, None, None, "–"),
        (0.123456789, 0.123456789, 0.123456789, "0.12346"),
        (0.0, 0.0, 0.0, "0"),
        (0.0, 0.0, 4.8e-6, "0 [0, 4.8e-06]"),
        (6.7e-16, -1e-16, 2e-15, "0 (rounding)"),
        (1e-13, -1.0, 1.0, "0.0 [-1.0, 1.0]"),
        (1.0, 1.0 - 1e-15, 1.0 + 1e-15, "1"),
        (1e308, -1e308, 1e308, "1e+308"),
    ],
)
def test_estimate_and_interval_have_one_decimal_place(value, low, high, expected):
    assert numbers.with_interval({"value": value, "low": low, "high": high}) == expected


@pytest.mark.parametrize(
    ("value", "half", "expected"),
    [
        (-8.4e-6, 0.015, "0.0 %"),
        (0.0123, 0.015, "+1.2 %"),
        (0.00123, 0.015, "+0.1 %"),
        (-0.00123, 0.0015, "-0.12 %"),
        (0.123456, 1e-5, "+12 %"),
        (0.004, 0.4, "0 %"),
        (1.5, 0.4, "+150 %"),
        (0.0123, 0.0, "+1.2 %"),
        (0.0123, math.inf, "+1.2 %"),
    ],
)
def test_a_gap_has_no_digit_that_the_interval_leaves_open(value, half, expected):
    claimed = -0.2
    centre = claimed + value * abs(claimed)
    wide = 0.2 * half
    ends = {"low": centre - wide, "high": centre + wide} if half < math.inf else {"low": centre, "high": None}
    assert numbers.distance(value, {"value": centre, **ends}, claimed) == expected


def test_percent_and_signs():
    found = {"value": 0.2123456, "low": 0.2101, "high": 0.2271}
    assert numbers.with_interval(found, True) == "21.23 % [21.01 %, 22.71 %]"
    assert numbers.with_interval(found, True, True) == "+21.23 % [+21.01 %, +22.71 %]"
    assert numbers.number(0.18333, True) == "18.333 %"
    assert numbers.number(math.nan) == numbers.number(None) == "–"


@pytest.mark.parametrize(
    ("predicted", "stated", "known"),
    [
        (1.5, (1.0, 2.0), True),
        (0.5, (0.01, 0.99), True),
        (1.0, (0.9, 1.1), False),
        (1.0, (1.0, None), False),
        (1.0, (1.0, math.inf), False),
        (0.0, (0.0, 0.0), False),
        (None, (0.0, 1.0), False),
        (1.0, None, False),
    ],
)
def test_a_range_is_told_from_a_tolerance(predicted, stated, known):
    assert numbers.claims_a_range(predicted, stated) is known


@pytest.mark.parametrize(
    ("scale", "text"),
    [
        ({}, "0 (rounding)"),
        ({"scale": 1.0}, "0 (rounding)"),
        ({"scale": 4e-13}, "3.10e-13 [2.90e-13, 3.30e-13]"),
        ({"scale": 0.2}, "3.10e-13 [2.90e-13, 3.30e-13]"),
        ({"scale": 0.5}, "0 (rounding)"),
    ],
)
def test_rounding_is_that_of_the_numbers_behind(scale, text):
    assert numbers.with_interval({"value": 3.1e-13, "low": 2.9e-13, "high": 3.3e-13, **scale}) == text
