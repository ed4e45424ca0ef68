"""The median against NumPy's, to the bit."""

import numpy as np
import pytest
from mfsolve.kernels.numerics.median import median


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 50, 51, 1000, 1001])
@pytest.mark.parametrize("most", [1, 2, 5, 10**6])
def test_of_items_with_and_without_ties(n, most):
    draw = np.random.default_rng(n * most)
    for _ in range(50):
        x = 0.1 * draw.integers(0, most, n)
        before = x.copy()
        assert median(x) == np.median(x)
        assert np.array_equal(x, before)


@pytest.mark.parametrize("n", [64, 65])
def test_of_items_in_order_and_at_the_ends(n):
    x = np.arange(n) / 3.0
    for y in (x, x[::-1].copy(), np.concatenate([x[::2], x[1::2][::-1]]), np.where(x > 7.0, np.inf, -np.inf)):
        assert median(y) == np.median(y)
