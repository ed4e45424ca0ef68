"""Creators with frictions (MODEL 5.2): seven occupations, each with a density of skill; grid and finite populations.

Who has not discovered AI: 0 human, 1 exited, 2 re-skilling. Who has: 3 human, 4 AI adopter, 5 exited, 6 re-skilling.
Rates: discovery moves k to its twin that knows (0 -> 3, 1 -> 5, 2 -> 6); a revision draws an occupation by logit among
those in reach: craft (at once from human work, by re-skilling from elsewhere), AI if known, exit; re-skilling ends at
rate 1 / lag. Skill diffuses with sigma, is pulled to talent, climbs the slope of its occupation's profit with nu, and
grows at rate training (1 - s) while re-skilling.
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp
from ..numerics.finite_volume import sweep
from ..numerics.sums import LANES, fold
from ..random.philox import philox
from .choice import GRANT, HIDDEN, OPEN, VOLUME, craft, logit, market
from .skill_flow import ROOT_STEPS, extrapolate

HUMAN, ADOPTER, EXITED, RESKILLING = 3, 4, 5, 6
JOBS = 7
UNIT_32 = 2.0**-32


@inline
def worth(s, economy, row, motion, borne, top, net):
    """Values at skill s of human work, of re-skilling for it, and of AI.

    Re-skilling takes `lag` on average, in which 1 - s falls by 1 / (1 + training lag) and the grant is paid; then comes
    the profit of human work, all discounted at rate r: (profit + r lag grant) / (1 + r lag) per unit of time.
    """
    T, alpha, gamma, _, k1, _, _, _ = economy
    _, _, _, training, r, _, _, lag = motion
    human, _, _ = craft(s, borne, top, T, alpha, gamma)
    later, _, _ = craft(1.0 - (1.0 - s) / (1.0 + training * lag), borne, top, T, alpha, gamma)
    return human, (later + r * lag * row[GRANT]) / (1.0 + r * lag), net - k1 * (1.0 - s)


@inline
def hazards(dt, motion):
    """Probabilities over dt of a discovery, of a revision, of the end of re-skilling."""
    _, _, _, _, _, revision, discovery, lag = motion
    return 1.0 - exp(-discovery * dt), 1.0 - exp(-revision * dt), 1.0 - exp(-dt / lag) if lag > 0.0 else 1.0


@inline
def adopted(mass):
    """Mass of adopters, in a fixed order."""
    lanes = np.zeros(LANES)
    for i in range(mass.shape[0]):
        lanes[i % LANES] += mass[i, ADOPTER]
    return fold(lanes)


@inline
def by_hand(mass):
    """Mass of those who work by hand, in a fixed order."""
    lanes = np.zeros(LANES)
    for i in range(mass.shape[0]):
        lanes[i % LANES] += mass[i, 0] + mass[i, HUMAN]
    return fold(lanes)


@inline
def discover(x, found, finished):
    """Discovery and the end of re-skilling: masses x (7,) of one cell in place."""
    for k in range(3):
        to = 3 if k == 0 else k + 4
        moved = found * x[k]
        x[k] -= moved
        x[to] += moved
    for k in range(2):
        moved = finished * x[2 + 4 * k]
        x[2 + 4 * k] -= moved
        x[3 * k] += moved


@inline
def revise(x, revised, chosen):
    """Revision: masses x (7,) of one cell in place.

    chosen: probabilities of (craft, AI, exit) for a human, for others, for a human and others who do not know AI.
    """
    human, other, blind_human, blind_other = chosen
    stay, adopt, leave = revised * x[3] * human[0], revised * x[3] * human[1], revised * x[3] * human[2]
    rest = revised * (x[4] + x[5])
    kept = 1.0 - revised
    x[3] = kept * x[3] + stay
    x[4] = kept * x[4] + adopt + rest * other[1]
    x[5] = kept * x[5] + leave + rest * other[2]
    x[6] += rest * other[0]
    leave, back = revised * x[0] * blind_human[2], revised * x[1] * blind_other[0]
    x[0] -= leave
    x[1] += leave - back
    x[2] += back


@inline
def revised_volume(D, economy, row, motion, s, revised, mass):
    """AI volume after a revision at the choices that AI volume D brings about."""
    _, borne, top, net, _, _ = market(D, economy, row)
    lanes = np.zeros(LANES)
    for i in range(s.size):
        human, later, ai = worth(s[i], economy, row, motion, borne, top, net)
        _, of_humans, _, _ = logit(human, ai, economy[5], motion[2], row[OPEN])
        _, of_others, _, _ = logit(later, ai, economy[5], motion[2], row[OPEN])
        moved = mass[i, HUMAN] * of_humans + (mass[i, ADOPTER] + mass[i, EXITED]) * of_others
        lanes[i % LANES] += (1.0 - revised) * mass[i, ADOPTER] + revised * moved
    return row[VOLUME] * fold(lanes)


@inline
def settled_volume(D, economy, row, motion, s, revised, mass):
    """The AI volume that the revision at its own choices brings about, found from D.

    Choices at the old volume would swing to and fro where a fee, or pollution, answers to it strongly.
    """
    close = 1e-13 * row[VOLUME]
    f = revised_volume(D, economy, row, motion, s, revised, mass) - D
    last, f_last, step = D, f, f
    while abs(f) > close and f_last * f > 0.0:
        last, f_last = D, f
        D = min(max(D + step, 0.0), row[VOLUME])
        f = revised_volume(D, economy, row, motion, s, revised, mass) - D
        step *= 2.0
    for _ in range(ROOT_STEPS):
        if abs(f) <= close or abs(D - last) <= 1e-15 * row[VOLUME]:
            break
        moved = D - f * (D - last) / (f - f_last)
        f_moved = revised_volume(moved, economy, row, motion, s, revised, mass) - moved
        if f_moved * f < 0.0:
            last, f_last = D, f
        else:
            f_last *= 0.5
        D, f = moved, f_moved
    return D


@kernel
def step(dt, economy, row, motion, s, h, log_talent, u, mass):
    """One step of masses (n, 7) in place: skill at the old pollution, then occupation at the new one."""
    sigma, nu, tau, training, _, _, _, _ = motion
    u0 = economy[5]
    D = row[VOLUME] * adopted(mass)
    _, borne, top, net, _, _ = market(D, economy, row)
    climb, grow = nu / sigma, training / sigma
    for i in range(s.size):
        human, _, ai = worth(s[i], economy, row, motion, borne, top, net)
        still = -log_talent[i]
        u[i, 0] = still - climb * human
        u[i, 1] = still
        u[i, 2] = still - grow * (s[i] - 0.5 * s[i] * s[i])
        u[i, 3] = u[i, 0]
        u[i, 4] = still - climb * ai
        u[i, 5] = still
        u[i, 6] = u[i, 2]
    sweep(dt * sigma / (h * h), 1.0, u, np.empty(0), mass)
    found, revised, finished = hazards(dt, motion)
    for i in range(s.size):
        discover(mass[i], found, finished)
    D = settled_volume(D, economy, row, motion, s, revised, mass)
    _, borne, top, net, _, _ = market(D, economy, row)
    for i in range(s.size):
        human, later, ai = worth(s[i], economy, row, motion, borne, top, net)
        chosen = (
            logit(human, ai, u0, tau, row[OPEN]),
            logit(later, ai, u0, tau, row[OPEN]),
            logit(human, ai, u0, tau, 0.0),
            logit(later, ai, u0, tau, 0.0),
        )
        revise(mass[i], revised, chosen)


@kernel
def march(dt, economy, rows, motion, s, h, log_talent, mass, human):
    """Advance masses (n, 7) in place by rows.shape[0] / 2 steps of dt, each extrapolated to second order.

    rows (2 steps, 9): conditions at the beginning and the middle of every step. human (steps,): mass of those who work
    by hand after each. motion = (sigma, nu, tau, training, r, revision, discovery, lag).
    """
    u = np.empty(mass.shape)
    whole = np.empty(mass.shape)
    half = np.empty(mass.shape)
    for k in range(rows.shape[0] // 2):
        whole[:] = mass
        half[:] = mass
        step(dt, economy, rows[2 * k], motion, s, h, log_talent, u, whole)
        step(0.5 * dt, economy, rows[2 * k], motion, s, h, log_talent, u, half)
        step(0.5 * dt, economy, rows[2 * k + 1], motion, s, h, log_talent, u, half)
        extrapolate(whole, half, mass)
        human[k] = by_hand(mass)


@inline
def uniform(word):
    """Uniform on (0, 1) from one 32-bit word."""
    return (float(word) + 0.5) * UNIT_32


@kernel
def decide(key, replicate, lane, when, dt, economy, row, motion, D, s, job, force, counts):
    """One step of the creators' occupations job (n,) uint8 at AI volume D; force[i]: drift of the skill in the new one.

    One block of Philox a creator and step: discovery, end of re-skilling, revision, choice. counts (7,): creators in
    each occupation afterwards.
    """
    T, alpha, gamma, _, k1, u0, _, _ = economy
    _, nu, tau, training, _, _, _, _ = motion
    _, borne, top, net, _, _ = market(D, economy, row)
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
            human, later, ai = worth(s[i], economy, row, motion, borne, top, net)
            knows = k >= 3
            at_craft = k == 0 or k == HUMAN
            free = row[OPEN] if knows else 0.0
            px, pa, _, _ = logit(human if at_craft else later, ai, u0, tau, free)
            v = uniform(w3)
            if v < px:
                k = k if at_craft else (RESKILLING if knows else 2)
            elif v < px + pa:
                k = ADOPTER
            else:
                k = EXITED if knows else 1
        job[i] = np.uint8(k)
        counts[k] += 1.0
        if k == 0 or k == HUMAN:
            _, slope, _ = craft(s[i], borne, top, T, alpha, gamma)
            force[i] = nu * slope
        elif k == ADOPTER:
            force[i] = nu * k1
        elif k % 4 == 2:
            force[i] = training * (1.0 - s[i])
        else:
            force[i] = 0.0


@kernel
def accounts(economy, row, D, s, job, income, surplus, served):
    """Income of creators of skill s (n,) in occupation job (n,), consumer surplus of their work, share m of its niche.

    income is after levies and grants, before transfers; served counts the pollution that the work bears only.
    """
    T, alpha, gamma, _, k1, u0, _, _ = economy
    _, borne, top, net, gross, m = market(D, economy, row)
    for i in range(s.size):
        k = int(job[i])
        income[i], surplus[i], served[i] = u0, 0.0, 0.0
        if k == 0 or k == HUMAN:
            profit, _, share = craft(s[i], borne, top, T, alpha, gamma)
            income[i], surplus[i], served[i] = profit, 0.5 * profit, row[HIDDEN] * share
        elif k == ADOPTER:
            income[i], surplus[i], served[i] = net - k1 * (1.0 - s[i]), 0.5 * gross, m
        elif k % 4 == 2:
            income[i] = row[GRANT]
