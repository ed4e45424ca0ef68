"""Aims of governance along a path (MODEL 5.2)."""

import numpy as np
import pytest

from mfsolve.models import transition
from mfsolve.models.transition.aims import aims, long_run

BASE = transition.Parameters()
CELLS = 60


def test_aims_of_a_path():
    """A constant is its own mean; a step has its discounted share; the long run is that of the rest point."""
    times = np.array([0.0, 10.0, 10.0 + 1e-9, 30.0])
    paths = {
        "welfare": np.array([2.0, 2.0, 1.0, 1.0]),
        "equality": np.full(4, 0.7),
        "human": np.array([0.8, 0.8, 0.4, 0.6]),
    }
    rest = {"welfare": 1.0, "equality": 0.7, "human": 0.5}
    found = aims(BASE, times, paths, rest)
    left = np.exp(-BASE.discount_rate * 10.0)
    assert found["efficiency"] == pytest.approx([0.5, *([1.0 - 0.5 * left] * 3)], rel=1e-7)
    assert found["equity"] == pytest.approx(np.full(4, 0.7))
    assert found["sustainability"] == pytest.approx(np.full(4, 0.625))
    poorer = aims(BASE, times, paths, rest | {"welfare": 0.0})
    assert poorer["efficiency"][-1] == pytest.approx(1.0 - 0.5 * left - 0.5 * np.exp(-BASE.discount_rate * 30.0))


def test_the_long_run_is_that_of_what_is_in_force_at_the_horizon():
    free = transition.rest_state(BASE, cells=CELLS)
    assert long_run(BASE, transition.Moratorium(until=20.0), 60.0, CELLS) == free
    shut = long_run(BASE, transition.Moratorium(until=60.5), 60.0, CELLS)
    assert shut["ai"] == 0.0
    end = transition.mean_field(BASE, CELLS, [0.0], policy=transition.Moratorium(until=1.0))
    assert shut["human"] == pytest.approx(float(end.human[0]), rel=1e-12)
    assert long_run(BASE, transition.Tax(rate=1e-3), 60.0, CELLS)["human"] > free["human"]
