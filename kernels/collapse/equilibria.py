"""All rest points of the market's best-response map, for many parameter points (MODEL 1.4).

rho = 1 - E[h], h = clip(s + (phi nu m(rho) + levy - c) / (2 kappa)), c uniform on [-spread, spread], with
phi = phi_0 (1 - rho)^e and m(rho) = d/d rho KL(q_rho || p) for p = N(0, I_d), q = N(0, s2 I_d): either q is fixed at
s2 = delta, or at its own rest point s2 = delta (1 - rho) / (1 - rho delta).
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.search import Chord, false_position, illinois
from ..numerics.special import LN_2, LN_2PI, log_gamma_half
from ..numerics.sums import LANES, fold
from .gaussian_pool import REACH

ROOTS = 8
EVEN = 64
GRID = EVEN + 9
NODES = 4096
STEPS = 10.0
COLUMNS = 8
"""Columns of a parameter point: kappa, s (NaN: closed form), phi_0, e, spread, levy, delta, nu."""


@kernel
def nodes(s2, d, steps, top, a, b, gap):
    """Nodes of a trapezoid rule for int (q - p) f(q / p): a = e^-top, b = q / p e^-top, gap = (q - p) dx.

    Uses that the integrand depends on |x| only; the coordinates are those of `mixture`. Returns their number.
    """
    s = np.sqrt(s2)
    log_s = 0.5 * log(s2)
    narrow = min(1.0, s)
    wide = max(1.0, s)
    if d == 1:
        high = log(2.0 * REACH * wide / s + 2.0)
        count = min(int(high * steps) + 1, NODES)
        for i in range(count):
            e = exp(i / steps)
            z = 0.5 * (e - 1.0 / e)
            width = (0.5 if i == 0 else 1.0) * (e + 1.0 / e) * s / steps
            r2 = s2 * z * z
            p = width * exp(-0.5 * (r2 + LN_2PI))
            q = width * exp(-0.5 * (z * z + LN_2PI) - log_s)
            lr = 0.5 * (r2 - z * z) - log_s
            top[i] = max(lr, 0.0)
            a[i] = exp(-top[i])
            b[i] = exp(lr - top[i])
            gap[i] = q - p
        return count
    high = log(wide / narrow * (np.sqrt(float(d)) + REACH)) + 0.3
    body = np.sqrt(float(d)) - REACH
    low = log(body) if body > 2.0 else -log(4.0 + 40.0 / d)
    step = 1.0 / (1.5 * steps * max(1.0, np.sqrt(0.25 * d)))
    count = min(int((high - low) / step) + 2, NODES)
    log_norm = LN_2 * (1.0 - 0.5 * d) - log_gamma_half(d)
    for i in range(count):
        u = low + i * step
        fall = exp(-u)
        log_r = log(narrow) + u - fall
        r2 = exp(2.0 * log_r)
        log_width = log(step * (1.0 + fall))
        p = exp(log_norm + d * log_r - 0.5 * r2 + log_width)
        q = exp(log_norm + d * (log_r - log_s) - 0.5 * r2 / s2 + log_width)
        lr = 0.5 * r2 * (1.0 - 1.0 / s2) - d * log_s
        top[i] = max(lr, 0.0)
        a[i] = exp(-top[i])
        b[i] = exp(lr - top[i])
        gap[i] = q - p
    return count


@inline
def premium(rho, count, top, a, b, gap, lanes):
    """m(rho) = int (q - p) ln(q_rho / p)."""
    lanes[:] = 0.0
    for start in range(0, count, LANES):
        for i in range(min(LANES, count - start)):
            j = start + i
            lanes[i] += gap[j] * (top[j] + log(max((1.0 - rho) * a[j] + rho * b[j], 1e-300)))
    return fold(lanes)


@inline
def clip_mean(target, half):
    """E clip(target - u) over u uniform on [-half, half]."""
    if half == 0.0:
        return min(max(target, 0.0), 1.0)
    x = target + half
    y = target - half
    if y >= 1.0:
        return 1.0
    px = 0.0 if x <= 0.0 else (0.5 * x * x if x <= 1.0 else x - 0.5)
    py = 0.0 if y <= 0.0 else (0.5 * y * y if y <= 1.0 else y - 0.5)
    return (px - py) / (2.0 * half)


@inline
def residual(rho, point, d, rest, room, count, lanes):
    """BRmap(rho) - rho at a parameter point; rebuilds the nodes where q follows rho. Returns (residual, m, nodes)."""
    kappa, s, phi, e, spread, levy, delta, nu = point
    s2 = delta
    if rest:
        s2 = max(delta * (1.0 - rho) / (1.0 - rho * delta), 1e-12) if rho * delta < 1.0 else delta
        if phi > 0.0:
            count = nodes(s2, d, STEPS, room[0], room[1], room[2], room[3])
    m = 0.0
    if phi > 0.0:
        m = nu * premium(rho, count, room[0], room[1], room[2], room[3], lanes)
    if e > 0.0:
        phi *= exp(e * log(1.0 - rho)) if rho < 1.0 else 0.0
    if not s >= 0.0:
        s = min(1.0, 0.5 * d * (s2 - 1.0 - log(s2)) / (2.0 * kappa))
    half = 0.5 / kappa
    return 1.0 - clip_mean(s + (phi * m + levy) * half, spread * half) - rho, m, count


@kernel
def scan(points, d, rest, counts, roots, slopes):
    """Rest points of every row of points (n, COLUMNS): counts (n,), roots and slopes (n, ROOTS), NaN beyond.

    Sign changes of the residual on a grid that is finer towards 0 and 1 (1e-12 from it), polished to 1e-13; 0 and 1
    themselves where the residual vanishes there. A slope below 0 is a stable rest point. More than ROOTS are counted,
    not kept.
    """
    lanes = np.zeros(LANES)
    room = np.empty((4, NODES))
    grid = np.empty(GRID + 1)
    value = np.empty(GRID + 1)
    for i in range(EVEN):
        x = i / EVEN
        grid[i] = x * x * (3.0 - 2.0 * x)
    left = 1e-3
    for i in range(EVEN, GRID):  # eroding detection puts rest points at 1 - rho = (...)^(1 / (e - 1))
        left *= 0.1
        grid[i] = 1.0 - left
    grid[GRID] = 1.0
    held = np.nan
    count = 0
    for k in range(points.shape[0]):
        point = (
            points[k, 0], points[k, 1], points[k, 2], points[k, 3],
            points[k, 4], points[k, 5], points[k, 6], points[k, 7],
        )  # fmt: skip
        if not rest and point[6] != held:
            held = point[6]
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
                root = low
                chord = Chord(low, f_low, high, f_high)
                for _ in range(100):
                    root = false_position(chord)
                    f, _, count = residual(root, point, d, rest, room, count, lanes)
                    if f == 0.0 or abs(chord.x - chord.last) <= 1e-13:
                        break
                    moved = abs(root - chord.x)
                    chord = illinois(chord, root, f)
                    if moved <= 1e-13:
                        break
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
