"""Endless sequences of variates against the counter generator and their laws."""

import numpy as np
import pytest
from mfsolve.kernels.random import beta_stream, philox
from naive import creators as naive

SIZES = [1, 63, 64, 511, 512, 513, 5000]


def stream(kind, a, b, seed=3, replicate=0):
    return beta_stream.Stream(kind, a, b, philox.stream_key(seed, "test"), np.uint64(replicate))


@pytest.mark.parametrize("n", SIZES)
def test_uniform_stream_is_the_counter_generator(n):
    here = stream(beta_stream.UNIFORM, 0.25, 0.5, replicate=2)
    out = np.empty(n)
    beta_stream.draw(here, 0, out)
    np.testing.assert_array_equal(out, naive.uniform_stream(philox.uniforms, here.key, here.replicate, n, 0.25, 0.5))


def test_stream_starts_anywhere_on_a_chunk():
    whole, part = np.empty(2000), np.empty(2000 - 1024)
    for kind in (beta_stream.UNIFORM, beta_stream.BETA):
        beta_stream.draw(stream(kind, 0.7, 0.9), 0, whole)
        beta_stream.draw(stream(kind, 0.7, 0.9), 1024, part)
        np.testing.assert_array_equal(part, whole[1024:])


def test_successes_are_counted_among_the_uniforms():
    key = philox.stream_key(5, "test")
    for n in SIZES:
        u = 1.0 - naive.uniform_stream(philox.uniforms, key, np.uint64(0), n, 0.0, 1.0)
        assert beta_stream.count_successes(0.3, key, np.uint64(0), 0, n) == np.count_nonzero(u <= 0.3)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (2.0, 3.0), (30.0, 4.0)])
def test_beta_stream_has_the_law(a, b):
    from scipy import stats

    x = np.empty(20_000)
    beta_stream.draw(stream(beta_stream.BETA, a, b, seed=1), 0, x)
    assert stats.kstest(x, stats.beta(a, b).cdf).pvalue > 1e-4
