"""Readings of drifted pools, and the constants' break-even."""

import numpy as np
import pytest

from mfsolve.models.objections.constants import break_even
from mfsolve.models.objections.identification import Path, counted, estimated, laws, pool_law, reading


@pytest.mark.parametrize("path", list(Path))
def test_without_drift_the_reading_is_right(path):
    assert reading(laws(0.4735, 0.0, path), 0.4) == pytest.approx(0.4, abs=1e-12)


def test_along_mixtures_the_reading_is_shifted_exactly():
    for rho, drift in ((0.4, 17 / 120), (0.1, 0.5), (0.9, 0.3)):
        at = laws(0.3, drift, Path.MIXTURE)
        assert reading(at, rho) == pytest.approx(rho + (1.0 - rho) * drift, abs=1e-12)
        np.testing.assert_allclose(pool_law(at, rho).sum(), 1.0)
    assert reading(laws(0.4735, 17 / 120, Path.MIXTURE), 0.4) == pytest.approx(0.485, abs=1e-12)


def test_beyond_the_ends_the_reading_is_an_end():
    at = laws(0.5, 1.0, Path.VARIANCE)  # human content is the generator's
    assert reading(at, 0.0) == pytest.approx(1.0, abs=1e-9)


def test_estimates_scatter_around_the_reading():
    random, at = np.random.default_rng(5), laws(0.4735, 17 / 120, Path.MIXTURE)
    found = [estimated(at, 0.4, *(random.random(n) for n in (5000, 50_000, 50_000))) for _ in range(8)]
    values = [f.estimate.value for f in found]
    assert abs(np.mean(values) - 0.485) < 5.0 * np.std(values, ddof=1) / np.sqrt(8)
    np.testing.assert_array_equal(counted(np.array([0.25, 0.75]), np.array([0.1, 0.3, 0.9])), [1.0, 2.0])


def test_break_even_is_exact_for_gains_linear_in_one_over_n():
    items = np.array([20.0, 40.0, 80.0, 160.0])
    assert break_even(items, 1.0 - 70.0 / items) == pytest.approx(70.0)
    assert break_even(items, 1.0 - 5.0 / items) == 20.0
    assert break_even(items, 1.0 - 500.0 / items) == np.inf
