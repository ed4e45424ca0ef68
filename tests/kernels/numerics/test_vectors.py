"""Vectors in registers against NumPy: the same numbers, in the order that is promised."""

import numba
import numpy as np
import pytest
from mfsolve.kernels.numerics import vectors
from mfsolve.kernels.numerics.vectors import (
    BLOCK,
    SINGLES,
    filled,
    halves,
    joined,
    load,
    narrow,
    reciprocal,
    single,
    total,
    wide,
)

X = np.random.default_rng(1).normal(size=3 * BLOCK + 5)
jit = numba.njit(error_model="numpy")


def pairwise(x):
    while x.size > 1:
        x = x[: x.size // 2] + x[x.size // 2 :]
    return x[0]


def rows(x):
    a, b, c, d = x.reshape(4, -1)
    return (a + b) + (c + d)


@jit
def sum_of_block(x, start):
    return total(load(x, start))


@jit
def sum_of_rows(x, start):
    return total(narrow(load(x, start)))


@jit
def sum_of_singles(x, start):
    return total(narrow(single(load(x, start), load(x, start + BLOCK))))


@pytest.mark.parametrize("start", [0, 1, 32, X.size - 32, X.size - 31, X.size - 5, X.size - 1, X.size, X.size + 40])
def test_what_is_loaded_and_summed(start):
    beyond = np.zeros(X.size + 200)
    beyond[: X.size] = X
    block, two = beyond[start : start + BLOCK], beyond[start : start + 2 * BLOCK]
    assert sum_of_block(X, start) == pairwise(block)
    assert sum_of_rows(X, start) == pairwise(rows(block))
    assert sum_of_singles(X, start) == pairwise(rows(two.astype(np.float32)).astype(float))


@jit
def sum_of_float32(x, start):
    return total(narrow(load(x, start))), total(wide(narrow(load(x, start))))


@pytest.mark.parametrize("start", [0, 1, X.size - 64, X.size - 63, X.size - 1, X.size, X.size + 40])
def test_float32_is_loaded_as_it_is(start):
    beyond = np.zeros(X.size + 200, np.float32)
    beyond[: X.size] = X
    want = pairwise(rows(beyond[start : start + SINGLES]).astype(float))
    assert sum_of_float32(X.astype(np.float32), start) == (want, want)


@jit
def arithmetic(x, a):
    y = load(x, 0)
    z = (y + filled(a, y)) * y / filled(3.0, y)
    z += y
    z *= filled(a, y)
    first, second = halves(z)
    return total(first), total(second), total(joined(second, first) * y)


def test_arithmetic():
    y, a = X[:BLOCK], 0.7
    z = ((y + a) * y / 3.0 + y) * a
    first, second = z[: BLOCK // 2], z[BLOCK // 2 :]
    assert arithmetic(X, a) == (pairwise(first), pairwise(second), pairwise(np.r_[second, first] * y))


@jit
def reciprocals(x):
    return total(reciprocal(load(x, 0))), total(reciprocal(single(load(x, 0), load(x, BLOCK))))


def test_reciprocal():
    wide, narrow_ = reciprocals(X)
    for got, x, unit in ((wide, X[:BLOCK], 2.0**-52), (narrow_, X[: 2 * BLOCK], 2.0**-23)):
        assert abs(got - np.sum(1 / x)) < 4 * unit * np.sum(1 / np.abs(x))


def test_a_single_is_rounded_once():
    @jit
    def of(x, a):
        y = single(load(x, 0), load(x, BLOCK))
        return total(filled(a, y) * y)

    x = np.zeros(2 * BLOCK)
    x[3] = 1.0
    assert of(x, 0.1) == np.float64(np.float32(0.1))


@pytest.mark.parametrize("x", [X[::2], X[:90].reshape(3, 30)])
def test_only_contiguous_vectors_are_loaded(x):
    with pytest.raises(numba.TypingError, match="contiguous vector of float64"):
        sum_of_block(x, 0)


@jit
def shape_of_a_block(x):
    ones = filled(1.0, load(x, 0))
    return vectors.width(x), total(ones), total(filled(1.0, narrow(ones)))


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_block_is_256_bytes_in_four_rows(kind):
    items = 256 // np.dtype(kind).itemsize
    assert shape_of_a_block(np.zeros(5, kind)) == (items, items, items / 4)


def test_blocks_of_unlike_types_do_not_mix():
    @jit
    def wrong(x):
        return total(load(x, 0) + narrow(load(x, 0)))

    with pytest.raises(numba.TypingError):
        wrong(X)
