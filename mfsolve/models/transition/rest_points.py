"""Quantal response equilibria: all rest points of the skill density, certified, with their stability (MODEL 5.2).

A rest point is mu ~ f exp(V(s; D) / kappa) at an AI volume D = F(D). Profits, and the rates at which they fall with D,
are non-increasing in D, so a cell of D encloses F and F'; it is halved until it holds no root or exactly one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import instance, whole

from .held_volume import AdoptionMap, Response
from .parameters import MOST_CELLS, Parameters
from .pigouvian_tax import with_rate
from .policies import LaissezFaire, Policy

FIRST = 64
NARROWEST = 2.0**-44
BATCH = 256
SPECTRUM = 200
"""Most cells of the dense spectrum that tells the stability."""


@dataclass(frozen=True)
class RestPoint:
    """A rest point of the skill density with choice at once.

    Attributes
    ----------
    ai_volume
        D.
    human, ai, exited
        Shares of creators.
    mean_skill
        Mean skill of everybody.
    growth
        Largest real part of the flow linearised there, per unit of time: below 0 the rest point is stable; infinite
        where choices alone would run away.
    certified
        Whether bounds prove the list it stands in complete. They are interval bounds in floating-point arithmetic, to
        its rounding.
    """

    ai_volume: float
    human: float
    ai: float
    exited: float
    mean_skill: float
    growth: float
    certified: bool

    @property
    def stable(self) -> bool:
        """True if small deviations die out."""
        return self.growth < 0.0


def rest_points(parameters: Parameters, policy: Policy | None = None, *, cells: int = 400) -> tuple[RestPoint, ...]:
    """All rest points, in ascending order of AI volume, with AI at the end of its ramp (MODEL 5.2).

    Parameters
    ----------
    parameters
        The economy; choices are taken at once whatever `choice` says.
    policy
        In force for ever; none if not given.
    cells
        Cells of skill, in [8, 2^14]: the rest points are those of `mean_field` on the same cells, exactly.

    Returns
    -------
    tuple of RestPoint
        At least one.

    Raises
    ------
    ValueError
        For an argument outside its range, or a policy whose lever is not given.
    """
    instance("parameters", parameters, Parameters)
    at_once = parameters.changed(choice="instant")
    policy = with_rate(at_once, policy or LaissezFaire())
    held = AdoptionMap(at_once, policy, whole("cells", cells, 8, MOST_CELLS))
    brackets, certified = certified_brackets(held)
    coarse = held if cells <= SPECTRUM else AdoptionMap(at_once, policy, SPECTRUM)
    found = []
    for low, high in brackets:
        D = polish_root(held, low, high)
        state = held.at(D)
        human, ai, exited = (float(state.mean(share)[0]) for share in state.chance)
        skill = float(state.mean(np.broadcast_to(held.s, state.value.shape))[0])
        found.append(RestPoint(D, human, ai, exited, skill, growth(coarse, D), certified))
    return tuple(found)


def polish_root(held: AdoptionMap, low: float, high: float) -> float:
    """The root of F(D) - D between two places where its sign differs, or which are equal."""
    from scipy.optimize import brentq

    if low == high:
        return low
    return float(brentq(held.gap, low, high, xtol=1e-15, rtol=8.9e-16))


def certified_brackets(held: AdoptionMap) -> tuple[list[tuple[float, float]], bool]:
    """Cells of D with exactly one root each, ascending, and whether every other cell was proved empty."""
    edges = np.linspace(0.0, held.volume, FIRST + 1)
    low, high = edges[:-1], edges[1:]
    brackets: list[tuple[float, float]] = []
    certified = True
    while low.size:
        a, b = held.at(low[:BATCH]), held.at(high[:BATCH])
        rest = low[BATCH:], high[BATCH:]
        least, most, flattest, steepest = map_bounds(held, a, b)
        empty = (most < a.D) | (least > b.D)
        one = ~empty & ((steepest < 1.0) | (flattest > 1.0))
        tiny = ~empty & ~one & (NARROWEST * held.volume >= b.D - a.D)
        certified &= not tiny.any()
        gaps = held.adoption(a) - a.D, held.adoption(b) - b.D
        for i in np.flatnonzero(one | tiny):
            if gaps[0][i] == 0.0:
                brackets.append((float(a.D[i]), float(a.D[i])))
            elif gaps[0][i] * gaps[1][i] < 0.0:
                brackets.append((float(a.D[i]), float(b.D[i])))
        split = ~empty & ~one & ~tiny
        middle = 0.5 * (a.D[split] + b.D[split])
        low = np.concatenate([a.D[split], middle, rest[0]])
        high = np.concatenate([middle, b.D[split], rest[1]])
    if not brackets:  # everybody adopts, to the last bit: F - D is above 0, or 0, at the largest volume too
        brackets.append((held.volume, held.volume))
    return sorted(brackets), certified


def map_bounds(held: AdoptionMap, a: Response, b: Response) -> tuple[Floats, Floats, Floats, Floats]:
    """Bounds (k,) of F, and of F', on the cells between the volumes of a and b: least, most, flattest, steepest."""
    low_p, high_p = _chances(held, a.worth, b.worth)
    low_w, high_w = _weights(held, a.value, b.value)
    low_f, high_f = b.falling, a.falling
    p, c = a.mean(a.chance[1]), a.mean(a.decline)
    P = _mean(low_w, high_w, low_p[1], high_p[1], p)
    # P_A (decline - falling_A) = P_A P_H falling_H - P_A (1 - P_A) falling_A
    most = high_p[1] * high_p[0] * high_f[0] - low_p[1] * (1.0 - high_p[1]) * low_f[1]
    least = low_p[1] * low_p[0] * low_f[0] - high_p[1] * (1.0 - low_p[1]) * high_f[1]
    chosen = _mean(low_w, high_w, least, most, a.mean(a.chance[1] * (a.decline - a.falling[1])))
    decline = (low_p * low_f).sum(axis=0), (high_p * high_f).sum(axis=0)
    centred = _mean(low_w, high_w, *decline, c)
    corners = [
        x * y for x in (low_p[1] - p[:, None], high_p[1] - p[:, None]) for y in (d - c[:, None] for d in decline)
    ]
    product = _mean(low_w, high_w, np.minimum.reduce(corners), np.maximum.reduce(corners), 0.0 * p)
    shifts = [x * y for x in (P[0] - p, P[1] - p) for y in (centred[0] - c, centred[1] - c)]
    sorting = product[0] - np.maximum.reduce(shifts), product[1] - np.minimum.reduce(shifts)
    flattest = held.volume * (chosen[0] / held.tau - held.climb * sorting[1])
    steepest = held.volume * (chosen[1] / held.tau - held.climb * sorting[0])
    return held.volume * P[0], held.volume * P[1], flattest, steepest


def _chances(held: AdoptionMap, upper: Floats, lower: Floats) -> tuple[Floats, Floats]:
    """Bounds of choice probabilities (3, k, n) while every option's worth lies between `lower` and `upper`."""
    low, high = np.empty_like(upper), np.empty_like(upper)
    for j in range(3):
        mine = np.arange(3)[:, None, None] == j
        low[j] = held.logit(np.where(mine, lower, upper))[0][j]
        high[j] = held.logit(np.where(mine, upper, lower))[0][j]
    return low, high


def _weights(held: AdoptionMap, upper: Floats, lower: Floats) -> tuple[Floats, Floats]:
    """Bounds of the masses of skill (k, n) while values lie between `lower` and `upper`."""
    top = (held.log_talent + held.climb * upper).max(axis=1, keepdims=True)
    most, least = (np.exp(held.log_talent + held.climb * v - top) for v in (upper, lower))
    return least / most.sum(axis=1, keepdims=True), most / least.sum(axis=1, keepdims=True)


def _mean(low_w: Floats, high_w: Floats, low: Floats, high: Floats, centre: Floats) -> tuple[Floats, Floats]:
    """Bounds (k,) of the mean of x in [low, high] under masses in [low_w, high_w] that sum to 1, about `centre`."""
    down, up = low - centre[:, None], high - centre[:, None]
    least = np.where(down > 0.0, low_w, high_w) * down
    most = np.where(up > 0.0, high_w, low_w) * up
    return centre + least.sum(axis=1), centre + most.sum(axis=1)


def generator(held: AdoptionMap, D: float) -> Floats:
    """Rates (n, n) of the exponentially fitted flow at a held AI volume: d mu / dt = generator @ mu."""
    value = held.at(D).value[0]
    w = -np.diff(held.log_talent + held.climb * value)
    scale = held.parameters.diffusion / held.h**2
    right, left = scale * _bernoulli(w), scale * _bernoulli(-w)
    n = held.s.size
    rates = np.zeros((n, n))
    i = np.arange(n - 1)
    rates[i + 1, i], rates[i, i + 1] = right, left
    rates[i, i] -= right
    rates[i + 1, i + 1] -= left
    return rates


def _bernoulli(w: Floats) -> Floats:
    """w / (e^w - 1)."""
    small = np.abs(w) < 1e-8
    safe = np.where(small, 1.0, w)
    return np.where(small, 1.0 - 0.5 * w, safe / np.expm1(safe))


def flow_jacobian(held: AdoptionMap, D: float) -> Floats | None:
    """The flow linearised at a rest point, (n, n) acting on masses; None where choices alone would run away.

    A deviation of the density moves D at once, through d D = volume P_A . d mu / (1 - volume E dP_A/dD), and D moves
    every profit.
    """
    state = held.at(D)
    mu = state.weight[0]
    answer = float(held.volume * state.mean(state.chance[1] * (state.decline - state.falling[1]))[0] / held.tau)
    if answer >= 1.0:
        return None
    e = 1e-6 * held.volume
    pushed = (generator(held, D + e) - generator(held, D - e)) @ mu / (2.0 * e)
    return np.asarray(generator(held, D) + np.outer(pushed, held.volume * state.chance[1, 0] / (1.0 - answer)))


def growth(held: AdoptionMap, D: float) -> float:
    """Largest real part of the spectrum of the flow linearised at a rest point, mass held fixed, per unit of time."""
    jacobian = flow_jacobian(held, D)
    if jacobian is None:
        return np.inf
    # columns sum to 0: the left null vector is the mass, the rest acts on differences from the last cell
    reduced = jacobian[:-1, :-1] - jacobian[:-1, -1:]
    return float(np.linalg.eigvals(reduced).real.max())
