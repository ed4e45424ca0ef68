"""Exponentially fitted finite volumes against dense linear algebra."""

import numpy as np
import pytest
from mfsolve.kernels.numerics import finite_volume
from naive import flow as naive

RNG = np.random.default_rng(6)
N, LINES = 40, 5
H = 6.0 / N
X = -3.0 + H * (np.arange(N) + 0.5)
TILTED = np.outer(2.0 * (X**2 - 1.0) ** 2, np.ones(LINES)) + np.outer(X, np.linspace(-1, 1, LINES))


def masses():
    mu = RNG.uniform(0.1, 1.0, (N, LINES))
    return mu / mu.sum(axis=0)


@pytest.mark.parametrize("pull", [0.0, 0.3])
@pytest.mark.parametrize("dt", [1e-3, 0.05, 1e3])
def test_sweep_is_the_implicit_step_of_every_line(dt, pull):
    sigma, t, m, mu = 1.3, 0.4, 0.3, masses()
    expected = []
    for k in range(LINES):
        # the twin's quadratic attraction is to the line's own mean: its potential is shifted to attract to m
        u = TILTED[:, k] + pull / t * X * (X @ mu[:, k] - m)
        expected.append(naive.implicit(dt, sigma, t, pull, (X, H, u, np.zeros(0)), mu[:, k]))
    out = mu.copy()
    tilt = pull * H * (0.5 * (X[:-1] + X[1:]) - m) if pull else np.zeros(0)
    finite_volume.sweep(dt * sigma / H**2, t, TILTED, tilt, out)
    np.testing.assert_allclose(out, np.array(expected).T, rtol=1e-9)


def test_a_step_of_any_length_keeps_sign_and_mass():
    for scale in (1e-6, 1.0, 1e12):
        mu = masses()
        finite_volume.sweep(scale, 0.4, 100.0 * TILTED, np.zeros(0), mu)
        assert np.all(mu >= 0.0)
        np.testing.assert_allclose(mu.sum(axis=0), 1.0, rtol=1e-13)


def test_fluxes_are_the_generators_and_vanish_at_the_gibbs_density():
    sigma, t, mu = 1.3, 0.4, masses()
    dv = np.diff(t * TILTED, axis=0)
    out = np.empty((N - 1, LINES))
    finite_volume.face_fluxes(sigma, t, H, dv, mu, out)
    for k in range(LINES):
        q = naive.generator(sigma, t, 0.0, (X, H, TILTED[:, k], np.zeros(0)), mu[:, k])
        np.testing.assert_allclose(np.diff(np.concatenate(([0.0], -out[:, k], [0.0]))), q @ mu[:, k], atol=1e-10)
    gibbs = np.exp(-TILTED)
    largest = np.abs(out).max()
    finite_volume.face_fluxes(sigma, t, H, dv, gibbs / gibbs.sum(axis=0), out)
    assert np.abs(out).max() < 1e-13 * largest
