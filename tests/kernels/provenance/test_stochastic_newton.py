"""PMIR's estimator against its twin, against the maximum of the likelihood, and against its theory."""

import math

import numpy as np
import pytest
from mfsolve.kernels.provenance import likelihood, stochastic_newton
from mfsolve.kernels.provenance.stochastic_newton import Gains
from naive import provenance as naive

from mfsolve.models.provenance.contents import GaussianContent, newton_rate

NONE = np.empty(0)


def ratios(seed, n, rho=0.4, s2=0.3):
    """u = q / p - 1 of n items, in random order."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n) * np.where(rng.random(n) < rho, math.sqrt(s2), 1.0)
    return np.expm1(0.5 * x * x * (1 - 1 / s2) - 0.5 * math.log(s2)).astype(np.float32)


def estimate(u, start=0.5, power=0.6, s2=0.3):
    state, room, out = np.empty(stochastic_newton.STATE), np.empty(stochastic_newton.ROOM), np.empty(4)
    gains = Gains(newton_rate(GaussianContent(variance=s2)), power)
    stochastic_newton.begin(start, state)
    for first in range(0, u.size, stochastic_newton.LARGEST):
        stochastic_newton.read(u[first : first + stochastic_newton.LARGEST], gains, state, room)
    stochastic_newton.finish(u.size, state, out)
    return out, gains.rate


@pytest.mark.parametrize("n", [64, 100, 1000, 5000, 20_000])
@pytest.mark.parametrize("power", [0.6, 1.0])
def test_estimator_is_its_twin(n, power):
    u = ratios(n, n)
    found, rate = estimate(u, 0.2, power)
    want = naive.stochastic_newton(u.astype(float), 0.2, rate, power)
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
    n, sets, content = stochastic_newton.LARGEST, 1500, GaussianContent(variance=0.3)
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
        stochastic_newton.interval(at, information, third, n, drop, ends)
        nearest = min(max(at, 0.0), 1.0)
        deviance = lambda x: n * (information * (x - at) ** 2 - 2 / 3 * third * (x - at) ** 3)  # noqa: B023, E731
        assert ends[0] <= nearest <= ends[1]
        for end, side in zip(ends, (-1, 1)):
            if 0.0 < end < 1.0:
                assert deviance(end) - max(deviance(nearest), 0.0) == pytest.approx(drop, abs=1e-6)
            elif side * third <= 0.0:  # the deviance rises all the way
                assert deviance(end) - max(deviance(nearest), 0.0) <= drop + 1e-9 or end == nearest
    stochastic_newton.interval(0.4, 0.01, 0.0, 100.0, 4.0, ends)  # one standard error spans more than [0, 1]
    assert list(ends) == [0.0, 1.0]
