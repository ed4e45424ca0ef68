"""The Gaussian oracle: closed forms against each other and against every solver."""

import time
from decimal import Decimal, localcontext

import numpy as np
import pytest

from mfsolve.models import collapse, flow
from mfsolve.models.flow.closed_form import gaussian_kl
from mfsolve.models.flow.lazy_retraining import lazy_retraining

TIMES = [0.5, 1.0, 2.0]


def gaussian(**changes):
    values = {
        "contamination": 0.5,
        "variance_ratio": 0.4,
        "initial_mean": 1.0,
        "initial_variance": 2.0,
        "diffusivity": 0.8,
    }
    return flow.Parameters(**values | changes)


def test_moments_are_the_model_book():
    p = gaussian()
    found = flow.gaussian_moments(p, TIMES)
    t = np.array(TIMES)
    rest = (1 - 0.5) / (1 - 0.5 * 0.4)
    assert flow.stationary_variance(0.5, 0.4) == rest
    np.testing.assert_allclose(found["mean"], np.exp(-0.8 * 0.5 * t), rtol=1e-13)
    np.testing.assert_allclose(found.variance, rest + (2 - rest) * np.exp(-2 * 0.8 * (1 - 0.2) * t), rtol=1e-13)


def test_free_energy_falls_at_the_rate_of_dissipation():
    p, h = gaussian(dimension=3), 1e-5
    for t in TIMES:
        f = flow.gaussian_moments(p, [t - h, t, t + h])
        slope = float(f.free_energy[2] - f.free_energy[0]) / (2 * h)
        assert slope == pytest.approx(-float(f.dissipation[1]), rel=1e-8)


def test_schedule_with_equal_values_is_a_constant_and_pieces_compose():
    same = flow.gaussian_moments(gaussian(contamination={"times": [0, 1, 3], "values": [0.5, 0.5, 0.5]}), TIMES)
    constant = flow.gaussian_moments(gaussian(), TIMES)
    np.testing.assert_allclose(same.variance, constant.variance, rtol=1e-13)
    ramp = gaussian(contamination={"times": [0.0, 2.0], "values": [0.1, 0.9]})
    whole = flow.gaussian_moments(ramp, [2.0])
    step = 1e-5
    near = flow.gaussian_moments(ramp, [1.0 - step, 1.0, 1.0 + step])
    rho = 0.5
    slope = float(near.variance[2] - near.variance[0]) / (2 * step)
    assert slope == pytest.approx(-1.6 * (1 - rho * 0.4) * float(near.variance[1]) + 1.6 * (1 - rho), rel=1e-7)
    assert float(whole.contamination[0]) == 0.9


STIFF = (
    (1e5, 0.4, [0, 1, 3], [0.1, 1.0, 0.3], 3.0, 0.7954530046680607),
    (1e5, 1.0, [0, 1], [0.2, 1.0], 1.0, 1.0),
    (1e5, 0.999, [0, 1, 2], [1.0, 1 - 1e-6, 0.5], 2.0, 0.9990009790603226),
    (50.0, 0.7, [0, 1], [1.0, 0.0], 0.9, 0.9639178016473742),
    (0.8, 0.4, [0, 2], [0.1, 0.9], 2.0, 0.5908404595528395),
    (1e12, 0.4, [0, 1], [0.3, 0.7], 1.0, 0.4166666666669882),
)
"""sigma, delta, knots of rho and its values, time, and the variance then from 2 at first (mpmath, 30 digits)."""


@pytest.mark.parametrize(("sigma", "delta", "times", "values", "at", "want"), STIFF)
def test_ramps_however_stiff(sigma, delta, times, values, at, want):
    p = gaussian(diffusivity=sigma, variance_ratio=delta, contamination={"times": times, "values": values})
    assert float(flow.gaussian_moments(p, [at]).variance[0]) == pytest.approx(want, rel=1e-13)


@pytest.mark.parametrize("sigma", [1e-6, 0.8, 1e3, 1e5, 1e12])
def test_cost_does_not_grow_with_the_stiffness(sigma):
    """Closed form of a constant; a thousand ramps take milliseconds (2 s allowed), where steps of 1 / sigma took hours."""
    found = flow.gaussian_moments(gaussian(diffusivity=sigma), TIMES)
    rest = 0.5 / 0.8
    want = rest + (2 - rest) * np.exp(-1.6 * sigma * np.array(TIMES))
    np.testing.assert_allclose(found.variance, want, rtol=1e-12)
    many = {
        "times": np.linspace(0.0, 2.0, 1001).tolist(),
        "values": np.random.default_rng(1).uniform(size=1001).tolist(),
    }
    begin = time.perf_counter()
    flow.gaussian_moments(gaussian(diffusivity=sigma, contamination=many), TIMES)
    assert time.perf_counter() - begin < 2.0


@pytest.mark.parametrize("delta", [0.01, 1.0])
def test_contamination_at_its_ends(delta):
    """All human: decay to 1; nothing human: to 0 with a shrinking generator, no motion with one that does not shrink."""
    t = np.array(TIMES)
    none = flow.gaussian_moments(gaussian(contamination=0.0, variance_ratio=delta), TIMES)
    np.testing.assert_allclose(none.variance, 1 + np.exp(-1.6 * t), rtol=1e-13)
    full = flow.gaussian_moments(gaussian(contamination=1.0, variance_ratio=delta), TIMES)
    np.testing.assert_allclose(full.variance, 2 * np.exp(-1.6 * (1 - delta) * t), rtol=1e-13)


@pytest.mark.parametrize("dimension", [1, 3])
@pytest.mark.parametrize("schedule", [0.5, {"times": [0.0, 1.0, 2.0], "values": [0.1, 0.8, 0.4]}])
def test_splitting_particles_agree_within_standard_errors(dimension, schedule):
    n = 2**16
    p = gaussian(dimension=dimension, contamination=schedule)
    found = flow.simulate(p, n, 0.02, TIMES, seed=1, stepper="splitting")
    exact = flow.gaussian_moments(p, TIMES)
    mean = found["mean"].values.reshape(3, -1)
    wanted = exact["mean"].values.reshape(3, -1)
    v = exact.variance.values
    # 4.5 standard errors; the mean's variance is at most max(v, v_0)/n; the variance's is 2 v^2/(n d), as large at the start
    assert np.all(np.abs(mean - wanted) < 4.5 * np.sqrt(2.0 / n))
    # schedule: the step freezes rho at its mid-point, an error below dt^2 (checked by halving: it stays below the noise)
    assert np.all(np.abs(found.variance.values - v) < 4.5 * 2.0 * np.sqrt(2.0 / (n * dimension)))


@pytest.mark.parametrize(("stepper", "order"), [("euler", 1.0), ("splitting", 2.0)])
def test_weak_order_of_the_steppers(stepper, order):
    """The mean-field moments of one step row, iterated without particles: deterministic, so the slope is sharp."""
    from mfsolve.models.flow.particles import step_rows

    p = gaussian(contamination={"times": [0.0, 1.0], "values": [0.2, 0.9]})
    exact = flow.gaussian_moments(p, [1.0])
    errors, steps = [], (20, 40, 80)
    for n in steps:
        h = 1.0 / n
        rows = step_rows(p, stepper, (np.arange(n) + 0.5) * h, h)
        mean, variance = 1.0, 2.0
        for c, a, s, *_ in rows:
            mean, variance = (c + a) * mean, c * c * variance + s * s
        errors.append(np.hypot(mean - float(exact["mean"][0]), variance - float(exact.variance[0])))
    slopes = -np.diff(np.log2(errors))
    # the next term of the expansion is relative dt: below 0.15 at these steps
    np.testing.assert_allclose(slopes, order, atol=0.15)


def test_splitting_moments_are_exact_for_a_constant_contamination():
    from mfsolve.models.flow.particles import step_rows

    p = gaussian()
    exact = flow.gaussian_moments(p, [1.0])
    mean, variance = 1.0, 2.0
    for c, a, s, *_ in step_rows(p, "splitting", np.full(3, 0.5), 1.0 / 3.0):
        mean, variance = (c + a) * mean, c * c * variance + s * s
    assert mean == pytest.approx(float(exact["mean"][0]), rel=1e-13)
    assert variance == pytest.approx(float(exact.variance[0]), rel=1e-13)


@pytest.mark.parametrize("dimension", [1, 2])
def test_grid_is_second_order_in_the_cell_width(dimension):
    p = gaussian(dimension=dimension)
    exact = flow.gaussian_moments(p, [1.0])
    cells = (32, 64, 128)
    errors = []
    for n in cells:
        found = flow.fokker_planck(p, n, [1.0], tolerance=1e-6 if dimension == 1 else 2e-5)
        errors.append(
            [abs(float(found[name][0]) - float(exact[name][0])) for name in ("variance", "kl", "free_energy")]
        )
    slopes = -np.diff(np.log2(errors), axis=0)
    np.testing.assert_allclose(slopes, 2.0, atol=0.15)


def test_jko_is_first_order_in_tau():
    """At fixed M the error in tau is a difference from a fine tau: the error in M drops out."""
    p = gaussian()
    taus = (0.1, 0.05, 0.025, 0.0125)
    found = [float(flow.jko(p, 400, tau, [1.0]).variance[0]) for tau in taus]
    slopes = -np.diff(np.log2(np.abs(np.diff(found))))
    np.testing.assert_allclose(slopes, 1.0, atol=0.15)
    fine = flow.jko(p, 4000, 0.0125, [1.0])
    assert abs(float(fine.variance[0]) - float(flow.gaussian_moments(p, [1.0]).variance[0])) < 0.0125


def test_expected_squared_distance_of_an_empirical_measure():
    """n E W2^2(mu^n, N(0, 1)) at time 0, against direct numerical moments of the order statistics' rate: O(log log n)."""
    p = flow.Parameters(contamination=0.5, variance_ratio=0.4)
    scaled = {}
    for n in (100, 1600):
        squares = [float(flow.simulate(p, n, 1.0, [0.0], seed=2, replicate=r).w2_drift[0]) ** 2 for r in range(100)]
        scaled[n] = n * np.mean(squares), n * np.std(squares) / 10
    # bounded growth: log log n grows by 0.47 from 100 to 1600 (del Barrio, Gine & Utzet 2005); 4 standard errors
    assert abs(scaled[1600][0] - scaled[100][0]) < 0.6 + 4 * np.hypot(scaled[100][1], scaled[1600][1])


def test_market_as_a_schedule():
    import xarray as xr

    market = xr.Dataset(
        {"contamination": ("generation", np.array([0.1, 0.3, 0.6]))}, coords={"generation": np.arange(3)}
    )
    schedule = flow.Schedule.from_market(market, 0.5)
    assert schedule.times == (0.0, 0.5, 1.0)
    assert schedule.values == (0.3, 0.6, 0.6)
    assert float(gaussian(contamination=schedule).rho(0.25)) == pytest.approx(0.45)


@pytest.mark.parametrize("policy", ["none", "closed_form"])
def test_full_retraining_driven_by_the_market_is_the_market(policy):
    """One lazy step with tau = 1 per generation is the market's own recursion, to rounding (MODEL 2.8)."""
    market = collapse.mean_field(collapse.Parameters(), policy, 10)
    p = flow.Parameters(
        contamination={"policy": policy, "generations": 10, "generation_time": 0.5}, variance_ratio=0.4735
    )
    lazy = lazy_retraining(p, 1.0, 0.5 * np.arange(1, 11))
    np.testing.assert_allclose(lazy["variance"], market.pool_variance[1:], rtol=1e-14)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"policy": "nun", "generations": 5}, "nun"),
        ({"policy": "none", "generations": 0}, r"generations: 0 given.*allowed: \[1, 1000000\]"),
        ({"policy": "none", "parameters": {"imitatio": 0.5}}, "did you mean imitation"),
        ({"time": [0.0]}, "allowed: `times` and `values`, a market's"),
    ],
)
def test_markets_that_cannot_drive_a_flow(table, message):
    with pytest.raises(ValueError, match=message):
        gaussian(contamination=table)


def test_divergences_of_narrow_and_wide_gaussians_against_decimals():
    """Within 4 eps, 2^-52 each, of d (s2 - 1 - ln s2) / 2, near s2 = 1 as elsewhere."""
    away = np.geomspace(1e-12, 0.99, 2000)
    s2 = np.concatenate([1 + away, 1 - away])
    found = gaussian_kl(np.zeros((s2.size, 1)), s2, 2)
    with localcontext(prec=50):
        exact = [Decimal(float(x)) for x in s2]
        truths = [x - 1 - x.ln() for x in exact]
        worst = max(abs(Decimal(float(k)) / truth - 1) for k, truth in zip(found, truths))
    assert worst < 4 * Decimal(2) ** -52
