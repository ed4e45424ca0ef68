"""Functionals of the contaminated Gaussian pool (1 - rho) p + rho q, p = N(0, I_d), q = N(m, s2 I_d) (MODEL 1.1, 3.1).

The integrand depends on x only through its coordinate along m and its distance r from that axis, so in any dimension
there is a double integral, and a single one in dimension 1 or for a mean of 0. The integrals are trapezoid rules in
coordinates in which the integrand is analytic and decays doubly exponentially: x = c + w sinh(y) along the axis, with c
and w the centre and width of the narrower of p and q, and ln r = u - exp(-u) away from it. They converge geometrically
in the step, which is halved until two results agree. Where p and q are far apart no single centre serves both: the
integrand is divided between them in the proportion p : q, and each part has a rule of its own.
"""

from typing import Any

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.copies import copy
from ..numerics.elementary import TINY, exp, log, log1p
from ..numerics.special import mixture_loss
from ..numerics.sums import fold
from .gaussian_closed_forms import chi_square_divergence, chi_square_divergence_near, one_source
from .gaussian_rules import (
    Place,
    Ring,
    axis_rule,
    gap_of,
    gap_with,
    is_radial,
    node_at,
    node_of,
    pair_of,
    parts_of,
    place_at,
    reach_of,
    ring_at,
    ring_rule,
    share_of_part,
)

LANES = 64
FEWEST_STEPS = 8.0
HALVINGS = 6
LOWEST = -140.0  # log of the mass of a ring that adds nothing
LITTLE = 1e-5  # a loss or slope below which sums that cancel are replaced by sums that do not


@inline
def log_mixture(rho, lr):
    """Log of the pool's density over human content's, ln(1 - rho + rho e^lr), safe for any lr = ln(q / p)."""
    top = max(lr, 0.0)
    inside = (1.0 - rho) * exp(-top) + rho * exp(lr - top)
    return lr if rho == 1.0 else top + log(max(inside, TINY))


@inline
def terms(rho, weight, node, share):
    """Terms of loss, slope and information at a node; share = (own_p, own_q): 1 and 1 where there is a single rule."""
    p, q, lr = node
    own_p, own_q = share
    fall = exp(-abs(lr))
    under_p, under_q = fall if lr > 0.0 else 1.0, 1.0 if lr > 0.0 else fall
    weight *= (own_p * under_p + own_q * under_q) / (under_p + under_q)
    pool = max((1.0 - rho) * under_p + rho * under_q, TINY)
    ln_g = max(lr, 0.0) + log(pool)
    gap = gap_with(lr, fall)
    # (q - p)^2 and the pool, each in units of the larger of p and q: nothing overflows or cancels
    info = weight * (q if lr > 0.0 else p) * (gap * gap) / pool
    return weight * ((1.0 - rho) * p + rho * q) * ln_g, weight * (q - p) * ln_g, info


@inner
def all_rings(pair, rings):
    """Every ring of a rule: r2, log_p, log_q as rows of (3, count)."""
    found = np.empty((3, rings.count))
    for row in range(rings.count):
        ring = ring_at(row, rings, pair)
        found[0, row], found[1, row], found[2, row] = ring.r2, ring.log_p, ring.log_q
    return found


@inner
def all_places(axis, pair, steps):
    """Every place of a rule along the axis, up to whole LANES: weight and what a `Place` holds, in rows (5, count)."""
    count = (2 * axis.steps + LANES) // LANES * LANES  # 2 steps + 1, rounded up
    found = np.empty((5, count))
    for i in range(count):
        place = place_at((i - axis.steps) / steps, axis.at_q, pair)
        found[0, i] = 1.0 / steps if i <= 2 * axis.steps else 0.0
        found[1, i], found[2, i], found[3, i], found[4, i] = place
    return found


@inner
def add_ring(rho, pair, ring, places, share, sums):
    """Add the terms of a ring's nodes to sums (3, LANES)."""
    weight, stretch, squares, fall_p, fall_q = places[0], places[1], places[2], places[3], places[4]
    loss, slope, info = sums[0], sums[1], sums[2]
    for start in range(0, weight.size, LANES):
        for i in range(LANES):
            j = start + i
            node = node_of(Place(stretch[j], squares[j], fall_p[j], fall_q[j]), pair, ring)
            a, b, c = terms(rho, weight[j], node, share)
            loss[i] += a
            slope[i] += b
            info[i] += c


@inner
def radial_sums(rho, pair, rings, out):
    """Sums of a rule without an axis, over its rings in turn, whose terms are computed side by side."""
    room = np.empty((3, LANES))
    a, b, c = room[0], room[1], room[2]
    loss = slope = info = 0.0
    for start in range(0, rings.shape[1], LANES):
        n = min(LANES, rings.shape[1] - start)
        r2, log_p, log_q = rings[0, start : start + n], rings[1, start : start + n], rings[2, start : start + n]
        for i in range(n):
            node = node_of(Place(1.0, 0.0, 0.0, 0.0), pair, Ring(r2[i], log_p[i], log_q[i]))
            a[i], b[i], c[i] = terms(rho, 1.0, node, (1.0, 1.0))
        for i in range(n):
            loss += a[i]
            slope += b[i]
            info += c[i]
    out[0], out[1], out[2] = loss, slope, info


@inner
def gaussian_trapezoid(rho, m, s2, d, steps, out):
    """Compute the functionals of `gaussian_functionals`, 0 < rho < 1, by one rule with `steps` steps a unit length.

    Rings whose masses are below e^LOWEST times the square of the rarer source's share are passed over: what they would
    add is lost in the rounding of any sum that counts.
    """
    pair = pair_of(m, s2, d)
    reach = reach_of(rho)
    rings = all_rings(pair, ring_rule(pair, steps, reach))
    if is_radial(pair):
        radial_sums(rho, pair, rings, out)
        return
    sums, parts = np.zeros((3, LANES)), parts_of(pair)
    least = LOWEST + 2.0 * log(min(rho, 1.0 - rho)) + pair.log_s - abs(pair.log_s)
    for part in range(parts):
        axis = axis_rule(part, parts, pair, steps, reach)
        places = all_places(axis, pair, steps)
        share = (1.0 if parts == 1 or part == 0 else 0.0, 1.0 if parts == 1 or part == 1 else 0.0)
        for row in range(rings.shape[1]):
            ring = Ring(rings[0, row], rings[1, row], rings[2, row])
            if max(ring.log_p, ring.log_q) + axis.steps / steps > least:
                add_ring(rho, pair, ring, places, share, sums)
    for k in range(3):
        out[k] = fold(sums[k])


@inline
def relative_excess(rho, lr):
    """t = g - 1 = rho (q / p - 1) without cancellation, g the pool's density over human content's."""
    gap = rho * gap_of(lr)
    return gap * exp(lr) if lr > 0.0 else -gap


@inner
def small_trapezoid(rho, m, s2, d, steps, out):
    """Loss and slope of `gaussian_functionals` to rounding relative to themselves, by one rule, however small they are.

    KL(pool || p) = int p ((1 + t) ln(1 + t) - t), t = pool / p - 1, and its slope int (q - p) ln(1 + t): no term is
    negative, and none is a difference of nearly equal numbers.
    """
    pair = pair_of(m, s2, d)
    reach = reach_of(rho)
    parts = parts_of(pair)
    rings = ring_rule(pair, steps, reach)
    loss = np.zeros(LANES)
    slope = np.zeros(LANES)
    for part in range(parts):
        at_q, n_y = axis_rule(part, parts, pair, steps, reach)
        step = 1.0 if is_radial(pair) else 1.0 / steps
        for row in range(rings.count):
            ring = ring_at(row, rings, pair)
            for i in range(-n_y, n_y + 1):
                p, q, lr = node_at(i / steps, at_q, pair, ring)
                own = step * share_of_part(part, parts, lr)
                t = relative_excess(rho, lr)
                ln_g = log1p(t) if abs(t) < 0.5 else log_mixture(rho, lr)
                more = (q if lr > 0.0 else -p) * gap_of(lr)  # q - p
                term = p * mixture_loss(t) if abs(t) < 0.5 else ((1.0 - rho) * p + rho * q) * ln_g - rho * more
                loss[i % LANES] += own * term
                slope[i % LANES] += own * more * ln_g
    out[0] = fold(loss)
    out[1] = fold(slope)


@kernel
def small_functionals(rho, m, s2, d, out):
    """Write loss and slope by rules that agree to 1e-10 of themselves; returns as `gaussian_functionals` does."""
    before = np.empty(2)
    steps, gap = FEWEST_STEPS, np.inf
    for halving in range(HALVINGS + 1):
        small_trapezoid(rho, m, s2, d, steps, out)
        if halving > 0:
            gap = 0.0
            for k in range(2):
                gap = max(gap, abs(out[k] - before[k]) / max(1e-10 * out[k], TINY))
            if gap <= 1.0:
                return 0.0
        copy(out, before)
        steps *= 2.0
    out[:3] = np.nan
    return gap


@kernel
def large_functionals(rho, m, s2, d, out):
    """Write all three by rules that agree to 1e-11 of 1 or of the slope; returns as `gaussian_functionals` does."""
    if rho == 0.0 or rho == 1.0:
        out[0], out[1] = one_source(rho, m, s2, d)
        if rho == 1.0:  # in units of q, p has the variance 1 / s2
            out[2] = chi_square_divergence_near(m / np.sqrt(s2), 1.0 / s2, (1.0 - s2) / s2, d)
        else:
            out[2] = chi_square_divergence(m, s2, d)
        return 0.0
    before = np.empty(3)
    steps, gap = FEWEST_STEPS, np.inf
    for halving in range(HALVINGS + 1):
        gaussian_trapezoid(rho, m, s2, d, steps, out)
        if halving > 0:
            size = 1e-11 * (1.0 + abs(out[1]))
            gap = max(abs(out[0] - before[0]), abs(out[1] - before[1])) / size
            gap = max(gap, abs(out[2] - before[2]) / max(1e-10 * out[2], TINY))
            if gap <= 1.0:
                return 0.0
        copy(out, before)
        steps *= 2.0
    out[:3] = np.nan
    return gap


def gaussian_functionals(rho: float, m: float, s2: float, d: int, out: Any) -> float:
    """Collapse loss, its slope and the Fisher information of the pool with contamination rho.

    m is the norm of q's mean, s2 its variance per dimension. out[0] = KL(pool || p), out[1] = its derivative in rho =
    int (q - p) ln(pool / p), out[2] = I(rho) = int (q - p)^2 / pool (inf where it diverges). The first two are accurate
    to 1e-11 of 1 or of the slope, whichever is larger, and to 1e-9 of themselves, the last to 1e-10 of itself. Returns
    0; where no two successive rules agree to that, writes NaN and returns the difference of the last two in units of
    the tolerance. Small ones have a kernel of their own, which is compiled where there are any.
    """
    gap = large_functionals(rho, m, s2, d, out)
    little = 0.0 < rho < 1.0 and gap == 0.0 and min(out[0], out[1]) < LITTLE * (1.0 + abs(out[1]))
    return float(small_functionals(rho, m, s2, d, out) if little else gap)
