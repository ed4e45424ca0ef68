"""Kernels of the exchange against their twins."""

import numpy as np
import pytest
from mfsolve.kernels.data_deals import lineage, regimes, replication, sandbox
from mfsolve.kernels.random.philox import stream_key, uniforms
from naive import data_deals as naive

ZERO = np.uint64(0)
KEY = stream_key(3, "test")


@pytest.mark.parametrize("once", [False, True])
def test_a_period_of_a_regime(once):
    rng = np.random.default_rng(1)
    n = 51
    loading, outside = rng.uniform(0, 1, n), rng.uniform(0, 0.3, n)
    terms = regimes.Terms(0.7, 3.0, 0.4, 20.0, 0.6, 0.3, 6.0, 0.4, 0.2, once)
    state = rng.integers(0, 3, n).astype(np.uint8)
    units = np.empty(n + 1)
    uniforms(KEY, ZERO, np.uint64(4), np.uint64(2), np.uint64(5), units)
    expected, after = naive.period(terms, 0.5, units, loading, outside, state)
    sums = np.zeros(regimes.SUMS)
    draws = regimes.Draws(KEY, np.uint64(2), np.uint64(4), 10, 0.5)
    regimes.period(draws, terms, loading, outside, state, sums)
    np.testing.assert_allclose(sums, expected, rtol=1e-12)
    assert np.array_equal(state, after)


@pytest.mark.parametrize("noise", [0.0, 0.2, 0.5])
def test_items_are_attributed_to_the_nearest_code(noise):
    bits, items = 7, 4000
    codes, right = np.empty(40, dtype=np.uint64), np.empty(items)
    owner = np.arange(items) % 40
    lineage.draw_codes(KEY, ZERO, codes)
    lineage.attribute(KEY, ZERO, codes, bits, noise, owner, right)
    chance = np.empty(items)
    for i in range(items):
        u = np.empty(2 * bits + 2)
        for b in range(0, bits, 2):
            two = np.empty(2)
            uniforms(KEY, np.uint64(1 + b), np.uint64(1), ZERO, np.uint64(i), two)
            u[b : b + 2] = two
        flips = sum(1 << b for b in range(bits) if u[b] <= noise)
        chance[i] = naive.attributed(codes, owner[i], np.uint64(flips), bits)
    assert np.array_equal(right[chance == 1.0], np.ones((chance == 1.0).sum()))
    assert not right[chance == 0.0].any()
    spread = np.sqrt((chance * (1.0 - chance)).sum())
    assert abs(right.sum() - chance.sum()) <= 4.0 * spread


def test_copies_have_the_shapley_value_of_all_orders():
    loading, effort, v = np.array([0.5, 0.1, 0.9, 0.7]), np.array([0.5, 0.3, 0.4, 0.2]), 2.0
    copies, orders, out = np.arange(4.0), 40_000, np.empty(4)
    replication.copied_shapley(KEY, ZERO, (loading, effort, 1.0 / v), copies, orders, out)
    for m, found in enumerate(out):
        exact = naive.copied_shapley(loading, effort, v, m)
        assert abs(found - exact) < 4.0 * 0.5 * effort[0] / np.sqrt(orders)  # a contribution lies in [0, e]


def test_bundles():
    rng = np.random.default_rng(6)
    for _ in range(5):
        gap, effort, price = rng.uniform(-0.6, 0.6, 7), rng.uniform(0.1, 3, 7), rng.uniform(0.5, 1.5, 7)
        budget = 0.5 * price.sum()
        best = sandbox.best_bundle(gap, effort, price, 0.25, budget)
        assert best == pytest.approx(naive.best_bundle(gap, effort, price, 4.0, budget), rel=1e-12)
        chosen = np.zeros(7, dtype=np.uint8)
        sandbox.greedy_bundle(gap, effort, price, 0.25, budget, chosen)
        assert list(np.flatnonzero(chosen)) == naive.greedy_bundle(gap, effort, price, 4.0, budget)
        sandbox.fill_in_order(np.arange(7), price, budget, chosen)
        assert price[chosen == 1].sum() <= budget


def test_trials_have_the_loss_of_the_scaling_law():
    gap, sizes, T = np.array([0.0, 0.5, -0.8]), np.array([2.0, 10.0]), 40_000
    deviation = np.random.default_rng(2).normal(0.0, 1.5, T)
    loss, cross = np.empty((3, 2)), np.empty(3)
    sandbox.trials(KEY, ZERO, 0, gap, deviation, sizes, loss, cross)
    expected = gap[:, None] ** 2 * np.mean(deviation**2) + 1.0 / sizes
    noise = 4.0 * gap[:, None] ** 2 * np.mean(deviation**2) / sizes + 2.0 / sizes**2  # variance of one square
    assert (np.abs(loss - expected) <= 4.5 * np.sqrt(noise / T)).all()
    assert np.array_equal(np.sign(cross[1:]), [1.0, -1.0])
