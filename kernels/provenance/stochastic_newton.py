"""PMIR's estimator: averaged stochastic Newton over a pool's first items, then a scoring step a block (MODEL 3.3).

An item enters through u = q / p - 1, kept as float32, whose rounding is far below n^(-1/2), and not above e^20 (at a
contamination of 0.001 its score is then off by 2e-6): the score about rho is S = u / (1 + rho u), and
dS / d rho = -S^2. Items come in random order, in blocks that need not be kept once read. What is carried from block to
block is `state` (STATE,): where averaged stochastic Newton starts, and its average once it has ended; c of the score's
expansion l'(rho) = c0 - c1 rho + c2 rho^2; the corrected estimate so far.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.elementary import exp, log
from ..numerics.vectors import SINGLES, filled, load, narrow, reciprocal_by_four, total

STATE = 6
STEPS = 16  # fewest steps, of SINGLES items or more each: a small pool is passed over repeatedly
LARGEST = 2048  # items in a block, unless it is the last
ROOM = 3 + LARGEST // SINGLES  # workspace of a block: three sums, and the gains of its steps
OFFSET = 4.0  # steps by which the sequence of gains begins late
BURN = 2  # 1 / share of the steps left out of the average
MARGIN = 0.001  # distance from 0 and 1 within which scores are continued linearly
NEAR = 0.1  # distance from its maximum, in standard errors, at which the first block may be expanded
REPEATS = 20  # most scoring steps to that maximum


class Gains(NamedTuple):
    """Gains a_j = (j + OFFSET)^-power of stochastic Newton, preconditioned by the inverse information.

    `rate` (3,) = 1 / I(0), 1 / I(1), and 4 / I(1/2) less twice their sum; 1/2 < power <= 1.
    """

    rate: np.ndarray
    power: float


class Expansion(NamedTuple):
    """Derivatives of the log likelihood at a contamination: score l', information -l'', and third = l''' / 2."""

    score: float
    information: float
    third: float


@inline
def inverse_information(rho, rate):
    """1 / I(rho) by the parabola through its values at 0, 1/2 and 1; exact for constant I and I = c / (rho (1 - rho)).

    `rate` as in `Gains`.
    """
    return (1.0 - rho) * rate[0] + rho * rate[1] + rho * (1.0 - rho) * rate[2]


@inline
def interior(rho):
    """rho clipped to [MARGIN, 1 - MARGIN]: nearer to 0 and 1 a single item may outweigh all others."""
    return min(max(rho, MARGIN), 1.0 - MARGIN)


@inner
def begin(start, state):
    """Initialise `state`: an estimate before any item is read."""
    state[:] = 0.0
    state[0] = start


@inner
def stochastic_newton(u, gains, start, steps):
    """Averaged stochastic Newton, rho += a_j I(rho)^-1 S_j, over items u (n,) in turn; returns the average.

    S_j is the mean score of SINGLES items, or of twice as many where that makes STEPS steps; a small pool is passed
    over repeatedly. Robbins-Monro gains (`Gains`), iterates averaged (Ruppert 1988; Polyak & Juditsky 1992), the first
    1 / BURN of them left out. Beyond [MARGIN, 1 - MARGIN] scores are continued linearly: the average of projected
    iterates would be biased near an end. `steps` is workspace for the gains of a pass.
    """
    rate, power = gains.rate, gains.power
    batch = 2 * SINGLES if u.size >= 2 * SINGLES * STEPS else SINGLES
    passes, count = max(1, SINGLES * STEPS // u.size), (u.size + batch - 1) // batch
    x = load(u, 0)
    one, none = filled(1.0, x), narrow(filled(0.0, x))
    rho, average, taken, burn = start, 0.0, 0.0, passes * count // BURN
    for _ in range(passes):
        for k in range(count):  # side by side, so that none waits for another
            steps[k] = exp(-power * log(taken + k + OFFSET))
        for k in range(count):
            gain, at = steps[k], interior(rho)
            slope, scores = filled(at, x), none
            first, stop = k * batch, min((k + 1) * batch, u.size)
            for i in range(first, stop, SINGLES):
                x = load(u, i)
                scores += narrow(x * reciprocal_by_four(one + slope * x))
            step = gain * inverse_information(at, rate) / (stop - first)
            rho = rho - gain * (rho - at) + step * total(scores)
            taken += 1.0
            if taken > burn:
                average += (rho - average) / (taken - burn)
    return average


@inner
def score_sums(u, rho, sums):
    """Sums of S, S^2 and S^3 over items u (n,) at rho: l', -l'' and l''' / 2 of the log likelihood."""
    x = load(u, 0)
    one, slope = filled(1.0, x), filled(rho, x)
    first = second = third = narrow(filled(0.0, x))
    for start in range(0, u.size, SINGLES):
        x = load(u, start)
        s = x * reciprocal_by_four(one + slope * x)
        first += narrow(s)
        power = s * s
        second += narrow(power)
        third += narrow(power * s)
    sums[0], sums[1], sums[2] = total(first), total(second), total(third)


@inline
def step_to_root(score, information, third):
    """Newton's step to the root of score - information x + third x^2, with Halley's correction where it is small."""
    step = score / information
    damped = 1.0 - step * third / information
    return step / damped if damped > 0.5 else step


@inline
def expansion_at(rho, state):
    """Derivatives of the log likelihood of all items read so far, at rho, by their expansion."""
    c0, c1, c2 = state[2], state[3], state[4]
    return Expansion(c0 - rho * (c1 - rho * c2), c1 - 2.0 * rho * c2, c2)


@inner
def read(u, gains, state, room):
    """Update the estimate with a block of items.

    The first block is expanded next to its own maximum, a few scoring steps from where averaged stochastic Newton ended
    in it. Every other one is expanded at the estimate so far: a step of stochastic Newton whose gains are the best
    there are, the inverse of all information so far. `room` (ROOM,) is workspace.
    """
    sums = room[:3]
    if state[3] == 0.0:
        state[1] = stochastic_newton(u, gains, state[0], room[3:])
        at = interior(state[1])
        for _ in range(REPEATS):
            score_sums(u, at, sums)
            step = step_to_root(sums[0], sums[1], sums[2])
            if not step * step * sums[1] > NEAR * NEAR or interior(at + step) == at:
                break
            at = interior(at + step)
    else:
        at = interior(state[5])
        score_sums(u, at, sums)
    state[2] += sums[0] + at * (sums[1] + at * sums[2])
    state[3] += sums[1] + 2.0 * at * sums[2]
    state[4] += sums[2]
    score, information, third = expansion_at(at, state)
    state[5] = at + step_to_root(score, information, third)


@inner
def finish(n, state, out):
    """Result of all blocks: out (4,) = unprojected estimate, information per item there, mean cubed score, average.

    The information is that at the estimate's projection on [0, 1], the average that of stochastic Newton over the first
    block. One step from estimates within O(n^-1/2) has the maximum-likelihood variance (Le Cam 1956); over blocks
    expanded at successive estimates it is the step of an aggregated estimating equation (Lin & Xi 2011).
    """
    _, information, third = expansion_at(min(max(state[5], 0.0), 1.0), state)
    out[0], out[1], out[2], out[3] = state[5], information / n, third / n, state[1]


@kernel
def interval(estimate, information, third, n, drop, ends):
    """Ends (2,) of the contaminations whose third-order deviance is within `drop` of its minimum on [0, 1].

    The deviance is n (information x^2 - 2/3 third x^3) with x = rho - estimate. The ends are 0 and 1 where the items
    cannot tell 0 from 1; either is 0 or 1 where the deviance never rises that far.
    """
    ends[0], ends[1] = 0.0, 1.0
    if not n * information > drop:
        return
    nearest = min(max(estimate, 0.0), 1.0)
    x = nearest - estimate
    need = drop / n + max(x * x * (information - 2.0 / 3.0 * third * x), 0.0)
    for side in range(2):
        cubic = 2.0 / 3.0 * (third if side == 1 else -third)
        low, high = 0.0, 2.0
        if cubic > 0.0:
            high = min(high, 2.0 / 3.0 * information / cubic)  # beyond it the cubic decreases
        if high * high * (information - cubic * high) < need:
            continue
        for _ in range(60):
            x = 0.5 * (low + high)
            if x * x * (information - cubic * x) < need:
                low = x
            else:
                high = x
        end = estimate + (high if side == 1 else -high)
        ends[side] = min(max(end, 0.0), nearest) if side == 0 else max(min(end, 1.0), nearest)
