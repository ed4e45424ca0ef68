"""Stocks in continuous time: the Jacobian against differences, the order of the step, its damping of what is stiff."""

import numpy as np
import pytest
from mfsolve.kernels.creators import stocks, stocks_stiff

REGIMES = [stocks.FREE_FOR_ALL, stocks.STRICT_RIGHTS, stocks.INTERMEDIARY]
MARKET = stocks.Market(1.0, 20.0, 0.5, 1.5, 0.0, 1.0, 0.1, 1.0, 1.0)
START = (1.0, 0.5)


def integrate(market, times, regime, tolerance=1e30, start=START):
    """Stocks (2, t); with a tolerance that allows everything every step goes from one time to the next."""
    K, exits, peaks = np.empty((2, 1, times.size)), np.empty(1), np.empty((2, 1))
    K[:, 0, 0] = start
    begin = stocks.Start(*start, 0.0, regime)
    assert stocks_stiff.integrate(np.array(market)[None], begin, times, tolerance, 1e-12, K, exits, peaks) == -1
    return K[:, 0]


@pytest.mark.parametrize("regime", REGIMES)
def test_jacobian_against_differences(regime):
    rng = np.random.default_rng(regime)
    for _ in range(60):
        loadings = [rng.choice([0.0, rng.random()]), 2 * rng.random()]
        supply, elasticities, feedback = 10 ** rng.uniform(-1, 2), rng.uniform(0.1, [2, 5]), 10 ** rng.uniform(-2, 2)
        p = stocks.Market(1.0, supply, *elasticities, *loadings, 0.1, 1.0, feedback)
        K, h = 10 ** rng.uniform(-1, 2, (2, 1)), 1e-6
        want, out = np.empty((2, 2)), np.empty((8, 1))
        here = K[:, 0]
        got = stocks_stiff.jacobian(p, regime, 1.0, *here, stocks.instant(p, regime, 1.0, *here))
        for j in (0, 1):
            ends = []
            for sign in (1, -1):
                moved = K * np.where(np.arange(2) == j, 1 + sign * h, 1.0)[:, None]
                stocks.instants(np.array(p)[None], regime, np.ones(1), moved, out)
                ends.append(out[6:, 0] - p.dep * moved[:, 0])
            want[:, j] = (ends[0] - ends[1]) / (2 * h * K[j, 0])
        # prices are found to rounding: its share of the slopes, over the difference
        noise = 1e-14 * (np.abs(ends[0]).max() + out[6:].max()) / (h * K.min()) + 1e-6 * np.abs(want).max()
        assert np.abs(np.reshape(got, (2, 2)) - want).max() < 10 * noise


@pytest.mark.parametrize("regime", REGIMES)
def test_steps_are_of_second_order(regime):
    exact = integrate(MARKET, np.linspace(0.0, 10.0, 6401), regime)[:, -1]
    counts = (200, 400, 800)
    errors = [np.abs(integrate(MARKET, np.linspace(0.0, 10.0, n + 1), regime)[:, -1] - exact).max() for n in counts]
    assert -np.polyfit(np.log(counts), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("regime", REGIMES[1:])
def test_what_is_stiff_is_damped_in_a_step(regime):
    market = MARKET._replace(dep=1e6)
    times = np.linspace(0.0, 100.0, 101)  # a step is a million time scales
    K = integrate(market, times, regime, start=(5.0, 3.0))
    out = np.empty((8, 1))
    stocks.instants(np.array(market)[None], regime, np.ones(1), K[:, -1:], out)
    rest = out[6:, 0] / 1e6
    np.testing.assert_allclose(K[:, -1], rest, rtol=1e-9)
    assert np.abs(K[:, 1] - rest).max() < 1e-4 * 5.0  # one over the step, times the start
    assert (K[:, 2:] > 0).all()


def test_errors_fall_with_the_tolerance():
    # a step's error is of third order and kept at the tolerance, that of the path is of second: power 2/3
    times, tolerances = np.linspace(0.0, 60.0, 7), 10.0 ** -np.arange(3, 8)
    exact = integrate(MARKET, times, stocks.STRICT_RIGHTS, 1e-11)
    errors = [np.abs(integrate(MARKET, times, stocks.STRICT_RIGHTS, rtol) / exact - 1).max() for rtol in tolerances]
    assert np.polyfit(np.log(tolerances), np.log(errors), 1)[0] == pytest.approx(2 / 3, abs=0.1)
