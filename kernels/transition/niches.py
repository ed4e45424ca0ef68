"""Two skills, two niches (MODEL 5.2): technical and creative work, each by hand or by AI, or exit; choice at once.

A creator of skills (s_0, s_1) earns w_k h(s_k; B_k) by hand and w_k (a_k - k0 - k1 (1 - s_k)) by AI in niche k, and
stays where both niches together beat u0. Under a logit of temperature tau everything factorises: with V_k the value of
niche k, V = tau ln( exp((V_0 + V_1) / tau) + exp(u0 / tau) ). AI volumes (D_0, D_1) pollute a niche each.
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.sums import LANES, fold
from .choice import OPEN, VOLUME, craft, market

SUMS = 6
NEWTON_STEPS = 60


@inline
def niche(s, w, borne, top, net, m_A, T, alpha, gamma, k1, tau, free):
    """Chance of AI in a niche of weight w, its value V_k, dV_k/ds, -dV_k/dB, and d ln(odds of AI)/dB."""
    profit, slope, m = craft(s, borne, top, T, alpha, gamma)
    hand = w * profit
    ai = w * (net - k1 * (1.0 - s))
    best = max(hand, ai) if free > 0.0 else hand
    by_ai = exp((ai - best) / tau) if free > 0.0 else 0.0
    total = exp((hand - best) / tau) + by_ai
    chance = by_ai / total
    slope = w * ((1.0 - chance) * slope + chance * k1)
    return chance, best + tau * log(total), slope, w * ((1.0 - chance) * m + chance * m_A), w * (m - m_A) / tau


@inline
def staying(value, u0, tau):
    """Chance of staying in a market worth `value`, and tau ln sum exp(worth / tau)."""
    best = max(value, u0)
    stay = exp((value - best) / tau)
    total = stay + exp((u0 - best) / tau)
    return stay / total, best + tau * log(total)


@kernel
def tally(D, economy, rows, w, tau, s, weight, out):
    """Means over creators of s (2, n), masses weight (n,) or equal ones where empty, at volumes D (2,).

    out[k]: chance of staying and using AI in niche k; out[2 + 2 k + l]: its derivative by B_l.
    """
    T, alpha, gamma, _, k1, u0, _, _ = economy
    _, borne_0, top_0, net_0, _, m_0 = market(D[0], economy, rows[0])
    _, borne_1, top_1, net_1, _, m_1 = market(D[1], economy, rows[1])
    lanes = np.zeros((SUMS, LANES))
    even = weight.size == 0
    for i in range(s.shape[1]):
        p, v, _, fall_p, odds_p = niche(
            s[0, i], w, borne_0, top_0, net_0, m_0, T, alpha, gamma, k1, tau, rows[0, OPEN]
        )  # fmt: skip
        q, z, _, fall_q, odds_q = niche(
            s[1, i], 1.0 - w, borne_1, top_1, net_1, m_1, T, alpha, gamma, k1, tau, rows[1, OPEN]
        )  # fmt: skip
        stay, _ = staying(v + z, u0, tau)
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
def gap(D, rows, out, f):
    """f = volume * mean - D; returns its largest size."""
    for k in range(2):
        f[k] = rows[k, VOLUME] * out[k] - D[k]
    return max(abs(f[0]), abs(f[1]))


@kernel
def volumes(economy, rows, w, tau, s, weight, D):
    """AI volumes D (2,) that reproduce themselves, in place from a guess: Newton's steps, halved while they do not
    help. Returns the largest residual that is left.
    """
    beta, eta = economy[6], economy[7]
    out, f, trial = np.empty(SUMS), np.empty(2), np.empty(2)
    tally(D, economy, rows, w, tau, s, weight, out)
    size = gap(D, rows, out, f)
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
            tally(trial, economy, rows, w, tau, s, weight, out)
            new = gap(trial, rows, out, f)
            if new < size:
                break
            share *= 0.5
        if new >= size:
            break
        size = new
        D[:] = trial
    return size


@kernel
def respond(D, economy, rows, w, tau, s, out):
    """out (6, n) at s (2, n): chances of AI in either niche, of staying, V, and its two slopes."""
    T, alpha, gamma, _, k1, u0, _, _ = economy
    _, borne_0, top_0, net_0, _, m_0 = market(D[0], economy, rows[0])
    _, borne_1, top_1, net_1, _, m_1 = market(D[1], economy, rows[1])
    for i in range(s.shape[1]):
        p, v, slope_p, _, _ = niche(
            s[0, i], w, borne_0, top_0, net_0, m_0, T, alpha, gamma, k1, tau, rows[0, OPEN]
        )  # fmt: skip
        q, z, slope_q, _, _ = niche(
            s[1, i], 1.0 - w, borne_1, top_1, net_1, m_1, T, alpha, gamma, k1, tau, rows[1, OPEN]
        )  # fmt: skip
        stay, value = staying(v + z, u0, tau)
        out[0, i], out[1, i], out[2, i], out[3, i] = p, q, stay, value
        out[4, i], out[5, i] = stay * slope_p, stay * slope_q
