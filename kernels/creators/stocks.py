"""Two stocks of data, the recursive precision they give, and what is paid for more of them (MODEL 4.2).

Innovators o and the rank and file c supply n_j(P) = a_j P^{x_j} at a price P, and data n_j P; stocks wear off at rate
dep. The variance of their common factor follows precision, v = v0 + alpha Phi. The nine constants of a market stand in
a row of an array, in the order of `A_O`..`ALPHA`.
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.search import kept_inside, shrink
from .signals import group_errors

ZERO = np.uint64(0)
A_O, A_C, X_O, X_C, LAM_O, LAM_C, DEP, V0, ALPHA = range(9)
FREE_FOR_ALL, STRICT_RIGHTS, INTERMEDIARY = range(3)
CELLS = 32
NEWTON = 60
TINY = 1e-300


@inline
def rise(P, x):
    """P^x, 0 at 0."""
    return exp(x * log(P)) if P >= TINY else 0.0


@inline
def root(Ko, Kc, v0, alpha, lo, lc):
    """Recursive precision: the positive root of (Phi - a)(1 + L2 v) + L1^2 v = 0, v = v0 + alpha Phi.

    a = Ko + Kc, Lj = lo^j Ko + lc^j Kc, and a L2 - L1^2 = Ko Kc (lo - lc)^2 >= 0: written so that nothing cancels.
    """
    spread = Ko * Kc * (lo - lc) * (lo - lc)
    second = lo * lo * Ko + lc * lc * Kc
    quadratic = alpha * second
    linear = 1.0 + second * v0 - alpha * spread
    constant = Ko + Kc + v0 * spread
    size = np.sqrt(linear * linear + 4.0 * quadratic * constant)
    return 2.0 * constant / (size + linear) if linear >= 0.0 else (size - linear) / (2.0 * quadratic)


@inline
def values(Ko, Kc, v, alpha, lo, lc):
    """d Phi / d Ko and d Phi / d Kc, the bias following Phi: (1 - l_j A)^2 / (1 + alpha (A / v)^2)."""
    A = (lo * Ko + lc * Kc) / (1.0 / v + lo * lo * Ko + lc * lc * Kc)
    damping = 1.0 + alpha * (A / v) * (A / v)
    return (1.0 - lo * A) * (1.0 - lo * A) / damping, (1.0 - lc * A) * (1.0 - lc * A) / damping


@inline
def best_price(ao, ac, xo, xc, mo, mc):
    """Price with the greatest gain of the moment, sum a_j P^{x_j + 1} (M_j - P).

    Each kind alone would be paid (x_j + 1)/(x_j + 2) M_j; the best price lies between the two. There may be two local
    maxima: the best point of a grid is taken first, then Newton's method inside its cells. 0 where nobody supplies.
    """
    if ao + ac == 0.0:
        return 0.0
    one, two = (xo + 1.0) / (xo + 2.0) * mo, (xc + 1.0) / (xc + 2.0) * mc
    one, two = one if ao > 0.0 else two, two if ac > 0.0 else one
    low, high = min(one, two), max(one, two)
    cell = (high - low) / CELLS
    best, most = 0, -np.inf
    for j in range(CELLS + 1):
        P = low + j * cell
        turn = log(max(P, TINY))
        gain = P * (ao * exp(xo * turn) * (mo - P) + ac * exp(xc * turn) * (mc - P))
        if gain > most:
            best, most = j, gain
    P, left, right = low + best * cell, max(low, low + (best - 1) * cell), min(high, low + (best + 1) * cell)
    for _ in range(NEWTON):
        turn = log(max(P, TINY))
        po, pc = ao * exp(xo * turn), ac * exp(xc * turn)
        h = po * ((xo + 1.0) * mo - (xo + 2.0) * P) + pc * ((xc + 1.0) * mc - (xc + 2.0) * P)
        if h == 0.0:
            break
        left, right = shrink(left, right, P, h > 0.0)
        slope = po * (xo * (xo + 1.0) * mo / P - (xo + 1.0) * (xo + 2.0))
        slope += pc * (xc * (xc + 1.0) * mc / P - (xc + 1.0) * (xc + 2.0))
        step = P - h / slope
        last, P = P, kept_inside(step, left, right)
        if abs(P - last) <= 4e-15 * P:
            break
    return P


@inline
def pay(regime, p, stay, mo, mc):
    """Unit prices of the two kinds; stay is 0 once innovators have left."""
    if regime == FREE_FOR_ALL:
        return 0.0, 0.0
    if regime == INTERMEDIARY:
        return mo, mc
    P = best_price(p[A_O] * stay, p[A_C], p[X_O], p[X_C], mo, mc)
    return P, P


@inline
def cap(p, P, Kc, v, stay):
    """Prop. 5's bound (1 + mu r)/(1 + r), r = n_c / n_o, mu = 1/(1 + lc^2 v Kc)^2; mu once innovators have left."""
    rest = 1.0 + p[LAM_C] * p[LAM_C] * v * Kc
    mu = 1.0 / (rest * rest)
    o, c = p[A_O] * rise(P, p[X_O]) * stay, p[A_C] * rise(P, p[X_C])
    return 1.0 + (mu - 1.0) * (c / (o + c) if o + c > 0.0 else 0.0)


@inline
def average(po, pc, new_o, new_c):
    """Mean price paid for new data; 0 where there is none."""
    return (po * new_o + pc * new_c) / (new_o + new_c) if new_o + new_c > 0.0 else 0.0


@kernel
def roots(Ko, Kc, v0, alpha, lo, lc, out):
    """out (n,) = `root` of vectors (n,)."""
    for i in range(out.size):
        out[i] = root(Ko[i], Kc[i], v0[i], alpha[i], lo[i], lc[i])


@kernel
def best_prices(ao, ac, xo, xc, mo, mc, out):
    """out (n,) = `best_price` of vectors (n,)."""
    for i in range(out.size):
        out[i] = best_price(ao[i], ac[i], xo[i], xc[i], mo[i], mc[i])


@kernel
def caps(markets, P, Kc, v, stay, out):
    """out (n,) = `cap` of n markets (n, 9) or of one (1, 9)."""
    for i in range(out.size):
        out[i] = cap(markets[min(i, markets.shape[0] - 1)], P[i], Kc[i], v[i], stay[i])


@inline
def instant(p, regime, stay, Ko, Kc):
    """Phi, v, M_o, M_c, P_o, P_c and new data of both kinds, of stocks K."""
    phi = root(Ko, Kc, p[V0], p[ALPHA], p[LAM_O], p[LAM_C])
    v = p[V0] + p[ALPHA] * phi
    mo, mc = values(Ko, Kc, v, p[ALPHA], p[LAM_O], p[LAM_C])
    po, pc = pay(regime, p, stay, mo, mc)
    return phi, v, mo, mc, po, pc, p[A_O] * stay * rise(po, p[X_O]) * po, p[A_C] * rise(pc, p[X_C]) * pc


@kernel
def instants(markets, regime, stay, K, out):
    """out (8, n) = `instant` of n stocks K (2, n), stay (n,); markets (n, 9), or (1, 9) where all are one market."""
    for i in range(K.shape[1]):
        p = markets[min(i, markets.shape[0] - 1)]
        now = instant(p, regime, stay[i], max(K[0, i], 0.0), max(K[1, i], 0.0))
        for j in range(8):
            out[j, i] = now[j]


@inline
def taking_part(thresholds, a, x, P):
    """Mass of creators at work: a times the share of sorted thresholds below P; min(1, P^x) where there are none."""
    if thresholds.size == 0:
        return a * min(1.0, rise(P, x))
    low, high = 0, thresholds.size
    while low < high:
        middle = (low + high) // 2
        if thresholds[middle] < P:
            low = middle + 1
        else:
            high = middle
    return a * (low / thresholds.size)


@kernel
def walk(p, Ko, Kc, leave, dt, regime, turn, crowd_o, crowd_c, key, replicate, questions, out):
    """out (10, steps + 1) = a market's path by Euler steps; `turn` is the step from which the intermediary pays.

    Rows: mean price, its cap (NaN but under strict rights), P_o, P_c, Ko, Kc, Phi at that bias, v, measured precision,
    whether innovators have left. The crowds are thresholds in ascending order, empty for infinitely many creators. The
    bias follows the precision measured one step earlier on `questions` questions, or Phi itself where there are none.
    Innovators leave once their stock, having been above, falls to `leave`.
    """
    lo, lc, alpha = p[LAM_O], p[LAM_C], p[ALPHA]
    stay = 1.0
    measured = root(Ko, Kc, p[V0], alpha, lo, lc)
    for t in range(out.shape[1]):
        rule = INTERMEDIARY if t >= turn else regime
        v = p[V0] + alpha * measured
        phi = root(Ko, Kc, v, 0.0, lo, lc)
        mo, mc = values(Ko, Kc, v, alpha, lo, lc)
        po, pc = pay(rule, p, stay, mo, mc)
        measured = phi
        if questions > 0 and phi > 0.0:
            A = (lo * Ko + lc * Kc) / (1.0 / v + lo * lo * Ko + lc * lc * Kc)
            wo, wc = Ko * (1.0 - lo * A) / phi, Kc * (1.0 - lc * A) / phi
            so, sc = 1.0 / np.sqrt(Ko) if Ko > 0.0 else 0.0, 1.0 / np.sqrt(Kc) if Kc > 0.0 else 0.0
            step = np.uint64(t)
            error = group_errors(key, step, replicate, ZERO, questions, np.sqrt(v), wo, wc, lo, lc, so, sc)
            measured = questions / error
        new_o = stay * taking_part(crowd_o, p[A_O], p[X_O], po) * po
        new_c = taking_part(crowd_c, p[A_C], p[X_C], pc) * pc
        if rule == STRICT_RIGHTS:
            price, bound = po, cap(p, po, Kc, v, stay)
        else:
            price, bound = average(po, pc, new_o, new_c), np.nan
        out[0, t], out[1, t], out[2, t], out[3, t] = price, bound, po, pc
        out[4, t], out[5, t], out[6, t], out[7, t], out[8, t], out[9, t] = Ko, Kc, phi, v, measured, 1.0 - stay
        before = Ko
        Ko += dt * (new_o - p[DEP] * Ko)
        Kc += dt * (new_c - p[DEP] * Kc)
        if leave > 0.0 and Ko <= leave < before:
            stay = 0.0
