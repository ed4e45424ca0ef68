"""Levers of policies, set by one criterion (MODEL 5.2)."""

import pytest

from mfsolve.models import transition
from mfsolve.models.transition import best_levers as levers

BASE = transition.Parameters()


def test_a_lever_is_set_where_the_score_is_greatest():
    reach = levers.LeverRange(4.0, 2.0)
    inside = levers.lever_scan(reach, lambda x: -((x - 0.5) ** 2), 5)
    assert inside.settings.tolist() == [0.0, 0.25, 1.0, 2.25, 4.0]
    assert inside.best == pytest.approx(0.5, abs=0.01)
    assert levers.lever_scan(reach, lambda x: x, 5).best == 4.0
    assert levers.lever_scan(reach, lambda x: -x, 5).best == 0.0
    assert levers.lever_scan(reach, lambda x: 1.0, 5).best == 0.0  # of equals the least
    assert levers.lever_scan(levers.LeverRange(1.0, 1.0), lambda x: float(x == 0.25), 5).best == 0.25
    for_ever = levers.LeverRange(4.0, 1.0, 100.0)
    assert levers.lever_scan(for_ever, lambda x: x, 5).best == 100.0
    assert levers.lever_scan(for_ever, lambda x: -abs(x - 3.9), 5).best == pytest.approx(3.9, abs=0.1)
    assert levers.lever_range(BASE, transition.Moratorium(), 60.0).setting(1.0) > 60.0
