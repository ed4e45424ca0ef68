"""Models of tokens, or of any finite set of kinds, fitted to their own samples (MODEL 9.4)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._jit import inline, kernel
from ..numerics.copies import copy
from ..numerics.elementary import exp, log_in_range
from ..random.alias import alias_index, alias_table
from ..random.philox import philox, unit
from ..random.shuffle import bring_forward

RISK, DIVERSITY, COVERED, ENTROPY, SCORE, SPREAD, RARE, FIRST, FIXED, LOST, STILL = range(11)
MEASURES = 11
EMITTED = np.uint64(0)
HUMAN = np.uint64(1)
SHUFFLED = np.uint64(2)


class Rules(NamedTuple):
    """Data of a generation: all items so far (`pooled`), as many as at first of them (`subsampled`), or the newest.

    With `weight` w > 0, n fresh human items have weight w and `synthetic` other ones 1 - w. Where `tilted`, items come
    from q(i)^((1 - a) / T) p(i)^(a / T) e^(r(i) / T) instead of the model q.
    """

    pooled: bool
    subsampled: bool
    weight: float
    synthetic: int
    tilted: bool
    a: float
    temperature: float


class Law(NamedTuple):
    """Human law p (K,) of the kinds, its logarithm and alias table, rewards r, scores of kinds, and the rare ones."""

    p: NDArray[np.float64]
    log_p: NDArray[np.float64]
    accept: NDArray[np.float64]
    other: NDArray[np.int64]
    reward: NDArray[np.float64]
    score: NDArray[np.float64]
    rare: NDArray[np.float64]


class Marks(NamedTuple):
    """Marks that a path is measured against: the concentration sum p^2 and the mass of rare kinds of the human law, the
    risk above which a model is lost, and the generation whose lost models are followed."""

    concentration: float
    rare: float
    lost: float
    half: int


@inline
def fill_units(key, block, step, replicate, out, count):
    """Uniforms out[:count] in [0, 1), two of each counter."""
    for j in range((count + 1) // 2):
        w0, w1, w2, w3 = philox(key[0], key[1], np.uint64(j), block, step, replicate)
        out[2 * j] = 1.0 - unit(w0, w1)
        out[2 * j + 1] = 1.0 - unit(w2, w3)


@inline
def measure(q, law, marks, then, t, row):
    """Add the measures of a model q (K,) to row (MEASURES,); returns whether it was lost at half-time.

    Risk is sum (q - p)^2, diversity 1 - sum q^2, covered the human mass of the kinds with q > 0.
    """
    square = cross = covered = entropy = mean = spread = rare = 0.0
    for i in range(q.size):
        if q[i] > 0.0:
            square += q[i] * q[i]
            cross += q[i] * law.p[i]
            covered += law.p[i]
            entropy -= q[i] * log_in_range(q[i])
            mean += q[i] * law.score[i]
            spread += q[i] * law.score[i] * law.score[i]
            rare += q[i] * law.rare[i]
    risk = square - 2.0 * cross + marks.concentration
    lost = 1.0 if risk > marks.lost else 0.0
    if t == marks.half:
        then = lost
    row[RISK] += risk
    row[DIVERSITY] += 1.0 - square
    row[COVERED] += covered
    row[ENTROPY] += entropy
    row[SCORE] += mean
    row[SPREAD] += spread - mean * mean
    row[RARE] += min(1.0, rare / marks.rare)
    row[FIRST] += q[0]
    row[FIXED] += 1.0 if square > 1.0 - 1e-9 else 0.0
    row[LOST] += lost
    row[STILL] += lost * then
    return then


@inline
def emit(rules, law, q, source, split, units, table, new):
    """New items of a model q: of its tilted law, or of the items source[:split], human, and source[split:] that it was
    fitted to, with weights w and 1 - w; there are none in the first generation, whose items are human."""
    if source.size == 0:
        for j in range(new.size):
            new[j] = alias_index(units[j], law.accept, law.other)
    elif rules.tilted:
        weights, accept, other = table
        total = 0.0
        for i in range(q.size):
            if q[i] > 0.0:
                tilt = (1.0 - rules.a) * log_in_range(q[i]) + rules.a * law.log_p[i] + law.reward[i]
                weights[i] = exp(tilt / rules.temperature)
            else:
                weights[i] = 0.0
            total += weights[i]
        for i in range(q.size):
            weights[i] /= total
        alias_table(weights, accept, other)
        for j in range(new.size):
            new[j] = alias_index(units[j], accept, other)
    else:
        w = rules.weight if split > 0 else 0.0
        rest = source.size - split
        for j in range(new.size):
            if units[j] < w:
                new[j] = source[min(int(units[j] / w * split), split - 1)]
            else:
                new[j] = source[split + min(int((units[j] - w) / (1.0 - w) * rest), rest - 1)]


@inline
def count_up(items, first, last, weight, q):
    """Add `weight` to the shares q (K,) of items[first:last], evenly."""
    each = weight / max(last - first, 1)
    for j in range(first, last):
        q[items[j]] += each


@kernel
def token_paths(rules, law, marks, sizes, key, first, replicates, sums):
    """Add the measures of replicates first, first + 1, ... at generations 0..T to sums (T + 1, MEASURES).

    sizes (T,) int64: items n_t of generations 1..T; where items are kept all are equal.
    """
    T = sizes.size
    K = law.p.size
    keeps = rules.pooled or rules.subsampled
    most = 0
    for t in range(T):
        most = max(most, sizes[t])
    source = np.empty(most * T if keeps else most + rules.synthetic, np.int64)
    new = np.empty(source.size, np.int64)
    units = np.empty(source.size + 2)
    q = np.empty(K)
    table = (np.empty(K), np.empty(K), np.empty(K, np.int64))
    for r in range(replicates):
        replicate = np.uint64(first + r)
        copy(law.p, q)
        then = measure(q, law, marks, 0.0, 0, sums[0])
        size = split = 0
        for t in range(1, T + 1):
            step = np.uint64(t)
            n = sizes[t - 1]
            mixed = rules.weight > 0.0 and t > 1
            count = rules.synthetic if mixed else n
            fill_units(key, EMITTED, step, replicate, units, count)
            fitted = min(size, n) if rules.subsampled else size
            emit(rules, law, q, source[:fitted], split, units, table, new[:count])
            q[:] = 0.0
            if keeps:
                copy(new[:count], source[size : size + count])
                size += count
                if rules.subsampled and t > 1:
                    fill_units(key, SHUFFLED, step, replicate, units, n)
                    bring_forward(source, size, n, units)
                count_up(source, 0, n if rules.subsampled else size, 1.0, q)
            elif mixed:
                fill_units(key, HUMAN, step, replicate, units, n)
                for j in range(n):
                    source[j] = alias_index(units[j], law.accept, law.other)
                copy(new[:count], source[n : n + count])
                split = n
                size = n + count
                count_up(source, 0, n, rules.weight, q)
                count_up(source, n, size, 1.0 - rules.weight, q)
            else:
                copy(new[:n], source[:n])
                size = n
                count_up(source, 0, n, 1.0, q)
            then = measure(q, law, marks, then, t, sums[t])
