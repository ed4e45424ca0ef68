"""Averages at the rest point (MODEL 5.2)."""

import numpy as np
import pytest

from mfsolve.models import supply_shock, transition

BASE = transition.Parameters()


def test_welfare_at_rest_is_that_of_the_static_market():
    """Skill held to talent, choice at once and almost without noise: MODEL 5.1, up to the square of the temperature."""
    static = supply_shock.segments(BASE.market)
    gaps = []
    for temperature in (2e-3, 1e-3):
        p = BASE.changed(choice="instant", learning=0.0, temperature=temperature)
        here = transition.rest_state(p, cells=2000)
        gaps.append([here["welfare"] - static.welfare, here["ai_volume"] - static.ai_volume])
    assert np.all(np.abs(gaps[1]) < 5e-3)
    assert np.log2(np.array(gaps[0]) / gaps[1]) == pytest.approx(2.0, abs=0.25)
