"""Chi-squares and normals side by side: right laws, and a function of the replicate alone."""

import numpy as np
import pytest
from mfsolve.kernels.atlas.draws import many_chi_squares_and_normals
from mfsolve.kernels.random.philox import stream_key
from scipy import stats

KEY = stream_key(3, "test of the draws")
U = np.uint64


def drawn(degrees, first, count, step=1):
    chi, z = np.empty(count), np.empty(count)
    many_chi_squares_and_normals(KEY, U(0), U(step), U(first), float(degrees), chi, z)
    return chi, z


@pytest.mark.parametrize("degrees", [1, 2, 3, 9, 99, 10_000])
def test_laws(degrees):
    chi, z = drawn(degrees, 0, 20_000)
    assert stats.kstest(chi, stats.chi2(degrees).cdf).pvalue > 1e-4
    assert stats.kstest(z, stats.norm.cdf).pvalue > 1e-4
    assert abs(stats.spearmanr(chi, z).statistic) < 4 / np.sqrt(20_000)


def test_a_replicate_is_the_same_in_any_block():
    whole, part = drawn(3, 0, 300), drawn(3, 137, 60)
    assert all(np.array_equal(a[137:197], b) for a, b in zip(whole, part))
    assert not np.array_equal(drawn(3, 0, 300, step=2)[0], whole[0])
