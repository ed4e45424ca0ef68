"""The maximum of the likelihood: right to 1e-12 whatever the items and the start, in few passes where items are many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mfsolve.kernels.provenance import ensembles, likelihood, starting_value
from mfsolve.kernels.random.philox import stream_key
from naive import provenance as naive

NONE = np.empty(0)
ALMOST = likelihood.ALMOST
RNG = np.random.default_rng(5)
STARTS = (-1.0, -1.0 + 1e-9, -0.9, 0.0, 0.5, 1.0 - 1e-6, 1.0)


def check(theta, t, c):
    """Is theta the maximum, to 1e-12 in rho and what rounding of the score leaves open?"""
    b = c if c.size else np.ones(t.size)
    want = naive.mle((1 - t) / 2, (1 + t) / 2, b)
    inside = 2 * want - 1
    g = 1 + inside * t
    with np.errstate(divide="ignore", invalid="ignore"):
        w = t / g
        # 1 + theta t is off by half a unit of 1, the score by that over g
        rounding = 2.0**-51 * np.sum(b * np.abs(w) * (1 + 1 / g)) / np.sum(b * w * w)
    allowed = 1e-12 + (rounding if np.isfinite(rounding) else 0.0)
    assert abs(0.5 + 0.5 * theta - want) <= allowed
    if want in (0.0, 1.0) and not np.isclose(np.sum(b * t / g), 0.0, atol=1e-12 * np.sum(b)):
        assert 0.5 + 0.5 * theta == want


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**5), st.integers(1, 3000), st.booleans(), st.floats(0.01, 8), st.floats(-1, 1))
def test_score_changes_sign_there(seed, n, weighted, scale, start):
    rng = np.random.default_rng(seed)
    t = np.tanh(0.5 * rng.normal(rng.normal(0, 1), scale, n))
    c = rng.integers(1, 9, n).astype(float) if weighted else NONE
    theta, passes = likelihood.maximum(t, c, 1e-12, np.empty(3))
    check(theta, t, c)
    assert passes < 20
    theta, passes = likelihood.newton(t, c, start, 1e-12, np.empty(3))
    check(theta, t, c)
    assert passes < 60


CASES = {
    "one item": [0.3],
    "one item that is surely human": [-1.0],
    "one of each": [1.0, -1.0],
    "both ends all but excluded": [ALMOST, -ALMOST],
    "all equal": np.full(5000, 0.3),
    "all equal and weak": np.full(5000, -1e-9),
    "one item among 10^5 excludes an end": np.r_[np.ones(10**5), -1.0],
    "one item all but excludes it": np.r_[np.full(10**5, ALMOST), -ALMOST],
    "one strong item against many weak ones": np.r_[np.full(1000, -1e-3), 1.0],
    "one item within 1e-9 of excluding an end": np.r_[np.full(1000, -1e-9), 1.0 - 1e-9],
    "nearly silent": RNG.normal(size=1000) * 1e-8,
    "nearly all silent": np.r_[np.zeros(5000), 0.2, -0.21],
    "two sharp classes": np.where(RNG.random(10_000) < 0.3, 0.999999, -0.999999),
    "sorted": np.sort(np.tanh(3.0 * RNG.normal(size=20_000) - 0.1)),
    "a period that fools the thinned items": np.tile(np.r_[np.full(64, 0.9), np.full(448, -0.5)], 40),
    "root at an end": [0.5, -0.25, -0.5, 1.0 / 6.0],
}


@pytest.mark.parametrize("case", CASES)
def test_hard_cases(case):
    t = np.array(CASES[case], dtype=float)
    theta, passes = likelihood.maximum(t, NONE, 1e-12, np.empty(3))
    check(theta, t, NONE)
    assert passes <= 10
    for start in STARTS:
        theta, passes = likelihood.newton(t, NONE, start, 1e-12, np.empty(3))
        check(theta, t, NONE)
        assert passes < 60


def test_silence_leaves_the_start():
    assert likelihood.newton(np.zeros(50), NONE, 0.25, 1e-13, np.empty(3)) == (0.25, 1)
    assert likelihood.maximum(np.zeros(50), NONE, 1e-13, np.empty(3)) == (0.0, 1)


@pytest.mark.parametrize("size", [1e-300, 1.0, 1e100])
def test_weights_beyond_single_precision(size):
    t, c = np.array([0.4, -0.3, 0.9, -0.95]), np.array([3.0, 5.0, 1.0, 2.0])
    check(likelihood.maximum(t, size * c, 1e-12, np.empty(3))[0], t, c)


@pytest.mark.parametrize(("rho", "variance"), [(0.9, 0.1), (0.9, 0.01), (0.1, 0.01), (0.999, 0.05), (0.02, 8.0)])
def test_sharp_content(rho, variance):
    """Contrasts within rounding of -1 or 1: the slope at that end of [0, 1] has a pole."""
    rng = np.random.default_rng(7)
    for _ in range(5):
        synthetic = rng.random(4000) < rho
        x = rng.standard_normal(4000) * np.where(synthetic, np.sqrt(variance), 1.0)
        t = np.tanh(0.25 * (x * x * (1.0 - 1.0 / variance) - np.log(variance)))
        theta, passes = likelihood.maximum(t, NONE, 1e-12, np.empty(3))
        check(theta, t, NONE)
        assert passes <= 8


@pytest.mark.parametrize("seed", range(8))
def test_a_step_promised_to_be_close_is(seed):
    rng = np.random.default_rng(seed)
    t = np.tanh(0.5 * rng.normal(-0.5, 2.0, 500))
    best, _ = likelihood.maximum(t, NONE, 1e-15, np.empty(3))
    kept = 0
    for phi in (-0.08, -0.03, -0.004, 0.001, 0.01, 0.06):
        theta = (best + phi) / (1 + best * phi)
        # a tolerance that just accepts the first step from here
        for tolerance in np.logspace(-14, -3, 45):
            end, passes = likelihood.newton(t, NONE, theta, tolerance, np.empty(3))
            if passes == 1:
                assert abs(end - best) <= tolerance
                kept += 1
                break
    assert kept == 6


def test_what_is_returned_with_it():
    t = np.tanh(0.5 * np.random.default_rng(1).normal(-0.5, 2.0, 3001))
    sums = np.empty(3)
    theta, _ = likelihood.maximum(t, NONE, 1e-12, sums)
    w = t / (1 + theta * t)
    assert abs(sums[0]) < 1e-9 * np.sum(np.abs(w))
    assert sums[1] == pytest.approx(np.sum(w**2), rel=1e-9)
    theta, _ = likelihood.maximum(np.abs(t), NONE, 1e-12, sums)
    assert theta == 1.0
    assert sums[0] == pytest.approx(np.sum(np.abs(t) / (1 + np.abs(t))), rel=1e-12)


@pytest.mark.parametrize("n", [1, 63, 64, 65, 1000, 4096, 5000])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("theta", "thin"), [(0.0, 1), (-0.75, 1), (0.996, 1), (-0.5, 8)])
def test_posterior_sums(n, weighted, theta, thin):
    rng = np.random.default_rng(n)
    t = np.tanh(0.5 * rng.normal(0, 2, n))
    c = rng.integers(1, 9, n).astype(float) if weighted else NONE
    q = np.empty(starting_value.TERMS)
    theta = float(np.float32(theta))
    starting_value.posterior_sums(theta, t, c, thin, q)
    want, size = naive.posterior_sums(theta, t, c if weighted else np.ones(n), thin, q.size)
    # a score is a quotient of rounded numbers, then powers and sums of n / 64 terms: units of float32
    np.testing.assert_allclose(q, want, rtol=0, atol=2.0**-24 * size * (16 + 4 / (1 - abs(theta)) + np.sqrt(n)))


@pytest.mark.parametrize("n", [200, 5000, 40_000, 200_000])
@pytest.mark.parametrize(("rho", "variance"), [(0.3, 0.3), (0.5, 0.8), (0.95, 0.1), (0.05, 0.01)])
def test_it_begins_close(n, rho, variance):
    t, key = np.empty(n), stream_key(1, "beginning")
    pool = ensembles.GaussianPool(rho, 0.0, variance, 1, 0.0, 0.0)
    for k in range(5):
        ensembles.draw_gaussian(key, np.uint64(0), np.uint64(k), pool, t)
        theta, passes = likelihood.maximum(t, NONE, 1e-12, np.empty(3))
        room = np.empty(2)
        begun = starting_value.starting_value(t, NONE, room)
        if abs(theta) < 1:
            # the last series ends with a term below CLOSE^TERMS, relative to what all items say
            assert abs(theta - begun) / (1 - theta * begun) < 1000 * starting_value.CLOSE**starting_value.TERMS
            assert abs(theta - begun) <= room[0]
        assert passes <= 2


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_what_stands_in_float32_is_within_its_bound(seed, weighted):
    """Of items near and far from silence; information to 1e-3, and Newton's own where the bound is too wide."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(50, 20_000))
    t = np.tanh(0.5 * rng.normal(rng.normal(-0.5, 1), rng.uniform(0.05, 4), n))
    c = rng.integers(1, 9, n).astype(float) if weighted else NONE
    exact, sums, room = np.empty(3), np.empty(3), np.empty(2)
    best, _ = likelihood.maximum(t, c, 1e-14, exact)
    for tolerance in (1e-6, 2e-5, 1e-3):
        theta, passes = likelihood.maximum(t, c, tolerance, sums)
        assert abs(theta - best) <= tolerance
        if passes == 0:
            starting_value.starting_value(t, c, room)
            assert abs(theta - best) <= room[0] <= tolerance
            assert sums[1] == pytest.approx(exact[1], rel=1e-3 + 5 * tolerance)
