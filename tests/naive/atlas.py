"""Slow twins of the atlas: one replicate at a time, with libm and whole samples."""

import numpy as np
from naive.random import alias_table, uniforms
from scipy.stats import norm

ORIGIN = np.zeros(2)


def gaussian_model(rules, t, n, state, draws):
    """Model (m, s2) of generation t from that before, m a vector in a plane, and the pool (mean, scatter)."""
    m, s2, pool_mean, pool_scatter = state
    chi, z, chi_human, z_human, rest = draws
    m = np.array([np.linalg.norm(m), 0.0]) if rules.d > 1 else m  # turned: all directions are alike
    pool_mean = m
    mixed = rules.weight > 0 and t > 1
    size = rules.synthetic if mixed else n
    v, centre = 1.0, 0.0 * m
    if t > 1:
        precision = rules.a / s2 + rules.b  # of the tilted law, before the temperature
        v, centre = rules.temperature / precision, rules.g * (m / s2) / precision
    across = np.array([0.0, np.sqrt(rest)])
    along = np.array([1.0, 0.0])
    mean, scatter = centre + np.sqrt(v / size) * (z * along + across), v * chi
    if rules.pooled:
        old = n * (t - 1)
        total = old + n
        both = (old * pool_mean + n * mean) / total
        pool_scatter += scatter + old * np.sum((pool_mean - both) ** 2) + n * np.sum((mean - both) ** 2)
        return both, pool_scatter / (total - rules.offset) / rules.d, both, pool_scatter
    w = rules.weight if mixed else 0.0
    noise = np.sqrt(w**2 / n + (1 - w) ** 2 * v / size)
    straight = w * z_human / np.sqrt(n) + (1 - w) * (centre[0] + np.sqrt(v / size) * z)
    fitted = straight * along + noise * across
    return (
        fitted,
        (w * chi_human / (n - rules.offset) + (1 - w) * scatter / (size - rules.offset)) / rules.d,
        ORIGIN,
        0.0,
    )


def measures(square, s2, marks, then, d):
    """Measures of models |m|^2, s2 (replicates,), in the order of the kernel: sums over replicates."""
    risk = 0.5 * ((d + square) / s2 - d + d * np.log(s2))
    m = np.sqrt(square / d)
    tail = norm.sf(marks.edge, m, np.sqrt(s2)) + norm.cdf(-marks.edge, m, np.sqrt(s2))
    lost = risk > marks.lost
    w2 = square + d * (1 - np.sqrt(s2)) ** 2
    columns = s2, np.log(s2), square, w2, risk, np.minimum(1, tail / marks.mass), lost, lost & then
    return np.array([np.sum(column) for column in columns]), lost


def gaussian_paths(rules, marks, sizes, draws):
    """Sums of measures (T + 1, 8); draws[t - 1] (5, replicates) belong to generation t."""
    count = draws[0].shape[1]
    state = [(ORIGIN, 1.0, ORIGIN, 0.0)] * count
    rows, then = [], np.zeros(count, dtype=bool)
    for t in range(len(sizes) + 1):
        if t:
            state = [gaussian_model(rules, t, sizes[t - 1], state[i], draws[t - 1][:, i]) for i in range(count)]
        square, s2 = np.array([np.sum(one[0] ** 2) for one in state]), np.array([one[1] for one in state])
        row, lost = measures(square, s2, marks, then, rules.d)
        if t == marks.half:
            then = lost
            row[7] = np.sum(lost)
        rows.append(row)
    return np.array(rows)


def units(key, block, step, replicate, count):
    """Uniforms in [0, 1) of a purpose, two of each counter."""
    return 1 - uniforms(key, block, step, replicate, 0, count)


def human(law, u):
    """Kinds of the human law's alias table."""
    column = (u * law.accept.size).astype(int)
    return np.where(u * law.accept.size - column < law.accept[column], column, law.other[column])


def emitted(rules, law, q, human_part, synthetic_part, u):
    """Items of a model: of its tilted law, or one of those that it was fitted to."""
    if rules.tilted:
        with np.errstate(divide="ignore"):
            tilt = np.exp(((1 - rules.a) * np.log(q) + rules.a * law.log_p + law.reward) / rules.temperature)
        weights = np.where(q > 0, tilt, 0.0)
        accept, other = alias_table(weights / weights.sum())
        return human(law._replace(accept=accept, other=other), u)
    w = rules.weight if len(human_part) else 0.0
    if not w:
        return synthetic_part[(u * len(synthetic_part)).astype(int)]
    from_human = (u / w * len(human_part)).astype(int)
    rest = ((u - w) / (1 - w) * len(synthetic_part)).astype(int)
    return np.array([human_part[a] if x < w else synthetic_part[b] for x, a, b in zip(u, from_human, rest)])


def token_measures(q, law, marks):
    """Measures of shares q, in the order of the kernel, but who is still lost."""
    risk, square = np.sum((q - law.p) ** 2), np.sum(q**2)
    some = q > 0
    mean = q @ law.score
    entropy = -np.sum(q[some] * np.log(q[some]))
    return [
        risk, 1 - square, law.p[some].sum(), entropy, mean, q @ (law.score - mean) ** 2,
        min(1, q @ law.rare / marks.rare), q[0], square > 1 - 1e-9, risk > marks.lost,
    ]  # fmt: skip


def token_paths(rules, law, marks, sizes, key, replicates):
    """Sums of measures (T + 1, 11) over replicates."""
    K = law.p.size
    total = np.zeros((len(sizes) + 1, 11))
    for replicate in replicates:
        q, pool, human_part, then = law.p, np.zeros(0, dtype=int), np.zeros(0, dtype=int), 0.0
        rows = [[*token_measures(q, law, marks), 0.0]]
        for t, n in enumerate(sizes, start=1):
            mixed = rules.weight > 0 and t > 1
            u = units(key, 0, t, replicate, rules.synthetic if mixed else n)
            fitted = pool[:n] if rules.subsampled else pool
            new = human(law, u) if t == 1 else emitted(rules, law, q, human_part, fitted, u)
            if rules.pooled or rules.subsampled:
                pool = np.concatenate([pool, new])
                if rules.subsampled and t > 1:
                    for j, x in enumerate(units(key, 2, t, replicate, n)):
                        other = j + int(x * (len(pool) - j))
                        pool[[j, other]] = pool[[other, j]]
            else:
                pool = new
            human_part = human(law, units(key, 1, t, replicate, n)) if mixed else human_part
            part = pool[:n] if rules.subsampled else pool
            q = np.bincount(part, minlength=K) / len(part)
            if mixed:
                q = rules.weight * np.bincount(human_part, minlength=K) / n + (1 - rules.weight) * q
            row = token_measures(q, law, marks)
            then = row[-1] if t == marks.half else then
            rows.append([*row, row[-1] * then])
        total += np.array(rows, dtype=float)
    return total


def label_error(rng, n, mu, e, phi, psi):
    """Test error of the classifier fitted to verified labels of n items, drawn one by one."""
    y = rng.choice([-1, 1], n)
    x = y[:, None] * mu + rng.normal(size=(n, mu.size))
    right = rng.random(n) >= e
    kept = rng.random(n) < np.where(right, phi, psi)
    w = (np.where(right, y, -y)[:, None] * x)[kept].sum(axis=0)
    length = np.linalg.norm(w)
    return norm.sf(w @ mu / length) if length else 0.5
