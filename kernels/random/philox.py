"""Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror & Shaw, SC 2011).

A draw is a pure function of what it is for: key = (study seed, purpose), counter = (lane, block, step,
replicate). Whoever computes it, in whatever order, gets the same bits.

Words of 32 bits travel in uint64: LLVM turns the masked products into one widening multiplication.
"""

import hashlib

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import ONE, SHIFT_12, float_of

MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
MASK = np.uint64(0xFFFFFFFF)
SHIFT_32 = np.uint64(32)


@inline
def philox(k0, k1, c0, c1, c2, c3):
    """One block: four 32-bit words (as uint64) of a 64-bit key and a 128-bit counter."""
    for _ in range(10):
        a = MULTIPLIER_0 * c0
        b = MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (b >> SHIFT_32) ^ c1 ^ k0, b & MASK, (a >> SHIFT_32) ^ c3 ^ k1, a & MASK
        k0 = (k0 + WEYL_0) & MASK
        k1 = (k1 + WEYL_1) & MASK
    return c0, c1, c2, c3


@inline
def unit(high, low):
    """Uniform on (0, 1] from two words, 52 bits: 2 - [1, 2)."""
    return 2.0 - float_of((((high << SHIFT_32) | low) >> SHIFT_12) | ONE)


@kernel
def words(key, counter, out):
    """Fill out[i] (n, 4) with the blocks of counters (counter[0] + i, counter[1], counter[2], counter[3])."""
    for i in range(out.shape[0]):
        w0, w1, w2, w3 = philox(key[0], key[1], (counter[0] + np.uint64(i)) & MASK, counter[1], counter[2], counter[3])
        out[i, 0] = w0
        out[i, 1] = w1
        out[i, 2] = w2
        out[i, 3] = w3


@kernel
def uniforms(key, block, step, replicate, lane, out):
    """Fill out[2 i], out[2 i + 1] with the two uniforms on (0, 1] of lane `lane + i`."""
    for i in range((out.size + 1) // 2):
        w0, w1, w2, w3 = philox(key[0], key[1], lane + np.uint64(i), block, step, replicate)
        out[2 * i] = unit(w0, w1)
        if 2 * i + 1 < out.size:
            out[2 * i + 1] = unit(w2, w3)


def stream_key(seed: int, purpose: str) -> np.ndarray:
    """Philox key (2,) uint64 of a study seed and a purpose: 64 bits of SHA-256, two alike by a chance of 2^-64."""
    digest = hashlib.sha256(int(seed).to_bytes(8, "little") + purpose.encode()).digest()
    return np.frombuffer(digest[:8], dtype="<u4").astype(np.uint64)
