"""Curves of rest points and their folds (MODEL 5.2)."""

import numpy as np
import pytest

from mfsolve.models import supply_shock, transition
from mfsolve.models.transition.continuation import pollution_curve
from mfsolve.models.transition.held_volume import AdoptionMap

SEVERAL = transition.Parameters(  # AI that is dear and better than human work
    choice="instant", ramp=0.0, temperature=0.01, learning=1.0, diffusion=4e-3,
    market=supply_shock.Parameters(
        skill_a=3.0, skill_b=3.0, ai_quality=2.1, ai_cost=0.6, reference_cost=0.6, human_efficiency=2.0,
        adoption_skill_cost=0.01, outside_option=0.0, pollution_weight=0.8,
    ),
)  # fmt: skip
CELLS = 48


def test_folds_are_where_the_number_of_rest_points_changes():
    branches = transition.continuation(SEVERAL, 1e-3, 2e-2, cells=CELLS)
    folds = sorted(sigma for branch in branches for sigma, _ in branch.folds)
    assert len(folds) == 2
    inside = [(1e-3, 1), (folds[0] * (1 - 1e-4), 1), (folds[0] * (1 + 1e-4), 3), (folds[1] * (1 - 1e-4), 3)]
    for sigma, count in [*inside, (folds[1] * (1 + 1e-4), 1), (2e-2, 1)]:
        here = SEVERAL.changed(diffusion=sigma)
        assert len(transition.rest_points(here, cells=CELLS)) == count, sigma
    for branch in branches:
        for sigma, D in list(zip(branch.diffusion, branch.ai_volume))[::7]:
            held = AdoptionMap(SEVERAL.changed(diffusion=float(sigma)), None, CELLS)
            assert held.gap(float(D)) == pytest.approx(0.0, abs=1e-10)
        np.testing.assert_allclose(branch.ai * held.volume, branch.ai_volume)


def test_every_pollution_weight_lies_on_one_curve():
    """beta(B) of a rest point is the economy's own weight, and 0 where nobody pollutes."""
    for point in transition.rest_points(SEVERAL, cells=CELLS):
        market = SEVERAL.market
        B = market.pollution_weight * np.log1p(market.pollution_rate * point.ai_volume)
        assert pollution_curve(SEVERAL, np.array([B]), CELLS)[0] == pytest.approx(market.pollution_weight, rel=1e-9)
    assert pollution_curve(SEVERAL, np.zeros(1), CELLS)[0] == 0.0
