"""Classifiers of verified labels: the deterministic limit of endless items."""

import numpy as np
import pytest
from mfsolve.kernels.atlas.labels import ERROR, KEPT, MEASURES, USELESS, Task, label_paths
from mfsolve.kernels.random.philox import stream_key
from scipy.stats import norm


@pytest.mark.parametrize("e", [0.6, 0.9])
def test_endless_items(e):
    """Below the threshold of 3/4 the best classifier, above it its opposite; kept items at their expectation."""
    sums = np.zeros((2, MEASURES))
    label_paths(Task(1e9, 1.5, 4.0, e, 0.9, 0.3), stream_key(1, "x"), 0, 3, sums)
    assert sums[1, ERROR] / 3 == pytest.approx(norm.sf(1.5 if e < 0.75 else -1.5), abs=1e-4)
    assert sums[1, KEPT] / 3 == pytest.approx(1e9 * (e * 0.3 + (1 - e) * 0.9), rel=1e-3)


def test_one_item_in_a_plane():
    """The only kept item is y x = mu + N(0, I_2): its error by quadrature over the plane, over an axis of each kind."""
    mu, replicates = 1.5, 100_000
    sums = np.zeros((2, MEASURES))
    label_paths(Task(1.0, mu, 2.0, 0.0, 1.0, 0.0), stream_key(2, "x"), 0, replicates, sums)
    z = np.linspace(-8.0, 8.0, 1000)  # an even number: no node is at the origin
    along, across = mu + z[:, None], z[None, :]
    weight = norm.pdf(z[:, None]) * norm.pdf(across)
    weight /= weight.sum()
    error = norm.sf(mu * along / np.hypot(along, across))
    mean = np.sum(weight * error)
    scatter = np.sqrt(np.sum(weight * (error - mean) ** 2) / replicates)
    assert abs(sums[1, ERROR] / replicates - mean) < 5 * scatter
    useless = norm.sf(mu)
    assert abs(sums[1, USELESS] / replicates - useless) < 5 * np.sqrt(useless * (1 - useless) / replicates)
    assert sums[1, KEPT] == replicates
