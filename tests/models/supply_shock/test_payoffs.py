"""Payoffs of the options against searches over prices and qualities (MODEL 5.1)."""

import numpy as np
import pytest
from naive import supply_shock as naive

from mfsolve.models import supply_shock
from mfsolve.models.supply_shock import Parameters, payoffs

DEFAULT = Parameters()


def changed(**values):
    return DEFAULT.model_copy(update=values)


@pytest.mark.parametrize("q", [0.2, 0.55, 1.0])
@pytest.mark.parametrize("burden", [0.0, 0.05])
def test_profit_is_the_best_over_prices_and_surplus_is_half(q, burden):
    profit, surplus = naive.sale(q, 0.04, burden, 1.3)
    assert float(payoffs.sales_profit(q, 0.04, burden, 1.3)) == pytest.approx(profit, rel=1e-8)
    assert surplus == pytest.approx(0.5 * profit, rel=1e-4)


@pytest.mark.parametrize("burden", [0.0, 0.02, 0.2])
def test_the_chosen_quality_is_the_best(burden):
    p = changed(human_efficiency=0.9)
    for skill in (0.3, 0.6, 1.0):
        q = np.linspace(1e-6, skill, 100_001)
        best = payoffs.sales_profit(q, q**2 / (2 * p.human_efficiency), burden, p.market_size).max()
        assert float(supply_shock.human_profit(p, skill, burden)) == pytest.approx(best, abs=1e-10)
