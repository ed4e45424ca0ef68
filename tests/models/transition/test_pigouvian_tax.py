"""Taxes on AI volume at rest: the damage, the second best (MODEL 5.2)."""

import numpy as np
import pytest

from mfsolve.models import transition

BASE = transition.Parameters()
AT_ONCE = BASE.changed(choice="instant", diffusion=2e-3, temperature=2e-3)
CELLS = 60


def polluted(p, weight):
    return p.changed(market=p.market.model_copy(update={"pollution_weight": weight}))


@pytest.mark.parametrize("p", [BASE, AT_ONCE], ids=["frictional", "instant"])
def test_one_welfare_everywhere(p):
    tax = transition.Tax(rate=1e-3)
    rest = transition.rest_state(p, tax, CELLS)
    outcome = transition.market_under_tax(p, 1e-3, cells=CELLS)
    assert outcome.welfare == pytest.approx(rest["welfare"], rel=1e-14)
    assert outcome.damage == pytest.approx(rest["damage"], rel=1e-14)
    assert rest["levy"] == 1e-3
    without = transition.market_under_tax(p, 1e-3, consumers=0.0, cells=CELLS)
    assert without.welfare == pytest.approx(rest["income"] - rest["pollution"], rel=1e-13)
    if p is AT_ONCE:
        end = transition.mean_field(p.changed(ramp=0.0), CELLS, [2000.0], dt=2.0, policy=tax)
        assert float(end.welfare[0]) == pytest.approx(rest["welfare"], rel=1e-9)
        assert float(end.damage[0]) == pytest.approx(rest["damage"], rel=1e-9)


@pytest.mark.parametrize("consumers", [0.0, 1.0])
@pytest.mark.parametrize("p", [BASE, AT_ONCE], ids=["frictional", "instant"])
def test_the_pigouvian_rate_is_the_damage_it_leaves(p, consumers):
    found = transition.pigouvian(p, consumers, CELLS)
    assert found.rate == pytest.approx(found.damage, rel=1e-12)
    assert found.rate > 0.0
    again = transition.market_under_tax(p, found.rate, consumers, CELLS)
    assert again == found
    clean = transition.pigouvian(polluted(p, 0.0), consumers, CELLS)
    assert (clean.rate, clean.damage) == (0.0, 0.0)


def test_a_pigouvian_tax_is_the_tax_of_that_rate():
    rate = transition.pigouvian(BASE).rate
    as_policy = transition.rest_state(BASE, transition.PigouvianTax(), CELLS)
    assert as_policy == transition.rest_state(BASE, transition.Tax(rate=rate), CELLS)
    paths = [
        transition.mean_field(BASE, 20, [0.0, 10.0], dt=0.5, policy=policy)
        for policy in (transition.PigouvianTax(), transition.Tax(rate=rate))
    ]
    assert paths[0].identical(paths[1])


@pytest.mark.parametrize("p", [BASE, AT_ONCE], ids=["frictional", "instant"])
def test_the_second_best_rate_maximises_welfare_at_rest(p):
    best = transition.second_best(p, cells=CELLS)
    others = [transition.market_under_tax(p, rate, cells=CELLS).welfare for rate in np.linspace(0.0, 0.02, 41)]
    assert best.welfare >= max(others)
    near = [transition.market_under_tax(p, rate * best.rate, cells=CELLS).welfare for rate in (0.999, 1.0, 1.001)]
    assert near[1] >= max(near[0], near[2])
    assert best.welfare > transition.pigouvian(p, cells=CELLS).welfare  # pollution is not the only wedge


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: transition.pigouvian(BASE, consumers=7.0), r"consumers: 7.0 given; allowed: \[0, 1\]"),
        (lambda: transition.second_best(BASE, consumers=-1.0), "consumers: -1.0 given"),
        (lambda: transition.planner(BASE, consumers=7.0), "consumers: 7.0 given"),
        (lambda: transition.market_under_tax(BASE, -1.0), r"rate: -1.0 given.*\[0, inf\)"),
        (lambda: transition.market_under_tax(BASE, 0.1, cells=0), "cells: 0 given"),
        (lambda: transition.planner(BASE, cells=1), "cells: 1 given"),
        (lambda: transition.Disclosure(effect=1.5), r"effect: 1.5 given.*\[0, 1\]"),
    ],
)
def test_nonsense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
