"""Two skills, two niches: technical and creative work, each by hand or by AI, or exit; choice at once (MODEL 5.2).

A creator of skills (s_0, s_1) earns w_k h(s_k; B_k) by hand and w_k (a_k - k0 - k1 (1 - s_k)) by AI in niche k, and
stays where both niches together beat u0. Under a logit of temperature tau everything factorises: with V_k the value of
niche k, V = tau ln( exp((V_0 + V_1) / tau) + exp(u0 / tau) ). AI volumes (D_0, D_1) pollute a niche each.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.copies import copy
from ..numerics.elementary import exp, log
from ..numerics.sums import LANES, fold
from .choice import OPEN, VOLUME, exposure, human_work

SUMS = 6
NEWTON_STEPS = 60


class Niche(NamedTuple):
    """Choice between hand and AI in one niche."""

    chance: float  # of AI
    value: float  # V_k
    slope: float  # dV_k/ds
    fall: float  # -dV_k/dB
    odds: float  # d ln(odds of AI)/dB


@inline
def niche(s, w, seen, economy, tau, free):
    """Choice between hand and AI at skill s in a niche of weight w, seen its exposure to pollution."""
    profit, slope, m = human_work(s, seen.borne, seen.top, economy.T, economy.alpha, economy.gamma)
    hand = w * profit
    ai = w * (seen.net - economy.k1 * (1.0 - s))
    best = max(hand, ai) if free > 0.0 else hand
    by_ai = exp((ai - best) / tau) if free > 0.0 else 0.0
    total = exp((hand - best) / tau) + by_ai
    chance = by_ai / total
    slope = w * ((1.0 - chance) * slope + chance * economy.k1)
    return Niche(
        chance, best + tau * log(total), slope, w * ((1.0 - chance) * m + chance * seen.m), w * (m - seen.m) / tau
    )


@inline
def staying(value, u0, tau):
    """Chance of staying in a market worth `value`, and tau ln sum exp(worth / tau)."""
    best = max(value, u0)
    stay = exp((value - best) / tau)
    total = stay + exp((u0 - best) / tau)
    return stay / total, best + tau * log(total)


@kernel
def adoption(D, economy, rows, w, tau, s, weight, out):
    """Means over creators of skills s (2, n), masses weight (n,) or equal ones where empty, at AI volumes D (2,).

    out[k]: chance of staying and using AI in niche k; out[2 + 2 k + l]: its derivative by B_l.
    """
    first, second = exposure(D[0], economy, rows[0]), exposure(D[1], economy, rows[1])
    lanes = np.zeros((SUMS, LANES))
    even = weight.size == 0
    for i in range(s.shape[1]):
        p, v, _, fall_p, odds_p = niche(s[0, i], w, first, economy, tau, rows[0, OPEN])
        q, z, _, fall_q, odds_q = niche(s[1, i], 1.0 - w, second, economy, tau, rows[1, OPEN])
        stay, _ = staying(v + z, economy.u0, tau)
        mass = 1.0 if even else weight[i]
        leave = stay * (1.0 - stay) / tau
        j = i % LANES
        lanes[0, j] += mass * stay * p
        lanes[1, j] += mass * stay * q
        lanes[2, j] += mass * (stay * p * (1.0 - p) * odds_p - p * leave * fall_p)
        lanes[3, j] -= mass * p * leave * fall_q
        lanes[4, j] -= mass * q * leave * fall_p
        lanes[5, j] += mass * (stay * q * (1.0 - q) * odds_q - q * leave * fall_q)
    for k in range(SUMS):
        out[k] = fold(lanes[k]) / s.shape[1] if even else fold(lanes[k])


@inline
def residual(D, rows, out, f):
    """f = volume * mean - D, filled in; returns its largest size."""
    for k in range(2):
        f[k] = rows[k, VOLUME] * out[k] - D[k]
    return max(abs(f[0]), abs(f[1]))


@kernel
def ai_volumes(economy, rows, w, tau, s, weight, D):
    """AI volumes D (2,) that reproduce themselves, in place from a guess; returns the largest residual that is left.

    Newton's steps, halved while they do not help.
    """
    beta, eta = economy.beta, economy.eta
    out, f, trial = np.empty(SUMS), np.empty(2), np.empty(2)
    adoption(D, economy, rows, w, tau, s, weight, out)
    size = residual(D, rows, out, f)
    for _ in range(NEWTON_STEPS):
        if size <= 1e-14 * (rows[0, VOLUME] + rows[1, VOLUME]):
            break
        b0, b1 = beta * eta / (1.0 + eta * D[0]), beta * eta / (1.0 + eta * D[1])
        a = rows[0, VOLUME] * out[2] * b0 - 1.0
        b = rows[0, VOLUME] * out[3] * b1
        c = rows[1, VOLUME] * out[4] * b0
        d = rows[1, VOLUME] * out[5] * b1 - 1.0
        det = a * d - b * c
        move_0 = (d * f[0] - b * f[1]) / det
        move_1 = (a * f[1] - c * f[0]) / det
        share = 1.0
        for _ in range(30):
            trial[0] = min(max(D[0] - share * move_0, 0.0), rows[0, VOLUME])
            trial[1] = min(max(D[1] - share * move_1, 0.0), rows[1, VOLUME])
            adoption(trial, economy, rows, w, tau, s, weight, out)
            new = residual(trial, rows, out, f)
            if new < size:
                break
            share *= 0.5
        if new >= size:
            break
        size = new
        copy(trial, D)
    return size


@kernel
def responses(D, economy, rows, w, tau, s, out):
    """Fill out (6, n) at skills s (2, n): chances of AI in either niche and of staying, V, and its two slopes."""
    first, second = exposure(D[0], economy, rows[0]), exposure(D[1], economy, rows[1])
    for i in range(s.shape[1]):
        p, v, slope_p, _, _ = niche(s[0, i], w, first, economy, tau, rows[0, OPEN])
        q, z, slope_q, _, _ = niche(s[1, i], 1.0 - w, second, economy, tau, rows[1, OPEN])
        stay, value = staying(v + z, economy.u0, tau)
        out[0, i], out[1, i], out[2, i], out[3, i] = p, q, stay, value
        out[4, i], out[5, i] = stay * slope_p, stay * slope_q
