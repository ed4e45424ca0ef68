"""Particle steps and forces against their NumPy twins."""

import numpy as np
import pytest
from mfsolve.kernels.flow import langevin, particle_mesh
from mfsolve.kernels.flow import multilevel as coupled
from mfsolve.kernels.random.philox import stream_key
from naive import flow as naive_flow

from mfsolve.models import flow
from mfsolve.models.flow import pair_forces as forces
from mfsolve.models.flow.potentials import compiled

KEY = stream_key(11, "test")
ULP = np.finfo(float).eps
TABLE_X = np.linspace(-3.0, 3.0, 40)
POTENTIALS = (
    flow.Gaussian(),
    flow.DoubleWell(barrier=1.5, width=1.2),
    flow.Mixture(weights=(0.3, 0.7), means=(-1.0, 2.0), deviations=(0.5, 1.1)),
    flow.Tabulated(x=tuple(TABLE_X), values=tuple(np.cosh(TABLE_X))),
)


def spread(d, n, seed=0):
    return np.random.default_rng(seed).normal(size=(d, n)) * 1.3


@pytest.mark.parametrize("u", POTENTIALS)
@pytest.mark.parametrize("d", [1, 3])
def test_gradient_is_the_formula_and_the_derivative_of_the_value(u, d):
    if isinstance(u, flow.Tabulated) and d > 1:
        pytest.skip("one dimension only")
    form = compiled(u, d)
    x = spread(d, 301)
    g = form.gradients(x)
    np.testing.assert_allclose(g, naive_flow.gradient(form.kind, form.shape, x), rtol=1e-12, atol=1e-12)
    h = 1e-5
    for k in range(d):
        step = np.zeros((d, 1))
        step[k] = h
        difference = (form.values(x + step) - form.values(x - step)) / (2 * h)
        # central difference: h^2/6 of the third derivative (below 400 here) and rounding of U over h
        np.testing.assert_allclose(difference, g[k], atol=400 * h**2 / 6 + 1e3 * ULP / h)


@pytest.mark.parametrize("u", POTENTIALS)
def test_line_terms_agree_with_values_and_gradients(u):
    form = compiled(u, 1)
    x = np.linspace(-2.9, 2.9, 97)
    value, slope, bend = form.on_line(x)
    np.testing.assert_allclose(value, form.values(x[None]), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(slope, form.gradients(x[None])[0], rtol=1e-11, atol=1e-11)
    h = 1e-6
    numeric = (form.on_line(x + h)[1] - form.on_line(x - h)[1]) / (2 * h)
    if not isinstance(u, flow.Tabulated):  # a table's slope has kinks
        np.testing.assert_allclose(bend, numeric, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("u", POTENTIALS)
@pytest.mark.parametrize("box", [(0.0, 0.0), (-1.0, 0.7)])
@pytest.mark.parametrize(
    "row",
    [(0.9, 0.05, 0.3, 0.0, 0.0, 0.0), (0.9, 0.05, 0.3, 0.01, 0.2, 0.0), (0.9, 0.05, 0.3, 0.0, 0.2, 0.02)],
)
@pytest.mark.parametrize("n", [1, 700, 2500])
def test_advance_is_the_formula(u, box, row, n):
    d = 1 if isinstance(u, flow.Tabulated) else 2
    form = compiled(u, d)
    x, force, mean = spread(d, n), spread(d, n, 1), np.linspace(0.3, 0.5, d)
    expected = naive_flow.advance(KEY, 7, 512, 3, row, form.kind, form.shape, *box, force, mean, x)
    out = np.empty(d)
    langevin.advance(
        KEY, np.uint64(7), np.uint64(512), np.uint64(3), np.array([row]), form.kind, form.shape, *box, force,
        float(n), mean, x, out,
    )  # fmt: skip
    np.testing.assert_allclose(x, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(out, expected.sum(axis=1), rtol=1e-11, atol=1e-10)


def test_many_rows_are_many_steps():
    form = compiled(flow.DoubleWell(), 1)
    rows = np.array(
        [[1.0, 0.02, 0.1, 0.01, 0.0, 0.0], [0.98, 0.02, 0.2, 0.02, 0.0, 0.0], [0.9, 0.1, 0.0, 0.0, 0.0, 0.01]]
    )
    one, many = spread(1, 1500), spread(1, 1500)
    mean, mean_many, out, out_many = np.array([0.2]), np.array([0.2]), np.empty(1), np.empty(1)
    args = (form.kind, form.shape, 0.0, 0.0, np.zeros((1, 0)), 1500.0)
    for k in range(3):
        langevin.advance(KEY, np.uint64(0), np.uint64(0), np.uint64(k), rows[k : k + 1], *args, mean, one, out)
        mean = out / 1500
    langevin.advance(KEY, np.uint64(0), np.uint64(0), np.uint64(0), rows, *args, mean_many, many, out_many)
    np.testing.assert_array_equal(one, many)
    np.testing.assert_array_equal(mean, mean_many)


def test_start_kick_and_scatter():
    n, d = 1500, 2
    x = np.empty((d, n))
    langevin.start(KEY, np.uint64(1), np.uint64(0), np.array([1.0, -1.0]), 0.5, x)
    expected = [c + 0.5 * naive_flow.chunk_normals(KEY, 0, k, 0, 1, n) for k, c in enumerate((1.0, -1.0))]
    np.testing.assert_allclose(x, expected, rtol=1e-14)
    out, moments = np.empty(d), np.empty(2)
    langevin.scatter(np.array([0.1, 0.2]), x, moments)
    np.testing.assert_allclose(moments, [np.sum((x - [[0.1], [0.2]]) ** 2), np.sum(x**2)], rtol=1e-13)
    form = compiled(POTENTIALS[2], d)
    expected = naive_flow.descend(form.kind, form.shape, 0.1, x)
    langevin.kick(form.kind, form.shape, 0.1, 0.0, 0.0, x, out)
    np.testing.assert_allclose(x, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(out, expected.sum(axis=1), rtol=1e-12)


def test_double_well_kick_solves_its_equation():
    """dx/dt = -U'(x): the derivative of the closed form at length 0, and the semigroup property."""
    form = compiled(flow.DoubleWell(barrier=1.5, width=1.2), 1)
    x, out = np.linspace(-4, 4, 33)[None], np.empty(1)
    once, twice = x.copy(), x.copy()
    langevin.kick(form.kind, form.shape, 0.3, 0.0, 0.0, once, out)
    for _ in range(2):
        langevin.kick(form.kind, form.shape, 0.15, 0.0, 0.0, twice, out)
    np.testing.assert_allclose(once, twice, rtol=1e-13, atol=1e-14)
    tiny = x.copy()
    langevin.kick(form.kind, form.shape, 1e-7, 0.0, 0.0, tiny, out)
    np.testing.assert_allclose((x - tiny) / 1e-7, form.gradients(x), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("d", [1, 2])
def test_direct_pairs_are_the_formula(d):
    x, y = spread(d, 300), spread(d, 211, 1)
    out = np.empty_like(x)
    langevin.direct_pairs(4.0, x, y, out)
    np.testing.assert_allclose(out, naive_flow.direct_pairs(4.0, x, y), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("d", [1, 2])
def test_mesh_force_agrees_with_pairs_to_its_stated_error(d):
    x = spread(d, 3000)
    direct, mesh = np.empty_like(x), np.empty_like(x)
    forces.direct_force(0.4, x, direct)
    errors = []
    for nodes in (forces.NODES_PER_LENGTH, 2 * forces.NODES_PER_LENGTH):
        forces.mesh_force(0.4, x, mesh, nodes_per_length=nodes)
        errors.append(np.abs(mesh - direct).max() / np.abs(direct).max())
    assert errors[0] < 2e-4
    # aliasing of the cubic spline: fourth power of the spacing; a factor of 2 is left for the maximum's luck
    assert np.log2(errors[0] / errors[1]) > 3.0


def test_deposit_conserves_mass_and_centre():
    x = spread(1, 500)[0]
    grid = np.empty(200)
    particle_mesh.deposit(-10.0, 10.0, x, grid)
    nodes = -10.0 + 0.1 * np.arange(200)
    assert abs(grid.sum() - 500) < 1e-10
    assert abs(grid @ nodes - x.sum()) < 1e-10


def test_rank_force_is_the_mean_sign():
    x = spread(1, 101)
    out = np.empty_like(x)
    forces.rank_force(x, out)
    np.testing.assert_allclose(out[0], np.mean(np.sign(x[0][:, None] - x[0][None, :]), axis=1), atol=1e-15)


def test_coupled_systems_are_the_formula():
    form = compiled(flow.DoubleWell(), 1)
    fine = np.tile([1.0 - 0.02, 0.02, 0.2, 0.03, 0.0, 0.0], (4, 1))
    coarse = np.tile([1.0 - 0.04, 0.04, 0.28, 0.06, 0.0, 0.0], (2, 1))
    a, b = np.empty((coupled.WIDTH, 3)), np.empty((coupled.WIDTH, 3))
    coupled.samples(KEY, np.uint64(64), 0.3, 0.5, fine, coarse, 6, form.kind, form.shape, a, b)
    for lane in (0, 63):
        x, y = naive_flow.coupled(KEY, 64 + lane, 0.3, 0.5, fine, coarse, 6, form.kind, form.shape)
        np.testing.assert_allclose(a[lane], x, rtol=1e-12)
        np.testing.assert_allclose(b[lane], y, rtol=1e-12)
