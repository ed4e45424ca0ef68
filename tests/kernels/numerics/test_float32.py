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


def test_expm1_of_every_float():
    """All exponents, subnormals included; infinities are cut like other large numbers, NaN stays NaN."""
    bits = np.random.default_rng(1).integers(1, np.float32(40.0).view(np.uint32), 10**6, dtype=np.uint32)
    x = np.concatenate([bits.view(np.float32), -bits.view(np.float32)])
    out = np.empty_like(x)
    float32.expm1_singles(x, out)
    tiny = float(np.finfo(np.float32).smallest_subnormal)
    np.testing.assert_allclose(out, np.expm1(x.astype(float)), rtol=2.0**-20, atol=tiny)
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e38, -1e38], np.float32)
    out = np.empty_like(special)
    float32.expm1_singles(special, out)
    np.testing.assert_allclose(out, np.expm1(np.clip(special.astype(float), -40, 40)), rtol=2.0**-20)
