"""AI volume and welfare of the supply shock's static market, for many economies (MODEL 5.1).

The AI volume is the fixed point D = v M(B(D)), v the volume per adopter and M the mass of adopters. It is sought as the
root B of B = beta ln(1 + eta v M(B)), which has the better scale: B is bounded where v is not.
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics import search
from ..numerics.elementary import exp, log, log1p
from ..numerics.special import front, log_beta, share_below
from .economy import (
    ADOPTION,
    AI,
    AVAILABLE,
    COST,
    EXIT,
    EXPONENT,
    HUMAN,
    OUTSIDE,
    QUALITY,
    RATE,
    SHAPE_A,
    SHAPE_B,
    SIZE,
    WEIGHT,
    adopter_volume,
    ai_profit,
)
from .segment_sums import boundary, free_sales, pattern, sales, segment_sums, side_of_adopters, with_adopters
from .segments import OPTIONS, STEPS, segmentation

(
    LOWER, UPPER, EXIT_SHARE, AI_SHARE, HUMAN_SHARE, VOLUME, POLLUTION, PROFITS, SURPLUS, WELFARE, WELFARE_SLOPE,
    MAP_SLOPE, PATTERN,
) = range(13)  # fmt: skip
RESULTS = 13
"""Columns of a market's results. PATTERN: the options in order of skill, as digits option + 1 of base 4."""

STEEP = 1e-10
"""Relative residual of a fixed point from which on its volume is taken from its pollution."""


@inline
def adopter_mass(p, B, c0, log_norm, cut, option):
    """Mass M of adopters and dM/dB, where humans face pollution B and adopters of skill 0 earn c0."""
    n = segmentation(p, B, c0, cut, option)
    total = 1.0 if option[n - 1] == AI else 0.0
    slope = 0.0
    for i in range(1, n):
        sign = side_of_adopters(option[i - 1], option[i])
        if sign != 0.0:
            edge = front(cut[i], p[SHAPE_A], p[SHAPE_B], log_norm)
            moves = boundary(option[i - 1], option[i], cut[i], p, B).by_pollution
            total += sign * share_below(cut[i], p[SHAPE_A], p[SHAPE_B], edge)
            slope += sign * edge / (cut[i] * (1.0 - cut[i])) * moves
    return max(total, 0.0), slope


@inline
def pollution_bound(p, volume):
    """Pollution that no fixed point exceeds: there everybody adopts, or nobody wants to."""
    T, qbar = p[SIZE], p[QUALITY]
    most = p[WEIGHT] * log1p(p[RATE] * volume)
    bearable = (T - p[COST]) * qbar - 2.0 * np.sqrt(T * qbar * (p[OUTSIDE] + p[ADOPTION]))
    return max(min(most, bearable), 0.0) if p[AVAILABLE] > 0.0 else 0.0


@inline
def least_fixed_point(p, volume, cells, log_norm, cut, option):
    """Least pollution B with B = beta ln(1 + eta v M(B)): the first change of sign on `cells` cells, then Newton's
    steps inside its bracket.
    """
    beta, eta = p[WEIGHT], p[RATE]
    top = pollution_bound(p, volume)
    low = 0.0
    high = top
    for j in range(1, cells):
        x = top * (j * j) / (cells * cells)  # first cells finer: fixed points may crowd near 0
        m, _ = adopter_mass(p, x, ai_profit(0.0, x, p), log_norm, cut, option)
        if x >= beta * log1p(eta * volume * m):
            high = x
            break
        low = x
    x = 0.5 * (low + high)
    last = high - low
    for _ in range(STEPS):
        m, slope = adopter_mass(p, x, ai_profit(0.0, x, p), log_norm, cut, option)
        f = x - beta * log1p(eta * volume * m)
        low, high = search.shrink(low, high, x, f < 0.0)
        step = -f / (1.0 - beta * eta * volume * slope / (1.0 + eta * volume * m))
        new = search.kept_between(x + step, low, high)
        size = abs(new - x)
        if search.has_converged(size, last, new):
            return new
        x, last = new, size
    return x


@inline
def called_volume(B, D, beta, eta):
    """AI volume at rest at pollution B: D, the volume of the adopters there, unless rounding of B decides it.

    Where adopters respond steeply, D at the nearest number to the root is far from the volume (e^(B / beta) - 1) / eta
    that pollutes by B, which is accurate.
    """
    if B > 0.0 and abs(beta * log1p(eta * D) - B) > STEEP * B:
        x = B / beta
        grown = exp(x)
        return (x if grown == 1.0 else (grown - 1.0) * (x / log(grown))) / eta  # Kahan's e^x - 1
    return D


@inline
def market_results(p, B, volume, log_norm, cut, option, ends, out):
    """Fill out (RESULTS,) with the market of the economy p at its pollution B; ends (2, 5) is scratch for moments."""
    beta, eta = p[WEIGHT], p[RATE]
    n = segmentation(p, B, ai_profit(0.0, B, p), cut, option)
    of_ai = sales(AI, 1.0, p, B)
    free = free_sales(p, B)
    of = segment_sums(p, B, free, n, cut, option, log_norm, ends)
    D = called_volume(B, volume * of.adopters, beta, eta)
    if volume * of.adopters != D:
        of = with_adopters(D / volume, of, p, free, of_ai.profit)
    steep = beta * eta / (1.0 + eta * D)
    D_c = volume * (of.mass_c - p[EXPONENT] * of.adopters / p[COST]) / (1.0 - volume * of.mass_B * steep)
    W_c = 1.5 * of_ai.by_cost * of.adopters + 0.5 * of.jump_c
    W_B = 1.5 * (of_ai.by_pollution * of.adopters + of.human_B) + 0.5 * of.jump_B - 1.0
    out[LOWER] = cut[1] if option[0] == EXIT else 0.0
    out[UPPER] = cut[n - 1] if option[n - 1] == HUMAN else 1.0
    out[EXIT_SHARE], out[AI_SHARE], out[HUMAN_SHARE] = of.exits, of.adopters, of.humans
    out[VOLUME] = D
    out[POLLUTION] = B
    out[PROFITS] = p[OUTSIDE] * of.exits + of_ai.profit * of.adopters - of.costs + of.human
    out[SURPLUS] = 0.5 * (of_ai.profit * of.adopters + of.human)
    out[WELFARE] = out[PROFITS] + out[SURPLUS] - B
    out[WELFARE_SLOPE] = W_c + W_B * steep * D_c
    out[MAP_SLOPE] = volume * of.mass_B * steep
    out[PATTERN] = pattern(n, option)


@kernel
def markets(p, cells, out):
    """Fill out (n, RESULTS) with the markets of the economies p (n, COLUMNS)."""
    cut = np.empty(OPTIONS + 1)
    option = np.empty(OPTIONS, np.int64)
    ends = np.empty((2, 5))
    for i in range(p.shape[0]):
        row = p[i]
        log_norm = log_beta(row[SHAPE_A], row[SHAPE_B])
        volume = adopter_volume(row)
        B = least_fixed_point(row, volume, cells, log_norm, cut, option)
        market_results(row, B, volume, log_norm, cut, option, ends, out[i])


@kernel
def volume_at_rest(B, D, beta, eta):
    """AI volume at the rest pollution B, D being that of the adopters there (see `called_volume`)."""
    return called_volume(B, D, beta, eta)


@kernel
def adopter_masses(p, B, out):
    """Fill out (n, 2) with the mass of adopters and its slope at pollutions B (n,), in the economy p (COLUMNS,)."""
    cut = np.empty(OPTIONS + 1)
    option = np.empty(OPTIONS, np.int64)
    log_norm = log_beta(p[SHAPE_A], p[SHAPE_B])
    for i in range(B.size):
        out[i, 0], out[i, 1] = adopter_mass(p, B[i], ai_profit(0.0, B[i], p), log_norm, cut, option)


@kernel
def adopter_bounds(p, low, high, out):
    """Fill out (n, 2) with bounds of the mass of adopters at pollutions in [low, high], each (n,).

    Pollution lowers every profit: a producer who adopts when it bears on adopters at its highest and on humans at its
    lowest adopts throughout, and the other way round.
    """
    cut = np.empty(OPTIONS + 1)
    option = np.empty(OPTIONS, np.int64)
    log_norm = log_beta(p[SHAPE_A], p[SHAPE_B])
    for i in range(low.size):
        out[i, 0], _ = adopter_mass(p, low[i], ai_profit(0.0, high[i], p), log_norm, cut, option)
        out[i, 1], _ = adopter_mass(p, high[i], ai_profit(0.0, low[i], p), log_norm, cut, option)


@kernel
def greatest_pollution(p):
    """Pollution that no fixed point of the economy p (COLUMNS,) exceeds."""
    return pollution_bound(p, adopter_volume(p))
