"""Collapse loss of a Gaussian pool on the line and its slope by one short rule, where its error is known beforehand.

`gaussian_pool` halves the step until two rules agree. On the line the integrand is analytic up to the places z0 where
the pool's density vanishes, (1 - rho) p + rho q = 0, which are the roots of a quadratic. With z = sinh(y) the trapezoid
rule of N steps a unit is off by about e^(-2 pi a N), a the imaginary part of asinh(z0) that is least, so that N is
chosen before anything is added. Beyond the range of that estimate `gaussian_pool` is called (MODEL 1.1).
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, exponential, log, log_in_range
from ..numerics.special import DENSITY_AT_0
from ..numerics.sums import row_total
from .gaussian_closed_forms import one_source

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
LOSS, SLOPE, BOTH = range(3)


class Rules(NamedTuple):
    """Nodes of every rule (rules, ROOM), from the middle outwards: z, z^2, and mass under N(0, 1)."""

    z: np.ndarray
    square: np.ndarray
    mass: np.ndarray


class Pools(NamedTuple):
    """Pools side by side: contamination, distance of q's mean and variance of q, each (L,)."""

    rho: np.ndarray
    m: np.ndarray
    s2: np.ndarray


def rules() -> Rules:
    """Nodes z = sinh(y) of all rules, and masses cosh(y) exp(-z^2 / 2) / sqrt(2 pi).

    Node 0 is the middle, nodes 2 i - 1 and 2 i are y = i / steps and -i / steps.
    """
    steps, j = np.array(STEPS)[:, None], np.arange(ROOM)
    e = exponential_of((j + 1) // 2 / steps)
    t = 0.5 * (e - 1.0 / e)
    mass = 0.5 * (e + 1.0 / e) / steps * DENSITY_AT_0 * exponential_of(-0.5 * t * t)
    return Rules(np.where(j % 2 == 1, t, -t), t * t, mass)


def exponential_of(x: np.ndarray) -> np.ndarray:
    """The kernels' exponential, of every item of x; they are few."""
    return np.array([exponential(float(item)) for item in x.flat]).reshape(x.shape)


@inline
def nearest_zero(rho, m, s2, s, log_s):
    """Sine of the least imaginary part of asinh(z), z a zero of the pool's density; 1 where all are far away.

    (z - b)^2 = (L + c + i pi) / A with A = (1 - s2) / 2, b = m s / (2 A), c = m^2 / (4 A) - ln s and L the
    log odds of rho.
    """
    flat = 0.5 * (1.0 - s2)
    a = max(abs(flat), 1e-9) * (1.0 if s2 < 1.0 else -1.0)
    shift = 0.5 * m * s / a
    real = (log(rho / (1.0 - rho)) + 0.25 * m * m / a - log_s) / a
    imaginary = 3.14159265358979323846 / abs(a)
    size = np.sqrt(real * real + imaginary * imaginary)
    x = np.sqrt(max(0.5 * (size + real), 0.0))
    y = np.sqrt(max(0.5 * (size - real), 0.0))
    x = abs(x - abs(shift))  # of the nearer of the two zeros
    near = 0.5 * (np.sqrt(x * x + (1.0 + y) * (1.0 + y)) - np.sqrt(x * x + (1.0 - y) * (1.0 - y)))
    return 1.0 if abs(flat) < FLAT and m < NEAR else near


@inline
def choose(rho, m, s2):
    """Number of the rule to use on the line, and its nodes on each side of the middle, both as float64.

    The rule is -1 where none is known to be good enough.
    """
    s = np.sqrt(s2)
    near = nearest_zero(rho, m, s2, s, 0.5 * log(s2))
    rule, steps = 0.0, STEPS[0]
    rule, steps = (1.0, STEPS[1]) if near < SIN_NEAREST[0] else (rule, steps)
    rule, steps = (2.0, STEPS[2]) if near < SIN_NEAREST[1] else (rule, steps)
    rule, steps = (3.0, STEPS[3]) if near < SIN_NEAREST[2] else (rule, steps)
    rule, steps = (4.0, STEPS[4]) if near < SIN_NEAREST[3] else (rule, steps)
    far = max(REACH, (REACH + m) / s)
    side = np.floor(log(far + np.sqrt(far * far + 1.0)) * steps) + 1.0
    within = s2 >= VARIANCES[0] and s2 <= VARIANCES[1] and m <= FARTHEST and rho >= LEAST and 1.0 - rho >= LEAST
    fits = near >= SIN_NEAREST[4] and 2.0 * side + 1.0 <= ROOM
    return rule if within and fits else -1.0, side


@inline
def fill_ratios(line, z, square, lr, ratio):
    """Write ln(q / p), a line in z and z^2, and p / q at the nodes."""
    a, b, c = line
    for i in range(lr.size):
        here = max(c + b * z[i] - a * square[i], LOWEST)
        lr[i] = here
        ratio[i] = exp(-here)


@inline
def fill_terms(rho, mass, lr, ratio, loss, slope):
    """Write the terms of both integrals at the nodes, none of them negative.

    Loss: int pool ln g - (pool - p), g = pool / p, whose last part is 0. Slope: int (q - p) ln g.
    """
    human = 1.0 - rho
    for i in range(lr.size):
        pool = human * ratio[i] + rho
        ln_g = log_in_range(pool) + lr[i]
        loss[i] = mass[i] * (pool * ln_g - (pool - ratio[i]))
        slope[i] = mass[i] * ((1.0 - ratio[i]) * ln_g)


@kernel
def many_losses(wanted, pools, rules, chosen, work, found):
    """Collapse loss and its slope, rows of found (2, L), of many pools on the line; NaN where no rule is good enough.

    What is found is within 1e-11 of 1, and 1e-9 of itself. wanted: `LOSS`, `SLOPE` or `BOTH`. chosen (4, L)
    and work (4, ROOM) are workspace. Two short loops over nodes keep a CPU busier than a long one does.
    """
    rho, m, s2 = pools
    rule, side, b, c = chosen[0], chosen[1], chosen[2], chosen[3]
    lanes = found.shape[1]
    for j in range(lanes):
        rule[j], side[j] = choose(rho[j], m[j], s2[j])
    for j in range(lanes):
        b[j], c[j] = m[j] * np.sqrt(s2[j]), 0.5 * (m[j] * m[j] - log(s2[j]))
    for j in range(lanes):
        loss = slope = 0.0
        least = LITTLE
        if rule[j] >= 0.0:
            r, count = int(rule[j]), (2 * int(side[j]) + LANES) // LANES * LANES  # 2 side + 1, rounded up
            line = (0.5 * (1.0 - s2[j]), b[j], c[j])
            fill_ratios(line, rules.z[r], rules.square[r], work[0, :count], work[1])
            fill_terms(rho[j], rules.mass[r], work[0, :count], work[1], work[2], work[3])
            loss = row_total(work[2], count) if wanted != SLOPE else 0.0
            slope = row_total(work[3], count) if wanted != LOSS else 0.0
        elif rho[j] == 0.0 or rho[j] == 1.0:
            least = -np.inf
            loss, slope = one_source(rho[j], m[j], s2[j], 1)
        if wanted != SLOPE:
            found[LOSS, j] = loss if loss >= least else np.nan
        if wanted != LOSS:
            found[SLOPE, j] = slope if slope >= least else np.nan
