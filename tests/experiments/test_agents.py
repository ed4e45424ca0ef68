"""The experiment on agents: outputs, scenarios, and the limit that its draws are held against."""

import numpy as np
import pytest
from support.agents import LIVELY, SMALL

from mfsolve.experiments.agents import EXPERIMENT
from mfsolve.experiments.experiment import Case
from mfsolve.models import agents


def case(arm="shock", trajectories=True, **size):
    settings = EXPERIMENT.arms[arm].settings()
    population = SMALL.model_copy(update={"reference": 20, **size})
    return Case(LIVELY, settings, population, agents.Record(trajectories=trajectories), arm)


@pytest.mark.parametrize("trajectories", [True, False])
@pytest.mark.parametrize("name", ["shock", "without_ai"])
def test_a_scenario_gives_what_it_declares(name, trajectories):
    here = case(name, trajectories)
    arm = EXPERIMENT.arms[name]
    found, limit, places = arm.draw(here, 1, 0, 1), arm.reference.compute(here), arm.coordinates(here)
    shapes = {name: tuple(places[dim].size for dim in output.dims) for name, output in arm.outputs(here).items()}
    assert {name: values.shape for name, values in found.items()} == shapes
    assert {name: values.shape for name, values in limit.items()} == shapes
    assert set(arm.reference.names(here)) == set(limit)


def test_the_last_period_is_that_of_the_whole_path():
    whole, last = (EXPERIMENT.arms["shock"].draw(case(trajectories=t), 1, 2, 1) for t in (True, False))
    for name, values in whole.items():
        assert np.array_equal(values[-1:], last[name])


def test_a_replicate_is_the_path_of_the_library():
    found = EXPERIMENT.arms["without_ai"].draw(case("without_ai"), 4, 3, 2)
    data = agents.simulate(LIVELY, SMALL, "without_ai", seed=4, replicate=3)
    for name, values in found.items():
        assert np.array_equal(values, data[name].values)
