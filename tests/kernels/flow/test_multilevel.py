"""Coupled fine and coarse particle systems against their twin, and the two ends of the coupling."""

import numpy as np
import pytest
from mfsolve.kernels.flow import multilevel
from mfsolve.kernels.random.philox import stream_key
from naive import flow as naive

from mfsolve.models import flow
from mfsolve.models.flow.potentials import compiled

KEY = stream_key(11, "test")
START = multilevel.Start(0.3, 0.5)
FINE = np.tile([1.0 - 0.02, 0.02, 0.2, 0.03, 0.0, 0.0], (4, 1))
COARSE = np.tile([1.0 - 0.04, 0.04, 0.28, 0.06, 0.0, 0.0], (2, 1))


def observed(potential, rows, particles, n=multilevel.WIDTH, lane=64):
    fine, coarse = np.empty((n, 3)), np.empty((n, 3))
    multilevel.samples(KEY, np.uint64(lane), START, rows, particles, potential, fine, coarse)
    return fine, coarse


@pytest.mark.parametrize("u", [flow.Gaussian(), flow.DoubleWell(), flow.Mixture()])
def test_samples_are_the_formula(u):
    form, rows = compiled(u, 1).potential, multilevel.Rows(FINE, COARSE)
    fine, coarse = observed(form, rows, 6)
    for lane in (0, 63):
        x, y = naive.coupled(KEY, 64 + lane, START, rows, 6, form)
        # a normal of size 4 is good to 4 eps of itself; four steps of slopes below 10 leave less than 1e-13
        np.testing.assert_allclose(fine[lane], x, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(coarse[lane], y, rtol=1e-12, atol=1e-13)


def test_samples_depend_on_their_lane_alone():
    form, rows = compiled(flow.DoubleWell(), 1).potential, multilevel.Rows(FINE, COARSE)
    many = observed(form, rows, 6, n=3 * multilevel.WIDTH)
    last = observed(form, rows, 6, lane=64 + 2 * multilevel.WIDTH)
    for found, expected in zip(many, last):
        np.testing.assert_array_equal(found[2 * multilevel.WIDTH :], expected)


def test_level_zero_has_the_same_fine_system_and_no_coarse_one():
    form = compiled(flow.DoubleWell(), 1).potential
    fine, coarse = observed(form, multilevel.Rows(FINE, np.zeros((0, 6))), 6)
    np.testing.assert_array_equal(fine, observed(form, multilevel.Rows(FINE, COARSE), 6)[0])
    np.testing.assert_array_equal(coarse, 0.0)


def test_means_of_both_systems_agree_where_nothing_is_discretised():
    """With the linear step x + s z, and coarse noise sqrt(2) s of the joined normals, both means are one number."""
    still = compiled(flow.Gaussian(), 1).potential
    rows = multilevel.Rows(
        np.tile([1.0, 0.0, 0.2, 0.0, 0.0, 0.0], (4, 1)), np.tile([1.0, 0.0, 0.2 * np.sqrt(2), 0.0, 0.0, 0.0], (2, 1))
    )
    fine, coarse = observed(still, rows, 8)
    np.testing.assert_allclose(fine[:, :2], coarse[:, :2], rtol=1e-13, atol=1e-14)
