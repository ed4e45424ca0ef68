"""Creators with frictions (MODEL 5.2): seven occupations, each with a density of skill; grid and finite populations.

Who has not discovered AI: 0 human, 1 exited, 2 re-skilling. Who has: 3 human, 4 AI adopter, 5 exited, 6 re-skilling.
Rates: discovery moves k to its twin that knows (0 -> 3, 1 -> 5, 2 -> 6); a revision draws an occupation by logit among
those in reach: craft (at once from human work, by re-skilling from elsewhere), AI if known, exit; re-skilling ends at
rate 1 / lag. Skill diffuses with sigma, is pulled to talent, climbs the slope of its occupation's profit with nu, and
grows at rate training (1 - s) while re-skilling.
"""

import numpy as np

from ._jit import inline, kernel
from .choice import GRANT, HIDDEN, OPEN, VOLUME, craft, logit, market
from .elementary import exp
from .fokker_planck import rates, sweep
from .philox import philox
from .skill_flow import extrapolate
from .sums import LANES, fold

HUMAN, ADOPTER, EXITED, RESKILLING = 3, 4, 5, 6
JOBS = 7
UNIT_32 = 2.0**-32
REST_JOBS = 4


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
def switch(x, found, revised, finished, chosen):
    """Discovery, the end of re-skilling, revision: masses x (7,) of one cell in place.

    chosen: probabilities of (craft, AI, exit) for a human, for others, for a human and others who do not know AI.
    """
    for k in range(3):
        to = 3 if k == 0 else k + 4
        moved = found * x[k]
        x[k] -= moved
        x[to] += moved
    for k in range(2):
        moved = finished * x[2 + 4 * k]
        x[2 + 4 * k] -= moved
        x[3 * k] += moved
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


@kernel
def step(dt, economy, row, motion, s, h, log_talent, u, worths, mass):
    """One step of masses (n, 7) in place: skill, then occupation, with pollution and worth at their old values."""
    sigma, nu, tau, training, _, _, _, _ = motion
    u0 = economy[5]
    D = row[VOLUME] * adopted(mass)
    _, borne, top, net, _, _ = market(D, economy, row)
    climb, grow = nu / sigma, training / sigma
    for i in range(s.size):
        human, later, ai = worth(s[i], economy, row, motion, borne, top, net)
        worths[i, 0], worths[i, 1], worths[i, 2] = human, later, ai
        still = -log_talent[i]
        u[i, 0] = still - climb * human
        u[i, 1] = still
        u[i, 2] = still - grow * (s[i] - 0.5 * s[i] * s[i])
        u[i, 3] = u[i, 0]
        u[i, 4] = still - climb * ai
        u[i, 5] = still
        u[i, 6] = u[i, 2]
    sweep(dt, sigma, 1.0, 0.0, u, s, h, mass, 0.0)
    found, revised, finished = hazards(dt, motion)
    for i in range(s.size):
        human, later, ai = worths[i, 0], worths[i, 1], worths[i, 2]
        chosen = (
            logit(human, ai, u0, tau, row[OPEN]),
            logit(later, ai, u0, tau, row[OPEN]),
            logit(human, ai, u0, tau, 0.0),
            logit(later, ai, u0, tau, 0.0),
        )
        switch(mass[i], found, revised, finished, chosen)


@kernel
def march(dt, economy, rows, motion, s, h, log_talent, mass):
    """Advance masses (n, 7) in place by rows.shape[0] / 2 steps of dt, each extrapolated to second order.

    rows (2 steps, 9): conditions at the beginning and the middle of every step.
    motion = (sigma, nu, tau, training, r, revision, discovery, lag).
    """
    u = np.empty(mass.shape)
    worths = np.empty((s.size, 3))
    whole = np.empty(mass.shape)
    half = np.empty(mass.shape)
    for k in range(rows.shape[0] // 2):
        whole[:] = mass
        half[:] = mass
        step(dt, economy, rows[2 * k], motion, s, h, log_talent, u, worths, whole)
        step(0.5 * dt, economy, rows[2 * k], motion, s, h, log_talent, u, worths, half)
        step(0.5 * dt, economy, rows[2 * k + 1], motion, s, h, log_talent, u, worths, half)
        extrapolate(whole, half, mass)


@kernel
def stationary(D, economy, row, motion, s, h, log_talent, mass):
    """Rest point of creators who know AI while D is held: masses (n, 4) of human, adopter, exited, re-skilling.

    Jump rates reach 4 places of (cell, occupation) up or down. States are eliminated from the last to the first without
    any subtraction (Grassmann, Taksar & Heyman 1985): every mass keeps its relative accuracy.
    """
    sigma, nu, tau, training, _, revision, _, lag = motion
    u0 = economy[5]
    _, borne, top, net, _, _ = market(D, economy, row)
    n = s.size
    q = np.zeros((REST_JOBS * n, 2 * REST_JOBS + 1))  # q[c, REST_JOBS + k]: rate from state c to c + k
    u = np.zeros((2, REST_JOBS))
    scale = sigma / (h * h)
    for i in range(n):
        human, later, ai = worth(s[i], economy, row, motion, borne, top, net)
        here, before = u[i % 2], u[1 - i % 2]
        here[0] = -log_talent[i] - nu / sigma * human
        here[1] = -log_talent[i] - nu / sigma * ai
        here[2] = -log_talent[i]
        here[3] = -log_talent[i] - training / sigma * (s[i] - 0.5 * s[i] * s[i])
        c = REST_JOBS * i
        if i > 0:
            for j in range(REST_JOBS):
                q[c + j - REST_JOBS, 2 * REST_JOBS], q[c + j, 0] = rates(scale, 1.0, here[j] - before[j])
        _, adopt, leave, _ = logit(human, ai, u0, tau, row[OPEN])
        q[c, REST_JOBS + 1] = revision * adopt
        q[c, REST_JOBS + 2] = revision * leave
        back, adopt, leave, _ = logit(later, ai, u0, tau, row[OPEN])
        q[c + 1, REST_JOBS + 1] = revision * leave
        q[c + 1, REST_JOBS + 2] = revision * back
        q[c + 2, REST_JOBS - 1] = revision * adopt
        q[c + 2, REST_JOBS + 1] = revision * back
        q[c + 3, REST_JOBS - 3] = 1.0 / lag
    for back_to in range(1, REST_JOBS * n):
        c = REST_JOBS * n - back_to
        out = 0.0
        for k in range(1, min(REST_JOBS, c) + 1):
            out += q[c, REST_JOBS - k]
        for k in range(1, min(REST_JOBS, c) + 1):
            q[c - k, REST_JOBS + k] /= out
            for m in range(1, min(REST_JOBS, c) + 1):
                if m != k:
                    q[c - k, REST_JOBS + k - m] += q[c - k, REST_JOBS + k] * q[c, REST_JOBS - m]
    whole = 0.0
    for c in range(REST_JOBS * n):
        x = 1.0 if c == 0 else 0.0
        for k in range(1, min(REST_JOBS, c) + 1):
            x += mass[(c - k) // REST_JOBS, (c - k) % REST_JOBS] * q[c - k, REST_JOBS + k]
        mass[c // REST_JOBS, c % REST_JOBS] = x
        whole += x
    for i in range(n):
        for j in range(REST_JOBS):
            mass[i, j] /= whole


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
