"""PMIR's estimator and a round of it against their twins, and against what theory says of them."""

import math

import numpy as np
import pytest
from mfsolve.kernels.numerics import float32 as singles
from mfsolve.kernels.provenance import likelihood
from mfsolve.kernels.provenance import pmir_round as rounds
from mfsolve.kernels.provenance import stochastic_newton as scoring
from mfsolve.kernels.random.philox import stream_key
from naive import provenance as naive
from scipy import stats

from mfsolve.models import provenance
from mfsolve.models.collapse import Parameters
from mfsolve.models.provenance.contents import Content, newton_rate
from mfsolve.models.provenance.pmir import Rest, best_response_map

KEY = stream_key(3, "test")
NONE = np.empty(0)
ONE = np.uint64(1)


def ratios(seed, n, rho=0.4, s2=0.3):
    """u = q / p - 1 of n items, in random order."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n) * np.where(rng.random(n) < rho, math.sqrt(s2), 1.0)
    return np.expm1(0.5 * x * x * (1 - 1 / s2) - 0.5 * math.log(s2)).astype(np.float32)


def estimate(u, start=0.5, power=0.6, s2=0.3):
    state, room, out = np.empty(scoring.STATE), np.empty(3), np.empty(4)
    rate = newton_rate(Content(variance=s2))
    batch, passes = scoring.begin(u.size, start, state)
    for first in range(0, u.size, scoring.LARGEST):
        scoring.read(u[first : first + scoring.LARGEST], batch, passes, rate, power, state, room)
    scoring.finish(u.size, state, out)
    return out, rate, passes


def test_expm1_in_float32():
    x = np.concatenate([np.linspace(-60, 60, 200_001), np.linspace(-1e-3, 1e-3, 2001)]).astype(np.float32)
    out = np.empty_like(x)
    singles.expm1_singles(x, out)
    want = np.expm1(np.clip(x.astype(float), -40, 40))
    # 2^-23 of the polynomial, 2^-24 of each of a few roundings, k ulp(ln 2) of the reduction
    np.testing.assert_allclose(out, want, rtol=2.0**-20, atol=0)


@pytest.mark.parametrize("n", [64, 100, 1000, 5000, 20_000])
@pytest.mark.parametrize("power", [0.6, 1.0])
def test_estimator_is_its_twin(n, power):
    u = ratios(n, n)
    found, rate, passes = estimate(u, 0.2, power)
    want = naive.stochastic_newton(u.astype(float), 0.2, rate, power, passes)
    # a score is off by some units of float32, and so are the mean score and what follows from it
    np.testing.assert_allclose(found, want, rtol=0, atol=2.0**-19 * np.abs(want).max())


@pytest.mark.parametrize("s2", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("rho", [0.0, 0.02, 0.5, 0.9])
@pytest.mark.parametrize("start", [0.0, 0.5, 1.0])
def test_the_corrected_average_is_next_to_the_maximum(rho, s2, start):
    """From every start: an order closer than a standard error, with the information there."""
    for n in (1500, 30_000):
        u = ratios(7, n, rho, s2)
        found, *_ = estimate(u, start, s2=s2)
        sums = np.empty(3)
        theta, _ = likelihood.maximum(u.astype(float) / (2.0 + u), NONE, 1e-12, sums)
        error = 0.5 / math.sqrt(sums[1])
        assert abs(np.clip(found[0], 0, 1) - (0.5 + 0.5 * theta)) < 0.05 * error
        assert n * found[1] * error**2 == pytest.approx(1.0, rel=0.05)


def test_the_average_alone_pays_a_constant():
    """N I Var of the second half's average is above 1, and of the corrected one 1; both within Monte Carlo error."""
    n, sets, content = 4096, 1500, Content(variance=0.3)
    rows = np.array([estimate(ratios(seed, n))[0] for seed in range(sets)])
    scale = n * content.information(0.4)
    average, corrected = (scale * np.mean((rows[:, k] - 0.4) ** 2) for k in (3, 0))
    spread = math.sqrt(2 / sets)
    assert abs(corrected - 1.0) < 4.5 * spread
    assert average > 1.0 + 4.5 * spread


def test_interval_is_that_of_the_cubic():
    rng, ends = np.random.default_rng(1), np.empty(2)
    for _ in range(300):
        at, information, third = rng.uniform(-0.2, 1.2), rng.uniform(0.1, 5), rng.normal(0, 3)
        n, drop = 1000.0, rng.uniform(0.5, 15)
        scoring.interval(at, information, third, n, drop, ends)
        nearest = min(max(at, 0.0), 1.0)
        deviance = lambda x: n * (information * (x - at) ** 2 - 2 / 3 * third * (x - at) ** 3)  # noqa: B023, E731
        assert ends[0] <= nearest <= ends[1]
        for end, side in zip(ends, (-1, 1)):
            if 0.0 < end < 1.0:
                assert deviance(end) - max(deviance(nearest), 0.0) == pytest.approx(drop, abs=1e-6)
            elif side * third <= 0.0:  # the deviance rises all the way
                assert deviance(end) - max(deviance(nearest), 0.0) <= drop + 1e-9 or end == nearest
    scoring.interval(0.4, 0.01, 0.0, 100.0, 4.0, ends)  # one standard error spans more than [0, 1]
    assert list(ends) == [0.0, 1.0]


@pytest.mark.parametrize(("n", "d"), [(64, 1), (4097, 1), (9001, 1), (5001, 3)])
def test_a_round_is_its_twin(n, d):
    m, m_hat, s2_hat = np.full(d, 0.1), np.full(d, -0.05), 0.35
    x = naive.pool_items(KEY, 1, 2, 0.4, m, 0.6, n)
    mean, out, theory = np.empty(d), np.empty(7), np.empty(5)
    case = (KEY, ONE, np.uint64(2), 0.4, m, 0.6, n, m_hat, s2_hat, 0.3, 0.6)
    rounds.draw_and_estimate(*case, mean, out)
    again = np.empty(7)
    rounds.draw_and_estimate(*case, mean, again)
    assert np.array_equal(out, again)
    rounds.expectations(0.3, s2_hat, d, theory)
    log_ratio = stats.norm.logpdf(x, m_hat, math.sqrt(s2_hat)).sum(1) - stats.norm.logpdf(x).sum(1)
    want = naive.stochastic_newton(np.expm1(log_ratio), 0.3, theory[:3], 0.6, max(1, 1024 // n))
    np.testing.assert_allclose(out[:4], want, rtol=0, atol=2.0**-18 * np.abs(want).max())
    np.testing.assert_allclose(mean, x.mean(0), rtol=0, atol=1e-13)
    assert out[4] == pytest.approx(np.mean((x - x.mean(0)) ** 2), rel=1e-12)
    assert out[5] == pytest.approx(np.std((x**2).sum(1)) / d / math.sqrt(n), rel=1e-9)
    assert out[6] == theory[4]


@pytest.mark.parametrize("d", [1, 2, 30])
@pytest.mark.parametrize("s2", [0.05, 0.4, 0.9])
@pytest.mark.parametrize("rho", [0.0, 0.1, 0.6, 0.95])
def test_expectations(d, s2, rho):
    out, info = np.empty(5), lambda r, v=s2: provenance.gaussian_information(r, variance=v, dimension=d)
    rounds.expectations(rho, s2, d, out)
    assert out[3] == pytest.approx(info(rho), rel=1e-2)
    for at, weights in ((0.0, (1, 0, 0)), (1.0, (0, 1, 0)), (0.5, (0.5, 0.5, 0.25))):
        assert out[:3] @ weights == pytest.approx(1 / info(at), rel=1e-2, abs=1e-300)
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
    rounds.rest_residuals(rho, Rest.of(economy).point, d, out)
    want = [x - best_response_map(economy, float(x)) for x in rho]
    np.testing.assert_allclose(out, want, rtol=0, atol=1e-5)
    assert np.all(np.diff(out) >= 0.01 - 1e-9)
    five = np.empty(5)
    rounds.judge(0.3, 2.0, 0.5, 1000.0, 4.0, Rest.of(economy).point, d, five)
    ends = np.empty(2)
    scoring.interval(0.3, 2.0, 0.5, 1000.0, 4.0, ends)
    assert np.array_equal(five[:2], ends)
    want = [x - best_response_map(economy, float(x)) for x in (ends[0], 0.3, ends[1])]
    np.testing.assert_allclose(five[2:], want, rtol=0, atol=1e-5)
