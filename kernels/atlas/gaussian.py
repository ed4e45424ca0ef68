"""Gaussian models fitted to their own samples: whole paths of many replicates in one kernel (MODEL 9.2).

A refit needs the sample's mean and scatter alone, and of n normal items these are normal and chi-square: they are drawn
from their law, not summed over items.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import log_in_range
from ..numerics.sums import fold
from .draws import LANES, Place, chi_squares_and_normals
from .tails import two_tails

VARIANCE, LOG_VARIANCE, SQUARE, W2, RISK, TAIL, LOST, STILL = range(8)
MEASURES = 8
PARTS = 16
"""Interleaved sums over replicates."""
SMALLEST = 1e-280
"""Variance that a smaller one counts as: logarithms and ratios stay finite."""


class Recursion(NamedTuple):
    """Data of a generation: `pooled` keeps the items of all generations before it.

    Synthetic items come from the fitted law N(m, s2), tilted to variance T s2 / (a + b s2) and mean g m / (a + b s2).
    With `weight` w > 0, n fresh human items have weight w and n / k synthetic ones 1 - w. A variance is a scatter
    over its items less `offset`. Content has `d` dimensions, models are isotropic.
    """

    pooled: bool
    offset: float
    weight: float
    ratio: float
    a: float
    b: float
    g: float
    temperature: float
    d: float


class Marks(NamedTuple):
    """Marks that a path is measured against: tail beyond `edge`, whose human mass is `mass`; a model whose risk is
    above `lost`; the generation `half`, whose lost models are followed."""

    edge: float
    mass: float
    lost: float
    half: int


@inline
def add_up(x, parts, row, place):
    """Add to row[place] the sum of x (LANES,), whose items beyond the replicates are zero: parts (PARTS,), then one."""
    parts[:] = 0.0
    for j in range(0, LANES, PARTS):
        for i in range(PARTS):
            parts[i] += x[j + i]
    row[place] += fold(parts)


@inline
def measure(m, s2, marks, then, row, t, d, x):
    """Add the measures of models N(m[i], s2[i] I_d) to row (MEASURES,); then[i] remembers who was lost at half-time.

    m[i] is the length of the mean, of any sign where d = 1. W2^2 = m^2 + d (1 - s)^2; risk = KL(N(0, I_d) || model) =
    ((d + m^2) / s2 - d + d ln s2) / 2; tails are those of a coordinate with an equal part of the mean. x (4, LANES) is
    room.
    """
    v, y, risk, parts = x[0], x[1], x[2], x[3, :PARTS]
    count = m.size
    root = np.sqrt(d)
    for i in range(count):
        v[i] = max(s2[i], SMALLEST)
    add_up(v, parts, row, VARIANCE)
    for i in range(count):
        y[i] = log_in_range(v[i])
    add_up(y, parts, row, LOG_VARIANCE)
    for i in range(count):
        risk[i] = 0.5 * ((d + m[i] * m[i]) / v[i] - d + d * y[i])
    add_up(risk, parts, row, RISK)
    for i in range(count):
        y[i] = m[i] * m[i]
    add_up(y, parts, row, SQUARE)
    for i in range(count):
        gap = 1.0 - np.sqrt(v[i])
        y[i] = m[i] * m[i] + d * gap * gap
    add_up(y, parts, row, W2)
    for i in range(count):
        y[i] = min(1.0, two_tails(m[i] / root, np.sqrt(v[i]), marks.edge) / marks.mass)
    add_up(y, parts, row, TAIL)
    for i in range(count):
        y[i] = 1.0 if risk[i] > marks.lost else 0.0
    add_up(y, parts, row, LOST)
    if t == marks.half:
        for i in range(count):
            then[i] = y[i]
    for i in range(count):
        y[i] *= then[i]
    add_up(y, parts, row, STILL)


@inline
def refit(rules, t, n, draws, pool, m, s2):
    """Models of generation t >= 1 from the draws of its n synthetic and n human items; at t = 1 all items are human.

    The mean is c m along itself and normal noise in all directions: `along` and the square `across` it, from a
    chi-square of d - 1 degrees. pool (LANES,) is the scatter of all items so far.
    """
    chi, z, chi_h, z_h, rest = draws[0], draws[1], draws[2], draws[3], draws[4]
    mixed = rules.weight > 0.0 and t > 1
    w = rules.weight if mixed else 0.0
    size = n / rules.ratio if mixed else n
    d = rules.d
    flat = d < 1.5
    for i in range(m.size):
        share = rules.a + rules.b * s2[i]
        v = rules.temperature * s2[i] / share if t > 1 else 1.0
        centre = rules.g * m[i] / share if t > 1 else 0.0
        scatter = v * chi[i]
        noise = np.sqrt(v / size)
        if rules.pooled:  # the mean of the pool so far is that of the model
            gap = v / size * (z[i] * z[i] + rest[i])
            pool[i] += scatter + gap * n * (t - 1.0) / t
            along = centre + noise * z[i] / t
            across = v / size * rest[i] / (t * t)
            s2[i] = pool[i] / (d * (n * t - rules.offset))
        else:
            human = chi_h[i] / (n - rules.offset)
            along = w * z_h[i] / np.sqrt(n) + (1.0 - w) * (centre + noise * z[i])
            across = (w * w / n + (1.0 - w) * (1.0 - w) * v / size) * rest[i]
            s2[i] = (w * human + (1.0 - w) * scatter / (size - rules.offset)) / d
        m[i] = along if flat else np.sqrt(along * along + across)


@kernel
def gaussian_paths(rules, marks, sizes, key, first, lanes, sums):
    """Add the measures of replicates first..first + lanes - 1 at generations 0..T to sums (T + 1, MEASURES).

    sizes (T,): items n_t of generations 1..T; under `pooled` all are equal.
    """
    k0, k1 = key[0], key[1]
    draws = np.zeros((6, LANES))
    pool = np.zeros(LANES)
    d = rules.d
    state = np.zeros((3, LANES))
    room = np.zeros((4, LANES))
    for start in range(0, lanes, LANES):
        count = min(LANES, lanes - start)
        replicate = np.uint64(first + start)
        m, s2, then = state[0, :count], state[1, :count], state[2, :count]
        room[:] = 0.0
        m[:] = 0.0
        s2[:] = 1.0
        then[:] = 0.0
        pool[:] = 0.0
        for t in range(sums.shape[0]):
            if t > 0:
                n = sizes[t - 1]
                mixed = rules.weight > 0.0 and t > 1
                size = n / rules.ratio if mixed else n
                for k in range(3):  # synthetic items, human ones, the mean across itself
                    degrees = (size - 1.0) * d if k == 0 else (n - 1.0) * d if k == 1 else d - 1.0
                    if k == 0 or (k == 1 and mixed) or (k == 2 and d > 1.5):
                        place = Place(k0, k1, np.uint64(k), np.uint64(t), replicate)
                        chi, z = draws[2 * k, :count], draws[2 * k + 1, :count]
                        chi_squares_and_normals(place, degrees, chi, z, room[:2])
                refit(rules, float(t), n, draws, pool, m, s2)
            measure(m, s2, marks, then, sums[t], t, d, room)
