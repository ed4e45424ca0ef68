"""Rest points of the skill density: bounds, stability, refusals (MODEL 5.2)."""

import numpy as np
import pytest
from support.transition import SEVERAL

from mfsolve.models import supply_shock, transition
from mfsolve.models.transition.basins import fold_curves
from mfsolve.models.transition.held_volume import AdoptionMap
from mfsolve.models.transition.rest_points import certified_brackets, flow_jacobian, map_bounds

CELLS = 48


def test_bounds_enclose_the_map_and_its_slope():
    held = AdoptionMap(SEVERAL, None, CELLS)
    edges = np.linspace(0.0, held.volume, 41)
    least, most, flattest, steepest = map_bounds(held, held.at(edges[:-1]), held.at(edges[1:]))
    for share in (0.0, 0.25, 0.6, 1.0):
        inside = held.at(edges[:-1] + share * np.diff(edges))
        assert np.all((least <= held.adoption(inside) + 1e-12) & (held.adoption(inside) <= most + 1e-12))
        assert np.all((flattest <= held.slope(inside) + 1e-9) & (held.slope(inside) <= steepest + 1e-9))
    brackets, certified = certified_brackets(held)
    assert certified
    dense = np.linspace(0.0, held.volume, 20_001)
    gaps = np.concatenate([held.adoption(held.at(d)) - d for d in np.array_split(dense, 80)])
    assert len(brackets) == np.count_nonzero(gaps[1:] * gaps[:-1] < 0.0)


def test_rest_points_stay_or_leave_as_their_growth_says():
    """A density beside a rest point, moved along the leading mode, comes back or goes at the rate of its eigenvalue."""
    rest = transition.rest_points(SEVERAL, cells=CELLS)
    assert [point.stable for point in rest] == [True, False, True]
    assert all(point.certified for point in rest)
    for point in rest:
        held = AdoptionMap(SEVERAL, None, CELLS)
        assert held.gap(point.ai_volume) == pytest.approx(0.0, abs=1e-13)
        state = held.at(point.ai_volume)
        rates, modes = np.linalg.eig(flow_jacobian(held, point.ai_volume))
        mode = modes[:, np.argmin(np.abs(rates - point.growth))].real
        beside = state.weight[0] + 1e-5 * mode / np.abs(mode / state.weight[0]).max()
        times = np.array([0.0, 1.0, 2.0]) / abs(point.growth)
        data = transition.mean_field(
            SEVERAL, CELLS, times, dt=times[1] / 200, initial=beside, initial_volume=point.ai_volume
        )
        away = np.abs(data.density.values - state.weight[0] / held.h).sum(axis=1)
        # 1e-3: what is left of order 2 in a step of 1/200, and of the square of the deviation
        assert np.log(away[1:] / away[:-1]) == pytest.approx(np.sign(point.growth) * np.ones(2), rel=1e-3)
        assert float(data.ai_volume[0]) == pytest.approx(point.ai_volume, rel=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: transition.rest_points(SEVERAL, cells=0), r"cells: 0 given.*\[8"),
        (lambda: transition.rest_points(SEVERAL, "tax"), "policy: 'tax' given"),
        (lambda: transition.rest_points(SEVERAL, transition.Tax()), "rate: not given"),
        (lambda: transition.continuation(SEVERAL, 0.1, 0.01), "lowest, highest: 0.1, 0.01 given"),
        (lambda: transition.continuation(SEVERAL, 1e-3, 1e-2, cells=3), "cells: 3 given"),
        (lambda: transition.multiplicity(SEVERAL, [0.1, -1.0], [1e-3]), r"weights: \[0.1, -1.0\] given"),
        (lambda: transition.multiplicity(SEVERAL, [0.1], []), r"diffusions: \[\] given"),
        (lambda: transition.basins(SEVERAL, [0.2, 2.0], [8.0]), r"means: \[0.2, 2.0\] given.*\(0, 1\)"),
        (lambda: transition.basins(SEVERAL, [0.2], [0.0]), "concentrations"),
        (lambda: transition.basins(SEVERAL, [0.2], [8.0], horizon=-1.0), "horizon: -1.0 given"),
        (lambda: transition.rest_state(SEVERAL, cells=0), r"cells: 0 given.*\[8"),
        (lambda: transition.rest_state(SEVERAL, transition.Tax), "policy: <class"),
    ],
)
def test_nonsense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("quality", [10.0, 100.0, 1e9])
def test_everybody_adopts_where_nothing_comes_near_to_ai(quality):
    """F(D) is the largest volume to the last bit: that is the rest point, and the flow comes to it."""
    p = SEVERAL.changed(market=SEVERAL.market.model_copy(update={"ai_quality": quality}))
    (only,) = transition.rest_points(p, cells=CELLS)
    assert only.ai == pytest.approx(1.0, abs=1e-12)
    assert only.ai_volume == pytest.approx(supply_shock.volume(p.market), rel=1e-12)
    assert transition.mean_field(p, CELLS, [1.0], dt=0.5)["ai"].values[-1] == pytest.approx(1.0, abs=1e-12)


def test_there_is_one_rest_point_where_nothing_pollutes():
    p = SEVERAL.changed(market=SEVERAL.market.model_copy(update={"pollution_rate": 0.0}))
    assert len(transition.rest_points(p, cells=CELLS)) == 1
    assert transition.multiplicity(p, [0.1, 0.8], [4e-3], CELLS).tolist() == [[1.0], [1.0]]
    assert np.isnan(fold_curves(p, np.array([4e-3]), 0.8, CELLS)).all()
