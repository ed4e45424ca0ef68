"""Plans of a patient buyer: closed forms, the limit of impatience, and no other prices earn more."""

import numpy as np
import pytest
from mfsolve.kernels.creators import planning, stocks
from naive import creators as naive

P = stocks.Market(1.0, 5.0, 0.5, 1.5, 0.0, 1.0, 0.2, 1.0, 1.0)
STEPS, DT = 60, 0.25


def planned(p, discount, revenue, start=(1.0, 0.5), regime=stocks.STRICT_RIGHTS):
    K, plan = np.empty((2, STEPS + 1)), np.empty((2, STEPS + 1))
    left = planning.patient_plan(p, stocks.Start(*start, 0.0, regime), DT, discount, revenue, 2000, K, plan)
    return K, plan, left


def test_without_common_bias_values_are_those_of_a_perpetuity():
    # every unit is worth 1 a period for good, less wear and discounting
    _, plan, left = planned(P._replace(lam_c=0.0), 0.1, 1.0)
    d = 1 / (1 + 0.1 * DT)
    assert left < 1e-11
    np.testing.assert_allclose(plan, DT * d / (1 - d * (1 - 0.2 * DT)), rtol=1e-12)


def test_the_impatient_buyer_counts_marginal_values():
    rate = 1e6
    K, plan, _ = planned(P, rate, rate)
    for t in range(STEPS):
        phi = naive.recursive_precision(*K[:, t + 1], P.v0, P.alpha, 0.0, 1.0)
        want = naive.marginal_values(*K[:, t + 1], P.v0 + P.alpha * phi, P.alpha, 0.0, 1.0)
        # the next period's discount is 1 / (1 + rate dt)
        np.testing.assert_allclose(plan[:, t], want, rtol=1e-5)


@pytest.mark.parametrize("regime", [stocks.STRICT_RIGHTS, stocks.DISCRIMINATING])
def test_no_other_prices_earn_more(regime):
    discount, d = 0.3, 1 / (1 + 0.3 * DT)
    K, plan, _ = planned(P, discount, 1.0, regime=regime)
    bought = np.array([stocks.unit_prices(regime, P, 1.0, *q) for q in plan.T])
    terminal = K[:, -1]
    kept = d * (1 - P.dep * DT)
    phi = naive.recursive_precision(*terminal, P.v0, P.alpha, 0.0, 1.0)
    last = DT / (1 - kept) * np.array(naive.marginal_values(*terminal, P.v0 + P.alpha * phi, P.alpha, 0.0, 1.0))

    def earned(prices):
        stock, total = np.array([1.0, 0.5]), 0.0
        for t in range(STEPS):
            new = np.array([P.a_o, P.a_c]) * prices[t] ** np.array([P.x_o, P.x_c])
            total += d**t * DT * (naive.recursive_precision(*stock, P.v0, P.alpha, 0.0, 1.0) - new @ prices[t] ** 2)
            stock = stock + DT * (new * prices[t] - P.dep * stock)
        return total + d**STEPS * float(last @ stock)

    best, rng = earned(bought), np.random.default_rng(5)
    for _ in range(25):
        factor = np.exp(0.05 * rng.standard_normal((STEPS + 1, 2 if regime == stocks.DISCRIMINATING else 1)))
        assert earned(bought * factor) < best
