"""The estimate attains the Cramer-Rao bound; wrong weights do not, by as much as they should."""

import math

import numpy as np
import pytest
from naive import creators as naive

from mfsolve.models.creators import (
    EstimationRules,
    blue_weights,
    mean_squared_error,
    saddle_point,
    simulate_estimation,
    static_market,
)

RNG = np.random.default_rng(7)
LOADING = RNG.random(200)
MARKET = static_market(LOADING, 2.0)
MARKET_PHI = {True: MARKET.precision_market, False: MARKET.precision_planner}


def sure(estimation, value):
    """Within 4.5 standard errors of a value, on the scale of `attained`."""
    return abs(estimation.attained - value) < 4.5 * estimation.standard_error * estimation.precision


@pytest.mark.parametrize("effort", [MARKET.effort_market, MARKET.effort_planner], ids=["market", "planner"])
@pytest.mark.parametrize("two_valued", [False, True])
def test_the_bound_is_attained(effort, two_valued):
    got = simulate_estimation(LOADING, effort, 2.0, 20_000, 3, EstimationRules(two_valued=two_valued, theta=40.0))
    assert got.predicted == pytest.approx(1.0, rel=1e-12)
    assert sure(got, 1.0)
    assert got.interval[0] < got.attained < got.interval[1]
    assert abs(got.bias) < 4.5 * got.bias_error


def test_precision_is_the_markets():
    got = simulate_estimation(LOADING, MARKET.effort_market, 2.0, 100, 3)
    assert got.precision == pytest.approx(MARKET.precision_market, rel=1e-12)
    np.testing.assert_allclose(
        blue_weights(LOADING, MARKET.effort_market, 2.0), MARKET.weight_market, rtol=1e-10, atol=1e-15
    )


@pytest.mark.parametrize("assumed", [1e-3, 0.2, 20.0])
def test_wrongly_assumed_variance_costs_what_is_predicted(assumed):
    got = simulate_estimation(
        LOADING, MARKET.effort_market, 2.0, 20_000, 5, EstimationRules(assumed_bias_variance=assumed)
    )
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
    np.testing.assert_allclose(naive.minimax_weights(x, e, 2.0), blue_weights(x, e, 2.0), rtol=1e-9, atol=1e-13)
    best = mean_squared_error(blue_weights(x, e, 2.0), x, e, 2.0)
    for _ in range(200):
        other = blue_weights(x, e, 2.0) + 0.01 * RNG.normal(size=40)
        assert mean_squared_error(other / other.sum(), x, e, 2.0) > best


@pytest.mark.parametrize("effort", [MARKET.effort_market, MARKET.effort_planner], ids=["market", "planner"])
def test_the_estimate_is_a_saddle_point_and_others_are_not(effort):
    found = saddle_point(LOADING, effort, 2.0, seed=3)
    assert found.gap <= found.rounding < 1e-9
    assert found.worst == pytest.approx(1.0, rel=1e-12)  # 1 / Phi, whatever the searched adversary
    for assumed in (1.9, 2.1, 20.0):
        wrong = saddle_point(LOADING, effort, 2.0, seed=3, assumed_bias_variance=assumed)
        assert wrong.gap > 10 * wrong.rounding
        assert wrong.worst == pytest.approx(
            mean_squared_error(blue_weights(LOADING, effort, assumed), LOADING, effort, 2.0) * MARKET_PHI[effort is MARKET.effort_market],
            rel=1e-12,
        )  # fmt: skip
        assert wrong.best >= 1.0 - wrong.rounding  # no weights beat the best ones


def test_creators_without_effort_are_no_part_of_the_saddle_point():
    x, e = [0.2, 0.9, 0.4], [1.0, 0.0, 2.0]
    found, without = saddle_point(x, e, 1.0, seed=1), saddle_point([0.2, 0.4], [1.0, 2.0], 1.0, seed=1)
    assert found.gap <= found.rounding
    assert found.worst == pytest.approx(without.worst, rel=1e-13)


def test_overwhelming_loadings_weigh_nothing():
    np.testing.assert_allclose(blue_weights([1e49, 0.1], [1.0, 1.0], 1.0), [0.0, 1.0], atol=1e-15)
    np.testing.assert_allclose(blue_weights([1e50, 1e-50], [1.0, 1e100], 1e300), [0.0, 1.0], atol=1e-15)


def test_bits_do_not_depend_on_threads():
    x, e = np.array([0.2, 0.9]), np.array([1.0, 2.0])
    one, two = (simulate_estimation(x, e, 1.0, 200_000, 9, threads=t) for t in (1, 2))
    assert one == two


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"questions": 1}, "questions: 1 given"),
        ({"bias_variance": 0.0}, "bias_variance: 0.0 given"),
        ({"effort": [0.0, 0.0]}, "effort: 0.0 given; allowed: at least one above 0"),
        ({"effort": [1.0]}, "effort: "),
        ({"rules": "two_valued"}, "rules: 'two_valued' given; allowed: creators.EstimationRules"),
        ({"questions": 2.5}, "questions: 2.5 given; allowed: whole numbers"),
        ({"loading": [1e200, 0.1]}, r"loading: 1e\+200 given at index 0; allowed: \[0, 1e50\]"),
        ({"effort": [1e200, 0.1]}, r"effort: 1e\+200 given at index 0; allowed: \[0, 1e100\]"),
        ({"effort": ["a", 1.0]}, r"effort: \['a', 1\.0\] given; allowed: a vector of numbers in \[0, "),
        ({"threads": 0}, "threads: 0 given"),
    ],
)
def test_bad_input_is_one_line(change, message):
    good = {"loading": [0.1, 0.2], "effort": [1.0, 1.0], "bias_variance": 1.0, "questions": 10, "seed": 0}
    with pytest.raises(ValueError, match=message):
        simulate_estimation(**{**good, **change})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_squared_error([0.5, 0.5], [1.0, 1.0], [1.0, 1.0], -1.0), "bias_variance: -1.0 given"),
        (
            lambda: mean_squared_error([1.0], [1.0, 1.0], [1.0, 1.0], 1.0),
            r"weight: \(1,\) given; allowed: a vector \(2,\)",
        ),
        (lambda: mean_squared_error([1.0, 1.0], [1.0, 1.0], [1.0, 0.0], 1.0), "weight: 'non-zero' given"),
        (lambda: EstimationRules(assumed_bias_variance=-1.0), r"assumed_bias_variance: -1\.0 given.*allowed: \(0, "),
        (lambda: EstimationRules(level=1.0), r"level: 1\.0 given.*allowed: \(0, 1\)"),
        (lambda: EstimationRules(theta=math.inf), "theta: inf given"),
        (lambda: saddle_point([1.0], [1.0], 1.0, alternatives=1), "alternatives: 1 given"),
    ],
)
def test_bad_weights_are_one_line(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_lists_will_do():
    assert mean_squared_error([0.5, 0.5], [1, 1], [1.0, 1.0], 1.0) == 1.5
