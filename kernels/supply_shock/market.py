"""AI volume and welfare of the supply shock's static market, for many economies (MODEL 5.1).

The AI volume is the fixed point D = v M(B(D)), M the mass of adopters. It is sought as the root B of
B = beta ln(1 + eta v M(B)), which has the better scale: B is bounded where v is not.
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log, log1p
from ..numerics.search import has_converged, kept_between, shrink
from ..numerics.special import front, log_beta, moments_below, share_below
from .segments import (
    ADOPTION,
    AI,
    AVAILABLE,
    CAPACITY,
    COST,
    EFFICIENCY,
    EXIT,
    EXPONENT,
    HUMAN,
    OPTIONS,
    OUTSIDE,
    QUALITY,
    RATE,
    REFERENCE,
    SHAPE_A,
    SHAPE_B,
    SIZE,
    SLOPE,
    STEPS,
    WEIGHT,
    ai_profit,
    best_quality,
    divide,
    human_quality,
    level,
    sale,
)

(
    LOWER, UPPER, EXIT_SHARE, AI_SHARE, HUMAN_SHARE, VOLUME, POLLUTION, PROFITS, SURPLUS, WELFARE, WELFARE_SLOPE,
    MAP_SLOPE, PATTERN,
) = range(13)  # fmt: skip
RESULTS = 13
"""What is reported of an economy. PATTERN: its options in order of skill, as digits option + 1 of base 4."""


@inline
def gross(option, s, p, B):
    """Sales profit G of an option at skill s, and what moves its payoff: (G, d/ds, d/dB, d/dc_A)."""
    T, alpha, gamma, qbar, c_A = p[SIZE], p[CAPACITY], p[EFFICIENCY], p[QUALITY], p[COST]
    if option == AI:
        share = max(T * qbar - B - c_A * qbar, 0.0) / (2.0 * T)
        return sale(qbar, c_A * qbar, B, T), p[SLOPE], -share / qbar, -share
    if option == HUMAN:
        q = human_quality(s, B, T, alpha, gamma)
        value, rise = level(q, B, T, 0.5 / gamma)
        loss = (T - B / q - q / (2.0 * gamma)) / (2.0 * T) if q > 0.0 else 0.5
        slope = alpha * rise / (4.0 * T) if alpha * s < best_quality(B, T, gamma) else 0.0
        return value / (4.0 * T), slope, -loss, 0.0
    return 0.0, 0.0, 0.0, 0.0


@inline
def adopters_profit(p, B):
    """Profit of an adopter of skill 0 at pollution B."""
    return ai_profit(0.0, B, p[SIZE], p[QUALITY], p[COST], p[ADOPTION], p[SLOPE])


@inline
def boundary(left, right, z, p, B):
    """How the boundary z between two options moves, dz/dB and dz/dc_A, and the jump of G there, left less right."""
    g_left, s_left, b_left, c_left = gross(left, z, p, B)
    g_right, s_right, b_right, c_right = gross(right, z, p, B)
    steep = s_right - s_left
    if steep == 0.0:  # the market opens: human profit starts flat, from 0
        return 0.0, 0.0, g_left - g_right
    return (b_left - b_right) / steep, (c_left - c_right) / steep, g_left - g_right


@inline
def adopters(p, B, c0, log_norm, cut, option):
    """Mass of adopters, and its derivative in B, where humans face pollution B and adopters of skill 0 earn c0."""
    n = divide(p, B, c0, cut, option)
    total = 1.0 if option[n - 1] == AI else 0.0
    slope = 0.0
    for i in range(1, n):
        sign = 1.0 if option[i - 1] == AI else (-1.0 if option[i] == AI else 0.0)
        if sign != 0.0:
            edge = front(cut[i], p[SHAPE_A], p[SHAPE_B], log_norm)
            moves, _, _ = boundary(option[i - 1], option[i], cut[i], p, B)
            total += sign * share_below(cut[i], p[SHAPE_A], p[SHAPE_B], edge)
            slope += sign * edge / (cut[i] * (1.0 - cut[i])) * moves
    return max(total, 0.0), slope


@inline
def ceiling(p, volume):
    """A pollution that no fixed point exceeds: all adopt, or nobody wants to."""
    T, qbar = p[SIZE], p[QUALITY]
    most = p[WEIGHT] * log1p(p[RATE] * volume)
    bearable = (T - p[COST]) * qbar - 2.0 * np.sqrt(T * qbar * (p[OUTSIDE] + p[ADOPTION]))
    return max(min(most, bearable), 0.0) if p[AVAILABLE] > 0.0 else 0.0


@inline
def settle(p, volume, cells, log_norm, cut, option):
    """The least pollution B with B = beta ln(1 + eta v M(B)): the first change of sign on `cells` cells, polished by
    Newton's steps inside its bracket."""
    beta, eta = p[WEIGHT], p[RATE]
    top = ceiling(p, volume)
    low = 0.0
    high = top
    for j in range(1, cells):
        x = top * (j * j) / (cells * cells)  # first cells finer: fixed points may crowd near 0
        m, _ = adopters(p, x, adopters_profit(p, x), log_norm, cut, option)
        if x >= beta * log1p(eta * volume * m):
            high = x
            break
        low = x
    x = 0.5 * (low + high)
    last = high - low
    for _ in range(STEPS):
        m, slope = adopters(p, x, adopters_profit(p, x), log_norm, cut, option)
        f = x - beta * log1p(eta * volume * m)
        low, high = shrink(low, high, x, f < 0.0)
        step = -f / (1.0 - beta * eta * volume * slope / (1.0 + eta * volume * m))
        new = kept_between(x + step, low, high)
        size = abs(new - x)
        if has_converged(size, last, new):
            return new
        x, last = new, size
    return x


@inline
def aggregate(p, B, volume, log_norm, cut, option, ends, out):
    """Fill out (RESULTS,) for the economy p at its pollution B; ends (2, 5) is room for moments."""
    a, b, beta, eta = p[SHAPE_A], p[SHAPE_B], p[WEIGHT], p[RATE]
    T, alpha, gamma = p[SIZE], p[CAPACITY], p[EFFICIENCY]
    n = divide(p, B, adopters_profit(p, B), cut, option)
    skill_cost = p[ADOPTION] + p[SLOPE]
    sales, _, sales_B, sales_c = gross(AI, 1.0, p, B)
    free = best_quality(B, T, gamma)
    kink = free / alpha
    best = level(free, B, T, 0.5 / gamma)[0] / (4.0 * T)
    best_B = -(T - B / free - free / (2.0 * gamma)) / (2.0 * T)
    mass_B = mass_c = jump_B = jump_c = 0.0
    human = human_B = adoption = 0.0
    exits = ai = people = 0.0
    code = 0
    moments_below(0.0, a, b, 0.0, 0.0, ends[0])
    now = 0
    for i in range(n):
        code = 4 * code + option[i] + 1
        kinked = option[i] == HUMAN and cut[i] < kink < cut[i + 1]
        for part in range(2 if kinked else 1):
            z = kink if kinked and part == 0 else cut[i + 1]
            edge = front(z, a, b, log_norm)
            share = share_below(z, a, b, edge)
            old, new = ends[now], ends[1 - now]
            moments_below(z, a, b, edge, share, new)
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
            moves_B, moves_c, jump = boundary(option[i], option[i + 1], z, p, B)
            density = edge / (z * (1.0 - z))
            sign = 1.0 if option[i] == AI else (-1.0 if option[i + 1] == AI else 0.0)
            mass_B += sign * density * moves_B
            mass_c += sign * density * moves_c
            jump_B += density * jump * moves_B
            jump_c += density * jump * moves_c
    D = volume * ai
    steep = beta * eta / (1.0 + eta * D)
    D_c = volume * (mass_c - p[EXPONENT] * ai / p[COST]) / (1.0 - volume * mass_B * steep)
    W_c = 1.5 * sales_c * ai + 0.5 * jump_c
    W_B = 1.5 * (sales_B * ai + human_B) + 0.5 * jump_B - 1.0
    out[LOWER] = cut[1] if option[0] == EXIT else 0.0
    out[UPPER] = cut[n - 1] if option[n - 1] == HUMAN else 1.0
    out[EXIT_SHARE], out[AI_SHARE], out[HUMAN_SHARE] = exits, ai, people
    out[VOLUME] = D
    out[POLLUTION] = B
    out[PROFITS] = p[OUTSIDE] * exits + sales * ai - adoption + human
    out[SURPLUS] = 0.5 * (sales * ai + human)
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
        volume = exp(row[EXPONENT] * log(row[REFERENCE] / row[COST]))
        B = settle(row, volume, cells, log_norm, cut, option)
        aggregate(row, B, volume, log_norm, cut, option, ends, out[i])


@kernel
def responses(p, B, out):
    """Fill out (n, 2) with the mass of adopters of one economy p (COLUMNS,) at pollutions B (n,), and its slope."""
    cut = np.empty(OPTIONS + 1)
    option = np.empty(OPTIONS, np.int64)
    log_norm = log_beta(p[SHAPE_A], p[SHAPE_B])
    for i in range(B.size):
        out[i, 0], out[i, 1] = adopters(p, B[i], adopters_profit(p, B[i]), log_norm, cut, option)


@kernel
def enclosures(p, low, high, out):
    """Fill out (n, 2) with bounds of the mass of adopters at pollutions in [low, high], each (n,).

    Pollution lowers every profit: who adopts when it bears on adopters at its highest and on humans at its lowest
    adopts throughout, and the other way round.
    """
    cut = np.empty(OPTIONS + 1)
    option = np.empty(OPTIONS, np.int64)
    log_norm = log_beta(p[SHAPE_A], p[SHAPE_B])
    for i in range(low.size):
        out[i, 0], _ = adopters(p, low[i], adopters_profit(p, high[i]), log_norm, cut, option)
        out[i, 1], _ = adopters(p, high[i], adopters_profit(p, low[i]), log_norm, cut, option)


@kernel
def ceiling_of(p):
    """`ceiling` and the volume per adopter of one economy, for Python."""
    volume = exp(p[EXPONENT] * log(p[REFERENCE] / p[COST]))
    return ceiling(p, volume), volume


@kernel
def intervals(p, B, cut, option):
    """`divide` for Python."""
    return divide(p, B, adopters_profit(p, B), cut, option)
