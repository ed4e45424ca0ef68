"""Boundaries and aggregates of the supply shock against brute force, over random economies of every order."""

import numpy as np
import pytest
from mfsolve.kernels.supply_shock import economy as layout
from mfsolve.kernels.supply_shock import segments
from naive import supply_shock as naive

from mfsolve.models.supply_shock import ORDERS, Parameters, payoffs, scan
from mfsolve.models.supply_shock.many_economies import COLUMNS, economy_rows, solve_markets


def economies(count, seed):
    """Random economies over wide ranges: every order of options and every degenerate case turns up."""
    r = np.random.default_rng(seed)
    cost = r.uniform(0.01, 0.9, count)
    return {
        "skill_a": 1 + 10 ** r.uniform(-1, 1, count),
        "skill_b": 1 + 10 ** r.uniform(-1, 1, count),
        "pollution_weight": 10 ** r.uniform(-3, 1, count),
        "pollution_rate": 10 ** r.uniform(-2, 2, count),
        "human_efficiency": 10 ** r.uniform(-1, 1, count),
        "ai_quality": 10 ** r.uniform(-1, 0.3, count),
        "ai_cost": cost,
        "reference_cost": cost * 10 ** r.uniform(0, 2, count),
        "volume_exponent": r.uniform(0, 2, count),
        "adoption_cost": np.where(r.random(count) < 0.5, 0.0, 10 ** r.uniform(-3, -1, count)),
        "adoption_skill_cost": 10 ** r.uniform(-3, 0, count),
        "outside_option": np.where(r.random(count) < 0.2, 0.0, 10 ** r.uniform(-4, -0.7, count)),
    }


COLUMN = economies(20_000, 1)
FOUND = scan(Parameters(), COLUMN)


def economy(i):
    return Parameters(**{name: float(values[i]) for name, values in COLUMN.items()})


def test_every_order_turns_up_and_shares_add_up():
    seen = {ORDERS[k] for k in np.unique(FOUND.order)}
    assert seen >= set(ORDERS[:8]) | {"exit human ai human", "exit ai human ai", "ai human ai"}
    for name, values in vars(FOUND).items():
        assert np.isfinite(values).all(), name
    shares = np.array([FOUND.exit_share, FOUND.ai_share, FOUND.human_share])
    assert shares.min() >= -1e-15
    np.testing.assert_allclose(shares.sum(axis=0), 1.0, atol=4e-15)
    assert (FOUND.lower_cutoff <= FOUND.upper_cutoff + 1e-15).all()


def test_boundaries_against_sign_changes_on_a_grid():
    cut, option = np.empty(segments.OPTIONS + 1), np.empty(segments.OPTIONS, np.int64)
    checked = 0
    # all rare orders, and a sample of the frequent ones
    rare = np.flatnonzero(np.isin(FOUND.order, np.flatnonzero(np.bincount(FOUND.order) < 60)))[:60]
    for i in np.concatenate([rare, np.arange(30)]):
        p = economy(i)
        burden = float(FOUND.pollution[i])
        count = segments.segments(economy_rows(p)[0], burden, cut, option)
        taken, ends = naive.division(p, burden)
        if np.diff(ends).min() < 1e-4 or np.diff(cut[: count + 1]).min() < 1e-4:
            continue  # the twin's grid cannot see it
        checked += 1
        np.testing.assert_array_equal(option[:count], taken)
        # without an outside option the human payoff leaves 0 without a change of sign: the twin sees a cell of 1/20000
        np.testing.assert_allclose(cut[: count + 1], ends, rtol=0, atol=1e-11 if p.outside_option > 0 else 6e-5)
    assert checked > 40


def test_against_a_population_on_a_grid_of_skills():
    several = FOUND.map_slope > 0.0  # the twin's bisection takes any fixed point
    for i in np.flatnonzero((FOUND.ai_volume > 0) & ~several)[:25]:
        p = economy(i)
        twin = naive.crowd(p, *naive.grid(p, 20_000))
        shares = (FOUND.exit_share[i], FOUND.ai_share[i], FOUND.human_share[i])
        # a boundary is off by half a cell at most; densities here stay below 10 or so
        np.testing.assert_allclose(shares, twin["shares"], atol=2e-3)
        assert FOUND.welfare[i] == pytest.approx(twin["welfare"], abs=2e-3)


def test_slope_of_welfare_against_differences():
    base = dict(COLUMN)
    h = 1e-6
    up = scan(Parameters(), {**base, "ai_cost": COLUMN["ai_cost"] * (1 + h)})
    down = scan(Parameters(), {**base, "ai_cost": COLUMN["ai_cost"] * (1 - h)})
    slope = (up.welfare - down.welfare) / (2 * h * COLUMN["ai_cost"])
    same = (up.order == down.order) & (np.abs(FOUND.map_slope) < 50) & (FOUND.ai_volume > 1e-3)
    scale = np.abs(FOUND.welfare_slope) + 1.0
    error = np.abs(slope - FOUND.welfare_slope)[same] / scale[same]
    assert same.sum() > 3000
    assert np.median(error) < 1e-8
    assert np.quantile(error, 0.99) < 1e-5  # the rest have a segment or a fixed point about to vanish


def test_the_threads_and_the_company_of_an_economy_do_not_matter():
    table = economy_rows(Parameters(), {name: values[:3000] for name, values in COLUMN.items()})
    one = solve_markets(table)
    np.testing.assert_array_equal(one[::-1], solve_markets(table[::-1].copy(), threads=2))


def test_columns_are_the_parameters_that_the_kernels_take_them_for():
    places = {
        "skill_a": layout.SHAPE_A, "skill_b": layout.SHAPE_B, "market_size": layout.SIZE,
        "pollution_weight": layout.WEIGHT, "pollution_rate": layout.RATE, "human_capacity": layout.CAPACITY,
        "human_efficiency": layout.EFFICIENCY, "ai_quality": layout.QUALITY, "ai_cost": layout.COST,
        "reference_cost": layout.REFERENCE, "volume_exponent": layout.EXPONENT, "adoption_cost": layout.ADOPTION,
        "adoption_skill_cost": layout.SLOPE, "outside_option": layout.OUTSIDE, "ai_available": layout.AVAILABLE,
    }  # fmt: skip
    assert {name: COLUMNS.index(name) for name in COLUMNS} == places
    assert len(places) == layout.COLUMNS


def test_payoffs_against_the_twin():
    skill, burden = np.linspace(0.0, 1.0, 41)[:, None], np.array([0.0, 0.003, 0.1, 3.0])
    for i in range(200):
        p = economy(i)
        human, ai, sales = naive.payoffs(p, skill, burden)
        np.testing.assert_allclose(payoffs.human_profit(p, skill, burden), human, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(payoffs.ai_profit(p, skill, burden), ai, rtol=1e-12, atol=1e-15)
        own = payoffs.sales_profit(p.ai_quality, p.ai_cost * p.ai_quality, burden, p.market_size)
        np.testing.assert_allclose(own, sales, rtol=1e-12, atol=1e-15)
