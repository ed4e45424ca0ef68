"""The map from AI volume to AI volume, and its slopes (MODEL 5.2)."""

import numpy as np
import pytest
from mfsolve.kernels.transition import skill_flow
from support.transition import SEVERAL

from mfsolve.models import transition
from mfsolve.models.transition.held_volume import AdoptionMap

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
