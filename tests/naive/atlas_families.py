"""Slow twins of families that keep their items, or have one parameter: pools as lists, measures by SciPy."""

import math
from fractions import Fraction

import numpy as np
from mfsolve.kernels.atlas.draws import many_chi_squares_and_normals
from mfsolve.kernels.random.variates import binomials
from naive.atlas import units
from naive.random import normal_pair, uniforms
from scipy.special import expit, kl_div, logit
from scipy.stats import norm, poisson
from support.variates import poissons

U = np.uint64


def standard(key, step, replicate, count):
    """N(0, 1), two of each counter."""
    return np.column_stack(normal_pair(key, np.arange((count + 1) // 2), 0, step, replicate)).ravel()[:count]


def items_of(kind, key, step, replicate, n, theta):
    """Items of a law of one parameter, by inversion but for Poisson's."""
    if kind == "poisson":
        out = np.empty(n)
        for j in range(n):
            poissons(key, U(step), U(replicate), U(j), np.array([theta]), out[j : j + 1])
        return out
    u = np.array([drawn_unit(key, step, replicate, j) for j in range(n)])
    return -theta * np.log(u) if kind == "exponential" else (u <= theta).astype(float)


def drawn_unit(key, step, replicate, lane):
    """The first uniform of a counter."""
    return uniforms(key, 0, step, replicate, lane, 1)[0]


def without_replacement(pool, n, u):
    """Put n items of a list, each drawn from those not drawn before, first."""
    for j in range(n):
        other = j + int(u[j] * (len(pool) - j))
        pool[j], pool[other] = pool[other], pool[j]


def kept_path(kind, key, replicate, n, d, offset, start, T):
    """Means (T + 1, d) and variances (T + 1,) of models fitted to n items of a pool."""
    pool, means, variances = [], [np.full(d, start)], [1.0]
    for t in range(1, T + 1):
        if kind == "normal":
            new = means[-1] + np.sqrt(variances[-1]) * standard(key, t, replicate, n * d).reshape(n, d)
        else:
            new = items_of(kind, key, t, replicate, n, means[-1][0])[:, None]
        pool.extend(new)
        if t > 1:
            without_replacement(pool, n, units(key, 2, t, replicate, n))
        sample = np.array(pool[:n])
        means.append(sample.mean(0))
        variances.append(np.sum((sample - means[-1]) ** 2) / (d * (n - offset)))
    return np.array(means), np.array(variances)


def density_measures(workflow, h, key, replicate, sizes, marks):
    """Measures (T + 1, 8) of kernel density estimates; h is None for Silverman's rule."""
    then, pool, centres, width, rows = False, [], [], 0.0, [[1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]]
    for t, n in enumerate(sizes, start=1):
        z, u = standard(key, t, replicate, n), units(key, 1, t, replicate, n)
        if t == 1:
            new = [(z[j], j) for j in range(n)]
        else:
            chosen = [centres[int(u[j] * len(centres))] for j in range(n)]
            new = [(x + width * z[j], founder) for j, (x, founder) in enumerate(chosen)]
        pool = new if workflow in ("replace", "growing") else pool + new
        if workflow == "subsample" and t > 1:
            without_replacement(pool, n, units(key, 2, t, replicate, n))
        centres = pool[:n] if workflow == "subsample" else list(pool)
        x, founders = np.array([c[0] for c in centres]), [c[1] for c in centres]
        width = h if h is not None else x.std(ddof=1) * (4 / (3 * x.size)) ** 0.2
        shares = np.unique(founders, return_counts=True)[1] / x.size
        s2 = (x - x[0]).var() + width**2
        beyond = (
            norm.sf((marks.edge - x) / width) + norm.cdf((-marks.edge - x) / width) if width else abs(x) > marks.edge
        )
        lost = x.mean() ** 2 > marks.lost
        then = lost if t == marks.half else t > marks.half and then
        rows.append([
            s2, np.log(s2) if s2 else -np.inf, x.mean() ** 2, 1 - np.sum(shares**2), shares.size / sizes[0],
            min(1.0, beyond.mean() / marks.mass), lost, lost and then,
        ])  # fmt: skip
    return np.array(rows)


def mean_of(kind, key, lane, t, replicates, n, theta):
    """Means of samples, from the laws of their sums."""
    out = np.empty(len(replicates))
    if kind == "exponential":
        many_chi_squares_and_normals(key, U(lane), U(t), U(replicates[0]), 2.0 * n, out, np.empty_like(out))
        return theta * out / (2 * n)
    for i, r in enumerate(replicates):
        one = (key, U(t), U(r), U(lane))
        if kind == "poisson":
            poissons(*one, n * theta[i : i + 1], out[i : i + 1])
        else:
            binomials(*one, np.array([float(n)]), theta[i : i + 1], out[i : i + 1])
    return out / n


def tilted(kind, theta, human, rules):
    """Means of tilted laws, from their natural parameters."""
    natural, mean = {
        "exponential": (lambda x: -1 / x, lambda eta: -1 / eta), "poisson": (np.log, np.exp), "bernoulli": (logit, expit),
    }[kind]  # fmt: skip
    with np.errstate(divide="ignore"):
        alive = (theta > 0) & ((theta < 1) | (kind != "bernoulli"))
        inner = np.where(alive, theta, human)
        eta = ((1 - rules.a) * natural(inner) + rules.a * natural(human) - rules.b) / rules.temperature
    return np.where(alive, mean(eta), theta)


def family_paths(kind, workflow, sizes, key, replicates, start, rules=None):
    """Means of models (T + 1, replicates); all items so far are used where `workflow` is None; rules tilt the items."""
    human = np.full(len(replicates), start)
    paths = [human]
    for t, n in enumerate(sizes, start=1):
        mixed = hasattr(workflow, "human_weight") and t > 1
        m = math.floor(n / Fraction(str(workflow.ratio))) if mixed else n
        source = tilted(kind, paths[-1], start, rules) if rules is not None and t > 1 else paths[-1]
        new = mean_of(kind, key, 0, t, replicates, m, source)
        if mixed:
            w = workflow.human_weight
            new = w * mean_of(kind, key, 1, t, replicates, n, human) + (1 - w) * new
        paths.append((paths[-1] * (t - 1) + new) / t if workflow is None else new)
    return np.array(paths)


def family_measures(kind, theta, marks):
    """Sums of measures (T + 1, 10)."""
    loss, half, mass, edge = marks
    human = theta[0, 0]
    v = {"exponential": lambda x: x**2, "poisson": lambda x: x, "bernoulli": lambda x: x * (1 - x)}[kind]
    risk = (theta - human) ** 2 / v(human)
    ratio = theta / human
    divergence = {
        "exponential": lambda: ratio - 1 - np.log(ratio),
        "poisson": lambda: kl_div(theta, human),
        "bernoulli": lambda: kl_div(theta, human) + kl_div(1 - theta, 1 - human),
    }[kind]()
    lost = risk > loss
    still = lost & lost[half] & (np.arange(len(theta)) >= half)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(ratio)
        tail, entropy = {
            "exponential": lambda: (mass ** (human / theta - 1), 1 + np.log(theta)),
            "poisson": lambda: (poisson.sf(edge, theta) / mass, poisson(theta).entropy()),
            "bernoulli": lambda: (
                theta / human,
                -np.nan_to_num(theta * np.log(theta) + (1 - theta) * np.log(1 - theta)),
            ),
        }[kind]()
    columns = [theta, risk, v(theta) / v(human), log_ratio, divergence, v(theta) == 0, lost, still,
               np.minimum(1, tail), np.where(v(theta) == 0, 0, entropy)]  # fmt: skip
    return np.array([np.sum(column, axis=1) for column in columns]).T
