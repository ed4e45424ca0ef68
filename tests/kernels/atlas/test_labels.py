"""Classifiers of verified labels: the deterministic limit of endless items."""

import numpy as np
import pytest
from mfsolve.kernels.atlas.labels import ERROR, KEPT, MEASURES, Task, label_paths
from mfsolve.kernels.random.philox import stream_key
from scipy.stats import norm


@pytest.mark.parametrize("e", [0.6, 0.9])
def test_endless_items(e):
    """Below the threshold of 3/4 the best classifier, above it its opposite; kept items at their expectation."""
    sums = np.zeros((2, MEASURES))
    label_paths(Task(1e9, 1.5, 4.0, e, 0.9, 0.3), stream_key(1, "x"), 0, 3, sums)
    assert sums[1, ERROR] / 3 == pytest.approx(norm.sf(1.5 if e < 0.75 else -1.5), abs=1e-4)
    assert sums[1, KEPT] / 3 == pytest.approx(1e9 * (e * 0.3 + (1 - e) * 0.9), rel=1e-3)
