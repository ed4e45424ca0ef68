"""Exponentially fitted finite volumes for the collapse flow, implicit in time (MODEL 2).

Scharfetter & Gummel 1969, Chang & Cooper 1970. Masses mu_i of even cells with centres x_i. With T = 1 - rho and the
effective potential V = T U + rho (1-delta)(x - m)^2 / 2 + W * mu, the flux from i to i + 1 is

    J = (sigma / h^2) (T B(w) mu_i - T B(-w) mu_{i+1}),   w = (V_{i+1} - V_i) / T,   B(w) = w / (e^w - 1),

which vanishes at the discrete Gibbs density exp(-V/T). V is convex-split (Eyre 1998): x^2 and U enter
implicitly through their linear action, the concave -m^2 through the old mean. Each implicit step is then
linear, an M-matrix (positive, mass conserving), and lowers the free energy whatever its length.
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.sums import LANES, fold

TINY = 1e-300


@inline
def bernoulli(w):
    """w / (e^w - 1) for w >= 0; B(-w) = B(w) + w."""
    z = w * w
    tail = 3.3068783068783069e-5 - z * (8.2671957671957672e-7 - z * 2.0876756987868099e-8)
    series = 1.0 - 0.5 * w + z * (8.3333333333333333e-2 - z * (1.3888888888888889e-3 - z * tail))
    large = max(w, 0.25)
    return series if w < 0.25 else large / (exp(min(large, 700.0)) - 1.0)


@inline
def rates(scale, t, dv):
    """Jump rates to the right and to the left across a face with potential difference dv, times h^2 /
    sigma: `scale`.
    """
    size = abs(dv)
    with_slope = scale * t * bernoulli(size / max(t, TINY))
    against = with_slope if size <= 600.0 * t else 0.0
    down = against + scale * size
    return (against, down) if dv > 0.0 else (down, against)


@inline
def solve(right, left, factor, b):
    """b <- solution of (I + L) x = b, L the generator with rates right[i]: i -> i+1, left[i]: i+1 -> i.

    Elimination in which no subtraction occurs (Grassmann, Taksar & Heyman 1985): every entry keeps its relative
    accuracy and its sign, and mass is conserved to rounding, however long the step.
    """
    n = b.size
    s = 1.0  # pivot less its right rate
    for i in range(n - 1):
        pivot = s + right[i]
        factor[i] = pivot
        share = 1.0 / pivot
        b[i + 1] += right[i] * share * b[i]
        s = 1.0 + left[i] * (s * share)
    b[n - 1] /= s
    for i in range(n - 1):
        j = n - 2 - i
        b[j] = (b[j] + left[j] * b[j + 1]) / factor[j]


@inline
def mean_of(x, mu):
    """sum x_i mu_i in a fixed order."""
    lanes = np.zeros(LANES)
    for i in range(mu.size):
        lanes[i % LANES] += x[i] * mu[i]
    return fold(lanes)


@inline
def convolve(w, mu, out):
    """out = W * mu, w[k] = W at distance k cells; nothing where w is empty."""
    out[:] = 0.0
    if w.size == 0:
        return
    n = mu.size
    for j in range(n):
        mass = mu[j]
        for i in range(j):
            out[i] += w[j - i] * mass
        for i in range(j, n):
            out[i] += w[i - j] * mass


@inline
def energy(t, pull, u, x, h, mu, w, field):
    """Free energy over sigma: t sum mu (ln(mu/h) + U) + pull Var / 2 + sum mu W*mu / 2; field is scratch."""
    convolve(w, mu, field)
    m = mean_of(x, mu)
    lanes = np.zeros(LANES)
    for start in range(0, mu.size, LANES):
        for i in range(min(LANES, mu.size - start)):
            p = mu[start + i]
            y = x[start + i] - m
            lanes[i] += p * (t * (log(max(p, TINY) / h) + u[start + i]) + 0.5 * pull * y * y + 0.5 * field[start + i])
    return fold(lanes)


@inline
def implicit(dt, sigma, t, pull, u, x, h, w, mu, right, left, field, factor):
    """One implicit step in place, the interaction taken from the old masses."""
    convolve(w, mu, field)
    m = mean_of(x, mu)
    scale = dt * sigma / (h * h)
    n = mu.size
    for i in range(n - 1):
        dv = t * (u[i + 1] - u[i]) + pull * h * (0.5 * (x[i] + x[i + 1]) - m) + (field[i + 1] - field[i])
        right[i], left[i] = rates(scale, t, dv)
    solve(right, left, factor, mu)


@inline
def schedule(times, values, t):
    """Piecewise-linear schedule at t."""
    n = times.size
    if n == 1 or t <= times[0]:
        return values[0]
    for k in range(n - 1):
        if t <= times[k + 1]:
            return values[k] + (values[k + 1] - values[k]) * (t - times[k]) / (times[k + 1] - times[k])
    return values[n - 1]


@kernel
def march(begin, end, dt, tolerance, sigma, delta, times, rhos, u, x, h, w, mu):
    """Advance masses mu (n,) in place from `begin` to `end` with an adaptive step; returns (next dt, steps, rejected).

    A step is two implicit halves against one whole: their difference in total variation is held below `tolerance`.
    The extrapolation (2 halves - whole, second order, L-stable) is taken where it is positive, cell by cell with the
    halves elsewhere, mass restored, if the free energy does not rise; else the halves. With a pair energy, a step
    whose halves raise the free energy is repeated shorter.
    """
    n = mu.size
    whole = np.empty(n)
    half = np.empty(n)
    best = np.empty(n)
    right = np.empty(n)
    left = np.empty(n)
    field = np.empty(n)
    factor = np.empty(n)
    now = begin
    steps = 0
    rejected = 0
    while now < end:
        last = now + dt >= end * (1.0 - 1e-14)
        step = end - now if last else dt
        rho_half = schedule(times, rhos, now + 0.5 * step)
        rho = schedule(times, rhos, now + step)
        t, pull = 1.0 - rho, rho * (1.0 - delta)
        t_half, pull_half = 1.0 - rho_half, rho_half * (1.0 - delta)
        whole[:] = mu
        half[:] = mu
        implicit(step, sigma, t, pull, u, x, h, w, whole, right, left, field, factor)
        implicit(0.5 * step, sigma, t_half, pull_half, u, x, h, w, half, right, left, field, factor)
        implicit(0.5 * step, sigma, t, pull, u, x, h, w, half, right, left, field, factor)
        error = 0.0
        mass = 0.0
        wanted = 0.0
        for i in range(n):
            error += abs(half[i] - whole[i])
            second = 2.0 * half[i] - whole[i]
            best[i] = second if second > 0.1 * half[i] else half[i]
            mass += best[i]
            wanted += mu[i]
        before = energy(t, pull, u, x, h, mu, w, field)
        shorter = error > 2.0 * tolerance
        if not shorter:
            for i in range(n):
                best[i] *= wanted / mass
            if energy(t, pull, u, x, h, best, w, field) > before:
                best[:] = half
                if (
                    w.size > 0
                    and step > 1e-12
                    and energy(t, pull, u, x, h, half, w, field) > before + 1e-14 * (1.0 + abs(before))
                ):
                    shorter = True
        ratio = 0.9 * np.sqrt(tolerance / max(error, 1e-3 * tolerance))
        if shorter:
            rejected += 1
            dt = step * min(0.5, max(0.1, ratio))
            continue
        for i in range(n):
            mu[i] = max(best[i], TINY)  # a tail that underflows stays positive
        steps += 1
        now = end if last else now + step
        proposal = step * min(4.0, max(0.2, ratio))
        dt = max(dt, proposal) if last else proposal
    return dt, steps, rejected


@kernel
def dissipation(sigma, t, pull, u, x, h, w, mu):
    """-dF/dt of the semi-discrete flow: sum of flux times difference of the first variation."""
    n = mu.size
    field = np.empty(n)
    convolve(w, mu, field)
    m = mean_of(x, mu)
    lanes = np.zeros(LANES)
    for i in range(n - 1):
        dv = t * (u[i + 1] - u[i]) + pull * h * (0.5 * (x[i] + x[i + 1]) - m) + (field[i + 1] - field[i])
        right, left = rates(sigma / (h * h), t, dv)
        slope = -dv - t * (log(max(mu[i + 1], TINY)) - log(max(mu[i], TINY)))
        lanes[i % LANES] += (right * mu[i] - left * mu[i + 1]) * slope
    return sigma * fold(lanes)


@kernel
def free_energy(sigma, t, pull, u, x, h, w, mu):
    """Discrete free energy, with U shifted by the caller so that exp(-U) has mass 1 on the grid."""
    field = np.empty(mu.size)
    return sigma * energy(t, pull, u, x, h, mu, w, field)


@kernel
def sweep(dt, sigma, t, pull, u, x, h, mu, m):
    """One implicit step along the first axis of mu (n, lines), in place: a sweep of the plane (MODEL 2).

    u (n, lines) is the potential, m the old mean of the coordinate x (n,). The lines are eliminated side by side.
    """
    n, lines = mu.shape
    right = np.empty((n, lines))
    left = np.empty((n, lines))
    factor = np.empty((n, lines))
    s = np.ones(lines)
    scale = dt * sigma / (h * h)
    for i in range(n - 1):
        slope = pull * h * (0.5 * (x[i] + x[i + 1]) - m)
        a, b, r, q = u[i], u[i + 1], right[i], left[i]
        for k in range(lines):
            r[k], q[k] = rates(scale, t, t * (b[k] - a[k]) + slope)
    for i in range(n - 1):
        r, q, f, here, there = right[i], left[i], factor[i], mu[i], mu[i + 1]
        for k in range(lines):
            pivot = s[k] + r[k]
            f[k] = pivot
            share = 1.0 / pivot
            there[k] += r[k] * share * here[k]
            s[k] = 1.0 + q[k] * (s[k] * share)
    for k in range(lines):
        mu[n - 1, k] /= s[k]
    for i in range(n - 1):
        j = n - 2 - i
        q, f, here, there = left[j], factor[j], mu[j], mu[j + 1]
        for k in range(lines):
            here[k] = (here[k] + q[k] * there[k]) / f[k]


@kernel
def face_fluxes(sigma, t, h, dv, mu, out):
    """out[i, k] = flux of mass through the face between cells i and i + 1 of line k, per unit of time; dv
    (n - 1, lines).
    """
    scale = 1.0 / (h * h)
    for i in range(mu.shape[0] - 1):
        for k in range(mu.shape[1]):
            right, left = rates(scale, t, dv[i, k])
            out[i, k] = sigma * (right * mu[i, k] - left * mu[i + 1, k])
