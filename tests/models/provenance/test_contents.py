"""Exact moments of contrasts against identities and quadrature."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from mfsolve.models import provenance
from mfsolve.models.provenance import GaussianContent
from mfsolve.models.provenance.contents import contrast_moments
from mfsolve.models.provenance.efficiency import moment_variance


@pytest.mark.parametrize("content", [
    GaussianContent(variance=0.1), GaussianContent(variance=0.9), GaussianContent(distance=1.0, variance=0.5, dimension=3),
    GaussianContent(variance=0.6, watermark=1.0, stripping=0.3), provenance.Tokens(vocabulary=30, watermark=0.5),
])  # fmt: skip
def test_contrasts_are_exact(content):
    """E_q t - E_p t = 2 E t^2 at rho = 1/2 = I(1/2) / 2, whatever the content; in one dimension by quadrature."""
    found = contrast_moments(content)
    assert found.synthetic - found.human == pytest.approx(content.information(0.5) / 2, rel=1e-9)
    assert found.square_human + found.square_synthetic == pytest.approx(content.information(0.5) / 2, rel=1e-9)
    if isinstance(content, GaussianContent) and content.dimension == 1 and content.watermark == 0.0:
        laws = [stats.norm(scale=s) for s in (1.0, math.sqrt(content.variance))]

        def mean(law, power):
            def f(x):
                p, q = (d.pdf(x) for d in laws)
                return ((q - p) / (q + p)) ** power * law.pdf(x)

            return 2 * sum(quad(f, a, b, epsabs=1e-14)[0] for a, b in ((0, 0.5), (0.5, 1.5), (1.5, 4), (4, 30)))

        want = [mean(law, power) for power in (1, 2) for law in laws]
        np.testing.assert_allclose(found, want, rtol=0, atol=1e-12)
    assert moment_variance(0.3, content) >= 1.0
