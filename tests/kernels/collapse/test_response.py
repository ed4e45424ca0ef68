"""Best response, rest variance and closed-form subsidy of kernels against the definitions of the models."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mfsolve.kernels.collapse import response as kernels
from scipy import integrate

from mfsolve.models.collapse import response

EPS = np.finfo(float).eps


@given(st.floats(-1, 2), st.one_of(st.just(0.0), st.floats(-6, 1).map(lambda e: 10.0**e)))
def test_mean_share(target, half):
    """The kernel's primitive of the clip cancels: an error of a few eps over the spread."""
    got, want = kernels.mean_share(target, half), response.mean_share(target, half)[0]
    assert 0.0 <= got <= 1.0 + 4 * EPS * (1 + 1 / max(half, 1e-300)) * (half > 0)
    assert got == pytest.approx(want, abs=8 * EPS * (4 + 4 / half) if half else 0.0)


@pytest.mark.parametrize("target", [-0.3, 0.0, 0.2, 0.9, 1.0, 1.4])
@pytest.mark.parametrize("half", [0.05, 0.5, 3.0])
def test_mean_share_is_the_integral(target, half):
    kinks = [u for u in (target, target - 1.0) if abs(u) < half]
    total, _ = integrate.quad(lambda u: np.clip(target - u, 0, 1), -half, half, points=kinks or None, epsabs=1e-13)
    assert kernels.mean_share(target, half) == pytest.approx(total / (2 * half), abs=1e-12)


@given(st.floats(0, 1), st.floats(1e-6, 1))
def test_rest_variance(rho, delta):
    """Equal to the bit: both are one formula in one order."""
    got = kernels.rest_generator_variance(rho, delta)
    assert got == response.rest_variance(rho, delta, delta)
    if got > kernels.NARROWEST and rho * delta < 1.0:  # a refit leaves it where it is
        v = got / delta
        assert (1 - rho) + rho * got == pytest.approx(v, rel=1e-9)


def test_rest_variance_at_the_corner():
    """Where nothing human and no narrowing is left every variance is at rest: that of human content is taken."""
    assert kernels.rest_generator_variance(1.0, 1.0) == response.rest_variance(1.0, 1.0) == 1.0
    assert kernels.rest_generator_variance(1.0, 0.5) == response.rest_variance(1.0, 0.5) == kernels.NARROWEST


@given(st.floats(1e-12, 1), st.integers(1, 100), st.floats(1e-3, 10))
def test_closed_form_subsidy(s2, d, kappa):
    """The logarithm is one of two, each within a rounding of ln s2."""
    divergence = 0.5 * d * (s2 - 1 - np.log(s2))
    got, want = kernels.gaussian_subsidy(s2, d, kappa), response.closed_form_subsidy(divergence, kappa)
    assert got == pytest.approx(want, abs=4 * EPS * d * (1 - np.log(s2)) / kappa)
    assert got <= 1.0
