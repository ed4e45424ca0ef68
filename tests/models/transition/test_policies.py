"""Welfare, damage and taxes at rest, the planner, levers, regimes of governance (MODEL 5.2)."""

import numpy as np
import pytest
from mfsolve.kernels.transition import choice

from mfsolve.experiments import governance
from mfsolve.experiments.experiment import Case
from mfsolve.models import supply_shock, transition
from mfsolve.models.frozen import Nothing
from mfsolve.models.transition import best_levers as levers
from mfsolve.models.transition import outputs
from mfsolve.models.transition.planner import TaxedRestPoint
from mfsolve.models.transition.policies import LEVERS, conditions

BASE = transition.Parameters()
AT_ONCE = BASE.changed(choice="instant", diffusion=2e-3, temperature=2e-3)
CELLS = 60
HUMAN, ADOPTER, EXITED, RESKILLING = 3, 4, 5, 6


def polluted(p, weight):
    return p.changed(market=p.market.model_copy(update={"pollution_weight": weight}))


def worked_by_hand(policy, D):
    """Welfare of four creators, one of each occupation, from the formulas of MODEL 5.1."""
    m, row = BASE.market, conditions(BASE, policy, np.array([np.inf]))[0]
    B = m.pollution_weight * np.log(1.0 + D)
    hidden = 1.0 - (policy.effect if isinstance(policy, transition.Disclosure) else 0.0)
    quality = 0.8 * m.human_capacity
    human = (quality - hidden * B - quality**2 / (2 * m.human_efficiency)) ** 2 / (4 * quality)
    machine = (m.ai_quality * (1.0 - m.ai_cost) - B) ** 2 / (4 * m.ai_quality)
    label = policy.label_cost * policy.effect if isinstance(policy, transition.Disclosure) else 0.0
    incomes = [human, machine - m.adoption_skill_cost * 0.5 - label, m.outside_option, 0.0]
    skill, job = np.array([0.8, 0.5, 0.2, 0.4]), np.array([HUMAN, ADOPTER, EXITED, RESKILLING], dtype=np.uint8)
    found = outputs.summary(BASE, row, D, skill, job, np.full(4, 0.25))
    return found, np.mean(incomes) + np.mean([0.5 * human, 0.5 * machine, 0.0, 0.0]) - B, np.mean(incomes)


@pytest.mark.parametrize(
    "policy",
    [
        transition.LaissezFaire(), transition.Disclosure(effect=0.5), transition.Disclosure(effect=1.0, label_cost=0.02),
        transition.Tax(rate=0.01), transition.CongestionFee(slope=0.004), transition.ReskillingSubsidy(grant=0.1),
    ],
    ids=lambda policy: type(policy).__name__,
)  # fmt: skip
def test_welfare_by_hand(policy):
    """The penalty falls on everyone in full, whatever labels do for human works; levies and grants cancel."""
    D = 0.25 * conditions(BASE, policy, np.array([np.inf]))[0, choice.VOLUME]
    found, welfare, income = worked_by_hand(policy, D)
    assert found["pollution"] == pytest.approx(BASE.market.pollution_weight * np.log(1.0 + D), rel=1e-14)
    assert found["welfare"] == pytest.approx(welfare, rel=1e-13)
    assert found["income"] == pytest.approx(income, rel=1e-13)


@pytest.mark.parametrize(
    "policy", [transition.LaissezFaire(), transition.Disclosure(effect=0.5)], ids=["none", "labels"]
)
def test_damage_is_what_a_unit_of_volume_takes_from_welfare(policy):
    e = 1e-6
    above, below = (worked_by_hand(policy, 1.0 + d)[0]["welfare"] for d in (e, -e))
    assert worked_by_hand(policy, 1.0)[0]["damage"] == pytest.approx((below - above) / (2 * e), rel=1e-7)


def test_welfare_at_rest_is_that_of_the_static_market():
    """Skill held to talent, choice at once and almost without noise: MODEL 5.1, up to the square of the temperature."""
    static = supply_shock.segments(BASE.market)
    gaps = []
    for temperature in (2e-3, 1e-3):
        p = BASE.changed(choice="instant", learning=0.0, temperature=temperature)
        here = transition.rest_state(p, cells=2000)
        gaps.append([here["welfare"] - static.welfare, here["ai_volume"] - static.ai_volume])
    assert np.all(np.abs(gaps[1]) < 5e-3)
    assert np.log2(np.array(gaps[0]) / gaps[1]) == pytest.approx(2.0, abs=0.25)


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


@pytest.mark.parametrize("consumers", [0.0, 0.4, 1.0])
def test_derivative_of_omega(consumers):
    p, e = polluted(AT_ONCE, 0.02), 1e-6
    for rate in (0.0005, 0.002, 0.004):
        up, down = (TaxedRestPoint(p, rate + d, 0.0, consumers, CELLS).omega for d in (e, -e))
        expected = (up - down) / (2 * e)
        assert TaxedRestPoint(p, rate, 0.0, consumers, CELLS).derivative == pytest.approx(expected, rel=1e-4, abs=1e-8)


def omega(held, weight, chance):
    """Omega of any skills and choices, with the surplus of no consumer: the planner's own functional."""
    p, row = held.parameters, held.row
    m = p.market
    D = row[choice.VOLUME] * float(weight @ chance[1])
    held = held.at(D)
    worth = held.worth[:, 0].copy()
    worth[1] += row[choice.TAX] * row[choice.VOLUME]  # paid back
    taste = -p.temperature * np.sum(chance * np.log(chance), axis=0)
    distance = np.sum(weight * (np.log(weight / held.h) - held.log_talent)) * p.diffusion / p.learning
    return (
        weight @ ((chance * worth).sum(axis=0) + taste) - distance - m.pollution_weight * np.log1p(m.pollution_rate * D)
    )


def test_where_noise_is_taste_the_pigouvian_tax_is_the_planners_optimum():
    """No other skills and choices are better, whatever they are, and the tax is that of `pigouvian`."""
    p = polluted(AT_ONCE, 0.02)
    best = transition.planner(p, 0.0, CELLS)
    assert best.rate == pytest.approx(transition.pigouvian(p, 0.0, CELLS).rate, rel=1e-9)
    assert best.derivative == pytest.approx(0.0, abs=1e-12)
    weight, chance = best.state.weight[0], best.state.chance[:, 0]
    assert omega(best.held, weight, chance) == pytest.approx(best.omega, rel=1e-12)
    rng = np.random.default_rng(5)
    for size in (1e-3, 1e-2, 0.1):
        for _ in range(20):
            other = weight * np.exp(size * rng.normal(size=CELLS))
            chosen = chance * np.exp(size * rng.normal(size=(3, CELLS)))
            assert omega(best.held, other / other.sum(), chosen / chosen.sum(axis=0)) < best.omega
    assert transition.planner(polluted(p, 0.0), 0.0, CELLS).rate == 0.0


def test_with_consumers_the_planner_needs_the_subsidy():
    p = polluted(AT_ONCE, 0.02)
    best = transition.planner(p, 1.0, CELLS)
    assert best.rate == pytest.approx(best.damage, rel=1e-12)
    assert best.held.bonus == 0.5
    taxes = [TaxedRestPoint(p, rate, 0.0, 1.0, CELLS).omega for rate in np.linspace(0.0, 0.02, 21)]
    assert best.omega > max(taxes)
    for rate, bonus in ((0.9, 0.5), (1.1, 0.5), (1.0, 0.4), (1.0, 0.6)):
        assert TaxedRestPoint(p, rate * best.rate, bonus, 1.0, CELLS).omega < best.omega


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


def test_a_lever_is_set_where_the_score_is_greatest():
    reach = levers.LeverRange(4.0, 2.0)
    inside = levers.lever_scan(reach, lambda x: -((x - 0.5) ** 2), 5)
    assert inside.settings.tolist() == [0.0, 0.25, 1.0, 2.25, 4.0]
    assert inside.best == pytest.approx(0.5, abs=0.01)
    assert levers.lever_scan(reach, lambda x: x, 5).best == 4.0
    assert levers.lever_scan(reach, lambda x: -x, 5).best == 0.0
    assert levers.lever_scan(reach, lambda x: 1.0, 5).best == 0.0  # of equals the least
    assert levers.lever_scan(levers.LeverRange(1.0, 1.0), lambda x: float(x == 0.25), 5).best == 0.25
    for_ever = levers.LeverRange(4.0, 1.0, 100.0)
    assert levers.lever_scan(for_ever, lambda x: x, 5).best == 100.0
    assert levers.lever_scan(for_ever, lambda x: -abs(x - 3.9), 5).best == pytest.approx(3.9, abs=0.1)
    assert levers.lever_range(BASE, transition.Moratorium(), 60.0).setting(1.0) > 60.0


def test_aims_of_a_path():
    """A constant is its own mean; a step has its discounted share; the long run is that of the rest point."""
    times = np.array([0.0, 10.0, 10.0 + 1e-9, 30.0])
    paths = {
        "welfare": np.array([2.0, 2.0, 1.0, 1.0]),
        "equality": np.full(4, 0.7),
        "human": np.array([0.8, 0.8, 0.4, 0.6]),
    }
    rest = {"welfare": 1.0, "equality": 0.7, "human": 0.5}
    aims = governance.aims(BASE, times, paths, rest)
    left = np.exp(-BASE.discount_rate * 10.0)
    assert aims["efficiency"] == pytest.approx([0.5, *([1.0 - 0.5 * left] * 3)], rel=1e-7)
    assert aims["equity"] == pytest.approx(np.full(4, 0.7))
    assert aims["sustainability"] == pytest.approx(np.full(4, 0.625))
    poorer = governance.aims(BASE, times, paths, rest | {"welfare": 0.0})
    assert poorer["efficiency"][-1] == pytest.approx(1.0 - 0.5 * left - 0.5 * np.exp(-BASE.discount_rate * 30.0))


def test_the_long_run_is_that_of_what_is_in_force_at_the_horizon():
    free = transition.rest_state(BASE, cells=CELLS)
    assert governance.long_run(BASE, transition.Moratorium(until=20.0), 60.0, CELLS) == free
    shut = governance.long_run(BASE, transition.Moratorium(until=60.5), 60.0, CELLS)
    assert shut["ai"] == 0.0
    end = transition.mean_field(BASE, CELLS, [0.0], policy=transition.Moratorium(until=1.0))
    assert shut["human"] == pytest.approx(float(end.human[0]), rel=1e-12)
    assert governance.long_run(BASE, transition.Tax(rate=1e-3), 60.0, CELLS)["human"] > free["human"]


SMALL = governance.Economies(times=(0.0, 5.0, 20.0), cells=16, dt=1.0, settings=3, contest=True)


def run(policy, p=BASE, population=SMALL):
    case = Case(p, policy, population, Nothing())
    found = governance.MODEL.simulate(case, 3, 1, 1)
    assert set(found) == set(governance.MODEL.variables(case))
    return found


def test_levers_are_set_by_one_criterion():
    free = run(transition.LaissezFaire())
    for kind in (transition.Tax, transition.CongestionFee, transition.ReskillingSubsidy, transition.Disclosure,
                 transition.Moratorium):  # fmt: skip
        found = run(kind())
        tried = found["efficiency_frontier"]
        assert tried.shape == (3, 3)
        assert found["efficiency"][-1] >= tried[-1].max()
        assert tried[-1, 0] == pytest.approx(free["efficiency"][-1], rel=1e-12)  # no lever at all is no policy
        again = run(kind(**{LEVERS[kind]: float(found["lever"][-1])}))
        assert again["efficiency"].tolist() == found["efficiency"].tolist()
        assert "efficiency_frontier" not in again
        assert np.all((found["first_in"] >= 0) & (found["first_in"] <= 3))
    right = run(transition.PigouvianTax())
    assert right["levy"][-1] == right["pigouvian_rate"][-1] == free["pigouvian_rate"][-1]
    assert right["lever"][-1] == right["levy"][-1]
    assert free["lever"][-1] == 0.0
    assert free["pigouvian_gain"][-1] <= free["second_best_gain"][-1]


def test_somebody_is_first_where_one_regime_is():
    regimes = [run(kind()) for kind in governance.KINDS] + [run(transition.Moratorium(until=1e6))]
    for t in range(3):
        assert regimes[0]["some_first_in_all"][t] == max(found["first_in_all"][t] for found in regimes)
        for aim in governance.AIMS:
            assert max(found["first_in"][t] for found in regimes) >= 1.0, aim


def test_economies_are_a_function_of_seed_and_replicate():
    assert governance.economy(BASE, 0.0, 1, 2) == BASE
    one = governance.economy(BASE, 0.2, 1, 2)
    assert one == governance.economy(BASE, 0.2, 1, 2)
    assert one != governance.economy(BASE, 0.2, 1, 3)
    assert one.market.ai_cost == BASE.market.ai_cost
    ratios = [governance.economy(BASE, 0.2, 1, r).lag / BASE.lag for r in range(400)]
    assert np.mean(np.log(ratios)) == pytest.approx(0.0, abs=4 * 0.2 / 20)
    assert np.std(np.log(ratios)) == pytest.approx(0.2, abs=4 * 0.2 / np.sqrt(800))


def test_without_ai_no_regime_matters():
    market = BASE.market.model_copy(update={"ai_available": False})
    for policy in (transition.Tax(), transition.CongestionFee(), transition.Moratorium(), transition.PigouvianTax()):
        found = run(policy, BASE.changed(market=market), SMALL.model_copy(update={"contest": False}))
        assert np.all(found["ai_volume"] < 1e-290)
        assert found["efficiency"] == pytest.approx(1.0, abs=1e-3)
