"""The density of skill while everybody chooses at once (MODEL 5.2): grid and particles.

d mu/dt = d/ds( sigma (d mu/ds - mu d ln f/ds) - nu mu dV/ds ),  V(s) = tau ln sum_j exp(pi_j(s; D) / tau),
D = volume int P_A(s; D) dmu: pollution and choices are settled within every instant.
"""

import numpy as np

from .._jit import inline, kernel
from ..flow.fokker_planck import TINY, sweep
from ..numerics.elementary import exp
from ..numerics.search import Chord, false_position, illinois
from ..numerics.sums import LANES, fold, total
from .choice import FEE, HIDDEN, OPEN, VOLUME, craft, logit, market, settle

ROOT_STEPS = 200


@inline
def respond(s, economy, row, tau, borne, top, net):
    """Probabilities of human work and of adopting, value V and slope dV/ds at skill s."""
    T, alpha, gamma, _, k1, u0, _, _ = economy
    x, slope, _ = craft(s, borne, top, T, alpha, gamma)
    px, pa, _, value = logit(x, net - k1 * (1.0 - s), u0, tau, row[OPEN])
    return px, pa, value, px * slope + pa * k1


@kernel
def adopters(D, economy, row, tau, s, weight):
    """sum weight_i P_A(s_i; D), in a fixed order; an empty weight stands for equal ones that sum to 1."""
    _, borne, top, net, _, _ = market(D, economy, row)
    lanes = np.zeros(LANES)
    even = weight.size == 0
    for start in range(0, s.size, LANES):
        for i in range(min(LANES, s.size - start)):
            _, pa, _, _ = respond(s[start + i], economy, row, tau, borne, top, net)
            lanes[i] += pa if even else pa * weight[start + i]
    return fold(lanes) / s.size if even else fold(lanes)


@kernel
def hands(D, economy, row, tau, s):
    """Mean over particles s (n,) of the probability of human work at AI volume D, in a fixed order."""
    _, borne, top, net, _, _ = market(D, economy, row)
    lanes = np.zeros(LANES)
    for start in range(0, s.size, LANES):
        for i in range(min(LANES, s.size - start)):
            px, _, _, _ = respond(s[start + i], economy, row, tau, borne, top, net)
            lanes[i] += px
    return fold(lanes) / s.size


@kernel
def volume(economy, row, tau, s, weight, guess):
    """The AI volume D = volume sum_i weight_i P_A(s_i; D) of masses weight that sum to 1.

    Of several, the one that D comes to from `guess` as it follows the choices: up where more adopt than there are, down
    where fewer do. Steps that double from 1/1000 of the range bracket it, Illinois' false position polishes.
    """
    most = row[VOLUME]
    if row[OPEN] == 0.0:
        return 0.0
    D = min(max(guess, 0.0), most)
    f = most * adopters(D, economy, row, tau, s, weight) - D
    step = 1e-3 * most if f > 0.0 else -1e-3 * most
    last, f_last = D, f
    while f_last * f > 0.0:
        last, f_last = D, f
        D = min(max(D + step, 0.0), most)
        f = most * adopters(D, economy, row, tau, s, weight) - D
        step *= 2.0
    chord = Chord(last, f_last, D, f)
    for _ in range(ROOT_STEPS):
        if chord.f == 0.0 or abs(chord.x - chord.last) <= 1e-15 * most:
            break
        moved = false_position(chord)
        close = abs(moved - chord.x) <= 1e-15 * most
        chord = illinois(chord, moved, most * adopters(moved, economy, row, tau, s, weight) - moved)
        if close:
            break
    return chord.x


@inline
def implicit(dt, sigma, nu, tau, economy, row, s, h, log_talent, guess, u, mu):
    """One implicit step of masses mu (n, 1), choices and pollution at their old values: D, mass that works by hand."""
    D = volume(economy, row, tau, s, mu[:, 0], guess)
    _, borne, top, net, _, _ = market(D, economy, row)
    lanes = np.zeros(LANES)
    for i in range(s.size):
        px, _, value, _ = respond(s[i], economy, row, tau, borne, top, net)
        lanes[i % LANES] += px * mu[i, 0]
        u[i, 0] = -log_talent[i] - nu / sigma * value
    sweep(dt, sigma, 1.0, 0.0, u, s, h, mu, 0.0)
    return D, fold(lanes)


@inline
def extrapolate(whole, half, mu):
    """mu <- 2 half - whole where that stays positive, cell by cell, half elsewhere; mass as in half."""
    got = 0.0
    wanted = 0.0
    for i in range(mu.shape[0]):
        for k in range(mu.shape[1]):
            second = 2.0 * half[i, k] - whole[i, k]
            mu[i, k] = second if second > 0.1 * half[i, k] else half[i, k]
            got += mu[i, k]
            wanted += half[i, k]
    for i in range(mu.shape[0]):
        for k in range(mu.shape[1]):
            mu[i, k] = max(mu[i, k] * (wanted / got), TINY)


@kernel
def march(dt, sigma, nu, tau, economy, rows, s, h, log_talent, D, mu, human):
    """Advance masses mu (n, 1) in place by rows.shape[0] / 2 steps of dt, from the AI volume D; returns the last one.

    rows (2 steps, 9) holds the conditions at the beginning and the middle of every step; human (steps,) gets the mass
    that works by hand at the beginning of each. A step is two implicit halves against a whole one, extrapolated to
    second order.
    """
    n = s.size
    u = np.empty((n, 1))
    whole = np.empty((n, 1))
    half = np.empty((n, 1))
    for k in range(rows.shape[0] // 2):
        first, second = rows[2 * k], rows[2 * k + 1]
        whole[:] = mu
        half[:] = mu
        D, human[k] = implicit(dt, sigma, nu, tau, economy, first, s, h, log_talent, D, u, whole)
        implicit(0.5 * dt, sigma, nu, tau, economy, first, s, h, log_talent, D, u, half)
        D, _ = implicit(0.5 * dt, sigma, nu, tau, economy, second, s, h, log_talent, D, u, half)
        extrapolate(whole, half, mu)
    return D


@kernel
def gibbs(D, economy, row, motion, s, log_talent, mu):
    """mu (n, 1) = f exp(nu V / sigma) at a held AI volume D, of mass 1: at rest under `implicit` with that D."""
    sigma, nu, tau = motion[0], motion[1], motion[2]
    _, borne, top, net, _, _ = market(D, economy, row)
    most = -np.inf
    for i in range(s.size):
        _, _, value, _ = respond(s[i], economy, row, tau, borne, top, net)
        mu[i, 0] = log_talent[i] + nu / sigma * value
        most = max(most, mu[i, 0])
    for i in range(s.size):
        mu[i, 0] = max(exp(mu[i, 0] - most), TINY)
    whole = total(np.ascontiguousarray(mu[:, 0]))
    for i in range(s.size):
        mu[i, 0] /= whole


@kernel
def extrapolated(whole, half, mu):
    """`extrapolate` from Python."""
    extrapolate(whole, half, mu)


@kernel
def drift(D, nu, economy, row, tau, s, force):
    """force[i] = nu dV/ds at the particle's skill."""
    _, borne, top, net, _, _ = market(D, economy, row)
    for i in range(s.size):
        _, _, _, slope = respond(s[i], economy, row, tau, borne, top, net)
        force[i] = nu * slope


@kernel
def options(D, economy, row, tau, s, out):
    """out (3, n): probabilities of human work, AI and exit at skill s (n,) and AI volume D."""
    T, alpha, gamma, _, k1, u0, _, _ = economy
    _, borne, top, net, _, _ = market(D, economy, row)
    for i in range(s.size):
        x, _, _ = craft(s[i], borne, top, T, alpha, gamma)
        out[0, i], out[1, i], out[2, i], _ = logit(x, net - k1 * (1.0 - s[i]), u0, tau, row[OPEN])


@kernel
def tabulate(D, bonus, economy, row, s, worth, served, gross, falling):
    """At AI volumes D (k,) and skills s (n,), of human work, AI and exit, each (3, k, n): worth after levies; share of
    the niche that is served and bears pollution; profit before levies; -d worth / dD. bonus: subsidy, share of profits.
    """
    T, alpha, gamma, _, k1, u0, beta, eta = economy
    for k in range(D.size):
        _, borne, top, net, machine, m_A = market(D[k], economy, row)
        slope = beta * eta / (1.0 + eta * D[k])
        for i in range(s.size):
            profit, _, m = craft(s[i], borne, top, T, alpha, gamma)
            gross[0, k, i], gross[1, k, i], gross[2, k, i] = profit, machine, 0.0
            served[0, k, i], served[1, k, i], served[2, k, i] = row[HIDDEN] * m, m_A, 0.0
            worth[0, k, i] = (1.0 + bonus) * profit
            worth[1, k, i] = net - k1 * (1.0 - s[i]) + bonus * machine
            worth[2, k, i] = u0
            for j in range(3):
                falling[j, k, i] = (1.0 + bonus) * served[j, k, i] * slope
            falling[1, k, i] += row[FEE] * row[VOLUME]


@kernel
def chances(worth, tau, free, chance, value):
    """Probabilities (3, k, n) of options of worth (3, k, n), the second on offer where free > 0; their value (k, n)."""
    for k in range(worth.shape[1]):
        for i in range(worth.shape[2]):
            chance[0, k, i], chance[1, k, i], chance[2, k, i], value[k, i] = logit(
                worth[0, k, i], worth[1, k, i], worth[2, k, i], tau, free
            )


@kernel
def towards_talent(low, high, s):
    """`settle` for every particle; low = 2 sigma (a - 1) dt, high = 2 sigma (b - 1) dt for talent Beta(a, b)."""
    for i in range(s.size):
        s[i] = settle(s[i], low, high)
