"""Deposit and interpolation by cubic B-splines against their twin, and the sums that they keep."""

import numpy as np
import pytest
from mfsolve.kernels.flow import particle_mesh
from naive import flow as naive

RNG = np.random.default_rng(12)
ORIGIN, PER_H, NODES = -10.0, 10.0, 200


def test_deposit_and_interpolation_are_the_formula():
    x, field = RNG.normal(size=500), RNG.normal(size=NODES)
    grid, out = np.empty(NODES), np.empty(500)
    weights = naive.deposit(ORIGIN, PER_H, x, NODES)
    particle_mesh.deposit(ORIGIN, PER_H, x, grid)
    np.testing.assert_allclose(grid, weights.sum(axis=0), atol=1e-12)
    particle_mesh.interpolate(ORIGIN, PER_H, x, field, out)
    np.testing.assert_allclose(out, weights @ field, atol=1e-12)


def test_deposit_conserves_mass_and_centre():
    x, grid = RNG.normal(size=500), np.empty(NODES)
    particle_mesh.deposit(ORIGIN, PER_H, x, grid)
    nodes = ORIGIN + np.arange(NODES) / PER_H
    assert grid.sum() == pytest.approx(500.0, rel=1e-13)
    assert grid @ nodes == pytest.approx(x.sum(), abs=1e-10)


def test_a_linear_field_is_interpolated_exactly():
    x, out = RNG.normal(size=500), np.empty(500)
    particle_mesh.interpolate(ORIGIN, PER_H, x, 2.0 - 3.0 * (ORIGIN + np.arange(NODES) / PER_H), out)
    np.testing.assert_allclose(out, 2.0 - 3.0 * x, rtol=1e-11, atol=1e-12)


def test_plane_is_the_product_of_lines():
    x, field = RNG.normal(size=(2, 300)), RNG.normal(size=(2, 120, 140))
    origin, per_h = np.array([-6.0, -7.0]), 10.0
    first, second = (naive.deposit(origin[k], per_h, x[k], (120, 140)[k]) for k in range(2))
    grid, out = np.empty((120, 140)), np.empty((2, 300))
    particle_mesh.deposit_plane(origin, per_h, x, grid)
    np.testing.assert_allclose(grid, first.T @ second, atol=1e-12)
    particle_mesh.interpolate_plane(origin, per_h, x, field, out)
    np.testing.assert_allclose(out, np.einsum("pi,cij,pj->cp", first, field, second), atol=1e-12)


def test_particles_outside_the_grid_are_held_at_its_edge():
    grid = np.empty(20)
    particle_mesh.deposit(0.0, 1.0, np.array([-5.0, 40.0]), grid)
    assert np.all(np.isfinite(grid))
    assert grid.sum() == pytest.approx(2.0, rel=1e-14)
