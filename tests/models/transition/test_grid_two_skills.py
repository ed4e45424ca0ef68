"""Two skills on a grid: rest and orders (MODEL 5.2)."""

import numpy as np
import pytest

from mfsolve.models import transition
from mfsolve.models.transition.grid_two_skills import TwoSkillParameters
from mfsolve.models.transition.parameters import skill_grid

PLANE = TwoSkillParameters(ramp=1.0)


def order(values):
    """Order of convergence of three values at steps h, h/2, h/4."""
    return np.log2(abs(values[0] - values[1]) / abs(values[1] - values[2]))


def test_two_skills_rest_at_their_gibbs_density():
    """f exp(nu V / sigma) at its own AI volumes: a path from it goes nowhere; another comes to it."""
    p = PLANE.model_copy(update={"diffusion": 0.02, "ramp": 0.0})
    long = transition.two_skill_mean_field(p, 12, [200.0, 240.0], dt=2.0)
    for name in ("technical_by_hand", "creative_skill", "technical_volume"):
        assert float(long[name][1]) == pytest.approx(float(long[name][0]), rel=1e-9)
    s = skill_grid(transition.Parameters(), 12)[0]
    density = long.density.values[-1]
    talent = np.log(s) + np.log(1 - s)
    log_f = talent[:, None] + talent[None, :] - 0.5 * p.budget * (s[:, None] + s[None, :]) ** 2
    value = (np.log(density) - log_f) * p.diffusion / p.learning  # V up to a constant
    assert np.all(np.diff(value, axis=0) > -1e-9)  # every profit rises in skill
    assert np.all(np.diff(value, axis=1) > -1e-9)
    assert np.all(np.abs(long.mass.values - 1.0) < 1e-12)


def test_two_skills_are_of_second_order():
    for name in ("technical_by_hand", "creative_skill"):
        by_step = [
            float(transition.two_skill_mean_field(PLANE, 16, [4.0], dt=dt)[name][0]) for dt in (0.5, 0.25, 0.125)
        ]
        assert abs(order(by_step) - 2.0) < 0.3, name
        by_cells = [float(transition.two_skill_mean_field(PLANE, n, [2.0], dt=0.25)[name][0]) for n in (16, 32, 64)]
        assert abs(order(by_cells) - 2.0) < 0.3, name
