"""Rules for integrals over two Gaussians N(0, I_d) and N(m, s2 I_d): nodes on rings about an axis (MODEL 1.1).

The coordinates are those of `gaussian_pool`: sinh(y) along the axis, ln r = u - e^-u away from it.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import TINY, exp, log
from ..numerics.special import LN_2, LN_2PI, log_gamma_half

REACH = 13.0  # standard deviations kept on each side: the mass beyond is below 1e-37
APART = 20.0  # distance of the centres, in widths of the wider one, beyond which each has its own rule


class Pair(NamedTuple):
    """Human content p = N(0, I_d) and synthetic content q at distance m with variance s2 = s^2 per dimension."""

    m: float
    s: float
    s2: float
    d: int
    log_s: float


class Axis(NamedTuple):
    """Rule along the axis: whether it is centred at q (else at p), and its steps on each side of the centre."""

    at_q: bool
    steps: int


class Rings(NamedTuple):
    """Rule away from the axis, ln r = ln(narrower width) + u - e^-u, for k degrees of freedom of r."""

    k: int
    count: int
    first: float
    step: float
    log_norm: float


class Ring(NamedTuple):
    """One ring about the axis: its squared radius, and the logs of its mass under p and under q."""

    r2: float
    log_p: float
    log_q: float


class Place(NamedTuple):
    """One place along the axis: its width, and what it adds to the exponents of a node.

    squares = x^2 - z^2 with z = (x - m) / s; what the logs of the masses under p and q fall by.
    """

    stretch: float
    squares: float
    fall_p: float
    fall_q: float


class Node(NamedTuple):
    """One node of a rule: masses under p and q, and the log ratio ln(q / p)."""

    p: float
    q: float
    lr: float


@inline
def gap_with(lr, fall):
    """Relative gap |q - p| / max(p, q) = 1 - fall, fall = e^-|lr|, without cancellation."""
    y = abs(lr)
    near = y * (1.0 - y / 2.0 * (1.0 - y / 3.0 * (1.0 - y / 4.0 * (1.0 - y / 5.0 * (1.0 - y / 6.0)))))
    return near if y < 0.02 else 1.0 - fall


@inline
def gap_of(lr):
    """Relative gap |q - p| / max(p, q) of a log ratio."""
    return gap_with(lr, exp(-abs(lr)))


@kernel
def reach_of(rho):
    """Standard deviations that a rule keeps: more for a tiny rho, as q / p may exceed 1 / rho far out."""
    return REACH if rho >= 1e-16 else np.sqrt(REACH * REACH - 2.0 * log(max(rho, TINY)))


@inline
def pair_of(m, s2, d):
    """Describe p = N(0, I_d) and q = N(m, s2 I_d)."""
    return Pair(m, np.sqrt(s2), s2, d, 0.5 * log(s2))


@inline
def parts_of(pair):
    """Number of rules: 1, or 2 where p and q are so far apart that each needs its own."""
    return 2 if pair.m > APART * max(1.0, pair.s) else 1


@inline
def share_of_part(part, parts, lr):
    """Share of the integrand at a node with lr = ln(q / p) that one of the rules takes: two divide it as p : q."""
    if parts == 1:
        return 1.0
    top = max(lr, 0.0)
    return exp((lr if part == 1 else 0.0) - top) / (exp(-top) + exp(lr - top))


@inline
def is_radial(pair):
    """Tell whether the integrand depends on |x| alone, so that the axis needs no rule."""
    return pair.m == 0.0 and pair.d > 1


@inline
def axis_rule(part, parts, pair, steps, reach):
    """Rule along the axis for one of the parts, `steps` steps a unit; no steps where all is radial."""
    m, s = pair.m, pair.s
    at_q = s <= 1.0 if parts == 1 else part == 1
    own = s if at_q else 1.0
    far = reach * max(1.0, s) + m if parts == 1 else reach * own
    n = int(log(2.0 * far / own + 2.0) * steps) + 1
    return Axis(at_q, 0 if is_radial(pair) else n)


@inline
def ring_rule(pair, steps, reach):
    """Rule away from the axis, `steps` steps a unit; a single ring of radius 0 where there is nothing but the axis."""
    k = pair.d if is_radial(pair) else pair.d - 1
    if k == 0:
        return Rings(0, 1, 0.0, 1.0, 0.0)
    high = log(max(1.0, pair.s) / min(1.0, pair.s) * (np.sqrt(float(k)) + reach)) + 0.3
    body = np.sqrt(float(k)) - reach
    low = log(body) if body > 2.0 else -log(4.0 + 40.0 / k)
    step = 1.0 / (steps * max(1.0, np.sqrt(0.25 * k)))
    return Rings(k, int((high - low) / step) + 2, low, step, LN_2 * (1.0 - 0.5 * k) - log_gamma_half(k))


@inline
def ring_at(row, rings, pair):
    """Ring number `row` of a rule."""
    if rings.k == 0:
        return Ring(0.0, 0.0, 0.0)
    u = rings.first + row * rings.step
    fall = exp(-u)
    log_r = min(pair.log_s, 0.0) + u - fall
    r2 = exp(2.0 * log_r)
    log_width = log(rings.step * (1.0 + fall)) + rings.log_norm
    log_p = log_width + rings.k * log_r - 0.5 * r2
    return Ring(r2, log_p, log_width + rings.k * (log_r - pair.log_s) - 0.5 * r2 / pair.s2)


@inline
def place_at(y, at_q, pair):
    """Place at step y along the axis."""
    m, s, s2 = pair.m, pair.s, pair.s2
    flat = is_radial(pair)
    e = exp(y)
    t = 0.5 * (e - 1.0 / e)
    stretch = 0.5 * (e + 1.0 / e) * (s if at_q else 1.0)
    x = m + s * t if at_q else t
    z = t if at_q else (t - m) / s
    apart = (m + (s2 - 1.0) / (s + 1.0) * t) / (1.0 if at_q else s)  # x - z, which cancels where s is near 1
    fall_p = 0.0 if flat else 0.5 * (x * x + LN_2PI)
    fall_q = 0.0 if flat else 0.5 * (z * z + LN_2PI) + pair.log_s
    return Place(1.0 if flat else stretch, apart * (x + z), fall_p, fall_q)


@inline
def node_of(place, pair, ring):
    """Node of a ring at a place of the axis."""
    lr = 0.5 * (place.squares + ring.r2 * ((pair.s2 - 1.0) / pair.s2)) - pair.d * pair.log_s
    return Node(place.stretch * exp(ring.log_p - place.fall_p), place.stretch * exp(ring.log_q - place.fall_q), lr)


@inline
def node_at(y, at_q, pair, ring):
    """Node at step y along the axis of a ring, its masses per unit of y."""
    return node_of(place_at(y, at_q, pair), pair, ring)
