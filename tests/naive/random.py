"""Slow twins of the kernels: NumPy, SciPy and Python integers only, a formula at a time."""

import math
from itertools import pairwise

import numpy as np
from scipy import integrate, stats

MASK = 0xFFFFFFFF
U32 = np.uint64(32)


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


def merge_rows(rows):
    """Binary tree over the leading axis: left to right, neighbours first."""
    rows = list(rows)
    while len(rows) > 1:
        rows = [sum(rows[i + 1 : i + 2], rows[i]) for i in range(0, len(rows), 2)]
    return rows[0]


def moments(x):
    """Count, mean (d,) and scatter of a sample (n, d)."""
    mean = x.mean(axis=0) if len(x) else np.zeros(x.shape[1])
    return len(x), mean, float(((x - mean) ** 2).sum())


# --- producers ----------------------------------------------------------------------------------------


def cost_rank(cost_key, lanes, replicate):
    w = words(cost_key, lanes, 0, 0, replicate)
    return 1.0 - 2.0 * unit(w[0], w[1])


def revise(revision_key, cost_key, step, replicate, lane, probability, target, spread, share):
    lanes = lane + np.arange(share.size)
    w = words(revision_key, lanes, 0, step, replicate)
    best = np.clip(target - spread * cost_rank(cost_key, lanes, replicate), 0.0, 1.0)
    return np.where(unit(w[0], w[1]) <= probability, np.floor(best * 2**31 + 0.5).astype(np.uint32), share)


def share_moments(cost_key, replicate, lane, spread, share):
    h = share / 2.0**31
    e = cost_rank(cost_key, lane + np.arange(share.size), replicate) if spread else np.zeros(share.size)
    return [in_lanes(x, 512) for x in (h, h * h, e * h)]


def items(label_key, noise_key, step, replicate, lane, share, n_items, m, s, pair=normal_pair):
    """Every item: labels (M, n) bool, and y = x - m (M, n, d)."""
    lanes, d = lane + np.arange(share.size), len(m)
    w = [words(label_key, lanes, q, step, replicate) for q in range((n_items + 3) // 4)]
    human = np.concatenate(w)[:n_items] >> np.uint64(1) < share.astype(np.uint64)
    y = np.empty((n_items, share.size, d))
    for j in range(n_items):
        for k in range(d):
            z = pair(noise_key, lanes, (j // 2) * d + k, step, replicate)[j % 2]
            y[j, :, k] = np.where(human[j], z - m[k], s * z)
    return human, y


def statistics(human, y):
    """Number of human items, sum |y|^2, sum y."""
    return np.array([human.sum(), (y * y).sum(), *y.sum(axis=(0, 1))])


def statistics_in_order(human, y):
    """The same in the kernel's order of additions: pairs of items, 512 lanes, folded."""
    m_items, n, d = y.shape
    if m_items % 2:
        y = np.concatenate([y, np.zeros((1, n, d))])
    sums, square = np.zeros((d, 512)), np.zeros(512)
    for start in range(0, n, 512):
        part = y[:, start : start + 512]
        width = part.shape[1]
        for j in range(0, len(y), 2):
            for k in range(d):
                a, b = part[j, :, k], part[j + 1, :, k]
                sums[k, :width] += a + b
                square[:width] += a * a + b * b
    return np.array([float(human.sum()), fold(square), *(fold(row) for row in sums)])


def histogram(y, m, low, high, bins):
    x = (y[:, :, 0] + m[0]).ravel()
    x = x[(x >= low) & (x < high)]
    return np.bincount(np.minimum(((x - low) * (bins / (high - low))).astype(int), bins - 1), minlength=bins)


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


# --- Gaussian pool ------------------------------------------------------------------------------------


def gaussian_functionals(rho, m, s2, d=1):
    """KL(pool || p), its slope and the information: adaptive quadrature (d = 1), panels of Gauss-Legendre else."""
    s = math.sqrt(s2)

    def integrands(x, r2, log_ring):
        """Three integrands at axial x and squared radius r2; log_ring is the log surface measure of the ring."""
        log_p = -0.5 * (x * x + r2) - 0.5 * d * np.log(2 * np.pi) + log_ring
        log_q = -0.5 * ((x - m) ** 2 + r2) / s2 - 0.5 * d * np.log(2 * np.pi * s2) + log_ring
        with np.errstate(divide="ignore"):
            log_pool = np.logaddexp(np.log1p(-rho) + log_p, np.log(rho) + log_q)
        p, q, pool = np.exp(log_p), np.exp(log_q), np.exp(log_pool)
        ln_g = log_pool - log_p
        info = (np.exp(log_q - 0.5 * log_pool) - np.exp(log_p - 0.5 * log_pool)) ** 2
        return np.array([pool * ln_g, (q - p) * ln_g, info])

    marks = sorted(
        {sign * w * c + at for w, at in ((1.0, 0.0), (s, m)) for c in (0, 1, 3, 6, 12, 24) for sign in (-1, 1)}
    )
    if d == 1:
        options = {"epsabs": 1e-14, "epsrel": 1e-12, "limit": 500}
        pieces = (integrate.quad_vec(lambda x: integrands(x, 0.0, 0.0), *ab, **options) for ab in pairwise(marks))
        return sum(value for value, _ in pieces)
    node, weight = np.polynomial.legendre.leggauss(24)

    def panels(edges):
        edges = np.array(edges)
        half = np.diff(edges) / 2
        return (edges[:-1, None] + half[:, None] * (node + 1)).ravel(), (half[:, None] * weight).ravel()

    def refine(edges, parts):
        return np.concatenate([np.linspace(a, b, parts, endpoint=False) for a, b in pairwise(edges)] + [edges[-1:]])

    x, wx = panels(refine(np.array(marks), 3))
    radial = sorted({0.0, *(w * (math.sqrt(d - 1) + c) for w in (1.0, s) for c in (-9, -6, -3, -1, 0, 1, 3, 6, 9, 13))})
    r, wr = panels(refine(np.array([e for e in radial if e >= 0.0]), 3))
    log_ring = math.log(2) + 0.5 * (d - 1) * math.log(math.pi) - math.lgamma(0.5 * (d - 1)) + (d - 2) * np.log(r)
    values = integrands(x[:, None], (r * r)[None, :], log_ring[None, :])
    return np.einsum("kij,i,j->k", values, wx, wr)


# --- categorical --------------------------------------------------------------------------------------


def alias_probability(accept, other):
    """Probabilities that an alias table stands for."""
    p = np.array(accept)
    np.add.at(p, other, 1.0 - np.asarray(accept))
    return p / len(p)


def temper(f, delta):
    with np.errstate(divide="ignore"):
        power = np.exp(np.log(f / f.max()) / delta)
    return power / power.sum()


def categorical_functionals(rho, p, q):
    pool = (1.0 - rho) * p + rho * q
    alive, on = pool > 0, q > 0
    ln_g = np.log(pool[alive] / p[alive])
    return np.array(
        [
            (pool[alive] * ln_g).sum(),
            ((q - p)[alive] * ln_g).sum(),
            ((q - p)[alive] ** 2 / pool[alive]).sum(),
            (q[on] * np.log(q[on] / p[on])).sum(),
            0.5 * np.abs(q - p).sum(),
            -(q[on] * np.log(q[on])).sum(),
        ]
    )


def emit_tokens(key, step, replicate, lane, share, n_items, human_table, model_table):
    counts, n_human = np.zeros(len(human_table[0]), np.int64), 0
    for j in range(n_items):
        w = words(key, lane + np.arange(share.size), j, step, replicate)
        human = w[0] >> np.uint64(1) < share.astype(np.uint64)
        n_human += int(human.sum())
        for mask, (accept, other) in ((human, human_table), (~human, model_table)):
            x = (1.0 - unit(w[1], w[2])[mask]) * len(accept)
            column = np.minimum(x.astype(int), len(accept) - 1)
            np.add.at(counts, np.where(x - column < accept[column], column, other[column]), 1)
    return n_human, counts
