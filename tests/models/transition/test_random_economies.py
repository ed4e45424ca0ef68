"""Economies in transition drawn around a given one (MODEL 5.2)."""

import numpy as np
import pytest

from mfsolve.models import transition
from mfsolve.models.transition.random_economies import draw_economy

BASE = transition.Parameters()


def test_economies_are_a_function_of_seed_and_replicate():
    assert draw_economy(BASE, 0.0, 1, 2) == BASE
    one = draw_economy(BASE, 0.2, 1, 2)
    assert one == draw_economy(BASE, 0.2, 1, 2)
    assert one != draw_economy(BASE, 0.2, 1, 3)
    assert one.market.ai_cost == BASE.market.ai_cost
    ratios = [draw_economy(BASE, 0.2, 1, r).lag / BASE.lag for r in range(400)]
    assert np.mean(np.log(ratios)) == pytest.approx(0.0, abs=4 * 0.2 / 20)
    assert np.std(np.log(ratios)) == pytest.approx(0.2, abs=4 * 0.2 / np.sqrt(800))
