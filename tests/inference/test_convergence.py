"""Orders of convergence: coverage, over-dispersion and refusals."""

import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.convergence import fit_order, fit_order_of_means

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
    for _ in range(300):
        order = fit_order(SIZES, errors(rng, replicates, dispersion))
        hits += order.low <= 0.5 <= order.high
    assert at_least(hits, 300)


@pytest.mark.parametrize("relative", [1e-9, 0.003, 0.03])
def test_a_next_term_is_covered_or_said(relative):
    """h + h^2 / 2: a straight line through it covers the order 1 in none to half of samples."""
    rng = np.random.default_rng(4)
    size = 2.0 ** np.arange(1, 6)
    exact = (1 + 0.5 / size) / size
    hits = 0
    for _ in range(200):
        fit = fit_order_of_means(size, exact * (1 + relative * rng.normal(size=5)), relative * exact)
        hits += fit.low <= 1 <= fit.high
        if relative == 0.003:
            assert fit.lack_of_fit < 1e-6
            assert "straight line does not fit" in fit.note or "no power law fits" in fit.note
    assert at_least(hits, 200)


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
    for _ in range(150):
        fit = fit_order_of_means(size, np.abs(1 / size + 0.1 * rng.normal(size=5)), np.full(5, 0.1))
        hits += not (fit.low > 1 or fit.high < 1)
        assert "errors" in fit.note
    assert at_least(hits, 150)
    lost = fit_order_of_means(size, np.full(5, 0.05), np.full(5, 0.1))
    assert math.isnan(lost.low)
    assert "not told from zero" in lost.note


def test_a_power_law_that_is_fitted_itself_is_recovered():
    """Its interval holds the orders whose best prefactor leaves at most 1.96^2 of weighted squares."""
    size = 2.0 ** np.arange(6)
    error, spread = 5 * size**-1.5, 0.3 * 5 * size**-1.5
    fit = fit_order_of_means(size, error, spread)
    assert (fit.order, fit.prefactor) == pytest.approx((1.5, 5.0), rel=1e-6)
    assert "fitted themselves" in fit.note
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
    for _ in range(500):
        noisy = 3 * SIZES**-0.5 * np.exp(0.05 * rng.normal(size=SIZES.size))
        fit = fit_order_of_means(SIZES, noisy, 0.05 * noisy)
        order_hits += fit.low <= 0.5 <= fit.high
        prefactor_hits += fit.prefactor_low <= 3 <= fit.prefactor_high
    for hits in (order_hits, prefactor_hits):
        assert at_least(hits, 500)


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


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_order([1, 2], [[1.0, 2.0]] * 2), "size must hold at least 3 distinct"),
        (lambda: fit_order([1, 2, 2], [[1.0, 2.0]] * 3), "size must hold at least 3 distinct"),
        (lambda: fit_order([1, 2, 3], [[1.0, 2.0]] * 2), "errors_by_size must hold 3"),
        (lambda: fit_order([1, 2, 3], [[1.0, 2.0], [1.0], [1.0, 2.0]]), r"errors_by_size\[1\]"),
        (lambda: fit_order([1, 2, 3], [[0.0, 0.0]] * 3), r"errors_by_size\[0\]"),
        (
            lambda: fit_order([1, 2, 3], [[1.0, 2.0], [1.0, math.nan], [1.0, 2.0]]),
            r"errors_by_size\[1\]\[1\]",
        ),
        (lambda: fit_order_of_means([0, 2, 3], [1.0] * 3, [1.0] * 3), "size must be positive"),
        (lambda: fit_order_of_means([1, 2, 3], [1.0, 0.0, 1.0], [1.0] * 3), "error must be positive"),
        (lambda: fit_order_of_means([1, 2, 3], [1.0] * 3, [1.0] * 2), "standard_error and size"),
        (lambda: fit_order_of_means([1, 2, 3], [1.0] * 3, [1.0] * 3).p_value(), "order must be given"),
    ],
)
def test_what_cannot_be_fitted_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()
