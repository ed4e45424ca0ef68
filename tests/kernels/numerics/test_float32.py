"""Elementary functions in float32 against NumPy."""

import numpy as np
from mfsolve.kernels.numerics import float32


def test_expm1():
    x = np.concatenate([np.linspace(-60, 60, 200_001), np.linspace(-1e-3, 1e-3, 2001)]).astype(np.float32)
    out = np.empty_like(x)
    float32.expm1_singles(x, out)
    want = np.expm1(np.clip(x.astype(float), -40, 40))
    # 2^-23 of the polynomial, 2^-24 of each of a few roundings, k ulp(ln 2) of the reduction
    np.testing.assert_allclose(out, want, rtol=2.0**-20, atol=0)
