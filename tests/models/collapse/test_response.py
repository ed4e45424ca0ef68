"""Best response, rest variance and closed-form subsidy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import collapse as naive

from mfsolve.models import collapse
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.response import best_response, closed_form_subsidy, mean_share, rest_variance

P = collapse.Parameters


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.floats(-1, 2), st.floats(-12, 0.7).map(lambda e: 10.0**e), st.floats(0.05, 3))
def test_best_response_against_quadrature(target, spread, kappa):
    parameters = P(cost_spread=spread, cost_curvature=kappa)
    got, want = best_response(parameters, target), naive.best_response(parameters, target)
    np.testing.assert_allclose([got.share, got.square], want[:2], rtol=0, atol=1e-12)
    assert got.cost == pytest.approx(want[2], abs=1e-12 * spread)


def test_best_response_does_not_cancel():
    """Inside (0, 1): E h = target, Var h = half^2 / 3, E c h = -spread half / 3."""
    for spread in (1e-3, 1e-7, 1e-12):
        got, half = best_response(P(cost_spread=spread), 0.4), spread / 0.61
        assert got.share == pytest.approx(0.4, abs=1e-15)
        assert got.square == pytest.approx(0.16 + half**2 / 3, abs=1e-15)
        assert got.cost == pytest.approx(-spread * half / 3, rel=1e-12)


def test_mean_share_is_that_of_the_best_response():
    for target in (-0.4, -0.05, 0.3, 0.97, 1.2):
        for spread in (0.0, 1e-9, 0.05, 0.8, 3.0):
            economy = P(cost_spread=spread, cost_curvature=0.2)
            share, inside = mean_share(target, spread / 0.4)
            assert share == pytest.approx(best_response(economy, target).share, abs=1e-15)
            if spread > 1e-3:
                slope = (
                    best_response(economy, target + 1e-6).share - best_response(economy, target - 1e-6).share
                ) / 2e-6
                assert inside == pytest.approx(slope, abs=1e-8)


def test_a_spread_below_every_float_is_none():
    """spread / (2 kappa) may vanish where the spread does not: no division by it."""
    got = best_response(P(cost_spread=1e-308, cost_curvature=1e20), 0.4)
    assert (got.share, got.square, got.cost) == (0.4, 0.4 * 0.4, 0.0)


@pytest.mark.parametrize(("rho", "delta"), [(0.0, 0.4), (0.3, 0.4735), (0.9, 0.9), (0.999, 1.0)])
def test_rest_variance_is_left_alone_by_a_refit(rho, delta):
    v = rest_variance(rho, delta)
    assert Gaussian(np.zeros(2), v, delta).contaminated(rho).variance == pytest.approx(v, rel=1e-13)
    assert rest_variance(rho, delta, delta) == pytest.approx(delta * v, rel=1e-15)


@given(st.floats(0, 20), st.floats(0.01, 5))
def test_closed_form_subsidy_solves_its_program(kl, kappa):
    s = closed_form_subsidy(kl, kappa)
    grid = np.linspace(0.0, 1.0, 1001)
    assert 0.0 <= s <= 1.0
    assert s * kl - kappa * s * s >= (grid * kl - kappa * grid * grid).max() - 1e-12 * (kl + kappa)
