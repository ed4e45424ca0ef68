"""Fokker-Planck steps against dense linear algebra, and the properties that they are built for."""

import numpy as np
import pytest
from mfsolve.kernels.flow import fokker_planck
from naive import flow as naive

RNG = np.random.default_rng(5)


def system(n=40, rho=0.6, kernel=False):
    x = -3.0 + 6.0 * (np.arange(n) + 0.5) / n
    u = 2.0 * (x**2 - 1.0) ** 2
    mu = RNG.uniform(0.1, 1.0, n)
    w = np.exp(-0.5 * (np.arange(n) * 6.0 / n) ** 2) if kernel else np.zeros(0)
    return 1.3, 1.0 - rho, 0.5 * rho, fokker_planck.Cells(x, 6.0 / n, u, w), mu / mu.sum()


def constant(sigma, rho):
    return fokker_planck.Coefficients(sigma, 0.5, np.zeros(1), np.array([rho]))


@pytest.mark.parametrize("kernel", [False, True])
@pytest.mark.parametrize("rho", [0.0, 0.6, 0.99])
def test_march_is_the_extrapolated_implicit_step(kernel, rho):
    sigma, t, pull, cells, mu = system(rho=rho, kernel=kernel)
    dt = 1e-4
    whole = naive.implicit(dt, sigma, t, pull, cells, mu)
    half = naive.implicit(0.5 * dt, sigma, t, pull, cells, mu)
    half = naive.implicit(0.5 * dt, sigma, t, pull, cells, half)
    second = 2.0 * half - whole
    out = mu.copy()
    # begin and end exactly one step apart; a loose tolerance takes it whole
    _, steps, _ = fokker_planck.march(0.0, dt, dt, 10.0, constant(sigma, rho), cells, out)
    assert steps == 1
    assert np.all(second > 0.1 * half)
    np.testing.assert_allclose(out, second, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("length", [1e-3, 1.0, 1e6])
def test_any_step_keeps_sign_mass_and_lowers_the_energy(length):
    sigma, t, pull, cells, mu = system()
    before = fokker_planck.free_energy(sigma, t, pull, cells, mu)
    out = mu.copy()
    fokker_planck.march(0.0, length, length, 1e9, constant(sigma, 0.6), cells, out)
    assert np.all(out > 0.0)
    assert abs(out.sum() - 1.0) < 1e-12
    assert fokker_planck.free_energy(sigma, t, pull, cells, out) <= before


def test_discrete_gibbs_density_rests():
    sigma, t, pull, cells, _ = system()
    mu = np.exp(-(t * cells.u + 0.5 * pull * cells.x**2) / t)
    mu /= mu.sum()
    out = mu.copy()
    fokker_planck.march(0.0, 1e3, 1.0, 1e-5, constant(sigma, 0.6), cells, out)
    np.testing.assert_allclose(out, mu, rtol=1e-11)
    assert fokker_planck.dissipation(sigma, t, pull, cells, mu) < 1e-20


def test_dissipation_is_the_slope_of_the_energy():
    sigma, t, pull, cells, mu = system(kernel=True)
    rate = naive.generator(sigma, t, pull, cells, mu) @ mu
    e = 1e-7
    slope = [fokker_planck.free_energy(sigma, t, pull, cells, mu + k * e * rate) for k in (1, -1)]
    assert fokker_planck.dissipation(sigma, t, pull, cells, mu) == pytest.approx(
        -(slope[0] - slope[1]) / (2 * e), rel=1e-5
    )
