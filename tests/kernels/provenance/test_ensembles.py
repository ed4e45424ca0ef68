"""Ensembles of simulated pools against their NumPy twins and against their laws."""

import numpy as np
import pytest
from mfsolve.kernels.provenance import ensembles
from mfsolve.kernels.provenance.ensembles import Estimation, GaussianPool, TokenPool
from mfsolve.kernels.provenance.stochastic_newton import Gains
from mfsolve.kernels.random.philox import stream_key
from naive import provenance as naive
from scipy.stats import chi2, ks_2samp

from mfsolve.models import provenance
from mfsolve.models.provenance.contents import contrast_moments, newton_rate

ZERO = np.uint64(0)
KEY = stream_key(3, "test")


@pytest.mark.parametrize(
    ("n", "d", "m", "s2"), [(1, 1, 0.0, 0.4), (1023, 1, 0.5, 0.3), (1025, 3, 0.2, 0.8), (3001, 1, 0.0, 1.4)]
)
def test_drawn_pools(n, d, m, s2):
    t = np.empty(n)
    synthetic = ensembles.draw_gaussian(KEY, ZERO, np.uint64(2), GaussianPool(0.4, m, s2, d, 0.0, 0.0), t)
    np.testing.assert_allclose(t, naive.gaussian_contrasts(KEY, 0, 2, n, synthetic, m, s2, d), rtol=0, atol=1e-12)


def test_a_row_of_an_ensemble_is_its_data_set():
    n, out, alone = 500, np.empty((3, ensembles.COLUMNS)), np.empty((1, ensembles.COLUMNS))
    pool, estimation = GaussianPool(0.3, 0.2, 0.5, 1, 0.0, 0.0), Estimation(-0.1, 0.12, 5000, 1e-13)
    ensembles.gaussian_ensemble(KEY, ZERO, 0, pool, estimation, np.empty(n), out)
    ensembles.gaussian_ensemble(KEY, ZERO, 2, pool, estimation, np.empty(n), alone)
    assert np.array_equal(alone[0], out[2])
    t = np.empty(n)
    ensembles.draw_gaussian(KEY, ZERO, np.uint64(2), pool, t)
    p, q = (1 - t) / 2, (1 + t) / 2
    best = naive.mle(p, q)
    assert out[2, 0] == pytest.approx(best, abs=1e-10)
    assert out[2, 4] == pytest.approx(best, abs=1e-8)
    assert out[2, 2] == pytest.approx((t.mean() + 0.1) / 0.22, rel=1e-11)
    assert out[2, 5] == pytest.approx(np.mean(((q - p) / ((1 - best) * p + best * q)) ** 2), rel=1e-9)
    assert out[2, 6] == pytest.approx(naive.log_likelihood(best, p, q) - naive.log_likelihood(0.3, p, q), abs=1e-9)
    fast = np.empty((3, 2))
    ensembles.gaussian_mle(KEY, ZERO, 0, pool, 1e-13, np.empty(n), fast)
    assert np.array_equal(fast[:, 0], out[:, 0])


def test_watermarks_have_their_law():
    n = 200_000
    t, sigma = np.empty(n), 1 / np.sqrt(n)
    ensembles.draw_gaussian(KEY, ZERO, ZERO, GaussianPool(0.0, 0.0, 1.0, 1, 1.5, 0.25), t)
    ratio = (1 + t) / (1 - t)
    # under human content the likelihood ratio has mean 1 and variance (1 - strip)^2 (e^(w^2) - 1)
    assert abs(ratio.mean() - 1) < 5 * sigma * 0.75 * np.sqrt(np.expm1(2.25))
    ensembles.draw_gaussian(KEY, ZERO, ZERO, GaussianPool(1.0, 0.0, 1.0, 1, 1.5, 0.25), t)
    inverse = (1 - t) / (1 + t)
    assert abs(inverse.mean() - 1) < 5 * sigma * inverse.std()


def test_marked_tokens_have_their_law():
    """Mean and mean square of the contrasts of human and of synthetic tokens, against sums and quadrature."""
    content = provenance.Tokens(vocabulary=20, variance_ratio=0.5, watermark=1.0, stripping=0.3)
    want, n = contrast_moments(content), 200_000
    for rho, mean, square in ((0.0, want.human, want.square_human), (1.0, want.synthetic, want.square_synthetic)):
        t = np.empty(n)
        assert ensembles.draw_tokens(KEY, ZERO, ZERO, content.marked_pool(rho), t) == rho * n
        for power, exact in ((1, mean), (2, square)):
            assert abs(np.mean(t**power) - exact) < 4.5 * np.std(t**power) / np.sqrt(n)


def test_unmarked_tokens_are_counts():
    """One by one they have the law of the counts: the same estimates in distribution."""
    content = provenance.Tokens(vocabulary=20, variance_ratio=0.5)
    counted = provenance.ensemble(0.3, content, 400, 1500, seed=1)
    single = np.empty((1500, ensembles.COLUMNS))
    estimation = Estimation(*contrast_moments(content)[:2], 0, 1e-12)
    ensembles.token_ensemble(KEY, ZERO, 0, content.marked_pool(0.3), estimation, np.empty(400), single)
    assert ks_2samp(counted[:, 0], single[:, 0]).pvalue > 1e-4
    assert ks_2samp(counted[:, 2], single[:, 2]).pvalue > 1e-4


def test_scores_at_the_truth():
    """Column 11: mean 0, variance n I."""
    content = provenance.GaussianContent(variance=0.4)
    score = provenance.ensemble(0.3, content, 500, 4000, seed=2)[:, 11]
    information = 500 * content.information(0.3)
    assert abs(score.mean()) < 4.5 * np.sqrt(information / 4000)
    assert abs(score.var() / information - 1) < 4.5 * np.sqrt(2 / 4000)


def test_categorical_ensemble_is_unbiased_inside():
    p, q = np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.2, 0.2, 0.5, 0.1])
    out = np.empty((2000, ensembles.COLUMNS))
    t = (q - p) / (q + p)
    estimation = Estimation(float(p @ t), float(q @ t), 0, 1e-13)
    ensembles.categorical_ensemble(KEY, ZERO, 0, TokenPool(0.4, p, q, 3000), estimation, out)
    information = np.sum((q - p) ** 2 / (0.6 * p + 0.4 * q))
    ratio = 3000 * information * out[:, 0].var()
    assert abs(out[:, 0].mean() - 0.4) < 4.5 * out[:, 0].std() / np.sqrt(2000)
    assert abs(ratio - 1) < 4.5 * np.sqrt(2 / 2000)


def test_a_shuffle_is_a_permutation_without_preference():
    """Every item is as likely in every place: chi-square of 24 places of 6 items over 2000 shuffles."""
    counts = np.zeros((6, 6))
    for k in range(2000):
        t = np.arange(6.0)
        ensembles.shuffle_items(KEY, ZERO, np.uint64(k), t)
        assert sorted(t) == list(range(6))
        counts[t.astype(int), np.arange(6)] += 1
    statistic = np.sum((counts - 2000 / 6) ** 2 / (2000 / 6))
    assert chi2.sf(statistic * 5 / 6, 25) > 1e-5  # rows and columns both sum to 2000


def test_pmirs_estimator_reads_the_same_data_sets():
    """It is within a fraction of a standard error of the maximum, data set by data set."""
    n, content = 5000, provenance.GaussianContent(variance=0.3)
    best, found = np.empty((20, 2)), np.empty((20, 2))
    ensembles.gaussian_mle(KEY, ZERO, 0, content.pool(0.4), 1e-12, np.empty(n), best)
    gains = Gains(newton_rate(content), 0.6)
    ensembles.gaussian_stochastic(KEY, ZERO, 0, content.pool(0.4), 0.5, gains, np.empty(n), found)
    assert np.all(np.abs(found[:, 0] - best[:, 0]) < 0.1 / np.sqrt(n * best[:, 1]))
    np.testing.assert_allclose(found[:, 1], best[:, 1], rtol=0.05)
