"""Content: refits of pools, their divergence and drift."""

import math

import numpy as np
import pytest
from naive.collapse_content import gaussian_functionals

from mfsolve.models.collapse.content import Gaussian


@pytest.mark.parametrize("d", [1, 3])
def test_refit_to_a_pool_whose_generator_has_moved(d):
    """Mean and average variance of (1 - rho) N(0, I) + rho N(m, s2 I), and the divergence and drift at m."""
    m, rho, v, delta = np.linspace(0.3, -0.8, d), 0.35, 0.8, 0.6
    content = Gaussian(m, v, delta)
    second = (1 - rho) * np.eye(d) + rho * (delta * v * np.eye(d) + np.outer(m, m))
    refit = content.contaminated(rho)
    np.testing.assert_allclose(refit.mean, rho * m, rtol=1e-15)
    assert refit.variance == pytest.approx(np.trace(second - rho**2 * np.outer(m, m)) / d, rel=1e-14)
    s2 = delta * v
    assert content.divergence() == pytest.approx(0.5 * (d * (s2 - 1 - math.log(s2)) + m @ m), rel=1e-14)
    loss, slope = content.mixture(rho)
    want = gaussian_functionals(rho, math.sqrt(m @ m), s2, d)
    assert (loss, slope) == pytest.approx(want[:2], abs=1e-10)
    assert content.observables()["w2_drift"] == pytest.approx(math.sqrt(m @ m + d * (1 - math.sqrt(v)) ** 2), rel=1e-14)
