"""Producers: revision of human shares, and labels of the items that they emit (MODEL 1.2, 1.7).

The human share h of a producer is held in fixed point, 31 bits of a uint32: four bytes a producer. An item is human
where a 31-bit word lies below it. h = 1 is exact, other shares are rounded by less than 2.4e-10.
"""

from typing import Any, NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.sums import fold
from ..random.normals import normal_pair
from ..random.philox import philox, unit
from ..random.variates import binomial

UNIT = np.float64(2**31)
SHIFT_1 = np.uint64(1)
ZERO = np.uint64(0)
COUNTED = 128  # up to this many items a producer, counting labels is faster than a binomial variate
CHUNK = 512  # lanes whose accumulators stay in the first-level cache


class ItemStream(NamedTuple):
    """Random stream of the items of one generation: keys (2,) of labels and of content, step and replicate."""

    label_key: np.ndarray
    content_key: np.ndarray
    step: np.uint64
    replicate: np.uint64


class Revision(NamedTuple):
    """One generation's revision: probability of reconsidering, target of the best response, spread of the targets."""

    probability: float
    target: float
    spread: float


@inline
def lanes_of(share):
    """Number of sums that the producers of a chunk are added to, each to its own: no more than there are producers."""
    return min(max(share.size, 1), CHUNK)


@inline
def clip(h):
    """Restrict a share h to [0, 1]."""
    return min(max(h, 0.0), 1.0)


def revise(
    revision_key: Any, cost_key: Any, step: np.uint64, replicate: np.uint64, lane: np.uint64, revision: Any, share: Any
) -> None:
    """Let each producer reconsider with a given probability; one that does moves to its best response.

    Best response h = clip(target - spread * e), e uniform on [-1, 1), the producer's cost rank: a function of
    its lane alone, so the same in every generation. `share` (n,) uint32 is changed in place.
    """
    if revision.spread == 0.0:
        revise_alike(revision_key, step, replicate, lane, revision, share)
    else:
        revise_apart(revision_key, cost_key, step, replicate, lane, revision, share)


@kernel
def revise_alike(key, step, replicate, lane, revision, share):
    """`revise` for producers of equal costs."""
    probability, target, _ = revision
    k0, k1 = key[0], key[1]
    same = np.uint32(clip(target) * UNIT + 0.5)
    for i in range(share.size):
        w0, w1, _, _ = philox(k0, k1, lane + np.uint64(i), ZERO, step, replicate)
        share[i] = same if unit(w0, w1) <= probability else share[i]


@kernel
def revise_apart(revision_key, cost_key, step, replicate, lane, revision, share):
    """`revise` for producers of spread costs."""
    probability, target, spread = revision
    k0, k1 = revision_key[0], revision_key[1]
    e0, e1 = cost_key[0], cost_key[1]
    for i in range(share.size):
        w0, w1, _, _ = philox(k0, k1, lane + np.uint64(i), ZERO, step, replicate)
        r0, r1, _, _ = philox(e0, e1, lane + np.uint64(i), ZERO, ZERO, replicate)
        own = np.uint32(clip(target - spread * (1.0 - 2.0 * unit(r0, r1))) * UNIT + 0.5)
        share[i] = own if unit(w0, w1) <= probability else share[i]


def share_moments(cost_key: Any, replicate: np.uint64, lane: np.uint64, spread: float, share: Any, out: Any) -> None:
    """Sums over producers of h, h^2 and e h, e the cost rank of `revise`: out (3,), the last 0 without a spread."""
    sums_of_shares(share, out)
    if spread != 0.0:
        sum_with_costs(cost_key, replicate, lane, share, out)


@kernel
def sums_of_shares(share, out):
    """Write the sums of h and h^2 into out[:2], and 0 into out[2]."""
    h1 = np.zeros(lanes_of(share))
    h2 = np.zeros(lanes_of(share))
    for start in range(0, share.size, CHUNK):
        n = min(CHUNK, share.size - start)
        for i in range(n):
            h = share[start + i] / UNIT
            h1[i] += h
            h2[i] += h * h
    out[0] = fold(h1)
    out[1] = fold(h2)
    out[2] = 0.0


@kernel
def sum_with_costs(cost_key, replicate, lane, share, out):
    """Write the sum of e h into out[2]."""
    e0, e1 = cost_key[0], cost_key[1]
    eh = np.zeros(lanes_of(share))
    for start in range(0, share.size, CHUNK):
        n = min(CHUNK, share.size - start)
        for i in range(n):
            r0, r1, _, _ = philox(e0, e1, lane + np.uint64(start + i), ZERO, ZERO, replicate)
            eh[i] += (1.0 - 2.0 * unit(r0, r1)) * (share[start + i] / UNIT)
    out[2] = fold(eh)


@inline
def label(word, share):
    """Label of an item: 1.0 for human, 0.0 for synthetic."""
    return 1.0 if (word >> SHIFT_1) < np.uint64(share) else 0.0


@inline
def centred(z, human, m, s):
    """Item minus the generator's mean: z - m for a human item, s z for a synthetic one."""
    return z - m if human != 0.0 else s * z


@inline
def draw_labels(l0, l1, lane, block, step, replicate, share, is_human):
    """Draw the labels (4, n or more) of items 4q..4q+3 of producers with the given shares, q the block."""
    a0, a1, a2, a3 = is_human[0], is_human[1], is_human[2], is_human[3]
    for i in range(share.size):
        w0, w1, w2, w3 = philox(l0, l1, lane + np.uint64(i), block, step, replicate)
        a0[i] = label(w0, share[i])
        a1[i] = label(w1, share[i])
        a2[i] = label(w2, share[i])
        a3[i] = label(w3, share[i])


@kernel
def count_human(key, step, replicate, lane, share, items):
    """Number of human items of all producers, each Binomial(items, h_i).

    With few items the labels of `emit` are counted, so that both have the same human items; with many a binomial
    variate is drawn for each producer, at a cost that does not depend on `items`.
    """
    if items <= COUNTED:
        return count_labels(key, step, replicate, lane, share, items)
    total = 0.0
    for i in range(share.size):
        total += binomial(key[0], key[1], lane + np.uint64(i), step, replicate, float(items), share[i] / UNIT)
    return total


@kernel
def count_labels(key, step, replicate, lane, share, items):
    """Number of human items by the labels of all items, four labels to a block."""
    k0, k1 = key[0], key[1]
    human = np.zeros(lanes_of(share))
    for start in range(0, share.size, CHUNK):
        n = min(CHUNK, share.size - start)
        base = lane + np.uint64(start)
        for q in range((items + 3) // 4):
            left = items - 4 * q
            keep1 = 1.0 if left > 1 else 0.0
            keep2 = 1.0 if left > 2 else 0.0
            keep3 = 1.0 if left > 3 else 0.0
            for i in range(n):
                w0, w1, w2, w3 = philox(k0, k1, base + np.uint64(i), np.uint64(q), step, replicate)
                h = share[start + i]
                human[i] += label(w0, h) + keep1 * label(w1, h) + keep2 * label(w2, h) + keep3 * label(w3, h)
    return fold(human)


@kernel
def histogram(stream, lane, share, items, m, s, span, counts):
    """Count the first coordinate of the very items of `emit`, drawn once more, in equal bins on span = (low, high).

    counts (bins,) int64 is added to; items outside the range are not counted.
    """
    label_key, noise_key, step, replicate = stream
    low, high = span
    l0, l1 = label_key[0], label_key[1]
    n0, n1 = noise_key[0], noise_key[1]
    d = m.size
    scale = counts.size / (high - low)
    is_human = np.empty((4, lanes_of(share)))
    x0 = np.empty(lanes_of(share))
    x1 = np.empty(lanes_of(share))
    for start in range(0, share.size, CHUNK):
        n = min(CHUNK, share.size - start)
        own = share[start : start + n]
        base = lane + np.uint64(start)
        for q in range((items + 3) // 4):
            draw_labels(l0, l1, base, np.uint64(q), step, replicate, own, is_human)
            for r in range(min(2, (items - 4 * q + 1) // 2)):
                b = 2 * q + r
                human0 = is_human[2 * r]
                human1 = is_human[2 * r + 1]
                noise = np.uint64(b * d)
                for i in range(n):
                    z0, z1 = normal_pair(n0, n1, base + np.uint64(i), noise, step, replicate)
                    x0[i] = centred(z0, human0[i], m[0], s) + m[0]
                    x1[i] = centred(z1, human1[i], m[0], s) + m[0]
                count_in_bins(x0[:n], low, high, scale, counts)
                if 2 * b + 1 < items:
                    count_in_bins(x1[:n], low, high, scale, counts)


@inline
def count_in_bins(x, low, high, scale, counts):
    """Count x (n,) in equal bins on [low, high), `scale` bins a unit."""
    for i in range(x.size):
        if low <= x[i] < high:
            counts[min(int((x[i] - low) * scale), counts.size - 1)] += 1
