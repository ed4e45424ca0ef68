"""Linear regression refitted to responses of its own making, replicates side by side (MODEL 9.10).

Generation t is fitted to items (x, y), x ~ N(0, I_d), y = x . w + s e with e ~ N(0, 1), where w are the coefficients of
the human law for human items and those of the generation before for the others:

    w_t = (X^T X + lambda n I)^-1 X^T y,        risk_t = |w_t - w_human|^2.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.copies import copy, copy_rows
from ..numerics.linear_algebra import cholesky, solve_lower, solve_upper
from ..random.normals import normal_pair
from ..random.shuffle import bring_forward
from .tokens import fill_units

NEWEST, ALL, SAMPLE = 0, 1, 2
ITEMS, CHOICES = np.uint64(0), np.uint64(1)  # blocks of the counters


class Refit(NamedTuple):
    """Human coefficients w (d,), noise s, ridge lambda per item, and the items that a generation keeps.

    `keep`: 0 the newest items, 1 all so far, 2 a sample of all so far. Generation t + 1 makes fresh[t] items, the first
    human[t] of them human.
    """

    w: np.ndarray
    s: float
    ridge: float
    keep: int
    fresh: np.ndarray
    human: np.ndarray


@inline
def add_item(items, begin, gram, cross):
    """Add the item (x, y) that begins there to X^T X, lower half, and to X^T y."""
    d = cross.size
    y = items[begin + d]
    for k in range(d):
        x = items[begin + k]
        for j in range(k + 1):
            gram[k, j] += x * items[begin + j]
        cross[k] += x * y


@kernel
def paths(key, first, refit, risk, along):
    """Risks of replicates first, first + 1, ..., and fitted coefficients along the human ones: risk, along (R, T)."""
    k0, k1 = key[0], key[1]
    w, s, ridge, keep, fresh, human = refit
    d, T = w.size, fresh.size
    most = 0
    total = 0
    for t in range(T):
        most = max(most, fresh[t])
        total += fresh[t]
    z = np.empty(most * (d + 1) + 1)
    pool = np.empty(total * (d + 1) if keep == SAMPLE else 1)
    order = np.empty(total if keep == SAMPLE else 1, dtype=np.int64)
    units = np.empty(fresh[0] + 1 if keep == SAMPLE else 1)
    gram, system, factor = np.empty((d, d)), np.empty((d, d)), np.empty((d, d))
    cross, fitted = np.empty(d), np.empty(d)
    for r in range(risk.shape[0]):
        replicate = np.uint64(first + r)
        held = 0
        copy(w, fitted)
        gram[:] = 0.0
        cross[:] = 0.0
        for t in range(T):
            step, n = np.uint64(t), fresh[t]
            if keep == NEWEST:
                gram[:] = 0.0
                cross[:] = 0.0
            half = (n * (d + 1) + 1) // 2
            one, two = z[:half], z[half:]
            for i in range(half):
                one[i], two[i] = normal_pair(k0, k1, np.uint64(i), ITEMS, step, replicate)
            for i in range(n):
                begin = i * (d + 1)
                y = s * z[begin + d]
                if i < human[t]:
                    for k in range(d):
                        y += z[begin + k] * w[k]
                else:
                    for k in range(d):
                        y += z[begin + k] * fitted[k]
                z[begin + d] = y
            if keep == SAMPLE:
                for i in range(n * (d + 1)):
                    pool[held * (d + 1) + i] = z[i]
            else:
                for i in range(n):
                    add_item(z, i * (d + 1), gram, cross)
            held += n
            count = held if keep == ALL else n
            if keep == SAMPLE:  # as many as at first, without replacement
                gram[:] = 0.0
                cross[:] = 0.0
                count = fresh[0]
                for i in range(held):
                    order[i] = i
                fill_units(key, CHOICES, step, replicate, units, count)
                bring_forward(order, held, count, units)
                for i in range(count):
                    add_item(pool, order[i] * (d + 1), gram, cross)
            copy_rows(gram, system)
            for k in range(d):
                system[k, k] += ridge * count
                fitted[k] = cross[k]
            cholesky(system, factor)
            solve_lower(factor, fitted)
            solve_upper(factor, fitted)
            error = inner = 0.0
            for k in range(d):
                error += (fitted[k] - w[k]) * (fitted[k] - w[k])
                inner += fitted[k] * w[k]
            risk[r, t] = error
            along[r, t] = inner
