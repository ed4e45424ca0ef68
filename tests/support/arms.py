"""What every arm of an experiment owes, at toy size: the outputs it declares, the same on any number of threads."""

import numpy as np

from mfsolve.experiments.experiment import Case, Experiment
from mfsolve.models.frozen import Nothing


def toy_case(experiment: Experiment, name: str) -> Case:
    """An arm's case with the experiment's toy sizes and its own defaults."""

    def sizes(section: str) -> dict[str, object]:
        return {key.split(".")[1]: size for key, size in experiment.toy.items() if key.split(".")[0] == section}

    parameters, population = experiment.parameters(**sizes("parameters")), experiment.population(**sizes("population"))
    return Case(parameters, experiment.arms[name].settings(), population, Nothing(), name)


def check_what_is_declared(experiment: Experiment, name: str) -> None:
    """Hold names, shapes and values of an arm's outputs against what it declares, with one thread and with two."""
    arm, case = experiment.arms[name], toy_case(experiment, name)
    found, again = (arm.draw(case, 1, 0, n) if arm.draw else arm.solve(case, n) for n in (1, 2))
    outputs, places = arm.outputs(case), arm.coordinates(case)
    assert found.keys() == outputs.keys()
    for key, output in outputs.items():
        assert found[key].shape == tuple(places[dim].size for dim in output.dims), key
        assert np.isfinite(found[key]).all(), key
        assert np.array_equal(found[key], again[key]), key
