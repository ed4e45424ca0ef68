"""The rest point with frictions against dense algebra and closed forms (MODEL 5.2)."""

import numpy as np
import pytest
from mfsolve.kernels.transition import rest_point, skill_flow
from mfsolve.kernels.transition.choice import Grid
from naive import transition as naive
from support.skill_grid import CELLS, ECONOMY, GRID, LOG_TALENT, MOTION, ROW, H, S, closed


@pytest.mark.parametrize("row", [ROW, closed()], ids=["open", "closed"])
def test_stationary_is_the_null_vector(row):
    mass = np.empty((CELLS, 4))
    rest_point.stationary_masses(0.4, ECONOMY, row, MOTION, GRID, mass)
    expected = naive.stationary(0.4, ECONOMY, row, MOTION, S, H, LOG_TALENT)
    np.testing.assert_allclose(mass, expected, rtol=1e-6, atol=1e-12)
    assert np.all(mass >= 0.0)
    assert (mass[:, 1].sum() == 0.0) == (row[8] == 0.0)


def test_stationary_where_diffusion_hardly_moves_anybody_uphill():
    """Profit so steep against diffusion that rates downhill underflow: creators gather in the top cell."""
    steep = MOTION._replace(sigma=1e-12)
    mass = np.empty((CELLS, 4))
    rest_point.stationary_masses(0.4, ECONOMY, closed(), steep, GRID, mass)
    assert mass.sum() == pytest.approx(1.0, rel=1e-14)
    assert np.all(mass >= 0.0)
    leave = naive.chances(S[-1], 0.4, ECONOMY, closed(), steep, True, True)[2]
    back = naive.chances(S[-1], 0.4, ECONOMY, closed(), steep, True, False)[0]
    balance = np.array([1.0, 0.0, leave / back, MOTION[5] * leave * MOTION[7]])  # of human, exited, re-skilling flows
    np.testing.assert_allclose(mass[-1], balance / balance.sum(), rtol=1e-6)


def test_stationary_without_training_is_the_gibbs_density():
    """Re-skilling that takes no time and teaches nothing: occupations follow the logit, skill exp(nu V / sigma).

    The lag, 1e-7 of the time between revisions, leaves such a share in re-skilling; revisions at 1e7 or more times the speed of skill leave
    occupations within 1e-7 of the logit; the slopes of the options are averaged instead of their value: order h^2.
    """
    quick = MOTION._replace(training=0.0, r=0.0, revision=1e7, lag=1e-14)
    row = ROW.copy()
    row[7] = 0.0
    gaps = []
    for n in (48, 96, 192):
        s = (np.arange(n) + 0.5) / n
        grid = Grid(s, 1.0 / n, np.log(s) + 1.5 * np.log(1.0 - s))
        mass, mu, share = np.empty((n, 4)), np.empty((n, 1)), np.empty((3, n))
        rest_point.stationary_masses(0.4, ECONOMY, row, quick, grid, mass)
        skill_flow.gibbs_density(0.4, quick, ECONOMY, row, grid, mu)
        skill_flow.choice_shares(0.4, ECONOMY, row, 4e-3, s, share)
        gaps.append(np.abs(mass[:, :3] - (share * mu[:, 0]).T).sum())
    assert gaps[0] < 1e-3
    np.testing.assert_allclose(np.log2(np.array(gaps[:-1]) / gaps[1:]), 2.0, atol=0.1)
