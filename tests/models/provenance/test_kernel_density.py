"""Kernel density against SciPy's."""

import numpy as np
from scipy import stats

from mfsolve.models import provenance


def test_kernel_density():
    data = np.random.default_rng(1).normal(size=300)
    x = np.linspace(-4, 4, 101)
    want = stats.gaussian_kde(data, bw_method=0.3 / data.std(ddof=1)).logpdf(x)
    # linear binning with h / step >= 8: relative error below (step / h)^2 / 8 of the second derivative
    np.testing.assert_allclose(provenance.kernel_log_density(x, data, 0.3), want, rtol=0, atol=2e-3)
