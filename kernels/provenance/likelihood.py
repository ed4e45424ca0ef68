"""Likelihood of a pool's contamination: maximum, one-step, EM and moment estimators, deviance intervals (MODEL 3.2).

An item enters only through the likelihood ratio of the generator to human content, kept as the contrast
t = (q - p) / (q + p) = tanh(ln(q / p) / 2), which is bounded: no ratio overflows. With theta = 2 rho - 1 the log
likelihood is sum ln(1 + theta t) up to a constant; it is concave, and an item's score about rho is
S = 2 w, w = t / (1 + theta t). Since -dS/d rho = S^2, the observed information is the sum of squared scores.
Items may carry weights (multiplicities): `c` is (n,), or empty where every weight is 1.
"""

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.elementary import TINY, exp, log
from ..numerics.search import kept_inside, shrink
from ..numerics.sums import LANES, fold, running
from ..numerics.vectors import BLOCK, filled, load, narrow, reciprocal, total
from .starting_value import starting_value

ALMOST = 1.0 - 2.0**-53  # largest contrast: no item is impossible under either law
PASSES = 100
INWARD = 1.0 / 256.0  # share of the bracket by which an iterate leaves an end that is not the maximum


@inline
def contrast(lr):
    """Contrast t = tanh(lr / 2) of a log likelihood ratio lr = ln(q / p), kept inside (-1, 1)."""
    e = exp(-abs(lr))
    t = min((1.0 - e) / (1.0 + e), ALMOST)
    return t if lr >= 0.0 else -t


@kernel
def contrasts(log_p, log_q, t):
    """Contrasts t (n,) of items with log likelihoods log_p (n,) under human content and log_q (n,) under the generator.

    Either may be -inf, but not both. Returns the first item where both are, or one is NaN or +inf; -1 if none.
    """
    for j in range(t.size):
        a = log_p[j]
        b = log_q[j]
        if not (max(a, b) > -np.inf and max(a, b) < np.inf and a == a and b == b):
            return j
        lr = min(max(b - a, -700.0), 700.0)
        t[j] = contrast(lr)
    return -1


@kernel
def score_sums(theta, t, c, out):
    """Sums out[k] = sum w^(k + 1), k < 3, with w = t / (1 + theta t): derivatives of the log likelihood l in theta.

    l' = out[0], l'' = -out[1], l''' = 2 out[2].
    """
    x = load(t, 0)
    slope, one = filled(theta, x), filled(1.0, x)
    first = second = third = narrow(filled(0.0, x))
    inverse = reciprocal(one + slope * x)
    for start in range(0, t.size, BLOCK):
        ahead = load(t, start + BLOCK)
        next_inverse = reciprocal(one + slope * ahead)  # the divider works while this block is summed
        w = x * inverse
        power = w * load(c, start) if c.size > 0 else w
        first += narrow(power)
        power *= w
        second += narrow(power)
        third += narrow(power * w)
        x, inverse = ahead, next_inverse
    out[0], out[1], out[2] = total(first), total(second), total(third)


@kernel
def log_likelihood(theta, t, c):
    """Log likelihood sum ln(1 + theta t), relative to its value at rho = 1/2; four items share one logarithm."""
    lanes = np.zeros(LANES)
    fours = t.size - t.size % (4 * LANES) if c.size == 0 else 0
    for start in range(0, fours, 4 * LANES):
        x0 = t[start : start + LANES]
        x1 = t[start + LANES : start + 2 * LANES]
        x2 = t[start + 2 * LANES : start + 3 * LANES]
        x3 = t[start + 3 * LANES : start + 4 * LANES]
        for i in range(LANES):
            product = ((1.0 + theta * x0[i]) * (1.0 + theta * x1[i])) * ((1.0 + theta * x2[i]) * (1.0 + theta * x3[i]))
            lanes[i] += log(max(product, TINY))
    for start in range(fours, t.size, LANES):
        n = min(LANES, t.size - start)
        x = t[start : start + n]
        if c.size == 0:
            for i in range(n):
                lanes[i] += log(max(1.0 + theta * x[i], TINY))
        else:
            b = c[start : start + n]
            for i in range(n):
                lanes[i] += b[i] * log(max(1.0 + theta * x[i], TINY))
    return fold(lanes)


@inline
def newton_step(theta, s):
    """Newton's step to the maximum with Halley's third-order correction, and a bound on the remaining error.

    To leading order the error is step^3 times the variance of w over the items, weighted by w^2, and all w lie within
    an interval of length 2 / (1 - theta^2). The bound is twice that, and infinite where the series does not hold.
    """
    plain = s[0] / s[1]
    damped = 1.0 - plain * s[2] / s[1]
    step = plain / damped if damped > 0.5 else plain
    reach = abs(step) / (1.0 - theta * theta)
    return step, (2.0 * reach * reach * abs(step) if reach < 0.1 else np.inf)


@inner
def newton(t, c, start, tolerance, out):
    """Maximum over theta in [-1, 1] of the concave log likelihood, by safeguarded Newton steps from `start`.

    A step that leaves the bracket of the derivative's sign change is replaced by bisection; an end of [-1, 1] is tried
    when an iterate runs past it. Stops when the bound on the remaining error is below `tolerance`. On return out[0] and
    out[1] are those of `score_sums` at the maximum, by their series. Returns (theta, passes over the items).
    """
    low, high = -1.0, 1.0
    tried_low, tried_high = False, False
    theta = start
    for passes in range(1, PASSES + 1):
        score_sums(theta, t, c, out)
        tried_low = tried_low or theta == -1.0
        tried_high = tried_high or theta == 1.0
        if out[1] == 0.0 or (abs(theta) == 1.0 and theta * out[0] >= 0.0):  # no information, or a maximum at this end
            return theta, passes
        if abs(theta) == 1.0:
            # items exclude this end, or all but exclude it: Newton's steps are no longer than the distance to the pole
            theta -= theta * INWARD * (high - low)
            continue
        step, left = newton_step(theta, out)
        new = theta + step
        if left <= tolerance and low <= new <= high:
            out[0] -= step * (out[1] - step * out[2])
            out[1] -= 2.0 * step * out[2]
            return new, passes
        low, high = shrink(low, high, theta, out[0] > 0.0)
        if new <= low:
            new = -1.0 if low == -1.0 and not tried_low else 0.5 * (low + high)
        elif new >= high:
            new = 1.0 if high == 1.0 and not tried_high else 0.5 * (low + high)
        theta = new
    return theta, PASSES


@kernel
def maximum(t, c, tolerance, out):
    """Maximum-likelihood theta: `newton` from `starting_value`, mostly one pass in float32 and one in float64.

    Where the float32 pass is certain to be within `tolerance` its result is returned, with 0 passes of Newton and
    sum w^2 in out[1] to a relative error of 1e-3.
    """
    found = np.empty(2)
    theta = starting_value(t, c, found)
    if found[0] <= tolerance:
        out[0], out[1] = 0.0, found[1]
        return theta, 0
    return newton(t, c, theta, tolerance, out)


@inline
def em_step(theta, t, c, n, sums):
    """One step of EM: the new rho is the mean posterior probability of being synthetic."""
    score_sums(theta, t, c, sums)
    # rho' = rho mean(q / pool) = rho (1 + (1 - rho) mean S), S = 2 w
    return min(max(theta + (1.0 - theta) * (1.0 + theta) * sums[0] / n, -1.0), 1.0)


@kernel
def expectation_maximisation(t, c, start, tolerance, limit):
    """Maximum-likelihood theta by EM, extrapolating every second step: the slow reference.

    Two steps and their Aitken limit, which in one dimension is SQUAREM (Varadhan & Roland 2008); a limit outside the
    bracket of the score's sign change is replaced by the midpoint towards its end. A start at -1 or 1 never moves.
    Returns (theta, passes over the items).
    """
    n = t.size if c.size == 0 else running(c)
    sums = np.empty(3)
    low, high = -1.0, 1.0
    theta = start
    passes = 0
    while passes < limit:
        first = em_step(theta, t, c, n, sums)
        passes += 1
        if abs(first - theta) <= tolerance or passes >= limit:
            return first, passes
        if first > theta:
            low = first  # EM ascends and never passes the maximum
        else:
            high = first
        second = em_step(first, t, c, n, sums)
        passes += 1
        step, change = first - theta, (second - first) - (first - theta)
        limit_of_both = theta - step * step / change if change != 0.0 else second
        theta = min(max(limit_of_both, 0.5 * (second + low)), 0.5 * (second + high))
    return theta, passes


@kernel
def one_step(t, c, preliminary, out):
    """One-step estimator of theta, clipped to [-1, 1]: efficient from an n^(1/4)-consistent preliminary theta."""
    score_sums(preliminary, t, c, out)
    return min(max(preliminary + out[0] / out[1], -1.0), 1.0) if out[1] > 0.0 else preliminary


@kernel
def moment(t, c, mean_p, mean_q, out):
    """Moment estimator of rho, not clipped: (mean t - E_p t) / (E_q t - E_p t), a calibrated classifier.

    out[0] = the estimate, out[1] = its variance for one item.
    """
    n = float(t.size) if c.size == 0 else running(c)
    first = second = narrow(filled(0.0, load(t, 0)))
    for start in range(0, t.size, BLOCK):
        x = load(t, start)
        y = x * load(c, start) if c.size > 0 else x
        first += narrow(y)
        second += narrow(y * x)
    mean = total(first) / n
    gap = mean_q - mean_p
    out[0] = (mean - mean_p) / gap
    out[1] = max(total(second) / n - mean * mean, 0.0) / (gap * gap)


@kernel
def deviance_bound(t, c, theta, top, drop, side, tolerance):
    """Lower (side -1) or upper (side 1) end of the set where the log likelihood is within `drop` of its maximum.

    theta is the maximum and `top` the log likelihood there. The end is -1 or 1 itself where the likelihood never falls
    that far. Bracketed Newton steps to the root of the deviance, which is convex beyond theta.
    """
    end = float(side)
    if theta == end or top - log_likelihood(end, t, c) <= drop:
        return end
    near, far = theta, end
    sums = np.empty(3)
    score_sums(theta, t, c, sums)
    x = theta + side * np.sqrt(2.0 * drop / max(sums[1], TINY))
    for _ in range(PASSES):
        x = kept_inside(x, min(near, far), max(near, far))
        gap = top - drop - log_likelihood(x, t, c)
        if gap > 0.0:
            far = x
        else:
            near = x
        score_sums(x, t, c, sums)
        step = gap / sums[0] if sums[0] != 0.0 else np.inf
        x += step
        if abs(step) <= tolerance or abs(far - near) <= tolerance:
            break
    return min(max(x, min(near, far)), max(near, far))
