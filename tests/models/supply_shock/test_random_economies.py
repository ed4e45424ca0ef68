"""Economies drawn around a given one, and the properties they are tested for (MODEL 5.1)."""

import numpy as np
import pytest

from mfsolve.models.supply_shock import Parameters
from mfsolve.models.supply_shock.many_economies import economy_rows
from mfsolve.models.supply_shock.random_economies import draw_economies, economy_properties, rises_then_falls

DEFAULT = Parameters()


def test_economies_are_around_the_given_one():
    table = draw_economies(DEFAULT, 500, 0.1, 7)
    centre = economy_rows(DEFAULT)[0]
    inside = np.abs(table - centre) <= 0.1 * centre + 1e-15
    assert inside.all()
    assert np.ptp(table[:, 7] / centre[7]) > 0.18
    np.testing.assert_array_equal(table[:, 14], 1.0)
    found = economy_properties(table[:6])
    assert found["monotone_without_pollution"].all()
    assert found["falls_beyond"].all()
    alone = economy_properties(table[2:3])
    for name, values in found.items():
        assert values[2] == pytest.approx(alone[name][0], rel=1e-12), name


def test_gains_are_monotone_up_to_an_economys_onset_and_no_further():
    default = economy_rows(DEFAULT)
    onset = economy_properties(default)["onset"][0]
    weights = np.array([0.0, 0.5, 0.95, 1.3, 5.0]) * onset
    table = economy_rows(DEFAULT, {"pollution_weight": weights})
    found = economy_properties(table)
    assert found["monotone"].tolist() == [True, True, True, False, False]
    assert found["inverted_u"].tolist() == [False, False, False, True, True]
    assert found["monotone_without_pollution"].all()
    nobody = economy_properties(economy_rows(DEFAULT, {"ai_quality": np.array([0.05])}))
    assert not nobody["adopters"][0]
    assert not nobody["monotone"][0]


def test_rises_then_falls():
    steps = np.array([[0, 1, 1, -1, 0], [1, 1, 1, 1, 1], [-1, 1, 1, -1, -1], [0, 0, 0, 0, 0], [1, -1, 1, -1, 0]])
    assert rises_then_falls(steps.astype(float)).tolist() == [True, False, False, False, False]


def test_a_spread_of_everything_is_refused():
    with pytest.raises(ValueError, match=r"spread: 1\.0 given"):
        draw_economies(DEFAULT, 2, 1.0, 1)
