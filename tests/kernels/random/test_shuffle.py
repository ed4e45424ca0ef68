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


@pytest.mark.parametrize("most", [1, 2, 3, 10, 2**31 - 1, 2**32, 2**40 + 1, 2**52 - 1, 2**52])
def test_a_partner_is_within_what_is_left(most):
    """The largest uniform below 1 never rounds up to the end, of which the items behind it would be a stranger."""
    for first in (0, 7):
        assert shuffle.partner(0.0, first, first + most) == first
        assert shuffle.partner(1.0 - 2.0**-52, first, first + most) == first + most - 1


@pytest.mark.parametrize(("size", "n"), [(1, 1), (5, 5), (5, 2), (40, 13)])
def test_a_sample_without_replacement_stands_in_front(size, n):
    u = np.random.default_rng(size).random(n)
    items, want = np.arange(size + 3), np.arange(size + 3)
    shuffle.bring_forward(items, size, n, u)
    for j in range(n):
        other = j + int(u[j] * (size - j))
        want[[j, other]] = want[[other, j]]
    np.testing.assert_array_equal(items, want)
    assert items[size:].tolist() == [size, size + 1, size + 2]  # beyond the pool nothing moves
