"""Finite populations against best responses one by one, and against the continuum (MODEL 5.1)."""

import numpy as np
import pytest

from mfsolve.models import supply_shock
from mfsolve.models.supply_shock.finite_market import continuum_limit, draw_skills, finite_market
from mfsolve.models.supply_shock.parameters import Parameters

DEFAULT = Parameters()
NAMES = ("exit_share", "ai_share", "human_share", "upper_cutoff", "pollution", "welfare", "profits", "consumer_surplus")


def naive_market(p, skill):
    """Best responses to the least pollution they agree with, producer by producer."""
    from naive import supply_shock as naive

    found = naive.crowd(p, skill, np.full(skill.size, 1.0 / skill.size))
    return dict(zip(("exit_share", "ai_share", "human_share"), found["shares"])) | found


@pytest.mark.parametrize("weight", [0.0, 0.0075, 0.05])
def test_against_best_responses_one_by_one(weight):
    p = DEFAULT.model_copy(update={"pollution_weight": weight})
    skill = draw_skills(p, 2000, 3, 1)
    found, twin = finite_market(p, 2000, 3, 1), naive_market(p, skill)
    for name in ("exit_share", "ai_share", "human_share"):
        assert abs(found[name] - twin[name]) <= 1.001 / 2000  # the producer who is indifferent
    assert found["welfare"] == pytest.approx(twin["welfare"], abs=0.15 / 2000)  # and his sales
    assert found["exit_share"] + found["ai_share"] + found["human_share"] == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("available", [True, False])
def test_mean_over_populations_is_the_continuum(available):
    p = DEFAULT.model_copy(update={"ai_available": available})
    markets = [finite_market(p, 4000, 11, r) for r in range(60)]
    limit = continuum_limit(p)
    for name in NAMES:
        values = np.array([row[name] for row in markets])
        error = values.std(ddof=1) / np.sqrt(values.size)
        # 4.5 standard errors, and a bias of order 1 / N
        assert abs(values.mean() - limit[name]) < 4.5 * error + 2.0 / 4000, name


def test_bits_do_not_depend_on_threads_and_seeds_are_shared():
    one, two = (finite_market(DEFAULT, 300_000, 5, 2, threads=t) for t in (1, 2))
    assert all(one[name] == two[name] for name in one)
    skill = draw_skills(DEFAULT, 1000, 5)
    np.testing.assert_array_equal(skill, draw_skills(DEFAULT.model_copy(update={"ai_cost": 0.05}), 1000, 5))
    assert not np.array_equal(skill, draw_skills(DEFAULT, 1000, 5, 1))


def test_smallest_segment_is_0_without_the_hollow():
    found = finite_market(DEFAULT, 3000, 1)
    assert found["smallest_segment"] == min(found[f"{name}_share"] for name in ("exit", "ai", "human")) > 0.15
    assert finite_market(DEFAULT.model_copy(update={"ai_available": False}), 3000, 1)["smallest_segment"] == 0.0
    plain = Parameters(
        human_capacity=1.835, ai_quality=0.813, outside_option=0.144, adoption_skill_cost=0.073, human_efficiency=3.6,
        ai_cost=0.016,
    )  # fmt: skip
    market = supply_shock.segments(plain)
    assert market.options == ("exit", "ai", "human")
    assert plain.human_capacity * market.upper_cutoff < plain.ai_quality
    assert finite_market(plain, 3000, 1)["smallest_segment"] == continuum_limit(plain)["smallest_segment"] == 0.0


def test_no_producers_are_refused():
    with pytest.raises(ValueError, match="producers: 0 given"):
        finite_market(DEFAULT, 0, 1)
    with pytest.raises(ValueError, match="edges: "):
        finite_market(DEFAULT, 10, 1, edges=np.array([0.5, 0.2]))
