"""The experiment on the static supply shock: outputs, counts, refusals."""

import pytest

from mfsolve.experiments import load
from mfsolve.experiments import supply_shock as study
from mfsolve.experiments.experiment import Case
from mfsolve.models.supply_shock import Parameters, finite_market, settings
from mfsolve.models.supply_shock.random_economies import draw_economies, economy_properties

DEFAULT = Parameters()


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
