"""Drawn signals and estimates against estimates formed by hand from the same draws."""

import numpy as np
import pytest
from mfsolve.kernels.creators import signals
from mfsolve.kernels.random import normals, philox
from naive import creators as naive

BIAS, NOISE = philox.stream_key(1, "bias"), philox.stream_key(1, "noise")
ZERO = np.uint64(0)
EPS = np.finfo(float).eps


def source(shape=signals.NORMAL, sigma=1.3, theta=0.7, replicate=2):
    return signals.Source(BIAS, NOISE, np.uint64(replicate), shape, sigma, theta)


@pytest.mark.parametrize("n", [1, 63, 64, 200])
@pytest.mark.parametrize("shape", [signals.NORMAL, signals.TWO_VALUED])
def test_estimates_against_stored_signals(n, shape):
    rng = np.random.default_rng(n)
    x, e = rng.random(n), rng.random(n)
    e[0] = 1.0 if n == 1 else 0.0
    out = np.empty(5)
    here = source(shape)
    signals.estimates(here, np.uint64(3), x, e, 0.9, 2.0, out)
    for question in range(5):
        drawn = naive.signals(normals.normal_pair, here, shape == signals.TWO_VALUED, 3 + question, x, e)
        want = (np.sum(e * drawn) - 0.9 * np.sum(x * e * drawn)) / 2.0
        assert abs(out[question] - want) <= (n + 16) * EPS * np.sum((e + np.sqrt(e)) * 16)


def test_estimates_have_the_stated_moments():
    # weights e_i (1 - lambda_i A) / Phi of the true variance: unbiased, with variance 1 / Phi
    x, e, v, questions = np.array([0.0, 0.5, 1.0]), np.array([2.0, 1.0, 4.0]), 2.0, 20_000
    A = (x * e).sum() / (1 / v + (x * x * e).sum())
    phi = e.sum() - A * (x * e).sum()
    out = np.empty(questions)
    signals.estimates(source(sigma=np.sqrt(v), theta=5.0), ZERO, x, e, A, phi, out)
    assert abs(out.mean() - 5.0) < 4 / np.sqrt(phi * questions)
    assert abs(np.mean((out - 5.0) ** 2) * phi - 1) < 4 * np.sqrt(2 / questions)


def test_squared_errors_have_the_stated_variance():
    # squared error: chi-square with `questions` degrees of freedom times the variance
    groups, questions = signals.TwoGroups(1.1, 0.4, 0.6, 0.0, 1.0, 0.5, 0.8), 50_000
    total = signals.squared_errors(NOISE, ZERO, ZERO, ZERO, questions, groups)
    variance = (0.4 * 0.5) ** 2 + (0.6 * 0.8) ** 2 + (1.1 * 0.6) ** 2
    assert abs(total / questions / variance - 1) < 4 * np.sqrt(2 / questions)


def test_squared_errors_against_twin():
    groups = signals.TwoGroups(1.1, 0.4, 0.6, 0.2, 1.0, 0.5, 0.8)
    for questions in (1, 127, 128, 300):
        total = signals.squared_errors(NOISE, np.uint64(4), np.uint64(2), np.uint64(7), questions, groups)
        want = naive.squared_errors(normals.normal_pair, NOISE, 4, 2, 7, questions, groups)
        assert total == pytest.approx(want, rel=(questions + 16) * EPS)  # a sum of squares


def test_entry_prices_follow_the_supply_curve():
    from scipy import stats

    out = np.empty(20_000)
    signals.entry_prices(NOISE, ZERO, 2.5, out)
    assert stats.kstest(out, lambda p: p**2.5).pvalue > 1e-4
    u = np.empty(2 * out.size)
    philox.uniforms(NOISE, ZERO, ZERO, ZERO, ZERO, u)
    np.testing.assert_allclose(out, u[::2] ** 0.4, rtol=40 * EPS)
