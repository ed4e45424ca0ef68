"""Slow twins of the kernels: NumPy, SciPy and Python integers only, a formula at a time."""

import hashlib
import math

import numpy as np
from scipy import stats

MASK = 0xFFFFFFFF
U32 = np.uint64(32)


def stream_key(seed, purpose):
    """Key of a study seed and a purpose: the first two 32-bit words of their SHA-256."""
    digest = hashlib.sha256(seed.to_bytes(8, "little") + purpose.encode()).digest()
    return np.array([int.from_bytes(digest[i : i + 4], "little") for i in (0, 4)], np.uint64)


def philox(key, counter):
    """One block of Philox 4x32-10 in Python integers, as the paper writes it."""
    k0, k1 = (int(k) for k in key)
    x = [int(c) for c in counter]
    for _ in range(10):
        a, b = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [(b >> 32) ^ x[1] ^ k0, b & MASK, (a >> 32) ^ x[3] ^ k1, a & MASK]
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return x


def words(key, lanes, block, step, replicate):
    """The same over an array of lanes: (4, n) uint64."""
    mask = np.uint64(MASK)
    lanes = np.asarray(lanes, np.uint64)
    x = [lanes, *(np.full(lanes.shape, c, np.uint64) for c in (block, step, replicate))]
    k0, k1 = (int(k) for k in key)
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * x[0], np.uint64(0xCD9E8D57) * x[2]
        x = [(b >> U32) ^ x[1] ^ np.uint64(k0), b & mask, (a >> U32) ^ x[3] ^ np.uint64(k1), a & mask]
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return np.stack(x)


def unit(high, low):
    """Uniform on (0, 1] from the 52 leading bits of two words."""
    return 1.0 - ((np.asarray(high) << U32 | np.asarray(low)) >> np.uint64(12)).astype(np.float64) * 2.0**-52


def uniforms(key, block, step, replicate, lane, n):
    """n uniforms on (0, 1], two of each counter from `lane` on."""
    w = words(key, lane + np.arange((n + 1) // 2), block, step, replicate)
    return np.column_stack([unit(w[0], w[1]), unit(w[2], w[3])]).ravel()[:n]


def box_muller(w):
    """Two normals from words (4, n): angle within an eighth turn of an axis, then swap and two signs."""
    radius = np.sqrt(-2.0 * np.log(unit(w[0], w[1])))
    bits = w[2] << U32 | w[3]
    t = ((bits >> np.uint64(12)).astype(np.float64) * 2.0**-52 - 0.5) / 4.0
    pair = np.stack([np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)])
    bit = [(bits >> np.uint64(j)) & np.uint64(1) == 1 for j in range(3)]
    x, y = np.where(bit[0], pair[1], pair[0]), np.where(bit[0], pair[0], pair[1])
    return radius * np.where(bit[1], -x, x), radius * np.where(bit[2], -y, y)


def normal_pair(key, lanes, block, step, replicate):
    return box_muller(words(key, lanes, block, step, replicate))


# --- sums ---------------------------------------------------------------------------------------------


def fold(x):
    x = np.array(x)
    while x.size > 1:
        x = x[: x.size // 2] + x[x.size // 2 :]
    return x[0]


def in_lanes(x, lanes):
    """Running sums of `lanes` interleaved parts of x (n,), then pairwise."""
    acc = np.zeros(lanes)
    for start in range(0, len(x), lanes):
        part = x[start : start + lanes]
        acc[: len(part)] += part
    return fold(acc)


def in_blocks(x, lanes, block):
    """`in_lanes` of each block of x (n,); equal binary trees of whole blocks, added from the last on."""
    parts = [in_lanes(x[start : start + block], lanes) for start in range(0, len(x), block)]
    rest = parts.pop() if len(x) % block else 0.0
    trees = []
    while parts:
        size = 1 << (len(parts).bit_length() - 1)
        trees.append(merge_rows(parts[:size]))
        parts = parts[size:]
    for tree in reversed(trees):
        rest = tree + rest
    return rest


def merge_rows(rows):
    """Binary tree over the leading axis: left to right, neighbours first."""
    rows = list(rows)
    while len(rows) > 1:
        rows = [sum(rows[i + 1 : i + 2], rows[i]) for i in range(0, len(rows), 2)]
    return rows[0]


# --- laws ---------------------------------------------------------------------------------------------


def fit(observed, law):
    """p-value of the chi-square test of integer observations in about 40 bins of a frozen SciPy law."""
    at = law.mean() + law.std() * stats.norm.ppf(np.linspace(0.025, 0.975, 39))
    edges = np.unique(np.floor(at))
    mass = np.diff([0.0, *law.cdf(edges), 1.0]) * observed.size
    counts = np.bincount(np.searchsorted(edges, observed), minlength=mass.size)
    while mass.min() < 5.0:  # merge the thinnest bin into a neighbour
        i = int(mass.argmin())
        j = i - 1 if i else 1
        mass[j], counts[j] = mass[j] + mass[i], counts[j] + counts[i]
        mass, counts = np.delete(mass, i), np.delete(counts, i)
    return stats.chi2.sf(((counts - mass) ** 2 / mass).sum(), mass.size - 1)


def log_binomial_pmf(k, n, p):
    """From the exact binomial coefficient."""
    return math.log(math.comb(n, k)) + k * math.log(p) + (n - k) * math.log1p(-p)


def alias_table(p):
    """Table (accept, other) of probabilities p, by Vose's two stacks."""
    accept, other = [x * len(p) for x in p], list(range(len(p)))
    small = [i for i, x in enumerate(accept) if x < 1]
    large = [i for i, x in enumerate(accept) if x >= 1]
    while small and large:
        low, high = small.pop(), large[-1]
        other[low] = high
        accept[high] -= 1 - accept[low]
        if accept[high] < 1:
            small.append(large.pop())
    for i in small + large:
        accept[i] = 1.0
    return np.array(accept), np.array(other)


def alias_probability(accept, other):
    """Probabilities that an alias table stands for."""
    p = np.array(accept)
    np.add.at(p, other, 1.0 - np.asarray(accept))
    return p / len(p)
