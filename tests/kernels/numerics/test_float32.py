"""Elementary functions in float32 against NumPy."""

import numpy as np
from mfsolve.kernels.numerics import float32


def off(found, x):
    """Largest error of e^x - 1, in units of what the rounding of x log2 e and of the last operations allows."""
    x = np.clip(x.astype(float), -20, 20)
    tiny = float(np.finfo(np.float32).smallest_subnormal)
    return np.max(
        np.abs(found - np.expm1(x)) / (2.0**-22 * np.abs(np.expm1(x)) + 2.0**-23 * np.abs(x) * np.exp(x) + tiny)
    )


def test_expm1():
    x = np.concatenate([np.linspace(-60, 60, 200_001), np.linspace(-1e-3, 1e-3, 2001)]).astype(np.float32)
    out = x.copy()
    float32.expm1_singles(out)
    assert off(out, x) < 1.0


def test_expm1_of_every_float():
    """All exponents, subnormals included; infinities are cut like other large numbers, NaN stays NaN."""
    bits = np.random.default_rng(1).integers(1, np.float32(20.0).view(np.uint32), 10**6, dtype=np.uint32)
    x = np.concatenate([bits.view(np.float32), -bits.view(np.float32)])
    out = x.copy()
    float32.expm1_singles(out)
    assert off(out, x) < 1.0
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e38, -1e38], np.float32)
    out = special.copy()
    float32.expm1_singles(out)
    assert np.isnan(out[0])
    assert off(out[1:], special[1:]) < 1.0
