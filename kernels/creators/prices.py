"""Prices that pay best at the moment, one for all creators or one for each kind, with or without reservation prices.

At a price P kind j supplies n_j = a_j (P - r_j)_+^{x_j} and data n_j P, each unit of which the buyer counts for M_j
(MODEL 4.2).
"""

import numpy as np

from .._jit import inline
from ..numerics.elementary import TINY, exp, log
from ..numerics.search import kept_inside, shrink

CELLS = 32
NEWTON = 60


@inline
def price_power(P, x):
    """P^x, with 0 at P = 0."""
    return exp(x * log(P)) if P >= TINY else 0.0


@inline
def supply(a, P, x, r):
    """Mass that a price calls forth, a (P - r)_+^x."""
    return a * price_power(P - r, x)


@inline
def myopic_price(ao, ac, xo, xc, mo, mc):
    """Price that maximises the profit of the moment, sum a_j P^{x_j + 1} (M_j - P); 0 where nobody supplies.

    Each kind alone would be paid (x_j + 1)/(x_j + 2) M_j; the best price lies between the two. There may be two local
    maxima: the best point of a grid is taken first, then Newton's method inside its cells.
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
def alone_price(x, r, M):
    """Best price for one kind alone: the greater root of (x + 2) P^2 - ((x + 1) M + 2 r) P + r M = 0; M where M <= r.

    At M <= r nobody comes at a price that pays.
    """
    if r == 0.0:
        return (x + 1.0) / (x + 2.0) * M
    if r >= M:
        return M
    b = (x + 1.0) * M + 2.0 * r
    return (b + np.sqrt(max(b * b - 4.0 * (x + 2.0) * r * M, 0.0))) / (2.0 * (x + 2.0))


@inline
def alone_slope(x, r, M):
    """d P / d M of `alone_price`."""
    if r == 0.0:
        return (x + 1.0) / (x + 2.0)
    if r >= M:
        return 1.0
    b = (x + 1.0) * M + 2.0 * r
    size = np.sqrt(max(b * b - 4.0 * (x + 2.0) * r * M, TINY))
    return (x + 1.0 + ((x + 1.0) * b - 2.0 * (x + 2.0) * r) / size) / (2.0 * (x + 2.0))


@inline
def profit(a, x, r, M, P):
    """Profit on data of one kind, their worth less their cost, a (P - r)_+^x P (M - P)."""
    return supply(a, P, x, r) * P * (M - P)


@inline
def profit_slopes(a, x, r, M, P):
    """First and second derivative of `profit` in P; 0 up to the reservation price."""
    u = P - r
    if u < TINY:
        return 0.0, 0.0
    scale, Q, turn = supply(a, P, x, r) / u, P * (M - P), M - 2.0 * P
    first = scale * (x * Q + u * turn)
    return first, scale / u * (x * (x - 1.0) * Q + 2.0 * x * u * turn - 2.0 * u * u)


@inline
def reserved_price(p, stay, mo, mc):
    """The best price for both kinds where one has a reservation price: between those that would suit either alone.

    Each kind's profit rises up to its own best price and falls from there. The best point of a grid comes first, then
    Newton's method inside its cells.
    """
    ao, ac = p.a_o * stay, p.a_c
    if ao + ac == 0.0:
        return 0.0
    one, two = alone_price(p.x_o, p.r_o, mo), alone_price(p.x_c, p.r_c, mc)
    one, two = one if ao > 0.0 else two, two if ac > 0.0 else one
    low, high = min(one, two), max(one, two)
    cell = (high - low) / CELLS
    best, most = 0, -np.inf
    for j in range(CELLS + 1):
        P = low + j * cell
        gain = profit(ao, p.x_o, p.r_o, mo, P) + profit(ac, p.x_c, p.r_c, mc, P)
        if gain > most:
            best, most = j, gain
    P, left, right = low + best * cell, max(low, low + (best - 1) * cell), min(high, low + (best + 1) * cell)
    for _ in range(NEWTON):
        so, bo = profit_slopes(ao, p.x_o, p.r_o, mo, P)
        sc, bc = profit_slopes(ac, p.x_c, p.r_c, mc, P)
        h, bend = so + sc, bo + bc
        if h == 0.0 or right - left <= 4e-15 * P:
            break
        left, right = shrink(left, right, P, h > 0.0)
        step = P - h / bend if bend < 0.0 else left
        last, P = P, kept_inside(step, left, right)
        if abs(P - last) <= 4e-15 * P:
            break
    return P


@inline
def price_derivatives(p, stay, mo, mc, P):
    """d P / d M_o and d P / d M_c of the best price for both kinds, from the condition that its derivative is 0."""
    ao, ac = p.a_o * stay, p.a_c
    if p.r_o == 0.0 and p.r_c == 0.0:
        po, pc = ao * price_power(P, p.x_o), ac * price_power(P, p.x_c)
        bend = po * (p.x_o + 1.0) * (p.x_o * mo / P - (p.x_o + 2.0))
        bend += pc * (p.x_c + 1.0) * (p.x_c * mc / P - (p.x_c + 2.0))
        do, dc = po * (p.x_o + 1.0), pc * (p.x_c + 1.0)
    else:
        bend = profit_slopes(ao, p.x_o, p.r_o, mo, P)[1] + profit_slopes(ac, p.x_c, p.r_c, mc, P)[1]
        do = data_slope(supply(ao, P, p.x_o, p.r_o) * P, P, p.x_o, p.r_o)
        dc = data_slope(supply(ac, P, p.x_c, p.r_c) * P, P, p.x_c, p.r_c)
    if bend >= 0.0:  # where two maxima meet
        return 0.0, 0.0
    return -do / bend, -dc / bend


@inline
def data_slope(new, P, x, r):
    """Derivative in P of new data a (P - r)_+^x P: new (1 / P + x / (P - r)); 0 where nobody comes."""
    if P - r < TINY:
        return 0.0
    return (x + 1.0) * new / P if r == 0.0 else new / P + x * new / (P - r)
