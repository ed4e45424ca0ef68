"""Tests of the collapse law: F tests of generalised least squares, whose level holds at few observations."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.collapse_laws import Law, curve
from mfsolve.inference.collapse_paths import Start, paths
from mfsolve.inference.collapse_tests import directions, line_tests
from mfsolve.inference.persistence import autocorrelation_bound

SHARES = (0, 0.25, 0.5, 0.7, 0.85, 0.95, 1)

T = np.arange(13)
RISING = 1 - 0.8**T


def bent(seed, runs, length, coefficient, curve=lambda t: 0.1 * t):
    """Runs with AR(1) errors of standard deviation 0.02."""
    rng = np.random.default_rng([9, seed])
    time = np.tile(np.arange(length), runs)
    root = np.linalg.cholesky(coefficient ** np.abs(np.subtract.outer(np.arange(length), np.arange(length))))
    errors = np.concatenate([root @ rng.normal(size=length) for _ in range(runs)])
    return paths(time, np.minimum(time, 1.0), -curve(time) + 0.02 * errors, np.repeat(np.arange(runs), length))


def straight(seed, runs, length, noise=0.02):
    rng = np.random.default_rng([5, seed])
    time = np.tile(np.arange(length), runs)
    return paths(
        time,
        np.minimum(time, 1.0),
        -0.1 * time + noise * rng.normal(size=time.size),
        np.repeat(np.arange(runs), length),
    )


@pytest.mark.parametrize("start", Start)
def test_p_values_are_the_largest_of_generalised_least_squares_with_one_term_more(start):
    rng = np.random.default_rng(4)
    run, time = np.repeat([0, 1, 2], [5, 8, 6]), np.concatenate([np.arange(5), np.arange(8), np.arange(6)])
    share, error = np.where(time > 0, 0.3 + 0.1 * run + 0.05 * time, 0.0), rng.uniform(0.01, 0.03, 19)
    measured = paths(time, share, -rng.normal(size=19), run, error, start)
    exact = start is Start.EXACT
    keep, weight = ~((time == 0) & exact), 1 / error
    begun = measured.loss[measured.first][run] * exact
    x = measured.exposure
    own = [] if exact else [run == r for r in range(3)]
    exponent = np.concatenate(
        [
            np.cumsum(
                np.where(time[run == r] > 0, share[run == r] ** 2 * np.log(share[run == r] + (time[run == r] == 0)), 0)
            )
            for r in range(3)
        ]
    )
    terms = [(time > 0) * 1.0, x**2, x * np.log(np.where(x > 0, x, 1)), exponent]  # x / top ln(x / top): the same span

    apart = np.abs(np.subtract.outer(np.arange(19), np.arange(19))).astype(float)
    apart[np.not_equal.outer(run, run)] = np.inf

    def left(coefficient, *columns):
        white = np.linalg.inv(np.linalg.cholesky((coefficient**apart)[np.ix_(keep, keep)]))
        design = white @ (np.column_stack([*columns, *own]) * weight[:, None])[keep]
        target = white @ ((measured.loss - begun) * weight)[keep]
        return float(((target - design @ np.linalg.lstsq(design, target, rcond=None)[0]) ** 2).sum())

    freedom, jump = keep.sum() - len(own) - 2, terms[0]

    def p_value(coefficient, column, term):
        return stats.f.sf((left(coefficient, column) / left(coefficient, column, term) - 1) * freedom, 1, freedom)

    for changes, count in ((True, 4), (False, 3)):
        found = line_tests(measured, changes)
        assert found.autocorrelation > 0.1
        tried = [share * found.autocorrelation for share in SHARES]
        lack = max(min(1.0, count * min(p_value(c, x, term) for term in terms[:count])) for c in tried)
        assert found.lack_of_fit == pytest.approx(lack, rel=1e-6)
        assert found.constant == pytest.approx(max(p_value(c, jump, x) for c in tried), rel=1e-6)


def test_directions_are_the_derivatives_of_laws_at_the_line():
    measured = paths(T, RISING, -T, None)
    step = 1e-5
    x = measured.exposure / measured.exposure.max()
    found = directions(measured, changes=True)
    assert found[0].tolist() == [0, *[1] * 12]
    bounded = [curve(x, Law.BOUNDED, 1 / bend) / bend for bend in (step, 2 * step)]  # x - bend x^2 / 2 + ...
    assert (bounded[0] - bounded[1]) / step == pytest.approx(found[1] / 2, abs=1e-4)
    assert found[2] == pytest.approx((x ** (1 + step) - x ** (1 - step)) / (2 * step), abs=1e-8)
    slope = (measured.grid.exposure(2 + step) - measured.grid.exposure(2 - step)) / (2 * step)
    assert found[3] == pytest.approx(slope, abs=1e-8)
    assert len(directions(dataclasses.replace(measured, grid=None), changes=True)) == 3


@pytest.mark.parametrize(("runs", "length"), [(1, 5), (1, 6), (8, 4)])
def test_a_straight_line_is_called_bent_no_more_often_than_the_level(runs, length):
    alarms = sum(line_tests(straight(seed, runs, length), changes=False).lack_of_fit < 0.05 for seed in range(300))
    assert alarms <= stats.binom.ppf(0.999, 300, 0.05)


@pytest.mark.parametrize(("runs", "length"), [(1, 10), (1, 20), (5, 10)])
def test_a_straight_line_with_autocorrelated_errors_is_not_called_bent_more_often(runs, length):
    """Tests for independent errors said so of 0.14 to 0.26."""
    alarms = sum(line_tests(bent(seed, runs, length, 0.6), changes=False).lack_of_fit < 0.05 for seed in range(200))
    assert alarms <= stats.binom.ppf(0.999, 200, 0.05)


@pytest.mark.parametrize("curve", [lambda t: 0.9 * (t / 9) ** 0.5, lambda t: 0.9 * (t / 9) ** 2])
def test_a_bent_line_is_told_from_autocorrelated_errors(curve):
    found = [line_tests(bent(seed, 1, 10, 0.6, curve), changes=False).lack_of_fit for seed in range(40)]
    assert sum(p < 0.05 for p in found) >= 36


def test_what_cannot_be_tested_has_no_p_value():
    few = line_tests(straight(1, 1, 3), changes=False)
    assert math.isnan(few.lack_of_fit)
    assert math.isnan(few.constant)
    two = line_tests(straight(1, 3, 2), changes=False)  # the line is the jump
    assert math.isnan(two.lack_of_fit)
    assert two.autocorrelation >= 0


def test_the_autocorrelation_of_many_independent_errors_is_bounded_and_that_of_a_walk_is_not():
    rng = np.random.default_rng(2)
    time = np.arange(200)
    white, walk = rng.normal(size=200), np.cumsum(rng.normal(size=200))
    low, high = (
        line_tests(paths(time, np.minimum(time, 1.0), -0.1 * time + e), changes=False).autocorrelation
        for e in (white, walk)
    )
    assert low < 0.35
    assert high > 0.9
    nothing = line_tests(paths(time[:9], np.minimum(time[:9], 1.0), np.zeros(9)), changes=False)
    assert nothing.autocorrelation == 0.98


@pytest.mark.parametrize("seed", [1, 2])
def test_without_exposure_errors_are_what_the_intercepts_leave(seed):
    loss = np.random.default_rng(seed).normal(size=9)
    found = line_tests(paths(np.arange(9), np.zeros(9), -loss), changes=False)
    alone = autocorrelation_bound(np.ones((9, 1)), np.zeros(9, int), loss - loss.mean())
    assert 0.1 < alone < 0.9
    assert found.autocorrelation == pytest.approx(alone, abs=1e-5)
    assert np.isnan([found.lack_of_fit, found.constant]).all()
