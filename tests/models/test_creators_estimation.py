"""The estimate attains the Cramer-Rao bound; wrong weights do not, by as much as they should."""

import math

import numpy as np
import pytest

from mfsolve.models.creators import (
    blue,
    mean_squared_error,
    minimax_weights,
    simulate_estimation,
    static_market,
)

RNG = np.random.default_rng(7)
LOADING = RNG.random(200)
MARKET = static_market(LOADING, 2.0)


def sure(estimation, value):
    """Within 4.5 standard errors of a value, on the scale of `attained`."""
    return abs(estimation.attained - value) < 4.5 * estimation.standard_error * estimation.precision


@pytest.mark.parametrize("effort", [MARKET.effort_market, MARKET.effort_planner], ids=["market", "planner"])
@pytest.mark.parametrize("two_valued", [False, True])
def test_the_bound_is_attained(effort, two_valued):
    got = simulate_estimation(LOADING, effort, 2.0, 20_000, 3, two_valued=two_valued, theta=40.0)
    assert got.predicted == pytest.approx(1.0, rel=1e-12)
    assert sure(got, 1.0)
    assert got.interval[0] < got.attained < got.interval[1]
    assert abs(got.bias) < 4.5 * got.bias_error


def test_precision_is_the_markets():
    got = simulate_estimation(LOADING, MARKET.effort_market, 2.0, 100, 3)
    assert got.precision == pytest.approx(MARKET.precision_market, rel=1e-12)
    np.testing.assert_allclose(blue(LOADING, MARKET.effort_market, 2.0), MARKET.weight_market, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("assumed", [1e-3, 0.2, 20.0])
def test_wrongly_assumed_variance_costs_what_is_predicted(assumed):
    got = simulate_estimation(LOADING, MARKET.effort_market, 2.0, 20_000, 5, assumed_bias_variance=assumed)
    assert got.predicted > 1.0
    assert sure(got, got.predicted)


def test_intervals_cover():
    hits = [
        low < 1.0 < high
        for low, high in (
            simulate_estimation(LOADING[:5], MARKET.effort_market[:5], 2.0, 50, 1, replicate=r).interval
            for r in range(400)
        )
    ]
    assert abs(np.mean(hits) - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 400)


def test_minimax_weights_are_the_same():
    x, e = LOADING[:40], MARKET.effort_market[:40]
    np.testing.assert_allclose(minimax_weights(x, e, 2.0), blue(x, e, 2.0), rtol=1e-9, atol=1e-13)
    best = mean_squared_error(blue(x, e, 2.0), x, e, 2.0)
    for _ in range(200):
        other = blue(x, e, 2.0) + 0.01 * RNG.normal(size=40)
        assert mean_squared_error(other / other.sum(), x, e, 2.0) > best


def test_bits_do_not_depend_on_threads():
    x, e = np.array([0.2, 0.9]), np.array([1.0, 2.0])
    one, two = (simulate_estimation(x, e, 1.0, 200_000, 9, threads=t) for t in (1, 2))
    assert one == two


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"questions": 1}, "questions: 1 given"),
        ({"bias_variance": 0.0}, "bias_variance: 0.0 given"),
        ({"assumed_bias_variance": -1.0}, "bias_variance: -1.0 given"),
        ({"effort": [0.0, 0.0]}, "effort: 0.0 given; allowed: at least one above 0"),
        ({"effort": [1.0]}, "effort: "),
        ({"level": 1.0}, "level: 1.0 given"),
        ({"theta": math.inf}, "theta: inf given"),
    ],
)
def test_bad_input_is_one_line(change, message):
    good = {"loading": [0.1, 0.2], "effort": [1.0, 1.0], "bias_variance": 1.0, "questions": 10, "seed": 0}
    with pytest.raises(ValueError, match=message):
        simulate_estimation(**{**good, **change})
