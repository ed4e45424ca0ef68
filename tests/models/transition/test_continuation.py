"""Curves of rest points and their folds (MODEL 5.2)."""

import numpy as np
import pytest
from support.transition import SEVERAL

from mfsolve.models import transition
from mfsolve.models.transition.continuation import pollution_curve
from mfsolve.models.transition.held_volume import AdoptionMap

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
