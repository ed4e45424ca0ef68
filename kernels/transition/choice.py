"""What a creator earns, loses and chooses by each option, at one skill and one pollution (MODEL 5.2).

An economy is (T, alpha, gamma, k0, k1, u0, beta, eta). A row of conditions is
(qbar, c_A, volume per adopter, tax, fee, hidden, label, grant, open): AI technology; tax and congestion fee per unit of
volume; share of pollution that human works still bear; cost of labelling an adopter's work; what re-skilling is paid;
1 where AI may be adopted.
"""

import numpy as np

from .._jit import inline
from ..numerics.elementary import exp, log
from ..supply_shock.economy import best_quality, pollution

QBAR, COST, VOLUME, TAX, FEE, HIDDEN, LABEL, GRANT, OPEN = range(9)
CONDITIONS = 9


@inline
def craft(s, B, top, T, alpha, gamma):
    """Profit of human work at skill s, its slope in s, and the share of its niche served, m = -d profit / dB.

    top = best_quality(B, T, gamma): more capacity than that is worth nothing.
    """
    q = min(alpha * s, top)
    margin = T * q - B - q * q / (2.0 * gamma)
    m = margin / (2.0 * T * q) if margin > 0.0 else 0.0
    slope = alpha * m * (T - q / gamma - T * m) if alpha * s < top else 0.0
    return T * q * m * m, slope, m


@inline
def machine(B, T, qbar, c_A):
    """Profit of AI work before the cost of adoption, and the share of its niche served."""
    margin = (T - c_A) * qbar - B
    m = margin / (2.0 * T * qbar) if margin > 0.0 else 0.0
    return T * qbar * m * m, m


@inline
def market(D, economy, row):
    """B, what of it human works bear, best quality, AI profit net of levies at skill 1, its gross, its share served."""
    T, _, gamma, k0, _, _, beta, eta = economy
    B = pollution(D, beta, eta)
    borne = row[HIDDEN] * B
    gross, m = machine(B, T, row[QBAR], row[COST])
    levy = (row[TAX] + row[FEE] * D) * row[VOLUME] + row[LABEL]
    return B, borne, best_quality(borne, T, gamma), gross - k0 - levy, gross, m


@inline
def logit(x, a, u, tau, free):
    """Probabilities of options worth x, a (where free > 0) and u, and their value tau ln sum exp(worth / tau)."""
    most = max(x, u)
    if free > 0.0:
        most = max(most, a)
    px = exp((x - most) / tau)
    pa = exp((a - most) / tau) if free > 0.0 else 0.0
    pu = exp((u - most) / tau)
    total = px + pa + pu
    return px / total, pa / total, pu / total, most + tau * log(total)


@inline
def settle(s, low, high):
    """Flow of the talent density's pull away from the walls: s' = c / s from 0, then (1 - s)' = c / (1 - s) from 1.

    low and high are 2 c times the time; the flows are exact however near the wall.
    """
    r = 1.0 - np.sqrt(s * s + low)
    return 1.0 - np.sqrt(r * r + high)
