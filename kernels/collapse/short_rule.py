"""Collapse loss of a Gaussian pool on the line and its slope by one short rule, where its error is known beforehand.

`gaussian_pool` halves the step until two rules agree. On the line the integrand is analytic up to the places z0 where
the pool's density vanishes, (1 - rho) p + rho q = 0, which are the roots of a quadratic. With z = sinh(y) the trapezoid
rule of N steps a unit is off by about e^(-2 pi a N), a the imaginary part of asinh(z0) that is least, so that N is
chosen before anything is added. Beyond the range of that estimate `gaussian_pool` is called (MODEL 1.1).
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log, log_in_range
from ..numerics.special import DENSITY_AT_0
from ..numerics.sums import row_total
from .gaussian_pool import gaussian_functionals

LANES = 16
REACH = 7.5  # standard deviations kept on each side: the mass beyond is 6.4e-14
VARIANCES = (0.06, 1.4)  # of q, between which the rules are used
FARTHEST = 0.3  # distance of q's mean up to which they are used
LEAST = 1e-6  # distance of rho from 0 and 1
FLAT = 0.05  # |1 - s2| / 2 below which, with q's mean near, no zero is within reach of a rule
NEAR = 0.3
LITTLE = 4e-7  # a loss or slope below which rounding shows in it
STEPS = (6.0, 8.0, 12.0, 16.0, 24.0)
"""Steps a unit of the rules."""
SIN_NEAREST = (0.6593846719714731, 0.5226872289306592, 0.361615431964962, 0.27635564856411376, 0.18394653352804122)
"""Sine of the least a that each rule is used for, a = 0.72, 0.55, 0.37, 0.28, 0.185: e^(-2 pi a N) < 2e-12."""
LOWEST = -700.0  # of ln(q / p): lower ones stand only where the mass under q is 0
ROOM = 192
WORKSPACE = 4


class Rules(NamedTuple):
    """Nodes of every rule (rules, ROOM), from the middle outwards: z, z^2, and mass under N(0, 1)."""

    z: np.ndarray
    square: np.ndarray
    mass: np.ndarray


@kernel
def fill_rules(steps, z, square, mass):
    """Write the nodes z = sinh(y) of rules with the given steps a unit, and masses cosh(y) exp(-z^2 / 2) / sqrt(2 pi).

    Node 0 is the middle, nodes 2 i - 1 and 2 i are y = i / steps and -i / steps.
    """
    for r in range(steps.size):
        for j in range(z.shape[1]):
            e = exp(((j + 1) // 2) / steps[r])
            t = 0.5 * (e - 1.0 / e)
            z[r, j] = t if j % 2 == 1 else -t
            square[r, j] = t * t
            mass[r, j] = 0.5 * (e + 1.0 / e) / steps[r] * DENSITY_AT_0 * exp(-0.5 * t * t)


def rules() -> Rules:
    """Nodes of all rules."""
    found = Rules(*(np.empty((len(STEPS), ROOM)) for _ in range(3)))
    fill_rules(np.array(STEPS), *found)
    return found


@inline
def nearest_zero(rho, m, s2, s, log_s):
    """Sine of the least imaginary part of asinh(z), z a zero of the pool's density; 1 where all are far away.

    (z - b)^2 = (L + c + i pi) / A with A = (1 - s2) / 2, b = m s / (2 A), c = m^2 / (4 A) - ln s and L the
    log odds of rho.
    """
    a = 0.5 * (1.0 - s2)
    if abs(a) < FLAT and m < NEAR:
        return 1.0
    a = max(abs(a), 1e-9) * (1.0 if s2 < 1.0 else -1.0)
    shift = 0.5 * m * s / a
    real = (log(rho / (1.0 - rho)) + 0.25 * m * m / a - log_s) / a
    imaginary = 3.14159265358979323846 / abs(a)
    size = np.sqrt(real * real + imaginary * imaginary)
    x = np.sqrt(max(0.5 * (size + real), 0.0))
    y = np.sqrt(max(0.5 * (size - real), 0.0))
    x = abs(x - abs(shift))  # of the nearer of the two zeros
    return 0.5 * (np.sqrt(x * x + (1.0 + y) * (1.0 + y)) - np.sqrt(x * x + (1.0 - y) * (1.0 - y)))


@inline
def choose(rho, m, s2, d):
    """Number of the rule to use and of its nodes; -1 where none is known to be good enough."""
    if d != 1 or not (VARIANCES[0] <= s2 <= VARIANCES[1]) or m > FARTHEST or rho < LEAST or 1.0 - rho < LEAST:
        return -1, 0
    s = np.sqrt(s2)
    near = nearest_zero(rho, m, s2, s, 0.5 * log(s2))
    chosen = 0
    for least in SIN_NEAREST:
        chosen += 1 if near < least else 0
    if chosen == len(STEPS):
        return -1, 0
    far = max(REACH, (REACH + m) / s)
    side = int(log(far + np.sqrt(far * far + 1.0)) * STEPS[chosen]) + 1
    count = (2 * side + LANES) // LANES * LANES  # 2 side + 1, rounded up
    return (chosen, count) if count <= ROOM else (-1, 0)


@inline
def fill_nodes(m, s2, rule, count, rules, work):
    """Write at the nodes of a rule ln(q / p) into work[0] and p / q into work[1]."""
    z, square = rules.z[rule], rules.square[rule]
    lr, ratio = work[0], work[1]
    a, b, c = 0.5 * (1.0 - s2), m * np.sqrt(s2), 0.5 * (m * m - log(s2))
    for i in range(count):
        here = max(c + b * z[i] - a * square[i], LOWEST)
        lr[i] = here
        ratio[i] = exp(-here)


@inline
def fill_logs(rho, count, work):
    """Write at the nodes ln(pool / p) into work[2]."""
    lr, ratio, ln_g = work[0], work[1], work[2]
    human = 1.0 - rho
    for i in range(count):
        ln_g[i] = log_in_range(human * ratio[i] + rho) + lr[i]


@inline
def loss_of_nodes(rho, mass, count, work):
    """Collapse loss: int pool ln g - (pool - p), g = pool / p; the last integral is 0, and no term is negative."""
    ratio, ln_g, terms = work[1], work[2], work[3]
    human = 1.0 - rho
    for i in range(count):
        pool = human * ratio[i] + rho
        terms[i] = mass[i] * (pool * ln_g[i] - (pool - ratio[i]))
    return row_total(terms, count)


@inline
def slope_of_nodes(mass, count, work):
    """Slope of the loss, int (q - p) ln g: no term is negative."""
    ratio, ln_g, terms = work[1], work[2], work[3]
    for i in range(count):
        terms[i] = mass[i] * ((1.0 - ratio[i]) * ln_g[i])
    return row_total(terms, count)


@inline
def prepare(rho, m, s2, d, before, rules, work):
    """Choose a rule and fill its nodes and logarithms; `before` is the rule whose nodes stand there for this q, or -1.

    Returns the rule and the number of its nodes; -1 where there is none, and the nodes are as they were.
    """
    rule, count = choose(rho, m, s2, d)
    if rule >= 0:
        if rule != before:
            fill_nodes(m, s2, rule, count, rules, work)
        fill_logs(rho, count, work)
    return rule, count


@kernel
def slope_at(rho, m, s2, d, rules, work, out):
    """Slope of the collapse loss, and the rule whose nodes are left in `work`; out (3,) is workspace."""
    rule, count = prepare(rho, m, s2, d, -1, rules, work)
    slope = slope_of_nodes(rules.mass[rule], count, work) if rule >= 0 else 0.0
    if not slope >= LITTLE:
        gaussian_functionals(rho, m, s2, d, out)
        slope = out[1]
    return slope, rule


@kernel
def loss_at(rho, m, s2, d, before, rules, work, out):
    """Collapse loss, `before` the rule whose nodes for this q stand in `work`, or -1; out (3,) is workspace."""
    rule, count = prepare(rho, m, s2, d, before, rules, work)
    loss = loss_of_nodes(rho, rules.mass[rule], count, work) if rule >= 0 else 0.0
    if not loss >= LITTLE:
        gaussian_functionals(rho, m, s2, d, out)
        loss = out[0]
    return loss


@kernel
def loss_and_slope(rho, m, s2, d, rules, work, out):
    """Collapse loss and its slope as `gaussian_functionals` has them: out (3,), whose last is workspace.

    On the line both are within 1e-11 of 1, and 1e-9 of themselves; work (WORKSPACE, ROOM) is workspace.
    """
    slope, rule = slope_at(rho, m, s2, d, rules, work, out)
    out[0] = loss_at(rho, m, s2, d, rule, rules, work, out)
    out[1] = slope
