"""The text experiment: its outputs are declared, and a replicate is a pure function."""

import numpy as np

from mfsolve.experiments import text
from mfsolve.experiments.experiment import Case
from mfsolve.models.collapse.text_retraining import Retraining, TextParameters
from mfsolve.models.frozen import Nothing

ARM = text.EXPERIMENT.arms["retraining"]


def test_outputs_are_declared_and_along_generations():
    case = Case(TextParameters(order=1), Retraining(), text.Length(generations=3), Nothing())
    found = ARM.draw(case, 1, 0, 1)
    assert found.keys() == ARM.outputs(case).keys()
    assert all(values.shape == (4,) for values in found.values())
    again = ARM.draw(case, 1, 0, 2)
    assert all(np.array_equal(found[name], again[name]) for name in found)
