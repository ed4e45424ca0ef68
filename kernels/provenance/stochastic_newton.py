"""PMIR's estimator: stochastic Newton over a pool's items, averaged, and corrected by a scoring step (MODEL 3.3).

An item enters through u = q / p - 1, kept as float32, whose rounding is far below n^(-1/2): its score about rho is
S = u / (1 + rho u), and dS / d rho = -S^2. Items come in random order, in blocks that may be forgotten once read: what
is carried on is `state` (STATE,) = iterate rho, average, steps taken, steps before the average begins; c of the score's
expansion l'(rho) = c0 - c1 rho + c2 rho^2; the corrected estimate so far.
"""

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.vectors import SINGLES, filled, load, narrow, reciprocal, total

STATE = 8
STEPS = 16  # least number of steps, of SINGLES items or more each: few items are passed over repeatedly
LARGEST = 4096  # most items to a step; a block holds a multiple of it, or is the last
OFFSET = 4.0
BURN = 2  # 1 / share of the steps left out of the average
MARGIN = 0.001
NEAR = 0.1  # standard errors of the first block
REPEATS = 20


@inline
def inverse_information(rho, rate):
    """1 / I(rho) by the parabola through its values at 0, 1/2 and 1; exact for I constant, and for c / (rho (1 - rho)).

    rate (3,) = 1 / I(0), 1 / I(1), and 4 / I(1/2) less twice their sum.
    """
    return (1.0 - rho) * rate[0] + rho * rate[1] + rho * (1.0 - rho) * rate[2]


@inline
def inside(rho):
    """Where scores are taken: some way off 0 and 1, where one item may outweigh all others."""
    return min(max(rho, MARGIN), 1.0 - MARGIN)


@kernel
def begin(n, start, state):
    """Prepare `state` for n items; returns the items of a step and the passes over them."""
    batch = SINGLES
    while batch < LARGEST and n >= 2 * batch * STEPS:
        batch *= 2
    passes = max(1, SINGLES * STEPS // n)
    state[:] = 0.0
    state[0] = state[1] = start
    state[3] = passes * ((n + batch - 1) // batch) // BURN
    return batch, passes


@kernel
def stochastic_newton(u, batch, rate, power, state):
    """rho += a_j I(rho)^-1 S_j over the items u (n,) in turn, S_j the mean score of `batch` of them.

    Robbins-Monro gains a_j = (j + OFFSET)^-power, 1/2 < power <= 1, averaged (Ruppert 1988; Polyak & Juditsky 1992).
    Beyond [MARGIN, 1 - MARGIN] scores are continued linearly: an average of projected iterates would be biased near an
    end.
    """
    x = load(u, 0)
    one, none = filled(1.0, x), narrow(filled(0.0, x))
    rho, average, taken, burn = state[0], state[1], state[2], state[3]
    for start in range(0, u.size, batch):
        gain = exp(-power * log(taken + OFFSET))
        at = inside(rho)
        slope = filled(at, x)
        stop = min(start + batch, u.size)
        scores = none
        for i in range(start, stop, SINGLES):
            x = load(u, i)
            scores += narrow(x * reciprocal(one + slope * x))
        step = gain * inverse_information(at, rate) / (stop - start)
        rho = rho - gain * (rho - at) + step * total(scores)
        taken += 1.0
        if taken > burn:
            average += (rho - average) / (taken - burn)
    state[0], state[1], state[2] = rho, average, taken


@kernel
def score_sums(u, rho, sums):
    """Sums of S, S^2 and S^3 over items u (n,) at rho: l', -l'' and l''' / 2 of the log likelihood."""
    x = load(u, 0)
    one, slope = filled(1.0, x), filled(rho, x)
    first = second = third = narrow(filled(0.0, x))
    for start in range(0, u.size, SINGLES):
        x = load(u, start)
        s = x * reciprocal(one + slope * x)
        first += narrow(s)
        power = s * s
        second += narrow(power)
        third += narrow(power * s)
    sums[0], sums[1], sums[2] = total(first), total(second), total(third)


@inline
def step_to_root(score, information, third):
    """Newton's step to the root of score - information x + third x^2, with Halley's correction where that is small."""
    step = score / information
    damped = 1.0 - step * third / information
    return step / damped if damped > 0.5 else step


@inline
def expansion_at(rho, state):
    """Score, information and third derivative of all items read so far, at rho."""
    c0, c1, c2 = state[4], state[5], state[6]
    return c0 - rho * (c1 - rho * c2), c1 - 2.0 * rho * c2, c2


@kernel
def read(u, batch, passes, rate, power, state, sums):
    """Learn from a block of items: go on with stochastic Newton, and expand the block's score to third order.

    The first block is expanded next to its maximum, some steps from what stochastic Newton has reached in it; every
    other one at the estimate so far. `sums` (3,) is room.
    """
    for _ in range(passes):
        stochastic_newton(u, batch, rate, power, state)
    if state[5] == 0.0:
        at = inside(state[1] if state[2] > state[3] else state[0])
        for _ in range(REPEATS):
            score_sums(u, at, sums)
            step = step_to_root(sums[0], sums[1], sums[2])
            if not step * step * sums[1] > NEAR * NEAR or inside(at + step) == at:
                break
            at = inside(at + step)
    else:
        at = inside(state[7])
        score_sums(u, at, sums)
    state[4] += sums[0] + at * (sums[1] + at * sums[2])
    state[5] += sums[1] + 2.0 * at * sums[2]
    state[6] += sums[2]
    score, information, third = expansion_at(at, state)
    state[7] = at + step_to_root(score, information, third)


@kernel
def finish(n, state, out):
    """out (4,) = estimate, not projected; information per item at its projection; mean cubed score; the average.

    One step from estimates within O(n^-1/2) gives the maximum likelihood's variance (Le Cam 1956); over blocks expanded
    where the estimate then was, it is that of an aggregated estimating equation (Lin & Xi 2011).
    """
    _, information, third = expansion_at(min(max(state[7], 0.0), 1.0), state)
    out[0], out[1], out[2], out[3] = state[7], information / n, third / n, state[1]


@kernel
def interval(estimate, information, third, n, drop, ends):
    """Contaminations whose deviance, to third order, is within `drop` of its least on [0, 1]: ends (2,).

    Deviance n (information x^2 - 2/3 third x^3), x = rho - estimate. All of [0, 1] where the items could not tell 0
    from 1; an end is that of [0, 1] where the deviance never rises so far.
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
            high = min(high, 2.0 / 3.0 * information / cubic)  # beyond it the cubic falls
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
