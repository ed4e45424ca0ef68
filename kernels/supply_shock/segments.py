"""The supply shock's static market (MODEL 5.1): payoffs of the options, and who takes which at a given pollution.

Consumers theta ~ U[0, T] get theta q - p - B. A producer of quality q and unit cost C sets the niche-monopoly price.

With h(q) the human profit at quality q = alpha s, 4 T h'' falls and then rises in q, from above 0 where the market
opens to below 0 where h is greatest: h has one inflection, and h less the adopter's profit, linear in s, falls, rises
and falls again. The two profits cross three times at most, once on each of these pieces.
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import log1p
from ..numerics.search import has_converged, kept_between, shrink

COLUMNS = 15
"""An economy: the parameters of the model in their order."""
SHAPE_A, SHAPE_B, SIZE, WEIGHT, RATE, CAPACITY, EFFICIENCY, QUALITY, COST, REFERENCE, EXPONENT = range(11)
ADOPTION, SLOPE, OUTSIDE, AVAILABLE = range(11, 15)
EXIT, AI, HUMAN = 0, 1, 2
OPTIONS = 5
"""Intervals an economy can have: exit, and the four that three crossings make."""
STEPS = 100


@inline
def pollution_of(D, beta, eta):
    """B = beta ln(1 + eta D)."""
    return beta * log1p(eta * D)


@inline
def sale(q, C, B, T):
    """Profit (T q - B - C)^2 / (4 T q) of quality q at unit cost C; 0 where nobody would buy."""
    margin = T * q - B - C
    return margin * margin / (4.0 * T * q) if margin > 0.0 else 0.0


@inline
def best_quality(B, T, gamma):
    """Quality a human without a capacity would choose: the root of 3 q^2 / (2 gamma) = T q + B."""
    return gamma / 3.0 * (T + np.sqrt(T * T + 6.0 * B / gamma))


@inline
def human_quality(s, B, T, alpha, gamma):
    """Quality a human of skill s chooses: profit rises in q up to `best_quality`, capacity is alpha s."""
    return min(alpha * s, best_quality(B, T, gamma))


@inline
def human_profit(s, B, T, alpha, gamma):
    """Profit of a human at the quality of choice, at cost q^2 / (2 gamma)."""
    q = human_quality(s, B, T, alpha, gamma)
    return sale(q, q * q / (2.0 * gamma), B, T)


@inline
def ai_profit(s, B, T, qbar, c_A, k0, k1):
    """Profit of an adopter: quality qbar at cost c_A qbar, less k0 + k1 (1 - s)."""
    return sale(qbar, c_A * qbar, B, T) - (k0 + k1 * (1.0 - s))


@inline
def level(q, B, T, g):
    """(4 T h, 4 T h') at a quality q where the market is open; g = 1 / (2 gamma)."""
    r = B / q if q > 0.0 else 0.0
    u = T - r - q * g
    return q * u * u, u * (T + r - 3.0 * q * g)


@inline
def meeting(low, high, c0, c1, B, T, g):
    """Quality in [low, high] where 4 T h = c0 + c1 q, the two being of different order at the ends."""
    above = level(low, B, T, g)[0] > c0 + c1 * low
    x = 0.5 * (low + high)
    last = high - low
    for _ in range(STEPS):
        f, slope = level(x, B, T, g)
        f -= c0 + c1 * x
        low, high = shrink(low, high, x, (f > 0.0) == above)
        new = kept_between(x - f / (slope - c1), low, high)
        size = abs(new - x)
        if has_converged(size, last, x):
            return new
        x, last = new, size
    return x


@inline
def turning(low, high, c1, B, T, g):
    """Quality in [low, high] where 4 T h' = c1, the two being of different order at the ends."""
    above = level(low, B, T, g)[1] > c1
    x = 0.5 * (low + high)
    last = high - low
    for _ in range(STEPS):
        f = level(x, B, T, g)[1] - c1
        low, high = shrink(low, high, x, (f > 0.0) == above)
        r = B / x
        new = kept_between(x - f / (2.0 * r * r / x + (6.0 * x * g - 4.0 * T) * g), low, high)
        size = abs(new - x)
        if has_converged(size, last, x):
            return new
        x, last = new, size
    return x


@inline
def inflection(B, T, g):
    """Quality where first h'' = 0: Newton's steps on q^3 g (2 T - 3 q g) = B^2 from above."""
    q = np.sqrt(B / g)
    for _ in range(STEPS):
        step = (q * q * q * g * (2.0 * T - 3.0 * q * g) - B * B) / (6.0 * q * q * g * (T - 2.0 * q * g))
        if not step > 1e-9 * q:
            break
        q -= step
    return q


@inline
def opening(B, T, g):
    """Quality above which humans sell at pollution B; infinite where nobody buys."""
    square = T * T - 4.0 * B * g
    return 2.0 * B / (T + np.sqrt(square)) if square > 0.0 else np.inf


@inline
def entry(u0, opens, top, B, T, g):
    """Quality above which a human earns more than u0, sought up to top, where one does."""
    return meeting(opens, top, 4.0 * T * u0, 0.0, B, T, g) if u0 > 0.0 else opens


@inline
def divide(p, B, c0, cut, option):
    """Boundaries of the options in the economy p (COLUMNS,) at pollution B; adopters of skill 0 earn c0.

    option[i] is taken on [cut[i], cut[i + 1]], i < n; cut[0] = 0, cut[n] = 1; returns n. Exit comes first: every
    other payoff rises in skill. Ties go to exit, then to the human option.
    """
    T, alpha, u0, k1 = p[SIZE], p[CAPACITY], p[OUTSIDE], p[SLOPE]
    g = 0.5 / p[EFFICIENCY]
    top = human_quality(1.0, B, T, alpha, p[EFFICIENCY])
    opens = opening(B, T, g)
    best = level(top, B, T, g)[0] if opens < top else 0.0
    ai_in = min(max((u0 - c0) / k1, 0.0), 1.0) if p[AVAILABLE] > 0.0 else 1.0
    start = ai_in
    edge = min(alpha * ai_in, top)
    human = opens < edge and level(edge, B, T, g)[0] > 4.0 * T * u0
    if human:
        start = entry(u0, opens, edge, B, T, g) / alpha
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
    if not human and level(low, B, T, g)[0] >= d0 + d1 * low:  # at skill 0, where both begin
        human = True
        option[n] = HUMAN
    t1 = low
    t2 = top
    if human or best < d0 + d1 * top:  # else the profits cross once
        middle = min(inflection(B, T, g), top)
        if level(middle, B, T, g)[1] > d1:
            t1 = turning(opens, middle, d1, B, T, g) if level(opens, B, T, g)[1] < d1 else opens
            t2 = turning(middle, top, d1, B, T, g) if level(top, B, T, g)[1] < d1 else top
        else:
            t2 = low
    for piece in range(3):
        high = t1 if piece == 0 else (t2 if piece == 1 else top)
        if high <= low:
            continue
        if (level(high, B, T, g)[0] >= d0 + d1 * high) != human:
            human = not human
            n += 1
            cut[n] = meeting(low, high, d0, d1, B, T, g) / alpha
            option[n] = HUMAN if human else AI
        low = high
    if human and best < 4.0 * T * (c0 + k1):
        n += 1
        cut[n] = (best / (4.0 * T) - c0) / k1
        option[n] = AI
    cut[n + 1] = 1.0
    return n + 1


@kernel
def burdens(D, beta, eta, out):
    """Fill out (n,) with the pollution at AI volumes D (n,)."""
    for i in range(D.size):
        out[i] = pollution_of(D[i], beta, eta)


@kernel
def sales(q, C, B, T, out):
    """Fill out (n,) with the profit of qualities q at unit costs C and pollutions B, each (n,)."""
    for i in range(q.size):
        out[i] = sale(q[i], C[i], B[i], T)


@kernel
def payoffs(p, s, B, out):
    """Fill out (n, 4) for the economy p (COLUMNS,): at skills s and pollutions B (n,) the quality a human would choose
    without a capacity, the one chosen with it, the human profit, and an adopter's, whether or not AI is there.
    """
    T, alpha, gamma = p[SIZE], p[CAPACITY], p[EFFICIENCY]
    for i in range(s.size):
        out[i, 0] = best_quality(B[i], T, gamma)
        out[i, 1] = human_quality(s[i], B[i], T, alpha, gamma)
        out[i, 2] = human_profit(s[i], B[i], T, alpha, gamma)
        out[i, 3] = ai_profit(s[i], B[i], T, p[QUALITY], p[COST], p[ADOPTION], p[SLOPE])
