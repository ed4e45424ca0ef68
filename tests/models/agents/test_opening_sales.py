"""What creators sell in the opening period is bounded ahead, well enough to refuse a market in which most sell nothing."""

import numpy as np
import pytest
from mfsolve.kernels.agents import market_state
from support.agents import LIVELY, SMALL

from mfsolve.models.agents.market import OneBlock
from mfsolve.models.agents.opening_sales import most_sales, require_opening
from mfsolve.models.agents.parameters import Shock, WithoutAi, ai_path, ai_weights
from mfsolve.models.agents.path import agents_of

REPLICATES = 200
CASES = [
    ({}, WithoutAi(), 0.5),
    ({"outside_utility": 5.0}, WithoutAi(), 0.8),
    ({}, Shock(), 0.2),  # the bound knows of AI's visibility, not of its offers
    ({"ai_visibility": 200.0}, Shock(), 0.2),
]


def opened(p, scenario, replicate):
    """Items sold per creator in the opening period, and whether the median creator sells any."""
    agents = agents_of(p, SMALL, scenario, 1, 3, replicate, 1)
    weights = ai_weights(p, ai_path(p, 1))[:1] * (not isinstance(scenario, WithoutAi))
    counts, sums = np.zeros((1, market_state.COUNTS), np.int64), np.zeros((1, market_state.SUMS))
    OneBlock(agents)(market_state.Schedule(0, agents.replicate, np.zeros(1), 1.0, 0.0, weights), counts, sums)
    return counts[0, market_state.OWN] / SMALL.creators, sums[0, market_state.MEDIAN] > 0.0


@pytest.mark.parametrize(("changed", "scenario", "part"), CASES)
def test_the_bound_holds_and_is_near(changed, scenario, part):
    p = LIVELY.model_copy(update=changed)
    sold = np.array([opened(p, scenario, replicate)[0] for replicate in range(REPLICATES)])
    most, error = most_sales(p, SMALL, scenario), sold.std(ddof=1) / np.sqrt(REPLICATES)
    assert part * most < sold.mean() < most + 3.0 * error


def test_what_is_refused_does_not_open():
    shut = LIVELY.model_copy(update={"outside_utility": 5.5})
    with pytest.raises(ValueError, match=r"^outside_utility = 5\.5, .*: a creator sells 0\.\d+ items"):
        require_opening(shut, SMALL, Shock())
    assert np.mean([opened(shut, Shock(), replicate)[1] for replicate in range(REPLICATES)]) < 0.5
    require_opening(LIVELY, SMALL, Shock())
