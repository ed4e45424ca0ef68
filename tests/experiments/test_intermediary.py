"""Contracts on random markets and on one's own: outputs against the contract by the book, and refused settings."""

import re

import numpy as np
import pytest
from naive import creators as naive
from scipy.stats import spearmanr
from support.cases import SEED, case, outputs, run_study

from mfsolve.experiments import intermediary as experiment
from mfsolve.models import creators, intermediary
from mfsolve.models.intermediary.audit import random

STUDY = {
    "model": "intermediary",
    "contracts": {"two_part": {}},
    "estimates": [{"name": "one", "quantity": "welfare_ratio", "contract": "two_part"}],
}
MARKET = [
    "parameters.loading=[0.0, 0.5, 1.0]", "parameters.bias_variance=2.0", "parameters.cost_exponent=2.0",
    "parameters.cost_scale=1.0",
]  # fmt: skip


def test_contracts_on_random_markets():
    rules = ("two_part", "linear", "strict_rights")
    for r in range(40):
        deal = intermediary.random_deal(SEED, r)
        m, agreement = deal.market, deal.contract()
        (_, _, e_m), (A, phi, e) = naive.market(m.loading, m.bias_variance, m.cost_exponent, m.cost_scale)
        cost = m.cost_scale / m.cost_exponent * np.sum(e**m.cost_exponent)
        two_part, linear, rights = (outputs("intermediary", case("intermediary", rule), r) for rule in rules)
        negative = (agreement.weight < 0).any()
        # a creator gets less than outside exactly where some weight is negative; there is then no Nash product
        assert two_part["creators_kept"] == (not negative)
        assert (two_part["negative_weight"], two_part["nash_tested"]) == (negative, not negative)
        for promise in ("incentive_kept", "budget_kept", "buyer_kept", "stated_kept"):
            assert two_part[promise] == 1.0, promise
        assert two_part["nash_beaten"] == 0.0
        assert two_part["welfare_ratio"] == pytest.approx(1.0, rel=1e-12)
        assert two_part["distortion_spread"] < 1e-12
        assert two_part["originality_penalty"] == 0.0
        # linear prices leave A^2 / v before operating cost; the twin's A is good to rounding
        gross = A**2 / m.bias_variance / (phi - cost)
        assert linear["buyer_gross"] == pytest.approx(gross, rel=1e-8, abs=1e-12)
        assert linear["innovators_nothing"] == linear["common_left"] == 1.0
        ratio = e_m / e
        assert rights["originality_penalty"] == creators.originality_penalty(m.loading, ratio)
        assert rights["distortion_spread"] == pytest.approx(1 - ratio.min() / ratio.max(), rel=1e-6, abs=1e-9)


def test_whom_the_contract_favours():
    signs = set()
    for r in range(30):
        agreement = intermediary.random_deal(SEED, r).contract()
        x = agreement.market.loading
        found = outputs("intermediary", case("intermediary", "two_part"), r)
        if x.size < 2:
            names = ("subsidy_tilt", "gain_tilt", "relative_tilt", "compared", "gain_favours", "relative_favours")
            names += ("most_original_subsidised", "heaviest_subsidised")
            assert not any(found[name] for name in names)
            continue
        base = agreement.base_payment - agreement.creator_outside
        assert found["subsidy_tilt"] == pytest.approx(spearmanr(x, base).statistic, abs=1e-9)
        assert found["base_favours"] == (spearmanr(x, base).statistic < 0)
        assert found["gain_tilt"] == pytest.approx(spearmanr(x, agreement.weight).statistic, abs=1e-9)
        assert found["gain_favours"] == (spearmanr(x, agreement.weight).statistic < 0)
        m = agreement.market
        _, _, e = naive.market(x, m.bias_variance, m.cost_exponent, m.cost_scale)[0]
        earned = (1 - 1 / m.cost_exponent) * m.cost_scale * e**m.cost_exponent  # the price is marginal cost
        assert found["relative_tilt"] == pytest.approx(spearmanr(x, agreement.weight / earned).statistic, abs=1e-9)
        assert found["relative_favours"] == (found["relative_tilt"] < 0)
        assert found["most_original_subsidised"] == (base[np.argsort(x)[0]] > 0)
        assert found["heaviest_subsidised"] == (base[np.argsort(x)[-1]] > 0)
        assert found["compared"] == 1.0
        signs.add(float(found["base_favours"]))
    assert signs == {0.0, 1.0}


def test_an_innovators_base_payment_is_never_above_the_outside_option():
    market = creators.static_market([0.0, 0.4, 0.9, 1.3], 3.0)
    for share in (0.0, 0.5, 0.9, 1.0):
        for demand in (0.0, 0.05):
            agreement = intermediary.contract(market, demand, demand, demand, share)
            above = (share * agreement.surplus / market.welfare_planner - 1) / 2
            assert agreement.base_payment[0] - demand == pytest.approx(above, rel=1e-9, abs=1e-12)
            assert above <= 1e-12  # 0 where creators get all and nobody demands anything, to rounding


def test_linear_prices_leave_the_buyer_less_than_strict_rights():
    for r in range(30):
        m = intermediary.random_deal(SEED, r).market
        drawn, market, nothing = (
            outputs("intermediary", case("intermediary", "linear", **threat), r)
            for threat in ({}, {"threat": "market"}, {"threat": "nothing"})
        )
        (_, phi, e), (A, _, planned) = naive.market(m.loading, m.bias_variance, m.cost_exponent, m.cost_scale)
        profit = phi - m.cost_scale * np.sum(e**m.cost_exponent)
        assert profit > A**2 / m.bias_variance
        assert (market["buyer_kept"], nothing["buyer_kept"], nothing["creators_kept"]) == (0.0, 1.0, 1.0)
        rent, planners = (m.cost_scale * (1 - 1 / m.cost_exponent) * f**m.cost_exponent for f in (e, planned))
        assert market["creators_kept"] == (planners >= rent).all()
        for name in ("buyer_gross", "welfare_ratio", "marginal_alone"):
            assert drawn[name] == market[name] == nothing[name], name


def test_only_marginal_costs_call_forth_the_planners_efforts(monkeypatch):
    for r in range(10):
        assert outputs("intermediary", case("intermediary", "linear"), r)["marginal_alone"] == 1.0
    monkeypatch.setattr(experiment, "searched_responses", lambda agreement: agreement.market.effort_planner)
    assert outputs("intermediary", case("intermediary", "linear"), 0)["marginal_alone"] == 0.0


def test_who_accepts_what_is_offered_by_mistaken_outside_options():
    accepted = []
    for r in range(200):
        deal = intermediary.random_deal(SEED, r)
        m = deal.market
        known, guessed = (experiment.signed(deal, error, SEED, r) for error in (0.0, 0.3))
        assert known["all_sign"]
        assert known["welfare_signed"] == pytest.approx(1.0, rel=1e-12)
        on = believed(r, m.loading.size, 0.3) >= 1.0
        e = np.where(on, m.effort_planner, 0.0)
        cost = m.cost_scale / m.cost_exponent * np.sum(e**m.cost_exponent)
        left = (naive.precision(m.loading, e, m.bias_variance) - cost) / m.welfare_planner
        # the twin's linear system of 40 signals, to rounding of its condition
        assert guessed["welfare_signed"] == pytest.approx(left, rel=1e-8, abs=1e-12)
        assert guessed["all_sign"] == on.all()
        accepted.append(guessed["all_sign"])
    assert 0.0 < np.mean(accepted) < 0.5
    here = case("intermediary", "buyer_tariff", outside_error=0.3)
    assert (
        float(outputs("intermediary", here, 7)["welfare_signed"])
        == experiment.signed(intermediary.random_deal(SEED, 7), 0.3, SEED, 7)["welfare_signed"]
    )


def test_the_buyers_own_tariff_takes_everything():
    for r in range(20):
        m = intermediary.random_deal(SEED, r).market
        found = outputs("intermediary", case("intermediary", "buyer_tariff"), r)
        for name in ("incentive_kept", "creators_kept", "buyer_kept", "budget_kept"):
            assert found[name] == 1.0, name
        # creators are left what they had outside, the buyer the rest; to rounding of welfare
        assert abs(found["creators_gain"]) < 1e-13
        assert found["surplus_taken"] == 1.0
        outside = intermediary.random_deal(SEED, r).creator_outside.sum()
        assert found["buyer_payoff"] == pytest.approx(1 - outside / m.welfare_planner, rel=1e-9, abs=1e-12)


def test_a_tariff_that_leaves_creators_a_share_does_not_take_everything():
    deal = intermediary.random_deal(SEED, 3)
    for share, taken in ((0.0, True), (1e-3, False)):
        tariff = intermediary.contract(deal.market, 0.0, 0.0, deal.creator_outside, share)
        assert experiment.leaves_nothing(tariff) == taken


def believed(replicate, creators, error):
    """What the buyer takes outside options for, over what they are."""
    return 1.0 + error * (2.0 * random(SEED, "intermediary.believed", replicate, creators) - 1.0)


def test_who_takes_part_and_who_joins():
    for r in range(12):
        rights = outputs("intermediary", case("intermediary", "strict_rights"), r)
        assert 0.0 <= rights["taking_part"] <= 1.0
        if rights["creators_kept"]:
            assert rights["taking_part"] == rights["precision_kept"] == 1.0
        found = outputs("intermediary", case("intermediary", "voluntary"), r)
        assert found["welfare_ratio"] <= 1.0 + 1e-12
        if found["all_stay"]:
            assert (found["members"], found["loading_gap"]) == (1.0, 0.0)
            assert found["welfare_ratio"] == pytest.approx(1.0, rel=1e-12)


def test_floored_weights_leave_nobody_short():
    market = creators.static_market(np.r_[np.full(120, 0.1), 1.5], 0.2)
    plain, floored = intermediary.contract(market), intermediary.contract(market, floored=True)
    assert plain.weight.min() < 0
    assert not plain.individually_rational
    assert floored.weight.min() == 0.0
    assert floored.individually_rational
    found = intermediary.audit(floored)
    assert max(found.creator, found.budget, found.incentive) <= found.rounding
    assert found.nash <= found.rounding


def test_linear_contract_by_the_book():
    market = creators.static_market(np.linspace(0, 1, 12), cost_exponent=3.0)
    c = intermediary.linear_contract(market, 0.1, 0.2, 0.01)
    found = intermediary.audit(c)
    assert max(found.incentive, found.budget) <= found.rounding
    e = market.effort_planner
    paid = market.planner.point.slack(market.loading) ** 2 * e
    np.testing.assert_allclose(c.creator_payoff, paid * 2 / 3, rtol=1e-14)
    assert c.buyer_payoff == pytest.approx(market.precision_planner - paid.sum() - 0.1, rel=1e-12)
    assert not c.individually_rational  # near the pole the planner wants next to nothing, and pays as much
    assert intermediary.linear_contract(market, 0.1, 0.2).individually_rational


def test_a_market_without_a_contract_says_by_how_much(tmp_path, capsys):
    welfare = creators.static_market([0.0, 0.5, 1.0], 2.0).welfare_planner
    short = [*MARKET, f"parameters.buyer_outside={welfare + 0.25!r}"]
    assert run_study(tmp_path, STUDY, *short) == 2
    assert "no contract; shortfall 0.25" in capsys.readouterr().err
    assert run_study(tmp_path, STUDY, *MARKET, f"parameters.buyer_outside={welfare - 0.25!r}") == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["parameters.cost_exponent=1.001"], "cost_scale: 0.3 given; allowed:"),
        (["parameters.buyer_outside=1.0"], "buyer_outside: 1.0 given; allowed: with loading"),
        (["parameters.bias_variance=0.0"], "parameters.bias_variance: 0.0 given"),
        (MARKET[:1], "loading: given; allowed: with bias_variance, cost_exponent, cost_scale given as well"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    assert run_study(tmp_path, STUDY, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
