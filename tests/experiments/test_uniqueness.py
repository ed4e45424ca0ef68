"""Uniqueness: samples of random economies, and ranges that are refused."""

import numpy as np
import pytest

from mfsolve.experiments import uniqueness
from mfsolve.experiments.experiment import Case
from mfsolve.models.frozen import Nothing

ARM = uniqueness.EXPERIMENT.arms["random"]


def sample_case(economies=400, **market):
    size = uniqueness.Sample(economies=economies, checked=3, listed=2)
    return Case(uniqueness.Ranges(), uniqueness.Market(**market), size, Nothing())


def test_samples_are_their_own_and_of_their_ranges():
    case = sample_case(erosion=(1.2, 3.0), subsidy=(0.0, 0.0), levy=(0.0, 0.0))
    first, again, other = (ARM.draw(case, 1, r, t) for r, t in ((0, 1), (0, 2), (1, 1)))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert not np.array_equal(first["density"], other["density"])
    width = 1 / 40
    assert first["density"].sum() * width * 400 == pytest.approx(400 + 2 * first["several"])  # one, or three
    coordinates = ARM.coordinates(case)
    for name, output in ARM.outputs(case).items():
        assert first[name].shape == tuple(coordinates[dim].size for dim in output.dims)
    assert first["disagreeing"] == 0.0


@pytest.mark.parametrize(("market", "message"), [
    ({"subsidy": (0.5, 0.2)}, r"subsidy: \[0.5, 0.2\] given; allowed: ascending"),
    ({"subsidy": (0.5, 1.2)}, r"subsidy\[1\]: 1.2 given; allowed: \[0, 1\]"),
])  # fmt: skip
def test_ranges_that_are_none_are_refused(market, message):
    with pytest.raises(ValueError, match=message):
        ARM.check(sample_case(**market))
