"""The Beta distribution against SciPy and closed forms."""

import numpy as np
import pytest
from mfsolve.kernels.numerics import special as beta
from scipy.integrate import quad
from scipy.special import betainc
from scipy.stats import beta as law

SHAPES = (
    (1.0, 1.0),
    (2.0, 2.0),
    (1.0, 3.0),
    (1.3, 4.7),
    (2.5, 1.01),
    (7.7, 3.1),
    (20.0, 30.0),
    (100.0, 100.0),
    (1.0, 100.0),
)


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_shares_against_scipy(a, b):
    tiny = 10.0 ** -np.linspace(1, 15, 50)
    x = np.concatenate([np.linspace(0, 1, 2001), tiny, 1 - tiny])
    out = np.empty_like(x)
    beta.beta_shares(x, a, b, out)
    # the logarithm of the front factor has terms of size (a + b) ln: their rounding is what limits both
    np.testing.assert_allclose(out, betainc(a, b, x), atol=8e-16 * (a + b + 4), rtol=0)
    assert out[0] == 0.0
    assert out[2000] == 1.0


def test_uniform_and_quadratic_are_exact():
    x = np.linspace(0, 1, 1001)
    out = np.empty_like(x)
    beta.beta_shares(x, 1.0, 1.0, out)
    np.testing.assert_allclose(out, x, atol=1e-15)
    beta.beta_shares(x, 2.0, 2.0, out)
    np.testing.assert_allclose(out, x * x * (3 - 2 * x), atol=3e-15)


@pytest.mark.parametrize(("a", "b"), SHAPES[:6])
def test_partial_moments_against_quadrature(a, b):
    ends = np.array([0.15, 0.6, 0.97])
    out = np.empty((3, 5))
    beta.beta_moments(ends, a, b, out)
    for k in range(-1, 4):
        for i in range(2):
            exact = quad(lambda s, k=k: s**k * law.pdf(s, a, b), ends[i], ends[i + 1], epsabs=1e-14, epsrel=1e-13)[0]
            assert out[i + 1, k + 1] - out[i, k + 1] == pytest.approx(exact, abs=3e-14)
