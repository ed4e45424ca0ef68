"""Random directions: length, mean and moments of the uniform law on the sphere."""

import numpy as np
import pytest
from mfsolve.kernels.random.directions import random_directions
from mfsolve.kernels.random.philox import stream_key


@pytest.mark.parametrize("d", [1, 2, 3, 7])
def test_directions_are_uniform_on_the_sphere(d):
    theta = np.empty((20000, d))
    random_directions(stream_key(1, "t"), np.uint64(0), theta)
    np.testing.assert_allclose(np.sum(theta**2, axis=1), 1.0, rtol=1e-14)
    # each coordinate has variance 1/d and fourth moment 3 / (d (d + 2)): 5 standard errors, and rounding where d = 1
    assert np.all(np.abs(theta.mean(axis=0)) < 5 * np.sqrt(1 / d / 20000))
    spread = np.sqrt(max(0.0, 3 / (d * (d + 2)) - 1 / d**2) / 20000)
    assert np.all(np.abs((theta**2).mean(axis=0) - 1 / d) < 5 * spread + 1e-14)
