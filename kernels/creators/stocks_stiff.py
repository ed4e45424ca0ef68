"""Stocks of data in continuous time, stiff or not: an L-stable step with its Jacobian in closed form (MODEL 4.2)."""

import numpy as np

from .._jit import inline, kernel
from .stocks import A_C, A_O, ALPHA, DEP, INTERMEDIARY, LAM_C, LAM_O, STRICT_RIGHTS, TINY, X_C, X_O, instant, rise

STEPS = 10**6
SHORT = 1e-4
GAMMA = 1.0 / (2.0 + np.sqrt(2.0))
E32 = 6.0 + np.sqrt(2.0)


@inline
def curvatures(Ko, Kc, v, alpha, lo, lc, mo, mc):
    """d M_o / d Ko, d M_o / d Kc = d M_c / d Ko, d M_c / d Kc of `values`: second derivatives of Phi.

    With D = 1/v + sum l^2 K and d v / d K_j = alpha M_j: d A / d K_j = (l_j - A (l_j^2 - alpha M_j / v^2)) / D.
    """
    D = 1.0 / v + lo * lo * Ko + lc * lc * Kc
    A = (lo * Ko + lc * Kc) / D
    w = A / v
    damping = 1.0 + alpha * w * w
    A_o = (lo - A * (lo * lo - alpha * mo / (v * v))) / D
    A_c = (lc - A * (lc * lc - alpha * mc / (v * v))) / D
    w_o, w_c = (A_o - w * alpha * mo) / v, (A_c - w * alpha * mc) / v
    so, sc, bend = -2.0 * lo * (1.0 - lo * A), -2.0 * lc * (1.0 - lc * A), 2.0 * alpha * w
    oo, oc = (so * A_o - mo * bend * w_o) / damping, (so * A_c - mo * bend * w_c) / damping
    return oo, oc, (sc * A_c - mc * bend * w_c) / damping


@inline
def price_slopes(ao, ac, xo, xc, mo, mc, P):
    """d P / d M_o and d P / d M_c of `best_price`, from the condition that its derivative is 0."""
    po, pc = ao * rise(P, xo), ac * rise(P, xc)
    slope = po * (xo + 1.0) * (xo * mo / P - (xo + 2.0)) + pc * (xc + 1.0) * (xc * mc / P - (xc + 2.0))
    if slope >= 0.0:  # where two maxima meet
        return 0.0, 0.0
    return -po * (xo + 1.0) / slope, -pc * (xc + 1.0) / slope


@inline
def jacobian(p, regime, stay, Ko, Kc, now):
    """d K'_o / d Ko, d K'_o / d Kc, d K'_c / d Ko, d K'_c / d Kc, from `instant` of these stocks."""
    _, v, mo, mc, po, pc, new_o, new_c = now
    oo, oc, cc = curvatures(Ko, Kc, v, p[ALPHA], p[LAM_O], p[LAM_C], mo, mc)
    if regime == STRICT_RIGHTS and po > TINY:
        by_o, by_c = price_slopes(p[A_O] * stay, p[A_C], p[X_O], p[X_C], mo, mc, po)
        P_o, P_c = by_o * oo + by_c * oc, by_o * oc + by_c * cc
        steep_o, steep_c = (p[X_O] + 1.0) * new_o / po, (p[X_C] + 1.0) * new_c / po
        return steep_o * P_o - p[DEP], steep_o * P_c, steep_c * P_o, steep_c * P_c - p[DEP]
    if regime == INTERMEDIARY:
        steep_o = (p[X_O] + 1.0) * new_o / po if po > TINY else 0.0
        steep_c = (p[X_C] + 1.0) * new_c / pc if pc > TINY else 0.0
        return steep_o * oo - p[DEP], steep_o * oc, steep_c * oc, steep_c * cc - p[DEP]
    return -p[DEP], 0.0, 0.0, -p[DEP]


@inline
def solve(a, b, c, d, y0, y1):
    """x of [[a, b], [c, d]] x = y."""
    det = a * d - b * c
    return (d * y0 - b * y1) / det, (a * y1 - c * y0) / det


@inline
def slopes(p, Ko, Kc, now):
    """K' of both kinds, from `instant` of these stocks; inside a step they may be below 0, and are driven back."""
    return now[6] - p[DEP] * Ko, now[7] - p[DEP] * Kc


@inline
def advance(p, regime, stay, Ko, Kc, now, h):
    """Stocks after a step h from (Ko, Kc), estimates of their errors, and `instant` at the end, given it at the start.

    The Rosenbrock pair of orders 2 and 3 of Shampine and Reichelt (1997), L-stable; of order 2 whatever the Jacobian.
    Last comes the step as a share of the time scale, one over the norm of the Jacobian.
    """
    o1, c1 = slopes(p, Ko, Kc, now)
    a, b, c, d = jacobian(p, regime, stay, max(Ko, 0.0), max(Kc, 0.0), now)
    share = h * max(abs(a) + abs(b), abs(c) + abs(d))
    a, b, c, d = 1.0 - h * GAMMA * a, -h * GAMMA * b, -h * GAMMA * c, 1.0 - h * GAMMA * d
    ko1, kc1 = solve(a, b, c, d, o1, c1)
    mido, midc = Ko + 0.5 * h * ko1, Kc + 0.5 * h * kc1
    o2, c2 = slopes(p, mido, midc, instant(p, regime, stay, max(mido, 0.0), max(midc, 0.0)))
    ko2, kc2 = solve(a, b, c, d, o2 - ko1, c2 - kc1)
    ko2, kc2 = ko2 + ko1, kc2 + kc1
    newo, newc = Ko + h * ko2, Kc + h * kc2
    then = instant(p, regime, stay, max(newo, 0.0), max(newc, 0.0))
    o3, c3 = slopes(p, newo, newc, then)
    ko3, kc3 = solve(
        a, b, c, d,
        o3 - E32 * (ko2 - o2) - 2.0 * (ko1 - o1),
        c3 - E32 * (kc2 - c2) - 2.0 * (kc1 - c1),
    )  # fmt: skip
    return newo, newc, h / 6.0 * abs(ko1 - 2.0 * ko2 + ko3), h / 6.0 * abs(kc1 - 2.0 * kc2 + kc3), then, share


@kernel
def follow(markets, Ko0, Kc0, leave, regime, times, rtol, atol, K, exits, peaks):
    """K (2, n, t) = stocks of n markets in continuous time from one start, exits (n,) = when innovators left or inf.

    peaks (2, n) = the greatest precision at any step, and when that was. Steps of `advance`, their size for every
    market its own. The best price can jump between two maxima: no step is shortened below a share of the time scale,
    where only such a jump leaves an error. Innovators leave once their stock, having been above, falls to `leave`: the
    step is shortened until it ends there. Returns the first market that took too many steps, as its price jumps to and
    fro all the time, or -1.
    """
    for i in range(markets.shape[0]):
        p = markets[i]
        t, Ko, Kc, stay = times[0], Ko0, Kc0, 1.0
        K[0, i, 0], K[1, i, 0], exits[i] = Ko, Kc, np.inf
        h, steps = 0.01 * (times[-1] - times[0]), 0
        now = instant(p, regime, stay, Ko, Kc)
        peaks[0, i], peaks[1, i] = now[0], t
        for j in range(1, times.size):
            while t < times[j]:
                steps += 1
                if steps > STEPS:
                    return i
                step = min(h, times[j] - t)
                newo, newc, wrong_o, wrong_c, then, share = advance(p, regime, stay, Ko, Kc, now, step)
                error = max(wrong_o / (atol + rtol * abs(newo)), wrong_c / (atol + rtol * abs(newc)))
                if not (error <= 1.0 or share <= SHORT):
                    h = step * (max(0.2, 0.9 * rise(1.0 / error, 1.0 / 3.0)) if error < 1e6 else 0.2)
                    continue
                crossing = stay > 0.0 and leave > 0.0 and newo <= leave < Ko
                if crossing and newo < leave - (atol + rtol * leave):
                    h = step * max(0.1, (Ko - leave) / (Ko - newo))
                    continue
                if step < times[j] - t:
                    t += step
                else:
                    t = times[j]
                if step == h:
                    h = step * min(5.0, 0.9 * rise(1.0 / max(error, 1e-4), 1.0 / 3.0))
                Ko, Kc, now = newo, newc, then
                if now[0] > peaks[0, i]:
                    peaks[0, i], peaks[1, i] = now[0], t
                if crossing:
                    stay, exits[i] = 0.0, t
                    now = instant(p, regime, stay, max(Ko, 0.0), max(Kc, 0.0))
            K[0, i, j], K[1, i, j] = Ko, Kc
    return -1


@kernel
def jacobians(p, regime, stay, K, out):
    """out (4, n) = `jacobian` of one market p (9,) at n stocks K (2, n), stay (n,)."""
    for i in range(K.shape[1]):
        now = instant(p, regime, stay[i], K[0, i], K[1, i])
        out[0, i], out[1, i], out[2, i], out[3, i] = jacobian(p, regime, stay[i], K[0, i], K[1, i], now)
