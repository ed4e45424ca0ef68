"""float32 arithmetic that LLVM vectorises, sixteen numbers to a 512-bit register, with the same bits on every x86-64.

Literals are float64 in Numba and would carry a whole expression there: every number here is a float32 by name.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .._jit import inline, inner

SIGNIFICAND = 23
MAGIC = np.float32(12582912.0)  # 1.5 2^23: adding it rounds to a whole number, which then stands in the low bits
LOG2_E = np.float32(1.4426950408889634)
LN2_HIGH = np.float32(0.693359375)
LN2_LOW = np.float32(-2.12194440e-4)
FARTHEST = np.float32(40.0)
ONE = np.float32(1.0)
C2 = np.float32(1.0 / 2.0)
C3 = np.float32(1.0 / 6.0)
C4 = np.float32(1.0 / 24.0)
C5 = np.float32(1.0 / 120.0)
C6 = np.float32(1.0 / 720.0)


@intrinsic
def power_of_two(typingctx, shifted):
    """2^k as float32, of MAGIC + k with a whole k in [-126, 127]."""

    def codegen(context, builder, signature, args):
        word = ir.IntType(32)
        exponent = builder.shl(builder.bitcast(args[0], word), ir.Constant(word, SIGNIFICAND))
        one = ir.Constant(word, 127 << SIGNIFICAND)
        return builder.bitcast(builder.add(exponent, one), ir.FloatType())

    return types.float32(types.float32), codegen


@inline
def expm1_single(x):
    """e^x - 1 of a float32 x, cut to [-40, 40], infinities as well; NaN of NaN. Relative error below 2^-20.

    x = k ln 2 + r with |r| <= ln 2 / 2; e^r - 1 by its Taylor polynomial of degree 6 (error 2^-23).
    """
    given = x
    x = min(max(x, -FARTHEST), FARTHEST)
    shifted = x * LOG2_E + MAGIC
    k = shifted - MAGIC
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    z = r * r
    p = ((C6 * r + C5) * r + C4) * r + C3
    p = (p * r + C2) * z + r
    scale = power_of_two(shifted)
    found = p * scale + (scale - ONE)
    return found if given == given else given


@inner
def expm1_singles(x, out):
    """`expm1_single` of x (n,) float32."""
    for i in range(x.size):
        out[i] = expm1_single(x[i])
