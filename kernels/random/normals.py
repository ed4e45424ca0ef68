"""Standard normal draws from counters: Box-Muller, written so that LLVM vectorises it."""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import ONE, SHIFT_12, bits_of, float_of, log, sincos_eighth
from .philox import SHIFT_32, philox, unit

SIGN = np.uint64(0x8000000000000000)
SHIFT_62 = np.uint64(62)
BIT_0 = np.uint64(1)


@inline
def box_muller(w0, w1, w2, w3):
    """Two independent N(0, 1) from the four words of one block.

    The radius takes 52 bits (|z| up to 8.49). The angle takes 52 bits for its place within an eighth of a
    turn either side of an axis, and three further bits for the axis and the two signs.
    """
    r = np.sqrt(-2.0 * log(unit(w0, w1)))
    angle = (w2 << SHIFT_32) | w3
    s, c = sincos_eighth((float_of((angle >> SHIFT_12) | ONE) - 1.5) * 0.25)
    swap = (angle & BIT_0) != np.uint64(0)
    x = s if swap else c
    y = c if swap else s
    # bits 1 and 2 give independent signs: with the swap, all eight half-quadrants are equally likely
    x = float_of(bits_of(x) ^ ((angle << SHIFT_62) & SIGN))
    y = float_of(bits_of(y) ^ ((angle << np.uint64(61)) & SIGN))
    return r * x, r * y


@inline
def normal_pair(k0, k1, lane, block, step, replicate):
    """Two independent N(0, 1) of one counter."""
    w0, w1, w2, w3 = philox(k0, k1, lane, block, step, replicate)
    return box_muller(w0, w1, w2, w3)


@kernel
def normals(key, block, step, replicate, lane, first, second):
    """Fill first[i], second[i] with the two N(0, 1) of lane `lane + i`, i < first.size."""
    k0, k1 = key[0], key[1]
    for i in range(first.size):
        first[i], second[i] = normal_pair(k0, k1, lane + np.uint64(i), block, step, replicate)


CENTRAL = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080),
    (5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867,
     5394.1960214247511077, 687.18700749205790830, 42.313330701600911252, 1.0),
)  # fmt: skip
MIDDLE = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.241780725177450611770, 1.27045825245236838258,
     3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.148103976427480074590,
     0.689767334985100004550, 1.67638483018380384940, 2.05319162663775882187, 1.0),
)  # fmt: skip
TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.00124266094738807843860, 0.0265321895265761230930,
     0.296560571828504891230, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     0.0148753612908506148525, 0.136929880922735805310, 0.599832206555887937690, 1.0),
)  # fmt: skip


@inline
def ratio_of(coefficients, r):
    """Quotient of two polynomials of degree 7."""
    top = 0.0
    bottom = 0.0
    for a in coefficients[0]:
        top = top * r + a
    for b in coefficients[1]:
        bottom = bottom * r + b
    return top / bottom


@inline
def normal_quantile(u):
    """z with P(N(0, 1) <= z) = u, u in (0, 1), to 1e-15 (Wichura 1988, AS 241)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        return q * ratio_of(CENTRAL, 0.180625 - q * q)
    r = np.sqrt(-log(u if q < 0.0 else 1.0 - u))
    z = ratio_of(MIDDLE, r - 1.6) if r <= 5.0 else ratio_of(TAIL, r - 5.0)
    return -z if q < 0.0 else z


@kernel
def normal_quantiles(u, out):
    """`normal_quantile` of u (n,)."""
    for i in range(u.size):
        out[i] = normal_quantile(u[i])
