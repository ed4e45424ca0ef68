"""Items of a user's own content: human items are rows of a reservoir, synthetic ones draws of a fit (MODEL 1.7).

A generator is an equal mixture of Gaussian kernels N(centres[c], factor factor^T): a single kernel for a Gaussian fit,
one for each remembered item for a kernel density. An item is a pure function of its counter: item j of a producer
occupies the blocks from j (1 + ceil(d / 2)) on in that producer's lane; the first one picks the row or the centre.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.sums import LANES, fold
from ..random.normals import normal_pair
from ..random.philox import philox, unit
from ..random.variates import chi_square, multinomial
from .producers import CHUNK, draw_labels, label, lanes_of

ONE_BLOCK = np.uint64(1)
HASH = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: Fibonacci hashing."""


class Lane(NamedTuple):
    """Counter words of a producer's draws in one generation, all but the block."""

    lane: np.uint64
    step: np.uint64
    replicate: np.uint64


class Normal(NamedTuple):
    """A fitted Gaussian N(m, factor factor^T): m (d,), factor (d, d) lower triangular."""

    m: np.ndarray
    factor: np.ndarray


class Mixture(NamedTuple):
    """An equal mixture of Gaussian kernels N(centres[c], factor factor^T): centres (K, d), factor (d, d) lower."""

    centres: np.ndarray
    factor: np.ndarray


@inline
def uniform_index(key, at, block, n):
    """Draw an index uniform on 0..n-1; its probabilities are off by less than n / 2^52."""
    w0, w1, _, _ = philox(key[0], key[1], at.lane, block, at.step, at.replicate)
    return min(int((1.0 - unit(w0, w1)) * n), n - 1)


@inline
def add_noise(key, at, block, factor, z, x):
    """Add factor z to x (d,), z standard normal from the given block on."""
    d = x.size
    for k in range(0, d, 2):
        a, b = normal_pair(key[0], key[1], at.lane, block + np.uint64(k // 2), at.step, at.replicate)
        z[k] = a
        if k + 1 < d:
            z[k + 1] = b
    for k in range(d):
        for j in range(k + 1):
            x[k] += factor[k, j] * z[j]


@inline
def draw_item(key, at, item, is_human, rows, generator, z, x):
    """Draw item number `item` of a producer into x (d,)."""
    d = x.size
    centres = generator.centres
    block = np.uint64(item * (1 + (d + 1) // 2))
    if is_human:
        i = uniform_index(key, at, block, rows.shape[0])
        for k in range(d):
            x[k] = rows[i, k]
    else:
        i = uniform_index(key, at, block, centres.shape[0]) if centres.shape[0] > 1 else 0
        for k in range(d):
            x[k] = centres[i, k]
        add_noise(key, at, block + ONE_BLOCK, generator.factor, z, x)


@kernel
def emit_moments(stream, lane, share, items, rows, generator, out):
    """Emit `items` items of each producer and keep only their moments about the generator's mean m.

    An item is a row of `rows` (n, d) with probability h_i, else N(m, factor factor^T). With y = x - m: out[0] = number
    of human items, out[1 + k] = sum y_k, then sum y_k y_j for j <= k, row by row.
    """
    label_key, key, step, replicate = stream
    m, factor = generator
    d, most = m.size, lanes_of(share)
    lanes = np.zeros((out.size, most))
    is_human = np.empty((4, most))
    u = np.empty(most)
    z = np.empty((d + 1, most))
    y = np.empty((d, most))
    for start in range(0, share.size, CHUNK):
        n = min(CHUNK, share.size - start)
        own = share[start : start + n]
        base = lane + np.uint64(start)
        for item in range(items):
            if item % 4 == 0:
                draw_labels(label_key[0], label_key[1], base, np.uint64(item // 4), step, replicate, own, is_human)
            block = np.uint64(item * (1 + (d + 1) // 2))
            draw_noise(key[0], key[1], base, block, step, replicate, u[:n], z)
            human = is_human[item % 4][:n]
            centred_items(human, u, z, rows, m, factor, y)
            add_moments(human, y, lanes)
    for k in range(out.size):
        out[k] = fold(lanes[k])


@inline
def draw_noise(k0, k1, lane, block, step, replicate, u, z):
    """Draw for one item of each producer the uniform u (n,) on [0, 1) that picks a row, and normals z (d + 1, n)."""
    for i in range(u.size):
        w0, w1, _, _ = philox(k0, k1, lane + np.uint64(i), block, step, replicate)
        u[i] = 1.0 - unit(w0, w1)
    for k in range(0, z.shape[0] - 1, 2):
        noise = block + np.uint64(1 + k // 2)
        a = z[k]
        b = z[k + 1]
        for i in range(u.size):
            a[i], b[i] = normal_pair(k0, k1, lane + np.uint64(i), noise, step, replicate)


@inline
def centred_items(human, u, z, rows, m, factor, y):
    """Coordinates y (d, n) of one item of each producer, minus the generator's mean m."""
    last = rows.shape[0] - 1
    for k in range(m.size):
        yk = y[k]
        yk[:] = 0.0
        for j in range(k + 1):
            weight = factor[k, j]
            zj = z[j]
            for i in range(human.size):
                yk[i] += weight * zj[i]
    for i in range(human.size):
        if human[i] != 0.0:
            row = rows[min(int(u[i] * rows.shape[0]), last)]
            for k in range(m.size):
                y[k, i] = row[k] - m[k]


@inline
def add_moments(human, y, lanes):
    """Add the moments of one item of each producer to their lanes."""
    at = 1 + y.shape[0]
    count = lanes[0]
    for i in range(human.size):
        count[i] += human[i]
    for k in range(y.shape[0]):
        yk = y[k]
        first = lanes[1 + k]
        for i in range(human.size):
            first[i] += yk[i]
        for j in range(k + 1):
            yj = y[j]
            second = lanes[at]
            for i in range(human.size):
                second[i] += yk[i] * yj[i]
            at += 1


@kernel
def moments_from_law(key, step, replicate, n_human, n_synthetic, rows, generator, out):
    """Draw the sums of `emit_moments` from their joint law: n_human rows, n_synthetic draws of N(m, factor factor^T).

    The rows come from multinomial counts, the normal items from their mean and Bartlett's factor of a Wishart scatter.
    """
    m, factor = generator
    n, d = rows.shape
    lanes = np.zeros((out.size, LANES))
    counts = np.zeros(n)
    multinomial(key, step, replicate, np.uint64(0), n_human, np.full(n, 1.0 / n), counts)
    for i in range(n):
        at = 1 + d
        for k in range(d):
            y = rows[i, k] - m[k]
            lanes[1 + k, i % LANES] += counts[i] * y
            for j in range(k + 1):
                lanes[at, i % LANES] += counts[i] * y * (rows[i, j] - m[j])
                at += 1
    out[0] = n_human
    for k in range(1, out.size):
        out[k] = fold(lanes[k])
    if n_synthetic > 0.0:
        add_wishart(key, step, replicate, np.uint64(n), n_synthetic, factor, out)


@inline
def add_wishart(key, step, replicate, lane, n, factor, out):
    """Add sum y and sum y y^T of n items y ~ N(0, factor factor^T), drawn from their joint law."""
    d = factor.shape[0]
    columns = np.zeros((d, d + 1))  # of A and z: sum y y^T = F (A A^T + z z^T) F^T, sum y = sqrt(n) F z
    for j in range(d):
        degrees = n - 1.0 - j
        for k in range(j, d):
            if degrees > 0.0:
                own = lane + np.uint64(1 + j * d + k)
                a, _ = normal_pair(key[0], key[1], own, np.uint64(0), step, replicate)
                columns[k, j] = a if k > j else np.sqrt(chi_square(key[0], key[1], own, step, replicate, degrees))
        z, _ = normal_pair(key[0], key[1], lane + np.uint64(1 + d * d + j), np.uint64(0), step, replicate)
        columns[j, d] = z
    for j in range(d + 1):
        for k in range(d - 1, -1, -1):
            total = 0.0
            for i in range(k + 1):
                total += factor[k, i] * columns[i, j]
            columns[k, j] = total
    at = 1 + d
    for k in range(d):
        out[1 + k] += np.sqrt(n) * columns[k, d]
        for i in range(k + 1):
            for j in range(d + 1):
                out[at] += columns[k, j] * columns[i, j]
            at += 1


@kernel
def kept_items(stream, index, share, items, rows, generator, x):
    """Items number index[c] of a pool, x (K, d), as if all were drawn; item j of producer i is number i items + j."""
    label_key, key, step, replicate = stream
    z = np.empty(rows.shape[1])
    for c in range(index.size):
        i = index[c] // items
        j = index[c] - i * items
        lane = np.uint64(i)
        w0, w1, w2, w3 = philox(label_key[0], label_key[1], lane, np.uint64(j // 4), step, replicate)
        part = j % 4
        word = w0 if part == 0 else (w1 if part == 1 else (w2 if part == 2 else w3))
        human = label(word, share[i]) != 0.0
        draw_item(key, Lane(lane, step, replicate), j, human, rows, generator, z, x[c])


@kernel
def subset(u, total, index):
    """Random subset of the numbers 0..total - 1 by u (n,) in (0, 1], in no order, into index (n,).

    Floyd's algorithm (Bentley & Floyd 1987). Numbers that are taken stand in a table of at least twice as many places,
    looked for from their hash on.
    """
    n = u.size
    bits = 4
    while 1 << bits < 2 * n:
        bits += 1
    last, shift = (1 << bits) - 1, np.uint64(64 - bits)
    taken = np.full(last + 1, -1, np.int64)
    for i in range(n):
        j = total - n + i
        pick = min(int((1.0 - u[i]) * (j + 1)), j)
        free = False
        while not free:
            place = np.int64((np.uint64(pick) * HASH) >> shift)
            while taken[place] >= 0 and taken[place] != pick:
                place = (place + 1) & last
            free = taken[place] < 0
            if not free:
                pick = j  # which nobody has taken
        taken[place] = pick
        index[i] = pick


@kernel
def fresh_items(key, step, replicate, n_human, rows, generator, x):
    """Draw items x (K, d): n_human rows of the reservoir, the rest from the generator; item c has lane c."""
    z = np.empty(rows.shape[1])
    for c in range(x.shape[0]):
        draw_item(key, Lane(np.uint64(c), step, replicate), 0, c < n_human, rows, generator, z, x[c])


@kernel
def mixture_items(u, z, generator, x):
    """Items x (n, d) of a mixture from uniforms u (n,) on [0, 1) and normals z (n, d): x = centres[u K] + factor z."""
    centres, factor = generator
    d = z.shape[1]
    for i in range(x.shape[0]):
        c = min(int(u[i] * centres.shape[0]), centres.shape[0] - 1)
        for k in range(d):
            total = centres[c, k]
            for j in range(k + 1):
                total += factor[k, j] * z[i, j]
            x[i, k] = total
