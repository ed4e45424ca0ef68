"""Items of empirical content: twins, sums drawn from their law, dense algebra."""

import numpy as np
import pytest
from mfsolve.kernels.collapse import empirical as reservoir
from mfsolve.kernels.collapse import producers as population
from mfsolve.kernels.numerics import linear_algebra as dense
from mfsolve.kernels.numerics import wasserstein as transport
from mfsolve.kernels.random import philox
from naive import empirical as naive
from scipy import stats

LABEL, KEY = (philox.stream_key(7, p) for p in ("label", "content"))
RNG = np.random.default_rng(5)
ONE = 2**31


def u(x):
    return np.uint64(x)


def setting(d, n=40):
    rows = RNG.normal(size=(n, d)) ** 3
    factor = np.tril(RNG.normal(size=(d, d))) + 2.0 * np.eye(d)
    return rows, RNG.normal(size=d), factor


def emit(share, items, rows, m, factor, lane=0, step=3, replicate=2):
    d = m.size
    out = np.empty(1 + d + d * (d + 1) // 2)
    reservoir.emit_moments(LABEL, KEY, u(step), u(replicate), u(lane), share, items, rows, m, factor, out)
    return out


@pytest.mark.parametrize(("d", "items"), [(1, 1), (1, 6), (2, 5), (3, 9)])
def test_moments_are_those_of_all_items(d, items):
    rows, m, factor = setting(d)
    share = RNG.integers(0, ONE + 1, 700).astype(np.uint32)
    human, x = naive.items(LABEL, KEY, 3, 2, 11, share, items, rows, m[None], factor)
    np.testing.assert_allclose(emit(share, items, rows, m, factor, lane=11), naive.sums(human, x, m), rtol=1e-11)
    assert reservoir.count_human(LABEL, u(3), u(2), u(11), share, items) == human.sum()


def test_parts_add_up():
    rows, m, factor = setting(2)
    share = np.full(3000, ONE // 2, np.uint32)
    parts = [emit(share[a:b], 3, rows, m, factor, lane=a) for a, b in ((0, 1000), (1000, 3000))]
    np.testing.assert_allclose(sum(parts), emit(share, 3, rows, m, factor), rtol=1e-12)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_kept_items_are_those_of_the_pool(d):
    rows, _, factor = setting(d)
    centres = RNG.normal(size=(17, d))
    share = RNG.integers(0, ONE + 1, 50).astype(np.uint32)
    human, x = naive.items(LABEL, KEY, 3, 2, 0, share, 7, rows, centres, factor)
    index = np.sort(RNG.choice(350, 200, replace=False))
    kept = np.empty((200, d))
    reservoir.kept_items(LABEL, KEY, u(3), u(2), index, share, 7, rows, centres, factor, kept)
    np.testing.assert_allclose(kept, x[index % 7, index // 7], rtol=1e-12, atol=1e-12)
    assert 0 < human.sum() < human.size


@pytest.mark.parametrize(("human", "synthetic"), [(500, 0), (0, 2), (0, 300), (40, 60)])
def test_sums_drawn_from_their_law(human, synthetic):
    """Mean and covariance of the sums against those of sums over items, within 5 standard errors of 2000 pools."""
    rows, m, factor = setting(2)
    pools, rng = 2000, np.random.default_rng(1)
    drawn = np.empty((pools, 6))
    for r in range(pools):
        reservoir.moments_from_law(KEY, u(1), u(r), float(human), float(synthetic), rows, m, factor, drawn[r])
    item = np.empty((pools, 6))
    for r in range(pools):
        x = np.concatenate([rows[rng.integers(0, len(rows), human)], m + rng.normal(size=(synthetic, 2)) @ factor.T])
        item[r] = naive.sums(np.ones(human), x, m)
    for k in range(1, 6):
        a, b = drawn[:, k], item[:, k]
        assert abs(a.mean() - b.mean()) < 5 * np.sqrt((a.var() + b.var()) / pools)
        assert stats.ks_2samp(a, b).pvalue > 1e-5
        for j in range(1, k):
            p, q = (
                (a - a.mean()) * (drawn[:, j] - drawn[:, j].mean()),
                (b - b.mean()) * (item[:, j] - item[:, j].mean()),
            )
            assert abs(p.mean() - q.mean()) < 5 * np.sqrt((p.var() + q.var()) / pools)


def test_fresh_items():
    rows, _, factor = setting(3)
    centres, x = RNG.normal(size=(5, 3)), np.empty((60_000, 3))
    reservoir.fresh_items(KEY, u(1), u(0), 20_000, rows, centres, factor, x)
    counts = [np.sum((x[:20_000] == row).all(axis=1)) for row in rows]
    assert sum(counts) == 20_000
    assert stats.chisquare(counts).pvalue > 1e-5
    y, want = x[20_000:], np.cov(centres.T, bias=True) + factor @ factor.T
    assert (np.abs(y.mean(0) - centres.mean(0)) < 5 * np.sqrt(np.diag(want) / 40_000)).all()
    spread = np.sqrt((np.outer(np.diag(want), np.diag(want)) + want**2) / 40_000)
    assert (np.abs(np.cov(y.T) - want) < 5 * spread).all()


@pytest.mark.parametrize("d", [1, 2, 7])
def test_dense_algebra(d):
    x = RNG.normal(size=(301, d)) @ RNG.normal(size=(d, d)) + 3.0
    mean, covariance, factor = np.empty(d), np.empty((d, d)), np.empty((d, d))
    dense.moments(x, mean, covariance)
    np.testing.assert_allclose(mean, x.mean(0), rtol=1e-13)
    np.testing.assert_allclose(covariance, np.cov(x.T, bias=True).reshape(d, d), rtol=1e-11)
    assert dense.cholesky(covariance, factor) == -1
    np.testing.assert_allclose(factor, np.linalg.cholesky(covariance), rtol=1e-9, atol=1e-12)
    m, s = RNG.normal(size=d), np.linalg.cholesky(0.3 * covariance + np.eye(d))
    inverse, S = np.linalg.inv(covariance), s @ s.T
    want = 0.5 * (
        np.trace(inverse @ S) + m @ inverse @ m - d - np.linalg.slogdet(S)[1] + np.linalg.slogdet(covariance)[1]
    )
    assert dense.gaussian_divergence(m, s, factor) == pytest.approx(want, rel=1e-10)


def test_a_dependent_column_is_named():
    x = RNG.normal(size=(50, 3))
    x[:, 2] = x[:, 0] - 2 * x[:, 1]
    mean, covariance, factor = np.empty(3), np.empty((3, 3)), np.empty((3, 3))
    dense.moments(x, mean, covariance)
    assert dense.cholesky(covariance, factor) == 2
    assert np.isnan(factor[2]).all()
    assert dense.cholesky(np.zeros((2, 2)), np.empty((2, 2))) == 0


def test_gaussian_to_sample():
    """The midpoint rule errs by less than 1 / cells of a piece: 1e-5 here."""
    sample = np.sort(RNG.gamma(2.0, size=60))
    pieces = np.empty(60)
    transport.normal_pieces(pieces)
    assert pieces.sum() == pytest.approx(0.0, abs=1e-15)
    for m, s in ((0.0, 1.0), (2.0, 1.4), (1.0, 0.0)):
        assert transport.gaussian_gap(sample, pieces, m, s) == pytest.approx(
            naive.w2_of_gaussian(sample, m, s), abs=2e-5
        )
    direction, x = np.array([[0.6, 0.8], [1.0, 0.0]]), RNG.normal(size=(60, 2))
    factor, m, out = np.array([[1.0, 0.0], [0.4, 0.7]]), np.array([0.3, -0.2]), np.empty(2)
    transport.sliced_gaussian_gap(direction, np.sort(direction @ x.T, axis=1), pieces, m, factor, out)
    for theta, found in zip(direction, out):
        s = np.sqrt(theta @ factor @ factor.T @ theta)
        assert found == pytest.approx(transport.gaussian_gap(np.sort(x @ theta), pieces, theta @ m, s), rel=1e-12)


def test_threads_share_the_label_kernel():
    share = np.full(200, ONE // 3, np.uint32)
    assert reservoir.count_human(LABEL, u(1), u(0), u(0), share, 300) == sum(
        reservoir.count_human(LABEL, u(1), u(0), u(a), share[a : a + 100], 300) for a in (0, 100)
    )
    assert population.count_human(LABEL, u(1), u(0), u(0), share, 100) == reservoir.count_human(
        LABEL, u(1), u(0), u(0), share, 100
    )
