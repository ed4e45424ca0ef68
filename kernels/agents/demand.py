"""Demand of infinitely many consumers who look at a few offers (MODEL 5.3): the expectation of `qlearning.shop`.

A consumer's looks are independent draws from the weights on offer, w, in units of that of taking none. With
L(s) = E exp(-s w) all that is needed of m looks is an integral over s: the chance that a look of weight w is taken is

    D(w) = E[w / (1 + w + the other looks)] = w int_0^inf exp(-s (1 + w)) L(s)^(m-1) ds,

a consumer takes none with probability int exp(-s) L^m ds, and the mean of ln(1 + looks) is
int exp(-s) (1 - L^m) / s ds. In y = ln s the integrands are analytic in a strip of half-width pi/2, so the
trapezoidal rule with step h errs by about 2 |Gamma(1 + 2 pi i / h)|.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._jit import inline, kernel
from ..numerics.elementary import exp
from ..random.variates import poisson
from .market_state import ACTION, ADOPT, CREATIVE, EXIT, RESKILL, STAY

STEP = 0.3  # of the rule in ln s: its error is 1e-13


class Expected(NamedTuple):
    """Expected demand for an offer: looks that fall on it, times the chance D that such a look is taken."""

    seen: NDArray[np.float64]  # (2,), looks of technical and of creative demand at one creator
    scale: float  # bins per unit of skill
    technical: NDArray[np.float64]  # (bins,), D by technical skill
    creative: NDArray[np.float64]  # (bins,), D by creative skill
    ai: NDArray[np.float64]  # (2,), D of an AI offer


@kernel
def nodes(low, s):
    """s_k = exp(low + STEP k), for s (k,)."""
    for k in range(s.size):
        s[k] = exp(low + STEP * k)


@inline
def bin_of(x, scale, bins):
    """The bin left of a skill, and how far it lies towards the next one."""
    place = min(x * scale, bins - 1.0)
    b = min(np.int64(place), bins - 2)
    return b, place - b


@kernel
def offers_by_skill(creators, scale, technical, creative):
    """Add the creators who offer their own work to technical and creative (bins,), by skill.

    Bin b stands for skill b / scale; a creator is shared between the two bins next to it, in proportion.
    """
    state, t, c, _ = creators
    bins = technical.size
    for i in range(state.size):
        action = state[i] & ACTION
        if action != ADOPT and action != EXIT:
            b, part = bin_of(t[i], scale, bins)
            technical[b] += 1.0 - part
            technical[b + 1] += part
            b, part = bin_of(c[i], scale, bins)
            creative[b] += 1.0 - part
            creative[b + 1] += part


@kernel
def laplace_transform(table, number, s, w_ai, number_ai, out):
    """out[k] = L(s_k) of the weights on offer: `number` (bins,) of the table's weights and `number_ai` of w_ai."""
    mass = number_ai
    for b in range(number.size):
        mass += number[b]
    for k in range(s.size):
        total = number_ai * exp(-s[k] * w_ai)
        for b in range(number.size):
            total += number[b] * table[k, b]
        out[k] = min(total / mass, 1.0)


@kernel
def purchase_chance(table, w, s, laplace, looks, out):
    """out[b] = D(w[b]), with table[k, b] = exp(-s[k] w[b])."""
    for b in range(w.size):
        out[b] = 0.0
    for k in range(s.size):
        others = 1.0
        for _ in range(looks - 1):
            others *= laplace[k]
        others *= STEP * s[k] * exp(-s[k])
        for b in range(w.size):
            out[b] += others * table[k, b] * w[b]


@kernel
def none_and_surplus(s, laplace, looks):
    """Probability of taking none, and E ln(1 + sum of weights seen)."""
    none = surplus = 0.0
    for k in range(s.size):
        others = 1.0
        for _ in range(looks):
            others *= laplace[k]
        weight = STEP * exp(-s[k])
        none += weight * s[k] * others
        surplus += weight * (1.0 - others)
    return none, surplus


@inline
def chance_at(x, scale, taken):
    """D at a skill, linear between the bins of `taken` (bins,)."""
    b, part = bin_of(x, scale, taken.size)
    return taken[b] + part * (taken[b + 1] - taken[b])


@kernel
def assess(rules, unit, creators, demand):
    """Values q (n, 4) of the actions in a market that stands still: best response instead of experience.

    Of one period's expected rewards r(a), and v = max(r(stay), r(adopt), r(exit)) of those that are allowed:
    q(a) = r(a) + gamma / (1 - gamma) v, where v of who re-skills is at the skills that come of it. Values of -inf, of
    what is not allowed, stay.
    """
    state, t, c, q = creators
    seen, scale, taken_t, taken_c, taken_ai = demand
    later = rules.gamma / (1.0 - rules.gamma)
    margin = rules.human_margin / unit
    adopt = rules.ai_margin / unit * (seen[0] * taken_ai[0] + seen[1] * taken_ai[1]) - rules.adoption_cost
    for i in range(state.size):
        here_t, here_c = t[i], c[i]
        if state[i] & CREATIVE:
            there_t = here_t - rules.move * here_t
            there_c = here_c + rules.exchange * (here_t - there_t)
        else:
            there_c = here_c - rules.move * here_c
            there_t = here_t + rules.exchange * (here_c - there_c)
        stay = margin * (seen[0] * chance_at(here_t, scale, taken_t) + seen[1] * chance_at(here_c, scale, taken_c))
        moved = margin * (seen[0] * chance_at(there_t, scale, taken_t) + seen[1] * chance_at(there_c, scale, taken_c))
        other = -np.inf
        if q[i, ADOPT] > -np.inf:
            other = adopt
        if q[i, EXIT] > -np.inf:
            other = max(other, rules.income)
        now, then = later * max(stay, other), later * max(moved, other)
        q[i, STAY] = stay + now if q[i, STAY] > -np.inf else -np.inf
        q[i, RESKILL] = moved - rules.reskilling_cost + then if q[i, RESKILL] > -np.inf else -np.inf
        q[i, ADOPT] = adopt + now if q[i, ADOPT] > -np.inf else -np.inf
        q[i, EXIT] = rules.income + now if q[i, EXIT] > -np.inf else -np.inf


@kernel
def sell(technical, creative, creators, demand, bought_technical, bought_creative):
    """Poisson sales of creators in the market, slot by slot, at the expected demand; two streams of random numbers."""
    state, t, c, _ = creators
    seen, scale, taken_t, taken_c, taken_ai = demand
    t0, t1, c0, c1 = technical.key[0], technical.key[1], creative.key[0], creative.key[1]
    lane, step, replicate = technical.lane, technical.step, technical.replicate
    slot = 0
    for i in range(state.size):
        action = state[i] & ACTION
        if action == EXIT:
            continue
        if action == ADOPT:
            to_t, to_c = taken_ai[0], taken_ai[1]
        else:
            to_t, to_c = chance_at(t[i], scale, taken_t), chance_at(c[i], scale, taken_c)
        own = lane + np.uint64(i)
        bought_technical[slot] = poisson(t0, t1, own, step, replicate, seen[0] * to_t)
        bought_creative[slot] = poisson(c0, c1, own, step, replicate, seen[1] * to_c)
        slot += 1
