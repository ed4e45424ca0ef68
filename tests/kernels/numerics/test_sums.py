"""Fixed-order sums against twins, to the bit, and against exact sums, within their rounding bound."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mfsolve.kernels.numerics import sums
from naive import random as naive

EPS = np.finfo(float).eps


@pytest.mark.parametrize("n", [0, 1, 2, 63, 64, 65, 127, 128, 1000, 1024, 1025, 3072, 100_003])
def test_total(n):
    x = np.random.default_rng(n).normal(size=n) * 10.0 ** np.random.default_rng(n + 1).integers(-8, 8, n)
    got = sums.total(x)
    assert got == naive.in_blocks(x, sums.LANES, sums.BLOCK)
    if n <= sums.BLOCK:
        assert got == naive.in_lanes(x, sums.LANES)
    assert abs(got - math.fsum(x)) <= (sums.ROWS + 6 + np.log2(1 + n / sums.BLOCK)) * EPS * np.abs(x).sum()


@pytest.mark.parametrize(("n", "item"), [(10**6, 0.1), (3 * 10**6 + 1, 1 / 3), (10**7, 0.7)])
def test_total_of_equal_items_loses_no_more_than_pairs_do(n, item):
    """Roundings of equal items point one way. NumPy's pairwise sum loses 1.3 units here, interleaved sums lost 940."""
    x = np.full(n, item)
    exact = math.fsum(x)
    assert abs(sums.total(x) - exact) <= 4.0 * EPS * exact


def test_total_takes_any_vector():
    x = np.random.default_rng(3).normal(size=5000)
    wide = np.empty((5000, 2))
    wide[:, 0] = x
    assert sums.total(wide[:, 0]) == sums.total(x)
    assert sums.total(np.arange(5000)) == 2500 * 4999
    single = np.full(5000, 0.1, np.float32)
    assert sums.total(single) == sums.total(single.astype(float))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 9, 31, 100])
def test_merge_rows(n):
    rows = np.random.default_rng(n).normal(size=(n, 4))
    want = naive.merge_rows(rows)
    exact = [math.fsum(column) for column in rows.T]
    sums.merge_rows(rows)
    assert np.array_equal(rows[0], want)
    np.testing.assert_allclose(rows[0], exact, atol=(np.ceil(np.log2(n + 1)) + 1) * EPS * n)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 4), st.floats(-1e3, 1e3), st.integers(0, 10**6))
def test_merge_moments(n_a, n_b, d, offset, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n_a, d)), rng.normal(size=(n_b, d)) + offset
    mean = np.empty(d)
    parts = [(float(n), m, s) for n, m, s in (naive.moments(a), naive.moments(b))]
    count, scatter = sums.merge_moments(*parts[0], *parts[1], mean)
    n, want_mean, want_scatter = naive.moments(np.concatenate([a, b]))
    assert count == n
    if n == 0:
        assert scatter == 0.0
        return
    scale = 5.0 + abs(offset)
    np.testing.assert_allclose(mean, want_mean, atol=50 * EPS * scale, rtol=0)
    assert abs(scatter - want_scatter) <= 100 * EPS * (n * d) * scale**2


def test_merge_moments_does_not_cancel_far_from_the_origin():
    """Sums of squares at 10^8 would lose every digit of a unit scatter."""
    x = 1e8 + np.arange(8.0)
    a, b = naive.moments(x[:4, None]), naive.moments(x[4:, None])
    mean = np.empty(1)
    assert sums.merge_moments(float(a[0]), a[1], a[2], float(b[0]), b[1], b[2], mean) == (8.0, 42.0)
    assert mean[0] == 1e8 + 3.5
