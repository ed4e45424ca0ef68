"""Finite populations against the continuum, and the model as studies see it."""

import numpy as np
import pytest

from mfsolve.experiments import load, supply_shock
from mfsolve.experiments import supply_shock as study
from mfsolve.experiments.experiment import Case
from mfsolve.models.supply_shock import Parameters, finite_market, settings
from mfsolve.models.supply_shock import finite_market as finite
from mfsolve.models.supply_shock.many_economies import economy_rows
from mfsolve.models.supply_shock.quality_distribution import valley
from mfsolve.models.supply_shock.random_economies import draw_economies, economy_properties, rises_then_falls

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
    skill = finite.draw_skills(p, 2000, 3, 1)
    found, twin = finite_market(p, 2000, 3, 1), naive_market(p, skill)
    for name in ("exit_share", "ai_share", "human_share"):
        assert abs(found[name][0] - twin[name]) <= 1.001 / 2000  # the producer who is indifferent
    assert found["welfare"][0] == pytest.approx(twin["welfare"], abs=0.15 / 2000)  # and his sales
    assert found["exit_share"][0] + found["ai_share"][0] + found["human_share"][0] == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("available", [True, False])
def test_mean_over_populations_is_the_continuum(available):
    p = DEFAULT.model_copy(update={"ai_available": available})
    markets = [finite_market(p, 4000, 11, r) for r in range(60)]
    limit = finite.continuum_limit(p)
    for name in NAMES:
        values = np.array([row[name][0] for row in markets])
        error = values.std(ddof=1) / np.sqrt(values.size)
        # 4.5 standard errors, and a bias of order 1 / N
        assert abs(values.mean() - limit[name][0]) < 4.5 * error + 2.0 / 4000, name


def test_bits_do_not_depend_on_threads_and_seeds_are_shared():
    one, two = (finite_market(DEFAULT, 300_000, 5, 2, threads=t) for t in (1, 2))
    assert all(one[name][0] == two[name][0] for name in one)
    skill = finite.draw_skills(DEFAULT, 1000, 5)
    np.testing.assert_array_equal(skill, finite.draw_skills(DEFAULT.model_copy(update={"ai_cost": 0.05}), 1000, 5))
    assert not np.array_equal(skill, finite.draw_skills(DEFAULT, 1000, 5, 1))


def test_valley_tells_modality():
    law = supply_shock.quality(DEFAULT)
    before = supply_shock.quality(DEFAULT.model_copy(update={"ai_available": False}))
    assert valley(law.share, *law.hollow) > 0.1
    for low in np.linspace(0.2, 0.9, 15):  # wherever one looks
        assert valley(before.share, low, low + 0.07) <= 1e-12


def test_economies_are_around_the_given_one():
    table = draw_economies(DEFAULT, 500, 0.1, 7)
    centre = economy_rows(DEFAULT)[0]
    inside = np.abs(table - centre) <= 0.1 * centre + 1e-15
    assert inside.all()
    assert np.ptp(table[:, 7] / centre[7]) > 0.18
    np.testing.assert_array_equal(table[:, 14], 1.0)
    found = economy_properties(table[:6])
    assert found["monotone_without_pollution"].all()
    assert found["falls_beyond"].all()
    alone = economy_properties(table[2:3])
    for name, values in found.items():
        assert values[2] == pytest.approx(alone[name][0], rel=1e-12), name


def test_rises_then_falls():
    steps = np.array([[0, 1, 1, -1, 0], [1, 1, 1, 1, 1], [-1, 1, 1, -1, -1], [0, 0, 0, 0, 0], [1, -1, 1, -1, 0]])
    assert rises_then_falls(steps.astype(float)).tolist() == [True, False, False, False, False]


def test_economies_are_counted():
    """Successes and trials of independent economies, for an exact interval of their share."""
    here = Case(Parameters(), settings.Economies(economies=7, spread=0.3), settings.Population(), settings.Record())
    found = study.MODEL.simulate(here, 3, 1, 1)
    alone = economy_properties(draw_economies(DEFAULT, 7, 0.3, 3, 1))
    assert found["economies"].tolist() == [7.0]
    for name in study.CLAIMS:
        assert name == "economies" or found[name][0] == alone[name].sum() <= 7
    assert found["falls_beyond"][0] <= found["adopters"][0]
    assert found["inverted_u_moderate"][0] <= found["adopters"][0]


def test_smallest_segment_is_0_without_the_hollow():
    found = finite_market(DEFAULT, 3000, 1)
    assert found["smallest_segment"][0] == min(found[f"{name}_share"][0] for name in ("exit", "ai", "human")) > 0.15
    assert finite_market(DEFAULT.model_copy(update={"ai_available": False}), 3000, 1)["smallest_segment"][0] == 0.0
    plain = Parameters(
        human_capacity=1.835, ai_quality=0.813, outside_option=0.144, adoption_skill_cost=0.073, human_efficiency=3.6,
        ai_cost=0.016,
    )  # fmt: skip
    market = supply_shock.segments(plain)
    assert market.options == ("exit", "ai", "human")
    assert plain.human_capacity * market.upper_cutoff < plain.ai_quality
    assert (
        finite_market(plain, 3000, 1)["smallest_segment"][0]
        == finite.continuum_limit(plain)["smallest_segment"][0]
        == 0.0
    )


def case(view, **values):
    return Case(Parameters(**values), view, settings.Population(producers=300), settings.Record(bins=20, skills=11))


@pytest.mark.parametrize(
    "view",
    [settings.Before(), settings.After(), settings.Map(places=5), settings.Economies(economies=2),
     settings.Sweep(places=5, weights=(0.0, 0.01), against="adoption_cost",
                    threshold_maps=(settings.Axes(x="ai_quality", x_range=(0.5, 0.6), y="outside_option", y_range=(0.08, 0.09), places=3),))],
    ids=lambda view: type(view).__name__,
)  # fmt: skip
def test_every_market_returns_what_it_declares(view):
    model = load("supply_shock")
    here = case(view)
    variables, places = model.variables(here), model.coordinates(here)
    found = model.simulate(here, 1, 0, 1)
    assert set(found) == set(variables)
    for variable in variables.values():
        assert set(variable.within) <= set(variables)
        assert variable.spike is None or variable.spike[1] in variables
    for name, variable in variables.items():
        assert found[name].shape == tuple(places[dim].size for dim in variable.dims), name
        assert name not in places
    assert set(model.mean_field(here)) <= set(variables)


def test_refusals():
    with pytest.raises(ValueError, match="producers: 0 given"):
        finite_market(DEFAULT, 0, 1)
    for values, message in (
        ({"pollution_rate": 0.0}, "pollution_rate: 0.0 given"),
        ({"ai_available": False}, "ai_available"),
    ):
        for view in (settings.Sweep(), settings.Economies()):
            with pytest.raises(ValueError, match=message):
                study.MODEL.variables(case(view, **values))
    with pytest.raises(ValueError, match="pollution_rate must be positive"):
        settings.Sweep(threshold_maps=(settings.Axes(x="skill_a", x_range=(2, 3), y="pollution_rate", y_range=(0, 1)),))
    with pytest.raises(ValueError, match=r"spread: 1\.0 given"):
        draw_economies(DEFAULT, 2, 1.0, 1)
    with pytest.raises(ValueError, match="no parameter that varies"):
        settings.Map(x="cost")
    with pytest.raises(ValueError, match="x_range must ascend"):
        settings.Map(x_range=(1.0, 0.5))
    with pytest.raises(ValueError, match="one map only"):
        settings.Sweep(against="ai_cost")
    with pytest.raises(ValueError, match=r"skill_a: 0\.5 given"):
        study.MODEL.variables(case(settings.Map(x="skill_a", x_range=(0.5, 2.0))))
