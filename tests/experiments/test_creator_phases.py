"""Phase diagrams against single paths, shares of the box, and refused settings."""

import re

import numpy as np
import pytest
from support.cases import case, outputs, run_study

from mfsolve.experiments import load
from mfsolve.models.creators import (
    DynamicParameters,
    Effect,
    Phase,
    dynamic_market,
    feedback_effects,
    recursive_precision,
)

STUDY = {
    "model": "creator_phases",
    "regimes": {"intermediary": {}},
    "population": {"markets": 2},
    "estimates": [{"name": "one", "quantity": "kept", "regime": "intermediary"}],
}


def test_phase_diagrams_and_shares_of_the_box():
    p = {"imitator_supply": 20.0, "innovator_stock": 1.0, "exit_threshold": 0.5}
    record = {"map_points": 4, "map_depreciation": (0.05, 0.3)}
    here = case("creator_phases", "strict_rights", p, {"markets": 12}, record)
    found, coordinates = outputs("creator_phases", here), load("creator_phases").coordinates(here)
    assert sum(found[name] for name in ("sustained", "declines", "falls", "exits")) == found["markets"] == 12.0
    seen = set()
    for k, depreciation in enumerate(record["map_depreciation"]):
        for i, gap in enumerate(coordinates["elasticity_gap"]):
            for j, feedback in enumerate(coordinates["bias_feedback"]):
                market = DynamicParameters(
                    **p, bias_feedback=feedback, imitator_elasticity=0.5 + gap, depreciation=depreciation
                )  # fmt: skip
                path = dynamic_market(market, np.linspace(0.0, 60.0, 601))
                phase = found[f"phase_{k + 1}"][i, j]
                seen.add(phase)
                assert (phase == Phase.EXIT) == np.isfinite(path.attrs["exit_time"])
                if phase in (Phase.DECLINE, Phase.SUSTAINED):
                    falls = float(path.precision[-1]) < 0.99 * float(path.precision.max())
                    assert (phase == Phase.DECLINE) == falls
    assert seen == {Phase.SUSTAINED, Phase.DECLINE, Phase.EXIT}


def test_what_feedback_changes_against_single_paths():
    p = {"imitator_supply": 20.0, "innovator_stock": 1.0}
    record = {"map_points": 3, "map_depreciation": (0.1,)}
    seen = set()
    for multiple in (0.0, 1.0, 2.0):
        here = case("creator_phases", "strict_rights", p, {"markets": 5, "rest_multiple": multiple}, record)
        found, axes = outputs("creator_phases", here), load("creator_phases").coordinates(here)
        assert sum(found[name] for name in ("cursed", "worse", "anyway", "milder", "never")) == found["markets"]
        for i, gap in enumerate(axes["elasticity_gap"]):
            unfed = DynamicParameters(**p, bias_feedback=0.0, imitator_elasticity=0.5 + gap)
            rest = dynamic_market(unfed, [0.0, 400.0])
            start = {f"{who}_stock": multiple * float(rest[f"{who}_stock"][-1]) for who in ("innovator", "imitator")}
            for j, feedback in enumerate(axes["bias_feedback"]):
                lost = []
                for alpha in (feedback, 0.0):
                    market = unfed.model_copy(update={**start, "bias_feedback": float(alpha)})
                    phi = dynamic_market(market, np.linspace(0.0, 60.0, 601)).precision.values
                    lost.append(1 - phi[-1] / phi.max())
                effect, more = found["effect_1"][i, j], lost[0] - lost[1]
                seen.add(effect)
                if min(abs(more - 0.01), abs(lost[0] - 0.01), abs(lost[1] - 0.01)) < 5e-4:
                    continue  # at the tolerance the accuracy of the paths decides
                if more > 0.01:
                    assert effect == (Effect.WORSE if lost[1] > 0.01 else Effect.CURSE)
                else:
                    assert effect == (Effect.ANYWAY if max(lost) > 0.01 else Effect.NONE)
    assert {Effect.NONE, Effect.CURSE, Effect.WORSE} <= seen


def at_given_bias(v, ko, kc, more_o, more_c):
    """Precision that a unit of data adds while the bias stays, by a difference."""
    gain = recursive_precision(ko + more_o, kc + more_c, v, 0.0) - recursive_precision(ko, kc, v, 0.0)
    return float(gain) / (more_o + more_c)


def best_price(p, ko, kc):
    """Price of the greatest profit of the moment on a fine grid, and both marginal values by differences of precision."""
    h = 1e-5

    def phi(o, c):
        return float(recursive_precision(o, c, p.bias_floor, p.bias_feedback))

    value_o, value_c = (phi(ko + h, kc) - phi(ko, kc)) / h, (phi(ko, kc + h) - phi(ko, kc)) / h
    price = np.linspace(0.0, 1.0, 200_001)
    profit = price ** (p.innovator_elasticity + 1) * (value_o - price)
    profit += p.imitator_supply * price ** (p.imitator_elasticity + 1) * (value_c - price)
    return price[profit.argmax()], value_o, phi(ko, kc)


def test_ends_with_feedback_and_without_by_brute_force():
    base = DynamicParameters(imitator_supply=20.0, innovator_stock=1.0)
    alpha, gap, decay = np.array([0.3, 4.0]), np.array([0.4, 1.5]), np.array([0.1, 0.3])
    found = feedback_effects(base, alpha, gap, decay, 60.0)
    for i in range(2):
        fed = base.model_copy(
            update={"bias_feedback": alpha[i], "imitator_elasticity": 0.5 + gap[i], "depreciation": decay[i]}
        )
        unfed = fed.model_copy(update={"bias_feedback": 0.0})
        rest = dynamic_market(unfed, [0.0, 800.0])
        prices, alike = [], []
        for market in (fed, unfed):
            start = {f"{who}_stock": float(rest[f"{who}_stock"][-1]) for who in ("innovator", "imitator")}
            end = dynamic_market(market.model_copy(update=start), [0.0, 60.0])
            ko, kc = (float(end[f"{who}_stock"][-1]) for who in ("innovator", "imitator"))
            price, value, phi = best_price(market, ko, kc)
            prices.append(price)
            v = market.bias_floor + market.bias_feedback * phi
            alike.append(v / (v + 1.0 / price))
            if market is fed:
                assert found.innovator_value[i] == pytest.approx(value, rel=1e-3)
                mu = 1.0 / (1.0 + v * kc) ** 2
                assert at_given_bias(v, ko, kc, 1e-4 * ko, 0.0) == pytest.approx(1.0, rel=1e-5)
                assert at_given_bias(v, ko, kc, 0.0, 1e-5 * kc) == pytest.approx(mu, rel=1e-3)
                assert found.value_over_mu[i] == pytest.approx(1.0, rel=1e-12)
                assert found.scarcity[i] == pytest.approx(best_price(market, 0.1 * ko, kc)[0] / price - 1.0, abs=1e-3)
                barrier = (np.sqrt(1.0 + 4.0 * alpha[i]) - 1.0) / (2.0 * alpha[i])
                assert found.barrier_ratio[i] == pytest.approx(phi / barrier, rel=1e-3)
        assert found.price_change[i] == pytest.approx(prices[0] / prices[1] - 1.0, abs=1e-3)
        assert found.correlation_change[i] == pytest.approx(alike[0] - alike[1], abs=1e-3)


def test_numbers_of_the_box_are_those_of_its_markets():
    p = {"imitator_supply": 20.0, "innovator_stock": 1.0}
    here = case("creator_phases", "strict_rights", p, {"markets": 7})
    found = outputs("creator_phases", here, 2)
    for name in ("cheaper", "more_alike", "corrected", "below_barrier"):
        assert found[name] in range(8), name
    assert 0.0 < found["innovator_value"] < 1.0
    shared = case("creator_phases", "strict_rights", p | {"innovator_loading": 0.3}, {"markets": 7})
    assert abs(outputs("creator_phases", shared)["value_over_mu"] - 1.0) > 0.1  # mu is that of innovators without bias
    still = outputs(
        "creator_phases", case("creator_phases", "strict_rights", p | {"imitator_loading": 0.0}, {"markets": 7})
    )
    assert (still["cheaper"], still["more_alike"], still["innovator_value"]) == (0.0, 0.0, 1.0)


def test_diagrams_are_solved_and_kept_only_where_asked_for():
    arm = load("creator_phases").arms["strict_rights"]
    for record in ({}, {"map_points": 4}, {"map_depreciation": (0.1,)}):
        assert not arm.solved(case("creator_phases", "strict_rights", record=record))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["population.gap_low=3.5"], "gap_low: 3.5 given; allowed: below gap_high"),
        (["parameters.innovator_reservation=0.2"], "innovator_reservation: 0.2 given; allowed in a phase diagram: 0"),
        (["parameters.imitator_reservation=0.2"], "imitator_reservation: 0.2 given; allowed in a phase diagram: 0"),
        (["regimes.intermediary.starts=2.0"], "starts: 2.0 given; allowed in a phase diagram: 0"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    assert run_study(tmp_path, STUDY, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
