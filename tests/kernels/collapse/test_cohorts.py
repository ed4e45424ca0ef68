"""Cohorts of producers and what a generation makes of them, one cohort after the other."""

import numpy as np
import pytest
from mfsolve.kernels.collapse import cohorts, many_markets
from mfsolve.kernels.random.many_variates import Pools, asked_and_room

LANES, ROOM = 3, 5


def state():
    """Three markets of 2, 1 and 3 cohorts."""
    count, share = np.zeros((LANES, ROOM)), np.zeros((LANES, ROOM))
    alive = np.array([2, 1, 3])
    count[0, :2], share[0, :2] = [4, 6], [0.5, 0.25]
    count[1, :1], share[1, :1] = [10], [1.0]
    count[2, :3], share[2, :3] = [1, 2, 7], [0.0, 0.125, 0.75]
    return cohorts.Cohorts(count, share, alive)


LANE, REPLICATE = [0, 1, 0, 0, 1, 2], [7, 7, 8, 9, 9, 9]


def test_every_cohort_is_asked_for_its_revisions():
    asked, _ = asked_and_room(LANES * ROOM)
    assert cohorts.ask_revisions(state(), np.uint64(7), np.array([0.1, 0.2, 0.3]), asked) == 6
    assert asked.n[:6].tolist() == [4, 6, 10, 1, 2, 7]
    assert asked.p[:6].tolist() == [0.1, 0.1, 0.2, 0.3, 0.3, 0.3]
    assert (asked.lane[:6].tolist(), asked.replicate[:6].tolist()) == (LANE, REPLICATE)


def test_those_that_revise_found_a_cohort_and_empty_ones_are_forgotten():
    given, (asked, _) = state(), asked_and_room(LANES * ROOM)
    asked.drawn[:6] = [4, 2, 0, 0, 2, 3]
    cohorts.found_cohorts(given, np.array([0.9, 0.8, 0.7]), asked)
    found = [list(zip(given.count[j, :n].tolist(), given.share[j, :n].tolist())) for j, n in enumerate(given.alive)]
    assert found == [[(4, 0.25), (6, 0.9)], [(10, 1.0)], [(1, 0.0), (4, 0.75), (5, 0.7)]]


def test_labels_of_cohorts_are_asked_for_and_counted():
    given, (asked, _) = state(), asked_and_room(LANES * ROOM)
    assert cohorts.ask_labels(given, np.uint64(7), 3, asked) == 6
    assert asked.n[:6].tolist() == [12, 18, 30, 3, 6, 21]
    assert asked.p[:6].tolist() == [0.5, 0.25, 1.0, 0.0, 0.125, 0.75]
    assert (asked.lane[:6].tolist(), asked.replicate[:6].tolist()) == (LANE, REPLICATE)
    asked.drawn[:6] = [5, 4, 30, 0, 2, 13]
    pools, rho = Pools(np.empty(LANES), np.empty(LANES), np.empty((1, LANES)), np.empty(LANES)), np.empty(LANES)
    cohorts.count_cohort_labels(given, 30.0, asked, pools, rho)
    assert (pools.human.tolist(), pools.synthetic.tolist()) == ([9, 30, 15], [21, 0, 15])
    assert rho == pytest.approx([0.7, 0.0, 0.5], abs=1e-15)


def test_moments_of_human_shares_over_producers():
    h, square = np.empty(LANES), np.empty(LANES)
    many_markets.cohort_share_moments(10.0, state(), np.empty(many_markets.LANES), h, square)
    assert h == pytest.approx([0.35, 1.0, 0.55], rel=1e-15)
    assert square == pytest.approx([(4 / 4 + 6 / 16) / 10, 1.0, (2 / 64 + 7 * 9 / 16) / 10], rel=1e-15)


@pytest.mark.parametrize("d", [1, 3])
def test_policies_read_the_divergence_in_either_direction(d):
    m, s2, kl = np.array([0.0, 0.5, 2.0]), np.array([0.5, 1.0, 2.0]), np.empty(3)
    many_markets.perceive(many_markets.GENERATOR, d, m, s2, kl)
    assert kl == pytest.approx(0.5 * (d * (s2 - 1 - np.log(s2)) + m * m), rel=1e-14)
    many_markets.perceive(many_markets.REVERSE, d, m, s2, kl)
    assert kl == pytest.approx(0.5 * (d * (1 / s2 - 1 + np.log(s2)) + m * m / s2), rel=1e-14)


def test_refit_on_the_line_is_the_mean_and_variance_of_the_pool():
    rng = np.random.default_rng(3)
    x, mean = rng.normal(0.3, 0.7, (2, 50)), np.array([[0.1, -2.0]])
    y = x - mean.T
    sums = np.zeros((4, 2))
    sums[2], sums[3] = np.sum(y * y, axis=1), np.sum(y, axis=1)
    new, distance, variance = np.empty((1, 2)), np.empty(2), np.empty(2)
    many_markets.refit_line(50.0, sums, mean, new, (distance, variance))
    # the second market's generator is 2.3 away: its variance of 1/2 is left of squares of 6
    assert new[0] == pytest.approx(x.mean(axis=1), abs=2e-15)
    assert distance == pytest.approx(np.abs(x.mean(axis=1)), abs=2e-15)
    assert variance == pytest.approx(x.var(axis=1), abs=2e-14)
