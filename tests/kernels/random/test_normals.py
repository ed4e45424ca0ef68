"""Normal draws: law, tails and independence, in standard errors at fixed seeds."""

from itertools import combinations

import numpy as np
import pytest
from mfsolve.kernels.random import normals, philox
from naive import random as naive
from scipy import stats

N = 2**20
TRANSFORMS = [
    lambda z: z,
    lambda z: (z * z - 1) / np.sqrt(2),
    lambda z: (np.abs(z) - np.sqrt(2 / np.pi)) / np.sqrt(1 - 2 / np.pi),
]


def draw(purpose="normal", block=0, step=0, replicate=0, lane=0, n=N):
    first, second = np.empty(n), np.empty(n)
    counter = (np.uint64(c) for c in (block, step, replicate, lane))
    normals.normals(philox.stream_key(11, purpose), *counter, first, second)
    return first, second


def independent(a, b):
    """Correlations of z, z^2, |z| of one with those of the other, all below 5 standard errors."""
    for f in TRANSFORMS:
        for g in TRANSFORMS:
            assert abs(np.mean(f(a) * g(b))) < 5 / np.sqrt(a.size)


def test_against_twin():
    """Elementary errors below 2 ulps in each of log, sin, cos, and roundings: 8 eps relative."""
    key = philox.stream_key(11, "normal")
    got = draw(n=20_000, lane=77, block=3, step=2, replicate=9)
    want = naive.normal_pair(key, 77 + np.arange(20_000), 3, 2, 9)
    for a, b in zip(got, want):
        np.testing.assert_allclose(a, b, rtol=8 * np.finfo(float).eps)


@pytest.mark.parametrize("which", [0, 1])
def test_kolmogorov_smirnov(which):
    assert stats.kstest(draw()[which], "norm").pvalue > 1e-5


@pytest.mark.parametrize("which", [0, 1])
def test_moments_to_order_six(which):
    z = draw("moments")[which]
    for k in range(1, 7):
        mean = stats.norm.moment(k)
        error = np.sqrt((stats.norm.moment(2 * k) - mean**2) / z.size)
        assert abs(np.mean(z**k) - mean) < 5 * error


def test_tails_to_five_sigma_on_both_sides():
    """Counts beyond t are Poisson; the two sides are compared given their sum."""
    beyond = {t: np.zeros(2, int) for t in (1.0, 2.0, 3.0, 4.0, 4.5, 5.0)}
    for block in range(16):
        for z in draw("tails", block=block):
            assert np.abs(z).max() < 8.5
            for t, counts in beyond.items():
                counts += ((z < -t).sum(), (z > t).sum())
    for t, counts in beyond.items():
        expected = 32 * N * stats.norm.sf(t)
        for count in counts:
            assert 1e-6 < stats.poisson.cdf(count, expected) < 1 - 1e-6
        assert stats.binomtest(int(counts[0]), int(counts.sum())).pvalue > 1e-5


def test_the_two_of_a_pair_are_independent():
    x, y = draw("pair")
    independent(x, y)
    # a rotation of independent normals is again a pair of them: angle uniform, radius chi with 2 degrees
    angle = np.arctan2(y, x) / (2 * np.pi) + 0.5
    assert stats.kstest(angle, "uniform").pvalue > 1e-5
    assert stats.kstest(0.5 * (x * x + y * y), "expon").pvalue > 1e-5
    octant = np.bincount((angle * 8).astype(int) % 8, minlength=8)
    assert stats.chisquare(octant).pvalue > 1e-5
    independent((x + y) / np.sqrt(2), (x - y) / np.sqrt(2))


def test_streams_are_independent():
    """Purposes, blocks, steps, replicates, and lanes far apart."""
    n = N // 4
    streams = [
        draw(n=n)[0],
        draw(n=n, block=1)[0],
        draw(n=n, step=1)[0],
        draw(n=n, replicate=1)[0],
        draw(n=n, lane=n)[0],
        draw(n=n, lane=2**32 - n)[0],
        draw("other", n=n)[0],
    ]
    for a, b in combinations(streams, 2):
        independent(a, b)


@pytest.mark.parametrize("lag", [1, 2, 3, 8, 64, 512])
def test_lanes_are_serially_independent(lag):
    z = draw("serial")[0]
    independent(z[:-lag], z[lag:])


def test_lane_splits_give_the_same_bits():
    whole = draw(n=1000)
    for start, stop in ((0, 1), (1, 18), (18, 512), (512, 1000)):
        for a, b in zip(draw(n=stop - start, lane=start), whole):
            assert np.array_equal(a, b[start:stop])
