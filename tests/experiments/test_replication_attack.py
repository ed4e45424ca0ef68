"""Every arm of the study `replication_attack` returns what it declares, the same on any number of threads."""

import numpy as np
import pytest

from mfsolve.experiments import replication_attack as study
from mfsolve.experiments.experiment import Case
from mfsolve.models.frozen import Nothing

POPULATION = study.EXPERIMENT.population(
    **{k.split(".")[1]: v for k, v in study.EXPERIMENT.toy.items() if k[:2] == "po"}
)
PARAMETERS = study.EXPERIMENT.parameters(
    **{k.split(".")[1]: v for k, v in study.EXPERIMENT.toy.items() if k[:2] == "pa"}
)


@pytest.mark.parametrize("name", list(study.EXPERIMENT.arms))
def test_arms_return_what_they_declare(name):
    arm = study.EXPERIMENT.arms[name]
    case = Case(PARAMETERS, arm.settings(), POPULATION, Nothing(), name)
    found = arm.draw(case, 1, 0, 1) if arm.draw else arm.solve(case, 1)
    again = arm.draw(case, 1, 0, 2) if arm.draw else arm.solve(case, 2)
    outputs, places = arm.outputs(case), arm.coordinates(case)
    assert found.keys() == outputs.keys()
    for key, output in outputs.items():
        assert found[key].shape == tuple(places[dim].size for dim in output.dims), key
        assert np.isfinite(found[key]).all(), key
        assert np.array_equal(found[key], again[key]), key
