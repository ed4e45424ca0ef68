"""Gauss-Legendre rules: exact for polynomials, and close to NumPy's."""

import numpy as np
import pytest

from mfsolve.inference.quadrature import gauss_legendre


@pytest.mark.parametrize("count", [1, 2, 5, 12, 25, 64, 200])
def test_powers_are_integrated_exactly(count):
    node, weight = gauss_legendre(count)
    for power in {0, min(2, 2 * count - 2), 2 * count - 2}:
        assert weight @ node**power == pytest.approx(2.0 / (power + 1), rel=1e-13)
    assert weight @ node == pytest.approx(0.0, abs=1e-15)
    np.testing.assert_allclose(node, np.polynomial.legendre.leggauss(count)[0], rtol=0, atol=4e-16)
    np.testing.assert_array_equal(node, -node[::-1])


def test_a_rule_is_made_once_and_nobody_writes_to_it():
    assert gauss_legendre(7) is gauss_legendre(7)
    with pytest.raises(ValueError, match="read-only"):
        gauss_legendre(7)[0][0] = 0.0
