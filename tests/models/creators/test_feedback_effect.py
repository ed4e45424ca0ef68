"""Effects of feedback, and rest points, where there is nothing: no stock, no supply, no innovators."""

import numpy as np
import pytest
from support.cases import case

from mfsolve.experiments import load
from mfsolve.experiments._feedback import share_lost
from mfsolve.models.creators import DynamicParameters, Effect, Phase, Regime, curse_map, feedback_effects, rest_points

ONE = (np.array([1.0]), np.array([0.5]), np.array([0.5]))
EMPTY = DynamicParameters(innovator_stock=0.0, imitator_stock=0.0)
NO_SUPPLY = DynamicParameters(innovator_supply=0.0, imitator_supply=0.0)


@pytest.mark.parametrize(
    ("base", "regime", "multiple"), [(EMPTY, Regime.FREE_FOR_ALL, 0.0), (NO_SUPPLY, Regime.STRICT_RIGHTS, 0.0)]
)
def test_a_market_without_data_loses_nothing(base, regime, multiple):
    found = feedback_effects(base, *ONE, 10.0, regime, multiple)
    assert found.effect == Effect.NONE
    assert (found.lost, found.lost_without, found.level_cost) == (0.0, 0.0, 0.0)
    empty = base.model_copy(update={"innovator_stock": 0.0, "imitator_stock": 0.0})
    assert curse_map(empty, *ONE, [0.0, 10.0], regime).phase.item() == Phase.SUSTAINED


def test_a_path_from_nothing_has_lost_nothing_at_its_start():
    assert share_lost(np.array([0.0, 0.0, 2.0, 1.0])).tolist() == [0.0, 0.0, 0.0, 0.5]


def test_innovators_that_do_not_exist_are_away():
    found = rest_points(DynamicParameters(innovator_supply=0.0))
    assert found.innovators_lowest == 0.0
    assert found.away_lowest
    assert found.away_highest


def test_a_path_without_data_neither_declines_nor_lacks_anything_at_its_start():
    here = case("creator_dynamics", "free_for_all", EMPTY.model_dump(), {"creators": 10, "steps": 4})
    found = load("creator_dynamics").arms["free_for_all"].reference.compute(here)
    assert not found["precision"].any()
    assert not any(found[name].any() for name in ("lost", "declined", "curse", "level_cost"))
    assert found["recovered"].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]  # an intermediary would have bought data since
