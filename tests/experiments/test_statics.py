"""Comparative statics as a study: its own check, and its list of equilibria."""

import numpy as np

from mfsolve.experiments import statics
from mfsolve.experiments.experiment import Case
from mfsolve.models import collapse
from mfsolve.models.frozen import Nothing

P = collapse.Parameters


def test_the_study_reports_its_own_check():
    economy, size = P(verified_share=1.0), statics.Resolution(subsidies=3)
    case = Case(economy, statics.Setting(erosion=2.0), size, Nothing())
    arm = statics.EXPERIMENT.arms["market"]
    found, coordinates = arm.solve(case, 1), arm.coordinates(case)
    assert found["gap"] < 1e-7
    for name, output in arm.outputs(case).items():
        assert found[name].shape == tuple(coordinates[dim].size for dim in output.dims)
    row = dict(zip(statics.LISTED, found["response"][0]))
    assert row["subsidy"] == found["effect_of_subsidy"]
    assert np.isnan(found["response"][1:]).all()
    assert found["multiplier"].max() > 1.0  # detection comes back as the pool gets cleaner
