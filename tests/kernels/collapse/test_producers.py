"""Producers: twins to the bit, splits, and the sampled statistics equal in law to item by item."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mfsolve.kernels.collapse import emission, producers
from mfsolve.kernels.random import normals, philox, variates
from naive import collapse_content as naive
from naive.random import fit
from scipy import stats

LABEL, NOISE, COST, REVISION = (philox.stream_key(31, p) for p in ("label", "noise", "cost", "revision"))
EPS = np.finfo(float).eps
ONE = 2**31


def u(x):
    return np.uint64(x)


def shares(n, seed=0):
    return np.random.default_rng(seed).integers(0, ONE + 1, n).astype(np.uint32)


def emit(share, items, m, s, step=1, replicate=0, lane=0):
    out = np.empty(2 + len(m))
    stream = producers.ItemStream(LABEL, NOISE, u(step), u(replicate))
    emission.emit(stream, u(lane), share, items, np.asarray(m, float), s, out)
    return out


def histogram(share, items, m, s, step=1, replicate=0, lane=0, low=-3.0, high=3.0, bins=37):
    counts = np.zeros(bins, np.int64)
    stream = producers.ItemStream(LABEL, NOISE, u(step), u(replicate))
    producers.histogram(stream, u(lane), share, items, np.asarray(m, float), s, (low, high), counts)
    return counts


def kernel_pair(key, lanes, block, step, replicate):
    """The kernel's own normals, so that a twin can be compared to the bit."""
    first, second = np.empty(lanes.size), np.empty(lanes.size)
    normals.normals(key, u(block), u(step), u(replicate), u(lanes[0]), first, second)
    return first, second


def test_fixed_point():
    """Shares 0 and 1 are exact, others within half a unit of 2^-31."""
    one = u(1)
    for target in (0.0, 1.0, -0.5, 1.7, 0.9887, 1 / 3, 2.0**-32):
        share = np.full(3, 12345, np.uint32)
        producers.revise(REVISION, COST, one, one, one, producers.Revision(1.0, target, 0.0), share)
        want = min(1.0, max(0.0, target))
        assert (np.abs(share / ONE - want) <= 2.0**-32).all()
        assert want not in (0.0, 1.0) or (share == want * ONE).all()
    for share, human in ((0, 0), (ONE, 5 * 700)):
        assert emit(np.full(700, share, np.uint32), 5, [0.0], 0.5)[0] == human


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    st.floats(0, 1),
    st.floats(-0.5, 1.5),
    st.sampled_from([0.0, 0.1, 2.0]),
    st.integers(0, 2**32 - 600),
    st.integers(1, 600),
)
def test_revise_against_twin(probability, target, spread, lane, n):
    share = shares(n)
    want = naive.revise(REVISION, COST, 3, 4, lane, probability, target, spread, share)
    producers.revise(REVISION, COST, u(3), u(4), u(lane), producers.Revision(probability, target, spread), share)
    assert np.array_equal(share, want)


def test_revision_law():
    n = 100_000
    share = np.zeros(n, np.uint32)
    producers.revise(REVISION, COST, u(1), u(0), u(0), producers.Revision(0.3, 0.5, 0.2), share)
    moved = share > 0
    assert abs(moved.mean() - 0.3) < 5 * np.sqrt(0.21 / n)
    h = share[moved] / ONE
    assert stats.kstest(h, stats.uniform(0.3, 0.4).cdf).pvalue > 1e-5
    again = share.copy()  # costs persist: whoever moves again lands where it was
    producers.revise(REVISION, COST, u(2), u(0), u(0), producers.Revision(1.0, 0.5, 0.2), again)
    assert np.array_equal(again[moved], share[moved])


@pytest.mark.parametrize("spread", [0.0, 0.3])
@pytest.mark.parametrize("n", [1, 511, 512, 513, 3000])
def test_share_moments_against_twin(n, spread):
    out = np.empty(3)
    producers.share_moments(COST, u(2), u(9), spread, shares(n), out)
    assert out.tolist() == naive.share_moments(COST, 2, 9, spread, shares(n))


@pytest.mark.parametrize(
    ("n", "items", "d"),
    [
        (1, 1, 1),
        (3, 2, 1),
        (700, 7, 1),
        (513, 16, 2),
        (512, 5, 3),
        (1100, 4, 1),
        (1, 3, 1100),
        (2, 5, 700),
        (7, 4, 150),
        (8, 1, 65),
        (63, 6, 11),
        (64, 6, 11),
    ],
)
def test_emit_against_twin_to_the_bit(n, items, d):
    """Given the same normals, the same items added in the stated order."""
    m = np.linspace(0.4, -0.3, d)
    human, y = naive.items(LABEL, NOISE, 1, 2, 5, shares(n), items, m, 0.7, kernel_pair)
    assert emit(shares(n), items, m, 0.7, replicate=2, lane=5).tolist() == naive.statistics_in_order(human, y).tolist()


@pytest.mark.parametrize(("n", "items", "d"), [(300, 6, 1), (200, 3, 2)])
def test_emit_against_independent_twin(n, items, d):
    """With NumPy's log and sines: item errors below 8 eps |z| + eps, sums below (terms / 512 + 11) eps more."""
    m = np.full(d, 0.2)
    human, y = naive.items(LABEL, NOISE, 1, 0, 0, shares(n), items, m, 0.7)
    got, want = emit(shares(n), items, m, 0.7), naive.statistics(human, y)
    assert got[0] == want[0]
    assert abs(got[1] - want[1]) <= 60 * EPS * ((np.abs(y) + 1) ** 2).sum()
    assert (np.abs(got[2:] - want[2:]) <= 40 * EPS * (np.abs(y) + 1).sum(axis=(0, 1))).all()


@pytest.mark.parametrize(("items", "d"), [(1, 1), (7, 1), (4, 3), (10, 2)])
def test_histogram_counts_the_very_items_of_emit(items, d):
    n, m = 900, np.linspace(0.5, -0.1, d)
    human, y = naive.items(LABEL, NOISE, 1, 0, 3, shares(n), items, m, 0.6, kernel_pair)
    assert human.sum() == emit(shares(n), items, m, 0.6, lane=3)[0]
    counts = histogram(shares(n), items, m, 0.6, lane=3)
    assert np.array_equal(counts, naive.histogram(y, m, -3.0, 3.0, 37))
    assert histogram(shares(n), items, m, 0.6, lane=3, low=-20.0, high=20.0).sum() == n * items


def test_splits_of_lanes_draw_the_same_items():
    share, cuts, m = shares(2000), [0, 1, 130, 512, 1300, 2000], [0.1]
    parts = [(share[a:b], a) for a, b in itertools.pairwise(cuts)]
    whole = emit(share, 7, m, 0.5)
    pieces = np.array([emit(part, 7, m, 0.5, lane=lane) for part, lane in parts])
    assert pieces[:, 0].sum() == whole[0]
    # at most 2000 * 7 terms, in chains of 4 * 4 additions and folds of 9 + 3
    np.testing.assert_allclose(pieces.sum(axis=0)[1:], whole[1:], rtol=0, atol=40 * EPS * 2 * whole[1])
    assert np.array_equal(
        sum(histogram(part, 7, m, 0.5, lane=lane) for part, lane in parts), histogram(share, 7, m, 0.5)
    )
    assert producers.count_human(LABEL, u(1), u(0), u(0), share, 7) == sum(
        producers.count_human(LABEL, u(1), u(0), u(lane), part, 7) for part, lane in parts
    )


def test_no_draw_depends_on_the_number_of_items_asked():
    """Item j is the same item whether 5 or 16 are emitted."""
    few = naive.items(LABEL, NOISE, 1, 0, 0, shares(50), 5, [0.0, 0.0], 0.5)
    many = naive.items(LABEL, NOISE, 1, 0, 0, shares(50), 16, [0.0, 0.0], 0.5)
    for a, b in zip(few, many):
        assert np.array_equal(a, b[:5])


@pytest.mark.parametrize("items", [1, 16, 200])
def test_count_human_law(items):
    assert producers.count_human(LABEL, u(0), u(0), u(0), np.full(9, ONE, np.uint32), items) == 9 * items
    assert producers.count_human(LABEL, u(0), u(0), u(0), np.zeros(9, np.uint32), items) == 0
    share = np.full(20, round(0.37 * ONE), np.uint32)
    x = np.array([producers.count_human(LABEL, u(t), u(0), u(0), share, items) for t in range(20_000)])
    assert fit(x, stats.binom(20 * items, 0.37)) > 1e-5


@pytest.mark.parametrize("d", [1, 3])
def test_sampled_statistics_equal_items_in_law(d):
    """Two samples of pools: counts, fitted mean and variance, and how they go together."""
    share, items, m, s, size = shares(12, 4), 3, np.linspace(0.5, -0.4, d), 0.6, 6000
    total = share.size * items
    both = np.empty((2, size, 2 + d))
    for t in range(size):
        both[0, t] = emit(share, items, m, s, step=t)
        human = producers.count_human(REVISION, u(t), u(0), u(0), share, items)
        variates.gaussian_pool(COST, u(t), u(0), human, total - human, m, s, both[1, t])
    shift = both[:, :, 2:] / total
    variance = (both[:, :, 1] / total - (shift**2).sum(axis=2)) / d
    human = both[:, :, 0]
    for x in (
        human,
        variance,
        *np.moveaxis(shift, 2, 0),
        human * variance,
        human * shift[:, :, 0],
        shift[:, :, 0] * variance,
    ):
        a, b = x
        assert stats.ks_2samp(a, b).pvalue > 1e-5
        assert abs(a.mean() - b.mean()) < 5 * np.sqrt((a.var() + b.var()) / size)
        a, b = (a - x.mean()) ** 2, (b - x.mean()) ** 2
        assert abs(a.mean() - b.mean()) < 5 * np.sqrt((a.var() + b.var()) / size)


def test_parts_of_revisions_and_of_share_moments_are_their_twins():
    """Whatever the spread of costs: `revise` and `share_moments` choose between them."""
    share, where = shares(700, 4), (u(2), u(1), u(9))
    alike, apart = share.copy(), share.copy()
    producers.revise_alike(REVISION, *where, producers.Revision(0.3, 0.6, 0.0), alike)
    np.testing.assert_array_equal(alike, naive.revise(REVISION, COST, 2, 1, 9, 0.3, 0.6, 0.0, share))
    producers.revise_apart(REVISION, COST, *where, producers.Revision(0.3, 0.6, 0.5), apart)
    np.testing.assert_array_equal(apart, naive.revise(REVISION, COST, 2, 1, 9, 0.3, 0.6, 0.5, share))
    out = np.empty(3)
    producers.sums_of_shares(share, out)
    assert out.tolist() == naive.share_moments(COST, 1, 9, 0.0, share)
    producers.sum_with_costs(COST, u(1), u(9), share, out)
    assert out[2] == naive.share_moments(COST, 1, 9, 0.5, share)[2]


@pytest.mark.parametrize(("n", "d"), [(3, 2), (63, 5)])
def test_items_of_few_producers_are_those_of_many(n, d):
    share, m = shares(n), np.linspace(0.0, 1.0, d)
    stream = producers.ItemStream(LABEL, NOISE, u(1), u(2))
    few, many = np.empty(2 + d), np.empty(2 + d)
    emission.emit_few(stream, u(5), share, 6, m, 0.7, few)
    emission.emit_many(stream, u(5), share, 6, m, 0.7, many)
    assert few.tolist() == many.tolist()
    want = naive.statistics(*naive.items(LABEL, NOISE, 1, 2, 5, share, 6, m, 0.7))
    np.testing.assert_allclose(many, want, rtol=1e-12, atol=1e-12)
