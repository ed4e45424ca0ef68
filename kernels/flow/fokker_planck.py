"""Fokker-Planck equation of the collapse flow on even cells, implicit in time (MODEL 2.5).

Masses mu_i of cells with centres x_i move in the effective potential

    V = T U + rho (1 - delta) (x - m)^2 / 2 + W * mu,    T = 1 - rho,   m = sum x_i mu_i,

by the fitted finite volumes of `numerics.finite_volume`. V is split as a convex part less a concave one (Eyre 1998):
x^2 and U enter implicitly through their linear action, the concave -m^2 through the old mean. Each implicit step is
then linear, with an M-matrix (positive, mass conserving), and lowers the free energy whatever its length.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.copies import copy
from ..numerics.elementary import TINY, log
from ..numerics.finite_volume import jump_rates, solve_tridiagonal
from ..numerics.sums import LANES, fold


class Cells(NamedTuple):
    """Even cells on the line, with the energies that stay the same."""

    x: np.ndarray  # centres (n,)
    h: float  # width
    u: np.ndarray  # human potential U (n,), shifted so that exp(-U) has mass 1 on the cells
    w: np.ndarray  # pair energy W at distances of 0, 1, ... cells (n,); empty where there is none


class Coefficients(NamedTuple):
    """Coefficients of the flow: rho(t) is linear between its knots and constant outside them."""

    sigma: float
    delta: float
    times: np.ndarray  # knots of the schedule, increasing
    rhos: np.ndarray  # rho at the knots


class Progress(NamedTuple):
    """Outcome of `march`: length of the next trial step, number of steps taken, number rejected."""

    dt: float
    steps: int
    rejected: int


class Scratch(NamedTuple):
    """Work space (n,) of an implicit step."""

    right: np.ndarray
    left: np.ndarray
    field: np.ndarray
    factor: np.ndarray


@inline
def mean(x, mu):
    """Mean m = sum x_i mu_i, in a fixed order."""
    lanes = np.zeros(LANES)
    for i in range(mu.size):
        lanes[i % LANES] += x[i] * mu[i]
    return fold(lanes)


@inline
def convolve(w, mu, out):
    """Convolution out_i = sum_j W(|i - j| h) mu_j with w[k] = W(k h); 0 where w is empty."""
    out[:] = 0.0
    if w.size == 0:
        return
    n = mu.size
    for j in range(n):
        mass = mu[j]
        for i in range(j):
            out[i] += w[j - i] * mass
        for i in range(j, n):
            out[i] += w[i - j] * mass


@inner
def energy(t, pull, cells, mu, field):
    """Free energy over sigma, T sum mu (ln(mu/h) + U) + pull Var / 2 + sum mu (W * mu) / 2; `field` is scratch."""
    x, h, u, w = cells
    convolve(w, mu, field)
    m = mean(x, mu)
    lanes = np.zeros(LANES)
    for start in range(0, mu.size, LANES):
        for i in range(min(LANES, mu.size - start)):
            p = mu[start + i]
            y = x[start + i] - m
            lanes[i] += p * (t * (log(max(p, TINY) / h) + u[start + i]) + 0.5 * pull * y * y + 0.5 * field[start + i])
    return fold(lanes)


@inner
def implicit_step(dt, sigma, t, pull, cells, mu, scratch):
    """One implicit Euler step of the masses mu in place; mean and pair interaction are those of the old masses."""
    x, h, u, w = cells
    right, left, field, factor = scratch
    convolve(w, mu, field)
    m = mean(x, mu)
    scale = dt * sigma / (h * h)
    n = mu.size
    for i in range(n - 1):
        dv = t * (u[i + 1] - u[i]) + pull * h * (0.5 * (x[i] + x[i + 1]) - m) + (field[i + 1] - field[i])
        right[i], left[i] = jump_rates(scale, t, dv)
    solve_tridiagonal(right, left, factor, mu)


@inline
def contamination(times, rhos, t):
    """Contamination rho(t), linear between the knots."""
    n = times.size
    if n == 1 or t <= times[0]:
        return rhos[0]
    for k in range(n - 1):
        if t <= times[k + 1]:
            return rhos[k] + (rhos[k + 1] - rhos[k]) * (t - times[k]) / (times[k + 1] - times[k])
    return rhos[n - 1]


@kernel
def march(begin, end, dt, tolerance, coefficients, cells, mu):
    """Advance the masses mu (n,) in place from `begin` to `end` with an adaptive step.

    A step is two implicit halves against one whole: their difference in total variation is held below `tolerance`.
    The extrapolation (2 halves - whole, second order, L-stable) is taken where it is positive, cell by cell with the
    halves elsewhere, mass restored, if the free energy does not rise; else the halves. With a pair energy, a step
    whose halves raise the free energy is repeated shorter.
    """
    sigma, delta, times, rhos = coefficients
    n = mu.size
    whole = np.empty(n)
    half = np.empty(n)
    best = np.empty(n)
    field = np.empty(n)
    scratch = Scratch(np.empty(n), np.empty(n), field, np.empty(n))
    now = begin
    steps = 0
    rejected = 0
    while now < end:
        last = now + dt >= end * (1.0 - 1e-14)
        step = end - now if last else dt
        rho_half = contamination(times, rhos, now + 0.5 * step)
        rho = contamination(times, rhos, now + step)
        t, pull = 1.0 - rho, rho * (1.0 - delta)
        t_half, pull_half = 1.0 - rho_half, rho_half * (1.0 - delta)
        copy(mu, whole)
        copy(mu, half)
        implicit_step(step, sigma, t, pull, cells, whole, scratch)
        implicit_step(0.5 * step, sigma, t_half, pull_half, cells, half, scratch)
        implicit_step(0.5 * step, sigma, t, pull, cells, half, scratch)
        error = 0.0
        mass = 0.0
        wanted = 0.0
        for i in range(n):
            error += abs(half[i] - whole[i])
            second = 2.0 * half[i] - whole[i]
            best[i] = second if second > 0.1 * half[i] else half[i]
            mass += best[i]
            wanted += mu[i]
        before = energy(t, pull, cells, mu, field)
        shorter = error > 2.0 * tolerance
        if not shorter:
            for i in range(n):
                best[i] *= wanted / mass
            if energy(t, pull, cells, best, field) > before:
                copy(half, best)
                if (
                    cells.w.size > 0
                    and step > 1e-12
                    and energy(t, pull, cells, half, field) > before + 1e-14 * (1.0 + abs(before))
                ):
                    shorter = True
        ratio = 0.9 * np.sqrt(tolerance / max(error, 1e-3 * tolerance))
        if shorter:
            rejected += 1
            dt = step * min(0.5, max(0.1, ratio))
            continue
        for i in range(n):
            mu[i] = max(best[i], TINY)  # a tail that underflows stays positive
        steps += 1
        now = end if last else now + step
        proposal = step * min(4.0, max(0.2, ratio))
        dt = max(dt, proposal) if last else proposal
    return Progress(dt, steps, rejected)


@kernel
def dissipation(sigma, t, pull, cells, mu):
    """Dissipation -dF/dt of the semi-discrete flow: sum over faces of the flux times the fall of dF/dmu across it."""
    x, h, u, w = cells
    n = mu.size
    field = np.empty(n)
    convolve(w, mu, field)
    m = mean(x, mu)
    lanes = np.zeros(LANES)
    for i in range(n - 1):
        dv = t * (u[i + 1] - u[i]) + pull * h * (0.5 * (x[i] + x[i + 1]) - m) + (field[i + 1] - field[i])
        right, left = jump_rates(sigma / (h * h), t, dv)
        slope = -dv - t * (log(max(mu[i + 1], TINY)) - log(max(mu[i], TINY)))
        lanes[i % LANES] += (right * mu[i] - left * mu[i + 1]) * slope
    return sigma * fold(lanes)


@kernel
def free_energy(sigma, t, pull, cells, mu):
    """Discrete free energy F = sigma { T KL(mu || p) + pull Var(mu) / 2 + sum mu (W * mu) / 2 }."""
    field = np.empty(mu.size)
    return sigma * energy(t, pull, cells, mu, field)
