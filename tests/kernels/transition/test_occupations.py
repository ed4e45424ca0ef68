"""Kernels of the transition against slow twins, conservation laws and closed forms (MODEL 5.2)."""

import numpy as np
import pytest
from mfsolve.kernels.random import philox
from mfsolve.kernels.transition import occupations, rest_point, skill_flow
from mfsolve.kernels.transition.choice import Economy, Grid, Motion
from naive import transition as naive

ECONOMY = Economy(1.1, 0.9, 1.4, 0.001, 0.03, 0.07, 0.05, 1.5)
ROW = np.array([0.45, 0.04, 2.0, 0.002, 0.001, 0.8, 0.0005, 0.03, 1.0])
MOTION = Motion(3e-3, 0.02, 4e-3, 0.08, 0.03, 0.7, 0.4, 2.5)
CELLS = 24
S = (np.arange(CELLS) + 0.5) / CELLS
H = 1.0 / CELLS
LOG_TALENT = np.log(S) + 1.5 * np.log(1.0 - S)
GRID = Grid(S, H, LOG_TALENT)
RNG = np.random.default_rng(8)


def closed(row=ROW):
    """The same conditions with adoption forbidden."""
    shut = row.copy()
    shut[8] = 0.0
    return shut


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


@pytest.mark.parametrize("row", [ROW, closed()], ids=["open", "closed"])
def test_step_of_occupations(row):
    mass = RNG.uniform(0.1, 1.0, (CELLS, 7))
    mass /= mass.sum()
    out = mass.copy()
    occupations.step(0.3, ECONOMY, row, MOTION, GRID, np.empty((CELLS, 7)), out)
    np.testing.assert_allclose(out, naive.step(0.3, ECONOMY, row, MOTION, S, H, LOG_TALENT, mass), rtol=1e-7)
    assert abs(out.sum() - 1.0) < 1e-14


@pytest.mark.parametrize("dt", [1e-3, 1.0, 1e4])
def test_march_keeps_mass_and_sign(dt):
    mass = RNG.uniform(0.0, 1.0, (CELLS, 7)) ** 8
    mass /= mass.sum()
    human = np.empty(20)
    occupations.march(dt, ECONOMY, np.tile(ROW, (40, 1)), MOTION, GRID, mass, human)
    assert np.all(mass > 0.0)
    assert abs(mass.sum() - 1.0) < 1e-12
    assert human[-1] == pytest.approx(mass[:, [0, 3]].sum(), rel=1e-14)


@pytest.mark.parametrize("dt", [0.1, 1.0, 30.0])
def test_march_comes_to_rest_under_a_steep_fee(dt):
    """Occupations that follow the old volume swing about: adoption falls here by 250 times what it rose by."""
    steep = ROW.copy()
    steep[4] = 2.0
    mass, rest = np.full((CELLS, 7), 1.0 / (7 * CELLS)), np.empty((CELLS, 4))
    occupations.march(dt, ECONOMY, np.tile(steep, (4000, 1)), MOTION, GRID, mass, np.empty(2000))
    D = steep[2] * mass[:, 4].sum()
    rest_point.stationary_masses(D, ECONOMY, steep, MOTION, GRID, rest)
    moved = mass.copy()
    occupations.march(dt, ECONOMY, np.tile(steep, (2, 1)), MOTION, GRID, moved, np.empty(1))
    assert np.abs(moved - mass).sum() < 1e-9
    # the splitting of skill from occupation leaves a difference of first order in dt, second after extrapolation
    if dt == 0.1:
        assert rest[:, 1].sum() == pytest.approx(mass[:, 4].sum(), rel=1e-2)


def test_march_is_of_second_order_in_time():
    start = RNG.uniform(0.1, 1.0, (CELLS, 7))
    start /= start.sum()
    ends = []
    for steps in (16, 32, 64):
        mass = start.copy()
        rows = np.tile(ROW, (2 * steps, 1))
        occupations.march(2.0 / steps, ECONOMY, rows, MOTION, GRID, mass, np.empty(steps))
        ends.append(mass)
    order = np.log2(np.abs(ends[0] - ends[1]).sum() / np.abs(ends[1] - ends[2]).sum())
    assert abs(order - 2.0) < 0.15


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


def test_decide():
    n = 400
    s, job = RNG.uniform(0.0, 1.0, n), RNG.integers(0, 7, n).astype(np.uint8)
    key, counts, force = philox.stream_key(5, "occupation"), np.empty(7), np.empty(n)
    expected = naive.decide(key, [17, 0, 9, 3], 0.6, ECONOMY, ROW, MOTION, 0.4, (s, job))
    out = job.copy()
    counter = occupations.Counter(key, np.uint64(3), np.uint64(17), np.uint64(9))
    occupations.decide(counter, 0.6, ECONOMY, ROW, MOTION, 0.4, occupations.Creators(s, out, force), counts)
    assert np.array_equal(out, expected)
    assert np.array_equal(counts, np.bincount(out, minlength=7))
    assert len(set(zip(job.tolist(), out.tolist()))) > 15  # most kinds of moves occur
    e = 1e-6
    for k in range(7):
        value = -MOTION[0] * naive.potentials(s + e, 0.4, ECONOMY, ROW, MOTION, np.zeros(n))[k]
        value += MOTION[0] * naive.potentials(s - e, 0.4, ECONOMY, ROW, MOTION, np.zeros(n))[k]
        np.testing.assert_allclose(force[out == k], value[out == k] / (2 * e), rtol=1e-3, atol=1e-4)


def test_accounts():
    n = 200
    s, job = RNG.uniform(0.0, 1.0, n), RNG.integers(0, 7, n).astype(np.uint8)
    income, surplus, served = np.empty(n), np.empty(n), np.empty(n)
    occupations.accounts(ECONOMY, ROW, 0.4, s, job, income, surplus, served)
    B, borne = naive.pollution(0.4, ECONOMY, ROW)
    for i in range(n):
        gross = 0.0
        expected = ECONOMY[5]
        if job[i] in (0, 3):
            expected = gross = naive.craft(s[i], borne, *ECONOMY[:3])
        elif job[i] == 4:
            gross, expected = naive.machine(B, ECONOMY[0], 0.45, 0.04), naive.ai_worth(s[i], 0.4, ECONOMY, ROW)
        elif job[i] in (2, 6):
            expected = ROW[7]
        assert income[i] == pytest.approx(expected, rel=1e-9)
        assert surplus[i] == pytest.approx(0.5 * gross, rel=1e-9)
    e = 1e-6
    more, less, other = np.empty(n), np.empty(n), np.empty(n)
    slope = ECONOMY[6] * ECONOMY[7] / (1 + ECONOMY[7] * 0.4)
    occupations.accounts(ECONOMY, ROW, 0.4 + e, s, job, more, other, other)
    occupations.accounts(ECONOMY, ROW, 0.4 - e, s, job, less, other, other)
    fee = np.where(job == 4, ROW[4] * ROW[2], 0.0)
    np.testing.assert_allclose((less - more) / (2 * e), served * slope + fee, rtol=1e-6, atol=1e-10)


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
