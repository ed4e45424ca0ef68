"""The planner of an economy in which noise is taste (MODEL 5.2)."""

import numpy as np
import pytest
from mfsolve.kernels.transition import choice

from mfsolve.models import transition
from mfsolve.models.transition.planner import TaxedRestPoint

BASE = transition.Parameters()
AT_ONCE = BASE.changed(choice="instant", diffusion=2e-3, temperature=2e-3)
CELLS = 60


def polluted(p, weight):
    return p.changed(market=p.market.model_copy(update={"pollution_weight": weight}))


@pytest.mark.parametrize("consumers", [0.0, 0.4, 1.0])
def test_derivative_of_omega(consumers):
    p, e = polluted(AT_ONCE, 0.02), 1e-6
    for rate in (0.0005, 0.002, 0.004):
        up, down = (TaxedRestPoint(p, rate + d, 0.0, consumers, CELLS).omega for d in (e, -e))
        expected = (up - down) / (2 * e)
        assert TaxedRestPoint(p, rate, 0.0, consumers, CELLS).derivative == pytest.approx(expected, rel=1e-4, abs=1e-8)


def omega(held, weight, chance):
    """Omega of any skills and choices, with the surplus of no consumer: the planner's own functional."""
    p, row = held.parameters, held.row
    m = p.market
    D = row[choice.VOLUME] * float(weight @ chance[1])
    worth = held.at(D).worth[:, 0].copy()
    worth[1] += row[choice.TAX] * row[choice.VOLUME]  # paid back
    taste = -p.temperature * np.sum(chance * np.log(chance), axis=0)
    distance = np.sum(weight * (np.log(weight / held.h) - held.log_talent)) * p.diffusion / p.learning
    return (
        weight @ ((chance * worth).sum(axis=0) + taste) - distance - m.pollution_weight * np.log1p(m.pollution_rate * D)
    )


def test_where_noise_is_taste_the_pigouvian_tax_is_the_planners_optimum():
    """No other skills and choices are better, whatever they are, and the tax is that of `pigouvian`."""
    p = polluted(AT_ONCE, 0.02)
    best = transition.planner(p, 0.0, CELLS)
    assert best.rate == pytest.approx(transition.pigouvian(p, 0.0, CELLS).rate, rel=1e-9)
    assert best.derivative == pytest.approx(0.0, abs=1e-12)
    weight, chance = best.state.weight[0], best.state.chance[:, 0]
    assert omega(best.held, weight, chance) == pytest.approx(best.omega, rel=1e-12)
    rng = np.random.default_rng(5)
    for size in (1e-3, 1e-2, 0.1):
        for _ in range(20):
            other = weight * np.exp(size * rng.normal(size=CELLS))
            chosen = chance * np.exp(size * rng.normal(size=(3, CELLS)))
            assert omega(best.held, other / other.sum(), chosen / chosen.sum(axis=0)) < best.omega
    assert transition.planner(polluted(p, 0.0), 0.0, CELLS).rate == 0.0


def test_with_consumers_the_planner_needs_the_subsidy():
    p = polluted(AT_ONCE, 0.02)
    best = transition.planner(p, 1.0, CELLS)
    assert best.rate == pytest.approx(best.damage, rel=1e-12)
    assert best.held.bonus == 0.5
    taxes = [TaxedRestPoint(p, rate, 0.0, 1.0, CELLS).omega for rate in np.linspace(0.0, 0.02, 21)]
    assert best.omega > max(taxes)
    for rate, bonus in ((0.9, 0.5), (1.1, 0.5), (1.0, 0.4), (1.0, 0.6)):
        assert TaxedRestPoint(p, rate * best.rate, bonus, 1.0, CELLS).omega < best.omega
