"""Finite volumes against dense linear algebra, and the properties they are built for."""

import numpy as np
import pytest
from mfsolve.kernels.flow import fokker_planck as fp
from naive import flow as naive_flow

RNG = np.random.default_rng(5)


def system(n=40, rho=0.6, kernel=False):
    x = -3.0 + 6.0 * (np.arange(n) + 0.5) / n
    u = 2.0 * (x**2 - 1.0) ** 2
    mu = RNG.uniform(0.1, 1.0, n)
    w = np.exp(-0.5 * (np.arange(n) * 6.0 / n) ** 2) if kernel else np.zeros(0)
    return 1.3, 1.0 - rho, 0.5 * rho, u, x, 6.0 / n, w, mu / mu.sum()


@pytest.mark.parametrize("kernel", [False, True])
@pytest.mark.parametrize("rho", [0.0, 0.6, 0.99])
def test_march_is_the_extrapolated_implicit_step(kernel, rho):
    sigma, t, pull, u, x, h, w, mu = system(rho=rho, kernel=kernel)
    dt = 1e-4
    whole = naive_flow.implicit(dt, sigma, t, pull, u, x, h, w, mu)
    half = naive_flow.implicit(0.5 * dt, sigma, t, pull, u, x, h, w, mu)
    half = naive_flow.implicit(0.5 * dt, sigma, t, pull, u, x, h, w, half)
    second = 2.0 * half - whole
    out = mu.copy()
    # begin and end exactly one step apart; a loose tolerance takes it whole
    _, steps, _ = fp.march(0.0, dt, dt, 10.0, sigma, 0.5, np.zeros(1), np.array([rho]), u, x, h, w, out)
    assert steps == 1
    assert np.all(second > 0.1 * half)
    np.testing.assert_allclose(out, second, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("length", [1e-3, 1.0, 1e6])
def test_any_step_keeps_sign_mass_and_lowers_the_energy(length):
    sigma, t, pull, u, x, h, w, mu = system()
    before = fp.free_energy(sigma, t, pull, u, x, h, w, mu)
    out = mu.copy()
    fp.march(0.0, length, length, 1e9, sigma, 0.5, np.zeros(1), np.array([0.6]), u, x, h, w, out)
    assert np.all(out > 0.0)
    assert abs(out.sum() - 1.0) < 1e-12
    assert fp.free_energy(sigma, t, pull, u, x, h, w, out) <= before


def test_discrete_gibbs_density_rests():
    sigma, t, pull, u, x, h, w, _ = system()
    mu = np.exp(-(t * u + 0.5 * pull * x**2) / t)
    mu /= mu.sum()
    out = mu.copy()
    fp.march(0.0, 1e3, 1.0, 1e-5, sigma, 0.5, np.zeros(1), np.array([0.6]), u, x, h, w, out)
    np.testing.assert_allclose(out, mu, rtol=1e-11)
    assert fp.dissipation(sigma, t, pull, u, x, h, w, mu) < 1e-20


def test_dissipation_is_the_slope_of_the_energy():
    sigma, t, pull, u, x, h, w, mu = system(kernel=True)
    rate = naive_flow.generator(sigma, t, pull, u, x, h, w, mu) @ mu
    e = 1e-7
    slope = [fp.free_energy(sigma, t, pull, u, x, h, w, mu + k * e * rate) for k in (1, -1)]
    assert fp.dissipation(sigma, t, pull, u, x, h, w, mu) == pytest.approx(-(slope[0] - slope[1]) / (2 * e), rel=1e-5)


def test_sweep_solves_every_line():
    sigma, t, pull, u, x, h, w, _ = system()
    mu = RNG.uniform(0.1, 1.0, (40, 5))
    mu /= mu.sum(axis=0)
    tilt = np.outer(u, np.ones(5)) + np.outer(x, np.linspace(-1, 1, 5))
    m = 0.3
    expected = []
    for k in range(5):
        # the twin centres on the line's own mean: shift its potential to the given one
        line = tilt[:, k] + pull / t * x * (x @ mu[:, k] - m)
        expected.append(naive_flow.implicit(0.05, sigma, t, pull, line, x, h, w, mu[:, k]))
    out = mu.copy()
    fp.sweep(0.05, sigma, t, pull, tilt, x, h, out, m)
    np.testing.assert_allclose(out, np.array(expected).T, rtol=1e-9)
