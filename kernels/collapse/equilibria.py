"""All equilibria of the market's best-response map, for many economies at once (MODEL 1.4).

rho = 1 - E[h], h = clip(s + (phi nu m(rho) + levy - c) / (2 kappa)), c uniform on [-spread, spread], with
phi = phi_0 (1 - rho)^e and m(rho) = d/d rho KL(q_rho || p) for p = N(0, I_d), q = N(0, s2 I_d): either q is held at
s2 = delta, or it is at its own rest point s2 = delta (1 - rho) / (1 - rho delta).
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.elementary import TINY, exp, log
from ..numerics.search import Chord, false_position, illinois
from ..numerics.special import LN_2, LN_2PI, log_gamma_half
from ..numerics.sums import LANES, fold
from .gaussian_rules import REACH
from .response import gaussian_subsidy, mean_share, rest_generator_variance

ROOTS = 8
EVEN = 64
GRID = EVEN + 9
NODES = 4096
STEPS = 10.0
COLUMNS = 8


class TableRow(NamedTuple):
    """One economy, a row of `scan`'s table; a subsidy s of NaN stands for the closed form."""

    kappa: float
    s: float
    phi: float
    e: float
    spread: float
    levy: float
    delta: float
    nu: float


class Residual(NamedTuple):
    """BRmap(rho) - rho, the premium m(rho) times nu, and the number of nodes of the rule that gave it."""

    value: float
    premium: float
    count: int


@inline
def whole_rows(count):
    """Least multiple of the numbers in a register that is not below count: a loop over so many has no slow end."""
    return (count + 7) // 8 * 8


@inner
def exponentiate(x):
    """Put e^x in the place of x (n,)."""
    for i in range(x.size):
        x[i] = exp(x[i])


@inner
def complete(top, a, b, gap):
    """Nodes of `nodes`, as many as top has, of ln(q / p) in top and p dx, q dx in a, b."""
    count = top.size
    for i in range(count):
        lr = top[i]
        gap[i], top[i] = b[i] - a[i], max(lr, 0.0)
        a[i], b[i] = -top[i], lr - top[i]
    exponentiate(a[:count])
    exponentiate(b[:count])


@inner
def line_nodes(s2, steps, top, a, b, gap):
    """Nodes of `nodes` on the line, d = 1, as many as top has.

    An exponential a loop: the constants of all five in one would not find room in the registers, and storing them once
    a call took most of its time.
    """
    count = top.size
    log_s, s = 0.5 * log(s2), np.sqrt(s2)
    for i in range(count):
        top[i] = i / steps
    exponentiate(top)
    for i in range(count):
        e = top[i]
        z = 0.5 * (e - 1.0 / e)
        gap[i] = (0.5 if i == 0 else 1.0) * (e + 1.0 / e) * s / steps  # width
        r2 = s2 * z * z
        a[i], b[i] = -0.5 * (r2 + LN_2PI), -0.5 * (z * z + LN_2PI) - log_s
        top[i] = 0.5 * (r2 - z * z) - log_s
    exponentiate(a[:count])
    exponentiate(b[:count])
    for i in range(count):
        a[i], b[i] = gap[i] * a[i], gap[i] * b[i]
    complete(top, a, b, gap)


@inner
def ring_nodes(s2, d, low, step, top, a, b, gap):
    """Nodes of `nodes` about the origin, d > 1, as many as top has, the first at `low`; loops as in `line_nodes`."""
    count = top.size
    log_s, log_narrow = 0.5 * log(s2), log(min(1.0, np.sqrt(s2)))
    log_norm = LN_2 * (1.0 - 0.5 * d) - log_gamma_half(d)
    for i in range(count):
        top[i] = -(low + i * step)
    exponentiate(top)
    for i in range(count):
        fall, u = top[i], low + i * step
        b[i] = log_narrow + u - fall  # ln r
        a[i] = 2.0 * b[i]
        gap[i] = step * (1.0 + fall)  # width
    exponentiate(a[:count])
    for i in range(count):
        gap[i] = log(gap[i])
    for i in range(count):
        r2, log_r, log_width = a[i], b[i], gap[i]
        a[i] = log_norm + d * log_r - 0.5 * r2 + log_width
        b[i] = log_norm + d * (log_r - log_s) - 0.5 * r2 / s2 + log_width
        top[i] = 0.5 * r2 * (1.0 - 1.0 / s2) - d * log_s
    exponentiate(a[:count])
    exponentiate(b[:count])
    complete(top, a, b, gap)


@kernel
def nodes(s2, d, steps, top, a, b, gap):
    """Nodes of a trapezoid rule for int (q - p) f(q / p) dx; returns their number.

    a = e^-top, b = q / p e^-top, gap = (q - p) dx, with top = max(ln(q / p), 0). The integrand depends on |x| alone;
    the coordinates are those of `gaussian_pool`.
    """
    s = np.sqrt(s2)
    narrow = min(1.0, s)
    wide = max(1.0, s)
    if d == 1:
        high = log(2.0 * REACH * wide / s + 2.0)
        count = min(int(high * steps) + 1, NODES)
        line_nodes(s2, steps, top[: whole_rows(count)], a, b, gap)
        return count
    high = log(wide / narrow * (np.sqrt(float(d)) + REACH)) + 0.3
    body = np.sqrt(float(d)) - REACH
    low = log(body) if body > 2.0 else -log(4.0 + 40.0 / d)
    step = 1.0 / (1.5 * steps * max(1.0, np.sqrt(0.25 * d)))
    count = min(int((high - low) / step) + 2, NODES)
    ring_nodes(s2, d, low, step, top[: whole_rows(count)], a, b, gap)
    return count


@inline
def premium(rho, count, top, a, b, gap, lanes):
    """Marginal divergence m(rho) = d/d rho KL(q_rho || p) = int (q - p) ln(q_rho / p), from the nodes of `nodes`."""
    lanes[:] = 0.0
    for start in range(0, count, LANES):
        for i in range(min(LANES, count - start)):
            j = start + i
            lanes[i] += gap[j] * (top[j] + log(max((1.0 - rho) * a[j] + rho * b[j], TINY)))
    return fold(lanes)


@inline
def residual(rho, point, d, rest, room, count, lanes):
    """Residual BRmap(rho) - rho of an economy `point`, from the `count` nodes in `room` (4, NODES).

    With the generator at rest the nodes follow rho and are computed anew.
    """
    kappa, s, phi, e, spread, levy, delta, nu = point
    s2 = delta
    if rest:
        s2 = rest_generator_variance(rho, delta)
        if phi > 0.0:
            count = nodes(s2, d, STEPS, room[0], room[1], room[2], room[3])
    m = 0.0
    if phi > 0.0:
        m = nu * premium(rho, count, room[0], room[1], room[2], room[3], lanes)
    if e > 0.0:
        phi *= exp(e * log(1.0 - rho)) if rho < 1.0 else 0.0
    if not s >= 0.0:
        s = gaussian_subsidy(s2, d, kappa)
    half = 0.5 / kappa
    return Residual(1.0 - mean_share(s + (phi * m + levy) * half, spread * half) - rho, m, count)


@inline
def illinois_root(chord, point, d, rest, room, count, lanes):
    """Root of the residual to 1e-13 between the points of a chord, by false position (Illinois); and `count`."""
    root = chord.last
    for _ in range(100):
        root = false_position(chord)
        f, _, count = residual(root, point, d, rest, room, count, lanes)
        if f == 0.0 or abs(chord.x - chord.last) <= 1e-13:
            break
        moved = abs(root - chord.x)
        chord = illinois(chord, root, f)
        if moved <= 1e-13:
            break
    return root, count


@inline
def contamination_grid(grid):
    """Contaminations between which roots are bracketed: finer towards 0 and 1, the last but one 1e-12 from 1."""
    for i in range(EVEN):
        x = i / EVEN
        grid[i] = x * x * (3.0 - 2.0 * x)
    left = 1e-3
    for i in range(EVEN, GRID):  # eroding detection puts equilibria at 1 - rho = (...)^(1 / (e - 1))
        left *= 0.1
        grid[i] = 1.0 - left
    grid[GRID] = 1.0


@kernel
def scan(points, d, rest, counts, roots, slopes):
    """Find the equilibria of every row of points (n, COLUMNS): counts (n,), roots and slopes (n, ROOTS), NaN beyond.

    They are sign changes of the residual on a grid, polished to 1e-13, and 0 and 1 themselves where the residual
    vanishes there. An equilibrium with a slope below 0 is stable. More than ROOTS are counted but not kept.
    """
    lanes = np.zeros(LANES)
    room = np.empty((4, NODES))
    grid = np.empty(GRID + 1)
    value = np.empty(GRID + 1)
    contamination_grid(grid)
    held = np.nan
    count = 0
    for k in range(points.shape[0]):
        point = TableRow(
            points[k, 0],
            points[k, 1],
            points[k, 2],
            points[k, 3],
            points[k, 4],
            points[k, 5],
            points[k, 6],
            points[k, 7],
        )
        if not rest and point.delta != held:
            held = point.delta
            count = nodes(held, d, STEPS, room[0], room[1], room[2], room[3])
        found = 0
        for i in range(GRID + 1):
            value[i], _, count = residual(grid[i], point, d, rest, room, count, lanes)
        for i in range(ROOTS):
            roots[k, i] = np.nan
            slopes[k, i] = np.nan
        for i in range(GRID):
            low, high, f_low, f_high = grid[i], grid[i + 1], value[i], value[i + 1]
            slope = (f_high - f_low) / (high - low)
            if f_low == 0.0:
                root = low
                if i > 0:
                    slope = (f_high - value[i - 1]) / (high - grid[i - 1])
            elif f_low * f_high < 0.0:
                chord = Chord(low, f_low, high, f_high)
                root, count = illinois_root(chord, point, d, rest, room, count, lanes)
            else:
                continue
            if found < ROOTS:
                roots[k, found] = root
                slopes[k, found] = slope
            found += 1
        if value[GRID] == 0.0:
            if found < ROOTS:
                roots[k, found] = 1.0
                slopes[k, found] = (value[GRID] - value[GRID - 1]) / (1.0 - grid[GRID - 1])
            found += 1
        counts[k] = found
