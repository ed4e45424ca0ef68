"""An economy of the static supply shock, and what a producer earns in it by each option (MODEL 5.1).

Consumers theta ~ U[0, T] get theta q - p - B from content of quality q at price p and pollution B. A producer of
quality q and unit cost C sets the niche-monopoly price and earns (T q - B - C)^2 / (4 T q).
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log, log1p

COLUMNS = 15
"""Columns of an economy: the parameters of the model, in their order."""
SHAPE_A, SHAPE_B, SIZE, WEIGHT, RATE, CAPACITY, EFFICIENCY, QUALITY, COST, REFERENCE, EXPONENT = range(11)
ADOPTION, SLOPE, OUTSIDE, AVAILABLE = range(11, 15)
EXIT, AI, HUMAN = 0, 1, 2


@inline
def pollution(D, beta, eta):
    """Pollution penalty B = beta ln(1 + eta D) of an AI volume D."""
    return beta * log1p(eta * D)


@inline
def adopter_volume(p):
    """Volume of AI content per adopter, (c_ref / c_A)^x."""
    return exp(p[EXPONENT] * log(p[REFERENCE] / p[COST]))


@inline
def sales_profit(q, C, B, T):
    """Profit (T q - B - C)^2 / (4 T q) of quality q at unit cost C; 0 where nobody would buy."""
    margin = T * q - B - C
    return margin * margin / (4.0 * T * q) if margin > 0.0 else 0.0


@inline
def best_quality(B, T, gamma):
    """Quality that a human without a capacity would choose: the root of 3 q^2 / (2 gamma) = T q + B."""
    return gamma / 3.0 * (T + np.sqrt(T * T + 6.0 * B / gamma))


@inline
def human_quality(s, B, T, alpha, gamma):
    """Quality min(alpha s, best_quality) that a human of skill s chooses: profit rises in q up to the best quality."""
    return min(alpha * s, best_quality(B, T, gamma))


@inline
def human_profit(s, B, T, alpha, gamma):
    """Profit of a human of skill s at the quality of choice q and its cost q^2 / (2 gamma)."""
    q = human_quality(s, B, T, alpha, gamma)
    return sales_profit(q, q * q / (2.0 * gamma), B, T)


@inline
def ai_profit(s, B, p):
    """Profit of an adopter of skill s: quality qbar at cost c_A qbar, less the adoption cost k0 + k1 (1 - s)."""
    T, qbar, c_A, k0, k1 = p[SIZE], p[QUALITY], p[COST], p[ADOPTION], p[SLOPE]
    return sales_profit(qbar, c_A * qbar, B, T) - (k0 + k1 * (1.0 - s))


@kernel
def pollution_penalties(D, beta, eta, out):
    """Fill out (n,) with the pollution penalties of the AI volumes D (n,)."""
    for i in range(D.size):
        out[i] = pollution(D[i], beta, eta)


@kernel
def sales_profits(q, C, B, T, out):
    """Fill out (n,) with the profits of qualities q at unit costs C and pollutions B, each (n,)."""
    for i in range(q.size):
        out[i] = sales_profit(q[i], C[i], B[i], T)


@kernel
def payoffs(p, s, B, out):
    """Fill out (n, 4) with the payoffs at skills s and pollutions B, each (n,), in the economy p (COLUMNS,).

    Columns: the quality that a human would choose without a capacity, the one chosen with it, the human's profit, and
    an adopter's, whether or not AI is available.
    """
    T, alpha, gamma = p[SIZE], p[CAPACITY], p[EFFICIENCY]
    for i in range(s.size):
        out[i, 0] = best_quality(B[i], T, gamma)
        out[i, 1] = human_quality(s[i], B[i], T, alpha, gamma)
        out[i, 2] = human_profit(s[i], B[i], T, alpha, gamma)
        out[i, 3] = ai_profit(s[i], B[i], p)


@kernel
def volume_per_adopter(p):
    """Volume of AI content per adopter in the economy p (COLUMNS,)."""
    return adopter_volume(p)
