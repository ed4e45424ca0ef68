"""Slow twins of the atlas: one replicate at a time, with libm and whole samples."""

import numpy as np
from scipy.stats import norm


def gaussian_model(rules, t, n, state, draws):
    """Model (m, s2) of generation t from that before, and the pool (mean, scatter), from one replicate's draws."""
    m, s2, pool_mean, pool_scatter = state
    chi, z, chi_human, z_human = draws
    mixed = rules.weight > 0 and t > 1
    size = n / rules.ratio if mixed else n
    v, centre = 1.0, 0.0
    if t > 1:
        precision = rules.a / s2 + rules.b  # of the tilted law, before the temperature
        v, centre = rules.temperature / precision, rules.g * (m / s2) / precision
    mean, scatter = centre + np.sqrt(v / size) * z, v * chi
    if rules.pooled:
        old = n * (t - 1)
        total = old + n
        both = (old * pool_mean + n * mean) / total
        pool_scatter += scatter + old * (pool_mean - both) ** 2 + n * (mean - both) ** 2
        return both, pool_scatter / (total - rules.offset), both, pool_scatter
    w = rules.weight if mixed else 0.0
    fitted = w * z_human / np.sqrt(n) + (1 - w) * mean
    return fitted, w * chi_human / (n - rules.offset) + (1 - w) * scatter / (size - rules.offset), 0.0, 0.0


def measures(m, s2, marks, then):
    """Measures of models m, s2 (replicates,), in the order of the kernel: sums over replicates."""
    risk = 0.5 * ((1 + m**2) / s2 - 1 + np.log(s2))
    tail = norm.sf(marks.edge, m, np.sqrt(s2)) + norm.cdf(-marks.edge, m, np.sqrt(s2))
    lost = risk > marks.lost
    w2 = m**2 + (1 - np.sqrt(s2)) ** 2
    columns = s2, np.log(s2), m**2, w2, risk, np.minimum(1, tail / marks.mass), lost, lost & then
    return np.array([np.sum(column) for column in columns]), lost


def gaussian_paths(rules, marks, sizes, draws):
    """Sums of measures (T + 1, 8); draws[t - 1] (4, replicates) belong to generation t."""
    count = draws[0].shape[1]
    state = [(0.0, 1.0, 0.0, 0.0)] * count
    rows, then = [], np.zeros(count, dtype=bool)
    for t in range(len(sizes) + 1):
        if t:
            state = [gaussian_model(rules, t, sizes[t - 1], state[i], draws[t - 1][:, i]) for i in range(count)]
        m, s2 = np.array(state)[:, 0], np.array(state)[:, 1]
        row, lost = measures(m, s2, marks, then)
        if t == marks.half:
            then = lost
            row[7] = np.sum(lost)
        rows.append(row)
    return np.array(rows)
