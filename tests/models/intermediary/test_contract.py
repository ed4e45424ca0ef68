"""The intermediary's contract by the book, and its promises measured."""

import dataclasses
import math

import numpy as np
import pytest
from naive import creators as naive

from mfsolve.models import intermediary
from mfsolve.models.creators import static_market
from mfsolve.models.intermediary.contract import distortions_left

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


def audited(count, seed):
    """Audits of random markets, with the least weight and the greatest loading x A of the planner: columns by name."""
    rows = []
    for index in range(count):
        deal = intermediary.random_deal(seed, index)
        agreement, market = deal.contract(), deal.market
        rows.append({
            **intermediary.audit(agreement, 16, seed, index).__dict__,
            "negative": bool((agreement.weight < 0.0).any()),
            "reach": market.loading.max() * market.aggregate_planner,
            "linear": intermediary.linear_pricing(market),
            "penalty_before": intermediary.distortion_spread(market.effort_ratio),
            "penalty_after": distortions_left(agreement)[1],
        })  # fmt: skip
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def keep_three_promises_and_break_one(d):
    for promise in ("incentive", "budget", "buyer", "stated", "weight"):
        assert (d[promise] <= d["rounding"]).all()
    # there is a Nash product where no weight is negative, and only there
    np.testing.assert_array_equal(np.isnan(d["nash"]), d["negative"])
    assert (d["nash"] <= d["rounding"])[~d["negative"]].all()
    # a creator gets less than the outside option exactly where the Aumann-Shapley weight is negative, and
    # that needs a loading beyond the planner's pole
    np.testing.assert_array_equal(d["creator"] > d["rounding"], d["negative"])
    assert (d["reach"][d["negative"]] > 1).all()
    # linear pricing leaves the buyer A^2/v before operating cost: never negative
    assert (d["linear"] >= -d["rounding"]).all()
    assert (d["penalty_after"] <= 1e-12).all()
    assert (d["penalty_before"] >= 0).all()


def test_random_markets_keep_three_promises_and_break_one():
    keep_three_promises_and_break_one(audited(400, seed=3))


@pytest.mark.exhaustive
@pytest.mark.slow
def test_ten_thousand_random_markets():
    d = audited(10_000, seed=0)
    keep_three_promises_and_break_one(d)
    assert 0 < d["negative"].mean() < 0.05


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


def test_distortions_before_and_after():
    c = intermediary.contract(MARKET)
    assert intermediary.distortion_spread(MARKET.effort_ratio) == pytest.approx(1 - 0.5 / 1.92716, abs=1e-5)
    assert intermediary.distortion_spread(c.best_response() / MARKET.effort_planner) < 1e-14
    # ratios of 1 that differ by rounding are ties: nobody is singled out
    assert distortions_left(c)[0] == 0.0


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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: intermediary.contract(MARKET, -1.0), r"operating_cost: -1\.0 given; allowed: \[0, inf\)"),
        (lambda: intermediary.contract(MARKET, creator_outside=[1.0]), "creator_outside: "),
        (lambda: intermediary.contract(MARKET, creator_outside=-0.1), "creator_outside: -0.1 given"),
        (lambda: intermediary.contract(MARKET, bargaining_share=1.2), r"bargaining_share: 1\.2 given"),
        (lambda: intermediary.contract("market"), r"market: 'market' given; allowed: creators\.StaticMarket"),
        (lambda: intermediary.contract(MARKET, "a"), "operating_cost: 'a' given; allowed: a number in"),
        (lambda: intermediary.contract(MARKET, buyer_outside=math.nan), "buyer_outside: nan given"),
        (lambda: intermediary.contract(MARKET, creator_outside=[math.nan] * 12), "creator_outside: nan given"),
        (lambda: intermediary.linear_contract(MARKET, -1.0), r"operating_cost: -1\.0 given"),
        (lambda: intermediary.linear_contract(MARKET, buyer_outside=math.nan), "buyer_outside: nan given"),
        (lambda: intermediary.linear_pricing(MARKET, -1.0), "operating_cost: -1.0 given"),
        (lambda: intermediary.audit(GOOD, alternatives=0), r"alternatives: 0 given; allowed: whole numbers in \[1, "),
        (lambda: intermediary.audit("x"), r"agreement: 'x' given; allowed: intermediary\.Contract"),
        (lambda: intermediary.random_deal(0, 0, most=0), "most: 0 given"),
        (lambda: intermediary.distortion_spread([-1.0]), "effort_ratio: -1.0 given at index 0"),
    ],
)
def test_bad_input_is_one_line(call, message):
    with pytest.raises(ValueError, match=message):
        call()
