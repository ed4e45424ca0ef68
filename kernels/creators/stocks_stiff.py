"""Stocks of data in continuous time, stiff or not: an L-stable step with its Jacobian in closed form (MODEL 4.2)."""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import TINY
from .prices import alone_slope, data_slope, price_derivatives, price_power
from .stocks import DISCRIMINATING, INTERMEDIARY, STRICT_RIGHTS, Instant, instant, market_of

STEPS = 10**6
SHORT = 1e-4
GAMMA = 1.0 / (2.0 + np.sqrt(2.0))
E32 = 6.0 + np.sqrt(2.0)


class Curvature(NamedTuple):
    """Second derivatives of Phi: d M_o / d Ko, d M_o / d Kc = d M_c / d Ko, d M_c / d Kc."""

    oo: float
    oc: float
    cc: float


class Matrix(NamedTuple):
    """A matrix [[oo, oc], [co, cc]] that acts on the two stocks."""

    oo: float
    oc: float
    co: float
    cc: float


class Step(NamedTuple):
    """Stocks at the end of a step, estimates of their errors, and `Instant` there.

    `share` is the step as a share of the time scale, one over the norm of the Jacobian.
    """

    K_o: float
    K_c: float
    error_o: float
    error_c: float
    then: Instant
    share: float


@inline
def curvature(Ko, Kc, v, alpha, lo, lc, mo, mc):
    """Second derivatives of Phi, the derivatives of `marginal_values`.

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
    return Curvature(oo, oc, (sc * A_c - mc * bend * w_c) / damping)


@inline
def jacobian(p, regime, stay, Ko, Kc, now):
    """Jacobian d K'_i / d K_j of the stocks' growth, from `instant` of these stocks."""
    po, pc = now.P_o, now.P_c
    oo, oc, cc = curvature(Ko, Kc, now.v, p.alpha, p.lam_o, p.lam_c, now.M_o, now.M_c)
    if regime == STRICT_RIGHTS and po > TINY:
        by_o, by_c = price_derivatives(p, stay, now.M_o, now.M_c, po)
        P_o, P_c = by_o * oo + by_c * oc, by_o * oc + by_c * cc
        steep_o, steep_c = data_slope(now.new_o, po, p.x_o, p.r_o), data_slope(now.new_c, po, p.x_c, p.r_c)
        return Matrix(steep_o * P_o - p.dep, steep_o * P_c, steep_c * P_o, steep_c * P_c - p.dep)
    if regime in (INTERMEDIARY, DISCRIMINATING):
        steep_o = data_slope(now.new_o, po, p.x_o, p.r_o)
        steep_c = data_slope(now.new_c, pc, p.x_c, p.r_c)
        if regime == DISCRIMINATING:
            steep_o *= alone_slope(p.x_o, p.r_o, now.M_o)
            steep_c *= alone_slope(p.x_c, p.r_c, now.M_c)
        return Matrix(steep_o * oo - p.dep, steep_o * oc, steep_c * oc, steep_c * cc - p.dep)
    return Matrix(-p.dep, 0.0, 0.0, -p.dep)


@inline
def solve(a, y0, y1):
    """Solution x of a x = y with a 2 x 2 matrix a."""
    det = a.oo * a.cc - a.oc * a.co
    return (a.cc * y0 - a.oc * y1) / det, (a.oo * y1 - a.co * y0) / det


@inline
def growth(p, Ko, Kc, now):
    """K' of both kinds, new data less dep K; inside a step stocks may be below 0, and are driven back."""
    return now.new_o - p.dep * Ko, now.new_c - p.dep * Kc


@inline
def rosenbrock_step(p, regime, stay, Ko, Kc, now, h):
    """A step of length h from (Ko, Kc), given `instant` there.

    The Rosenbrock pair of orders 2 and 3 of Shampine and Reichelt (1997), L-stable; of order 2 whatever the Jacobian.
    """
    o1, c1 = growth(p, Ko, Kc, now)
    a, b, c, d = jacobian(p, regime, stay, max(Ko, 0.0), max(Kc, 0.0), now)
    share = h * max(abs(a) + abs(b), abs(c) + abs(d))
    left = Matrix(1.0 - h * GAMMA * a, -h * GAMMA * b, -h * GAMMA * c, 1.0 - h * GAMMA * d)
    ko1, kc1 = solve(left, o1, c1)
    mido, midc = Ko + 0.5 * h * ko1, Kc + 0.5 * h * kc1
    o2, c2 = growth(p, mido, midc, instant(p, regime, stay, max(mido, 0.0), max(midc, 0.0)))
    ko2, kc2 = solve(left, o2 - ko1, c2 - kc1)
    ko2, kc2 = ko2 + ko1, kc2 + kc1
    newo, newc = Ko + h * ko2, Kc + h * kc2
    then = instant(p, regime, stay, max(newo, 0.0), max(newc, 0.0))
    o3, c3 = growth(p, newo, newc, then)
    ko3, kc3 = solve(
        left,
        o3 - E32 * (ko2 - o2) - 2.0 * (ko1 - o1),
        c3 - E32 * (kc2 - c2) - 2.0 * (kc1 - c1),
    )
    error_o, error_c = h / 6.0 * abs(ko1 - 2.0 * ko2 + ko3), h / 6.0 * abs(kc1 - 2.0 * kc2 + kc3)
    return Step(newo, newc, error_o, error_c, then, share)


@kernel
def integrate(markets, start, times, rtol, atol, K, exits, peaks):
    """Integrate the stocks of n markets (n, 11) in continuous time: K (2, n, t), its first column the start.

    exits (n,) = when innovators left, or inf; peaks (2, n) = the greatest precision at any step, and when that was.
    Steps are those of `rosenbrock_step`, their size for every market its own. The best price can jump between two
    maxima: no step is shortened below a share of the time scale, where only such a jump leaves an error. Innovators
    leave once their stock, having been above, falls to `start.leave`: the step is shortened until it ends there.
    Returns the first market that took too many steps, as its price jumps to and fro all the time, or -1.
    Only `leave` and `regime` of the start count: every market has its own stocks.
    """
    leave, regime = start.leave, start.regime
    for i in range(markets.shape[0]):
        p = market_of(markets[i])
        t, Ko, Kc, stay = times[0], K[0, i, 0], K[1, i, 0], 1.0
        exits[i] = np.inf
        h, steps = 0.01 * (times[-1] - times[0]), 0
        now = instant(p, regime, stay, Ko, Kc)
        peaks[0, i], peaks[1, i] = now.phi, t
        for j in range(1, times.size):
            while t < times[j]:
                steps += 1
                if steps > STEPS:
                    return i
                step = min(h, times[j] - t)
                tried = rosenbrock_step(p, regime, stay, Ko, Kc, now, step)
                newo, newc = tried.K_o, tried.K_c
                error = max(tried.error_o / (atol + rtol * abs(newo)), tried.error_c / (atol + rtol * abs(newc)))
                if not (error <= 1.0 or tried.share <= SHORT):
                    h = step * (max(0.2, 0.9 * price_power(1.0 / error, 1.0 / 3.0)) if error < 1e6 else 0.2)
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
                    h = step * min(5.0, 0.9 * price_power(1.0 / max(error, 1e-4), 1.0 / 3.0))
                Ko, Kc, now = newo, newc, tried.then
                if now.phi > peaks[0, i]:
                    peaks[0, i], peaks[1, i] = now.phi, t
                if crossing:
                    stay, exits[i] = 0.0, t
                    now = instant(p, regime, stay, max(Ko, 0.0), max(Kc, 0.0))
            K[0, i, j], K[1, i, j] = Ko, Kc
    return -1
