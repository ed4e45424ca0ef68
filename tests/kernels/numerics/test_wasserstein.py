"""Transport on the line and the JKO step against their twins."""

import numpy as np
import pytest
from mfsolve.kernels.flow import jko
from mfsolve.kernels.numerics import wasserstein as transport
from mfsolve.kernels.random.philox import stream_key
from naive import flow as naive_flow
from naive.collapse_empirical import w2_of_gaussian
from scipy.optimize import minimize

from mfsolve.models import flow
from mfsolve.models.flow.potentials import compiled

RNG = np.random.default_rng(3)


def pieces(n):
    u = np.concatenate(([0.0], np.sort(RNG.uniform(size=n - 1)), [1.0]))
    left = np.sort(RNG.normal(size=n))
    return u, left, left + RNG.uniform(0, 0.2, n)


def test_quantile_gap_is_the_integral():
    a, b = pieces(37), pieces(52)
    assert transport.quantile_gap(*a, *b) == pytest.approx(naive_flow.quantile_gap(*a, *b), rel=1e-12)
    assert transport.quantile_gap(*a, *a) == pytest.approx(0.0, abs=1e-30)


@pytest.mark.parametrize("n", [1, 63, 64, 1000])
def test_squared_gap(n):
    a, b = RNG.normal(size=n), RNG.normal(size=n)
    assert transport.squared_gap(a, b) == pytest.approx(np.mean((a - b) ** 2), rel=1e-13)


def test_samples_of_other_sizes_agree_with_repeated_samples():
    a, b = RNG.normal(size=30), RNG.normal(size=45)
    assert flow.w2(a, b) == pytest.approx(flow.w2(np.repeat(a, 3), np.repeat(b, 2)), rel=1e-12)


def test_directions_are_uniform_on_the_sphere():
    theta = np.empty((20000, 3))
    transport.directions(stream_key(1, "t"), np.uint64(0), theta)
    np.testing.assert_allclose(np.sum(theta**2, axis=1), 1.0, rtol=1e-14)
    # each coordinate has variance 1/3 and fourth moment 1/5: 5 standard errors
    assert np.all(np.abs(theta.mean(axis=0)) < 5 * np.sqrt(1 / 3 / 20000))
    assert np.all(np.abs((theta**2).mean(axis=0) - 1 / 3) < 5 * np.sqrt((1 / 5 - 1 / 9) / 20000))


@pytest.mark.parametrize("u", [flow.Gaussian(), flow.DoubleWell(), flow.Mixture()])
def test_step_minimises_its_objective(u):
    form = compiled(u, 1)
    before = np.sort(RNG.normal(size=12))
    linear = 0.1 * np.linspace(-1, 1, 12)
    args = (1.0 / 0.02, 1.2, 0.4, 0.3)
    x = before.copy()
    assert jko.minimise(*args, form.kind, form.shape, 0.0, 0.0, linear, x) >= 0

    def objective(y):
        return naive_flow.jko_objective(y, *args, lambda z: form.on_line(z)[0], linear, before)

    found = minimize(
        objective, before, method="Nelder-Mead", options={"maxiter": 40000, "maxfev": 40000, "xatol": 1e-9}
    )
    assert objective(x) <= found.fun + 1e-12
    h = 1e-6
    slope = [(objective(x + h * e) - objective(x - h * e)) / (2 * h) for e in np.eye(12)]
    np.testing.assert_allclose(slope, 0.0, atol=1e-5)


def test_gaussian_to_sample():
    """The midpoint rule errs by less than 1 / cells of a piece: 1e-5 here."""
    sample = np.sort(RNG.gamma(2.0, size=60))
    pieces = np.empty(60)
    transport.normal_pieces(pieces)
    assert pieces.sum() == pytest.approx(0.0, abs=1e-15)
    for m, s in ((0.0, 1.0), (2.0, 1.4), (1.0, 0.0)):
        assert transport.gaussian_gap(sample, pieces, m, s) == pytest.approx(w2_of_gaussian(sample, m, s), abs=2e-5)
    direction, x = np.array([[0.6, 0.8], [1.0, 0.0]]), RNG.normal(size=(60, 2))
    factor, m, out = np.array([[1.0, 0.0], [0.4, 0.7]]), np.array([0.3, -0.2]), np.empty(2)
    transport.sliced_gaussian_gap(direction, np.sort(direction @ x.T, axis=1), pieces, m, factor, out)
    for theta, found in zip(direction, out):
        s = np.sqrt(theta @ factor @ factor.T @ theta)
        assert found == pytest.approx(transport.gaussian_gap(np.sort(x @ theta), pieces, theta @ m, s), rel=1e-12)
