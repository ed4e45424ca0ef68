"""Creators with frictions against slow twins, conservation laws and orders (MODEL 5.2)."""

import numpy as np
import pytest
from mfsolve.kernels.random import philox
from mfsolve.kernels.transition import occupations, rest_point
from naive import transition as naive
from support.skill_grid import CELLS, ECONOMY, GRID, LOG_TALENT, MOTION, ROW, H, S, closed

RNG = np.random.default_rng(8)


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
