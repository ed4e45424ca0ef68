"""Incidence along the chain: closed form, exact cases, signals that attain the precision, threads."""

import numpy as np
import pytest
from mfsolve.kernels.data_deals import chains as kernels

from mfsolve.models.data_deals.chains import (
    ChainParameters,
    Chains,
    common_share,
    contrasts,
    equity,
    random_chains,
    with_faults,
)

P = ChainParameters()


def closed_form(V, r, g, y):
    """paid at k = V_0 g + y g sum (V_j - V_{j-1}) prod r, term by term."""
    E = []
    for k in range(len(V)):
        paid = V[0] * g
        for j in range(1, k + 1):
            paid += y * g * (V[j] - V[j - 1]) * np.prod(r[:j])
        E.append(paid / V[k])
    return E


def chain_equity(V, r, g, y):
    """E_k (k,) of one chain, with one share of the surplus at all of its stages."""
    V, r = np.array(V), np.array(r)
    return equity(Chains(V[None], V[None], r[None], np.full((1, V.size), g), np.array([y])))[0]


def test_the_closed_form():
    V, r = [1.0, 1.5, 4.0, 4.2], [0.9, 0.4, 0.7]
    np.testing.assert_allclose(chain_equity(V, r, 0.3, 0.6), closed_form(V, r, 0.3, 0.6), rtol=1e-14)


@pytest.mark.parametrize("g", [0.05, 0.5, 1.0])
def test_equity_stays_where_provenance_and_pricing_are_whole_whatever_the_bargain(g):
    np.testing.assert_allclose(chain_equity([1.0, 3.0, 7.0], [1.0, 1.0], g, 1.0), g, rtol=1e-14)
    assert chain_equity([1.0, 3.0, 7.0], [1.0, 0.99], g, 1.0)[-1] < g * (1.0 - 1e-6)
    assert chain_equity([1.0, 3.0, 7.0], [1.0, 1.0], g, 0.99)[-1] < g * (1.0 - 1e-6)


def test_random_chains_follow_the_closed_form_where_value_rises():
    chains = common_share(random_chains(P, 500, 3))
    rising = np.flatnonzero((np.diff(chains.value, axis=1) > 0.0).all(axis=1))
    E = equity(chains)
    for i in rising[:50]:
        expected = closed_form(chains.value[i], chains.lineage[i], chains.share[i, 0], chains.repricing[i])
        np.testing.assert_allclose(E[i], expected, rtol=1e-12)
    assert rising.size > 250


def test_without_faults_equity_is_parity_on_chains_whose_value_rises():
    chains = random_chains(P, 400, 4)
    rising = (np.diff(chains.value, axis=1) > 0.0).all(axis=1)
    np.testing.assert_allclose(equity(with_faults(chains, False, False, False))[rising], 0.5, rtol=1e-13)


def test_bits_depend_on_neither_threads_nor_place():
    whole = random_chains(P, 300_000, 9, threads=3)
    for one, other in zip(whole, random_chains(P, 300_000, 9, threads=1)):
        assert np.array_equal(one, other)
    part = random_chains(P, 10, 9, first=200_000)
    assert np.array_equal(part.value, whole.value[200_000:200_010])


def test_the_best_estimate_attains_the_precision_that_information_is_taken_from():
    """Signals of a bundle are drawn, their best estimate formed, noise of training added: mse x Phi is 1."""
    rng = np.random.default_rng(8)
    loading, effort, v, kept = np.array([0.1, 0.6, 0.9]), np.array([0.4, 0.3, 0.2]), 2.0, 0.7
    S = np.diag(1.0 / effort) + v * np.outer(loading, loading)
    w = np.linalg.solve(S, np.ones(3))
    phi = w.sum()
    out = phi * kept
    draws = 200_000
    errors = rng.multivariate_normal(np.zeros(3), S, draws) @ (w / phi)
    errors += rng.normal(0.0, np.sqrt(1.0 / out - 1.0 / phi), draws)
    ratio = np.mean(errors**2) * out
    assert abs(ratio - 1.0) < 4.0 * np.sqrt(2.0 / draws)
    assert kernels.STAGES == 4


def test_contrasts_recover_an_effect_that_is_put_in():
    signs = contrasts()
    table = np.zeros((2, 2, 2))
    table[1] += 3.0  # provenance
    table[:, 1, 1] += 2.0  # bargaining x pricing, and half of it on each
    found = {name: float(np.sum(sign * table)) for name, sign in signs.items()}
    assert found["provenance"] == 3.0
    assert found["bargaining_pricing"] == found["bargaining"] == found["pricing"] == 1.0
    assert found["provenance_bargaining_pricing"] == 0.0
    assert len(signs) == 7
