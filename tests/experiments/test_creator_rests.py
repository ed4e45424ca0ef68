"""Hysteresis: ends of markets from several starts, numbers of a box, and refused settings."""

import re

import numpy as np
import pytest
from support.cases import case, outputs, run_study

from mfsolve.experiments import load
from mfsolve.models.creators import DynamicParameters, Regime, Schedule, rest_points, stepped_market

TWO = {
    "imitator_supply": 1.1, "imitator_elasticity": 1.79, "bias_feedback": 14.96, "depreciation": 0.047,
    "innovator_reservation": 0.4,
}  # fmt: skip
"""A market with two ends under strict rights: innovators hardly there, or there for good."""
STUDY = {
    "model": "creator_rests",
    "regimes": {"intermediary": {}},
    "population": {"markets": 2, "step": 0.5, "lifetimes": 6.0},
    "estimates": [{"name": "one", "quantity": "several", "regime": "intermediary", "statistic": "mean"}],
}


def test_the_past_decides_under_strict_rights_and_nowhere_else():
    p = DynamicParameters(**TWO)
    found = rest_points(p, step=0.05)
    assert found.several
    assert found.highest > 2 * found.lowest
    for regime in (Regime.DISCRIMINATING, Regime.INTERMEDIARY):
        assert not rest_points(p, regime, step=0.05).several
    # each end stays where it is: a path that starts there does not leave
    high = stepped_market(
        p.model_copy(update={"innovator_stock": found.innovators_highest, "imitator_stock": 0.0}),
        Schedule(1.0, 1000),
    )
    assert float(high.precision[-1]) == pytest.approx(found.highest, rel=0.02)


def test_innovators_stay_away_where_they_ask_for_more_than_their_data_are_worth():
    found = rest_points(DynamicParameters(imitator_supply=20.0, innovator_reservation=2.0), step=0.1)
    assert found.away_lowest
    assert found.away_highest
    assert not found.several


def test_numbers_of_the_box_and_the_diagram():
    population = {"markets": 3, "step": 0.1, "lifetimes": 12.0}
    here = case("creator_rests", "strict_rights", population=population, record={"map_points": 2})
    found, axes = outputs("creator_rests", here), load("creator_rests").coordinates(here)
    assert found["several"] + found["away"] <= found["markets"] == 3.0
    assert 0.0 < found["kept"] <= 1.0
    for i, feedback in enumerate(axes["bias_feedback"]):
        for j, reserve in enumerate(axes["innovator_reservation"]):
            one = rest_points(
                DynamicParameters(bias_feedback=feedback, innovator_reservation=reserve), lifetimes=12, step=0.1
            )
            assert found["ends"][i, j] == (2 if one.several else one.away_highest)
    assert np.isin(found["ends"], (0.0, 1.0, 2.0)).all()


def narrow(**values):
    """A box that is next to a point."""
    return {f"{name}_{end}": x * (1 + i * 1e-6) for name, x in values.items() for i, end in enumerate(("low", "high"))}


@pytest.mark.parametrize(
    ("floor", "reserve", "counts"),
    [(0.01, 0.25, (2, 0, 2)), (1.0, 0.6, (2, 2, 0)), (0.01, 0.01, (0, 0, 0))],
    ids=["but for feedback", "with and without it", "nowhere"],
)
def test_markets_that_lose_innovators_to_feedback_only(floor, reserve, counts):
    box = narrow(feedback=10.0, gap=1.3, depreciation=0.1, supply=10.0, reservation=reserve)
    population = {"markets": 2, "step": 0.1, "lifetimes": 12.0, **box}
    found = outputs("creator_rests", case("creator_rests", "strict_rights", {"bias_floor": floor}, population))
    assert tuple(found[name] for name in ("away", "away_unfed", "away_only_fed")) == counts
    for feedback, away in zip((10.0, 0.0), counts):  # by one long path from a start of its own
        p = DynamicParameters(
            bias_floor=floor, bias_feedback=feedback, imitator_elasticity=1.8, imitator_supply=10.0,
            innovator_reservation=reserve, innovator_stock=3.0, imitator_stock=3.0,
        )  # fmt: skip
        stock = float(stepped_market(p, Schedule(0.5, 1000)).innovator_stock[-100:].mean())
        assert (stock < 0.01) == (away > 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["population.supply_low=50.0"], "supply_low: 50.0 given; allowed: below supply_high"),
        (["regimes.intermediary.starts=2.0"], "starts: 2.0 given; allowed in a search for rest points: 0"),
        (["parameters.innovator_supply=0.0"], "innovator_supply: 0 given"),
        (["parameters.depreciation=0.0"], "depreciation: 0 given"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    assert run_study(tmp_path, STUDY, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
