"""Random permutations against their slow twin and against what must hold."""

import itertools

import numpy as np
import pytest
from mfsolve.kernels.random import philox, shuffle

KEY = philox.stream_key(4, "test")
ZERO = np.uint64(0)


def order(number, n, key=KEY):
    out = np.empty(n, np.int32)
    shuffle.shuffle(key, np.uint64(number), ZERO, out)
    return out


@pytest.mark.parametrize("n", [1, 2, 5, 511, 513, 3000])
def test_shuffle_is_a_permutation(n):
    for number in range(3):
        np.testing.assert_array_equal(np.sort(order(number, n)), np.arange(n))


def test_shuffle_against_twin():
    n = 1200
    u = np.empty(2 * n)
    philox.uniforms(KEY, ZERO, np.uint64(7), ZERO, ZERO, u)
    want = np.arange(n)
    for j in range(n - 1):
        other = j + int((1.0 - u[j]) * (n - j))
        want[j], want[other] = want[other], want[j]
    np.testing.assert_array_equal(order(7, n), want)


def test_all_orders_are_equally_likely():
    from scipy import stats

    counts = dict.fromkeys(itertools.permutations(range(4)), 0)
    for number in range(12_000):
        counts[tuple(order(number, 4).tolist())] += 1
    assert stats.chisquare(list(counts.values())).pvalue > 1e-4
