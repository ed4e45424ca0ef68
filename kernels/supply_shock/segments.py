"""Segments of the static market at a given pollution: which option a producer of each skill takes (MODEL 5.1).

Let h(q) be the human profit at quality q = alpha s. As q grows, 4 T h'' falls and then rises, from above 0 where the
market opens to below 0 where h is greatest. So h has one inflection, and h less the adopter's profit, which is linear
in s, falls, rises and falls again: the two profits cross at most three times, at most once on each of these pieces.
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics import search
from .economy import (
    AI,
    AVAILABLE,
    CAPACITY,
    EFFICIENCY,
    EXIT,
    HUMAN,
    OUTSIDE,
    SIZE,
    SLOPE,
    ai_profit,
    human_quality,
)

OPTIONS = 5
"""Most intervals of an economy: exit, and the four that three crossings make."""
STEPS = 100


@inline
def scaled_profit(q, B, T, g):
    """Human profit and its slope, (4 T h, 4 T h'), at a quality q where the market is open; g = 1/(2 gamma)."""
    r = B / q if q > 0.0 else 0.0
    u = T - r - q * g
    return q * u * u, u * (T + r - 3.0 * q * g)


@inline
def crossing(low, high, c0, c1, B, T, g):
    """Quality in [low, high] where 4 T h = c0 + c1 q, the two being of different order at the ends."""
    above = scaled_profit(low, B, T, g)[0] > c0 + c1 * low
    x = 0.5 * (low + high)
    last = high - low
    for _ in range(STEPS):
        f, slope = scaled_profit(x, B, T, g)
        f -= c0 + c1 * x
        low, high = search.shrink(low, high, x, (f > 0.0) == above)
        new = search.kept_between(x - f / (slope - c1), low, high)
        size = abs(new - x)
        if search.has_converged(size, last, x):
            return new
        x, last = new, size
    return x


@inline
def tangency(low, high, c1, B, T, g):
    """Quality in [low, high] where 4 T h' = c1, the two being of different order at the ends."""
    above = scaled_profit(low, B, T, g)[1] > c1
    x = 0.5 * (low + high)
    last = high - low
    for _ in range(STEPS):
        f = scaled_profit(x, B, T, g)[1] - c1
        low, high = search.shrink(low, high, x, (f > 0.0) == above)
        r = B / x
        new = search.kept_between(x - f / (2.0 * r * r / x + (6.0 * x * g - 4.0 * T) * g), low, high)
        size = abs(new - x)
        if search.has_converged(size, last, x):
            return new
        x, last = new, size
    return x


@inline
def inflection(B, T, g):
    """Quality of the first root of h'' = 0, by Newton's steps on q^3 g (2 T - 3 q g) = B^2 from above."""
    q = np.sqrt(B / g)
    for _ in range(STEPS):
        step = (q * q * q * g * (2.0 * T - 3.0 * q * g) - B * B) / (6.0 * q * q * g * (T - 2.0 * q * g))
        if not step > 1e-9 * q:
            break
        q -= step
    return q


@inline
def least_quality(B, T, g):
    """Quality above which a human finds buyers at pollution B; infinite where nobody buys."""
    square = T * T - 4.0 * B * g
    return 2.0 * B / (T + np.sqrt(square)) if square > 0.0 else np.inf


@inline
def entry_quality(u0, opens, top, B, T, g):
    """Quality above which a human earns more than u0, sought from where the market opens up to top, where one does."""
    return crossing(opens, top, 4.0 * T * u0, 0.0, B, T, g) if u0 > 0.0 else opens


@inline
def segmentation(p, B, c0, cut, option):
    """Boundaries of the segments in the economy p (COLUMNS,) at pollution B, where adopters of skill 0 earn c0.

    option[i] is taken on [cut[i], cut[i + 1]], i < n; cut[0] = 0, cut[n] = 1; returns n. Exit comes first, as every
    other payoff rises in skill. Ties go to exit, then to human work.
    """
    T, alpha, u0, k1 = p[SIZE], p[CAPACITY], p[OUTSIDE], p[SLOPE]
    g = 0.5 / p[EFFICIENCY]
    top = human_quality(1.0, B, T, alpha, p[EFFICIENCY])
    opens = least_quality(B, T, g)
    best = scaled_profit(top, B, T, g)[0] if opens < top else 0.0
    ai_in = min(max((u0 - c0) / k1, 0.0), 1.0) if p[AVAILABLE] > 0.0 else 1.0
    start = ai_in
    edge = min(alpha * ai_in, top)
    human = opens < edge and scaled_profit(edge, B, T, g)[0] > 4.0 * T * u0
    if human:
        start = entry_quality(u0, opens, edge, B, T, g) / alpha
    n = 0
    cut[0] = 0.0
    if start > 0.0:
        option[0] = EXIT
        n = 1
        cut[1] = start
    if start >= 1.0:
        return n
    option[n] = HUMAN if human else AI
    if ai_in >= 1.0 or best <= 4.0 * T * u0:
        cut[n + 1] = 1.0
        return n + 1
    d0, d1 = 4.0 * T * c0, 4.0 * T * k1 / alpha
    low = min(max(opens, alpha * start), top)
    if not human and scaled_profit(low, B, T, g)[0] >= d0 + d1 * low:  # at skill 0, where both begin
        human = True
        option[n] = HUMAN
    t1 = low
    t2 = top
    if human or best < d0 + d1 * top:  # else the profits cross once
        middle = min(inflection(B, T, g), top)
        if scaled_profit(middle, B, T, g)[1] > d1:
            t1 = tangency(opens, middle, d1, B, T, g) if scaled_profit(opens, B, T, g)[1] < d1 else opens
            t2 = tangency(middle, top, d1, B, T, g) if scaled_profit(top, B, T, g)[1] < d1 else top
        else:
            t2 = low
    for piece in range(3):
        high = t1 if piece == 0 else (t2 if piece == 1 else top)
        if high <= low:
            continue
        if (scaled_profit(high, B, T, g)[0] >= d0 + d1 * high) != human:
            human = not human
            n += 1
            cut[n] = crossing(low, high, d0, d1, B, T, g) / alpha
            option[n] = HUMAN if human else AI
        low = high
    if human and best < 4.0 * T * (c0 + k1):
        n += 1
        cut[n] = (best / (4.0 * T) - c0) / k1
        option[n] = AI
    cut[n + 1] = 1.0
    return n + 1


@kernel
def segments(p, B, cut, option):
    """Fill cut (OPTIONS + 1,) and option (OPTIONS,) with the segments of the economy p (COLUMNS,) at pollution B."""
    return segmentation(p, B, ai_profit(0.0, B, p), cut, option)
