"""float32 arithmetic that LLVM vectorises, sixteen numbers to a 512-bit register, with the same bits on every x86-64.

Literals are float64 in Numba and would carry a whole expression there: here they are rounded to the type of a vector,
by `filled`.
"""

from llvmlite import ir
from numba.extending import intrinsic

from .._jit import inline, inner
from .vectors import SINGLES, filled, load, stored

SIGNIFICAND = 23
MAGIC = 12582912.0  # 1.5 2^23: adding it rounds to a whole number, which then stands in the low bits
LOG2_E = 1.4426950408889634
FARTHEST = 20.0  # the product of four numbers below e^FARTHEST is far from the largest float32
# (2^f - 1) / f on [-1/2, 1/2], relative error below 2^-25, by powers of f
C0 = 0.6931471879267114
C1 = 0.24022649794964637
C2 = 0.05550357433542168
C3 = 0.00961823749381095
C4 = 0.0013390735527885717
C5 = 0.00015403512805288287


@intrinsic
def powers_of_two(typingctx, shifted):
    """2^k as a vector of float32, of one of MAGIC + k with whole k in [-126, 127]."""

    def codegen(context, builder, signature, args):
        words = ir.VectorType(ir.IntType(32), shifted.width)
        exponent = builder.shl(builder.bitcast(args[0], words), ir.Constant(words, [SIGNIFICAND] * shifted.width))
        one = ir.Constant(words, [127 << SIGNIFICAND] * shifted.width)
        return builder.bitcast(builder.add(exponent, one), shifted.value)

    return shifted(shifted), codegen


@intrinsic
def cut(typingctx, x, most):
    """Cut the numbers of x to [-most, most], a vector as well; NaN stays NaN: no comparison with it is true."""

    def codegen(context, builder, signature, args):
        x, most = args
        least = builder.fneg(most)
        x = builder.select(builder.fcmp_ordered(">", least, x), least, x)
        return builder.select(builder.fcmp_ordered("<", most, x), most, x)

    return x(x, x), codegen


@inline
def expm1(x):
    """e^x - 1 of a vector of float32, cut to [-FARTHEST, FARTHEST], infinities as well; NaN of NaN.

    x log2 e = k + f with a whole k and |f| <= 1/2. Relative error below 2^-22 and, for the rounding of x log2 e,
    that of e^x below |x| 2^-23.
    """
    t = cut(x, filled(FARTHEST, x)) * filled(LOG2_E, x)
    magic = filled(MAGIC, x)
    shifted = t + magic
    f = t - (shifted - magic)
    p = filled(C5, x) * f + filled(C4, x)
    p = (((p * f + filled(C3, x)) * f + filled(C2, x)) * f + filled(C1, x)) * f + filled(C0, x)
    scale = powers_of_two(shifted)
    return p * f * scale + (scale - filled(1.0, x))


@inner
def expm1_singles(x):
    """Put `expm1` of each in the place of x (n,) float32."""
    for start in range(0, x.size, SINGLES):
        stored(expm1(load(x, start)), x, start)
