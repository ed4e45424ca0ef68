"""Refusals of impossible economies (MODEL 5.2)."""

import pytest

from mfsolve.models import transition
from mfsolve.models.transition.grid_two_skills import TwoSkillParameters


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"diffusion": 1e-300}, r"diffusion: 1e-300 given.*\[1e-12, 1000\]"),
        ({"lag": 0.0}, r"lag: 0.0 given.*\(0, 1000\]"),
        ({"choice": "both"}, "choice"),
        ({"discovery": -1.0}, "discovery"),
    ],
)
def test_impossible_economies_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        transition.Parameters(**values)
    if "diffusion" in values:
        with pytest.raises(ValueError, match=message):
            TwoSkillParameters(**values)
