"""Likelihood kernels against their NumPy twins."""

import math

import numpy as np
import pytest
from mfsolve.kernels.provenance import likelihood
from naive import provenance as naive
from scipy.special import chdtri

NONE = np.empty(0)


def sample(seed, n, weighted=False, scale=2.0):
    """Contrasts, densities and weights of n random items."""
    rng = np.random.default_rng(seed)
    lr = rng.normal(rng.normal(0, 1), scale, n)
    p, q = np.exp(-np.maximum(lr, 0)), np.exp(np.minimum(lr, 0))
    c = rng.integers(1, 9, n).astype(float) if weighted else NONE
    return np.tanh(lr / 2), p, q, c


@pytest.mark.parametrize("n", [1, 63, 64, 127, 128, 129, 1000])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("theta", [-0.9, 0.0, 0.3])
def test_sums(n, weighted, theta):
    t, p, q, c = sample(n, n, weighted)
    b = c if weighted else 1.0
    out = np.empty(3)
    likelihood.score_sums(theta, t, c, out)
    w = t / (1 + theta * t)
    for k in range(3):
        assert out[k] == pytest.approx(np.sum(b * w ** (k + 1)), rel=1e-12, abs=1e-12 * n)
    want = naive.log_likelihood(0.5 + 0.5 * theta, p, q, b) - naive.log_likelihood(0.5, p, q, b)
    assert likelihood.log_likelihood(theta, t, c) == pytest.approx(want, rel=1e-11, abs=1e-11 * n)


@pytest.mark.parametrize("weighted", [False, True])
def test_em_one_step_and_moment(weighted):
    t, p, q, c = sample(5, 3000, weighted)
    b = c if weighted else np.ones(t.size)
    theta, _ = likelihood.expectation_maximisation(t, c, 0.0, 1e-14, 10**6)
    assert 0.5 + 0.5 * theta == pytest.approx(naive.em(p, q, b), abs=1e-9)
    best, _ = likelihood.maximum(t, c, 1e-13, np.empty(3))
    assert theta == pytest.approx(best, abs=1e-9)
    w = t / (1 + 0.1 * t)
    assert likelihood.one_step(t, c, 0.1, np.empty(3)) == pytest.approx(0.1 + (b @ w) / (b @ w**2), rel=1e-12)
    out = np.empty(2)
    likelihood.moment(t, c, -0.2, 0.3, out)
    mean = np.average(t, weights=b)
    assert out[0] == pytest.approx((mean + 0.2) / 0.5, rel=1e-12)
    assert out[1] == pytest.approx(np.average((t - mean) ** 2, weights=b) / 0.25, rel=1e-10)


@pytest.mark.parametrize("theta", [-1.0, -0.6, 0.0, 0.9])
def test_em_ascends_to_the_maximum_in_few_passes(theta):
    """Extrapolated, it takes dozens of passes where one step after the other takes thousands; also to an end."""
    rng = np.random.default_rng(8)
    for mean, sd in ((-0.02, 0.1), (0.0, 0.3), (-1.0, 1.0), (1.0, 0.4)):
        t = np.tanh(0.5 * rng.normal(mean, sd, 4000))
        best, _ = likelihood.maximum(t, NONE, 1e-13, np.empty(3))
        found, passes = likelihood.expectation_maximisation(t, NONE, theta, 1e-13, 10**6)
        if theta == -1.0:
            assert (found, passes) == (-1.0, 1)
        else:
            assert found == pytest.approx(best, abs=1e-7)
            assert passes < 400
    first, passes = likelihood.expectation_maximisation(t, NONE, 0.0, 0.0, 1)
    assert (0.5 + 0.5 * first, passes) == (pytest.approx(naive.em((1 - t) / 2, (1 + t) / 2, passes=1), abs=1e-14), 1)


@pytest.mark.parametrize("seed", range(6))
def test_deviance_bounds_lie_on_the_level(seed):
    t, *_ = sample(seed, 300)
    theta, _ = likelihood.maximum(t, NONE, 1e-13, np.empty(3))
    top, drop = likelihood.log_likelihood(theta, t, NONE), 0.5 * chdtri(1, 0.05)
    for side in (-1, 1):
        end = likelihood.deviance_bound(t, NONE, theta, top, drop, side, 1e-12)
        if abs(end) < 1:
            assert top - likelihood.log_likelihood(end, t, NONE) == pytest.approx(drop, abs=1e-8)
        else:
            assert top - likelihood.log_likelihood(end, t, NONE) <= drop
        assert side * (end - theta) >= 0


def test_contrasts_are_bounded_and_refuse_impossible_items():
    log_p, log_q = np.array([0.0, -1.0, -np.inf, 0.0]), np.array([0.5, -1.0, 0.0, -np.inf])
    t = np.empty(4)
    assert likelihood.contrasts(log_p, log_q, t) == -1
    assert t[0] == pytest.approx(math.tanh(0.25), rel=1e-15)
    assert list(t[1:]) == [0.0, likelihood.ALMOST, -likelihood.ALMOST]
    for bad in (np.nan, np.inf):
        assert likelihood.contrasts(log_p, np.array([0.5, bad, 0.0, 0.0]), t) == 1
    assert likelihood.contrasts(np.full(2, -np.inf), np.array([0.0, -np.inf]), t[:2]) == 1


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("mean", [-1.0, 0.0, 0.3])
def test_a_newton_step_leaves_less_than_its_bound(mean, side):
    """The bound is of third order in the step, and infinite where the step leaves the reach of the series."""
    t, sums = np.tanh(0.5 * np.random.default_rng(4).normal(mean, 2.0, 20_000)), np.empty(3)
    best, _ = likelihood.maximum(t, NONE, 1e-14, np.empty(3))
    assert abs(best) < 0.99
    for distance in (1e-2, 1e-3):
        at = best + side * distance * (1 - best * best)
        likelihood.score_sums(at, t, NONE, sums)
        step, bound = likelihood.newton_step(at, sums)
        assert abs(at + step - best) <= bound < 10 * distance**3
    sums[0] = 1e9
    assert likelihood.newton_step(0.0, sums)[1] == np.inf
