"""The intermediary's contract, its promises measured, and Shapley values against all coalitions."""

import dataclasses
import math

import numpy as np
import pytest
from naive import creators as naive
from scipy import stats

from mfsolve.models import intermediary
from mfsolve.models.creators import static_market
from mfsolve.models.intermediary.attribution import diagonal

EPS = np.finfo(float).eps
MARKET = static_market(np.linspace(0, 1, 12))


def test_contract_by_the_book():
    c = intermediary.contract(MARKET, 0.1, 0.2, 0.01, 0.4)
    e, phi = MARKET.effort_planner, MARKET.precision_planner
    cost = e**2 / 2
    surplus = phi - cost.sum() - 0.1 - 0.2 - 12 * 0.01
    assert c.surplus == pytest.approx(surplus, rel=1e-13)
    np.testing.assert_allclose(c.unit_price, e, rtol=4 * EPS)
    assert c.licensing_fee == pytest.approx(phi - 0.2 - 0.6 * surplus, rel=1e-13)
    assert c.buyer_payoff == pytest.approx(0.2 + 0.6 * surplus, rel=1e-13)
    np.testing.assert_allclose(c.creator_payoff, 0.01 + c.weight * 0.4 * surplus, rtol=1e-13)
    np.testing.assert_allclose(c.payment(e) - cost, c.creator_payoff, rtol=1e-12)
    assert c.weight.sum() == pytest.approx(1.0, rel=1e-13)
    assert c.individually_rational


def test_weights_are_the_integral_along_the_diagonal():
    from scipy.integrate import quad

    c = intermediary.contract(MARKET)
    x, e = MARKET.loading, MARKET.effort_planner

    def gain(z, i):
        A = z * (x @ e) / (1 + z * (x * x) @ e)
        return e[i] * ((1 - x[i] * A) ** 2 - z * e[i])

    raw = np.array([quad(gain, 0, 1, args=(i,), epsabs=1e-13)[0] for i in range(12)])
    np.testing.assert_allclose(c.weight, raw / raw.sum(), rtol=1e-11)


def test_random_markets_keep_three_promises_and_break_one():
    d = intermediary.random_markets(400, seed=3)
    assert (d.incentive <= d.rounding).all()
    assert (d.budget <= d.rounding).all()
    assert (d.buyer <= d.rounding).all()
    assert (np.maximum(d.stated, d.weight) <= d.rounding).all()
    # there is a Nash product where no weight is negative, and only there
    np.testing.assert_array_equal(d.nash.isnull(), d.negative_weights > 0)
    assert (d.nash.where(d.negative_weights == 0, drop=True) <= d.rounding).all()
    # a creator gets less than the outside option exactly where the Aumann-Shapley weight is negative, and
    # that needs a loading beyond the planner's pole
    broken = d.negative_weights > 0
    assert ((d.creator > d.rounding) == broken).all()
    assert (d.reach.where(broken, drop=True) > 1).all()
    # linear pricing leaves the buyer A^2/v before operating cost: never negative
    assert (d.linear_surplus >= -d.rounding).all()
    assert (d.penalty_after <= 1e-12).all()
    assert (d.penalty_before >= 0).all()


@pytest.mark.slow
def test_ten_thousand_random_markets():
    d = intermediary.random_markets(10_000)
    assert (d.incentive <= d.rounding).all()
    assert (d.budget <= d.rounding).all()
    assert (d.buyer <= d.rounding).all()
    np.testing.assert_array_equal(d.nash.isnull(), d.negative_weights > 0)
    assert (d.nash.where(d.negative_weights == 0, drop=True) <= d.rounding).all()
    assert ((d.creator > d.rounding) == (d.negative_weights > 0)).all()
    assert 0 < (d.negative_weights > 0).mean() < 0.05
    assert (d.reach.where(d.negative_weights > 0, drop=True) > 1).all()


def test_individual_rationality_can_fail():
    # many light imitators and one heavy: the estimate leans on the heavy one to cancel the bias, and pays for
    # it, but along the diagonal that data is first worth less than it costs
    market = static_market(np.r_[np.full(120, 0.1), 1.5], 0.2)
    c = intermediary.contract(market)
    assert market.loading[-1] * market.aggregate_planner > 1
    assert c.weight[-1] < 0
    assert not c.individually_rational
    assert intermediary.audit(c).creator > 0
    assert math.isnan(intermediary.audit(c).nash)


def test_linear_pricing():
    innovators = static_market(np.zeros(10))
    assert intermediary.linear_pricing(innovators, 0.3) == pytest.approx(-0.3, rel=1e-14)
    mixed = MARKET
    kept = mixed.aggregate_planner**2 / mixed.bias_variance
    assert intermediary.linear_pricing(mixed, 0.3) == pytest.approx(kept - 0.3, rel=1e-12)
    e = mixed.effort_planner
    assert intermediary.linear_pricing(mixed) == pytest.approx(naive.phi(mixed.loading, e, 1.0) - e @ e, rel=1e-12)


def test_originality_penalty_before_and_after():
    c = intermediary.contract(MARKET)
    assert intermediary.originality_penalty(MARKET.effort_ratio) == pytest.approx(1 - 0.5 / 1.92716, abs=1e-5)
    assert intermediary.originality_penalty(c.best_response() / MARKET.effort_planner) < 1e-14


GOOD = intermediary.contract(MARKET, 0.1, 0.2, 0.01, 0.4)


def changed(**fields):
    return dataclasses.replace(GOOD, **{name: getattr(GOOD, name) + by for name, by in fields.items()})


def test_audit_passes_a_good_contract():
    for floored in (False, True):
        found = intermediary.audit(intermediary.contract(MARKET, 0.1, 0.2, 0.01, 0.4, floored))
        kept = (found.incentive, found.budget, found.creator, found.buyer, found.stated, found.weight, found.nash)
        assert max(kept) <= found.rounding < 1e-12


def test_audit_sees_a_bad_contract():
    steep = dataclasses.replace(GOOD, unit_price=GOOD.unit_price * 1.1)
    assert intermediary.audit(steep).incentive > 1e-4
    poor = changed(base_payment=-1.0)
    assert intermediary.audit(poor).creator > 0.5
    assert intermediary.audit(poor).budget > 1.0
    assert intermediary.audit(poor).nash == math.inf
    dear = changed(licensing_fee=10.0)
    assert intermediary.audit(dear).buyer > 0


@pytest.mark.parametrize("shift", [0.3, 1e-2, 1e-4, -1e-4])
def test_audit_sees_payments_shifted_between_buyer_and_creators(shift):
    found = intermediary.audit(changed(licensing_fee=shift, base_payment=shift / 12))
    assert found.budget <= found.rounding  # the budget balances, everybody gets more than outside
    assert max(found.creator, found.buyer) < 0
    assert found.nash > 100 * found.rounding
    assert found.stated == pytest.approx(abs(shift), rel=1e-9)
    # for small shifts the product loses (shift)^2 / 2 of 1 / creators' share + 1 / buyer's, and the division is found
    if abs(shift) <= 1e-4:
        lost = 0.5 * shift**2 * (1 / 0.4 + 1 / 0.6) / GOOD.surplus + within(shift) / GOOD.surplus
        assert found.nash == pytest.approx(lost, rel=1e-3)


def within(shift):
    """What the creators' product loses, as they share the shift alike and not by weight."""
    owed = GOOD.weight * 0.4 * GOOD.surplus
    change = shift / 12 - GOOD.weight * shift
    return 0.5 * np.sum(change**2 / owed) * GOOD.surplus


def test_audit_sees_payments_shifted_among_creators():
    by = np.zeros(12)
    by[[2, 9]] = 1e-3, -1e-3
    found = intermediary.audit(changed(base_payment=by))
    assert found.budget <= found.rounding
    assert found.nash > 100 * found.rounding


def test_audit_sees_wrong_weights():
    alike = np.full(12, 1 / 12)
    found = intermediary.audit(dataclasses.replace(GOOD, weight=alike))
    assert found.nash <= found.rounding  # what is paid is as it was
    assert found.weight == pytest.approx(np.abs(alike - GOOD.weight).max() * GOOD.surplus, rel=1e-12)
    owed = alike * 0.4 * GOOD.surplus
    paid = GOOD.base_payment + owed - GOOD.weight * 0.4 * GOOD.surplus
    found = intermediary.audit(
        dataclasses.replace(GOOD, weight=alike, base_payment=paid, creator_payoff=GOOD.creator_outside + owed)
    )
    assert found.stated <= found.rounding
    assert found.nash > 0.1


def test_there_is_no_product_without_a_surplus_or_a_bargain():
    market = static_market([0.0, 0.5])
    for outside in (market.welfare_planner, market.welfare_planner * (1 - 1e-16)):
        assert math.isnan(intermediary.audit(intermediary.contract(market, buyer_outside=outside)).nash)
    assert math.isnan(intermediary.audit(intermediary.linear_contract(market)).nash)
    small = intermediary.audit(intermediary.contract(market, buyer_outside=market.welfare_planner * (1 - 1e-9)))
    assert small.nash <= small.rounding
    for share in (0.0, 1.0):
        found = intermediary.audit(intermediary.contract(market, bargaining_share=share), alternatives=1)
        assert found.nash <= found.rounding


def test_shortfall_is_named():
    net = MARKET.welfare_planner
    with pytest.raises(ValueError, match=r"^buyer_outside: .* no contract; shortfall 0\.5$"):
        intermediary.contract(MARKET, buyer_outside=net + 0.5)
    with pytest.raises(ValueError, match=r"^operating_cost: .* no contract; shortfall 1$"):
        intermediary.contract(MARKET, operating_cost=net + 0.9, buyer_outside=0.1)
    with pytest.raises(ValueError, match=r"^creator_outside: .* no contract"):
        intermediary.contract(MARKET, creator_outside=net)
    intermediary.contract(MARKET, buyer_outside=net * (1 - 1e-12))


@pytest.mark.parametrize(("v", "n"), [(1e-3, 5), (1.0, 100), (100.0, 20_000)])
def test_aumann_shapley_adds_to_precision(v, n):
    rng = np.random.default_rng(n)
    x, e = rng.random(n), rng.random(n)
    values = intermediary.aumann_shapley(x, e, v)
    assert values.sum() == pytest.approx(naive.phi(x, e, v), rel=1e-11)
    assert (values >= 0).all()


def test_diagonal_against_closed_form():
    for s in (0.3, 10.0, 1e6, 1e20):
        a, turn = 1.5 * s, math.log1p(s)
        first, second = diagonal(a, s)
        # int z/(1+sz) = (s - ln(1+s))/s^2; int (z/(1+sz))^2 = (s + s/(1+s) - 2 ln(1+s))/s^3, which cancel for
        # small s
        slack = 8 * EPS * (1 + 12 / s**2)
        assert first == pytest.approx(a * (s - turn) / s**2, rel=slack + 1e-14)
        assert second == pytest.approx(a * a * (s + s / (1 + s) - 2 * turn) / s**3, rel=slack + 1e-13)
    assert diagonal(2.0, 0.0) == pytest.approx((1.0, 4 / 3), rel=1e-15)


@pytest.mark.parametrize("heaviest", [1e15, 1e50])
def test_aumann_shapley_of_overwhelming_loadings(heaviest):
    # the heavy creator's data settle the bias and nothing else
    values = intermediary.aumann_shapley([heaviest, 0.0, 0.5], [1.0, 2.0, 3.0], 1e9)
    np.testing.assert_allclose(values, [0.0, 2.0, 3.0], atol=1e-12)
    value, error = intermediary.shapley([heaviest, 0.0, 0.5], [1.0, 2.0, 3.0], 1e9, 100, 0)
    assert np.isfinite([value, error]).all()


def test_intervals_are_students():
    x, e = np.array([0.2, 0.9, 0.4]), np.ones(3)
    for how, freedom in (({}, 99), ({"antithetic": True}, 49), ({"stratified": True}, 99)):
        found = intermediary.shapley(x, e, 1.0, 100, 0, **how)
        low, high = intermediary.shapley_interval(found, 100, how.get("antithetic", False), 0.9)
        reach = stats.t.ppf(0.95, freedom) * found.standard_error
        np.testing.assert_allclose(low, found.value - reach, rtol=1e-13)
        np.testing.assert_allclose(high, found.value + reach, rtol=1e-13)
    with pytest.raises(ValueError, match=r"values: .* given; allowed: intermediary\.ShapleyValues"):
        intermediary.shapley_interval((1.0, 2.0), 100)
    with pytest.raises(ValueError, match=r"level: 1\.0 given"):
        intermediary.shapley_interval(found, 100, level=1.0)


@pytest.mark.parametrize("how", [{}, {"antithetic": True}, {"stratified": True}], ids=str)
def test_shapley_covers_the_exact_values(how):
    rng = np.random.default_rng(1)
    x, e = rng.random(9), rng.random(9)
    exact = naive.shapley(x, e, 2.0)
    inside = []
    for seed in range(12):
        value, error = intermediary.shapley(x, e, 2.0, 2000, seed, **how)
        if "stratified" not in how:
            assert value.sum() == pytest.approx(naive.phi(x, e, 2.0), rel=1e-12)
        inside.extend(np.abs(value - exact) < 1.96 * error)
    # 108 intervals, dependent within a run (values add up): allow for the variance of 12 effective runs
    assert abs(np.mean(inside) - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 12)


@pytest.mark.slow
def test_intervals_need_a_thousand_orders_among_a_thousand_creators():
    x = np.random.default_rng(0).random(1000)
    e = static_market(x).effort_planner
    exact, _ = intermediary.shapley(x, e, 1.0, 400_000, 99, antithetic=True)
    rates = []
    for orders in (64, 1000):
        runs = (intermediary.shapley(x, e, 1.0, orders, seed) for seed in range(20))
        rates.append(np.mean([np.abs(value - exact) < 1.96 * error for value, error in runs]))
    assert 0.8 < rates[0] < 0.9  # as the docstring says
    assert abs(rates[1] - 0.95) < 0.015


def test_reversed_orders_reduce_the_error():
    rng = np.random.default_rng(1)
    x, e = rng.random(50), rng.random(50)
    plain = intermediary.shapley(x, e, 1.0, 2000, 1).standard_error
    paired = intermediary.shapley(x, e, 1.0, 2000, 1, antithetic=True).standard_error
    assert np.median(paired / plain) < 0.9


def test_strata_reduce_the_error_and_need_few_orders():
    x = np.random.default_rng(0).random(1000)
    e = static_market(x).effort_planner
    exact, rest = intermediary.shapley(x, e, 1.0, 20_000, 99, stratified=True)
    plain, strata = (
        [intermediary.shapley(x, e, 1.0, 64, seed, **how) for seed in range(8)] for how in ({}, {"stratified": True})
    )
    errors = [np.sqrt(np.mean([(value - exact) ** 2 for value, _ in runs])) for runs in (plain, strata)]
    assert errors[1] < 0.2 * errors[0]
    # values of a run err together: eight runs, whose mean squared deviations in standard errors average 1
    squares = [np.mean(((value - exact) / np.hypot(error, rest)) ** 2) for value, error in strata]
    assert abs(np.mean(squares) - 1) < 4 * np.std(squares, ddof=1) / math.sqrt(8)


def test_truncation_is_bounded_and_one_sided():
    rng = np.random.default_rng(1)
    x, e = rng.random(200), rng.random(200)
    whole = naive.phi(x, e, 1.0)
    value, _ = intermediary.shapley(x, e, 1.0, 200, 1, truncation=0.05)
    full, _ = intermediary.shapley(x, e, 1.0, 200, 1)
    assert 0.95 * whole <= value.sum() < whole
    assert (value <= full + 1e-12 * whole).all()


def test_shapley_tends_to_aumann_shapley():
    rng = np.random.default_rng(5)
    x = np.repeat(rng.random(4), 2500)
    e = np.full(x.size, 0.5)
    value, _ = intermediary.shapley(x, e, 1.0, 40, 1, antithetic=True)
    limit = intermediary.aumann_shapley(x, e, 1.0)
    # by kind, the mean over 2500 alike creators; they differ by O(1/n) of the value of the first few who join
    means, limits = value.reshape(4, -1).mean(axis=1), limit.reshape(4, -1).mean(axis=1)
    spread = value.reshape(4, -1).std(axis=1) / math.sqrt(2500)
    assert (np.abs(means - limits) < 4 * spread + 10 / x.size).all()


@pytest.mark.parametrize("n", [100, 140_000])
def test_shapley_bits_do_not_depend_on_threads(n):
    rng = np.random.default_rng(0)
    x, e = rng.random(n), rng.random(n)
    one, two = (intermediary.shapley(x, e, 1.0, 6, 2, antithetic=True, threads=t) for t in (1, 2))
    np.testing.assert_array_equal(one.value, two.value)
    np.testing.assert_array_equal(one.standard_error, two.standard_error)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: intermediary.contract(MARKET, -1.0), r"operating_cost: -1\.0 given; allowed: \[0, inf\)"),
        (lambda: intermediary.contract(MARKET, creator_outside=[1.0]), "creator_outside: "),
        (lambda: intermediary.contract(MARKET, creator_outside=-0.1), "creator_outside: -0.1 given"),
        (lambda: intermediary.contract(MARKET, bargaining_share=1.2), r"bargaining_share: 1\.2 given"),
        (lambda: intermediary.shapley([0.5], [1.0], 1.0, 1, 0), "orders: 1 given"),
        (lambda: intermediary.shapley([0.5], [1.0], 1.0, 5, 0, antithetic=True), "orders: 5 given"),
        (
            lambda: intermediary.shapley([0.5], [1.0], 1.0, 4, 0, antithetic=True, stratified=True),
            "antithetic: True given; allowed: False with stratified",
        ),
        (lambda: intermediary.shapley([0.5], [1.0], 1.0, 4, 0, truncation=0.1, stratified=True), "truncation: 0.1"),
        (lambda: intermediary.shapley([0.5], [-1.0], 1.0, 5, 0), "effort: -1.0 given at index 0"),
        (lambda: intermediary.shapley([0.5, 1.0], [1.0], 1.0, 5, 0), "effort: "),
        (lambda: intermediary.shapley([0.5], [1.0], 1.0, 5, 0, truncation=1.0), "truncation: 1.0 given"),
        (lambda: intermediary.aumann_shapley([math.nan], [1.0]), "loading: nan given at index 0"),
        (lambda: intermediary.aumann_shapley([1e200, 0.1], [1.0, 1.0]), r"loading: 1e\+200 given at index 0"),
        (lambda: intermediary.shapley([0.5], [1.0], 1.0, 10.5, 0), "orders: 10.5 given; allowed: whole numbers"),
        (lambda: intermediary.shapley([0.5], [1.0], 1.0, 4, 0, threads=-1), "threads: -1 given"),
        (lambda: intermediary.shapley([0.5], [1.0], 0.0, 4, 0), "bias_variance: 0.0 given"),
        (lambda: intermediary.exact_shapley([0.2, 1.0], [1.0, 1.0], (1.5, 3), 1.0), "count: 1.5 given; allowed: whole"),
        (lambda: intermediary.exact_shapley([0.2, 1.0], [1.0, 1.0], (1,), 1.0), r"count: \(1,\) given; allowed: two"),
        (
            lambda: intermediary.exact_shapley([0.2, 1.0], [1.0, 1.0], (0, 3), 1.0),
            r"count: 0 given; allowed: whole numbers in \[1, ",
        ),
        (lambda: intermediary.contract("market"), r"market: 'market' given; allowed: creators\.StaticMarket"),
        (lambda: intermediary.contract(MARKET, "a"), "operating_cost: 'a' given; allowed: a number in"),
        (lambda: intermediary.contract(MARKET, buyer_outside=math.nan), "buyer_outside: nan given"),
        (lambda: intermediary.contract(MARKET, creator_outside=[math.nan] * 12), "creator_outside: nan given"),
        (lambda: intermediary.linear_contract(MARKET, -1.0), r"operating_cost: -1\.0 given"),
        (lambda: intermediary.linear_contract(MARKET, buyer_outside=math.nan), "buyer_outside: nan given"),
        (lambda: intermediary.linear_pricing(MARKET, -1.0), "operating_cost: -1.0 given"),
        (
            lambda: intermediary.audit(GOOD, alternatives=0),
            r"alternatives: 0 given; allowed: whole numbers in \[1, 1000000\]",
        ),
        (lambda: intermediary.audit("x"), r"agreement: 'x' given; allowed: intermediary\.Contract"),
        (lambda: intermediary.random_markets(0), "count: 0 given"),
        (lambda: intermediary.random_deal(0, 0, most=0), "most: 0 given"),
        (lambda: intermediary.originality_penalty([-1.0]), "effort_ratio: -1.0 given at index 0"),
    ],
)
def test_bad_input_is_one_line(call, message):
    with pytest.raises(ValueError, match=message):
        call()
