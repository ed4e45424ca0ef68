"""The mean-field flow: particles, grids, and distances between samples."""

import functools

import numpy as np
from benchmarks.row import Contender, Peer, Row, z_score
from mfsolve.kernels.flow import langevin
from mfsolve.kernels.random import normals, philox

from mfsolve.models import flow
from mfsolve.models.flow import pair_forces
from mfsolve.models.flow.particles import _Population

DT, STEPS = 0.01, 10
PARAMETERS = flow.Parameters(contamination=0.5, variance_ratio=0.5)


def variance_error(n, contender_of):
    """Distance of the variance after 100 steps from that of the scheme, in standard errors."""
    exact = 1.0
    for _ in range(100):
        exact = exact * (1 - 0.75 * DT) ** 2 + DT
    return lambda _: z_score(contender_of(), exact, exact * np.sqrt(2.0 / n))


def particles(n, threads):
    population = _Population(PARAMETERS, n, 1, 0, threads)
    population.interval(0.0, DT, 1, "euler")

    def error():
        other = _Population(PARAMETERS, n, 2, 0, threads)
        other.interval(0.0, DT, 100, "euler")
        return float(np.var(other.x))

    return Contender(lambda: population.interval(0.0, DT, STEPS, "euler"), variance_error(n, error))


def numpy_particles(n, threads):
    generator, x, z = np.random.Generator(np.random.SFC64(1)), np.zeros(n), np.empty(n)

    def steps(x, count):
        for _ in range(count):
            m = x.mean()
            generator.standard_normal(out=z)
            np.multiply(x, 1.0 - 0.75 * DT, out=x)
            np.multiply(z, np.sqrt(DT), out=z)
            np.add(x, z, out=x)
            np.add(x, 0.25 * DT * m, out=x)

    def error():
        y = generator.standard_normal(n)
        steps(y, 100)
        return float(np.var(y))

    return Contender(lambda: steps(x, STEPS), variance_error(n, error))


def jax_particles(n, threads):
    import jax

    jax.config.update("jax_enable_x64", True)

    @functools.partial(jax.jit, static_argnums=2)
    def steps(x, key, count):
        def one(x, key):
            z = jax.random.normal(key, x.shape, dtype=x.dtype)
            return (1.0 - 0.75 * DT) * x + 0.25 * DT * x.mean() + np.sqrt(DT) * z, None

        return jax.lax.scan(one, x, jax.random.split(key, count))[0]

    x, key = jax.numpy.zeros(n, dtype="float64"), jax.random.key(1)

    def error():
        return float(np.var(np.asarray(steps(jax.random.normal(jax.random.key(2), (n,)), key, 100))))

    return Contender(lambda: steps(x, key, STEPS).block_until_ready(), variance_error(n, error))


def draws(n, threads):
    key, zero, out = philox.stream_key(1, "a"), np.uint64(0), np.empty((2, 2**13))

    def call():
        for block in range(STEPS * n // 2**14):
            normals.normals(key, np.uint64(block), zero, zero, zero, out[0], out[1])

    return Contender(call)


@functools.cache
def samples(n):
    rng = np.random.default_rng(2)
    return rng.normal(size=n), 1.0 + 2.0 * rng.normal(size=n)


@functools.cache
def exact_w2(n):
    """The distance in extended precision."""
    a, b = (np.sort(x).astype(np.longdouble) for x in samples(n))
    return float(np.sqrt(np.mean((a - b) ** 2)))


def distance(call, n, root=False):
    return Contender(call, lambda found: abs((found**0.5 if root else found) - exact_w2(n)) / exact_w2(n))


def w2(n, threads):
    a, b = samples(n)
    return distance(lambda: flow.w2(a, b), n)


def pot_wasserstein(n, threads):
    import ot

    a, b = samples(n)
    return distance(lambda: float(ot.wasserstein_1d(a, b, p=2)), n, root=True)


def pot_emd(n, threads):
    import ot

    a, b = samples(n)
    return distance(lambda: float(ot.emd2_1d(a, b)), n, root=True)


def two_sorts(n, threads):
    a, b = samples(n)
    return Contender(lambda: (np.sort(a), np.sort(b)))


END = 1.0
LINE = flow.Parameters(
    contamination=0.5, variance_ratio=0.5, potential="double_well", initial_variance=0.25, domain=(-3.0, 3.0)
)
SAME_ERROR = {"ours": 1.0, "pde": 8 / 3, "fplanck": 1.0}
"""Cells of a peer over ours at which its error is about ours."""


@functools.cache
def reference(cells):
    """Density on `cells` cells, from grids four and eight times as fine, extrapolated."""

    def coarse(k):
        fine = flow.fokker_planck(LINE, k * cells, [END], tolerance=1e-8).density.values[0]
        return fine.reshape(cells, -1).mean(axis=1)

    return coarse(8) + (coarse(8) - coarse(4)) / 3


def density(call, cells):
    return Contender(call, lambda found: float(np.abs(found - reference(cells)).mean() * 6.0))


def grid(cells, threads):
    def call():
        return flow.fokker_planck(LINE, cells, [END], tolerance=1e-3, first_step=1e-2).density.values[0]

    return density(call, cells)


def py_pde(size, threads):
    """The same equation in py-pde: the mean is 0 by symmetry, so the drift is known. Compiled before it is timed."""
    import pde

    cells = round(size * SAME_ERROR["pde"])
    mesh = pde.CartesianGrid([[-3.0, 3.0]], cells)
    x = mesh.axes_coords[0]
    start = np.exp(-0.5 * x**2 / 0.25)
    state = pde.ScalarField(mesh, start / start.sum() / (x[1] - x[0]))
    slope = "(0.5 * 8 * x * (x**2 - 1) + 0.25 * x)"
    bend = "(0.5 * (24 * x**2 - 8) + 0.25)"
    equation = pde.PDE({"c": f"0.5 * laplace(c) + {slope} * d_dx(c) + {bend} * c"}, bc={"value": 0.0})
    dt = 0.4 * (6.0 / cells) ** 2 / 0.5 / 2
    stepper = pde.EulerSolver(equation, backend="numba").make_stepper(state, dt=dt)

    def call():
        field = state.copy()
        found = stepper(field, 0.0, END)
        return np.array((field if np.isscalar(found) else found[0]).data)

    return density(call, cells)


def fplanck_grid(size, threads):
    """The same equation by fplanck: its potential holds the generator's pull, since the mean is 0 by symmetry."""
    import fplanck
    from scipy.constants import k as boltzmann

    vars(np).setdefault("product", np.prod)  # which version 0.2.2 still asks for
    cells = round(size * SAME_ERROR["fplanck"])
    h = 6.0 / cells
    # dX = -U'(X) / drag dt + sqrt(2 kT / drag) dW with kT = 1/2, U = sigma rho' (8 (x^2 - 1)^2 / 4 ...) as above
    solver = fplanck.fokker_planck(
        temperature=0.5 / boltzmann, drag=1.0, extent=6.0, resolution=h, boundary=fplanck.boundary.reflecting,
        potential=lambda x: (x * x - 1.0) ** 2 + 0.125 * x * x,
    )  # fmt: skip
    start = fplanck.gaussian_pdf(0.0, np.sqrt(0.5))  # its width is sqrt(2) standard deviations

    def call():
        found = solver.propagate(start, END, dense=cells < 256)  # the faster of its two ways
        return found / (found.sum() * h)

    return density(call, cells)


def mesh(n, threads):
    x = np.random.default_rng(3).normal(size=(1, n))
    out = np.empty_like(x)

    def call():
        pair_forces.mesh_force(0.5, x, out, threads=threads)
        return out

    return Contender(call, lambda found: forces_error(x, found[:, :100]))


def forces_error(x, found):
    """Largest distance of the forces on some particles from direct sums, over the sampling error of one."""
    here = x[0, : found.shape[1]]
    exact = [np.mean(4.0 * (y - x[0]) * np.exp(-2.0 * (y - x[0]) ** 2)) for y in here]
    one = 4.0 * (0.5 - x[0]) * np.exp(-2.0 * (0.5 - x[0]) ** 2)
    return float(np.abs(found[0] - exact).max() / (one.std() / np.sqrt(x.size)))


def direct_pairs(n, threads):
    """All pairs by our own direct kernel, for a few of the targets."""
    few = max(1, 10**8 // n)
    x = np.random.default_rng(3).normal(size=(1, n))
    out = np.empty((1, min(few, n)))

    def call():
        langevin.direct_pairs(4.0, np.ascontiguousarray(x[:, : out.size]), x, out)
        return out

    return Contender(call, lambda found: forces_error(x, found[:, :100]), share=out.size / n)


ROWS = (
    Row(
        "particles", "ten mean-field steps of {n} particles",
        "distance of the variance after a hundred steps from the scheme's, in standard errors", 10**6, particles,
        (
            Peer("jax", "JAX, jitted scan", jax_particles, threaded=True),
            Peer("numpy", "NumPy in place, SFC64", numpy_particles),
        ),
        ("its normals", draws), (10**4, 10**5, 10**6), threaded=True,
    ),
    Row(
        "w2", "W2 of two samples of {n} on the line", "relative, of the distance", 10**6, w2,
        (Peer("POT", "POT `emd2_1d`", pot_emd), Peer("POT", "POT `wasserstein_1d`", pot_wasserstein)),
        ("two `np.sort`s", two_sorts), (10**4, 10**5, 10**6),
    ),
    Row(
        "fokker_planck", "Fokker-Planck on the line, {n} cells of ours and as many of a peer as give the error",
        "L1 distance of the density at time 1 from that of a finer grid", 96, grid,
        (Peer("py-pde", "py-pde, Numba, explicit Euler", py_pde), Peer("fplanck", "fplanck", fplanck_grid)),
        None, (96, 192, 384),
    ),
    Row(
        "pair_forces", "Gaussian-kernel forces between {n} particles",
        "largest distance from direct sums, over the sampling error of a force", 10**6, mesh,
        (Peer("mfsolve", "direct pairs, a few targets, extrapolated", direct_pairs),),
        None, (10**4, 10**5, 10**6),
    ),
)  # fmt: skip
