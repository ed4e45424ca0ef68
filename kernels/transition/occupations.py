"""Creators with frictions: seven occupations, each with a density of skill; grid and finite populations (MODEL 5.2).

Creators who have not discovered AI: 0 human, 1 exited, 2 re-skilling. Those who have: 3 human, 4 AI adopter, 5 exited,
6 re-skilling. Discovery moves k to its informed twin (0 -> 3, 1 -> 5, 2 -> 6). A revision draws an occupation by logit
among those in reach: human work (at once from human work, by re-skilling from elsewhere), AI if known, exit.
Re-skilling ends at rate 1 / lag. Skill diffuses with sigma, is pulled to talent, climbs the slope of its occupation's
profit with nu, and grows at rate training (1 - s) while re-skilling.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.copies import copy_rows
from ..numerics.elementary import exp
from ..numerics.finite_volume import sweep
from ..numerics.search import Chord, false_position, illinois
from ..numerics.sums import LANES, fold
from ..random.philox import philox
from .choice import GRANT, HIDDEN, OPEN, VOLUME, Choice, exposure, human_work, logit
from .skill_flow import ROOT_STEPS, extrapolate

HUMAN, ADOPTER, EXITED, RESKILLING = 3, 4, 5, 6
JOBS = 7
UNIT_32 = 2.0**-32


class Worths(NamedTuple):
    """Values of the occupations in reach at one skill."""

    human: float
    retrained: float  # of re-skilling for human work
    ai: float


class Hazards(NamedTuple):
    """Probabilities of the moves between occupations over a step."""

    discovery: float
    revision: float
    graduation: float  # end of re-skilling


class Options(NamedTuple):
    """Choices at one skill, by occupation and knowledge of AI."""

    human: Choice
    other: Choice
    blind_human: Choice  # of those who do not know AI
    blind_other: Choice


class Counter(NamedTuple):
    """Place in the random stream of the first creator of a block."""

    key: np.ndarray
    replicate: np.uint64
    lane: np.uint64
    step: np.uint64


class Creators(NamedTuple):
    """Creators of a finite population, each (n,)."""

    s: np.ndarray  # skill
    job: np.ndarray  # occupation, uint8
    force: np.ndarray  # drift of the skill


@inline
def worths(s, economy, row, motion, seen):
    """Values at skill s of human work, of re-skilling for it, and of AI, at an exposure to pollution.

    Re-skilling takes `lag` on average, in which 1 - s falls by 1 / (1 + training lag) and the grant is paid; then comes
    the profit of human work, all discounted at rate r: (profit + r lag grant) / (1 + r lag) per unit of time.
    """
    T, alpha, gamma = economy.T, economy.alpha, economy.gamma
    training, r, lag = motion.training, motion.r, motion.lag
    human = human_work(s, seen.borne, seen.top, T, alpha, gamma).profit
    later = human_work(1.0 - (1.0 - s) / (1.0 + training * lag), seen.borne, seen.top, T, alpha, gamma).profit
    return Worths(human, (later + r * lag * row[GRANT]) / (1.0 + r * lag), seen.net - economy.k1 * (1.0 - s))


@inline
def hazards(dt, motion):
    """Probabilities 1 - e^(-rate dt) of a discovery, of a revision, of the end of re-skilling."""
    lag = motion.lag
    return Hazards(
        1.0 - exp(-motion.discovery * dt), 1.0 - exp(-motion.revision * dt), 1.0 - exp(-dt / lag) if lag > 0.0 else 1.0
    )


@inline
def adopter_mass(mass):
    """Mass of adopters, in a fixed order."""
    lanes = np.zeros(LANES)
    for i in range(mass.shape[0]):
        lanes[i % LANES] += mass[i, ADOPTER]
    return fold(lanes)


@inline
def human_mass(mass):
    """Mass of those who work by hand, in a fixed order."""
    lanes = np.zeros(LANES)
    for i in range(mass.shape[0]):
        lanes[i % LANES] += mass[i, 0] + mass[i, HUMAN]
    return fold(lanes)


@inline
def discover(x, chance):
    """Move the masses x (7,) of one cell by discovery and by the end of re-skilling."""
    for k in range(3):
        to = 3 if k == 0 else k + 4
        moved = chance.discovery * x[k]
        x[k] -= moved
        x[to] += moved
    for k in range(2):
        moved = chance.graduation * x[2 + 4 * k]
        x[2 + 4 * k] -= moved
        x[3 * k] += moved


@inline
def revise(x, revised, chosen):
    """Move the masses x (7,) of one cell by the share `revised` of creators who revise, to what they choose."""
    human, other, blind_human, blind_other = chosen
    stay, adopt, leave = revised * x[3] * human.human, revised * x[3] * human.ai, revised * x[3] * human.exit
    rest = revised * (x[4] + x[5])
    kept = 1.0 - revised
    x[3] = kept * x[3] + stay
    x[4] = kept * x[4] + adopt + rest * other.ai
    x[5] = kept * x[5] + leave + rest * other.exit
    x[6] += rest * other.human
    leave, back = revised * x[0] * blind_human.exit, revised * x[1] * blind_other.human
    x[0] -= leave
    x[1] += leave - back
    x[2] += back


@inner
def revised_volume(D, economy, row, motion, s, revised, mass):
    """AI volume after a revision in which the share `revised` chooses at AI volume D."""
    seen = exposure(D, economy, row)
    lanes = np.zeros(LANES)
    for i in range(s.size):
        human, later, ai = worths(s[i], economy, row, motion, seen)
        of_humans = logit(human, ai, economy.u0, motion.tau, row[OPEN]).ai
        of_others = logit(later, ai, economy.u0, motion.tau, row[OPEN]).ai
        moved = mass[i, HUMAN] * of_humans + (mass[i, ADOPTER] + mass[i, EXITED]) * of_others
        lanes[i % LANES] += (1.0 - revised) * mass[i, ADOPTER] + revised * moved
    return row[VOLUME] * fold(lanes)


@inline
def consistent_volume(D, economy, row, motion, s, revised, mass):
    """AI volume that the revision at its own choices brings about, found from D by false position.

    Choices at the old volume would swing to and fro where a fee, or pollution, answers to it strongly.
    """
    close = 1e-13 * row[VOLUME]
    f = revised_volume(D, economy, row, motion, s, revised, mass) - D
    last, f_last, step = D, f, f
    while abs(f) > close and f_last * f > 0.0:
        last, f_last = D, f
        D = min(max(D + step, 0.0), row[VOLUME])
        if last == D:  # everybody adopts, or nobody, to the last bit
            return D
        f = revised_volume(D, economy, row, motion, s, revised, mass) - D
        step *= 2.0
    chord = Chord(last, f_last, D, f)
    for _ in range(ROOT_STEPS):
        if abs(chord.f) <= close or abs(chord.x - chord.last) <= 1e-15 * row[VOLUME]:
            break
        moved = false_position(chord)
        chord = illinois(chord, moved, revised_volume(moved, economy, row, motion, s, revised, mass) - moved)
    return chord.x


@kernel
def step(dt, economy, row, motion, grid, u, mass):
    """Advance masses (n, 7) by one step in place: skill at the old pollution, then occupations at the new one."""
    sigma, tau, u0, s = motion.sigma, motion.tau, economy.u0, grid.s
    D = row[VOLUME] * adopter_mass(mass)
    seen = exposure(D, economy, row)
    climb, grow = motion.nu / sigma, motion.training / sigma
    for i in range(s.size):
        human, _, ai = worths(s[i], economy, row, motion, seen)
        still = -grid.log_talent[i]
        u[i, 0] = still - climb * human
        u[i, 1] = still
        u[i, 2] = still - grow * (s[i] - 0.5 * s[i] * s[i])
        u[i, 3] = u[i, 0]
        u[i, 4] = still - climb * ai
        u[i, 5] = still
        u[i, 6] = u[i, 2]
    sweep(dt * sigma / (grid.h * grid.h), 1.0, u, np.empty(0), mass)
    chance = hazards(dt, motion)
    for i in range(s.size):
        discover(mass[i], chance)
    D = consistent_volume(D, economy, row, motion, s, chance.revision, mass)
    seen = exposure(D, economy, row)
    for i in range(s.size):
        human, later, ai = worths(s[i], economy, row, motion, seen)
        chosen = Options(
            logit(human, ai, u0, tau, row[OPEN]), logit(later, ai, u0, tau, row[OPEN]),
            logit(human, ai, u0, tau, 0.0), logit(later, ai, u0, tau, 0.0),
        )  # fmt: skip
        revise(mass[i], chance.revision, chosen)


@kernel
def march(dt, economy, rows, motion, grid, mass, human):
    """Advance masses (n, 7) in place by rows.shape[0] / 2 steps of dt, each extrapolated to second order.

    rows (2 steps, CONDITIONS): conditions at the beginning and the middle of every step. human (steps,): mass of those
    who work by hand after each.
    """
    u = np.empty(mass.shape)
    whole = np.empty(mass.shape)
    half = np.empty(mass.shape)
    for k in range(rows.shape[0] // 2):
        copy_rows(mass, whole)
        copy_rows(mass, half)
        step(dt, economy, rows[2 * k], motion, grid, u, whole)
        step(0.5 * dt, economy, rows[2 * k], motion, grid, u, half)
        step(0.5 * dt, economy, rows[2 * k + 1], motion, grid, u, half)
        extrapolate(whole, half, mass)
        human[k] = human_mass(mass)


@inline
def uniform(word):
    """Uniform on (0, 1) from one 32-bit word."""
    return (float(word) + 0.5) * UNIT_32


@kernel
def decide(counter, dt, economy, row, motion, D, creators, counts):
    """One step of the creators' occupations at AI volume D, with the drift of the skill in the new ones.

    One block of Philox per creator and step: discovery, end of re-skilling, revision, choice. counts (7,): creators in
    each occupation afterwards.
    """
    T, alpha, gamma, k1, u0 = economy.T, economy.alpha, economy.gamma, economy.k1, economy.u0
    nu, tau, training = motion.nu, motion.tau, motion.training
    key, replicate, lane, when = counter
    s, job, force = creators
    seen = exposure(D, economy, row)
    found, revised, finished = hazards(dt, motion)
    counts[:] = 0.0
    for i in range(s.size):
        w0, w1, w2, w3 = philox(key[0], key[1], lane + np.uint64(i), np.uint64(0), when, replicate)
        k = int(job[i])
        if k < 3 and uniform(w0) < found:
            k = 3 if k == 0 else k + 4
        if k % 4 == 2 and uniform(w1) < finished:
            k = k - 2 if k == 2 else HUMAN
        if k % 4 != 2 and uniform(w2) < revised:
            human, later, ai = worths(s[i], economy, row, motion, seen)
            knows = k >= 3
            at_craft = k == 0 or k == HUMAN
            free = row[OPEN] if knows else 0.0
            chosen = logit(human if at_craft else later, ai, u0, tau, free)
            v = uniform(w3)
            if v < chosen.human:
                k = k if at_craft else (RESKILLING if knows else 2)
            elif v < chosen.human + chosen.ai:
                k = ADOPTER
            else:
                k = EXITED if knows else 1
        job[i] = np.uint8(k)
        counts[k] += 1.0
        if k == 0 or k == HUMAN:
            force[i] = nu * human_work(s[i], seen.borne, seen.top, T, alpha, gamma).slope
        elif k == ADOPTER:
            force[i] = nu * k1
        elif k % 4 == 2:
            force[i] = training * (1.0 - s[i])
        else:
            force[i] = 0.0


@kernel
def accounts(economy, row, D, s, job, income, surplus, served):
    """Income of creators of skills s (n,) in occupations job (n,), consumer surplus of their work, its niche served.

    Income is after levies and grants, before transfers; `served` is the share of the niche that is served, times the
    share of pollution that the work bears.
    """
    T, alpha, gamma, k1, u0 = economy.T, economy.alpha, economy.gamma, economy.k1, economy.u0
    seen = exposure(D, economy, row)
    for i in range(s.size):
        k = int(job[i])
        income[i], surplus[i], served[i] = u0, 0.0, 0.0
        if k == 0 or k == HUMAN:
            profit, _, share = human_work(s[i], seen.borne, seen.top, T, alpha, gamma)
            income[i], surplus[i], served[i] = profit, 0.5 * profit, row[HIDDEN] * share
        elif k == ADOPTER:
            income[i], surplus[i], served[i] = seen.net - k1 * (1.0 - s[i]), 0.5 * seen.gross, seen.m
        elif k % 4 == 2:
            income[i] = row[GRANT]
