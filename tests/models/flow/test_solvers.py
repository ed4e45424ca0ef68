"""Particles, grid and JKO on the same flow: agreement, properties, determinism."""

import numpy as np
import pytest
from support import cpus

from mfsolve.models import flow
from mfsolve.models.parallel import BLOCK

TIMES = [0.2, 1.0]


def double_well(**changes):
    values = {
        "contamination": 0.4,
        "variance_ratio": 0.5,
        "potential": "double_well",
        "initial_mean": 0.3,
        "initial_variance": 0.25,
    }
    return flow.Parameters(**values | changes)


def test_three_solvers_agree_on_the_double_well():
    p, n = double_well(), 2**16
    grid = flow.fokker_planck(p, 800, TIMES, tolerance=1e-6)
    coarse = flow.fokker_planck(p, 400, TIMES, tolerance=1e-6)
    cloud = flow.simulate(p, n, 0.005, TIMES, seed=4, stepper="splitting")
    steps = flow.jko(p, 1000, 0.01, TIMES)
    half = flow.jko(p, 500, 0.02, TIMES)
    for name in ("mean", "variance", "w2_drift"):
        # Richardson: the grid's own error is a third of what halving the cells changes
        own = np.abs(grid[name] - coarse[name]).values
        # |x| < 2 here, so one observation has standard deviation below 1 (mean) and 1.5 (variance); 4.5 standard errors
        noise = 4.5 * 1.5 / np.sqrt(n)
        assert np.all(np.abs(cloud[name] - grid[name]).values < noise + own)
        # first order in tau and 1/M: what is left is about what the last halving changed; a factor 2 for its constant
        left = 2.0 * np.abs(steps[name] - half[name]).values
        assert np.all(np.abs(steps[name] - grid[name]).values < left + own)


@pytest.mark.parametrize(
    "interaction", ["negative_distance", {"kind": "gaussian_kernel", "strength": 0.7, "length": 0.5}]
)
def test_solvers_agree_with_a_pair_energy(interaction):
    p, n = double_well(interaction=interaction), 2**14
    grid, coarse = flow.fokker_planck(p, 400, TIMES), flow.fokker_planck(p, 200, TIMES)
    cloud = flow.simulate(p, n, 0.005, TIMES, seed=4, stepper="splitting")
    steps, half = flow.jko(p, 400, 0.01, TIMES), flow.jko(p, 200, 0.02, TIMES)
    for name in ("mean", "variance"):
        own = np.abs(grid[name] - coarse[name]).values
        # the pair energy makes the splitting first order: dt times the drift's scale (below 2) is left for it
        assert np.all(np.abs(cloud[name] - grid[name]).values < 4.5 * 1.5 / np.sqrt(n) + 0.005 * 2 + own)
        left = 2.0 * np.abs(steps[name] - half[name]).values
        assert np.all(np.abs(steps[name] - grid[name]).values < left + own)


def test_solvers_agree_between_reflecting_walls():
    p, n = double_well(domain=(-0.8, 1.3), initial_variance=1.0), 2**16
    grid, coarse = flow.fokker_planck(p, 400, TIMES), flow.fokker_planck(p, 200, TIMES)
    found = [flow.simulate(p, n, dt, TIMES, seed=4) for dt in (0.01, 0.0025)]
    steps, half = flow.jko(p, 800, 0.005, TIMES), flow.jko(p, 400, 0.01, TIMES)
    for name in ("mean", "variance"):
        # reflected Euler is first order: the error at dt is about 4/3 of the change from dt to dt/4
        bias = np.abs(found[0][name] - found[1][name]).values
        assert np.all(np.abs(found[1][name] - grid[name]).values < bias + 4.5 / np.sqrt(n))
        # first order in tau and 1/M, as above
        left = 2.0 * np.abs(steps[name] - half[name]).values + np.abs(grid[name] - coarse[name]).values
        assert np.all(np.abs(steps[name] - grid[name]).values < left)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("dimension", [1, 2])
def test_grid_keeps_its_promises(rho, dimension):
    p = double_well(contamination=rho, dimension=dimension, initial_variance=0.5)
    times = np.concatenate(([0.0], np.geomspace(1e-3, 20.0, 12)))
    found = flow.fokker_planck(p, 200 if dimension == 1 else 40, times, tolerance=1e-4)
    assert np.all(found.density.values > 0.0)
    assert np.all(np.abs(found.mass.values - 1.0) < 1e-12)
    assert np.all(np.diff(found.free_energy.values) <= 1e-13)


def test_grid_rests_at_the_discrete_gibbs_density():
    p = double_well(initial_mean=0.0)
    found = flow.fokker_planck(p, 100, [0.0, 200.0])
    x = found.x.values
    v = 2.0 * (x**2 - 1) ** 2 + 0.4 * 0.5 / 0.6 * x**2 / 2
    gibbs = np.exp(-v) / np.sum(np.exp(-v)) / (x[1] - x[0])
    inside = gibbs > 1e-12
    np.testing.assert_allclose(found.density.values[1][inside], gibbs[inside], rtol=1e-9)


def test_energy_dissipation_identity():
    p = double_well()
    times = np.linspace(0.0, 1.0, 401)
    for found in (flow.fokker_planck(p, 300, times, tolerance=1e-6),):
        rate = found.dissipation.values
        spent = float(np.sum(rate[:-1:2] + 4 * rate[1::2] + rate[2::2]) * (times[1] - times[0]) / 3)
        assert spent == pytest.approx(float(found.free_energy[0] - found.free_energy[-1]), rel=1e-4)


@pytest.mark.parametrize("tau", [0.01, 0.1, 1.0, 100.0])
def test_jko_free_energy_falls_for_any_step(tau):
    found = flow.jko(double_well(), 200, tau, tau * np.arange(0, 8))
    assert np.all(np.diff(found.free_energy.values) <= 1e-12)


def test_contamination_merges_the_modes():
    """V'' at 0 is rho (1 - delta) - (1 - rho) 4 barrier: the rest state keeps two modes while it is negative."""
    for rho in (0.2, 0.9, 0.97):
        bend = rho * 0.5 - (1.0 - rho) * 8.0
        rest = flow.fokker_planck(double_well(contamination=rho, initial="human"), 300, [30.0])
        assert int(rest.modes[0]) == (2 if bend < 0.0 else 1)


def test_particles_do_not_depend_on_threads_or_on_what_is_kept():
    p, n = double_well(contamination=0.5), BLOCK + 5000
    snapshots = flow.Snapshots([0.1, 0.2], quantiles=[0.1, 0.5], histogram=[-1, 0, 1])
    one = flow.simulate(p, n, 0.05, [0.1, 0.2], seed=9, threads=1)
    two = flow.simulate(p, n, 0.05, snapshots, seed=9, threads=2)
    assert one.equals(two[list(one.data_vars)].drop_vars(["probability", "bin"], errors="ignore"))
    other = flow.simulate(p, n, 0.05, [0.1, 0.2], seed=9, replicate=1)
    assert not np.array_equal(one["mean"], other["mean"])


def test_mesh_and_pairs_give_the_same_flow():
    found = []
    for method in ("mesh", "direct"):
        p = double_well(interaction={"kind": "gaussian_kernel", "method": method, "length": 0.4})
        found.append(flow.simulate(p, 2000, 0.02, TIMES, seed=5))
    # force error 2e-4 over unit time
    np.testing.assert_allclose(found[0].variance, found[1].variance, atol=1e-3)


@pytest.mark.parametrize("potential", ["gaussian", "double_well", "mixture"])
@pytest.mark.parametrize("dimension", [1, 2])
def test_human_start_rests_without_contamination(potential, dimension):
    p = flow.Parameters(
        contamination=0.0, variance_ratio=0.5, potential=potential, dimension=dimension, initial="human"
    )
    n = 2**14
    found = flow.simulate(p, n, 0.02, flow.Snapshots([0.0, 0.3], clouds=True), seed=6, stepper="splitting")
    a, b = found.cloud.values.reshape(2, dimension, n)
    # second moments of two correlated samples of p: 4.5 standard errors of one observation's x^2 (below 6) each
    assert abs(np.mean(a[0] ** 2) - np.mean(b[0] ** 2)) < 4.5 * 6 * np.sqrt(2.0 / n)
    if dimension == 1:
        # n E W2^2 is a few units (log log n); 30 is far in its tail
        assert np.all(found.w2_drift.values**2 * n < 60.0)


BITS = """
import hashlib
from mfsolve.models import flow
h = hashlib.sha256()
for potential in ("gaussian", "double_well", "mixture"):
    p = flow.Parameters(contamination=0.4, variance_ratio=0.5, potential=potential, initial_variance=0.5)
    cloud = flow.Snapshots([0.3], clouds=True)
    h.update(flow.simulate(p, 2000, 0.02, cloud, 3, stepper="splitting").cloud.values.tobytes())
    h.update(flow.fokker_planck(p, 100, [0.3]).density.values.tobytes())
    h.update(flow.jko(p, 100, 0.05, [0.3]).position.values.tobytes())
    h.update(flow.FlowLevels(p, 1.0, seed=2, steps=32)(2, 0, 100).tobytes())
print(h.hexdigest())
"""


@pytest.mark.slow
@pytest.mark.exhaustive
def test_same_bits_on_other_processors():
    assert len(cpus.outputs(BITS)) == 1
