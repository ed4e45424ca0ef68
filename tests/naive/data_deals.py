"""Slow twins of the kernels of data deals: a formula at a time, NumPy and SciPy only."""

import itertools
import math

import numpy as np
from naive.creators import market, precision


def chain(a, loading, law):
    """A chain from its uniforms: (information, value, lineage, share, repricing), efforts by a root finder."""
    n = 2 + int((1.0 - a[0]) * 11)
    v, tau = 10.0 ** (2.0 * a[1] - 1.0), 10.0 ** (2.0 * a[2] - 1.0)
    loading = loading[:n]
    effort = market(loading, v, 2.0, 1.0)[0][2]
    m = max(1, math.ceil((0.3 + 0.7 * a[3]) * n))
    sub = slice(m)
    held = precision(loading[sub], effort[sub], v)
    trained = held * (1.0 - 0.5 * a[4])
    sampled = trained * (1.0 - 0.5 * a[5])
    alone = np.mean([precision(loading[i : i + 1], effort[i : i + 1], v) for i in range(n)])
    w = effort[sub] / effort[sub].sum()
    covariance = np.diag(1.0 / effort[sub]) + v * np.outer(loading[sub], loading[sub])
    pooled = 1.0 / (w @ covariance @ w)
    hold = np.array([precision(loading, effort, v), held, trained, sampled])
    use = np.array([alone, pooled, trained, sampled])
    reach = np.cumprod([1.0, *(law.most_reach ** a[6:9])])
    outside, other = law.most_outside * a[12], law.most_outside * a[13]
    return (
        0.5 * np.log1p(hold / tau),
        reach * use / (tau + use),
        1.0 - (1.0 - law.least_lineage) * a[9:12],
        outside + law.most_bargaining * a[14:18] * (1.0 - outside - other),
        1.0 - (1.0 - law.least_repricing) * a[18],
    )


def logistic(f, x):
    return f.low + f.span / (1.0 + np.exp(-f.steepness * (x - f.midpoint)))


def around(loop, r):
    return logistic(loop.R, logistic(loop.Y, logistic(loop.G, r)))


def crosses(loop, start, saddle, h=0.1):
    """Runge-Kutta until the path is above or below the saddle in every coordinate."""

    def f(x):
        return np.array([logistic(loop.G, x[2]) - x[0], logistic(loop.Y, x[0]) - x[1],
                         logistic(loop.R, x[1]) - loop.dep * x[2]])  # fmt: skip

    x = np.array(start, dtype=float)
    while True:
        if (x > saddle).all() or (x < saddle).all():
            return bool((x > saddle).all())
        a = f(x)
        b = f(x + h / 2 * a)
        c = f(x + h / 2 * b)
        d = f(x + h * c)
        x = x + h / 6 * (a + 2 * b + 2 * c + d)


def period(terms, chance, units, loading, outside, state):
    """Creators one by one: sums of a period and their new states."""
    sums, state = np.zeros(12), state.copy()
    for i, (x, u) in enumerate(zip(loading, outside)):
        p = terms.scale * (1.0 - x * terms.A) ** 2 + terms.flat
        e = p / terms.k
        cost = terms.k * e**2 / 2.0
        surplus = terms.life * e * (1.0 - 2.0 * x * terms.first + x**2 * terms.second) - cost
        net = terms.rent * (p * e - cost) + terms.lump * surplus
        if units[i] <= chance and state[i] != 2:
            state[i] = 1 if net >= u else 0
        if state[i] == 1:
            sold = np.array([e, x * e, x * x * e, net + cost])
            sums[:8] += [*sold, cost, (net - u) * (x < 0.5), (net - u) * (x >= 0.5), 1.0]
            sums[8:] += sold * (x < 0.5)
            if terms.once:
                state[i] = 2
    return sums, state


def attributed(codes, owner, flips, bits):
    """Chance that an item is attributed to its creator: one over the number of nearest codes, or 0."""
    seen = codes[owner] ^ flips
    gaps = [bin((int(seen) ^ int(code)) & ((1 << bits) - 1)).count("1") for code in codes]
    return (gaps[owner] == min(gaps)) / gaps.count(min(gaps))


def copied_shapley(loading, effort, v, copies):
    """Exact Shapley value of creator 0 under copies + 1 names: every order of all names."""
    names = [0] * (copies + 1) + list(range(1, len(loading)))
    gained, orders = 0.0, 0
    for order in itertools.permutations(range(len(names))):
        there = []
        for name in order:
            if names[name] == 0:
                before = np.array(there, dtype=int)
                after = np.append(before, 0)
                gained += precision(loading[after], effort[after], v) - precision(loading[before], effort[before], v)
                break
            there.append(names[name])
        orders += 1
    return gained / orders


def best_bundle(gap, effort, price, v, budget):
    """Greatest precision of any bundle, from the covariance matrix of each."""
    best = 0.0
    for some in itertools.product((False, True), repeat=len(gap)):
        on = np.array(some)
        if on.any() and price[on].sum() <= budget:
            best = max(best, precision(gap[on], effort[on], v))
    return best


def greedy_bundle(gap, effort, price, v, budget):
    chosen, spent = [], 0.0
    while True:
        now = precision(gap[chosen], effort[chosen], v)
        gains = {
            i: (precision(gap[[*chosen, i]], effort[[*chosen, i]], v) - now) / price[i]
            for i in range(len(gap)) if i not in chosen and spent + price[i] <= budget
        }  # fmt: skip
        if not gains:
            return sorted(chosen)
        i = max(gains, key=gains.get)
        chosen.append(i)
        spent += price[i]
