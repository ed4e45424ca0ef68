"""Slow twins of the creator-market kernels: a formula at a time, NumPy and SciPy only."""

import itertools
import math

import numpy as np
from scipy.optimize import brentq, minimize

HALF = 256


def precision(loading, effort, v):
    """Phi by the definition: 1' Sigma^{-1} 1 with the full covariance matrix of the signals that exist."""
    on = effort > 0
    if not on.any():
        return 0.0
    sigma = np.diag(1.0 / effort[on]) + v * np.outer(loading[on], loading[on])
    ones = np.ones(on.sum())
    return float(ones @ np.linalg.solve(sigma, ones))


def market(loading, v, g, k):
    """[(A, Phi, efforts)] of market and planner: brentq on the fixed point, tolerance at rounding."""
    out = []
    for mk in (g * k, k):

        def effort(A, mk=mk):
            return (np.abs(1 - loading * A) ** 2 / mk) ** (1 / (g - 1))

        def f(A, effort=effort):
            return A / v - np.sum(loading * effort(A) * (1 - loading * A))

        high = 1.0
        while f(high) < 0:
            high *= 2
        A = brentq(f, 0.0, high, xtol=1e-300, rtol=8.9e-16, maxiter=1000)
        e = effort(A)
        out.append((A, np.sum(e) - np.sum(loading * e) ** 2 / (1 / v + np.sum(loading**2 * e)), e))
    return out


def rises(loading, v, g=2.0, k=1.0):
    """Test from efforts alone if the ratio rises with the loading: alike creators aside, it never falls."""
    (_, _, e_m), (_, _, e_p) = market(np.sort(loading), v, g, k)
    ratio = e_m / e_p
    return bool((np.diff(ratio) >= -1e-9 * ratio[1:]).all())


def brute_force(loading, v, g, k, m, start=None):
    """Efforts that maximise Phi - m sum k e^g / g over the orthant, from Phi's definition (SLSQP)."""

    def value(e):
        s0, s1, s2 = e.sum(), (loading * e).sum(), (loading**2 * e).sum()
        return -(s0 - s1**2 / (1 / v + s2) - m * k * np.sum(e**g) / g)

    def slope(e):
        A = (loading * e).sum() / (1 / v + (loading**2 * e).sum())
        return -((1 - loading * A) ** 2 - m * k * e ** (g - 1))

    e0 = np.full(loading.size, 0.1) if start is None else start
    bounds, options = [(0, None)] * loading.size, {"ftol": 1e-16, "maxiter": 1000}
    return minimize(value, e0, jac=slope, bounds=bounds, method="SLSQP", options=options)


def powers(x, c):
    d = x - c
    terms = [x, x * d, x * d**2, x * d**3, d**2, d**3, d**4]
    return np.array([math.fsum(t) for t in terms])


def response(x, y, q):
    p = np.abs(y) ** q
    return np.array([math.fsum(t) for t in (x * p * y, x * x * p, p * y * y)])


def uniform_stream(uniforms, key, replicate, n, low, width):
    """Loadings of `kernels.random.beta_stream.fill`: creators j and j + 256 of a chunk of 512 share lane 256 q + j."""
    lanes = HALF * -(-n // (2 * HALF))
    pairs = np.empty(2 * lanes)
    zero = np.uint64(0)
    uniforms(key, zero, zero, replicate, zero, pairs)
    u = pairs.reshape(-1, HALF, 2).transpose(0, 2, 1).ravel()[:n]
    return low + width * (1.0 - u)


def signals(normal_pair, source, two_valued, question, loading, effort):
    """Signals (n,) X_i = theta + lambda_i b + eps_i of a question; a creator without effort sends 0."""
    zero, step = np.uint64(0), np.uint64(question)
    z, _ = normal_pair(*source.bias_key, zero, zero, step, source.replicate)
    b = (source.sigma if z > 0 else -source.sigma) if two_valued else source.sigma * z
    out = np.zeros(loading.size)
    for i in np.flatnonzero(effort > 0):
        z, _ = normal_pair(*source.noise_key, np.uint64(i), zero, step, source.replicate)
        out[i] = source.theta + loading[i] * b + z / np.sqrt(effort[i])
    return out


def squared_errors(normal_pair, key, step, replicate, lane, questions, groups):
    """Sum of squared errors b (w_o lam_o + w_c lam_c) + w_o eps_o + w_c eps_c, question by question."""
    sigma, w_o, w_c, lam_o, lam_c, s_o, s_c = groups
    squares = []
    for i in range(questions):
        at = (np.uint64(lane + i), np.uint64(0), np.uint64(step), np.uint64(replicate))
        z_o, z_c = normal_pair(*key, *at)
        z_b, _ = normal_pair(*key, at[0], np.uint64(1), *at[2:])
        squares.append((sigma * z_b * (w_o * lam_o + w_c * lam_c) + w_o * s_o * z_o + w_c * s_c * z_c) ** 2)
    return math.fsum(squares)


def minimax_weights(loading, effort, v):
    """Weights that minimise w'(diag(1/e) + v l l')w subject to sum w = 1, from the dense optimality system."""
    n = loading.size
    system = np.zeros((n + 1, n + 1))
    system[:-1, :-1] = np.diag(1.0 / effort) + v * np.outer(loading, loading)
    system[:-1, -1] = system[-1, :-1] = 1.0
    return np.linalg.solve(system, np.r_[np.zeros(n), 1.0])[:-1]


def phi(loading, effort, v):
    """Phi of a coalition from its three sums."""
    s0, s1, s2 = effort.sum(), (loading * effort).sum(), (loading**2 * effort).sum()
    return s0 - s1**2 / (1 / v + s2)


def shapley(loading, effort, v):
    """Exact Shapley values of Phi by all coalitions."""
    n = loading.size
    value = np.zeros(n)
    for i in range(n):
        others = [j for j in range(n) if j != i]
        for size in range(n):
            share = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for coalition in itertools.combinations(others, size):
                without = list(coalition)
                with_i = [*without, i]
                value[i] += share * (
                    phi(loading[with_i], effort[with_i], v) - phi(loading[without], effort[without], v)
                )
    return value


def stratified(order, sizes, loading, effort, v):
    """Contributions (n,) of one order: of each stratum's size the first others, weighted by the stratum's length."""
    n = loading.size
    value = np.zeros(n)
    for s, k in enumerate(sizes):
        weight = (min(1 << s, n) - ((1 << s) >> 1)) / n
        for i in range(n):
            others = [j for j in order if j != i][:k]
            joined = [*others, i]
            value[i] += weight * (phi(loading[joined], effort[joined], v) - phi(loading[others], effort[others], v))
    return value


def recursive_precision(ko, kc, v0, alpha, lo, lc):
    """The fixed point Phi of the precision whose bias follows it, by bracketing."""

    def excess(value):
        v = v0 + alpha * value
        return ko + kc - (lo * ko + lc * kc) ** 2 / (1 / v + lo**2 * ko + lc**2 * kc) - value

    return brentq(excess, 0.0, ko + kc, xtol=1e-300, rtol=8.9e-16) if ko + kc > 0 else 0.0


def marginal_values(ko, kc, v, alpha, lo, lc):
    A = (lo * ko + lc * kc) / (1 / v + lo**2 * ko + lc**2 * kc)
    damping = 1 + alpha * (A / v) ** 2
    return (1 - lo * A) ** 2 / damping, (1 - lc * A) ** 2 / damping


def myopic_price(ao, ac, xo, xc, mo, mc):
    """The best of a fine grid, polished by bisection of the derivative."""
    alone = [(x + 1) / (x + 2) * m for a, x, m in ((ao, xo, mo), (ac, xc, mc)) if a > 0]
    low, high = min(alone), max(alone)

    def slope(P):
        return ao * P**xo * ((xo + 1) * mo - (xo + 2) * P) + ac * P**xc * ((xc + 1) * mc - (xc + 2) * P)

    grid = np.linspace(low, high, 20_001)
    best = int(np.argmax(ao * grid ** (xo + 1) * (mo - grid) + ac * grid ** (xc + 1) * (mc - grid)))
    left, right = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    return brentq(slope, left, right, xtol=1e-300, rtol=8.9e-16) if slope(left) > 0 > slope(right) else grid[best]


def reserved_profit(a, x, r, m, P):
    """What data of one kind are worth above what they cost at a price."""
    return a * max(P - r, 0.0) ** x * P * (m - P) if r < P else 0.0


def reserved_price(ao, ac, xo, xc, mo, mc, ro, rc):
    """The best of a fine grid over all prices up to the greatest value, refined twice about its best point."""

    def value(P):
        return reserved_profit(ao, xo, ro, mo, P) + reserved_profit(ac, xc, rc, mc, P)

    low, high = 0.0, max(mo, mc)
    for _ in range(4):
        grid = np.linspace(low, high, 2001)
        best = int(np.argmax([value(P) for P in grid]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    return grid[best]


def alone_price(x, r, m):
    """The best price for one kind, or m where nobody comes at a price that pays."""
    return reserved_price(1.0, 0.0, x, x, m, 0.0, r, 0.0) if m > r else m


def mixed_aggregate(loading, kappa, q, v):
    """The root of A / v = sum kappa lambda |y|^q y by bracketing."""

    def f(A):
        y = 1 - loading * A
        return A / v - np.sum(kappa * loading * np.abs(y) ** q * y)

    top = v * np.sum(kappa * loading)
    return brentq(f, 0.0, top, xtol=1e-300, rtol=8.9e-16) if top > 0 else 0.0


def euler_path(p, ko, kc, leave, dt, regime, turn, steps):
    """Euler steps of infinitely many creators' stocks: columns price, Ko, Kc, Phi, v, left; bias one step behind."""
    ao, ac, xo, xc, lo, lc, dep, v0, alpha, ro, rc = (*p, 0.0, 0.0)[:11]
    stay, rows = 1.0, []
    measured = recursive_precision(ko, kc, v0, alpha, lo, lc)
    for t in range(steps + 1):
        v = v0 + alpha * measured
        phi_now = recursive_precision(ko, kc, v, 0.0, lo, lc)
        mo, mc = marginal_values(ko, kc, v, alpha, lo, lc)
        rule = 2 if t >= turn else regime
        po = pc = 0.0
        if rule == 1 and (ro > 0 or rc > 0):
            po = pc = reserved_price(ao * stay, ac, xo, xc, mo, mc, ro, rc)
        elif rule == 1:
            po = pc = myopic_price(ao * stay, ac, xo, xc, mo, mc)
        elif rule == 3:
            po, pc = alone_price(xo, ro, mo), alone_price(xc, rc, mc)
        elif rule == 2:
            po, pc = mo, mc
        new_o, new_c = stay * ao * min(1, max(po - ro, 0) ** xo) * po, ac * min(1, max(pc - rc, 0) ** xc) * pc
        price = po if rule == 1 else (po * new_o + pc * new_c) / (new_o + new_c) if new_o + new_c else 0.0
        rows.append((price, ko, kc, phi_now, v, 1 - stay))
        measured, before = phi_now, ko
        ko, kc = ko + dt * (new_o - dep * ko), kc + dt * (new_c - dep * kc)
        if leave > 0 and ko <= leave < before:
            stay = 0.0
    return np.array(rows)
