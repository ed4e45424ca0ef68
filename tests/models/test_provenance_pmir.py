"""PMIR, its rate, and what no rule can do."""

import math

import numpy as np
import pytest
from scipy.stats import chi2

from mfsolve.models import collapse, provenance
from mfsolve.models.provenance import Content

P = collapse.Parameters()


def test_pmir_stops_at_the_equilibrium():
    (rest,) = collapse.equilibria(P, "closed_form", generator="rest")
    assert provenance.best_response_map(P, rest.contamination) == pytest.approx(rest.contamination, abs=1e-10)
    hits = 0
    for seed in range(12):
        path, found = provenance.pmir(P, 0.04, seed=seed)
        truth = float(path.contamination[-1])
        hits += abs(truth - provenance.best_response_map(P, truth)) <= 0.04
        assert found.reached
        assert found.items == int(path["items"].sum())
        assert found.residual_bound <= 0.04 < float(path.residual_bound[-2])
    assert hits >= 10  # confidence 0.95: fewer than 10 of 12 has probability 0.02 at most


def test_pmir_follows_the_market_and_is_a_function_of_its_seed():
    settings = provenance.Settings(items=50_000, rounds=12)
    path, found = provenance.pmir(P, 1e-3, settings=settings, seed=3)
    assert not found.reached
    again, _ = provenance.pmir(P, 1e-3, settings=settings, seed=3)
    assert path.identical(again)
    assert bool((abs(path.estimate - path.contamination)[1:] < 5 * path.standard_error[1:]).all())
    assert bool((abs(path.estimated_variance - path.pool_variance) < 5 * math.sqrt(2 / 50_000)).all())


def test_policy_is_the_closed_form_of_what_is_seen():
    exact, seen = (collapse.mean_field(P, p) for p in ("closed_form", "pmir"))
    assert np.array_equal(exact.subsidy, seen.subsidy)
    many = collapse.simulate(P, collapse.Pmir(items=10**12), 2000, 8, 6, seed=1, sampling="statistics")
    known = collapse.simulate(P, "closed_form", 2000, 8, 6, seed=1, sampling="statistics")
    assert np.array_equal(many.contamination[:2], known.contamination[:2])
    # 16 000 emitted items refit by themselves; 10^12 inspected ones see their expectation
    assert bool((abs(many.subsidy - known.subsidy) < 0.05).all())
    few = [
        float(
            collapse.simulate(
                P, collapse.Pmir(items=500), 10**6, 8, 1, seed=1, replicate=r, sampling="statistics"
            ).subsidy[0]
        )
        for r in range(300)
    ]
    # d KL / d v = (delta - 1 / v) / 2 at v = 1, Var v = 2 / n
    spread = 0.5 * (1 - P.variance_ratio) * math.sqrt(2 / 500) / (2 * P.cost_curvature)
    assert np.std(few) == pytest.approx(spread, rel=4.5 / math.sqrt(600))


@pytest.mark.parametrize("stochastic", [True, False])
def test_rate_is_minus_two_and_reaches_the_bound(stochastic):
    n = [4000, 16_000]
    found = provenance.rate(0.4, 0.35, n, [1, 16], 150, seed=1, stochastic=stochastic, threads=2)
    # for T independent normal errors n tolerance^2 I is the squared quantile of their maximum
    want = np.array([chi2.ppf(0.95 ** (1 / t), 1) for t in (1, 16)])
    scale = want / found.constant.values
    low, high = (found[k].values / found.tolerance.values for k in ("low", "high"))
    averaging = 8 / 7 if stochastic else 1.0
    at_bound = found.variance_ratio / averaging
    assert bool((abs(at_bound - 1) < 4.5 * found.variance_error + (0.1 if stochastic else 0.0)).all())
    # twice the half-width of a 95 % interval, and what finite n leaves of the averaging
    assert (np.sqrt(scale * averaging) > 1 - 2 * (1 - low) - 0.1).all()
    assert (np.sqrt(scale * averaging) < 1 + 2 * (high - 1) + 0.1).all()


def test_lower_bound_is_below_what_is_realised():
    curves = provenance.regret_curves(0.3, [0.3, 0.7], [100, 1000, 10_000], 400, seed=1)
    assert bool((curves.bound < curves.regret + 4.5 * curves.regret_error).all())
    assert bool((curves.bound.diff("items") < 0).all())
    slope = np.log(curves.bound[:, -1] / curves.bound[:, 0]) / np.log(100)
    np.testing.assert_allclose(slope, -1.0, atol=0.1)


def test_without_information_regret_stays_unless_nothing_is_at_stake():
    content = Content(variance=1.0)
    n = np.array([1.0, 1e3, 1e9])
    staked = provenance.minimax_regret(0.3, content, 0.305, n, stake=0.3)
    assert np.all(staked == staked[0])
    assert staked[0] == pytest.approx(0.305 * (0.3 / 0.61) ** 2 / 8)
    assert np.all(provenance.minimax_regret(0.3, content, 0.305, n) == 0.0)
    stripped = Content(variance=1.0, watermark=3.0, stripping=1.0)
    assert np.all(provenance.minimax_regret(0.3, stripped, 0.305, n, stake=0.3) == staked)
    marked = Content(variance=1.0, watermark=3.0)
    assert provenance.minimax_regret(0.3, marked, 0.305, n, stake=0.3)[1] < 0.05 * staked[1]
