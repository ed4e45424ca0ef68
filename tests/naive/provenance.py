"""Slow twins of the provenance and equilibrium kernels: a formula at a time, NumPy and SciPy only."""

import math

import numpy as np
from naive import random as naive
from scipy import integrate, optimize, stats


def log_likelihood(rho, p, q, c=1.0):
    with np.errstate(divide="ignore"):
        return float(np.sum(c * np.log((1 - rho) * p + rho * q)))


def mle(p, q, c=1.0):
    """Maximum over [0, 1] by the sign of the score, to rounding."""

    def score(rho):
        with np.errstate(divide="ignore"):  # an item may exclude an end
            return float(np.sum(c * (q - p) / ((1 - rho) * p + rho * q)))

    if score(0.0) <= 0:
        return 0.0
    if score(1.0) >= 0:
        return 1.0
    return optimize.brentq(score, 0.0, 1.0, xtol=1e-15)


def em(p, q, c=1.0, start=0.5, passes=100_000, tolerance=1e-14):
    rho = start
    n = np.sum(c * np.ones_like(p))
    for _ in range(passes):
        new = float(np.sum(c * rho * q / ((1 - rho) * p + rho * q)) / n)
        if abs(new - rho) < tolerance:
            break
        rho = new
    return new


def stochastic_newton(u, start, rate, power):
    """Averaged stochastic Newton on u = q / p - 1, and its correction: (estimate, information, third, average).

    Over the first block of 2048 items: steps of 64, or of 128 where that makes 16 steps, offset 4, margin 0.001, the
    first half left out of the average, at least 1024 items looked at. The score of a block is expanded at the estimate
    so far, that of the first at its own maximum.
    """
    begun = u[:2048]
    batch, passes = 128 if begun.size == 2048 else 64, max(1, 1024 // begun.size)
    rho, kept, j = start, [], 0
    burn = passes * -(-begun.size // batch) // 2
    expansion, found = np.polynomial.Polynomial([0.0]), None

    def inside(x):
        return min(max(x, 0.001), 0.999)

    def step(polynomial, at):
        slope, third = polynomial.deriv()(at), polynomial.deriv(2)(at) / 2
        plain = -polynomial(at) / slope
        damped = 1 + plain * third / slope
        return (plain / damped if damped > 0.5 else plain), -slope

    for _ in range(passes):
        for items in (begun[k : k + batch] for k in range(0, begun.size, batch)):
            at = inside(rho)
            inverse = (1 - at) * rate[0] + at * rate[1] + at * (1 - at) * rate[2]
            rho += (j + 4.0) ** -power * (inverse * np.mean(items / (1 + at * items)) - (rho - at))
            j += 1
            if j > burn:
                kept.append(rho)

    for block in (u[k : k + 2048] for k in range(0, u.size, 2048)):

        def expanded(at, block=block):
            s = block / (1 + at * block)
            return np.polynomial.Polynomial([s.sum(), -np.sum(s**2), np.sum(s**3)])(np.polynomial.Polynomial([-at, 1]))

        at = inside(np.mean(kept) if found is None else found)
        for _ in range(20 if found is None else 0):
            move, information = step(expanded(at), at)
            if move**2 * information <= 0.01 or inside(at + move) == at:
                break
            at = inside(at + move)
        expansion = expansion + expanded(at)
        found = at + step(expansion, at)[0]
    information = -expansion.deriv()(np.clip(found, 0, 1)) / u.size
    return found, information, expansion.deriv(2)(0.0) / 2 / u.size, np.mean(kept)


def pool_items(key, step, replicate, rho, m, s, n):
    """Items (n, d) of `rounds`: blocks of 2048, the first normals of the pairs before the second ones."""
    d, blocks = m.size, []
    for start in range(0, n, 2048):
        size = min(2048, n - start)
        pairs = -(-size // 2)
        lanes = start // 2 + np.arange(pairs)
        w = naive.words(key, lanes, d, step, replicate)
        synthetic = np.concatenate([naive.unit(w[0], w[1]), naive.unit(w[2], w[3])]) <= rho
        z = np.stack([np.concatenate(naive.normal_pair(key, lanes, k, step, replicate)) for k in range(d)], axis=1)
        blocks.append(np.where(synthetic[:, None], m + s * z, z)[:size])
    return np.concatenate(blocks)


def gaussian_contrasts(key, step, replicate, n, synthetic, m, s2, d):
    """Contrasts of the items of `draw_gaussian`, the first `synthetic` of which are synthetic."""
    t = np.empty(n)
    for start in range(0, n, 1024):
        size = min(1024, n - start)
        pairs = (size + 1) // 2
        lanes = start // 2 + np.arange(pairs)
        normals = [np.concatenate(naive.normal_pair(key, lanes, k, step, replicate))[:size] for k in range(d)]
        is_synthetic = start + np.arange(size) < synthetic
        x = np.stack(normals)
        x[:, is_synthetic] *= math.sqrt(s2)
        x[0, is_synthetic] += m
        p = np.prod(stats.norm.pdf(x), axis=0)
        shifted = x.copy()
        shifted[0] -= m
        q = np.prod(stats.norm.pdf(shifted, scale=math.sqrt(s2)), axis=0)
        t[start : start + size] = (q - p) / (q + p)
    return t


def premium(rho, s2):
    """d/d rho KL(q_rho || p) of N(0, s2) against N(0, 1), adaptive quadrature."""
    human, synthetic = np.log1p(-rho), np.log(rho) - 0.5 * math.log(s2)

    def f(x):
        u = -0.5 * x * x  # logarithms of both densities, times the square root of 2 pi
        v = u / s2
        change = (math.exp(v) / math.sqrt(s2) - math.exp(u)) / math.sqrt(2 * math.pi)
        return change * (np.logaddexp(human + u, synthetic + v) - u)

    with np.errstate(divide="ignore"):
        return 2 * sum(integrate.quad(f, a, b, epsabs=1e-12)[0] for a, b in ((0, 1), (1, 4), (4, 37)))


def rest_points(kappa, s, phi, e, spread, levy, delta, nu, cells=50):
    """Roots of the best-response residual by brentq between sign changes on a grid finer towards 1 (s2 = delta fixed)."""
    half = spread / (2 * kappa)
    u = np.linspace(-half, half, 20_001) if half else np.zeros(1)

    def residual(rho):
        target = s + (phi * (1 - rho) ** e * nu * premium(rho, delta) + levy) / (2 * kappa)
        return 1 - integrate.trapezoid(np.clip(target - u, 0, 1), u) / (2 * half) - rho if half else (
            1 - float(np.clip(target, 0, 1)) - rho)  # fmt: skip

    x = 1 - np.linspace(1, 0, cells + 1) ** 4
    f = [residual(r) for r in x]
    roots = [optimize.brentq(residual, a, b, xtol=1e-12) for a, b, fa, fb in zip(x, x[1:], f, f[1:]) if fa * fb < 0]
    return sorted(roots + [float(a) for a, fa in zip(x, f) if abs(fa) < 1e-14])


def posterior_sums(theta, t, c, thin, terms):
    """Sums of c w v^k over 64 of every 64 `thin` items, and sum of c |w|; w the score, v the contrast with prior theta."""
    used = np.arange(t.size) // 64 % thin == 0
    t, c = t[used], c[used]
    w, v = t / (1 + theta * t), (t + theta) / (1 + theta * t)
    return np.array([np.sum(c * w * v**k) for k in range(terms)]), np.sum(c * np.abs(w))


def score_of_distinct_items(pool, human, synthetic, rho, prior=4.0):
    """Score of a contamination, item by item: ordered pairs of distinct items of a cell, weighted without the two."""
    counts = np.stack([pool, human, synthetic]).astype(int)
    n, na, nb = sizes = counts.sum(1)
    residual, contrast = (1 / n, -(1 - rho) / na, -rho / nb), (0.0, -1 / na, 1 / nb)
    given = [min(size, sizes.sum() - size) / size for size in sizes]
    total = 0.0
    for cell in counts.T:
        labels = np.repeat(range(3), cell)
        for x, first in enumerate(labels):
            for y, second in enumerate(labels):
                if x == y:
                    continue
                left = cell.astype(float)
                left[first] -= 1
                left[second] -= 1
                m = (sum(w * c for w, c in zip(given, left)) + prior) / sum(w * s for w, s in zip(given, sizes))
                p, q = ((c + prior) / (s + prior / m) for c, s in zip(left[1:], (na, nb)))
                noise_p, noise_q = (1 - rho) * p / na, rho * q / nb
                variance = ((1 - rho) * p + rho * q) / n + (1 - rho) * noise_p + rho * noise_q
                beta = (noise_p - noise_q) / variance
                # pairs of one sample stand for all ordered pairs of it, of which a share 1 - 1/n are distinct
                all_pairs = sizes[first] / (sizes[first] - 1) if first == second else 1.0
                total += all_pairs * residual[first] * (contrast[second] - beta * residual[second]) / variance
    return total
