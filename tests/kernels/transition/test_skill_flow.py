"""Choice at once against slow twins, derivatives and the Gibbs density (MODEL 5.2)."""

import numpy as np
import pytest
from mfsolve.kernels.transition import skill_flow
from naive import transition as naive
from support.skill_grid import CELLS, ECONOMY, GRID, MOTION, ROW, S, closed

RNG = np.random.default_rng(8)


@pytest.mark.parametrize("row", [ROW, closed()], ids=["open", "closed"])
def test_options_are_the_logit_of_searched_profits(row):
    out = np.empty((3, CELLS))
    skill_flow.choice_shares(0.4, ECONOMY, row, 4e-3, S, out)
    expected, _ = naive.options(S, 0.4, ECONOMY, row, 4e-3)
    np.testing.assert_allclose(out, expected, rtol=1e-7, atol=1e-12)  # the twin's search is good to 1e-12 of quality
    assert np.all(np.abs(out.sum(axis=0) - 1.0) < 1e-15)


def test_volume_reproduces_itself():
    weight = RNG.uniform(0.1, 1.0, CELLS)
    weight /= weight.sum()
    D = skill_flow.ai_volume(ECONOMY, ROW, 4e-3, S, weight, 0.3)
    assert pytest.approx(naive.volume(ECONOMY, ROW, 4e-3, S, weight), rel=1e-8) == D
    assert abs(ROW[2] * skill_flow.adopter_share(D, ECONOMY, ROW, 4e-3, S, weight) - D) < 1e-14
    even = skill_flow.ai_volume(ECONOMY, ROW, 4e-3, S, np.empty(0), 0.3)
    assert even == pytest.approx(skill_flow.ai_volume(ECONOMY, ROW, 4e-3, S, np.full(CELLS, 1 / CELLS), 0.3), rel=1e-13)
    assert skill_flow.ai_volume(ECONOMY, closed(), 4e-3, S, weight, 0.3) == 0.0


def test_drift_is_the_slope_of_the_value():
    force = np.empty(CELLS)
    skill_flow.drift(0.4, 2.0, ECONOMY, ROW, 4e-3, S, force)
    e = 1e-5
    up, down = (naive.options(S + k * e, 0.4, ECONOMY, ROW, 4e-3)[1] for k in (1, -1))
    np.testing.assert_allclose(force, 2.0 * (up - down) / (2 * e), rtol=1e-4, atol=1e-6)


def test_discrete_gibbs_density_at_its_own_volume_rests():
    """mu ~ f exp(nu V / sigma) with D reproduced by mu: a step of any length keeps it."""
    tau = MOTION.tau
    mu = np.empty((CELLS, 1))

    def residual(D):
        skill_flow.gibbs_density(D, MOTION, ECONOMY, ROW, GRID, mu)
        return skill_flow.ai_volume(ECONOMY, ROW, tau, S, mu[:, 0].copy(), D) - D

    low, high = 0.0, ROW[2]
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if residual(middle) > 0.0 else (low, middle)
    residual(low)
    assert abs(mu.sum() - 1.0) < 1e-14
    human = np.empty(5)
    for dt in (0.1, 100.0):
        out = mu.copy()
        skill_flow.march(dt, MOTION, ECONOMY, np.tile(ROW, (10, 1)), GRID, 0.3, out, human)
        np.testing.assert_allclose(out, mu, rtol=1e-11)
        share = naive.options(S, low, ECONOMY, ROW, tau)[0][0] @ mu[:, 0]
        np.testing.assert_allclose(human, share, rtol=1e-7)


@pytest.mark.parametrize("row", [ROW, closed()], ids=["open", "closed"])
def test_table_of_options(row):
    """Worth, niche served, gross profit and loss by pollution of every option, with a subsidy on profits."""
    D, bonus, tau = np.array([0.0, 0.4, 1.9]), 0.3, 4e-3
    table = skill_flow.Table(*(np.empty((3, 3, CELLS)) for _ in range(4)))
    worth, served, gross, falling = table
    chance, value = np.empty((3, 3, CELLS)), np.empty((3, CELLS))
    skill_flow.option_table(D, bonus, ECONOMY, row, S, table)
    skill_flow.logit_choices(worth, tau, row[8], chance, value)
    for k, d in enumerate(D):
        B, borne = naive.pollution(d, ECONOMY, row)
        human = np.array([naive.craft(x, borne, *ECONOMY[:3]) for x in S])
        machine = naive.machine(B, ECONOMY[0], row[0], row[1])
        ai = np.array([naive.ai_worth(x, d, ECONOMY, row) for x in S])
        expected = np.array([(1 + bonus) * human, ai + bonus * machine, np.full(CELLS, ECONOMY[5])])
        np.testing.assert_allclose(worth[:, k], expected, rtol=1e-7, atol=1e-12)
        np.testing.assert_allclose(
            gross[:, k], [human, np.full(CELLS, machine), np.zeros(CELLS)], rtol=1e-7, atol=1e-12
        )
        options = [naive.logit((h, a if row[8] else None, u), tau) for h, a, u in expected.T]
        np.testing.assert_allclose(chance[:, k], np.array([p for p, _ in options]).T, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(value[k], [v for _, v in options], rtol=1e-9)
    e, fee = 1e-6, row[4] * row[2]
    up, down, other = (np.empty((3, 3, CELLS)) for _ in range(3))
    for moved, into in ((D + e, up), (np.maximum(D - e, 0.0), down)):
        skill_flow.option_table(moved, bonus, ECONOMY, row, S, skill_flow.Table(into, other, other, other))
    slope = (down - up) / (D + e - np.maximum(D - e, 0.0))[None, :, None]
    np.testing.assert_allclose(falling, slope, rtol=1e-5, atol=1e-9)
    by_pollution = ECONOMY[6] * ECONOMY[7] / (1 + ECONOMY[7] * D)[:, None]
    np.testing.assert_allclose(falling[0], (1 + bonus) * served[0] * by_pollution, rtol=1e-12)
    np.testing.assert_allclose(falling[1], (1 + bonus) * served[1] * by_pollution + fee, rtol=1e-12)


def test_hands_are_the_mean_chance_of_human_work():
    particles = RNG.uniform(0.0, 1.0, 37)
    expected = naive.options(particles, 0.4, ECONOMY, ROW, 4e-3)[0][0].mean()
    assert skill_flow.human_share(0.4, ECONOMY, ROW, 4e-3, particles) == pytest.approx(expected, rel=1e-7)


def test_pull_of_talent_is_the_flow_of_its_walls():
    """s' = c / s for the left wall, then (1 - s)' = c' / (1 - s): small steps of each agree; nobody leaves [0, 1]."""
    s = np.array([1e-12, 0.1, 0.5, 0.9, 1.0 - 1e-12])
    out = s.copy()
    skill_flow.pull_to_talent(0.02, 0.03, out)
    assert np.all((out >= 0.0) & (out <= 1.0))
    for i in (1, 2):
        x = s[i]
        for wall, c in ((0, 0.01), (1, 0.015)):
            y = x if wall == 0 else 1.0 - x
            for _ in range(20000):
                y += c / y / 20000
            x = y if wall == 0 else 1.0 - y
        assert out[i] == pytest.approx(x, rel=1e-4)


def test_extrapolation_is_positive_and_keeps_the_mass():
    half = np.array([[0.1, 0.2], [0.3, 0.4]])
    whole, mu = np.array([[0.15, 0.1], [0.7, 0.05]]), np.empty((2, 2))
    skill_flow.richardson(whole, half, mu)
    want = np.array([[0.05, 0.3], [0.3, 0.75]])  # 2 half - whole would be negative in the third
    np.testing.assert_allclose(mu, want / 1.4, rtol=1e-14)
