"""Random directions: length, mean and moments of the uniform law on the sphere."""

import numpy as np
from mfsolve.kernels.random.directions import random_directions
from mfsolve.kernels.random.philox import stream_key


def test_directions_are_uniform_on_the_sphere():
    theta = np.empty((20000, 3))
    random_directions(stream_key(1, "t"), np.uint64(0), theta)
    np.testing.assert_allclose(np.sum(theta**2, axis=1), 1.0, rtol=1e-14)
    # each coordinate has variance 1/3 and fourth moment 1/5: 5 standard errors
    assert np.all(np.abs(theta.mean(axis=0)) < 5 * np.sqrt(1 / 3 / 20000))
    assert np.all(np.abs((theta**2).mean(axis=0) - 1 / 3) < 5 * np.sqrt((1 / 5 - 1 / 9) / 20000))
