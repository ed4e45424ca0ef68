"""Averages over creators: welfare and damage by hand, the trough, inequality (MODEL 5.2)."""

import numpy as np
import pytest
from mfsolve.kernels.transition import choice

from mfsolve.models import transition
from mfsolve.models.transition import outputs
from mfsolve.models.transition.policies import conditions

BASE = transition.Parameters()
HUMAN, ADOPTER, EXITED, RESKILLING = 3, 4, 5, 6


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


def test_trough_of_a_path_by_hand():
    trough = outputs.Trough(10.0)
    trough.see(np.array([1.0, 2.0, 3.0]), np.array([8.0, 4.0, 7.0]))
    found = trough.so_far()
    assert found == {"fall": 0.6, "trough_time": 2.0, "recovered": 0.5, "peak_recovered": 0.5}
    trough.see(np.array([4.0, 5.0]), np.array([9.0, 5.0]))
    assert trough.so_far() == pytest.approx(found | {"recovered": 1 / 6, "peak_recovered": 5 / 6})
    trough.see(np.array([6.0, 7.0]), np.array([2.0, 3.0]))
    assert trough.so_far() == pytest.approx(
        {"fall": 0.8, "trough_time": 6.0, "recovered": 0.125, "peak_recovered": 0.125}
    )
    flat = outputs.Trough(0.3)
    flat.see(np.array([1.0]), np.array([0.3 * (1 - 1e-15)]))  # rounding is no fall
    assert set(flat.so_far().values()) == {0.0}


@pytest.mark.parametrize(
    ("income", "expected"),
    [([1.0, 1.0, 1.0], 0.0), ([0.0, 0.0, 3.0], 2 / 3), ([1.0, 2.0, 3.0], 2 / 9), ([0.0, 0.0, 0.0], np.nan)],
)
def test_gini(income, expected):
    """Half the mean absolute difference over the mean."""
    assert outputs.gini(np.array(income), np.full(3, 1 / 3)) == pytest.approx(expected, nan_ok=True)
