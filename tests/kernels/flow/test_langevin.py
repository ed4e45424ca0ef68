"""Particle steps and pair forces against their NumPy twins."""

import numpy as np
import pytest
from mfsolve.kernels.flow import langevin
from mfsolve.kernels.flow.potential import Walls
from mfsolve.kernels.random.philox import stream_key
from naive import flow as naive

from mfsolve.models import flow
from mfsolve.models.flow.potentials import compiled

KEY = stream_key(11, "test")
TABLE_X = np.linspace(-3.0, 3.0, 40)
POTENTIALS = (
    flow.Gaussian(),
    flow.DoubleWell(barrier=1.5, width=1.2),
    flow.Mixture(weights=(0.3, 0.7), means=(-1.0, 2.0), deviations=(0.5, 1.1)),
    flow.Tabulated(x=tuple(TABLE_X), values=tuple(np.cosh(TABLE_X))),
)
NO_WALLS = Walls(0.0, 0.0)


def noise(replicate, lane, step):
    return langevin.Noise(KEY, np.uint64(replicate), np.uint64(lane), np.uint64(step))


def spread(d, n, seed=0):
    return np.random.default_rng(seed).normal(size=(d, n)) * 1.3


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
    expected = naive.advance(noise(7, 512, 3), row, form.potential, box, force, mean, x)
    out = np.empty(d)
    langevin.advance(noise(7, 512, 3), np.array([row]), form.potential, Walls(*box), force, mean, x, out)
    np.testing.assert_allclose(x, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(out, expected.sum(axis=1), rtol=1e-11, atol=1e-10)


def test_many_rows_are_many_steps():
    form = compiled(flow.DoubleWell(), 1)
    rows = np.array(
        [[1.0, 0.02, 0.1, 0.01, 0.0, 0.0], [0.98, 0.02, 0.2, 0.02, 0.0, 0.0], [0.9, 0.1, 0.0, 0.0, 0.0, 0.01]]
    )
    one, many = spread(1, 1500), spread(1, 1500)
    mean, mean_many, out, out_many = np.array([0.2]), np.array([0.2]), np.empty(1), np.empty(1)
    args = (form.potential, NO_WALLS, np.zeros((1, 0)))
    for k in range(3):
        langevin.advance(noise(0, 0, k), rows[k : k + 1], *args, mean, one, out)
        mean = out / 1500
    langevin.advance(noise(0, 0, 0), rows, *args, mean_many, many, out_many)
    np.testing.assert_array_equal(one, many)
    np.testing.assert_array_equal(mean, mean_many)


def test_start_kick_and_scatter():
    n, d = 1500, 2
    x = np.empty((d, n))
    langevin.start(KEY, np.uint64(1), np.uint64(0), np.array([1.0, -1.0]), 0.5, x)
    expected = [c + 0.5 * naive.chunk_normals(KEY, 0, k, 0, 1, n) for k, c in enumerate((1.0, -1.0))]
    spread = np.abs(expected - np.array([[1.0], [-1.0]]))  # normals are good to 4 eps of themselves
    assert np.all(np.abs(x - expected) <= np.finfo(float).eps * (4 * spread + np.abs(expected)))
    out, moments = np.empty(d), np.empty(2)
    langevin.scatter(np.array([0.1, 0.2]), x, moments)
    np.testing.assert_allclose(moments, [np.sum((x - [[0.1], [0.2]]) ** 2), np.sum(x**2)], rtol=1e-13)
    form = compiled(POTENTIALS[2], d)
    expected = naive.descend(*form.potential, 0.1, x)
    langevin.kick(form.potential, 0.1, NO_WALLS, x, out)
    np.testing.assert_allclose(x, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(out, expected.sum(axis=1), rtol=1e-12)


def test_double_well_kick_solves_its_equation():
    """dx/dt = -U'(x): the derivative of the closed form at length 0, and the semigroup property."""
    form = compiled(flow.DoubleWell(barrier=1.5, width=1.2), 1)
    x, out = np.linspace(-4, 4, 33)[None], np.empty(1)
    once, twice = x.copy(), x.copy()
    langevin.kick(form.potential, 0.3, NO_WALLS, once, out)
    for _ in range(2):
        langevin.kick(form.potential, 0.15, NO_WALLS, twice, out)
    np.testing.assert_allclose(once, twice, rtol=1e-13, atol=1e-14)
    tiny = x.copy()
    langevin.kick(form.potential, 1e-7, NO_WALLS, tiny, out)
    np.testing.assert_allclose((x - tiny) / 1e-7, form.gradients(x), rtol=1e-4, atol=1e-6)


def test_reflection_is_repeated_folding():
    x, out = 9.0 * spread(2, 1500), np.empty(2)
    expected = naive.reflect(x, -1.0, 0.7)
    langevin.reflect(Walls(-1.0, 0.7), x, out)
    # the walls lie up to 25 widths away: a few roundings of numbers of order 40
    np.testing.assert_allclose(x, expected, atol=1e-13)
    np.testing.assert_allclose(out, x.sum(axis=1), rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("d", [1, 2])
def test_direct_pairs_are_the_formula(d):
    x, y = spread(d, 300), spread(d, 211, 1)
    out = np.empty_like(x)
    langevin.direct_pairs(4.0, x, y, out)
    np.testing.assert_allclose(out, naive.direct_pairs(4.0, x, y), rtol=1e-11, atol=1e-13)
