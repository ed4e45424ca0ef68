"""The experiment on the static supply shock: outputs, counts, refusals."""

import numpy as np
import pytest
from support.supply_shock import default_thresholds

from mfsolve.experiments import _supply_shock_views as views
from mfsolve.experiments import supply_shock as study
from mfsolve.experiments.experiment import Case
from mfsolve.models.supply_shock import Parameters, segments
from mfsolve.models.supply_shock.random_economies import draw_economies, economy_properties

EXPERIMENT = study.EXPERIMENT


def case(view, **values):
    return Case(Parameters(**values), view, views.Population(producers=300), views.Record(bins=20, skills=11))


SWEEP = views.Sweep(
    places=5, weights=(0.0, 0.01), against="adoption_cost",
    threshold_maps=(
        views.Axes(x="ai_quality", x_range=(0.5, 0.6), y="outside_option", y_range=(0.08, 0.09), places=3),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def swept():
    """What the sweep gives, which takes seconds."""
    return EXPERIMENT.arms["sweep"].solve(case(SWEEP), 1)


@pytest.mark.parametrize(
    "view",
    [views.Before(), views.After(), views.Map(places=5), views.Economies(economies=2), SWEEP],
    ids=lambda view: type(view).__name__,
)
def test_every_arm_gives_what_it_declares(view, request):
    here = case(view)
    arm = EXPERIMENT.arm(here)
    arm.check(here)
    drawn = arm.draw(here, 1, 0, 1) if arm.draw else {}
    solved = {}
    if arm.solve:
        solved = request.getfixturevalue("swept") if view is SWEEP else arm.solve(here, 1)
    assert set(drawn) == set(arm.drawn(here))
    assert set(solved) == set(arm.solved(here))
    outputs, places, found = arm.outputs(here), arm.coordinates(here), drawn | solved
    for name, output in outputs.items():
        assert found[name].shape == tuple(places[dim].size for dim in output.dims), name
        assert name not in places
        assert set(output.within) <= set(outputs)
        assert output.spike is None or output.spike[1] in outputs
    if arm.reference is not None:
        assert set(arm.reference.compute(here)) == set(arm.reference.names(here)) <= set(drawn)


def test_a_market_before_ai_has_none():
    before = EXPERIMENT.arms["before"].draw(case(views.Before()), 1, 0, 1)
    after = EXPERIMENT.arms["after"].draw(case(views.After()), 1, 0, 1)
    assert before["ai_share"] == before["ai_volume"] == before["pollution"] == 0.0
    assert after["ai_share"] > 0.0
    # the same producers: who is best stays human in both
    assert before["quality"][-1] == after["quality"][-1]


def test_the_unit_cost_is_the_lower_envelope():
    """AI quality at its cost for everything below it that humans make at a higher one; humans' cost above it."""
    here = case(views.After())
    p, q = here.parameters, EXPERIMENT.coordinates(here)["content_quality"]
    cost = EXPERIMENT.arms["after"].solve(here, 1)["unit_cost"]
    human, machine = q**2 / (2.0 * p.human_efficiency), p.ai_cost * p.ai_quality
    assert np.array_equal(cost[q > p.ai_quality], human[q > p.ai_quality])
    assert np.array_equal(cost[q <= p.ai_quality], np.minimum(human, machine)[q <= p.ai_quality])
    assert np.any(cost == machine)


def test_a_map_numbers_the_orders_that_occur():
    here = case(views.Map(places=4))
    found = EXPERIMENT.arms["map"].solve(here, 1)
    labels = EXPERIMENT.outputs(here)["order"].labels
    at = EXPERIMENT.coordinates(here)
    for j, weight in enumerate(at["pollution_weight"]):
        for i, cost in enumerate(at["ai_cost"]):
            market = segments(Parameters(pollution_weight=float(weight), ai_cost=float(cost)))
            assert labels[int(found["order"][j, i])] == ", ".join(market.options).replace("ai", "AI")
            assert found["map_welfare"][j, i] == pytest.approx(market.welfare, rel=1e-12)


def test_a_sweep_reports_the_thresholds_of_its_range(swept):
    found, expected = swept, default_thresholds()
    assert found["decline"] == expected.decline
    assert (found["onset_low"], found["onset_high"]) == expected.onset_bracket
    assert np.all(found["decline_line"] == expected.decline)


def test_economies_are_counted():
    """Successes and trials of independent economies, for an exact interval of their share."""
    found = EXPERIMENT.arms["economies"].draw(case(views.Economies(economies=7, spread=0.3)), 3, 1, 1)
    alone = economy_properties(draw_economies(Parameters(), 7, 0.3, 3, 1))
    assert found["economies"] == 7.0
    for name in study.CLAIMS:
        assert name == "economies" or found[name] == alone[name].sum() <= 7
    for name in study.MEANS:
        assert found[name] == alone[name].mean()
    assert found["falls_beyond"] <= found["adopters"]
    assert found["inverted_u_moderate"] <= found["adopters"]


@pytest.mark.parametrize("view", [views.Sweep(), views.Economies()], ids=["sweep", "economies"])
@pytest.mark.parametrize(
    ("values", "message"),
    [({"pollution_rate": 0.0}, "pollution_rate: 0.0 given"), ({"ai_available": False}, "ai_available")],
)
def test_welfare_that_no_pollution_can_turn_is_refused(view, values, message):
    here = case(view, **values)
    with pytest.raises(ValueError, match=message):
        EXPERIMENT.arm(here).check(here)


def test_views_refuse_nonsense():
    with pytest.raises(ValueError, match="pollution_rate must be positive"):
        views.Sweep(threshold_maps=(views.Axes(x="skill_a", x_range=(2, 3), y="pollution_rate", y_range=(0, 1)),))
    with pytest.raises(ValueError, match="no parameter that varies"):
        views.Map(x="cost")
    for ends in ((1.0, 0.5), (1e-10, 0.5), (0.5, 1e10)):
        with pytest.raises(ValueError, match=r"x_range: .* two ascending values of ai_cost in \[1e-09, 1000000000\]"):
            views.Map(x_range=ends)
    with pytest.raises(ValueError, match=r"y_range: 0\.5, 2 given; allowed: two ascending values of skill_a in \["):
        views.Map(y="skill_a", y_range=(0.5, 2.0))
    for setting in ("weight_range", "against_range"):
        with pytest.raises(ValueError, match=f"{setting}: -1, 1 given; allowed: two ascending values of "):
            views.Sweep(against="outside_option", **{setting: (-1.0, 1.0)})
    with pytest.raises(ValueError, match="one map only"):
        views.Sweep(against="ai_cost")
