"""Drawn signals and estimates against estimates formed by hand from the same draws."""

import numpy as np
import pytest
from mfsolve.kernels.creators import signals
from mfsolve.kernels.random import philox

BIAS, NOISE = philox.stream_key(1, "bias"), philox.stream_key(1, "noise")
ZERO = np.uint64(0)
EPS = np.finfo(float).eps


@pytest.mark.parametrize("n", [1, 63, 64, 200])
@pytest.mark.parametrize("shape", [signals.NORMAL, signals.TWO_VALUED])
def test_estimates_against_stored_signals(n, shape):
    rng = np.random.default_rng(n)
    x, e = rng.random(n), rng.random(n)
    e[0] = 1.0 if n == 1 else 0.0
    out = np.empty(5)
    signals.estimates(BIAS, NOISE, np.uint64(3), np.uint64(2), shape, 1.3, 0.7, x, e, 0.9, 2.0, out)
    for question in range(5):
        drawn = np.empty(n)
        at = (np.uint64(3 + question), np.uint64(2), ZERO, shape, 1.3, 0.7)
        signals.signals(BIAS, NOISE, *at, x, e, drawn)
        want = (np.sum(e * drawn) - 0.9 * np.sum(x * e * drawn)) / 2.0
        assert abs(out[question] - want) <= (n + 16) * EPS * np.sum((e + np.sqrt(e)) * 16)


def test_signals_have_the_stated_moments():
    n, questions = 3, 20_000
    x, e = np.array([0.0, 0.5, 1.0]), np.array([2.0, 1.0, 4.0])
    drawn = np.empty((questions, n))
    for question in range(questions):
        at = (np.uint64(question), ZERO, ZERO, signals.NORMAL, np.sqrt(2.0), 5.0)
        signals.signals(BIAS, NOISE, *at, x, e, drawn[question])
    want = np.diag(1 / e) + 2.0 * np.outer(x, x)
    error = np.sqrt((np.outer(np.diag(want), np.diag(want)) + want**2) / questions)
    assert (np.abs(np.cov(drawn.T) - want) < 4.5 * error).all()
    assert (np.abs(drawn.mean(axis=0) - 5.0) < 4 * np.sqrt(np.diag(want) / questions)).all()


def test_group_errors_do_not_depend_on_splits_of_the_law():
    # squared error: chi-square with `questions` degrees times the variance
    w, lam, sd, spread = (0.4, 0.6), (0.0, 1.0), (0.5, 0.8), 1.1
    questions = 50_000
    total = signals.group_errors(NOISE, ZERO, ZERO, ZERO, questions, spread, *w, *lam, *sd)
    variance = (w[0] * sd[0]) ** 2 + (w[1] * sd[1]) ** 2 + (spread * w[1]) ** 2
    assert abs(total / questions / variance - 1) < 4 * np.sqrt(2 / questions)


def test_thresholds_follow_the_supply_curve():
    from scipy import stats

    out = np.empty(20_000)
    signals.thresholds(NOISE, ZERO, 2.5, out)
    assert stats.kstest(out, lambda p: p**2.5).pvalue > 1e-4
    u = np.empty(2 * out.size)
    philox.uniforms(NOISE, ZERO, ZERO, ZERO, ZERO, u)
    np.testing.assert_allclose(out, u[::2] ** 0.4, rtol=40 * EPS)
