"""Recursive regression against its twin, and replicates that are the same however many are drawn together."""

import numpy as np
import pytest
from mfsolve.kernels.atlas import regression
from mfsolve.kernels.random.philox import stream_key
from naive import atlas_regression as naive

KEY = stream_key(5, "atlas.regression")


@pytest.mark.parametrize("keep", [regression.NEWEST, regression.ALL, regression.SAMPLE])
@pytest.mark.parametrize("ridge", [0.0, 0.2])
def test_paths_are_those_of_the_twin(keep, ridge):
    fresh = np.array([9, 9, 12, 9]) if keep == regression.NEWEST else np.full(4, 9)
    refit = regression.Refit(np.array([1.0, -0.5, 0.2]), 0.7, ridge, keep, fresh, np.array([9, 2, 0, 5]))
    found = np.empty((2, 3, 4))
    regression.paths(KEY, 6, refit, *found)
    expected = [naive.path(KEY, replicate, refit) for replicate in (6, 7, 8)]
    np.testing.assert_allclose(found, np.moveaxis(expected, 2, 0), rtol=1e-9)
    alone = np.empty((2, 1, 4))
    regression.paths(KEY, 7, refit, *alone)
    assert np.array_equal(alone[:, 0], found[:, 1])
