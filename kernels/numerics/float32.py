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
FARTHEST = np.float32(20.0)  # the product of four numbers below e^FARTHEST is far from the largest float32
ONE = np.float32(1.0)
# (2^f - 1) / f on [-1/2, 1/2], relative error below 2^-25
C0 = np.float32(0.6931471879267114)
C1 = np.float32(0.24022649794964637)
C2 = np.float32(0.05550357433542168)
C3 = np.float32(0.00961823749381095)
C4 = np.float32(0.0013390735527885717)
C5 = np.float32(0.00015403512805288287)


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
    """e^x - 1 of a float32 x, cut to [-FARTHEST, FARTHEST], infinities as well; NaN of NaN.

    x log2 e = k + f with a whole k and |f| <= 1/2. Relative error below 2^-22 and, for the rounding of x log2 e,
    that of e^x below |x| 2^-23.
    """
    given = x
    t = min(max(x, -FARTHEST), FARTHEST) * LOG2_E
    shifted = t + MAGIC
    f = t - (shifted - MAGIC)
    p = (((((C5 * f + C4) * f + C3) * f + C2) * f + C1) * f + C0) * f
    scale = power_of_two(shifted)
    found = p * scale + (scale - ONE)
    return found if given == given else given


@inner
def expm1_singles(x):
    """Put `expm1_single` of each in the place of x (n,) float32."""
    for i in range(x.size):
        x[i] = expm1_single(x[i])
