"""Slow twins of the atlas: one replicate at a time, with libm and whole samples."""

import numpy as np
from mfsolve.kernels.random.alias import alias_table
from mfsolve.kernels.random.philox import uniforms
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


def units(key, block, step, replicate, count):
    """Uniforms in [0, 1) of a purpose, two of each counter."""
    out = np.empty(count + count % 2)
    uniforms(key, np.uint64(block), np.uint64(step), np.uint64(replicate), np.uint64(0), out)
    return 1 - out[:count]


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
        accept, other = np.empty(q.size), np.empty(q.size, dtype=np.int64)
        alias_table(weights / weights.sum(), accept, other)
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
            u = units(key, 0, t, replicate, int(n / rules.ratio) if mixed else n)
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
