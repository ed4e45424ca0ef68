"""Orders of convergence: coverage, over-dispersion and refusals."""

import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.convergence import fit_order, fit_order_of_means
from mfsolve.inference.simultaneous import p_value

SIZES = 2.0 ** np.arange(4, 9)


def errors(rng, replicates, dispersion=1.0, sizes=SIZES):
    """Normal errors of order 1/2 and prefactor 3, their logarithms spread `dispersion` times as stated."""
    extra = math.sqrt((dispersion**2 - 1) / (2 * replicates))
    scale = 3 * sizes**-0.5 * np.exp(extra * rng.normal(size=sizes.size))
    return list(scale[:, np.newaxis] * rng.normal(size=(sizes.size, replicates)))


@pytest.mark.parametrize(
    ("replicates", "dispersion", "claimed"),
    [(400, 1.0, 0.981), (400, 5**0.5, 0.954), (16, 1.0, 0.972), (16, 5**0.5, 0.947)],
)
def test_order_covers_as_documented(agrees, replicates, dispersion, claimed):
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(4000):
        order = fit_order(SIZES, errors(rng, replicates, dispersion))
        hits += order.low <= 0.5 <= order.high
    assert agrees(hits, 4000, claimed, 40000)


def test_order_and_prefactor_cover_when_errors_are_as_stated(agrees):
    """The wider of two intervals, each of at least its level in its own case, covers at least its level."""
    rng = np.random.default_rng(2)
    order_hits = prefactor_hits = 0
    for _ in range(2000):
        noisy = 3 * SIZES**-0.5 * np.exp(0.05 * rng.normal(size=SIZES.size))
        fit = fit_order_of_means(SIZES, noisy, 0.05 * noisy)
        order_hits += fit.low <= 0.5 <= fit.high
        prefactor_hits += fit.prefactor_low <= 3 <= fit.prefactor_high
    for hits in (order_hits, prefactor_hits):
        assert hits / 2000 >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / 2000)


def test_exact_power_law_is_recovered():
    sizes = np.array([10.0, 20.0, 50.0, 100.0])
    fit = fit_order_of_means(sizes, 7.0 * sizes**-2.0, 0.1 * sizes**-2.0, prediction=2.0)
    # Two-column least squares on logarithms of order 1 to 10.
    assert fit.order == pytest.approx(2.0, rel=1e-12)
    assert fit.prefactor == pytest.approx(7.0, rel=1e-11)
    assert fit.p_value() == pytest.approx(1.0, abs=1e-9)
    assert fit.low < 2 < fit.high
    assert fit.high - fit.order == pytest.approx(stats.norm.ppf(0.975) * fit.standard_error, rel=1e-9)
    assert fit.estimate(replicates=64).degrees_of_freedom == math.inf


def test_over_dispersion_widens_the_interval():
    errors = 1 / SIZES * np.array([1.0, 1.3, 0.8, 1.2, 0.9])
    fit = fit_order_of_means(SIZES, errors, 0.01 * errors)
    scale = math.sqrt(fit.chi_square / 3)
    assert scale > 1
    assert fit.standard_error == pytest.approx(scale * fit.unscaled_error, rel=1e-14)
    assert fit.high - fit.order == pytest.approx(stats.t.ppf(0.975, 3) * fit.standard_error, rel=1e-9)
    assert fit.p_value(fit.high) == pytest.approx(0.05, rel=1e-9)
    estimate = fit.estimate(replicates=64)
    assert estimate.degrees_of_freedom == 3
    assert p_value(estimate, 3.0, 3.0) == pytest.approx(fit.p_value(3.0), rel=1e-9)


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
