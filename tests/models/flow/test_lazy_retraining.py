"""Lazy retraining: its limits, its rest point, and the market that it is with a whole pool retrained."""

from fractions import Fraction

import numpy as np
import pytest

from mfsolve.models import flow
from mfsolve.models.flow.lazy_retraining import lazy_retraining

GAUSSIAN = flow.Parameters(contamination=0.5, variance_ratio=0.5, initial_mean=1.0, initial_variance=2.0)


def test_lazy_retraining_tends_to_the_flow_in_variance_and_not_in_mean():
    """The variance's distance halves with tau at mean 0; the mean decays at twice the flow's rate."""
    centred = flow.Parameters(contamination=0.5, variance_ratio=0.5, initial_variance=2.0)
    exact = float(flow.gaussian_moments(centred, [1.0]).variance[-1])
    gaps = [float(lazy_retraining(centred, tau, [1.0])["variance"][-1]) - exact for tau in (0.02, 0.01, 0.005)]
    assert np.allclose(np.array(gaps[:-1]) / gaps[1:], 2.0, atol=0.02)
    rate = -np.log(float(lazy_retraining(GAUSSIAN, 1e-4, [1.0])["mean"][-1]))
    assert abs(rate - 2.0 * 0.5) < 1e-4  # 2 sigma (1 - rho), where the flow's own rate is sigma (1 - rho)


def test_lazy_retraining_keeps_its_rest_point_for_any_fraction():
    rest = flow.stationary_variance(0.5, 0.5)
    at_rest = flow.Parameters(contamination=0.5, variance_ratio=0.5, initial_variance=rest)
    for tau in (1.0, 0.3, 0.01):
        assert np.allclose(lazy_retraining(at_rest, tau, [0.5, 3.0])["variance"], rest, rtol=1e-12)


def test_a_fraction_beyond_the_pool_is_refused():
    with pytest.raises(ValueError, match=r"tau: 1.5 given; allowed: \(0, 1\]"):
        lazy_retraining(GAUSSIAN, 1.5, [1.0])
    with pytest.raises(ValueError, match="tau: 1e-09 given; allowed: at most 1000000 steps"):
        lazy_retraining(GAUSSIAN, 1e-9, [1.0])


@pytest.mark.parametrize("mean", [0.0, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("rho", [1.0, 0.999999, 0.5, 0.0])
@pytest.mark.parametrize("tau", [0.125, 1.0])
def test_a_large_mean_costs_the_variance_no_digit(mean, rho, tau):
    """Second moments, in rational numbers: in floats they lost 7 % of the variance at a mean of 1e6."""
    p = flow.Parameters(contamination=rho, variance_ratio=0.5, initial_mean=mean, initial_variance=1.0)
    t, r, m, v = Fraction(tau), Fraction(rho), Fraction(mean), Fraction(1)
    for _ in range(40):
        second = (1 - t) * (v + m * m) + t * ((1 - r) + r * (v / 2 + m * m))
        m = (1 - t) * m + t * r * m
        v = second - m * m
    found = lazy_retraining(p, tau, [40 * tau / 2.0])
    assert float(found["mean"][-1]) == pytest.approx(float(m), rel=1e-13)
    assert float(found["variance"][-1]) == pytest.approx(float(v), rel=1e-13)
