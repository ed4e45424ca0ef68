"""Aggregates of the static market against brute force and differences, over random economies (MODEL 5.1)."""

import numpy as np
import pytest
from mfsolve.kernels.supply_shock import economy as layout
from mfsolve.kernels.supply_shock import market
from naive import supply_shock as naive
from support.supply_shock import COLUMNS, economy, random_economies

from mfsolve.models.supply_shock import ORDERS, Parameters, scan
from mfsolve.models.supply_shock.many_economies import economy_rows


def test_every_order_turns_up_and_shares_add_up():
    given = random_economies()
    seen = {ORDERS[k] for k in np.unique(given.order)}
    assert seen >= set(ORDERS[:8]) | {"exit human ai human", "exit ai human ai", "ai human ai"}
    for name, values in vars(given).items():
        assert np.isfinite(values).all(), name
    shares = np.array([given.exit_share, given.ai_share, given.human_share])
    assert shares.min() >= -1e-15
    np.testing.assert_allclose(shares.sum(axis=0), 1.0, atol=4e-15)
    assert (given.lower_cutoff <= given.upper_cutoff + 1e-15).all()


def test_against_a_population_on_a_grid_of_skills():
    given = random_economies()
    several = given.map_slope > 0.0  # the twin's bisection takes any fixed point
    for i in np.flatnonzero((given.ai_volume > 0) & ~several)[:25]:
        p = economy(i)
        twin = naive.crowd(p, *naive.grid(p, 20_000))
        shares = (given.exit_share[i], given.ai_share[i], given.human_share[i])
        # a boundary is off by half a cell at most; densities here stay below 10 or so
        np.testing.assert_allclose(shares, twin["shares"], atol=2e-3)
        assert given.welfare[i] == pytest.approx(twin["welfare"], abs=2e-3)


def test_slope_of_welfare_against_differences():
    given = random_economies()
    base = dict(COLUMNS)
    h = 1e-6
    up = scan(Parameters(), {**base, "ai_cost": COLUMNS["ai_cost"] * (1 + h)})
    down = scan(Parameters(), {**base, "ai_cost": COLUMNS["ai_cost"] * (1 - h)})
    slope = (up.welfare - down.welfare) / (2 * h * COLUMNS["ai_cost"])
    same = (up.order == down.order) & (np.abs(given.map_slope) < 50) & (given.ai_volume > 1e-3)
    scale = np.abs(given.welfare_slope) + 1.0
    error = np.abs(slope - given.welfare_slope)[same] / scale[same]
    assert same.sum() > 3000
    assert np.median(error) < 1e-8
    assert np.quantile(error, 0.99) < 1e-5  # the rest have a segment or a fixed point about to vanish


@pytest.mark.parametrize("i", range(0, 200, 10))
def test_masses_of_adopters_their_slopes_and_bounds(i):
    p = economy_rows(economy(i))[0]
    most = market.greatest_pollution(p)
    B = np.linspace(0.0, 1.0, 200) * most
    mass, moved, bounds = np.empty((200, 2)), np.empty((200, 2)), np.empty((199, 2))
    market.adopter_masses(p, B, mass)
    h = 1e-7
    market.adopter_masses(p, B + h, moved)
    slope = (moved[:, 0] - mass[:, 0]) / h
    # differences are off by h times a curvature, but where a segment begins
    assert np.median(np.abs(slope - mass[:, 1]) / (1.0 + np.abs(slope))) < 1e-5
    market.adopter_bounds(p, B[:-1], B[1:], bounds)
    for k in (0, 1):
        assert np.all(bounds[:, 0] <= mass[k : 199 + k, 0] + 1e-13)
        assert np.all(bounds[:, 1] >= mass[k : 199 + k, 0] - 1e-13)
    alike = np.empty((200, 2))
    market.adopter_bounds(p, B, B, alike)
    np.testing.assert_array_equal(alike[:, 0], mass[:, 0])
    np.testing.assert_array_equal(alike[:, 1], mass[:, 0])
    beyond = most + np.linspace(1e-9, 1.0, 50)
    above = np.empty((50, 2))
    market.adopter_masses(p, beyond, above)
    volume = (p[layout.REFERENCE] / p[layout.COST]) ** p[layout.EXPONENT]
    assert np.all(p[layout.WEIGHT] * np.log1p(p[layout.RATE] * volume * above[:, 0]) < beyond)


@pytest.mark.parametrize("beta", [1e-3, 1.0, 1e9])
@pytest.mark.parametrize("eta", [1.0, 1e6])
def test_the_volume_at_rest_is_the_adopters_or_the_one_that_pollutes_as_said(beta, eta):
    """The adopters' own, to the bit, where it calls the pollution to 1e-10, and (exp(B / beta) - 1) / eta where not."""
    adopters = 0.3
    called = beta * np.log1p(eta * adopters)
    assert market.volume_at_rest(called * (1.0 + 0.9e-10), adopters, beta, eta) == adopters
    for other in (0.5 * called, called * (1.0 + 3e-10)):
        resting = market.volume_at_rest(other, adopters, beta, eta)
        assert resting != adopters
        assert beta * np.log1p(eta * resting) == pytest.approx(other, rel=1e-14)
