"""The table of deals as a study: bounds along the cap meet the numbers at it."""

import numpy as np

from mfsolve.experiments import deals_table
from mfsolve.experiments.experiment import Case
from mfsolve.models.frozen import Nothing


def test_curves_meet_the_numbers():
    case = Case(deals_table.Hidden(cap=300.0), deals_table.Disclosed(), deals_table.Resolution(places=3), Nothing())
    arm = deals_table.EXPERIMENT.arms["disclosed"]
    found, places = arm.solve(case, 1), arm.coordinates(case)
    for name, output in arm.outputs(case).items():
        assert found[name].shape == tuple(places[dim].size for dim in output.dims)
    assert found["least"][-1] == found["aggregators_least"]
    assert found["greatest"][0] == found["aggregators_documented"] == found["least"][0]
    assert np.all(np.diff(found["least"]) < 0.0)
