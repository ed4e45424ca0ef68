"""The number of rest points, and basins (MODEL 5.2)."""

import numpy as np
import pytest
from support.transition import SEVERAL

from mfsolve.models import transition
from mfsolve.models.transition.basins import beta_density, fold_curves
from mfsolve.models.transition.continuation import pollution_curve

CELLS = 48


def test_map_of_multiplicity_counts_rest_points():
    weights, sigmas = np.array([0.3, 0.8, 1.3]), np.array([2e-3, 4e-3, 8e-3])
    counts = transition.multiplicity(SEVERAL, weights, sigmas, CELLS)
    for i, weight in enumerate(weights):
        market = SEVERAL.market.model_copy(update={"pollution_weight": float(weight)})
        for k, sigma in enumerate(sigmas):
            here = SEVERAL.changed(market=market, diffusion=float(sigma))
            assert counts[i, k] == len(transition.rest_points(here, cells=CELLS))
    assert set(counts.ravel()) == {1.0, 3.0}


def test_basins_are_where_flows_end():
    rest = transition.rest_points(SEVERAL, cells=CELLS)
    stable = [point for point in rest if point.stable]
    found = transition.basins(SEVERAL, [0.15, 0.85], [8.0, 40.0], cells=CELLS, horizon=40.0)
    assert found.shape == (2, 2)
    s = (np.arange(CELLS) + 0.5) / CELLS
    for j, mean in enumerate((0.15, 0.85)):
        first = beta_density(s, mean, 40.0)
        assert float(s @ first / first.sum()) == pytest.approx(mean, abs=0.01)
        end = transition.mean_field(SEVERAL, CELLS, [400.0], dt=0.5, initial=first)
        assert float(end.ai_volume[0]) == pytest.approx(stable[int(found[1, j])].ai_volume, rel=1e-6)
    assert set(found.ravel()) == {0.0, 1.0}


def test_lists_do_as_arrays():
    one = transition.multiplicity(SEVERAL, [0.8], [4e-3], CELLS)
    assert (
        one.tolist() == transition.multiplicity(SEVERAL, np.array([0.8]), np.array([4e-3]), CELLS).tolist() == [[3.0]]
    )


def test_a_curve_that_ends_where_nobody_adopts_has_no_folds():
    p = transition.Parameters(diffusion=1e-2, choice="instant", temperature=1e-4)
    curve = pollution_curve(p, np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 200)]), 60)
    kept = curve[np.isfinite(curve)]
    assert curve[0] == 0.0
    assert 2 < kept.size < curve.size
    assert (np.diff(kept) > 0.0).all()
    assert np.isnan(fold_curves(p, np.array([1e-2]), 1.0, 60)).all()


def test_the_curve_starts_at_no_pollution_weight_where_nobody_adopts():
    p = transition.Parameters(temperature=1e-4)
    p = p.changed(market=p.market.model_copy(update={"ai_cost": 5.0, "ai_quality": 1e-3}))
    with np.errstate(all="raise"):
        assert pollution_curve(p, np.array([0.0, 1.0]), CELLS).tolist() == [0.0, np.inf]
