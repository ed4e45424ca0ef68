"""Special functions and the constants of the normal law: ln Gamma, Stirling's error, the normal quantile function, and
the Beta(a, b) distribution on [0, 1] (distribution function and partial moments to rounding, a, b in [1, 100]).

The regularised incomplete beta function comes from its continued fraction, the partial moments from the recurrence
that integration by parts gives.
"""

import numpy as np

from .._jit import inline, kernel
from .elementary import exp, log

LN_2 = 0.6931471805599453094
LN_SQRT_PI = 0.5723649429247000870717
LN_SQRT_2PI = 0.9189385332046727418
LN_2PI = 1.8378770664093454836
DENSITY_AT_0 = 0.3989422804014326779  # 1 / sqrt(2 pi), of the standard normal law
TERMS = 500
NEARLY = 0.2  # |v| = |x - 1| / (x + 1) below which the series of artanh v stands for ln x / 2
SMALL = 0.2  # part of the place where fractions are at their best: below it other ways take over
# ln n! - (n + 1/2) ln n + n - ln sqrt(2 pi), n = 0..15
STIRLING_ERROR = np.array(
    [
        0.0,
        0.08106146679532726,
        0.0413406959554093,
        0.02767792568499834,
        0.020790672103765093,
        0.016644691189821193,
        0.013876128823070748,
        0.01189670994589177,
        0.010411265261972096,
        0.009255462182712733,
        0.00833056343336287,
        0.0075736754879518406,
        0.00694284010720953,
        0.006408994188004207,
        0.0059513701127588475,
        0.005554733551962801,
    ]
)


@inline
def log_gamma(z):
    """ln Gamma(z), z >= 1: Stirling's series at z + 10, carried down by the recurrence."""
    product = 1.0
    for i in range(10):
        product *= z + i
    y = z + 10.0
    w = 1.0 / (y * y)
    tail = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * (691 / 360360)))))) / y
    return (y - 0.5) * log(y) - y + LN_SQRT_2PI + tail - log(product)


@inline
def log_gamma_half(k):
    """ln Gamma(k / 2) for an integer k >= 1: by the recurrence, from 40 on by Stirling's series (error 1e-15)."""
    if k >= 40:
        x = 0.5 * k
        w = 1.0 / (x * x)
        series = (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w / 1680.0))) / x
        return (x - 0.5) * log(x) - x + LN_SQRT_2PI + series
    g = LN_SQRT_PI if k % 2 == 1 else 0.0
    j = 1 if k % 2 == 1 else 2
    while j < k:
        g += log(0.5 * j)
        j += 2
    return g


@inline
def stirling_error(n):
    """Error of Stirling's formula for ln n! at an integer n (Loader 2000)."""
    nn = n * n
    series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188) / nn) / nn) / nn) / nn) / n
    return STIRLING_ERROR[int(min(n, 15.0))] if n < 16.0 else series


@inline
def deviance(x, mean):
    """x ln(x / mean) + mean - x without cancellation (Loader's bd0): ten terms of a series are more than enough."""
    gap = x - mean
    v = gap / (x + mean)
    near = gap * v
    term = 2.0 * x * v
    v *= v
    for j in range(1, 11):
        term *= v
        near += term / (2 * j + 1)
    return near if abs(gap) < 0.1 * (x + mean) else x * log(x / mean) + mean - x


@inline
def artanh_excess(v):
    """artanh v - v for |v| <= 1/5, to rounding relative to itself: eleven terms of v^3 / 3 + v^5 / 5 + ..."""
    w = v * v
    series = 0.0
    for k in range(23, 1, -2):
        series = 1.0 / k + w * series
    return series * w * v


@inline
def variance_loss(s2):
    """s2 - 1 - ln s2, twice KL(N(0, s2) || N(0, 1)), within 4 eps of itself, eps = 2^-52.

    With v = (s2 - 1) / (s2 + 1), ln s2 is 2 artanh v and the loss (s2 - 1) v - 2 (artanh v - v), where v is small.
    """
    e = s2 - 1.0
    v = e / (s2 + 1.0)
    return e * v - 2.0 * artanh_excess(v) if abs(v) < NEARLY else e - log(s2)


@inline
def mixture_loss(t):
    """(1 + t) ln(1 + t) - t >= 0, t > -1, within 6 eps of itself, eps = 2^-52.

    With v = t / (2 + t) it is t v + 2 (1 + t) (artanh v - v), where v is small. KL of a density g = 1 + t times p from
    p is the mean of this under p, a sum without cancellation.
    """
    v = t / (2.0 + t)
    u = 1.0 + t
    gap = u - 1.0
    ln_u = log(u)
    far = u * ln_u - gap + (t - gap) * ln_u  # the last is what the rounding of u leaves
    return t * v + 2.0 * u * artanh_excess(v) if abs(v) < NEARLY else far


@inline
def log_beta(a, b):
    """Logarithm of the beta function, ln B(a, b)."""
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b)


@inline
def front(x, a, b, log_norm):
    """x^a (1 - x)^b / B(a, b); 0 at both ends."""
    if x <= 0.0 or x >= 1.0:
        return 0.0
    return exp(a * log(x) + b * log(1.0 - x) - log_norm)


@inline
def fraction(x, a, b):
    """a B_x(a, b) / (x^a (1 - x)^b): fast for x below (a + 1) / (a + b + 2).

    The even part of the classical continued fraction (DiDonato & Morris 1992), by its convergents p / q.
    """
    under = 1.0 / (a + 1.0)
    p_last, q_last = 1.0, 0.0
    p, q = a * (a * (1.0 - x) - b * x + 1.0) * under, 1.0
    for m in range(1, TERMS):
        over = under
        under = 1.0 / (a + 2.0 * m + 1.0)
        up = m * (b - m) * x * over
        numerator = (a + m - 1.0) * (a + b + m - 1.0) * x * over * up
        term = m + up + (a + m) * (a * (1.0 - x) - b * x + 1.0 + m * (2.0 - x)) * under
        p, p_last = term * p + numerator * p_last, p
        q, q_last = term * q + numerator * q_last, q
        if abs(p * q_last - p_last * q) <= 2e-16 * abs(p_last * q):
            break
        if abs(p) > 1e100:
            p, p_last, q, q_last = 1e-100 * p, 1e-100 * p_last, 1e-100 * q, 1e-100 * q_last
    return a * q / p


@inline
def share_below(x, a, b, edge):
    """P(s < x), given edge = `front` at x."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    if x * (a + b + 2.0) < a + 1.0:
        return edge * fraction(x, a, b) / a
    return 1.0 - edge * fraction(1.0 - x, b, a) / b


@inline
def inverse_moment_between(x, high, a, b, log_norm):
    """E[1 / s; x < s < high] for a in [1, 1.5), 0 < x <= high / 5, by the binomial series of (1 - s)^(b - 1).

    The first term is (high^e - x^e) / e with e = a - 1, the logarithm of high / x where e = 0.
    """
    e = a - 1.0
    turn = log(high) - log(x)
    fall = exp(-e * turn)  # (x / high)^e
    y = e * turn
    near = 1.0 - y / 2.0 * (1.0 - y / 3.0 * (1.0 - y / 4.0 * (1.0 - y / 5.0 * (1.0 - y / 6.0 * (1.0 - y / 7.0)))))
    total = turn * (near if y < 0.02 else (1.0 - fall) / y)
    ratio = x / high
    coefficient = 1.0
    for j in range(1, TERMS):
        coefficient *= (j - b) / j * high
        fall *= ratio
        term = coefficient * (1.0 - fall) / (e + j)
        total += term
        if abs(term) <= 1e-17 * total:
            break
    return total * exp(e * log(high) - log_norm)


@inline
def inverse_moment_above(x, a, b, log_norm):
    """E[1 / s; s > x] for a in [1, 1.5) and x in [0, 1], by the continued fraction; far below its range by a series."""
    if x <= 0.0:
        return (a + b - 1.0) / (a - 1.0) if a > 1.0 else np.inf
    if x >= 1.0:
        return 0.0
    turn = a / (a + b + 1.0)  # above it the fraction is fast
    at = x if x >= SMALL * turn else turn
    above = front(at, a, b, log_norm) / at * fraction(1.0 - at, b, a - 1.0) / b
    return above if at == x else above + inverse_moment_between(x, at, a, b, log_norm)


@inline
def moments_below(x, a, b, log_norm, edge, share, out):
    """out (5,) = E[s^k; s < x], k = -1..3, up to a constant that does not depend on x for k = -1.

    log_norm is `log_beta`, edge and share are `front` and `share_below` at x. Upwards the recurrence subtracts, and
    near 0 it loses all digits: there it is run downwards from k = 3, where it adds. For a < 1.5 the recurrence down to
    k = -1 loses its digits: there it is -E[1 / s; s > x]. Relative errors are below 1e-12 for x from 1e-150 to 1.
    """
    out[1] = share
    if x * (a + b + 2.0) < SMALL * (a + 1.0):
        power = edge * x * x
        out[4] = power * x * fraction(x, a + 3.0, b) / (a + 3.0) if x > 0.0 else 0.0
        out[3] = ((a + b + 2.0) * out[4] + power) / (a + 2.0)
        out[2] = ((a + b + 1.0) * out[3] + edge * x) / (a + 1.0)
    else:
        power = 1.0
        for k in range(3):
            out[2 + k] = ((a + k) * out[1 + k] - power * edge) / (a + b + k)
            power *= x
    if a < 1.5:
        out[0] = -inverse_moment_above(x, a, b, log_norm)
    else:
        out[0] = (edge / x + (a + b - 1.0) * share) / (a - 1.0) if x > 0.0 else 0.0


@kernel
def loss_of_variance(s2):
    """`variance_loss` for a scalar from Python: the same bits as inside the kernels."""
    return variance_loss(s2)


@kernel
def beta_shares(x, a, b, out):
    """Fill out (n,) with P(s < x[i])."""
    log_norm = log_beta(a, b)
    for i in range(x.size):
        out[i] = share_below(x[i], a, b, front(x[i], a, b, log_norm))


CENTRAL = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080),
    (5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867,
     5394.1960214247511077, 687.18700749205790830, 42.313330701600911252, 1.0),
)  # fmt: skip
MIDDLE = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.241780725177450611770, 1.27045825245236838258,
     3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.148103976427480074590,
     0.689767334985100004550, 1.67638483018380384940, 2.05319162663775882187, 1.0),
)  # fmt: skip
TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.00124266094738807843860, 0.0265321895265761230930,
     0.296560571828504891230, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     0.0148753612908506148525, 0.136929880922735805310, 0.599832206555887937690, 1.0),
)  # fmt: skip


@inline
def ratio_of(coefficients, r):
    """Quotient of two polynomials of degree 7."""
    top = 0.0
    bottom = 0.0
    for a in coefficients[0]:
        top = top * r + a
    for b in coefficients[1]:
        bottom = bottom * r + b
    return top / bottom


@inline
def normal_quantile(u):
    """z with P(N(0, 1) <= z) = u, to 1e-15 (Wichura 1988, AS 241); infinite at 0 and 1, NaN beyond."""
    if not 0.0 < u < 1.0:
        return -np.inf if u == 0.0 else (np.inf if u == 1.0 else np.nan)
    q = u - 0.5
    if abs(q) <= 0.425:
        return q * ratio_of(CENTRAL, 0.180625 - q * q)
    r = np.sqrt(-log(u if q < 0.0 else 1.0 - u))
    z = ratio_of(MIDDLE, r - 1.6) if r <= 5.0 else ratio_of(TAIL, r - 5.0)
    return -z if q < 0.0 else z
