"""Items of empirical content: twins, and sums drawn from their law."""

import numpy as np
import pytest
from mfsolve.kernels.collapse import empirical, producers
from mfsolve.kernels.random import philox
from naive import collapse_empirical as naive
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
    stream = producers.ItemStream(LABEL, KEY, u(step), u(replicate))
    empirical.emit_moments(stream, u(lane), share, items, rows, empirical.Normal(m, factor), out)
    return out


@pytest.mark.parametrize(("d", "items"), [(1, 1), (1, 6), (2, 5), (3, 9)])
def test_moments_are_those_of_all_items(d, items):
    rows, m, factor = setting(d)
    share = RNG.integers(0, ONE + 1, 700).astype(np.uint32)
    human, x = naive.items(LABEL, KEY, 3, 2, 11, share, items, rows, m[None], factor)
    np.testing.assert_allclose(emit(share, items, rows, m, factor, lane=11), naive.sums(human, x, m), rtol=1e-11)
    assert producers.count_labels(LABEL, u(3), u(2), u(11), share, items) == human.sum()


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
    stream = producers.ItemStream(LABEL, KEY, u(3), u(2))
    empirical.kept_items(stream, index, share, 7, rows, empirical.Mixture(centres, factor), kept)
    np.testing.assert_allclose(kept, x[index % 7, index // 7], rtol=1e-12, atol=1e-12)
    assert 0 < human.sum() < human.size


@pytest.mark.parametrize(("human", "synthetic"), [(500, 0), (0, 2), (0, 300), (40, 60)])
def test_sums_drawn_from_their_law(human, synthetic):
    """Mean and covariance of the sums against those of sums over items, within 5 standard errors of 2000 pools."""
    rows, m, factor = setting(2)
    pools, rng, generator = 2000, np.random.default_rng(1), empirical.Normal(m, factor)
    drawn = np.empty((pools, 6))
    for r in range(pools):
        empirical.moments_from_law(KEY, u(1), u(r), float(human), float(synthetic), rows, generator, drawn[r])
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
    empirical.fresh_items(KEY, u(1), u(0), 20_000, rows, empirical.Mixture(centres, factor), x)
    counts = [np.sum((x[:20_000] == row).all(axis=1)) for row in rows]
    assert sum(counts) == 20_000
    assert stats.chisquare(counts).pvalue > 1e-5
    y, want = x[20_000:], np.cov(centres.T, bias=True) + factor @ factor.T
    assert (np.abs(y.mean(0) - centres.mean(0)) < 5 * np.sqrt(np.diag(want) / 40_000)).all()
    spread = np.sqrt((np.outer(np.diag(want), np.diag(want)) + want**2) / 40_000)
    assert (np.abs(np.cov(y.T) - want) < 5 * spread).all()


def test_threads_share_the_label_kernel():
    share = np.full(200, ONE // 3, np.uint32)
    assert producers.count_labels(LABEL, u(1), u(0), u(0), share, 300) == sum(
        producers.count_labels(LABEL, u(1), u(0), u(a), share[a : a + 100], 300) for a in (0, 100)
    )
    assert producers.count_human(LABEL, u(1), u(0), u(0), share, 100) == producers.count_labels(
        LABEL, u(1), u(0), u(0), share, 100
    )


@pytest.mark.parametrize("d", [1, 3])
def test_mixture_items(d):
    """Each is its centre plus factor z; the uniform picks the centre, its largest value below 1 the last one."""
    _, _, factor = setting(d)
    centres, z = RNG.normal(size=(7, d)), RNG.normal(size=(50, d))
    uniform = np.concatenate([RNG.random(48), [0.0, np.nextafter(1.0, 0.0)]])
    x = np.empty((50, d))
    empirical.mixture_items(uniform, z, empirical.Mixture(centres, factor), x)
    np.testing.assert_allclose(x, centres[(uniform * 7).astype(int)] + z @ factor.T, rtol=1e-12, atol=1e-14)
    assert int(uniform[-1] * 7) == 6
