"""A round of PMIR against its twin, and its theory against quadrature and difference quotients."""

import math

import numpy as np
import pytest
from mfsolve.kernels.provenance import pmir_round, stochastic_newton
from mfsolve.kernels.random.philox import stream_key
from naive import provenance as naive
from scipy import stats
from scipy.optimize import brentq

from mfsolve.models import provenance
from mfsolve.models.collapse import Parameters
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.provenance.pmir_round import RestResidual, RoundEstimate, best_response_map

KEY = stream_key(3, "test")
ONE = np.uint64(1)


@pytest.mark.parametrize(("n", "d"), [(64, 1), (2049, 1), (9001, 1), (5001, 3)])
def test_a_round_is_its_twin(n, d):
    m, m_hat, s2_hat = np.full(d, 0.1), np.full(d, -0.05), 0.35
    x = naive.pool_items(KEY, 1, 2, 0.4, m, 0.6, n)
    mean, out, theory = np.empty(d), np.empty(6), np.empty(6)
    pmir_round.expectations(0.3, s2_hat, d, theory)
    stream, guess = pmir_round.Stream(KEY, ONE, np.uint64(2)), pmir_round.Generator(m_hat, s2_hat)
    case = (stream, pmir_round.Pool(0.4, m, 0.6), guess, stochastic_newton.Gains(theory[:3], 0.6), n, 0.3)
    pmir_round.draw_and_estimate(*case, mean, out)
    again = np.empty(6)
    pmir_round.draw_and_estimate(*case, mean, again)
    assert np.array_equal(out, again)
    log_ratio = stats.norm.logpdf(x, m_hat, math.sqrt(s2_hat)).sum(1) - stats.norm.logpdf(x).sum(1)
    want = naive.stochastic_newton(np.expm1(log_ratio), 0.3, theory[:3], 0.6)
    np.testing.assert_allclose(out[:4], want, rtol=0, atol=2.0**-18 * np.abs(want).max())
    np.testing.assert_allclose(mean, x.mean(0), rtol=0, atol=1e-13)
    assert out[4] == pytest.approx(np.mean((x - x.mean(0)) ** 2), rel=1e-12)
    assert out[5] == pytest.approx(np.std((x**2).sum(1)) / d / math.sqrt(n), rel=1e-9)


@pytest.mark.parametrize("d", [1, 2, 30])
@pytest.mark.parametrize("s2", [0.05, 0.4, 0.9])
@pytest.mark.parametrize("rho", [0.0, 0.1, 0.6, 0.95])
def test_expectations(d, s2, rho):
    out, info = np.empty(6), lambda r, v=s2: provenance.gaussian_information(r, variance=v, dimension=d)
    pmir_round.expectations(rho, s2, d, out)
    assert out[3] == pytest.approx(info(rho), rel=1e-2)
    for at, k in ((0.0, 0), (1.0, 1)):  # in closed form
        assert out[k] == pytest.approx(1 / info(at), rel=1e-9, abs=1e-300)
    assert out[:3] @ (0.5, 0.5, 0.25) == pytest.approx(1 / info(0.5), rel=1e-2)
    if rho > 0.0 and d <= 2:
        # the estimate that a generator off by h leads to: E S(rho_hat; s2 + h) = 0 under the pool of s2
        r = np.linspace(0, 12, 200_001)
        chi = stats.chi(d)
        p, q = chi.pdf(r), chi.pdf(r / math.sqrt(s2)) / math.sqrt(s2)

        def mean_score(at, v):
            wrong = chi.pdf(r / math.sqrt(v)) / math.sqrt(v)
            with np.errstate(invalid="ignore"):
                s = (wrong - p) / ((1 - at) * p + at * wrong)
            return np.trapezoid(np.nan_to_num(s) * ((1 - rho) * p + rho * q), r)

        h = 1e-4 * s2
        shift = (mean_score(rho, s2 + h) - mean_score(rho, s2 - h)) / (2 * h) / info(rho)
        assert out[4] == pytest.approx(shift, rel=2e-2)


@pytest.mark.parametrize("phi", [0.0, 0.4])
@pytest.mark.parametrize("d", [1, 5])
def test_residuals_are_those_of_the_map_and_rise(phi, d):
    """The residual rises at a slope of 1 or more: its bounds over an interval are those at the ends."""
    economy = Parameters(verified_share=phi, dimension=d, cost_spread=0.1)
    rho, out = np.linspace(0, 1, 101), np.empty(101)
    pmir_round.rest_residuals(rho, RestResidual.of(economy).point, d, out)
    want = [x - best_response_map(economy, float(x)) for x in rho]
    np.testing.assert_allclose(out, want, rtol=0, atol=1e-5)
    assert np.all(np.diff(out) >= 0.01 - 1e-9)
    seen = RoundEstimate(0.3, 2.0, 0.5, Gaussian.human(economy), 0.0)
    low, high, *residuals = RestResidual.of(economy).on_interval(seen, 1000, 4.0 / 2000.0)
    ends = np.empty(2)
    stochastic_newton.interval(0.3, 2.0, 0.5, 1000.0, 4.0, ends)
    assert [low, high] == ends.tolist()
    want = [x - best_response_map(economy, float(x)) for x in (low, 0.3, high)]
    np.testing.assert_allclose(residuals, want, rtol=0, atol=1e-5)


@pytest.mark.parametrize("s2", [1e-3, 0.05, 0.4])
@pytest.mark.parametrize("rho", [0.1, 0.6])
def test_a_misplaced_generator_moves_the_estimate_by_the_square_of_its_error(rho, s2):
    """The root of the mean score of a generator that is off by e, under the pool of the right one."""
    x = np.unique(np.concatenate([np.linspace(-9, 9, 200_001), np.linspace(-12, 12, 200_001) * math.sqrt(s2)]))
    p, q = stats.norm.pdf(x), stats.norm.pdf(x, 0.0, math.sqrt(s2))
    e, out = 0.05 * math.sqrt(s2), np.empty(6)
    wrong = stats.norm.pdf(x, e, math.sqrt(s2))

    def mean_score(at):
        return np.trapezoid((wrong - p) / ((1 - at) * p + at * wrong) * ((1 - rho) * p + rho * q), x)

    pmir_round.expectations(rho, s2, 1, out)
    # the next power of e / s is the fourth: 0.05^2 times a constant of order one
    assert out[5] * e * e == pytest.approx(brentq(mean_score, 0.5 * rho, 1.2 * rho) - rho, rel=0.03)
