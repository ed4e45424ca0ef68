"""Earnings, losses and choices of a creator by each option, at one skill and one pollution (MODEL 5.2).

A row of conditions (CONDITIONS,) is (qbar, c_A, volume per adopter, tax, fee, hidden, label, grant, open, input): AI
technology; tax and congestion fee per unit of volume; share of pollution that human works still bear; cost of labelling
an adopter's work; pay while re-skilling; 1 where AI may be adopted; tax contained in the cost of an item of AI content.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline
from ..numerics.elementary import exp, log
from ..supply_shock.economy import best_quality, pollution

QBAR, COST, VOLUME, TAX, FEE, HIDDEN, LABEL, GRANT, OPEN, INPUT = range(10)
CONDITIONS = 10


class Economy(NamedTuple):
    """Parameters of the static market."""

    T: float
    alpha: float
    gamma: float
    k0: float
    k1: float
    u0: float
    beta: float
    eta: float


class Motion(NamedTuple):
    """Parameters of skill and occupations over time."""

    sigma: float  # diffusion of skill
    nu: float  # speed at which skill climbs the slope of profit
    tau: float  # temperature of choices
    training: float  # rate at which 1 - s falls while re-skilling
    r: float  # discount rate
    revision: float  # rate of revisions of the occupation
    discovery: float  # rate of discoveries of AI
    lag: float  # mean time that re-skilling takes


class Grid(NamedTuple):
    """Even cells of skill."""

    s: np.ndarray  # centres (n,)
    h: float  # width
    log_talent: np.ndarray  # log reference density (n,)


class Exposure(NamedTuple):
    """Pollution at an AI volume, and what it leaves of AI's profit."""

    B: float
    borne: float  # part of B that human works bear
    top: float  # quality that a human without a capacity would choose
    net: float  # AI profit after levies at skill 1
    gross: float  # AI profit before levies and the adoption cost
    m: float  # share of an AI work's niche that is served


class HumanWork(NamedTuple):
    """Human work at one skill."""

    profit: float
    slope: float  # d profit / ds
    m: float  # share of its niche that is served, -d profit / dB


class Choice(NamedTuple):
    """Logit probabilities of human work, AI and exit, and the value of the choice."""

    human: float
    ai: float
    exit: float
    value: float


@inline
def human_work(s, B, top, T, alpha, gamma):
    """Profit T q m^2 of human work at skill s and quality q = min(alpha s, top), m = (T q - B - q^2/(2 gamma))/(2 T q).

    top = best_quality(B, T, gamma): more capacity than that is worth nothing.
    """
    q = min(alpha * s, top)
    margin = T * q - B - q * q / (2.0 * gamma)
    m = margin / (2.0 * T * q) if margin > 0.0 else 0.0
    slope = alpha * m * (T - q / gamma - T * m) if alpha * s < top else 0.0
    return HumanWork(T * q * m * m, slope, m)


@inline
def ai_work(B, T, qbar, c_A):
    """Profit T qbar m^2 of AI work before the adoption cost, and the share m of its niche that is served."""
    margin = (T - c_A) * qbar - B
    m = margin / (2.0 * T * qbar) if margin > 0.0 else 0.0
    return T * qbar * m * m, m


@inline
def exposure(D, economy, row):
    """Pollution at the AI volume D under the conditions row (CONDITIONS,), and what it leaves of AI's profit."""
    B = pollution(D, economy.beta, economy.eta)
    borne = row[HIDDEN] * B
    gross, m = ai_work(B, economy.T, row[QBAR], row[COST])
    levy = (row[TAX] + row[FEE] * D) * row[VOLUME] + row[LABEL]
    return Exposure(B, borne, best_quality(borne, economy.T, economy.gamma), gross - economy.k0 - levy, gross, m)


@inline
def logit(x, a, u, tau, free):
    """Logit choice among options worth x, a (where free > 0) and u: e^(x/tau) / sum, and tau ln sum."""
    most = max(x, u)
    if free > 0.0:
        most = max(most, a)
    px = exp((x - most) / tau)
    pa = exp((a - most) / tau) if free > 0.0 else 0.0
    pu = exp((u - most) / tau)
    total = px + pa + pu
    return Choice(px / total, pa / total, pu / total, most + tau * log(total))


@inline
def talent_pull(s, low, high):
    """Flow of talent's pull away from the walls: s' = c / s from 0, then (1 - s)' = c / (1 - s) from 1.

    low and high are 2 c times the time; the flows are exact however near the wall.
    """
    r = 1.0 - np.sqrt(s * s + low)
    return 1.0 - np.sqrt(r * r + high)
