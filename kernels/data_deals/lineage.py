"""Attribution of items to creators by the bits of their metadata (MODEL 6.4).

Every creator has a random code of b bits. An item carries its creator's code with each bit flipped with a chance, and
is attributed to a creator whose code is nearest; ties are broken at random.
"""

import numpy as np

from .._jit import inline, kernel
from ..random.philox import SHIFT_32, philox, unit

ONE, ZERO = np.uint64(1), np.uint64(0)


@inline
def ones(x):
    """Number of bits set in a word of 64."""
    x = x - ((x >> ONE) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@kernel
def draw_codes(key, replicate, codes):
    """Draw a code of 64 bits for every creator, of which the first b count: codes (G,) uint64."""
    for j in range(codes.size):
        w0, w1, _, _ = philox(key[0], key[1], np.uint64(j), ZERO, ZERO, replicate)
        codes[j] = (w0 << SHIFT_32) | w1


@kernel
def attribute(key, replicate, codes, bits, noise, owner, right):
    """Attribute items: owner (n,) is the creator of each, right (n,) 1 where the item is attributed to that one."""
    mask = (ONE << np.uint64(bits)) - ONE if bits < 64 else ~ZERO
    for i in range(owner.size):
        flips = ZERO
        for b in range(0, bits, 2):
            w0, w1, w2, w3 = philox(key[0], key[1], np.uint64(i), np.uint64(1 + b), ONE, replicate)
            if unit(w0, w1) <= noise:
                flips |= ONE << np.uint64(b)
            if b + 1 < bits and unit(w2, w3) <= noise:
                flips |= ONE << np.uint64(b + 1)
        seen = (codes[owner[i]] ^ flips) & mask
        own = ones(flips & mask)
        nearer, ties = False, 1
        for j in range(codes.size):
            if j != owner[i]:
                gap = ones(seen ^ (codes[j] & mask))
                if gap < own:
                    nearer = True
                    break
                if gap == own:
                    ties += 1
        w0, w1, _, _ = philox(key[0], key[1], np.uint64(i), ZERO, ONE, replicate)
        right[i] = 1 if not nearer and unit(w0, w1) * ties <= 1.0 else 0
