"""Slopes of the collapse law over all that unknown contamination may have been, against a search of the whole box."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from mfsolve.inference.collapse_paths import Start, paths
from mfsolve.inference.collapse_unknown import _least, slope_within
from mfsolve.inference.fitted_line import Covariance
from mfsolve.inference.least_squares import ExactLine
from mfsolve.inference.regression import slope_of


def log(runs, length, unknown, seed=1, noise=0.05, truth=None, **options):
    """Paths of runs, with the contamination of some of their generations unknown, or `truth` and filled in otherwise."""
    rng = np.random.default_rng(seed)
    share = rng.uniform(0.1, 0.9, (runs, length))
    true = share.copy()
    true.flat[list(unknown)] = true.flat[list(unknown)] if truth is None else truth
    loss = 0.15 * np.cumsum(true**2, axis=1) + noise * rng.normal(size=share.shape)
    run, time = np.repeat(np.arange(runs), length), np.tile(np.arange(length), runs)
    found = paths(time, share.ravel(), -loss.ravel(), run, **options)
    mask = np.zeros(run.size, bool)
    mask[list(unknown)] = True
    return replace(found, grid=replace(found.grid, unknown=mask))


def filled(measured, values):
    share = measured.grid.share.copy()
    share[measured.grid.unknown] = values
    grid = replace(measured.grid, share=share)
    return replace(measured, grid=grid, exposure=grid.exposure(2.0))


@pytest.mark.parametrize(
    ("runs", "length", "unknown", "options"),
    [
        (1, 8, [3], {}),
        (1, 8, [1, 7], {}),
        (1, 9, [2, 3, 6], {}),
        (2, 6, [2, 9], {}),
        (3, 6, [2, 9, 15], {}),
        (1, 8, [4, 5], {"start": Start.EXACT}),
        (4, 5, [7], {"log_quality_error": np.linspace(0.01, 0.05, 20)}),
    ],
)
def test_slopes_are_those_of_the_whole_box(runs, length, unknown, options):
    """No place of a grid over the box has a slope beyond the bounds, which are reached."""
    measured = log(runs, length, unknown, **options)
    within = slope_within(measured)
    at = np.linspace(0.0, 1.0, 21 if len(unknown) == 1 else 6)
    every = [slope_of(filled(measured, values)) for values in product(at, repeat=len(unknown))]
    slopes = [fit.slope for fit in every]
    assert within.slopes[0] <= min(slopes) + 1e-9
    assert within.slopes[1] >= max(slopes) - 1e-9
    assert {within.slopes[0], within.slopes[1]} <= {fit.slope for fit in (within.fit, *within.others)}
    assert within.interval == pytest.approx((slope_of(measured).low, slope_of(measured).high))
    assert within.fit.low <= within.slopes[0]
    assert within.fit.high >= within.slopes[1]
    assert within.p_value(slopes[0]) == 1.0


@pytest.mark.parametrize("truth", [0.0, 1.0])
@pytest.mark.parametrize(("runs", "length", "unknown"), [(2, 6, [2, 9]), (4, 5, [7])])
def test_intervals_hold_whatever_it_was(runs, length, unknown, truth):
    """Of 60 intervals at 95 % ten or more miss in one of 1000 cases."""
    held = 0
    for seed in range(60):
        measured = log(runs, length, unknown, seed=seed, noise=0.02, truth=truth)
        fit = slope_within(measured).fit
        held += fit.low <= 0.15 <= fit.high
    assert held > 50


def test_the_mean_of_runs_is_bounded_as_such():
    measured = log(2, 8, [3, 4, 11, 12, 13])
    within = slope_within(measured)
    assert within.fit.covariance is Covariance.RUNS
    rng = np.random.default_rng(3)
    for values in rng.choice([0.0, 0.5, 1.0], (200, 5)):
        assert within.slopes[0] - 1e-9 <= slope_of(filled(measured, values)).slope <= within.slopes[1] + 1e-9


def test_many_unknown_generations_are_searched_in_time():
    measured = log(3, 200, range(40, 160))
    within = slope_within(measured)
    rng = np.random.default_rng(3)
    for _ in range(100):
        values = np.repeat(rng.uniform(0.0, 1.0, 12), 10)
        assert within.slopes[0] <= slope_of(filled(measured, values)).slope <= within.slopes[1]


def test_what_is_known_is_left_alone_and_what_cannot_be_bounded_is_said():
    known = log(1, 8, [])
    assert slope_within(known).others == ()
    nothing = log(1, 6, range(1, 6))
    within = slope_within(nothing)
    assert within.slopes == (-np.inf, np.inf)
    assert (within.fit.low, within.fit.high) == (-np.inf, np.inf)


def test_an_exact_line_has_a_slope():
    measured = log(1, 8, [], noise=0.0)
    with pytest.raises(ExactLine):
        slope_of(measured)
    fit = slope_within(measured).fit
    assert fit.slope == pytest.approx(0.15)
    assert np.isnan([fit.low, fit.high, fit.standard_error, fit.p_value(0.15)]).all()


@pytest.mark.parametrize("ones", [0, 4, 8, 12])
def test_the_least_of_many_sums_is_found_at_a_corner_that_the_slope_points_away_from(ones):
    """A sum of -(z - a)^2 falls towards the nearer end from where the search begins, and is least at the farther one."""
    first = np.arange(12) < ones
    turn, begin = np.where(first, 0.45, 0.55), np.where(first, 0.4, 0.6)

    def target(z):
        return -float(((z - turn) ** 2).sum()), -2.0 * (z - turn)

    assert _least(target, np.ones(12), begin) == pytest.approx(first.astype(float))
