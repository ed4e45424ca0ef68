"""Both rules of Gaussian pools against adaptive quadrature, each over what the other is for."""

import numpy as np
import pytest
from mfsolve.kernels.collapse import gaussian_pool
from naive import collapse_content as naive


@pytest.mark.parametrize(("rho", "m", "s2"), [(0.3, 0.4, 0.5), (0.02, 1.0, 0.2), (0.9, 0.0, 1.5)])
def test_either_rule_on_the_line(rho, m, s2):
    want = naive.gaussian_functionals(rho, m, s2)
    small, large = np.empty(3), np.empty(3)
    assert gaussian_pool.small_functionals(rho, m, s2, 1, small) == 0.0
    assert gaussian_pool.large_functionals(rho, m, s2, 1, large) == 0.0
    # the twin is good to 1e-10 of 1
    np.testing.assert_allclose(small[:2], want[:2], rtol=0, atol=2e-10)
    np.testing.assert_allclose(large[:2], want[:2], rtol=0, atol=2e-10)
    assert large[2] == pytest.approx(want[2], rel=1e-9)
