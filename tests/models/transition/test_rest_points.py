"""Rest points of the skill density: the map they solve, all of them, stability, folds, basins (MODEL 5.2)."""

import numpy as np
import pytest
from mfsolve.kernels.transition import skill_flow

from mfsolve.models import supply_shock, transition
from mfsolve.models.transition.basins import beta_density
from mfsolve.models.transition.continuation import pollution_curve
from mfsolve.models.transition.held_volume import AdoptionMap
from mfsolve.models.transition.rest_points import certified_brackets, flow_jacobian, map_bounds

SEVERAL = transition.Parameters(  # AI that is dear and better than human work
    choice="instant", ramp=0.0, temperature=0.01, learning=1.0, diffusion=4e-3,
    market=supply_shock.Parameters(
        skill_a=3.0, skill_b=3.0, ai_quality=2.1, ai_cost=0.6, reference_cost=0.6, human_efficiency=2.0,
        adoption_skill_cost=0.01, outside_option=0.0, pollution_weight=0.8,
    ),
)  # fmt: skip
CELLS = 48
POLICIES = [
    transition.LaissezFaire(), transition.Tax(rate=0.01), transition.CongestionFee(slope=0.02),
    transition.Disclosure(effect=0.4, label_cost=0.002),
]  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
def test_the_map_is_that_of_the_flow(policy):
    """F(D), the masses at rest and the probabilities are those of the flow's own kernels."""
    held = AdoptionMap(SEVERAL, policy, CELLS)
    state = held.at([0.0, 0.3, 0.9])
    for k, D in enumerate(state.D):
        mu, share = np.empty((CELLS, 1)), np.empty((3, CELLS))
        skill_flow.gibbs_density(D, SEVERAL.motion, SEVERAL.economy, held.row, held.grid, mu)
        skill_flow.choice_shares(D, SEVERAL.economy, held.row, held.tau, held.s, share)
        np.testing.assert_allclose(state.weight[k], mu[:, 0], rtol=1e-11)
        np.testing.assert_allclose(state.chance[:, k], share, rtol=1e-12)
        adopted = skill_flow.adopter_share(D, SEVERAL.economy, held.row, held.tau, held.s, mu[:, 0].copy())
        assert held.adoption(state)[k] == pytest.approx(held.volume * adopted, rel=1e-11)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
def test_slopes_of_the_map_are_its_derivatives(policy):
    D, e = np.array([0.1, 0.4, 0.8]), 1e-6
    held = AdoptionMap(SEVERAL, policy, CELLS)
    up, down = held.at(D + e), held.at(D - e)
    slope = (held.adoption(up) - held.adoption(down)) / (2 * e)
    np.testing.assert_allclose(held.slope(held.at(D)), slope, rtol=1e-6)
    other = []
    for sign in (1, -1):
        moved = AdoptionMap(SEVERAL.changed(diffusion=SEVERAL.diffusion * np.exp(sign * e)), policy, CELLS)
        other.append(moved.adoption(moved.at(D)))
    np.testing.assert_allclose(held.by_log_diffusion(held.at(D)), (other[0] - other[1]) / (2 * e), rtol=1e-5)


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
        beside = state.weight[0] + 1e-6 * mode / np.abs(mode / state.weight[0]).max()
        times = np.array([0.0, 1.0, 2.0]) / abs(point.growth)
        data = transition.mean_field(
            SEVERAL, CELLS, times, dt=times[1] / 200, initial=beside, initial_volume=point.ai_volume
        )
        away = np.abs(data.density.values - state.weight[0] / held.h).sum(axis=1)
        # 1e-3: what is left of order 2 in a step of 1/200, and of the square of the deviation
        assert np.log(away[1:] / away[:-1]) == pytest.approx(np.sign(point.growth) * np.ones(2), rel=1e-3)
        assert float(data.ai_volume[0]) == pytest.approx(point.ai_volume, rel=1e-3)


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


def test_map_of_multiplicity_counts_rest_points():
    weights, sigmas = np.array([0.3, 0.8, 1.3]), np.array([2e-3, 4e-3, 8e-3])
    counts = transition.multiplicity(SEVERAL, weights, sigmas, CELLS)
    for i, weight in enumerate(weights):
        market = SEVERAL.market.model_copy(update={"pollution_weight": float(weight)})
        for k, sigma in enumerate(sigmas):
            here = SEVERAL.changed(market=market, diffusion=float(sigma))
            assert counts[i, k] == len(transition.rest_points(here, cells=CELLS))
    assert set(counts.ravel()) == {1.0, 3.0}


def test_every_pollution_weight_lies_on_one_curve():
    """beta(B) of a rest point is the economy's own weight, and 0 where nobody pollutes."""
    for point in transition.rest_points(SEVERAL, cells=CELLS):
        market = SEVERAL.market
        B = market.pollution_weight * np.log1p(market.pollution_rate * point.ai_volume)
        assert pollution_curve(SEVERAL, np.array([B]), CELLS)[0] == pytest.approx(market.pollution_weight, rel=1e-9)
    assert pollution_curve(SEVERAL, np.zeros(1), CELLS)[0] == 0.0


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


def test_lists_do_as_arrays():
    one = transition.multiplicity(SEVERAL, [0.8], [4e-3], CELLS)
    assert (
        one.tolist() == transition.multiplicity(SEVERAL, np.array([0.8]), np.array([4e-3]), CELLS).tolist() == [[3.0]]
    )
