"""Standard normal draws from counters: Box-Muller, written so that LLVM vectorises it."""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import ONE, SHIFT_12, bits_of, float_of, log_in_range, sincos_eighth
from .philox import SHIFT_32, philox, unit

SIGN = np.uint64(0x8000000000000000)
SHIFT_62 = np.uint64(62)
BIT_0 = np.uint64(1)


@inline
def box_muller(w0, w1, w2, w3):
    """Two independent N(0, 1) from the four words of one block.

    The radius takes 52 bits (|z| up to 8.49). The angle takes 52 bits for its place within an eighth of a
    turn either side of an axis, and three further bits for the axis and the two signs. `unit` is in [2^-52, 1] and the
    place in [-1/8, 1/8), so that the logarithm and the sine need no guard.
    """
    r = np.sqrt(-2.0 * log_in_range(unit(w0, w1)))
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
