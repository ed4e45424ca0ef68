"""The flow's solvers against vectorised NumPy, JAX, POT and py-pde: `pytest tests/benchmarks/test_flow.py --benchmark-only -n 0`."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mfsolve.models import flow
from mfsolve.models.flow import pair_forces
from mfsolve.models.flow.particles import _Population

N = 10**6
DT = 0.01
PARAMETERS = flow.Parameters(contamination=0.5, variance_ratio=0.5)


def stepper(threads, kind="euler"):
    population = _Population(PARAMETERS, N, 1, 0, threads)
    population.interval(0.0, DT, 1, kind)
    return lambda: population.interval(0.0, DT, 10, kind)


@pytest.mark.benchmark(group="ten mean-field steps of 10^6 particles")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", ["euler", "splitting"])
def test_steps(benchmark, threads, kind):
    benchmark(stepper(threads, kind))


@pytest.mark.benchmark(group="ten mean-field steps of 10^6 particles")
def test_steps_numpy(benchmark):
    rng = np.random.default_rng(1)
    x, z = rng.standard_normal(N), np.empty(N)

    def run():
        for _ in range(10):
            m = x.mean()
            rng.standard_normal(out=z)
            np.multiply(x, 1.0 - 0.75 * DT, out=x)
            np.multiply(z, np.sqrt(DT), out=z)
            np.add(x, z, out=x)
            np.add(x, 0.25 * DT * m, out=x)

    benchmark(run)


@pytest.mark.benchmark(group="ten mean-field steps of 10^6 particles")
def test_steps_jax(benchmark):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)

    @jax.jit
    def run(x, key):
        def one(x, key):
            z = jax.random.normal(key, x.shape, dtype=x.dtype)
            return (1.0 - 0.75 * DT) * x + 0.25 * DT * x.mean() + np.sqrt(DT) * z, None

        return jax.lax.scan(one, x, jax.random.split(key, 10))[0]

    x, key = jax.numpy.zeros(N, dtype="float64"), jax.random.PRNGKey(1)
    run(x, key).block_until_ready()
    benchmark(lambda: run(x, key).block_until_ready())


def two_samples():
    rng = np.random.default_rng(2)
    return rng.normal(size=N), 1.0 + 2.0 * rng.normal(size=N)


@pytest.mark.benchmark(group="W2 of two samples of 10^6")
def test_w2(benchmark):
    a, b = two_samples()
    benchmark(lambda: flow.w2(a, b))


@pytest.mark.benchmark(group="W2 of two samples of 10^6")
def test_w2_pot(benchmark):
    ot = pytest.importorskip("ot")
    a, b = two_samples()
    benchmark.pedantic(lambda: ot.wasserstein_1d(a, b, p=2), rounds=5)


@pytest.mark.benchmark(group="W2 of two samples of 10^6")
def test_w2_pot_emd(benchmark):
    ot = pytest.importorskip("ot")
    a, b = two_samples()
    benchmark.pedantic(lambda: ot.emd2_1d(a, b), rounds=3)


# cells of each that give about one error (reported as l1_error): py-pde 256, the fitted volumes 96
CELLS, END = 256, 1.0
LINE = flow.Parameters(
    contamination=0.5, variance_ratio=0.5, potential="double_well", initial_variance=0.25, domain=(-3.0, 3.0)
)


def reference(cells):
    """Density on `cells` cells, from a grid four times as fine and extrapolated."""

    def coarse(n):
        return flow.fokker_planck(LINE, n, [END], tolerance=1e-8).density.values[0].reshape(cells, -1).mean(axis=1)

    return coarse(8 * cells) + (coarse(8 * cells) - coarse(4 * cells)) / 3


def pde_solver(cells):
    """The same equation in py-pde: the mean is 0 by symmetry, so the drift is known."""
    pde = pytest.importorskip("pde")
    grid = pde.CartesianGrid([[-3.0, 3.0]], cells)
    x = grid.axes_coords[0]
    start = np.exp(-0.5 * x**2 / 0.25)
    state = pde.ScalarField(grid, start / start.sum() / (x[1] - x[0]))
    slope = "(0.5 * 8 * x * (x**2 - 1) + 0.25 * x)"
    bend = "(0.5 * (24 * x**2 - 8) + 0.25)"
    equation = pde.PDE({"c": f"0.5 * laplace(c) + {slope} * d_dx(c) + {bend} * c"}, bc={"value": 0.0})
    return pde, equation, state


@pytest.mark.benchmark(group="Fokker-Planck on the line to one error")
def test_grid(benchmark):
    exact = reference(96)
    run = lambda: flow.fokker_planck(LINE, 96, [END], tolerance=1e-3, first_step=1e-2)  # noqa: E731
    benchmark.extra_info["l1_error"] = float(np.abs(run().density.values[0] - exact).mean() * 6.0)
    benchmark(run)


@pytest.mark.benchmark(group="Fokker-Planck on the line to one error")
def test_grid_pde(benchmark):
    pde, equation, state = pde_solver(CELLS)
    exact = reference(CELLS)
    dt = 0.4 * (6.0 / CELLS) ** 2 / 0.5 / 2
    solver = pde.EulerSolver(equation, backend="numba")
    stepper = solver.make_stepper(state, dt=dt)  # compiled outside the timing
    work = state.copy()
    stepper(work, 0.0, dt)

    def run():
        field = state.copy()
        stepper(field, 0.0, END)
        return field

    benchmark.extra_info["l1_error"] = float(np.abs(run().data - exact).mean() * 6.0)
    benchmark(run)


@pytest.mark.benchmark(group="Gaussian-kernel forces of 10^6 particles")
def test_mesh(benchmark):
    x = np.random.default_rng(3).normal(size=(1, N))
    out = np.empty_like(x)
    benchmark(lambda: pair_forces.mesh_force(0.5, x, out, threads=min(2, os.cpu_count() or 1)))


@pytest.mark.benchmark(group="Gaussian-kernel forces of 10^6 particles")
def test_pairs_of_a_hundredth(benchmark):
    """Direct pairs for 10^4 of the 10^6 targets on two threads: times 100 for all."""
    from mfsolve.kernels.flow import langevin

    x = np.random.default_rng(3).normal(size=(1, N))
    out, mesh = np.empty((1, 10**4)), np.empty_like(x)

    def run():
        with ThreadPoolExecutor(2) as pool:
            list(
                pool.map(
                    lambda k: langevin.direct_pairs(4.0, x[:, k : k + 5000], x, out[:, k : k + 5000]),
                    (0, 5000),
                )
            )

    benchmark.pedantic(run, rounds=1)
    pair_forces.mesh_force(0.5, x, mesh)
    gap = np.abs(mesh[0, : 10**4] - out[0]).max()
    benchmark.extra_info["mesh_error"] = float(gap)
    # the sampling error of a force at a point is its standard deviation over one source, over sqrt(N)
    one = 4.0 * (0.5 - x[0]) * np.exp(-2.0 * (0.5 - x[0]) ** 2)
    benchmark.extra_info["sampling_error"] = float(one.std() / np.sqrt(N))
    assert gap < one.std() / np.sqrt(N)
