"""Tail masses against SciPy."""

import numpy as np
from mfsolve.kernels.atlas.tails import FARTHEST, tail_masses
from scipy.stats import norm


def test_tail_masses():
    m, s = (x.ravel() for x in np.meshgrid(np.linspace(-9, 9, 181), [1e-3, 0.1, 1.0, 30.0]))
    out = np.empty(m.size)
    tail_masses(m, s, 2.0, out)
    exact = norm.sf(2.0, m, s) + norm.cdf(-2.0, m, s)
    assert np.max(np.abs(out - exact)) < 2 * norm.sf(FARTHEST) + 1e-15
