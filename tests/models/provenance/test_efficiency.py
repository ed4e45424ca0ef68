"""Estimators against the Cramer-Rao bound: variances, biases and the laws of projected estimates."""

import math

import numpy as np
import pytest

from mfsolve.models import provenance
from mfsolve.models.provenance import GaussianContent, ensemble
from mfsolve.models.provenance.efficiency import bias_factor, bounded_information, moment_variance, projected_normal

Z = 4.5  # standard errors allowed: 7e-6 per comparison
MLE, ONE_STEP, MOMENT, EM, SCORE = 0, 1, 2, 4, 11  # columns of an ensemble


def ratio(errors, scale):
    """Variance x n I, and its standard error from the fourth moment."""
    gap = errors - errors.mean()
    variance = gap @ gap / (errors.size - 1)
    return scale * variance, scale * math.sqrt(np.mean(gap**4) - variance**2) / math.sqrt(errors.size)


@pytest.mark.parametrize(("rho", "content"), [
    (0.3, GaussianContent(variance=0.319)), (0.5, GaussianContent(distance=1.0, variance=0.8, dimension=3)),
    (0.3, GaussianContent(variance=0.6, watermark=1.0, stripping=0.3)), (0.4, provenance.Tokens(vocabulary=100)),
])  # fmt: skip
def test_no_estimator_beats_the_bound(rho, content):
    """Efficient ones are at it, the moment estimate at its own exact variance; all are unbiased to O(1 / n)."""
    rows, scale = ensemble(rho, content, 4000, 3000, seed=5, em_passes=5000), 4000 * content.information(rho)
    for column, want in ((MLE, 1.0), (ONE_STEP, 1.0), (EM, 1.0), (MOMENT, moment_variance(rho, content))):
        errors = rows[:, column] - rho
        found, spread = ratio(errors, scale)
        assert abs(found - want) < Z * spread
        assert abs(errors.mean()) < Z * errors.std() / math.sqrt(3000)
        assert found / bias_factor(rows[:, column], rows[:, SCORE]) > 1 - Z * spread


def test_moment_is_inefficient_where_classes_are_far_apart_and_rare():
    content = GaussianContent(distance=2.0, variance=1.0)
    errors = ensemble(0.02, content, 4000, 2000, seed=6)[:, MOMENT] - 0.02
    found, spread = ratio(errors, 4000 * content.information(0.02))
    assert found - 1.96 * spread > 1.3
    assert abs(errors.mean()) < Z * errors.std() / math.sqrt(2000)


@pytest.mark.parametrize("content", [
    GaussianContent(variance=1.0), GaussianContent(variance=1.0, watermark=2.0, stripping=1.0), provenance.Tokens(variance_ratio=1.0),
])  # fmt: skip
def test_without_information_there_is_no_bound(content):
    with pytest.raises(ValueError, match=r"content: an information of .* given; allowed: \(0, inf\)"):
        bounded_information(0.3, content)


def test_near_an_end_the_maximum_is_a_projected_normal():
    rng = np.random.default_rng(1)
    for rho, s in ((0.01, 0.03), (0.5, 0.4), (0.98, 0.05)):
        x = np.clip(rng.normal(rho, s, 10**6), 0, 1)
        bias, variance = projected_normal(rho, s)
        assert abs(x.mean() - rho - bias) < 4.5 * x.std() / 1000
        assert abs(x.var() / variance - 1) < 4.5 * math.sqrt(3) / 1000
