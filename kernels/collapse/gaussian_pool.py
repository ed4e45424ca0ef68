"""Functionals of the contaminated Gaussian pool (1 - rho) p + rho q, p = N(0, I_d), q = N(m, s2 I_d) (MODEL 1.1, 3.1).

The integrand depends on x only through its coordinate along m and its distance r from that axis, so in any dimension
there is a double integral, and a single one in dimension 1 or for a mean of 0. The integrals are trapezoid rules in
coordinates in which the integrand is analytic and decays doubly exponentially: x = c + w sinh(y) along the axis, with c
and w the centre and width of the narrower of p and q, and ln r = u - exp(-u) away from it. They converge geometrically
in the step, which is halved until two results agree. Where p and q are far apart no single centre serves both: the
integrand is divided between them in the proportion p : q, and each part has a rule of its own.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.copies import copy
from ..numerics.elementary import exp, log, log1p
from ..numerics.special import LN_2, LN_2PI, log_gamma_half, mixture_loss
from ..numerics.sums import fold
from .gaussian_closed_forms import chi_square, chi_square_near, one_source

REACH = 13.0  # standard deviations kept on each side: the mass beyond is below 1e-37
APART = 20.0  # distance of the centres, in widths of the wider one, beyond which each has its own rule
LANES = 64
FEWEST_STEPS = 8.0
HALVINGS = 6
LITTLE = 1e-5  # a loss or slope below which sums that cancel are replaced by sums that do not


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


class Node(NamedTuple):
    """One node of a rule: masses under p and q, and the log ratio ln(q / p)."""

    p: float
    q: float
    lr: float


@inline
def log_mixture(rho, lr):
    """Log of the pool's density over human content's, ln(1 - rho + rho e^lr), safe for any lr = ln(q / p)."""
    top = max(lr, 0.0)
    inside = (1.0 - rho) * exp(-top) + rho * exp(lr - top)
    return lr if rho == 1.0 else top + log(max(inside, 1e-300))


@inline
def gap_of(lr):
    """Relative gap |q - p| / max(p, q) = 1 - e^-|lr|, without cancellation."""
    y = abs(lr)
    near = y * (1.0 - y / 2.0 * (1.0 - y / 3.0 * (1.0 - y / 4.0 * (1.0 - y / 5.0 * (1.0 - y / 6.0)))))
    return near if y < 0.02 else 1.0 - exp(-y)


@kernel
def reach_of(rho):
    """Standard deviations that a rule keeps: more for a tiny rho, as q / p may exceed 1 / rho far out."""
    return REACH if rho >= 1e-16 else np.sqrt(REACH * REACH - 2.0 * log(max(rho, 1e-300)))


@inline
def pair_of(m, s2, d):
    """Describe p = N(0, I_d) and q = N(m, s2 I_d)."""
    return Pair(m, np.sqrt(s2), s2, d, 0.5 * log(s2))


@inline
def parts_of(pair):
    """Number of rules: 1, or 2 where p and q are so far apart that each needs its own."""
    return 2 if pair.m > APART * max(1.0, pair.s) else 1


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
def node_at(y, at_q, pair, ring):
    """Node at step y along the axis of a ring, its masses per unit of y."""
    m, s, s2 = pair.m, pair.s, pair.s2
    flat = is_radial(pair)
    e = exp(y)
    t = 0.5 * (e - 1.0 / e)
    stretch = 0.5 * (e + 1.0 / e) * (s if at_q else 1.0)
    x = m + s * t if at_q else t
    z = t if at_q else (t - m) / s
    apart = (m + (s2 - 1.0) / (s + 1.0) * t) / (1.0 if at_q else s)  # x - z, which cancels where s is near 1
    lr = 0.5 * (apart * (x + z) + ring.r2 * ((s2 - 1.0) / s2)) - pair.d * pair.log_s
    log_p = ring.log_p - (0.0 if flat else 0.5 * (x * x + LN_2PI))
    log_q = ring.log_q - (0.0 if flat else 0.5 * (z * z + LN_2PI) + pair.log_s)
    stretch = 1.0 if flat else stretch
    return Node(stretch * exp(log_p), stretch * exp(log_q), lr)


@inner
def gaussian_trapezoid(rho, m, s2, d, steps, out):
    """Compute the functionals of `gaussian_functionals`, 0 < rho < 1, by one rule with `steps` steps a unit length."""
    pair = pair_of(m, s2, d)
    reach = reach_of(rho)
    parts = parts_of(pair)
    rings = ring_rule(pair, steps, reach)
    flat = is_radial(pair)
    loss = np.zeros(LANES)
    slope = np.zeros(LANES)
    info = np.zeros(LANES)
    for part in range(parts):
        at_q, n_y = axis_rule(part, parts, pair, steps, reach)
        step = 1.0 if flat else 1.0 / steps
        own_p = 1.0 if parts == 1 or part == 0 else 0.0
        own_q = 1.0 if parts == 1 or part == 1 else 0.0
        for row in range(rings.count):
            ring = ring_at(row, rings, pair)
            for start in range(-n_y, n_y + 1, LANES):
                for i in range(LANES):
                    inside = step if start + i <= n_y else 0.0
                    y = (start + i) / steps
                    p, q, lr = node_at(y, at_q, pair, ring)
                    top = max(lr, 0.0)
                    under_p = exp(-top)
                    under_q = exp(lr - top)
                    inside *= (own_p * under_p + own_q * under_q) / (under_p + under_q)
                    pool = max((1.0 - rho) * under_p + rho * under_q, 1e-300)
                    ln_g = top + log(pool)
                    gap = gap_of(lr)
                    loss[i] += inside * ((1.0 - rho) * p + rho * q) * ln_g
                    slope[i] += inside * (q - p) * ln_g
                    # (q - p)^2 and the pool, each in units of the larger of p and q: nothing overflows or cancels
                    info[i] += inside * (q if lr > 0.0 else p) * (gap * gap) / pool
    out[0] = fold(loss)
    out[1] = fold(slope)
    out[2] = fold(info)


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
                own = step
                if parts == 2:
                    top = max(lr, 0.0)
                    own *= exp((lr if part == 1 else 0.0) - top) / (exp(-top) + exp(lr - top))
                t = relative_excess(rho, lr)
                ln_g = log1p(t) if abs(t) < 0.5 else log_mixture(rho, lr)
                more = (q if lr > 0.0 else -p) * gap_of(lr)  # q - p
                term = p * mixture_loss(t) if abs(t) < 0.5 else ((1.0 - rho) * p + rho * q) * ln_g - rho * more
                loss[i % LANES] += own * term
                slope[i % LANES] += own * more * ln_g
    out[0] = fold(loss)
    out[1] = fold(slope)


@inner
def small_functionals(rho, m, s2, d, out):
    """Write loss and slope by rules that agree to 1e-10 of themselves; returns as `gaussian_functionals` does."""
    before = np.empty(2)
    steps = FEWEST_STEPS
    small_trapezoid(rho, m, s2, d, steps, before)
    gap = np.inf
    for _ in range(HALVINGS):
        steps *= 2.0
        small_trapezoid(rho, m, s2, d, steps, out)
        gap = 0.0
        for k in range(2):
            gap = max(gap, abs(out[k] - before[k]) / max(1e-10 * out[k], 1e-300))
        if gap <= 1.0:
            return 0.0
        copy(out, before)
    out[:3] = np.nan
    return gap


@kernel
def gaussian_functionals(rho, m, s2, d, out):
    """Collapse loss, its slope and the Fisher information of the pool with contamination rho.

    m is the norm of q's mean, s2 its variance per dimension. out[0] = KL(pool || p), out[1] = its derivative in rho =
    int (q - p) ln(pool / p), out[2] = I(rho) = int (q - p)^2 / pool (inf where it diverges). The first two are accurate
    to 1e-11 of 1 or of the slope, whichever is larger, and to 1e-9 of themselves, the last to 1e-10 of itself. Returns
    0; where no two successive rules agree to that, writes NaN and returns the difference of the last two in units of
    the tolerance.
    """
    if rho == 0.0 or rho == 1.0:
        out[0], out[1] = one_source(rho, m, s2, d)
        out[2] = chi_square_near(m / np.sqrt(s2), 1.0 / s2, (1.0 - s2) / s2, d) if rho == 1.0 else chi_square(m, s2, d)
        return 0.0
    before = np.empty(3)
    steps = FEWEST_STEPS
    gaussian_trapezoid(rho, m, s2, d, steps, before)
    gap = np.inf
    for _ in range(HALVINGS):
        steps *= 2.0
        gaussian_trapezoid(rho, m, s2, d, steps, out)
        size = 1e-11 * (1.0 + abs(out[1]))
        gap = max(abs(out[0] - before[0]), abs(out[1] - before[1])) / size
        gap = max(gap, abs(out[2] - before[2]) / max(1e-10 * out[2], 1e-300))
        if gap <= 1.0:
            little = min(out[0], out[1]) < LITTLE * (1.0 + abs(out[1]))
            return small_functionals(rho, m, s2, d, out) if little else 0.0
        copy(out, before)
    out[:3] = np.nan
    return gap
