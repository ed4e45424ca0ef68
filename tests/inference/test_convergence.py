"""Orders of convergence: coverage, over-dispersion and refusals."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.orders import fit_order

from mfsolve.inference.convergence import PowerOf, fit_order_of_means, mean_order
from mfsolve.inference.estimate import Estimate, Method
from mfsolve.inference.power_laws import fit_power_law

SIZES = 2.0 ** np.arange(4, 9)


def errors(rng, replicates, dispersion=1.0, sizes=SIZES):
    """Normal errors of order 1/2 and prefactor 3, their logarithms spread `dispersion` times as stated."""
    extra = math.sqrt((dispersion**2 - 1) / (2 * replicates))
    scale = 3 * sizes**-0.5 * np.exp(extra * rng.normal(size=sizes.size))
    return list(scale[:, np.newaxis] * rng.normal(size=(sizes.size, replicates)))


def at_least(hits, trials, level=0.95):
    return hits / trials >= level - 4 * math.sqrt(level * (1 - level) / trials)


@pytest.mark.parametrize(
    ("replicates", "dispersion"), [(2, 1.0), (4, 1.0), (16, 1.0), (400, 1.0), (16, 5**0.5), (400, 5**0.5)]
)
def test_order_covers_whatever_the_replicates_and_their_dispersion(replicates, dispersion):
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(150):
        order = fit_order(SIZES, errors(rng, replicates, dispersion))
        hits += order.low <= 0.5 <= order.high
    assert at_least(hits, 150)


@pytest.mark.parametrize("relative", [1e-9, 0.003, 0.03])
def test_a_next_term_is_covered_or_said(relative):
    """h + h^2 / 2: a straight line through it covers the order 1 in none to half of samples."""
    rng = np.random.default_rng(4)
    size = 2.0 ** np.arange(1, 6)
    exact = (1 + 0.5 / size) / size
    hits = 0
    for _ in range(120):
        fit = fit_order_of_means(size, exact * (1 + relative * rng.normal(size=5)), relative * exact)
        hits += fit.low <= 1 <= fit.high
        if relative == 0.003:
            assert fit.lack_of_fit < 1e-6
            assert "straight line does not fit" in fit.note or "no power law fits" in fit.note
    assert at_least(hits, 120)


def test_the_coarsest_sizes_are_left_out_and_said():
    size = 2.0 ** np.arange(0, 9)
    error = 1 / size + 30 * size**-6.0
    fit = fit_order_of_means(size, error, 1e-4 * error, prediction=1.0)
    assert fit.left_out >= 1
    assert f"the {fit.left_out} coarsest" in fit.note or "coarsest size is left out" in fit.note
    assert fit.low <= 1 <= fit.high
    assert fit.high - fit.low < 0.1
    assert fit.p_value() > 0.05


def test_errors_lost_in_noise_are_fitted_themselves():
    """Logarithms of errors as large as their noise are biased: the order of 1 / size with noise 0.1 at each."""
    rng = np.random.default_rng(5)
    size = 2.0 ** np.arange(1, 6)
    hits = 0
    for _ in range(60):
        fit = fit_order_of_means(size, np.abs(1 / size + 0.1 * rng.normal(size=5)), np.full(5, 0.1))
        hits += not (fit.low > 1 or fit.high < 1)
        assert "errors" in fit.note
    assert at_least(hits, 60)
    lost = fit_order_of_means(size, np.full(5, 0.05), np.full(5, 0.1))
    assert math.isnan(lost.low)
    assert "cannot be distinguished from zero" in lost.note


def test_a_power_law_that_is_fitted_itself_is_recovered():
    """Its interval holds the orders whose best prefactor leaves at most 1.96^2 of weighted squares."""
    size = 2.0 ** np.arange(6)
    error, spread = 5 * size**-1.5, 0.3 * 5 * size**-1.5
    fit = fit_order_of_means(size, error, spread)
    assert (fit.order, fit.prefactor) == pytest.approx((1.5, 5.0), rel=1e-6)
    assert "not their logarithms" in fit.note
    assert fit.left_out == 0
    for end in (fit.low, fit.high):
        shape = (size**-end / spread)[:, np.newaxis]
        squares = np.linalg.lstsq(shape, error / spread, rcond=None)[1][0]
        assert math.sqrt(squares) == pytest.approx(stats.norm.ppf(0.975), rel=1e-6)
        assert fit.p_value(end) == pytest.approx(0.05, rel=1e-6)
    assert fit.standard_error == pytest.approx((fit.high - fit.low) / 2 / stats.norm.ppf(0.975), rel=1e-9)
    assert fit.p_value(fit.order) == pytest.approx(1.0, abs=1e-3)
    bent = fit_order_of_means(size, error * np.array([2.0, 0.5, 2.0, 0.5, 2.0, 0.5]), spread)
    least, ends = (
        np.linalg.lstsq((size**-order / spread)[:, np.newaxis], error * np.tile([2.0, 0.5], 3) / spread, rcond=None)[1][
            0
        ]
        for order in (bent.order, bent.low)
    )
    # residuals of four degrees of freedom that are larger than stated widen it to Student's
    assert math.sqrt((ends - least) / (least / 4)) == pytest.approx(stats.t.ppf(0.975, 4), rel=1e-6)


def test_order_and_prefactor_cover_when_errors_are_as_stated(agrees):
    """The wider of two intervals, each of at least its level in its own case, covers at least its level."""
    rng = np.random.default_rng(2)
    order_hits = prefactor_hits = 0
    for _ in range(250):
        noisy = 3 * SIZES**-0.5 * np.exp(0.05 * rng.normal(size=SIZES.size))
        fit = fit_order_of_means(SIZES, noisy, 0.05 * noisy)
        order_hits += fit.low <= 0.5 <= fit.high
        prefactor_hits += fit.prefactor_low <= 3 <= fit.prefactor_high
    for hits in (order_hits, prefactor_hits):
        assert at_least(hits, 250)


def test_exact_power_law_is_recovered():
    sizes = np.array([10.0, 20.0, 50.0, 100.0])
    fit = fit_order_of_means(sizes, 7.0 * sizes**-2.0, 0.1 * sizes**-2.0, prediction=2.0)
    # Two-column least squares on logarithms of order 1 to 10.
    assert fit.order == pytest.approx(2.0, rel=1e-12)
    assert fit.prefactor == pytest.approx(7.0, rel=1e-11)
    assert fit.p_value() == pytest.approx(1.0, abs=1e-9)
    assert fit.low < 2 < fit.high
    straight = fit_order_of_means(sizes[:3], 7.0 * sizes[:3] ** -2.0, 0.1 * sizes[:3] ** -2.0)
    assert straight.high - straight.order == pytest.approx(stats.norm.ppf(0.975) * straight.standard_error, rel=1e-9)
    assert "three sizes" in straight.note
    # What the next term may hide costs width.
    assert fit.high - fit.order > stats.norm.ppf(0.975) * fit.standard_error


def test_over_dispersion_widens_the_interval():
    errors = 1 / SIZES * np.array([1.0, 1.3, 0.8, 1.2, 0.9])
    fit = fit_order_of_means(SIZES, errors, 0.01 * errors)
    scale = math.sqrt(fit.chi_square / 3)
    assert scale > 1
    assert fit.high - fit.low >= 2 * stats.t.ppf(0.975, 3) * scale * fit.unscaled_error
    assert fit.p_value(fit.high) == pytest.approx(0.05, rel=1e-9)
    assert fit.lack_of_fit < 1e-9
    estimate = fit.estimate(replicates=64)
    assert estimate.tail(fit.low) == pytest.approx(0.05, rel=1e-9)


def test_log_error_has_the_delta_method_standard_error():
    """For normal errors the log root mean square of r replicates has standard error 1 / sqrt(2 r)."""
    rng = np.random.default_rng(3)
    fit = fit_order(SIZES, errors(rng, 4000))
    spread = np.log(SIZES) - np.log(SIZES).mean()
    expected = 1 / math.sqrt(2 * 4000 * (spread @ spread))
    # Each mean square's own relative variance is known to sqrt(24 / 4000) ~ 8 %, five sizes together to 4 %.
    assert fit.unscaled_error == pytest.approx(expected, rel=4 * 0.04)


def test_every_field_is_that_of_the_fit_of_sorted_sizes():
    rng = np.random.default_rng(6)
    size = np.array([8.0, 2.0, 32.0, 4.0, 16.0])
    error, spread = 3 / size * rng.uniform(0.95, 1.05, 5), 0.03 / size * rng.uniform(0.5, 1.5, 5)
    fit = fit_order_of_means(size, error, spread, 0.9, 1.25, replicates=12)
    order = [1, 3, 0, 4, 2]
    found = fit_power_law(size[order], error[order], spread[order], 0.9, 12)
    assert (fit.order, fit.standard_error, fit.low, fit.high) == (
        found.order,
        found.standard_error,
        *found.order_interval,
    )
    assert (fit.prefactor, fit.prefactor_low, fit.prefactor_high) == found.prefactor
    assert (fit.chi_square, fit.degrees_of_freedom, fit.unscaled_error) == (
        found.line.chi_square,
        3,
        found.line.error,
    )
    assert (fit.lack_of_fit, fit.left_out, fit.note) == (found.line.lack_of_fit, found.left_out, found.note)
    assert (fit.level, fit.prediction) == (0.9, 1.25)
    assert fit.p_value() == fit.p_value(1.25) == found.tail(1.25) != fit.p_value(1.0) == found.tail(1.0)
    assert fit.estimate(12) == Estimate(
        fit.order, fit.standard_error, fit.low, fit.high, 0.9, 12, Method.LOG_LOG, note=fit.note
    )
    assert fit.estimate(12).tail is fit.tail
    for worst in (0.03, 0.5):  # fitted on logarithms, and themselves
        again = [fit_order_of_means(size, error, worst * error) for _ in range(2)]
        assert str(again[0]) == str(again[1])  # some ends are no numbers
        assert "tail" not in repr(again[0])
    assert fit_order_of_means(size, error, spread).level == 0.95


def test_below_eight_replicates_all_sizes_have_the_mean_of_the_relative_errors():
    rng = np.random.default_rng(8)
    error, relative = 3 / SIZES * rng.uniform(0.95, 1.05, 5), 0.02 * rng.uniform(0.5, 1.5, 5)
    for replicates, alike in ((7, np.full(5, relative.mean())), (8, relative)):
        fit = fit_order_of_means(SIZES, error, relative * error, replicates=replicates)
        line = fit_power_law(SIZES, error, alike * error, 0.95, replicates).line
        assert (fit.unscaled_error, fit.chi_square) == pytest.approx((line.error, line.chi_square), rel=1e-9)


@pytest.mark.parametrize("replicates", [2, 7, 8, 20])
def test_root_mean_squares_have_half_the_relative_error_of_mean_squares(replicates):
    """Below eight replicates all sizes have the mean of the relative errors."""
    rng = np.random.default_rng(7)
    samples = [rng.normal(size=replicates + (j == 2)) / n for j, n in enumerate(SIZES)]
    root = np.array([math.sqrt((x**2).mean()) for x in samples])
    relative = np.array([stats.sem(x**2) / (x**2).mean() / 2 for x in samples])
    if replicates < 8:
        relative = np.full(5, relative.mean())
    fit, expected = (
        fit_order(SIZES, samples, 0.9, 1.0),
        fit_order_of_means(SIZES, root, root * relative, 0.9, 1.0, replicates=replicates),
    )
    for field in dataclasses.fields(fit):
        ours, theirs = getattr(fit, field.name), getattr(expected, field.name)
        assert (
            ours == theirs
            if field.name in ("note", "left_out")
            else field.name == "tail" or ours == pytest.approx(theirs, nan_ok=True)
        )
    assert (fit.note is not None and "too few replicates" in fit.note) is (replicates < 8)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_order([1, 2], [[1.0, 2.0]] * 2), "allowed: at least 3 distinct sizes"),
        (
            lambda: fit_order([1, 2, 2], [[1.0, 2.0]] * 3),
            r"size: \[1.0, 2.0, 2.0\] given; allowed: at least 3 distinct sizes",
        ),
        (lambda: fit_order([1, 2, 2, 3], [[1.0, 2.0]] * 4), "allowed: at least 3 distinct sizes"),
        (lambda: fit_order_of_means([0, 2, 3], [1.0] * 3, [1.0] * 3), "size: 0.0 given; allowed"),
        (lambda: fit_order_of_means([1, 2, 3], [1.0, 0.0, 1.0], [1.0] * 3), "error: 0.0 given; allowed"),
        (lambda: fit_order_of_means([1, 2, 3], [1.0] * 3, [1.0, 0.0, 1.0]), "standard_error: 0.0 given; allowed"),
        (
            lambda: fit_order_of_means([1, 2, 3], [1.0] * 4, [1.0] * 3),
            "error, size: lengths 4 and 3 given; allowed: one length",
        ),
        (lambda: fit_order_of_means([1, 2, 3], [1.0] * 3, [1.0] * 3, 1.0), "level: "),
        (
            lambda: fit_order_of_means(pd.Series([1, 2, 3]), pd.Series([1.0] * 3, [3, 4, 5]), [1.0] * 3),
            "error: labels differ",
        ),
        (lambda: fit_order_of_means([1, 2, 3], [1.0] * 3, [1.0] * 2), "standard_error, size: lengths"),
        (lambda: fit_order_of_means([1, 2, 3], [1.0] * 3, [1.0] * 3).p_value(), "order must be given"),
    ],
)
def test_what_cannot_be_fitted_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("replicates", "draw"),
    [
        (5, lambda rng, n: rng.normal(1.0, 0.3, n)),
        (64, lambda rng, n: rng.exponential(1.0, n)),
        (64, lambda rng, n: rng.poisson(12.0, n) / 12.0),
    ],
)
def test_a_mean_order_covers_whatever_the_law_in_between(replicates, draw):
    rng, hits, trials = np.random.default_rng(9), 0, 200
    for _ in range(trials):
        found = mean_order(8.0**1.5 * draw(rng, replicates), draw(rng, replicates), 8.0)
        hits += found.low <= 1.5 <= found.high
    assert hits / trials >= 0.93 - 3 * math.sqrt(0.95 * 0.05 / trials)  # COVERAGE.md: ratios of few skewed means


def test_a_mean_order_is_refused_or_said_where_there_is_none():
    ones = np.array([1.0, 1.1, 0.9, 1.05, 0.95, 1.0])
    for refinement in (1.0, 0.5, math.inf, math.nan):
        with pytest.raises(ValueError, match="refinement: "):
            mean_order(ones, ones, refinement)
    negative = mean_order(-ones, ones, 2.0)
    assert math.isnan(negative.value)
    assert math.isnan(negative.high)
    assert negative.note == "means of both signs, or of zero, have no order"
    none = mean_order(np.array([1e-3, -1e-3, 0.0, 0.0, 2e-3, -2e-3]), ones, 2.0)
    assert math.isnan(none.low) or none.low == -math.inf


def test_a_ratio_that_has_no_power_is_not_given_one():
    power = PowerOf(math.log(2.0))
    assert (power(8.0), power(0.0), power(math.inf)) == (pytest.approx(3.0), -math.inf, math.inf)
    assert np.isnan([power(-1.0), power(math.nan)]).all()
