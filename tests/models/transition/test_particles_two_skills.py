"""Two skills by particles: their limit (MODEL 5.2)."""

import numpy as np
from support.transition import off_the_limit

from mfsolve.models import transition
from mfsolve.models.transition.grid_two_skills import TwoSkillParameters

PLANE = TwoSkillParameters(ramp=1.0)
TIMES = [0.0, 3.0, 6.0]


def test_two_skills_follow_the_grid():
    paths = [
        transition.two_skill_simulate(PLANE, 1500, TIMES[:2], 3, r, resolution=transition.Resolution(1 / 32))
        for r in range(12)
    ]
    limit = transition.two_skill_mean_field(PLANE, 48, TIMES[:2], dt=1 / 16)
    names = ("technical_by_hand", "creative_by_hand", "technical_skill", "creative_skill", "technical_volume")
    assert np.abs(off_the_limit(paths, limit, names)).max() < 5.0
