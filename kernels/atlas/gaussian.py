"""Gaussian models fitted to their own samples: whole paths of many replicates in one kernel (MODEL 9.2).

A refit needs the sample's mean and scatter alone, and of n normal items these are normal and chi-square: they are drawn
from their law, not summed over items.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import log, log_in_range
from ..numerics.sums import fold
from .draws import LANES, Place, chi_squares_and_normals
from .tails import two_tails

VARIANCE, LOG_VARIANCE, SQUARE, W2, RISK, TAIL, LOST, STILL = range(8)
MEASURES = 8
PARTS = 16
"""Interleaved sums over replicates."""
SMALLEST, LARGEST = 1e-280, 1e280
"""Variances beyond which a logarithm is taken of the folded one; the risk counts a smaller one as the first."""
FOLD, LOG_FOLD, HALF_FOLD = 2.0**512, 354.89135644669199, 2.0**256
"""A fold, its logarithm, its root. A variance beyond 2^(+-512) is kept as s2, k and a scale u = 2^(-512 k) of s2 u;
its mean, where k < 0, as m of m 2^(-256 k). Multiplying by a power of two changes no bit."""


class Recursion(NamedTuple):
    """Data of a generation: `pooled` keeps the items of all generations before it.

    Synthetic items come from the fitted law N(m, s2), tilted to variance T s2 / (a + b s2) and mean g m / (a + b s2).
    With `weight` w > 0, n fresh human items have weight w and `synthetic` other ones 1 - w. A variance is a scatter
    over its items less `offset`. Content has `d` dimensions, models are isotropic.
    """

    pooled: bool
    offset: float
    weight: float
    synthetic: float
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
def fold_up(m, s2, folds, scale):
    """Keep every s2[i] within 2^(+-512): one fold more or less where it has left that. scale (n,) may be 0 or inf."""
    away = 0
    for i in range(m.size):
        away += (s2[i] < 1.0 / FOLD) | (s2[i] > FOLD)
    for i in range(m.size if away > 0 else 0):
        if s2[i] < 1.0 / FOLD or s2[i] > FOLD:
            up = s2[i] > FOLD
            s2[i] *= 1.0 / FOLD if up else FOLD
            if folds[i] < 0.0 or (up and folds[i] == 0.0):
                m[i] *= 1.0 / HALF_FOLD if up else HALF_FOLD
            folds[i] += -1.0 if up else 1.0
            k = folds[i]
            scale[i] = (
                1.0 if k == 0.0 else 1.0 / FOLD if k == 1.0 else FOLD if k == -1.0 else 0.0 if k > 0.0 else np.inf
            )


@inline
def measure(models, marks, then, row, t, d, x):
    """Add the measures of models N(m[i], s2[i] I_d) to row (MEASURES,); then[i] remembers who was lost at half-time.

    models is (m, s2, folds, scale). m[i] is the length of the mean, of any sign where d = 1. W2^2 = m^2 + d (1 - s)^2;
    risk = KL(N(0, I_d) || model) = ((d + m^2) / s2 - d + d ln s2) / 2; tails are those of a coordinate with an equal
    part of the mean. x (5, LANES) is room.
    """
    m, s2, folds, scale = models
    v, y, risk, mean, parts = x[0], x[1], x[2], x[4], x[3, :PARTS]
    count = m.size
    root = np.sqrt(d)
    wide = beyond = 0
    for i in range(count):
        v[i] = s2[i] * scale[i]
        mean[i] = m[i]
        wide += folds[i] < 0.0
        beyond += (v[i] < SMALLEST) | (v[i] > LARGEST)
    for i in range(count if wide > 0 else 0):
        mean[i] = m[i] * min(np.sqrt(max(scale[i], 1.0)), LARGEST)
    add_up(v, parts, row, VARIANCE)
    for i in range(count):
        y[i] = mean[i] * mean[i]
    add_up(y, parts, row, SQUARE)
    for i in range(count):
        gap = 1.0 - np.sqrt(v[i])
        y[i] = mean[i] * mean[i] + d * gap * gap
    add_up(y, parts, row, W2)
    for i in range(count):
        v[i] = min(max(v[i], SMALLEST), LARGEST)
        y[i] = log_in_range(v[i])
        risk[i] = 0.5 * ((d + mean[i] * mean[i]) / v[i] - d + d * y[i])
    for i in range(count if beyond > 0 else 0):
        if v[i] == SMALLEST or v[i] == LARGEST:
            y[i] = log(s2[i]) - LOG_FOLD * folds[i]
            if folds[i] < 0.0:
                risk[i] = 0.5 * (m[i] * m[i] / s2[i] - d + d * y[i])
                mean[i] = 0.0  # nothing to so wide a tail
    add_up(y, parts, row, LOG_VARIANCE)
    add_up(risk, parts, row, RISK)
    for i in range(count):
        y[i] = min(1.0, two_tails(mean[i] / root, np.sqrt(v[i]), marks.edge) / marks.mass)
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
def refit(rules, t, n, draws, pool, models):
    """Models of generation t >= 1 from the draws of its n synthetic and n human items; at t = 1 all items are human.

    models is (m, s2, folds, scale), folded only where neither human items nor those of before are in the data, so that
    variances go on by factors. The mean is c m along itself and normal noise in all directions: `along` and the square
    `across` it, from a chi-square of d - 1 degrees. pool (LANES,) is the scatter of all items so far.
    """
    m, s2, _, scale = models
    chi, z, chi_h, z_h, rest = draws[0], draws[1], draws[2], draws[3], draws[4]
    mixed = rules.weight > 0.0 and t > 1
    w = rules.weight if mixed else 0.0
    size = rules.synthetic if mixed else n
    d = rules.d
    flat = d < 1.5
    for i in range(m.size):
        unit = min(scale[i], 1.0)
        share = rules.a + rules.b * (s2[i] * unit)
        v = rules.temperature * s2[i] / share if t > 1 else 1.0
        centre = rules.g * m[i] / share if t > 1 else 0.0
        scatter = v * chi[i]
        noise = np.sqrt(v * unit / size)
        if rules.pooled:  # the mean of the pool so far is that of the model
            gap = v / size * (z[i] * z[i] + rest[i])
            pool[i] += scatter + gap * n * (t - 1.0) / t
            along = centre + noise * z[i] / t
            across = v / size * rest[i] / (t * t)
            s2[i] = pool[i] / (d * (n * t - rules.offset))
        else:
            human = chi_h[i] / (n - rules.offset)
            along = w * z_h[i] / np.sqrt(n) + (1.0 - w) * (centre + noise * z[i])
            across = (w * w / n + (1.0 - w) * (1.0 - w) * (v * unit) / size) * rest[i]
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
    state = np.zeros((5, LANES))
    room = np.zeros((5, LANES))
    by_factors = not rules.pooled and rules.weight == 0.0
    for start in range(0, lanes, LANES):
        count = min(LANES, lanes - start)
        replicate = np.uint64(first + start)
        m, s2, then = state[0, :count], state[1, :count], state[2, :count]
        folds, scale = state[3, :count], state[4, :count]
        models = m, s2, folds, scale
        room[:] = 0.0
        m[:] = 0.0
        s2[:] = 1.0
        folds[:] = 0.0
        scale[:] = 1.0
        then[:] = 0.0
        pool[:] = 0.0
        for t in range(sums.shape[0]):
            if t > 0:
                n = sizes[t - 1]
                mixed = rules.weight > 0.0 and t > 1
                size = rules.synthetic if mixed else n
                for k in range(3):  # synthetic items, human ones, the mean across itself
                    degrees = (size - 1.0) * d if k == 0 else (n - 1.0) * d if k == 1 else d - 1.0
                    if k == 0 or (k == 1 and mixed) or (k == 2 and d > 1.5):
                        place = Place(k0, k1, np.uint64(k), np.uint64(t), replicate)
                        chi, z = draws[2 * k, :count], draws[2 * k + 1, :count]
                        chi_squares_and_normals(place, degrees, chi, z, room[:2])
                refit(rules, float(t), n, draws, pool, models)
                if by_factors:
                    fold_up(m, s2, folds, scale)
            measure(models, marks, then, sums[t], t, d, room)
