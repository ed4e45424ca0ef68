"""Human potentials against their twins, finite differences and the normalising constants that are known."""

import numpy as np
import pytest
from mfsolve.kernels.flow import potential
from naive import flow as naive
from scipy.special import iv

from mfsolve.models import flow
from mfsolve.models.flow.potentials import compiled, human

ULP = np.finfo(float).eps
TABLE_X = np.linspace(-3.0, 3.0, 40)
POTENTIALS = (
    flow.Gaussian(),
    flow.DoubleWell(barrier=1.5, width=1.2),
    flow.Mixture(weights=(0.3, 0.7), means=(-1.0, 2.0), deviations=(0.5, 1.1)),
    flow.Tabulated(x=tuple(TABLE_X), values=tuple(np.cosh(TABLE_X))),
)
CASES = [(u, d) for u in POTENTIALS for d in ((1,) if isinstance(u, flow.Tabulated) else (1, 2, 3))]


def spread(d, n):
    return np.random.default_rng(0).normal(size=(d, n)) * 1.3


def form_of(u, d):
    return compiled(u, d).potential


@pytest.mark.parametrize(("u", "d"), CASES)
def test_values_and_gradients_are_the_formulas(u, d):
    form, x = form_of(u, d), spread(d, 301)
    x[0, 0], x[0, 1] = -4.5, 4.5  # beyond the table
    value, slope = np.empty(301), np.empty_like(x)
    potential.values(form, x, value)
    potential.gradients(form, x, slope)
    np.testing.assert_allclose(value, naive.value(*form, x), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(slope, naive.gradient(*form, x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("u", "d"), CASES)
def test_gradients_are_the_differences_of_values(u, d):
    form, x, h = form_of(u, d), spread(d, 301), 1e-5
    slope, above, below = np.empty_like(x), np.empty(301), np.empty(301)
    potential.gradients(form, x, slope)
    for k in range(d):
        step = np.zeros((d, 1))
        step[k] = h
        potential.values(form, x + step, above)
        potential.values(form, x - step, below)
        # central difference: h^2/6 of the third derivative (below 400 here) and rounding of U over h
        np.testing.assert_allclose((above - below) / (2 * h), slope[k], atol=400 * h**2 / 6 + 1e3 * ULP / h)


@pytest.mark.parametrize("u", POTENTIALS)
def test_terms_on_the_line_are_values_gradients_and_their_differences(u):
    form, x, h = form_of(u, 1), np.linspace(-2.9, 2.9, 97), 1e-6
    value, slope, bend, above, below, other = (np.empty(97) for _ in range(6))
    gradient = np.empty((1, 97))
    potential.on_line(form, x, value, slope, bend)
    potential.values(form, x[None], other)
    np.testing.assert_allclose(value, other, rtol=1e-13, atol=1e-13)
    potential.gradients(form, x[None], gradient)
    np.testing.assert_allclose(slope, gradient[0], rtol=1e-11, atol=1e-11)
    potential.on_line(form, x + h, other, above, other)
    potential.on_line(form, x - h, other, below, other)
    if not isinstance(u, flow.Tabulated):  # a table's slope has kinks
        # central difference: h^2/6 of the slope's third derivative (below 400) and rounding of U' (below 100) over h
        np.testing.assert_allclose((above - below) / (2 * h), bend, atol=400 * h**2 / 6 + 1e3 * ULP / h)


def test_table_follows_the_function_it_was_made_of():
    """Cubic spline of cosh at spacing h: errors of order h^4 in U (5/384 h^4 times the fourth derivative) and h^3 in U' inside."""
    form, x = form_of(POTENTIALS[3], 1), np.linspace(-2.5, 2.5, 201)
    value, slope, bend = np.empty(201), np.empty(201), np.empty(201)
    potential.on_line(form, x, value, slope, bend)
    h = 6.0 / 39
    np.testing.assert_allclose(value, np.cosh(x), atol=5 / 384 * h**4 * np.cosh(3.0))
    np.testing.assert_allclose(slope, np.sinh(x), atol=h**3 / 24 * np.cosh(3.0))


def normaliser(form, low, high, n=4001):
    """Integral of exp(-U) over the line; the trapezoidal rule is exact to rounding for a smooth density that decays."""
    x = np.linspace(low, high, n)
    value = np.empty(n)
    potential.values(form, x[None], value)
    return np.sum(np.exp(-value)) * (x[1] - x[0])


@pytest.mark.parametrize("b", [0.5, 1.5, 4.0])
def test_normalising_constants_are_the_closed_forms(b):
    """sqrt(2 pi); Bessel functions for the double well, int exp(-b (y^2 - 1)^2) dy; 1 for a mixture."""
    assert normaliser(form_of(flow.Gaussian(), 1), -12, 12) == pytest.approx(np.sqrt(2 * np.pi), rel=1e-13)
    bessel = 0.5 * np.pi * np.exp(-0.5 * b) * (iv(-0.25, 0.5 * b) + iv(0.25, 0.5 * b))
    well = flow.DoubleWell(barrier=b, width=1.2)
    assert normaliser(form_of(well, 1), -8, 8) == pytest.approx(1.2 * bessel, rel=1e-12)
    assert normaliser(form_of(POTENTIALS[2], 1), -12, 14) == pytest.approx(1.0, rel=1e-12)
    # the models' table integrates cell by cell with Simpson's rule: fourth order in cells of width 2e-4
    assert human(well).log_z == pytest.approx(np.log(1.2 * bessel), abs=1e-11)


def test_mixture_integrates_to_one_in_the_plane():
    form = form_of(POTENTIALS[2], 2)
    x, y = np.linspace(-12, 14, 401), np.linspace(-10, 10, 301)
    points = np.stack([part.ravel() for part in np.meshgrid(x, y, indexing="ij")])
    value = np.empty(points.shape[1])
    potential.values(form, points, value)
    assert np.sum(np.exp(-value)) * (x[1] - x[0]) * (y[1] - y[0]) == pytest.approx(1.0, rel=1e-12)


def test_far_tails_of_a_mixture_do_not_underflow():
    form, x = form_of(POTENTIALS[2], 1), np.array([[-60.0, 90.0]])
    value, slope = np.empty(2), np.empty_like(x)
    potential.values(form, x, value)
    potential.gradients(form, x, slope)
    # the wider component alone is left: U' = (x - 2) / 1.1^2
    np.testing.assert_allclose(slope[0], (x[0] - 2.0) / 1.1**2, rtol=1e-13)
    np.testing.assert_allclose(value, naive.value(*form, x), rtol=1e-13)
