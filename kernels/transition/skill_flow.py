"""Density of skill while everybody chooses at once, on a grid and by particles (MODEL 5.2).

d mu/dt = d/ds( sigma (d mu/ds - mu d ln f/ds) - nu mu dV/ds ),  V(s) = tau ln sum_j exp(pi_j(s; D) / tau),
D = volume int P_A(s; D) dmu: pollution and choices are settled within every instant.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.copies import copy_rows
from ..numerics.elementary import TINY, exp
from ..numerics.finite_volume import sweep
from ..numerics.search import Chord, false_position, illinois
from ..numerics.sums import LANES, fold, total
from .choice import FEE, HIDDEN, OPEN, VOLUME, exposure, human_work, logit, talent_pull

ROOT_STEPS = 200


class Response(NamedTuple):
    """Choice at one skill while everybody chooses at once."""

    human: float  # probability of human work
    ai: float  # probability of adopting
    value: float  # V
    slope: float  # dV/ds


class Table(NamedTuple):
    """Options by AI volume and skill: human work, AI and exit, each (3, k, n)."""

    worth: np.ndarray  # profit after levies
    served: np.ndarray  # share of the niche that is served and bears pollution
    gross: np.ndarray  # profit before levies
    falling: np.ndarray  # -d worth / dD


@inline
def respond(s, economy, row, tau, seen):
    """Choice at skill s at an exposure to pollution."""
    profit, slope, _ = human_work(s, seen.borne, seen.top, economy.T, economy.alpha, economy.gamma)
    chosen = logit(profit, seen.net - economy.k1 * (1.0 - s), economy.u0, tau, row[OPEN])
    return Response(chosen.human, chosen.ai, chosen.value, chosen.human * slope + chosen.ai * economy.k1)


@inner
def adopter_share(D, economy, row, tau, s, weight):
    """sum weight_i P_A(s_i; D), in a fixed order; an empty weight stands for equal ones that sum to 1."""
    seen = exposure(D, economy, row)
    lanes = np.zeros(LANES)
    even = weight.size == 0
    for start in range(0, s.size, LANES):
        for i in range(min(LANES, s.size - start)):
            pa = respond(s[start + i], economy, row, tau, seen).ai
            lanes[i] += pa if even else pa * weight[start + i]
    return fold(lanes) / s.size if even else fold(lanes)


@kernel
def human_share(D, economy, row, tau, s):
    """Mean over particles s (n,) of the probability of human work at AI volume D, in a fixed order."""
    seen = exposure(D, economy, row)
    lanes = np.zeros(LANES)
    for start in range(0, s.size, LANES):
        for i in range(min(LANES, s.size - start)):
            lanes[i] += respond(s[start + i], economy, row, tau, seen).human
    return fold(lanes) / s.size


@kernel
def ai_volume(economy, row, tau, s, weight, guess):
    """AI volume D = volume sum_i weight_i P_A(s_i; D) of masses weight (n,) that sum to 1.

    Of several, the one that D comes to from `guess` as it follows the choices: up where more adopt than there are, down
    where fewer do. Steps that double from 1/1000 of the range bracket it, Illinois' false position polishes.
    """
    most = row[VOLUME]
    if row[OPEN] == 0.0:
        return 0.0
    D = min(max(guess, 0.0), most)
    f = most * adopter_share(D, economy, row, tau, s, weight) - D
    step = 1e-3 * most if f > 0.0 else -1e-3 * most
    last, f_last = D, f
    while f_last * f > 0.0:
        last, f_last = D, f
        D = min(max(D + step, 0.0), most)
        if last == D:  # everybody adopts, or nobody, to the last bit
            return D
        f = most * adopter_share(D, economy, row, tau, s, weight) - D
        step *= 2.0
    chord = Chord(last, f_last, D, f)
    for _ in range(ROOT_STEPS):
        if chord.f == 0.0 or abs(chord.x - chord.last) <= 1e-15 * most:
            break
        moved = false_position(chord)
        close = abs(moved - chord.x) <= 1e-15 * most
        chord = illinois(chord, moved, most * adopter_share(moved, economy, row, tau, s, weight) - moved)
        if close:
            break
    return chord.x


@inner
def implicit_step(dt, motion, economy, row, grid, guess, u, mu):
    """One implicit step of masses mu (n, 1), choices and pollution at their old values: D, and the mass by hand."""
    s, climb = grid.s, motion.nu / motion.sigma
    D = ai_volume(economy, row, motion.tau, s, mu[:, 0], guess)
    seen = exposure(D, economy, row)
    lanes = np.zeros(LANES)
    for i in range(s.size):
        here = respond(s[i], economy, row, motion.tau, seen)
        lanes[i % LANES] += here.human * mu[i, 0]
        u[i, 0] = -grid.log_talent[i] - climb * here.value
    sweep(dt * motion.sigma / (grid.h * grid.h), 1.0, u, np.empty(0), mu)
    return D, fold(lanes)


@inline
def extrapolate(whole, half, mu):
    """Richardson's extrapolation: mu <- 2 half - whole where that stays positive, cell by cell, half elsewhere; mass
    as in half.
    """
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
def march(dt, motion, economy, rows, grid, D, mu, human):
    """Advance masses mu (n, 1) in place by rows.shape[0] / 2 steps of dt, from the AI volume D; returns the last one.

    rows (2 steps, CONDITIONS): conditions at the beginning and the middle of every step; human (steps,) gets the mass
    that works by hand at the beginning of each. A step is two implicit halves against a whole one, extrapolated to
    second order.
    """
    n = grid.s.size
    u = np.empty((n, 1))
    whole = np.empty((n, 1))
    half = np.empty((n, 1))
    for k in range(rows.shape[0] // 2):
        first, second = rows[2 * k], rows[2 * k + 1]
        copy_rows(mu, whole)
        copy_rows(mu, half)
        D, human[k] = implicit_step(dt, motion, economy, first, grid, D, u, whole)
        implicit_step(0.5 * dt, motion, economy, first, grid, D, u, half)
        D, _ = implicit_step(0.5 * dt, motion, economy, second, grid, D, u, half)
        extrapolate(whole, half, mu)
    return D


@kernel
def gibbs_density(D, motion, economy, row, grid, mu):
    """Fill mu (n, 1) with f exp(nu V / sigma), of mass 1, at a held AI volume D: `march` at that D keeps it at rest."""
    s, climb = grid.s, motion.nu / motion.sigma
    seen = exposure(D, economy, row)
    most = -np.inf
    for i in range(s.size):
        mu[i, 0] = grid.log_talent[i] + climb * respond(s[i], economy, row, motion.tau, seen).value
        most = max(most, mu[i, 0])
    for i in range(s.size):
        mu[i, 0] = max(exp(mu[i, 0] - most), TINY)
    whole = total(np.ascontiguousarray(mu[:, 0]))
    for i in range(s.size):
        mu[i, 0] /= whole


@kernel
def richardson(whole, half, mu):
    """Fill mu with the extrapolation of a whole step and two halves, kept positive and of the same mass."""
    extrapolate(whole, half, mu)


@kernel
def drift(D, nu, economy, row, tau, s, force):
    """Fill force (n,) with the drift nu dV/ds at the particles' skills s (n,)."""
    seen = exposure(D, economy, row)
    for i in range(s.size):
        force[i] = nu * respond(s[i], economy, row, tau, seen).slope


@kernel
def choice_shares(D, economy, row, tau, s, out):
    """Fill out (3, n) with the probabilities of human work, AI and exit at skills s (n,) and AI volume D."""
    seen = exposure(D, economy, row)
    for i in range(s.size):
        profit = human_work(s[i], seen.borne, seen.top, economy.T, economy.alpha, economy.gamma).profit
        chosen = logit(profit, seen.net - economy.k1 * (1.0 - s[i]), economy.u0, tau, row[OPEN])
        out[0, i], out[1, i], out[2, i] = chosen.human, chosen.ai, chosen.exit


@kernel
def option_table(D, bonus, economy, row, s, table):
    """Fill a table of the options at AI volumes D (k,) and skills s (n,); bonus: subsidy, as a share of profits."""
    worth, served, gross, falling = table
    for k in range(D.size):
        seen = exposure(D[k], economy, row)
        slope = economy.beta * economy.eta / (1.0 + economy.eta * D[k])
        for i in range(s.size):
            by_hand = human_work(s[i], seen.borne, seen.top, economy.T, economy.alpha, economy.gamma)
            gross[0, k, i], gross[1, k, i], gross[2, k, i] = by_hand.profit, seen.gross, 0.0
            served[0, k, i], served[1, k, i], served[2, k, i] = row[HIDDEN] * by_hand.m, seen.m, 0.0
            worth[0, k, i] = (1.0 + bonus) * by_hand.profit
            worth[1, k, i] = seen.net - economy.k1 * (1.0 - s[i]) + bonus * seen.gross
            worth[2, k, i] = economy.u0
            for j in range(3):
                falling[j, k, i] = (1.0 + bonus) * served[j, k, i] * slope
            falling[1, k, i] += row[FEE] * row[VOLUME]


@kernel
def logit_choices(worth, tau, free, chance, value):
    """Probabilities (3, k, n) of options of worth (3, k, n), the second on offer where free > 0; their value (k, n)."""
    for k in range(worth.shape[1]):
        for i in range(worth.shape[2]):
            chance[0, k, i], chance[1, k, i], chance[2, k, i], value[k, i] = logit(
                worth[0, k, i], worth[1, k, i], worth[2, k, i], tau, free
            )


@kernel
def pull_to_talent(low, high, s):
    """Move the skills s (n,) by the pull of talent Beta(a, b); low = 2 sigma (a - 1) dt, high = 2 sigma (b - 1) dt."""
    for i in range(s.size):
        s[i] = talent_pull(s[i], low, high)
