"""Who takes part and who joins: extremes in closed form, stability by definition, refused arguments."""

import numpy as np
import pytest

from mfsolve.models import creators, intermediary
from mfsolve.models.intermediary import membership
from mfsolve.models.intermediary.membership import MembersDeal, Threat, attribution, mixed_market

MARKET = creators.static_market(np.linspace(0, 1, 12), 1.0)
ALL, NOBODY = np.ones(12, dtype=bool), np.zeros(12, dtype=bool)


@pytest.mark.parametrize("g", [1.5, 2.0, 3.0])
def test_all_or_no_members_are_planner_and_market(g):
    m = creators.static_market(np.linspace(0, 1, 12), 0.7, g, 1.3)
    np.testing.assert_allclose(mixed_market(m, ALL, ALL).effort, m.effort_planner, rtol=1e-12, atol=1e-15)
    found = mixed_market(m, NOBODY, ALL)
    np.testing.assert_allclose(found.effort, m.effort_market, rtol=1e-12)
    assert found.precision == pytest.approx(m.precision_market, rel=1e-12)
    np.testing.assert_allclose(found.rent, m.price_market * m.effort_market * (1 - 1 / g), rtol=1e-12)


def test_shares_of_all_are_aumann_and_shapleys():
    want = intermediary.aumann_shapley(MARKET.loading, MARKET.effort_planner, 1.0)
    np.testing.assert_allclose(attribution(MARKET, MARKET.effort_planner, ALL), want, rtol=1e-10)
    some = MARKET.loading < 0.6
    state = mixed_market(MARKET, some, ALL)
    without = np.where(some, 0.0, state.effort)
    x = MARKET.loading
    before = without.sum() - (x @ without) ** 2 / (1 + x**2 @ without)
    # members' shares add to what their efforts add to precision
    assert attribution(MARKET, state.effort, some).sum() == pytest.approx(state.precision - before, rel=1e-10)


def test_nobody_moves_where_participation_ends():
    for u in (0.0, 0.01, 0.05, 0.1, 0.2):
        found = intermediary.participation(MARKET, u)
        if found.present.any():
            assert (mixed_market(MARKET, NOBODY, found.present).rent[found.present] >= u - 1e-9).all()
        for i in np.flatnonzero(~found.present):
            joined = found.present.copy()
            joined[i] = True
            assert mixed_market(MARKET, NOBODY, joined).rent[i] < u + 1e-8
    assert intermediary.participation(MARKET, 0.0).share == 1.0
    # the rent of an innovator is 1/8: above it nobody sells
    assert intermediary.participation(MARKET, 0.13).share == 0.0


def test_membership_ends_where_nobody_gains_by_moving():
    m = creators.static_market(np.linspace(0, 1.5, 15), 2.0)
    found = intermediary.voluntary_membership(m)
    deal = MembersDeal(m, 0.0, 0.5, Threat.MARKET, False)
    for i in range(15):
        gain = deal.gain(found.members, i, deal.payoffs(found.members))
        assert gain >= -1e-8 if found.members[i] else gain <= 1e-8
    assert not found.all_stay
    assert found.loading_gap > 0  # heavy imitators, whose weight is negative, stay out


def test_a_costly_intermediary_has_no_deal():
    gain = MARKET.welfare_planner - MARKET.welfare_market
    assert intermediary.voluntary_membership(MARKET, 0.99 * gain).deal
    found = intermediary.voluntary_membership(MARKET, 1.01 * gain)
    assert not found.deal
    assert found.welfare_ratio == pytest.approx(MARKET.welfare_market / MARKET.welfare_planner, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: intermediary.participation(MARKET, -0.1), "creator_outside: -0.1 given"),
        (lambda: intermediary.voluntary_membership(MARKET, -1.0), "operating_cost: -1.0 given"),
        (lambda: intermediary.voluntary_membership(MARKET, bargaining_share=2.0), "bargaining_share: 2.0 given"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_market_is_solved_once_for_each_membership_that_is_weighed(monkeypatch):
    solved = []

    def recorded(market, inside, present):
        solved.append(inside.tobytes())
        return mixed_market(market, inside, present)

    monkeypatch.setattr(membership, "mixed_market", recorded)
    n = MARKET.loading.size
    assert intermediary.voluntary_membership(MARKET, 0.0, 1.0, Threat.NOTHING).all_stay
    assert len(set(solved)) == n + 1  # all, and without each of them
    assert len(solved) <= 2 * n + 3  # each in turn twice: do all stay, and does anybody move
    solved.clear()
    assert not intermediary.voluntary_membership(creators.static_market(np.linspace(0, 1.5, 12), 2.0)).all_stay
    assert solved.count(NOBODY.tobytes()) == 1
