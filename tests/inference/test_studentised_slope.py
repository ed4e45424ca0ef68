"""The distribution a studentised slope is held against."""

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference import studentised_slope
from mfsolve.inference.regression import Covariance, Critical, through_origin
from mfsolve.inference.studentised_slope import Studentised


@pytest.mark.parametrize("freedom", [1, 2, 9, 63, 5000])
def test_one_equal_weight_per_degree_of_freedom_is_student(freedom):
    """Quadrature of a smooth integrand: near full precision at the centre and far out."""
    reference = Studentised.student(freedom)
    for statistic in (0.1, 0.5, 2.0, 12.0):
        assert reference.exceedance(statistic) == pytest.approx(2 * stats.t.sf(statistic, freedom), rel=1e-9)
    # No t density exceeds 0.4: the tails beyond +-1e-6 hold all but 0.8e-6.
    assert reference.exceedance(1e-6) == pytest.approx(1.0, abs=1e-6)
    for level in (0.5, 0.95, 0.9999):
        assert reference.critical(level) == pytest.approx(stats.t.ppf((1 + level) / 2, freedom), rel=1e-9)


def test_unequal_weights_against_simulation():
    weights = (1.0, 0.2, 0.01)
    rng = np.random.default_rng(1)
    draws = np.abs(rng.normal(size=200_000)) / np.sqrt(rng.normal(size=(200_000, 3)) ** 2 @ weights)
    reference = Studentised(weights, (1.0, 1.0, 1.0))
    for statistic in (0.5, 2.0, 8.0):
        expected = reference.exceedance(statistic)
        error = np.sqrt(expected * (1 - expected) / draws.size)
        assert abs((draws > statistic).mean() - expected) <= 4 * error


@pytest.mark.parametrize(("level", "published"), [(0.9, 5.323), (0.95, 6.747), (0.98, 8.613)])
def test_whole_sample_window_has_the_published_limit(level, published):
    """Kiefer, Vogelsang & Bunzel (2000), table 2, divided by sqrt 2 for the Bartlett kernel.

    Theirs are quantiles of 50 000 simulations; the density there puts their standard error near 0.5 %, and
    400 observations are within 0.1 % of the limit.
    """
    noise = np.random.default_rng(2).normal(size=400)
    fit = through_origin(np.ones(400), noise, lags=399, level=level)
    without_correction = fit.critical_value * np.sqrt(400 / 399)
    assert without_correction == pytest.approx(published / np.sqrt(2), rel=4 * 0.005)


def test_two_moments_serve_where_the_design_is_large(monkeypatch):
    """Which weights they are of: `test_least_squares`."""
    rng = np.random.default_rng(3)
    x, y = rng.random(480) + 0.5, rng.random(480)
    exact = through_origin(x, y, critical=Critical.FIXED_B)
    monkeypatch.setattr(studentised_slope, "_EXACT_RANK", 1)
    matched = through_origin(x, y, critical=Critical.FIXED_B)
    assert matched.critical_value == pytest.approx(exact.critical_value, abs=1e-3)
    # Both exceed the normal quantile by what a window of 5 in 480 costs.
    assert exact.critical_value > stats.norm.ppf(0.975)


def test_two_clusters_leave_one_weight():
    """Their scores add to zero: what rounding leaves of the second is no weight."""
    for seed in range(8):
        x, y = np.random.default_rng(seed).random((2, 10))
        fit = through_origin(x, y, run=np.repeat([0, 1], 5), covariance=Covariance.CLUSTER, critical=Critical.FIXED_B)
        assert len(fit.reference.weights) == 1
        # their score is the same size in both, so that the statistic is Student's of one degree of freedom, scaled
        assert fit.critical_value == pytest.approx(stats.t.ppf(0.975, 1) / np.sqrt(fit.reference.weights[0]), rel=1e-9)
