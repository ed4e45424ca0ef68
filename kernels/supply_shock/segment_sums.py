"""Sums over the segments of the supply shock's static market: masses, profits, and their slopes (MODEL 5.1.2, 5.1.4).

Adopters and humans below their kink earn polynomials of skill, so that the moments of its Beta law give their profits.
"""

from typing import NamedTuple

from .._jit import inline
from ..numerics.special import front, moments_below, share_below
from .economy import (
    ADOPTION,
    AI,
    CAPACITY,
    COST,
    EFFICIENCY,
    EXIT,
    HUMAN,
    OUTSIDE,
    QUALITY,
    SHAPE_A,
    SHAPE_B,
    SIZE,
    SLOPE,
    best_quality,
    human_quality,
    sales_profit,
)
from .segments import scaled_profit


class Sales(NamedTuple):
    """Sales profit G of an option, and the derivatives of its payoff."""

    profit: float  # G, before the adoption cost
    by_skill: float  # d payoff / ds
    by_pollution: float  # d payoff / dB
    by_cost: float  # d payoff / dc_A


class FreeSales(NamedTuple):
    """Sales of humans at their best quality, which skill does not limit any more from the kink on."""

    kink: float  # skill z from which on the best quality is within reach
    profit: float  # G
    by_pollution: float  # dG/dB


class Boundary(NamedTuple):
    """Movements of the boundary z between two options, and the jump of sales profits there."""

    by_pollution: float  # dz/dB
    by_cost: float  # dz/dc_A
    jump: float  # G of the left option less G of the right one


class Segments(NamedTuple):
    """Sums over the segments of a market, and over the boundaries between them."""

    exits: float  # mass of each option
    adopters: float
    humans: float
    costs: float  # adopters' costs of adoption and of skill
    human: float  # sales profits of humans
    human_B: float  # d human / dB, boundaries apart
    mass_B: float  # dM/dB of the adopters
    mass_c: float  # dM/dc_A
    jump_B: float  # d profits / dB by the boundaries that move
    jump_c: float  # d profits / dc_A


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
        (below.by_pollution - above.by_pollution) / steep,
        (below.by_cost - above.by_cost) / steep,
        below.profit - above.profit,
    )


@inline
def side_of_adopters(left, right):
    """1 where the option left of a boundary is AI, -1 where the right one is, 0 where none is."""
    return 1.0 if left == AI else (-1.0 if right == AI else 0.0)


@inline
def free_sales(p, B):
    """Sales of humans at their best quality, which depends on pollution B alone."""
    T, gamma = p[SIZE], p[EFFICIENCY]
    q = best_quality(B, T, gamma)
    profit = scaled_profit(q, B, T, 0.5 / gamma)[0] / (4.0 * T)
    return FreeSales(q / p[CAPACITY], profit, -(T - B / q - q / (2.0 * gamma)) / (2.0 * T))


@inline
def bounded_sales(old, new, p, B):
    """Sales profits of humans whose skill bounds their quality, and their slope in B; from moments below both ends."""
    T, alpha, gamma = p[SIZE], p[CAPACITY], p[EFFICIENCY]
    mass = new[1] - old[1]
    inverse = B / alpha * (new[0] - old[0]) if B > 0.0 else 0.0
    m1 = alpha * (new[2] - old[2])
    m2 = alpha * alpha * (new[3] - old[3])
    m3 = alpha * alpha * alpha * (new[4] - old[4])
    if gamma * gamma < 1e-290:  # quality is at most about T gamma: divide before squares vanish
        profits = (
            T * T * m1
            + B * (m1 / gamma)
            + B * inverse
            + m3 / (2.0 * gamma) / (2.0 * gamma)
            - 2.0 * T * B * mass
            - T * (m2 / gamma)
        ) / (4.0 * T)
    else:
        profits = (
            (T * T + B / gamma) * m1 + B * inverse + m3 / (4.0 * gamma * gamma) - 2.0 * T * B * mass - T / gamma * m2
        ) / (4.0 * T)
    return profits, -(T * mass - inverse - m1 / (2.0 * gamma)) / (2.0 * T)


@inline
def segment_sums(p, B, free, n, cut, option, log_norm, ends):
    """Sums over the n segments of a market, from moments of skill below every cut and below the kink of humans."""
    a, b = p[SHAPE_A], p[SHAPE_B]
    skill_cost = p[ADOPTION] + p[SLOPE]
    exits = ai = people = costs = human = human_B = 0.0
    mass_B = mass_c = jump_B = jump_c = 0.0
    moments_below(0.0, a, b, log_norm, 0.0, 0.0, ends[0])
    now = 0
    for i in range(n):
        kinked = option[i] == HUMAN and cut[i] < free.kink < cut[i + 1]
        for part in range(2 if kinked else 1):
            z = free.kink if kinked and part == 0 else cut[i + 1]
            edge = front(z, a, b, log_norm)
            old, new = ends[now], ends[1 - now]
            moments_below(z, a, b, log_norm, edge, share_below(z, a, b, edge), new)
            mass = new[1] - old[1]
            if option[i] == EXIT:
                exits += mass
            elif option[i] == AI:
                ai += mass
                costs += skill_cost * mass - p[SLOPE] * (new[2] - old[2])
            else:
                people += mass
                if z <= free.kink:
                    profits, slope = bounded_sales(old, new, p, B)
                else:
                    profits, slope = free.profit * mass, free.by_pollution * mass
                human += profits
                human_B += slope
            now = 1 - now
        if i + 1 < n:
            moved = boundary(option[i], option[i + 1], z, p, B)
            density = edge / (z * (1.0 - z))
            sign = side_of_adopters(option[i], option[i + 1])
            mass_B += sign * density * moved.by_pollution
            mass_c += sign * density * moved.by_cost
            jump_B += density * moved.jump * moved.by_pollution
            jump_c += density * moved.jump * moved.by_cost
    return Segments(exits, ai, people, costs, human, human_B, mass_B, mass_c, jump_B, jump_c)


@inline
def with_adopters(ai, of, p, free, profit):
    """Segments with a mass `ai` of adopters, of a sales profit each: the rest take the option that pays the same."""
    rest = of.adopters - ai
    costs = of.costs - (of.costs / of.adopters * rest if of.adopters > 0.0 else 0.0)
    exits, humans, human, human_B = of.exits, of.humans, of.human, of.human_B
    pays = profit - p[ADOPTION]
    if abs(pays - p[OUTSIDE]) <= abs(pays - free.profit):
        exits = max(exits + rest, 0.0)
    else:
        humans = max(humans + rest, 0.0)
        human += free.profit * rest
        human_B += free.by_pollution * rest
    return Segments(exits, ai, humans, costs, human, human_B, of.mass_B, of.mass_c, of.jump_B, of.jump_c)


@inline
def pattern(n, option):
    """Return the n options in order of skill, as digits option + 1 of base 4."""
    code = 0
    for i in range(n):
        code = 4 * code + option[i] + 1
    return code
