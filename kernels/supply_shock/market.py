"""AI volume and welfare of the supply shock's static market, for many economies (MODEL 5.1).

The AI volume is the fixed point D = v M(B(D)), v the volume per adopter and M the mass of adopters. It is sought as the
root B of B = beta ln(1 + eta v M(B)), which has the better scale: B is bounded where v is not.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics import search
from ..numerics.elementary import exp, log, log1p
from ..numerics.special import front, log_beta, moments_below, share_below
from .economy import (
    ADOPTION,
    AI,
    AVAILABLE,
    CAPACITY,
    COST,
    EFFICIENCY,
    EXIT,
    EXPONENT,
    HUMAN,
    OUTSIDE,
    QUALITY,
    RATE,
    SHAPE_A,
    SHAPE_B,
    SIZE,
    SLOPE,
    WEIGHT,
    adopter_volume,
    ai_profit,
    best_quality,
    human_quality,
    sales_profit,
)
from .segments import OPTIONS, STEPS, scaled_profit, segmentation

(
    LOWER, UPPER, EXIT_SHARE, AI_SHARE, HUMAN_SHARE, VOLUME, POLLUTION, PROFITS, SURPLUS, WELFARE, WELFARE_SLOPE,
    MAP_SLOPE, PATTERN,
) = range(13)  # fmt: skip
RESULTS = 13
"""Columns of a market's results. PATTERN: the options in order of skill, as digits option + 1 of base 4."""

STEEP = 1e-10
"""Relative residual of a fixed point from which on its volume is taken from its pollution."""


class Sales(NamedTuple):
    """Sales profit G of an option, and the derivatives of its payoff."""

    profit: float  # G, before the adoption cost
    by_skill: float  # d payoff / ds
    by_pollution: float  # d payoff / dB
    by_cost: float  # d payoff / dc_A


class Boundary(NamedTuple):
    """Movements of the boundary z between two options, and the jump of sales profits there."""

    by_pollution: float  # dz/dB
    by_cost: float  # dz/dc_A
    jump: float  # G of the left option less G of the right one


@inline
def sales(option, s, p, B):
    """Sales profit of an option at skill s and pollution B in the economy p, with the derivatives of its payoff."""
    T, alpha, gamma, qbar, c_A = p[SIZE], p[CAPACITY], p[EFFICIENCY], p[QUALITY], p[COST]
    if option == AI:
        share = max(T * qbar - B - c_A * qbar, 0.0) / (2.0 * T)
        return Sales(sales_profit(qbar, c_A * qbar, B, T), p[SLOPE], -share / qbar, -share)
    if option == HUMAN:
        q = human_quality(s, B, T, alpha, gamma)
        value, rise = scaled_profit(q, B, T, 0.5 / gamma)
        loss = (T - B / q - q / (2.0 * gamma)) / (2.0 * T) if q > 0.0 else 0.5
        slope = alpha * rise / (4.0 * T) if alpha * s < best_quality(B, T, gamma) else 0.0
        return Sales(value / (4.0 * T), slope, -loss, 0.0)
    return Sales(0.0, 0.0, 0.0, 0.0)


@inline
def boundary(left, right, z, p, B):
    """Movements of the boundary z between the options left and right of it, by implicit differentiation."""
    below, above = sales(left, z, p, B), sales(right, z, p, B)
    steep = above.by_skill - below.by_skill
    if steep == 0.0:  # the market opens: human profit starts flat, from 0
        return Boundary(0.0, 0.0, below.profit - above.profit)
    return Boundary(
        (below.by_pollution - above.by_pollution) / steep, (below.by_cost - above.by_cost) / steep,
        below.profit - above.profit,
    )  # fmt: skip


@inline
def adopter_mass(p, B, c0, log_norm, cut, option):
    """Mass M of adopters and dM/dB, where humans face pollution B and adopters of skill 0 earn c0."""
    n = segmentation(p, B, c0, cut, option)
    total = 1.0 if option[n - 1] == AI else 0.0
    slope = 0.0
    for i in range(1, n):
        sign = 1.0 if option[i - 1] == AI else (-1.0 if option[i] == AI else 0.0)
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
    a, b, beta, eta = p[SHAPE_A], p[SHAPE_B], p[WEIGHT], p[RATE]
    T, alpha, gamma = p[SIZE], p[CAPACITY], p[EFFICIENCY]
    n = segmentation(p, B, ai_profit(0.0, B, p), cut, option)
    skill_cost = p[ADOPTION] + p[SLOPE]
    of_ai = sales(AI, 1.0, p, B)
    free = best_quality(B, T, gamma)
    kink = free / alpha
    best = scaled_profit(free, B, T, 0.5 / gamma)[0] / (4.0 * T)
    best_B = -(T - B / free - free / (2.0 * gamma)) / (2.0 * T)
    mass_B = mass_c = jump_B = jump_c = 0.0
    human = human_B = adoption = 0.0
    exits = ai = people = 0.0
    code = 0
    moments_below(0.0, a, b, log_norm, 0.0, 0.0, ends[0])
    now = 0
    for i in range(n):
        code = 4 * code + option[i] + 1
        kinked = option[i] == HUMAN and cut[i] < kink < cut[i + 1]
        for part in range(2 if kinked else 1):
            z = kink if kinked and part == 0 else cut[i + 1]
            edge = front(z, a, b, log_norm)
            share = share_below(z, a, b, edge)
            old, new = ends[now], ends[1 - now]
            moments_below(z, a, b, log_norm, edge, share, new)
            mass = new[1] - old[1]
            if option[i] == EXIT:
                exits += mass
            elif option[i] == AI:
                ai += mass
                adoption += skill_cost * mass - p[SLOPE] * (new[2] - old[2])
            else:
                people += mass
                if z <= kink:
                    inverse = B / alpha * (new[0] - old[0]) if B > 0.0 else 0.0
                    m1 = alpha * (new[2] - old[2])
                    m2 = alpha * alpha * (new[3] - old[3])
                    m3 = alpha * alpha * alpha * (new[4] - old[4])
                    if gamma * gamma < 1e-290:  # quality is at most about T gamma: divide before squares vanish
                        human += (
                            T * T * m1 + B * (m1 / gamma) + B * inverse + m3 / (2.0 * gamma) / (2.0 * gamma)
                            - 2.0 * T * B * mass - T * (m2 / gamma)
                        ) / (4.0 * T)  # fmt: skip
                    else:
                        human += (
                            (T * T + B / gamma) * m1 + B * inverse + m3 / (4.0 * gamma * gamma) - 2.0 * T * B * mass
                            - T / gamma * m2
                        ) / (4.0 * T)  # fmt: skip
                    human_B -= (T * mass - inverse - m1 / (2.0 * gamma)) / (2.0 * T)
                else:
                    human += best * mass
                    human_B += best_B * mass
            now = 1 - now
        if i + 1 < n:
            moved = boundary(option[i], option[i + 1], z, p, B)
            density = edge / (z * (1.0 - z))
            sign = 1.0 if option[i] == AI else (-1.0 if option[i + 1] == AI else 0.0)
            mass_B += sign * density * moved.by_pollution
            mass_c += sign * density * moved.by_cost
            jump_B += density * moved.jump * moved.by_pollution
            jump_c += density * moved.jump * moved.by_cost
    D = called_volume(B, volume * ai, beta, eta)
    if volume * ai != D:  # the others are indifferent, and take the option that pays the same
        rest = ai - D / volume
        adoption -= adoption / ai * rest if ai > 0.0 else 0.0
        ai = D / volume
        pays = of_ai.profit - p[ADOPTION]
        if abs(pays - p[OUTSIDE]) <= abs(pays - best):
            exits = max(exits + rest, 0.0)
        else:
            people = max(people + rest, 0.0)
            human += best * rest
            human_B += best_B * rest
    steep = beta * eta / (1.0 + eta * D)
    D_c = volume * (mass_c - p[EXPONENT] * ai / p[COST]) / (1.0 - volume * mass_B * steep)
    W_c = 1.5 * of_ai.by_cost * ai + 0.5 * jump_c
    W_B = 1.5 * (of_ai.by_pollution * ai + human_B) + 0.5 * jump_B - 1.0
    out[LOWER] = cut[1] if option[0] == EXIT else 0.0
    out[UPPER] = cut[n - 1] if option[n - 1] == HUMAN else 1.0
    out[EXIT_SHARE], out[AI_SHARE], out[HUMAN_SHARE] = exits, ai, people
    out[VOLUME] = D
    out[POLLUTION] = B
    out[PROFITS] = p[OUTSIDE] * exits + of_ai.profit * ai - adoption + human
    out[SURPLUS] = 0.5 * (of_ai.profit * ai + human)
    out[WELFARE] = out[PROFITS] + out[SURPLUS] - B
    out[WELFARE_SLOPE] = W_c + W_B * steep * D_c
    out[MAP_SLOPE] = volume * mass_B * steep
    out[PATTERN] = code


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
