"""log, exp and sin/cos against extended precision: errors in units in the last place."""

import itertools

import numba
import numpy as np
import pytest
from mfsolve.kernels.numerics import elementary
from mfsolve.kernels.numerics.elementary import exponential, natural_log
from mfsolve.kernels.random import normals, philox

EXTENDED = np.finfo(np.longdouble).eps < 1e-18
pytestmark = pytest.mark.skipif(not EXTENDED, reason="needs an extended long double as the reference")
TWO_PI = 2 * np.longdouble("3.14159265358979323846264338327950288419")


@numba.njit(error_model="numpy")
def logs(x, out):
    for i in range(x.size):
        out[i] = elementary.log(x[i])


@numba.njit(error_model="numpy")
def raw_logs(x, out):
    for i in range(x.size):
        out[i] = elementary.log_in_range(x[i])


@numba.njit(error_model="numpy")
def exps(x, out):
    for i in range(x.size):
        out[i] = elementary.exp(x[i])


@numba.njit(error_model="numpy")
def sines(t, s, c):
    for i in range(t.size):
        s[i], c[i] = elementary.sincos_eighth(t[i])


def ulps(got, want):
    """Largest error of float64 results against long doubles."""
    scale = np.spacing(np.abs(want).astype(np.float64))
    return float((np.abs(got.astype(np.longdouble) - want) / scale).max())


def log_arguments(name):
    rng = np.random.default_rng(1)
    n = 300_000
    if name == "every exponent":
        bits = rng.integers(1, 0x7FF0000000000000, n, dtype=np.uint64)
        return bits.view(np.float64)
    if name == "subnormal":
        return rng.integers(1, 0x0010000000000000, n, dtype=np.uint64).view(np.float64)
    if name == "uniforms":
        return 1.0 - rng.integers(0, 2**52, n) * 2.0**-52
    if name == "around one":
        return 1.0 + np.concatenate(
            [np.arange(-5000, 5000) * 2.0**-53, rng.normal(size=n) * 1e-3, rng.uniform(-0.3, 0.42, n)]
        )
    return np.concatenate([np.nextafter(np.sqrt(2.0) * 2.0**k, [0, 4 * 2.0**k]) for k in range(-1000, 1000)])


@pytest.mark.parametrize("name", ["every exponent", "subnormal", "uniforms", "around one", "around sqrt(2) 2^k"])
def test_log(name):
    x = log_arguments(name)
    out = np.empty_like(x)
    logs(x, out)
    assert ulps(out, np.log(x.astype(np.longdouble))) < 1.0
    normal = x >= np.finfo(float).tiny
    raw = np.empty_like(x)
    raw_logs(x, raw)
    assert np.array_equal(out[normal], raw[normal])


@pytest.mark.parametrize(("low", "high"), [(-708.0, 709.0), (-1.0, 1.0), (-1e-8, 1e-8), (-40.0, 0.0)])
def test_exp(low, high):
    x = np.concatenate([np.random.default_rng(2).uniform(low, high, 300_000), [low, high]])
    out = np.empty_like(x)
    exps(x, out)
    assert ulps(out, np.exp(x.astype(np.longdouble))) < 1.0


def test_exp_near_halfway_reductions():
    """Where the reduced argument is largest: x = (k + 1/2) ln 2."""
    x = ((np.arange(-1020, 1020) + 0.5) * np.log(np.longdouble(2))).astype(np.float64)
    out = np.empty_like(x)
    exps(x, out)
    assert ulps(out, np.exp(x.astype(np.longdouble))) < 1.0


@numba.njit(error_model="numpy")
def log1ps(x, out):
    for i in range(x.size):
        out[i] = elementary.log1p(x[i])


def test_log1p():
    """Kahan's correction: a rounding each of 1 + x, the logarithm, the quotient and the product."""
    rng = np.random.default_rng(4)
    near = -1.0 + 2.0 ** -rng.uniform(1, 53, 100_000)
    x = np.concatenate(
        [10.0 ** rng.uniform(-320, 308, 100_000), -(10.0 ** rng.uniform(-320, -0.01, 100_000)), near, [0.0]]
    )
    out = np.empty_like(x)
    log1ps(x, out)
    assert out[-1] == 0.0
    assert ulps(out[:-1], np.log1p(x[:-1].astype(np.longdouble))) < 2.5


LARGEST, TINY = np.finfo(float).max, np.finfo(float).tiny
SPECIAL = np.array([
    np.nan, -np.nan, 0.0, -0.0, np.inf, -np.inf, -1.0, -2.0, -1e-320, 5e-324, 1e-310, TINY, 1.0, -0.5,
    LARGEST, -LARGEST, 1e300, -708.1, 709.1, 1e4, -1e4,
])  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs"), [(logs, np.log), (log1ps, np.log1p), (exps, np.exp)])
def test_every_float_has_its_value(ours, theirs):
    """Zeros, subnormals, negatives, infinities, NaN, in a vector and alone; exp cuts off at -708 and 709."""
    with np.errstate(all="ignore"):
        want = theirs(SPECIAL)
    if theirs is np.exp:
        want[SPECIAL < -708.0], want[SPECIAL > 709.0] = 0.0, np.inf
    out, one = np.empty_like(SPECIAL), np.empty(1)
    ours(SPECIAL, out)
    np.testing.assert_allclose(out, want, rtol=1e-15)
    for i in range(SPECIAL.size):
        ours(SPECIAL[i : i + 1], one)
        np.testing.assert_array_equal(one[0], out[i])
    if theirs is np.log:
        np.testing.assert_array_equal([natural_log(x) for x in SPECIAL], out)


def test_draws_stay_in_the_range_of_the_functions_that_do_not_look():
    """Least and largest words: the uniform is in [2^-52, 1], the angle in [-1/8, 1/8], and normals are finite."""
    ones = np.uint64(0xFFFFFFFF)
    words = [np.uint64(0), ones, np.uint64(1), np.uint64(0x80000000), np.uint64(0xFFF)]
    for high, low in itertools.product(words, repeat=2):
        u = philox.unit(high, low)
        assert 2.0**-52 <= u <= 1.0
        assert -0.125 <= 0.25 * (0.5 - u) <= 0.125
        for other in itertools.product(words, repeat=2):
            assert np.isfinite(normals.box_muller(high, low, *other)).all()
    assert philox.unit(ones, ones) == 2.0**-52
    assert philox.unit(np.uint64(0), np.uint64(0)) == 1.0


def test_sincos():
    rng = np.random.default_rng(3)
    t = np.concatenate(
        [rng.uniform(-0.125, 0.125, 300_000), 0.25 * (np.arange(-1000, 1000) * 2.0**-52), [-0.125, 0.125]]
    )
    s, c = np.empty_like(t), np.empty_like(t)
    sines(t, s, c)
    angle = TWO_PI * t.astype(np.longdouble)
    assert ulps(s, np.sin(angle)) < 2.0
    assert ulps(c, np.cos(angle)) < 1.8
    assert np.abs(s * s + c * c - 1.0).max() < 4 * np.finfo(float).eps


def test_edges():
    tiny = np.finfo(float).tiny
    assert natural_log(1.0) == 0.0
    assert natural_log(tiny) == np.log(tiny)
    assert natural_log(np.finfo(float).max) == np.log(np.finfo(float).max)
    assert exponential(0.0) == 1.0
    assert exponential(-0.0) == 1.0
    assert exponential(-708.0) > 0.0
    assert exponential(-708.1) == 0.0
    assert exponential(-np.inf) == 0.0
    assert exponential(709.0) < np.inf
    assert exponential(709.1) == np.inf
    assert exponential(np.inf) == np.inf


def test_exp_and_log_are_inverse_and_monotone():
    x = np.linspace(-700.0, 700.0, 20_001)
    y, back = np.empty_like(x), np.empty_like(x)
    exps(x, y)
    logs(y, back)
    # an error of 1 ulp of y is at most 1 eps in log y; rounding of log y itself adds half an ulp of x
    assert (np.abs(back - x) <= 2 * np.finfo(float).eps + np.spacing(np.abs(x))).all()
    assert (np.diff(y) > 0).all()


def test_exponentials_of_an_array_are_those_of_its_items():
    x, out = np.linspace(-740.0, 700.0, 1001), np.empty(1001)
    elementary.exponentials(x, out)
    np.testing.assert_array_equal(out, [elementary.exponential(value) for value in x])
    np.testing.assert_allclose(out[200:], np.exp(x[200:]), rtol=4e-16)
    elementary.natural_logs(np.abs(x), out)
    np.testing.assert_array_equal(out, [elementary.natural_log(value) for value in np.abs(x)])
