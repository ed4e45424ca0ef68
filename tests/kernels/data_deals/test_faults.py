"""The kernels of the loop against plain NumPy."""

import numpy as np
from mfsolve.kernels.data_deals import faults as kernels
from naive import data_deals as naive

RESPONSES = [
    kernels.Response(0.05, 0.9, 8.0, 0.5),
    kernels.Response(0.1, 0.7, 5.0, 0.4),
    kernels.Response(0, 1, 9, 0.6),
]
LOOP = kernels.Loop(*RESPONSES, 0.9)


def test_once_around_the_loop():
    r = np.linspace(0.0, 1.2, 40)
    out = np.empty(40)
    kernels.around(LOOP, r, out)
    np.testing.assert_allclose(out, naive.around(LOOP, r), rtol=1e-13)


def test_paths_end_where_the_twin_says():
    saddle = np.array([0.45, 0.5, 0.48])
    starts = np.random.default_rng(4).uniform(0.0, 1.0, (12, 3))
    found = [kernels.crosses(LOOP, *start, saddle) for start in starts]
    assert found == [naive.crosses(LOOP, start, saddle) for start in starts]
    assert 0 < sum(found) < 12


def test_the_basin_is_the_mean_over_the_grid():
    saddle = np.array([0.45, 0.5, 0.48])
    middle = (np.arange(4) + 0.5) / 4
    starts = [(g, y, r) for g in middle for y in middle for r in middle]
    assert kernels.upper_basin(LOOP, saddle, 4) == np.mean([naive.crosses(LOOP, s, saddle) for s in starts])
