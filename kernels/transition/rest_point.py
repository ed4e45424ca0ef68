"""Rest point of creators with frictions while the AI volume is held (MODEL 5.2)."""

import numpy as np

from .._jit import kernel
from ..numerics.finite_volume import jump_rates
from .choice import OPEN, exposure, logit
from .occupations import worths

REST_JOBS = 4
SLOWEST = 1e-200
LARGE = 1e50


@kernel
def stationary_masses(D, economy, row, motion, grid, mass):
    """Masses (n, 4) of human, adopter, exited, re-skilling at the rest point of creators who know AI while D is held.

    Jump rates reach 4 places of (cell, occupation) up or down. States are eliminated from the last to the first without
    any subtraction (Grassmann, Taksar & Heyman 1985): every mass keeps its relative accuracy. Where profits differ much
    against noise or diffusion rates underflow: a floor keeps all states within reach, masses are scaled as they grow.
    """
    sigma, tau, revision, lag = motion.sigma, motion.tau, motion.revision, motion.lag
    climb, grow, u0 = motion.nu / sigma, motion.training / sigma, economy.u0
    s, h, log_talent = grid
    seen = exposure(D, economy, row)
    n = s.size
    q = np.zeros((REST_JOBS * n, 2 * REST_JOBS + 1))  # q[c, REST_JOBS + k]: rate from state c to c + k
    u = np.zeros((2, REST_JOBS))
    scale = sigma / (h * h)
    for i in range(n):
        human, later, ai = worths(s[i], economy, row, motion, seen)
        here, before = u[i % 2], u[1 - i % 2]
        here[0] = -log_talent[i] - climb * human
        here[1] = -log_talent[i] - climb * ai
        here[2] = -log_talent[i]
        here[3] = -log_talent[i] - grow * (s[i] - 0.5 * s[i] * s[i])
        c = REST_JOBS * i
        if i > 0:
            for j in range(REST_JOBS):
                up, down = jump_rates(scale, 1.0, here[j] - before[j])
                q[c + j - REST_JOBS, 2 * REST_JOBS], q[c + j, 0] = max(up, SLOWEST), max(down, SLOWEST)
        _, adopt, leave, _ = logit(human, ai, u0, tau, row[OPEN])
        q[c, REST_JOBS + 1] = revision * adopt
        q[c, REST_JOBS + 2] = max(revision * leave, SLOWEST)
        back, adopt, leave, _ = logit(later, ai, u0, tau, row[OPEN])
        q[c + 1, REST_JOBS + 1] = revision * leave
        q[c + 1, REST_JOBS + 2] = max(revision * back, SLOWEST)
        q[c + 2, REST_JOBS - 1] = revision * adopt
        q[c + 2, REST_JOBS + 1] = max(revision * back, SLOWEST)
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
        if x > LARGE:
            for b in range(c + 1):
                mass[b // REST_JOBS, b % REST_JOBS] /= x
            whole /= x
    for i in range(n):
        for j in range(REST_JOBS):
            mass[i, j] /= whole
