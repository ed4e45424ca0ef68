"""The pollution that finitely many producers agree on, against a search over the number of adopters (MODEL 5.1)."""

import numpy as np
import pytest
from mfsolve.kernels.supply_shock import economy, finite
from naive import supply_shock as naive

from mfsolve.models.supply_shock import Parameters, segments
from mfsolve.models.supply_shock.many_economies import economy_rows

CELLS = 64
ECONOMIES = [
    {},
    {"pollution_weight": 0.05},
    {"pollution_weight": 0.0},
    {"outside_option": 0.0, "pollution_weight": 0.2},
    {"human_capacity": 0.3},
    {"ai_cost": 0.05, "adoption_skill_cost": 0.3, "ai_quality": 0.8},
]


def found_for(p, skill):
    return float(finite.finite_pollution(economy_rows(p)[0], skill, CELLS))


@pytest.mark.parametrize("values", ECONOMIES, ids=range(len(ECONOMIES)))
@pytest.mark.parametrize("producers", [1, 7, 200])
def test_against_a_search_over_the_number_of_adopters(values, producers):
    """The map of pollution faced to pollution made takes N + 1 values: every one of them is tried.

    At the pollution found, the adopters make no more than they face; just below it, more: they make what leaves the
    producer who is indifferent out.
    """
    p = Parameters(**values)
    skill = np.sort(np.random.default_rng(producers).beta(p.skill_a, p.skill_b, producers))
    burden = found_for(p, skill)
    expected = naive.finite_pollution(p, skill)
    # the twin stops at 1e-13 of the pollution that all producers make together
    assert burden == pytest.approx(expected, rel=1e-11, abs=1e-15)
    assert naive.pollution_made(p, skill, burden * (1.0 + 1e-12) + 1e-15) <= burden * (1.0 + 1e-9) + 1e-15
    if burden > 0.0:
        assert naive.pollution_made(p, skill, burden * (1.0 - 1e-9)) > burden * (1.0 - 1e-9)


def test_tends_to_the_continuum():
    """At the quantiles of the skill density the population errs by one producer of N at most."""
    from scipy.stats import beta

    for n in (100, 1000, 10_000):
        skill = beta.ppf((np.arange(n) + 0.5) / n, 2.0, 2.0)
        p = Parameters()
        volume = economy.volume_per_adopter(economy_rows(p)[0])
        # one adopter more or less changes what N make by beta eta v / N at most; his answer to it is of the same sign
        assert abs(found_for(p, skill) - segments(p).pollution) <= p.pollution_weight * p.pollution_rate * volume / n


def test_nobody_adopts_without_ai():
    assert found_for(Parameters(ai_available=False), np.linspace(0.0, 1.0, 50)) == 0.0
