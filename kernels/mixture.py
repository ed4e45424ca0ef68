"""Functionals of the contaminated Gaussian pool (1 - rho) p + rho q, p = N(0, I_d), q = N(m, s2 I_d) (MODEL 1.1, 3.1).

The integrand depends on x through its coordinate along m and its distance r from that axis only, so any
dimension is a double integral, and dimension 1 a single one. Trapezoid rules in coordinates in which the
integrand is analytic and decays doubly exponentially: x = m + s sinh(y) along the axis, ln r = u - exp(-u) away
from it. They converge geometrically in the step, which is halved until two results agree.
"""

import numpy as np

from ._jit import inline, kernel
from .elementary import exp, log
from .sums import fold

LOG_2PI = 1.8378770664093454836
REACH = 13.0  # standard deviations kept on each side: the mass beyond is below 1e-37
LANES = 64


@inline
def log_gamma_half(k):
    """ln Gamma(k / 2) for an integer k >= 1, by the recurrence."""
    g = 0.5723649429247000870717 if k % 2 == 1 else 0.0  # ln sqrt(pi)
    j = 1 if k % 2 == 1 else 2
    while j < k:
        g += log(0.5 * j)
        j += 2
    return g


@inline
def log_mixture(rho, lr):
    """ln(1 - rho + rho e^lr), safe for any lr."""
    top = max(lr, 0.0)
    inside = (1.0 - rho) * exp(-top) + rho * exp(lr - top)
    return lr if rho == 1.0 else top + log(max(inside, 1e-300))


@kernel
def gaussian_trapezoid(rho, m, s2, d, steps, out):
    """One trapezoid rule of `gaussian_functionals`, with `steps` steps per unit length."""
    s = np.sqrt(s2)
    log_s = 0.5 * log(s2)
    step = 1.0 / steps
    # along the axis: m + s sinh(y) covers p (width 1, centred at 0) and q (width s, centred at m)
    reach = REACH * max(1.0, s) + abs(m)
    top_y = log(2.0 * reach / s + 2.0)
    n_y = int(top_y * steps) + 1
    # away from it: ln r covers both chi distributions with d - 1 degrees of freedom
    n_u = 1
    u_low = 0.0
    u_step = 1.0
    log_norm = 0.0
    log_narrow = 0.0
    if d > 1:
        k = d - 1
        narrow = min(1.0, s)
        log_narrow = log(narrow)
        wide = max(1.0, s)
        u_high = log(wide / narrow * (np.sqrt(float(k)) + REACH)) + 0.3
        body = np.sqrt(float(k)) - REACH
        u_low = log(body) if body > 2.0 else -log(4.0 + 40.0 / k)
        u_step = step / max(1.0, np.sqrt(0.25 * k))
        n_u = int((u_high - u_low) / u_step) + 2
        log_norm = 0.6931471805599453094 * (1.0 - 0.5 * k) - log_gamma_half(k)  # of the chi density
    loss = np.zeros(LANES)
    slope = np.zeros(LANES)
    info = np.zeros(LANES)
    for row in range(n_u):
        r2 = 0.0
        log_p_row = 0.0
        log_q_row = 0.0
        if d > 1:
            u = u_low + row * u_step
            fall = exp(-u)
            log_r = log_narrow + u - fall
            r2 = exp(2.0 * log_r)
            log_width = log(u_step * (1.0 + fall))
            log_p_row = log_norm + (d - 1) * log_r - 0.5 * r2 + log_width
            log_q_row = log_norm + (d - 1) * (log_r - log_s) - 0.5 * r2 / s2 + log_width
        for start in range(-n_y, n_y + 1, LANES):
            for i in range(LANES):
                y = (start + i) * step
                inside = 1.0 if start + i <= n_y else 0.0
                e = exp(y)
                z = 0.5 * (e - 1.0 / e)
                width = 0.5 * (e + 1.0 / e) * s * step * inside
                x = m + s * z
                p = width * exp(log_p_row - 0.5 * (x * x + LOG_2PI))
                q = width * exp(log_q_row - 0.5 * (z * z + LOG_2PI) - log_s)
                lr = 0.5 * (x * x - z * z + r2 - r2 / s2) - d * log_s
                ln_g = log_mixture(rho, lr)
                pool = (1.0 - rho) * p + rho * q
                loss[i] += pool * ln_g
                slope[i] += (q - p) * ln_g
                # (q - p)^2 / pool = (r - 1)^2 p / g, evaluated where neither ratio overflows
                top = max(lr, 0.0)
                a = exp(lr - top) - exp(-top)
                info[i] += (a * a) * exp(2.0 * top - ln_g) * p if lr < 300.0 else a * a * q / max(rho, 1e-300)
    out[0] = fold(loss)
    out[1] = fold(slope)
    out[2] = fold(info)


@kernel
def gaussian_functionals(rho, m, s2, d, out):
    """Loss, its slope and the Fisher information of the pool with contamination rho, to 1e-11.

    m is |mean of q|, s2 its variance per dimension. out[0] = KL(pool || p), out[1] = d/d rho of it =
    int (q - p) ln(pool / p), out[2] = I(rho) = int (q - p)^2 / pool (inf where it diverges).
    Returns the difference between the last two rules.
    """
    before = np.empty(3)
    steps = 8.0
    if rho == 1.0:  # the pool is q: closed forms, also where q is too narrow for any rule
        forward = 0.5 * (d * (s2 - 1.0 - log(s2)) + m * m)
        backward = 0.5 * (d * (1.0 / s2 - 1.0 + log(s2)) + m * m / s2)
        out[0] = forward
        out[1] = forward + backward
        wide = 2.0 - 1.0 / s2  # chi2(p || q) in units of q, infinite where this is not positive
        out[2] = np.inf
        if wide > 0.0:
            out[2] = exp(min(700.0, m * m / (s2 * wide) + 0.5 * d * (log(s2) - log(wide)))) - 1.0
        return 0.0
    gaussian_trapezoid(rho, m, s2, d, steps, before)
    gap = np.inf
    for _ in range(6):
        steps *= 2.0
        gaussian_trapezoid(rho, m, s2, d, steps, out)
        gap = max(abs(out[0] - before[0]), abs(out[1] - before[1]))
        if gap <= 1e-11 * (1.0 + abs(out[1])):
            break
        before[:] = out
    if rho == 0.0 and s2 >= 2.0:
        out[2] = np.inf
    return gap
