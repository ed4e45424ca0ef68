"""Slow twins of the transition's kernels: plain NumPy, one formula after the other."""

import numpy as np
from naive.random import words
from scipy.optimize import brentq, minimize_scalar

HUMAN, ADOPTER, EXITED, RESKILLING = 3, 4, 5, 6


def craft(s, B, T, alpha, gamma):
    """Profit of human work by searching the quality."""

    def profit(q):
        return max(T * q - B - q * q / (2 * gamma), 0.0) ** 2 / (4 * T * q)

    found = minimize_scalar(lambda q: -profit(q), bounds=(1e-12, alpha * s), method="bounded", options={"xatol": 1e-12})
    return max(profit(alpha * s), -found.fun)


def machine(B, T, qbar, c):
    return max(T * qbar - B - c * qbar, 0.0) ** 2 / (4 * T * qbar)


def pollution(D, economy, row):
    beta, eta = economy[6:]
    B = beta * np.log(1 + eta * D)
    return B, row[5] * B


def ai_worth(s, D, economy, row):
    T, _, _, k0, k1, *_ = economy
    B, _ = pollution(D, economy, row)
    qbar, c, volume, tax, fee, _, label, _, _ = row
    return machine(B, T, qbar, c) - k0 - k1 * (1 - s) - (tax + fee * D) * volume - label


def logit(worths, tau):
    """Probabilities of options of these worths; None is not on offer."""
    known = np.array([-np.inf if w is None else w for w in worths])
    e = np.exp((known - known.max()) / tau)
    return e / e.sum(), known.max() + tau * np.log(e.sum())


def worths(s, D, economy, row, motion):
    """Human work, re-skilling for it, AI."""
    T, alpha, gamma, *_ = economy
    _, _, _, training, r, _, _, lag = motion
    _, borne = pollution(D, economy, row)
    later = craft(1 - (1 - s) / (1 + training * lag), borne, T, alpha, gamma)
    return craft(s, borne, T, alpha, gamma), (later + r * lag * row[7]) / (1 + r * lag), ai_worth(s, D, economy, row)


def options(s, D, economy, row, tau):
    """Choice at once: probabilities and value at skills s (n,)."""
    T, alpha, gamma, _, _, u0, *_ = economy
    _, borne = pollution(D, economy, row)
    found = [
        logit((craft(x, borne, T, alpha, gamma), ai_worth(x, D, economy, row) if row[8] else None, u0), tau) for x in s
    ]
    return np.array([p for p, _ in found]).T, np.array([v for _, v in found])


def volume(economy, row, tau, s, weight):
    """D = volume sum weight P_A(D)."""

    def gap(D):
        return row[2] * weight @ options(s, D, economy, row, tau)[0][1] - D

    return brentq(gap, 0.0, row[2], xtol=1e-15)


def generator(u, sigma, h):
    """Exponentially fitted rates of one density with potential u: d mu / dt = generator @ mu."""
    n = u.size
    w = np.diff(u)

    def B(x):
        return np.where(np.abs(x) < 1e-10, 1 - x / 2, x / np.expm1(np.where(np.abs(x) < 1e-10, 1.0, x)))

    right, left = sigma / h**2 * B(w), sigma / h**2 * B(-w)
    rates = np.zeros((n, n))
    for i in range(n - 1):
        rates[i + 1, i] += right[i]
        rates[i, i] -= right[i]
        rates[i, i + 1] += left[i]
        rates[i + 1, i + 1] -= left[i]
    return rates


def potentials(s, D, economy, row, motion, log_talent):
    """Potential of the skill in each of the seven occupations, (7, n)."""
    sigma, nu, _, training, *_ = motion
    human, _, ai = np.array([worths(x, D, economy, row, motion) for x in s]).T
    still = -log_talent
    train = still - training / sigma * (s - s**2 / 2)
    return np.array(
        [still - nu / sigma * human, still, train, still - nu / sigma * human, still - nu / sigma * ai, still, train]
    )


def chances(x, D, economy, row, motion, knows, at_craft):
    """Probabilities of (craft, AI, exit) of a creator of skill x."""
    human, later, ai = worths(x, D, economy, row, motion)
    return logit((human if at_craft else later, ai if knows and row[8] else None, economy[5]), motion[2])[0]


def step(dt, economy, row, motion, s, h, log_talent, mass):
    """One step of masses (n, 7): implicit skill, then discovery, end of re-skilling, revision at its own AI volume."""
    sigma, _, _, _, _, revision, discovery, lag = motion
    D = row[2] * mass[:, ADOPTER].sum()
    u = potentials(s, D, economy, row, motion, log_talent)
    moved = np.array([np.linalg.solve(np.eye(s.size) - dt * generator(u[k], sigma, h), mass[:, k]) for k in range(7)]).T
    found, revised, finished = 1 - np.exp(-discovery * dt), 1 - np.exp(-revision * dt), 1 - np.exp(-dt / lag)
    for m in moved:
        for blind, known in ((0, 3), (1, 5), (2, 6)):
            m[known] += found * m[blind]
            m[blind] *= 1 - found
        for trainee, human in ((2, 0), (6, 3)):
            m[human] += finished * m[trainee]
            m[trainee] *= 1 - finished

    def after(D):
        out = np.zeros_like(moved)
        for m, n, x in zip(moved, out, s):
            n[[2, 6]] = m[[2, 6]]
            for k in (0, 1, 3, 4, 5):
                p = chances(x, D, economy, row, motion, k >= 3, k in (0, 3))
                to = [k if k in (0, 3) else (6 if k >= 3 else 2), 4, 5 if k >= 3 else 1]
                n[k] += (1 - revised) * m[k]
                for j in range(3):
                    n[to[j]] += revised * m[k] * p[j]
        return out

    return after(brentq(lambda D: row[2] * after(D)[:, ADOPTER].sum() - D, 0.0, row[2], xtol=1e-11))


def stationary(D, economy, row, motion, s, h, log_talent):
    """Null vector of the generator of skill and of human, adopter, exited, re-skilling, by dense algebra: (n, 4)."""
    n = s.size
    sigma, _, _, _, _, revision, _, lag = motion
    u = potentials(s, D, economy, row, motion, log_talent)[[3, 4, 5, 6]]
    A = np.zeros((4 * n, 4 * n))

    def at(i, j):
        return 4 * i + j

    for j in range(4):
        G = generator(u[j], sigma, h)
        for a in range(n):
            for b in range(n):
                A[at(a, j), at(b, j)] += G[a, b]
    for i, x in enumerate(s):
        for j in range(4):
            to = [3 if j else 0, 1, 2]
            rate = revision * chances(x, D, economy, row, motion, True, j == 0) if j < 3 else [0, 0, 0]
            for k in range(3):
                A[at(i, to[k]), at(i, j)] += rate[k]
                A[at(i, j), at(i, j)] -= rate[k]
        A[at(i, 0), at(i, 3)] += 1 / lag
        A[at(i, 3), at(i, 3)] -= 1 / lag
    A[0] = 1.0
    b = np.zeros(4 * n)
    b[0] = 1.0
    return np.linalg.solve(A, b).reshape(n, 4)


def decide(key, counter, dt, economy, row, motion, D, creators):
    """Occupations after one step, one creator after the other; creators: their skills and occupations."""
    _, _, _, _, _, revision, discovery, lag = motion
    s, job = creators
    u = (words(key, counter[0] + np.arange(s.size), *counter[1:]).T.astype(float) + 0.5) / 2**32
    out = []
    for x, k, v in zip(s, job.tolist(), u):
        if k < 3 and v[0] < 1 - np.exp(-discovery * dt):
            k = {0: 3, 1: 5, 2: 6}[k]
        if k in (2, 6) and v[1] < 1 - np.exp(-dt / lag):
            k = {2: 0, 6: 3}[k]
        if k not in (2, 6) and v[2] < 1 - np.exp(-revision * dt):
            p = chances(x, D, economy, row, motion, k >= 3, k in (0, 3))
            to = [k if k in (0, 3) else (6 if k >= 3 else 2), 4, 5 if k >= 3 else 1]
            k = to[int(np.searchsorted(np.cumsum(p)[:-1], v[3], side="right"))]
        out.append(k)
    return np.array(out, dtype=np.uint8)


def two_niches(s, D, economy, rows, w, tau):
    """Four ways to work and exit, all options of one logit: chances of AI in either niche, of staying, value."""
    worths = {}
    for k in range(2):
        weight = w if k == 0 else 1 - w
        _, borne = pollution(D[k], economy, rows[k])
        worths[k, "hand"] = weight * craft(s[k], borne, *economy[:3])
        worths[k, "ai"] = weight * ai_worth(s[k], D[k], economy, rows[k]) if rows[k][8] else None
    ways = [(a, b) for a in ("hand", "ai") for b in ("hand", "ai")]
    earned = [None if None in (x := (worths[0, a], worths[1, b])) else sum(x) for a, b in ways]
    chance, value = logit([*earned, economy[5]], tau)
    stay = chance[:4].sum()
    ai = [sum(p for p, way in zip(chance, ways) if way[k] == "ai") / stay for k in range(2)]
    return ai[0], ai[1], stay, value


def called_forth(economy, rows, w, tau, s, weight, D):
    """AI volumes of the two niches at the choices that volumes D bring about."""
    answer = np.array([two_niches(x, D, economy, rows, w, tau) for x in s.T]).T
    return np.array([rows[k][2] * weight @ (answer[k] * answer[2]) for k in range(2)])
