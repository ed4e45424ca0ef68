"""Functionals of the contaminated Gaussian pool (1 - rho) p + rho q, p = N(0, I_d), q = N(m, s2 I_d) (MODEL 1.1, 3.1).

The integrand depends on x through its coordinate along m and its distance r from that axis only, so any dimension is a
double integral, and dimension 1, or a mean of 0, a single one. Trapezoid rules in coordinates in which the integrand is
analytic and decays doubly exponentially: x = c + w sinh(y) along the axis, c and w centre and width of the narrower of
p and q, ln r = u - exp(-u) away from it. They converge geometrically in the step, which is halved until two results
agree. Where p and q are far apart no one centre serves both: the integrand is divided between them as p : q, and each
part has a rule of its own.
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.special import LN_2, LN_2PI, log_gamma_half
from ..numerics.sums import fold

REACH = 13.0  # standard deviations kept on each side: the mass beyond is below 1e-37
APART = 20.0  # widths of the wider one between the centres, from which on each has its own rule
LANES = 64
FEWEST_STEPS = 8.0
HALVINGS = 6


@inline
def log_mixture(rho, lr):
    """ln(1 - rho + rho e^lr), safe for any lr."""
    top = max(lr, 0.0)
    inside = (1.0 - rho) * exp(-top) + rho * exp(lr - top)
    return lr if rho == 1.0 else top + log(max(inside, 1e-300))


@inline
def gap_of(lr):
    """|q - p| / max(p, q) = 1 - e^-|lr|, without cancellation."""
    y = abs(lr)
    near = y * (1.0 - y / 2.0 * (1.0 - y / 3.0 * (1.0 - y / 4.0 * (1.0 - y / 5.0 * (1.0 - y / 6.0)))))
    return near if y < 0.02 else 1.0 - exp(-y)


@kernel
def reach_of(rho):
    """Standard deviations to keep: where rho is tiny q / rho still counts far out."""
    return REACH if rho >= 1e-16 else np.sqrt(REACH * REACH - 2.0 * log(max(rho, 1e-300)))


@inline
def parts_of(m, s):
    """1, or 2 where p and q are so far apart that each needs a rule of its own."""
    return 2 if m > APART * max(1.0, s) else 1


@inline
def axis(part, parts, m, s, d, steps, reach):
    """Rule along the axis: does it stand at q (else at p); steps on each side of the centre, 0 where all is radial."""
    at_q = s <= 1.0 if parts == 1 else part == 1
    own = s if at_q else 1.0
    far = reach * max(1.0, s) + m if parts == 1 else reach * own
    n = int(log(2.0 * far / own + 2.0) * steps) + 1
    return at_q, 0 if m == 0.0 and d > 1 else n


@inline
def rings(m, s, d, steps, reach):
    """Rule away from the axis, ln r = ln(narrow) + u - e^-u: degrees of freedom, number, first u, step."""
    k = d if m == 0.0 and d > 1 else d - 1
    if k == 0:
        return 0, 1, 0.0, 1.0
    high = log(max(1.0, s) / min(1.0, s) * (np.sqrt(float(k)) + reach)) + 0.3
    body = np.sqrt(float(k)) - reach
    low = log(body) if body > 2.0 else -log(4.0 + 40.0 / k)
    step = 1.0 / (steps * max(1.0, np.sqrt(0.25 * k)))
    return k, int((high - low) / step) + 2, low, step


@inline
def log_norm_of(k):
    """ln of the chi density's constant, k degrees of freedom."""
    return LN_2 * (1.0 - 0.5 * k) - log_gamma_half(k) if k > 0 else 0.0


@inline
def ring(u, step, k, log_narrow, log_s, s2, log_norm):
    """Of one ring: r^2, logs of its mass under p and under q."""
    if k == 0:
        return 0.0, 0.0, 0.0
    fall = exp(-u)
    log_r = log_narrow + u - fall
    r2 = exp(2.0 * log_r)
    log_width = log(step * (1.0 + fall)) + log_norm
    log_p = log_width + k * log_r - 0.5 * r2
    return r2, log_p, log_width + k * (log_r - log_s) - 0.5 * r2 / s2


@inline
def node(y, at_q, flat, m, s, s2, d, log_s, r2, log_p_ring, log_q_ring):
    """At step y along the axis: masses under p and q per unit of y, ln(q / p); all radial where `flat`."""
    e = exp(y)
    t = 0.5 * (e - 1.0 / e)
    stretch = 0.5 * (e + 1.0 / e) * (s if at_q else 1.0)
    x = m + s * t if at_q else t
    z = t if at_q else (t - m) / s
    apart = (m + (s2 - 1.0) / (s + 1.0) * t) / (1.0 if at_q else s)  # x - z, which cancels where s is near 1
    lr = 0.5 * (apart * (x + z) + r2 * ((s2 - 1.0) / s2)) - d * log_s
    log_p = log_p_ring - (0.0 if flat else 0.5 * (x * x + LN_2PI))
    log_q = log_q_ring - (0.0 if flat else 0.5 * (z * z + LN_2PI) + log_s)
    stretch = 1.0 if flat else stretch
    return stretch * exp(log_p), stretch * exp(log_q), lr


@kernel
def gaussian_trapezoid(rho, m, s2, d, steps, out):
    """One trapezoid rule of `gaussian_functionals`, 0 < rho < 1, with `steps` steps per unit length."""
    s = np.sqrt(s2)
    log_s = 0.5 * log(s2)
    log_narrow = min(log_s, 0.0)
    reach = reach_of(rho)
    parts = parts_of(m, s)
    k, n_u, u_low, u_step = rings(m, s, d, steps, reach)
    log_norm = log_norm_of(k)
    flat = m == 0.0 and d > 1
    loss = np.zeros(LANES)
    slope = np.zeros(LANES)
    info = np.zeros(LANES)
    for part in range(parts):
        at_q, n_y = axis(part, parts, m, s, d, steps, reach)
        step = 1.0 if flat else 1.0 / steps
        own_p = 1.0 if parts == 1 or part == 0 else 0.0
        own_q = 1.0 if parts == 1 or part == 1 else 0.0
        for row in range(n_u):
            r2, log_p_ring, log_q_ring = ring(u_low + row * u_step, u_step, k, log_narrow, log_s, s2, log_norm)
            for start in range(-n_y, n_y + 1, LANES):
                for i in range(LANES):
                    inside = step if start + i <= n_y else 0.0
                    y = (start + i) / steps
                    p, q, lr = node(y, at_q, flat, m, s, s2, d, log_s, r2, log_p_ring, log_q_ring)
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


@kernel
def gaussian_functionals(rho, m, s2, d, out):
    """Loss, its slope and the Fisher information of the pool with contamination rho.

    m is |mean of q|, s2 its variance per dimension. out[0] = KL(pool || p), out[1] = d/d rho of it =
    int (q - p) ln(pool / p), out[2] = I(rho) = int (q - p)^2 / pool (inf where it diverges): the first two to 1e-11, of
    1 or of the slope, the last to 1e-10 of itself. Returns 0; where no two rules agree to that, NaN is written, and by
    how many tolerances the last two differ is returned.
    """
    if rho == 0.0 or rho == 1.0:  # closed forms, also where q is too narrow for any rule
        log_s2 = log(s2)
        forward = 0.5 * (d * (s2 - 1.0 - log_s2) + m * m)
        backward = 0.5 * (d * (1.0 / s2 - 1.0 + log_s2) + m * m / s2)
        out[0] = forward if rho == 1.0 else 0.0
        out[1] = forward + backward if rho == 1.0 else 0.0
        out[2] = chi_square(m / np.sqrt(s2), 1.0 / s2, d) if rho == 1.0 else chi_square(m, s2, d)
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
            return 0.0
        before[:] = out
    out[:3] = np.nan
    return gap


@inline
def chi_square(m, s2, d):
    """chi2(N(m, s2 I_d) || N(0, I_d)) = (s sqrt(2 - s2))^-d exp(m^2 / (2 - s2)) - 1; infinite where it diverges."""
    if s2 >= 2.0:
        return np.inf
    # s2 (2 - s2) = 1 - (s2 - 1)^2
    e = s2 - 1.0
    fall = -e * e * (1.0 + 0.5 * e * e) if abs(e) < 1e-4 else log(s2 * (2.0 - s2))
    power = m * m / (2.0 - s2) - 0.5 * d * fall
    return power * (1.0 + 0.5 * power) if power < 1e-8 else exp(power) - 1.0


@kernel
def content_nodes(rho, m, s2, d, steps, ratio, p, q):
    """Nodes of the rule with so many steps: ln(q / p), masses under p and q (n,); returns how many there are.

    Writes no more than there is room for: ask with empty arrays first.
    """
    s = np.sqrt(s2)
    log_s = 0.5 * log(s2)
    log_narrow = min(log_s, 0.0)
    reach = reach_of(rho)
    parts = parts_of(m, s)
    k, n_u, u_low, u_step = rings(m, s, d, steps, reach)
    log_norm = log_norm_of(k)
    flat = m == 0.0 and d > 1
    count = 0
    for part in range(parts):
        at_q, n_y = axis(part, parts, m, s, d, steps, reach)
        step = 1.0 if flat else 1.0 / steps
        for row in range(n_u):
            r2, log_p_ring, log_q_ring = ring(u_low + row * u_step, u_step, k, log_narrow, log_s, s2, log_norm)
            for i in range(-n_y, n_y + 1):
                a, b, lr = node(i / steps, at_q, flat, m, s, s2, d, log_s, r2, log_p_ring, log_q_ring)
                own = step
                if parts == 2:
                    top = max(lr, 0.0)
                    own *= exp((lr if part == 1 else 0.0) - top) / (exp(-top) + exp(lr - top))
                if max(a, b) * own > 1e-40 * rho:  # less than rounding, whatever it is a share of
                    if count < ratio.size:
                        ratio[count] = lr
                        p[count] = own * a
                        q[count] = own * b
                    count += 1
    return count


@kernel
def joint_information(rho, ratio, p, q, other_ratio, other_p, other_q):
    """I(rho), 0 < rho < 1, of an item of two independent parts, each by nodes: ln(q / p), masses under p and q (n,)."""
    info = np.zeros(LANES)
    for j in range(other_ratio.size):
        for start in range(0, ratio.size, LANES):
            for i in range(min(LANES, ratio.size - start)):
                lr = ratio[start + i] + other_ratio[j]
                top = max(lr, 0.0)
                gap = gap_of(lr)
                most = q[start + i] * other_q[j] if lr > 0.0 else p[start + i] * other_p[j]
                pool = (1.0 - rho) * exp(-top) + rho * exp(lr - top)
                info[i] += most * (gap * gap) / max(pool, 1e-300)
    return fold(info)


@kernel
def joint_distance(first, second, ratio, p, q, other_ratio, other_p, other_q):
    """Squared Hellinger distance int (sqrt a - sqrt b)^2 / 2 of one item at two contaminations; nodes as above."""
    total = np.zeros(LANES)
    for j in range(other_ratio.size):
        for start in range(0, ratio.size, LANES):
            for i in range(min(LANES, ratio.size - start)):
                lr = ratio[start + i] + other_ratio[j]
                top = max(lr, 0.0)
                most = q[start + i] * other_q[j] if lr > 0.0 else p[start + i] * other_p[j]
                a = np.sqrt((1.0 - first) * exp(-top) + first * exp(lr - top))
                b = np.sqrt((1.0 - second) * exp(-top) + second * exp(lr - top))
                total[i] += 0.5 * most * (a - b) * (a - b)
    return fold(total)
