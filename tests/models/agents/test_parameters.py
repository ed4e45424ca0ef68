"""Refusals of the agents' parameters."""

import pytest

from mfsolve.models.agents.parameters import Parameters


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"markup": 0.0}, r"markup: 0.0 given.*\(0, 100\]"),
        ({"discount": 1.0}, r"discount: 1.0 given.*\[0, 1\)"),
        ({"reskilling_return": 1.2}, r"reskilling_return: 1.2 given.*\[0, 1\]"),
        ({"consideration": 0}, r"consideration: 0 given.*\[1, 63\]"),
        ({"quality_weight": 50.0, "human_creative": 5.0}, "quality_weight = 50, .*utilities up to .*80$"),
    ],
)
def test_nonsense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Parameters(**arguments)
