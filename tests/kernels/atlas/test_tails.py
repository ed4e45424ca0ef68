"""Tail masses and entropies against SciPy."""

import numpy as np
from mfsolve.kernels.atlas.tails import FARTHEST, SMOOTH, poisson_measures, two_tails
from scipy.stats import norm, poisson


def test_tail_masses():
    m, s = (x.ravel() for x in np.meshgrid(np.linspace(-9, 9, 181), [1e-3, 0.1, 1.0, 30.0]))
    out = np.array([two_tails(*law, 2.0) for law in zip(m, s)])
    exact = norm.sf(2.0, m, s) + norm.cdf(-2.0, m, s)
    assert np.max(np.abs(out - exact)) < 2 * norm.sf(FARTHEST) + 1e-15


def test_poisson_tails_and_entropies():
    k, theta = (
        x.ravel() for x in np.meshgrid([0.0, 1.0, 7.0, 40.0, 130.0], [0.0, 0.02, 0.3, 5.0, 60.0, 99.0, 101.0, 150.0])
    )
    out = np.empty((k.size, 2))
    poisson_measures(k, theta, out)
    np.testing.assert_allclose(out[:, 0], poisson.sf(k, theta), rtol=1e-11, atol=1e-300)
    series = np.where(theta >= SMOOTH, 2 * 9 / (80 * np.maximum(theta, 1.0) ** 4), 1e-12)
    alive = theta > 0.0
    assert np.all(np.abs(out[:, 1] - poisson(theta).entropy())[alive] < series[alive])
    assert not out[~alive].any()
