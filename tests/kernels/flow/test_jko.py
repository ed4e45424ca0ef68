"""JKO steps in quantile coordinates: the minimum against a general optimiser, functionals against their twin."""

import numpy as np
import pytest
from mfsolve.kernels.flow import jko
from mfsolve.kernels.flow.potential import Walls
from naive import flow as naive
from scipy.optimize import minimize

from mfsolve.models import flow
from mfsolve.models.flow.jko import mean_gap, state_of
from mfsolve.models.flow.potentials import compiled

RNG = np.random.default_rng(3)
NO_WALLS = Walls(0.0, 0.0)


@pytest.mark.parametrize("u", [flow.Gaussian(), flow.DoubleWell(), flow.Mixture()])
def test_step_minimises_its_objective(u):
    form = compiled(u, 1)
    before = np.sort(RNG.normal(size=12))
    linear = 0.1 * np.linspace(-1, 1, 12)
    step = jko.Step(1.0 / 0.02, 1.2, 0.4, 0.3, linear)
    x = before.copy()
    assert jko.minimise(step, form.potential, NO_WALLS, x) >= 0

    def objective(y):
        return naive.jko_objective(y, step, lambda z: form.on_line(z)[0], before)

    found = minimize(
        objective, before, method="Nelder-Mead", options={"maxiter": 40000, "maxfev": 40000, "xatol": 1e-9}
    )
    assert objective(x) <= found.fun + 1e-12
    h = 1e-6
    slope = [(objective(x + h * e) - objective(x - h * e)) / (2 * h) for e in np.eye(12)]
    np.testing.assert_allclose(slope, 0.0, atol=1e-5)


@pytest.mark.parametrize("m", [8, 33, 700])
@pytest.mark.parametrize("length", [1e-6, 0.05, 0.5, 30.0])
def test_pair_energies_are_the_sums_over_all_pairs(m, length):
    x = np.sort(3.0 + RNG.normal(size=m) ** 3)
    apart = np.abs(x[:, None] - x)
    close = np.exp(-0.5 * (apart / length) ** 2)
    assert mean_gap(x) == pytest.approx(apart.mean(), rel=1e-12)
    market = {"contamination": 0.5, "variance_ratio": 0.5, "diffusivity": 2.0}
    alone = state_of(flow.Parameters(**market), 0.5, x)["free_energy"]
    for pair, energy in (
        (flow.GaussianKernel(strength=-0.7, length=length), -0.7 * close.mean()),
        (flow.NegativeDistance(strength=0.3), -0.3 * apart.mean()),
    ):
        both = state_of(flow.Parameters(**market, interaction=pair), 0.5, x)["free_energy"]
        assert both - alone == pytest.approx(energy, abs=1e-12 * abs(alone))


def test_functionals_are_the_sums():
    """KL = mean of U + ln Z - ln(M gap); F / sigma = T KL + pull Var / 2."""
    form, m, log_z = compiled(flow.DoubleWell(), 1), 50, 0.7
    x = np.sort(RNG.normal(size=m))
    found = jko.quantile_functionals(0.4, 0.3, form.potential, NO_WALLS, log_z, x)
    kl = (np.sum(form.on_line(x)[0] + log_z) - np.sum(np.log(m * np.diff(x)))) / m
    np.testing.assert_allclose(found, (kl, x.mean(), x.var(), 0.4 * kl + 0.15 * x.var()), rtol=1e-12)


def test_uniform_content_between_walls_has_the_divergence_of_its_potential():
    """Even quantiles in [-1, 1], half a gap from either wall: KL = mean of U + ln Z - ln 2, the density being 1/2."""
    form, m = compiled(flow.DoubleWell(), 1), 64
    x = -1.0 + (2.0 * np.arange(m) + 1.0) / m
    found = jko.quantile_functionals(0.4, 0.3, form.potential, Walls(-1.0, 1.0), 0.0, x)
    assert found.kl == pytest.approx(form.on_line(x)[0].mean() - np.log(2.0), rel=1e-12)
