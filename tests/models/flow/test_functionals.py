"""Functionals against POT, closed forms and each other; refusals of bad input."""

import numpy as np
import pytest

from mfsolve.models import flow
from mfsolve.models.flow import cells, functionals

RNG = np.random.default_rng(8)


def test_w2_on_the_line_is_pot():
    ot = pytest.importorskip("ot")
    a, b = RNG.normal(size=400), 1.0 + 2.0 * RNG.normal(size=300)
    assert flow.w2(a, b) ** 2 == pytest.approx(float(ot.wasserstein_1d(a, b, p=2)), rel=1e-10)


def test_sliced_w2_is_pot_on_the_same_directions_and_tells_its_error():
    ot = pytest.importorskip("ot")
    from mfsolve.kernels.random import philox
    from mfsolve.kernels.random.directions import random_directions

    a, b = RNG.normal(size=(3, 200)), 0.5 + RNG.normal(size=(3, 200))
    found = flow.sliced_w2(a, b, 64, seed=1)
    theta = np.empty((64, 3))
    random_directions(philox.stream_key(1, "flow directions"), np.uint64(0), theta)
    pot = ot.sliced_wasserstein_distance(a.T.copy(), b.T.copy(), projections=theta.T.copy())
    assert found.distance == pytest.approx(float(pot), rel=1e-10)
    many = flow.sliced_w2(a, b, 4096, seed=2)
    assert abs(found.squared - many.squared) < 4 * np.hypot(found.standard_error, many.standard_error)


def test_bures_is_pot_and_the_isotropic_form():
    ot = pytest.importorskip("ot")
    root = RNG.normal(size=(3, 3))
    cov, mean = root @ root.T, RNG.normal(size=3)
    pot = ot.gaussian.bures_wasserstein_distance(mean, np.zeros(3), cov, np.eye(3))
    assert flow.bures(mean, cov, np.zeros(3), np.eye(3)) == pytest.approx(float(pot), rel=1e-10)
    assert flow.bures(mean, 4 * np.eye(3), np.zeros(3), np.eye(3)) == pytest.approx(np.sqrt(mean @ mean + 3), rel=1e-12)


def test_distance_to_a_normal_is_exact():
    p = flow.Parameters(contamination=0.5, variance_ratio=0.5)
    x = np.sort(RNG.normal(size=50))
    quantiles = functionals.quantiles_of_density(*_normal_cells())
    assert functionals.w2_to_human(p, x) == pytest.approx(flow.w2(x, quantiles), rel=1e-4)
    # the cell means of the normal quantile function: W2^2 = 1 - mean of their squares
    assert functionals.w2_to_human(p, np.zeros(1)) == pytest.approx(1.0, rel=1e-12)


def _normal_cells():
    x = np.linspace(-9, 9, 60001)
    return x, np.exp(-0.5 * x**2)


def test_grid_density_of_a_gaussian_has_its_distance():
    p = flow.Parameters(contamination=0.5, variance_ratio=0.5, initial_mean=0.7, initial_variance=1.5)
    exact = float(flow.gaussian_moments(p, [0.0]).w2_drift[0])
    errors = [abs(float(flow.fokker_planck(p, n, [0.0]).w2_drift[0]) - exact) for n in (100, 200, 400)]
    np.testing.assert_allclose(-np.diff(np.log2(errors)), 2.0, atol=0.2)


def test_modes_are_counted():
    x = np.linspace(-4, 4, 401)
    two = np.exp(-8 * (x - 1) ** 2) + 0.3 * np.exp(-8 * (x + 1) ** 2)
    assert functionals.density_modes(two) == 2
    assert functionals.density_modes(np.exp(-(x**2))) == 1


BAD_PARAMETERS = [
    ({"contamination": 1.5}, r"contamination.*1\.5.*\[0, 1\]"),
    ({"contamination": -0.1}, r"contamination.*-0\.1.*\[0, 1\]"),
    ({"variance_ratio": 0.0}, r"variance_ratio.*\(0, 1\]"),
    ({"diffusivity": -1.0}, r"diffusivity.*\(0, 1000000000000\]"),
    ({"potential": "box"}, "potential.*gaussian, double_well, mixture, tabulated"),
    (
        {"potential": {"kind": "tabulated", "x": [0, 1, 2, 3], "values": [0, 1, 2, 3]}},
        "potential.*slopes.*confining",
    ),
    ({"potential": {"kind": "double_well", "barrier": 0}}, "barrier"),
    ({"contamination": {"times": [0, 1], "values": [0, 2]}}, "values"),
    ({"contamination": {"times": [1, 0], "values": [0, 1]}}, "times.*increasing"),
    ({"initial_mean": (1.0, 2.0)}, "initial_mean.*dimension"),
    ({"domain": (1.0, 0.0)}, "domain.*low < high"),
    ({"interaction": "negative_distance", "dimension": 2}, "dimension.*negative_distance"),
    ({"domain": (0.0, 1e-9)}, "domain.*apart or more"),
    ({"potential": {"kind": "double_well", "width": 1e300}}, r"width.*\[1e-06, 1000000\]"),
    ({"interaction": {"kind": "negative_distance", "strength": 1e6}}, r"strength.*\[-1000, 1000\]"),
    ({"interaction": "gravity"}, "interaction.*gaussian_kernel"),
]


@pytest.mark.parametrize(("change", "message"), BAD_PARAMETERS)
def test_bad_parameters_are_one_line(change, message):
    with pytest.raises(ValueError, match=message) as caught:
        flow.Parameters(**{"contamination": 0.5, "variance_ratio": 0.5} | change)
    assert "\n" not in str(caught.value)


GOOD = flow.Parameters(contamination=0.5, variance_ratio=0.5)
RAMP = flow.Parameters(contamination={"times": [0.0, 1.0], "values": [0.1, 0.9]}, variance_ratio=0.5)
WELL = flow.Parameters(contamination=0.0, variance_ratio=0.5, potential="double_well", initial_variance=9.0)

BAD_CALLS = [
    (lambda: flow.simulate(GOOD, 100, 0.0, [1.0], 1), r"dt: 0\.0 given; allowed: \(0, inf\)"),
    (
        lambda: flow.simulate(GOOD, 100, 5.0, [10.0], 1),
        r"dt: 5\.0 given; allowed with the euler stepper: \(0, 2\.6",
    ),
    (lambda: flow.simulate(GOOD, 1, 0.1, [1.0], 1), r"particles: 1 given; allowed: whole numbers in \[2, "),
    (lambda: flow.simulate(GOOD, 100, 0.1, [1.0, 0.5], 1), "times"),
    (lambda: flow.simulate(GOOD, 100, 0.1, [1.0], -1), "seed"),
    (lambda: flow.simulate(GOOD, 100, 0.1, [1.0], 1, stepper="heun"), "stepper.*euler, splitting"),
    (lambda: flow.simulate(GOOD, 100, 0.1, flow.Snapshots([1.0], quantiles=[2.0]), 1), "quantiles"),
    (lambda: flow.simulate(RAMP, 100, 0.1, [2.0], 1), r"contamination: schedule over \[0, 1\].*\[0, 2\]"),
    (lambda: flow.gaussian_moments(RAMP, [2.0]), "contamination: schedule"),
    (lambda: flow.gaussian_moments(WELL, [2.0]), "potential"),
    (lambda: flow.fokker_planck(GOOD, 4, [1.0]), r"cells: 4 given; allowed: whole numbers in \[8"),
    (lambda: flow.fokker_planck(GOOD, 100, [1.0], tolerance=0.0), "tolerance"),
    (lambda: flow.jko(GOOD, 100, -1.0, [1.0]), r"tau: -1\.0 given"),
    (lambda: flow.jko(GOOD, 100, 1e-9, [1.0]), r"tau: 1e-09 given; allowed: at most 100000 steps, .* 1e-05 or more"),
    (lambda: flow.w2([], [1.0]), "first"),
    (lambda: flow.w2([[0, 1], [10, 11]], [[10, 11], [0, 1]]), r"first: \(2, 2\) given; allowed: a vector"),
    (lambda: flow.w2([1.0], [[1.0, 2.0]]), r"second: \(1, 2\) given"),
    (lambda: flow.w2([1.0, np.inf], [1.0, 2.0]), "first: inf given at index 1"),
    (lambda: flow.quantiles_of_sample([[0.0, 1.0]]), r"sample: \(1, 2\) given"),
    (lambda: flow.quantiles_of_density([[0.0, 1.0]], [[1.0, 1.0]]), r"x: \(1, 2\) given"),
    (lambda: flow.quantiles_of_density([0.0, 1.0, 5.0], [1.0, 1.0, 1.0]), "x: uneven or falling"),
    (lambda: flow.quantiles_of_density([1.0, 0.0], [1.0, 1.0]), "x: uneven or falling"),
    (lambda: flow.quantiles_of_density([0.0, 1.0], [1.0, np.inf]), "density: inf given at index 1"),
    (lambda: flow.bures([0, 0], np.eye(2), [0, 0], -np.eye(2)), "covariance_b: allowed: a symmetric positive"),
    (lambda: flow.bures([0, 0], -np.eye(2), [0, 0], np.eye(2)), "covariance_a: allowed: a symmetric positive"),
    (lambda: flow.bures([0, 0], [[1, 9], [0, 1]], [0, 0], np.eye(2)), "covariance_a: allowed: a symmetric positive"),
    (lambda: flow.bures([0, 0], np.eye(2), [0, 0], [[1, 9], [0, 1]]), "covariance_b: allowed: a symmetric positive"),
    (lambda: flow.bures([0, 0], 1e-20 * np.diag([1, -1]), [0, 0], np.eye(2)), "covariance_a: allowed: a symmetric"),
    (lambda: flow.bures([0], np.eye(2), [0, 0], np.eye(2)), r"mean_a: \(1,\) given"),
    (lambda: flow.bures([0, 0], np.eye(2), [0, 0], [[1.0]]), r"covariance_b: \(1, 1\) given; allowed: \(2, 2\)"),
    (lambda: flow.bures([0, 0], np.eye(2), [np.nan, 0], np.eye(2)), "mean_b: nan given"),
    (lambda: flow.sliced_w2(np.full((2, 3), np.nan), np.zeros((2, 5)), 4, 1), "first: nan given"),
    (lambda: functionals.density_modes([0.0, np.nan]), "density: nan given"),
    (lambda: flow.stationary_variance(2.0, 0.5), r"contamination: 2\.0 given"),
    (lambda: flow.stationary_variance(0.5, 2.0), r"variance_ratio: 2\.0 given"),
    (lambda: flow.FlowLevels(WELL, 1.0, "median"), "observable"),
]


@pytest.mark.parametrize(("call", "message"), BAD_CALLS)
def test_bad_calls_are_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_law_far_beyond_the_walls_is_reflected_without_counting_its_images():
    def masses(mean, deviation):
        p = flow.Parameters(
            contamination=0.5, variance_ratio=0.5, domain=(-1.0, 1.0), initial_mean=mean, initial_variance=deviation**2
        )
        return cells.initial_masses(p, -1.0, 0.02, 100, np.zeros(100), 0)

    for mean in (0.3, -0.7, 1.0):
        for far in (4.0 * 60, -4.0 * 60, 4.0 * 200_000):
            np.testing.assert_allclose(masses(mean + far, 0.4), masses(mean, 0.4), rtol=1e-9)
            np.testing.assert_allclose(masses(2.0 - mean + far, 0.4), masses(mean, 0.4), rtol=1e-9)
    np.testing.assert_allclose(masses(0.3, 199.0), masses(0.3, 1e6), rtol=1e-9)


def test_a_diverging_run_says_where_and_what_to_try():
    with pytest.raises(flow.DivergedError, match=r"dt: 0\.05 given.*step \d+, \d+ of 5000 particles.*try dt = 0\.0125"):
        flow.simulate(WELL, 5000, 0.05, [1.0], 1)
    # the splitting step's exact kick has no such limit
    assert np.isfinite(flow.simulate(WELL, 5000, 0.05, [1.0], 1, stepper="splitting").variance.values).all()
