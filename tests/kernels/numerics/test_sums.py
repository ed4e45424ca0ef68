"""Fixed-order sums against twins, to the bit, and against exact sums, within their rounding bound."""

import math

import numba
import numpy as np
import pytest
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


@numba.njit
def folded(lanes):
    return sums.fold(lanes)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 31, 100, 512])
def test_lanes_that_no_item_reaches_can_be_left_out(n):
    x = np.random.default_rng(n).normal(size=n)
    padded = np.zeros(512)
    padded[:n] = x
    assert folded(x.copy()) == folded(padded) == pytest.approx(x.sum(), abs=1e-13)


@pytest.mark.parametrize("n", [2, 3, 7, 64])
def test_many_rows_are_merged_as_the_twin_merges_them(n):
    rows = np.random.default_rng(n).normal(size=(n, 3))
    want = naive.merge_rows(rows.copy())
    sums.merge_many(rows)
    assert rows[0].tolist() == want.tolist()
