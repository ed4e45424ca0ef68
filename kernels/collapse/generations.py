"""Generations of many small Gaussian markets side by side: levers, welfare, refits, quality (MODEL 1.1, 1.3, 1.5).

Each replicate is that of `mfsolve.models.collapse.market.evolve` with the cohorts of `producers.Cohorts`: the same
operations in the same order, so that the bits are the same.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.special import variance_loss
from ..numerics.sums import row_total, total
from ..numerics.vectors import BLOCK

FEW = 64  # terms that two rows hold
SCHEDULE, CLOSED_FORM, WATERMARK, DISCLOSURE, LEVY = range(5)
GENERATOR, POOL, REVERSE = range(3)

OUTPUTS = (
    "contamination", "subsidy", "verified_share", "divergence", "premium", "collapse_loss", "log_quality", "quality",
    "quality_loss", "exposure", "log_exposure", "cumulated_welfare", "local_slope", "pool_mean", "pool_variance",
    "w2_drift", "welfare", "welfare_producers", "welfare_consumers", "loss_collapse", "loss_information", "policy_cost",
)  # fmt: skip
"""Rows of what a path writes for each generation."""


class Economy(NamedTuple):
    """Parameters of the market; `base` is the divergence that policies read, `current` what consumers see."""

    rho: float
    innovation: float
    imitation: float
    delta: float
    kappa: float
    elasticity: float
    psi: float
    value: float
    iota: float
    floor: float
    base: int
    current: bool


class Rule(NamedTuple):
    """A policy: its kind, its number (stripping, item cost, cap), subsidies by generation, and items inspected."""

    kind: int
    number: float
    subsidies: np.ndarray
    inspected: int


class Market(NamedTuple):
    """State of L markets, each (L,): contamination, content (distance of its mean, variance, that of the generator),
    slope and size of the loss, quality, sums over generations, and what policies and producers make of them."""

    rho: np.ndarray
    m: np.ndarray
    variance: np.ndarray
    s2: np.ndarray
    slope: np.ndarray
    loss: np.ndarray
    fall: np.ndarray
    log_quality: np.ndarray
    seen_quality: np.ndarray
    exposure: np.ndarray
    cumulated: np.ndarray
    kl: np.ndarray
    probability: np.ndarray
    target: np.ndarray


class Levers(NamedTuple):
    """Levers of a generation: subsidy, verified share, levy, and the policy's own cost."""

    subsidy: float
    phi: float
    levy: float
    cost: float


@kernel
def fixed_total(terms, n):
    """`sums.total` of the first n terms, faster where they are few; terms has a row of `sums.row_total` to spare."""
    return row_total(terms, n) if n <= FEW else total(terms[:n])


@inline
def divergence_of(s2, m, d):
    """KL(q || p) of q = N(m, s2 I_d) at distance m."""
    return 0.5 * d * variance_loss(s2) + 0.5 * m * m


@kernel
def perceive(base, d, m, s2, kl):
    """Write the divergences that policies read (L,), of generators at distance m with variance s2 (MODEL 1.3)."""
    for j in range(kl.size):
        reverse = 0.5 * d * variance_loss(1.0 / s2[j]) + 0.5 * m[j] * m[j] / s2[j]
        kl[j] = reverse if base == REVERSE else divergence_of(s2[j], m[j], d)


@inline
def levers_of(economy, rule, kl, t):
    """Levers of a generation (MODEL 1.3)."""
    psi, kappa = economy.psi, economy.kappa
    if rule.kind == CLOSED_FORM:
        return Levers(min(1.0, kl / (2.0 * kappa)), psi, 0.0, 0.0)
    if rule.kind == WATERMARK:
        gain, price = (1.0 - psi) * kl, 2.0 * kappa * psi
        w = 1.0 if gain >= price else gain / price
        return Levers(0.0, psi + (1.0 - psi) * w * (1.0 - rule.number), 0.0, kappa * psi * w * w)
    if rule.kind == DISCLOSURE:
        return Levers(0.0, 1.0, 0.0, rule.number)
    if rule.kind == LEVY:
        return Levers(0.0, psi, min(rule.number, kl), 0.0)
    return Levers(rule.subsidies[min(t, rule.subsidies.size - 1)], psi, 0.0, 0.0)


@inline
def label_entropy(rho, phi):
    """Conditional entropy of an item's provenance (MODEL 1.5)."""
    unrevealed = 1.0 - (1.0 - rho) * phi
    x = min(1.0, rho / unrevealed)
    y = 1.0 - x
    known = x * log(x) if x > 0.0 else 0.0
    known += y * log(y) if y > 0.0 else 0.0
    return unrevealed * -known if unrevealed > 0.0 else 0.0


@inline
def share_moments(producers, cohorts, j, terms):
    """Means of h and h^2 over the producers of a replicate."""
    alive = cohorts.alive[j]
    count, share = cohorts.count[j], cohorts.share[j]
    for i in range(alive):
        terms[i] = count[i] * share[i]
    h = fixed_total(terms, alive) / producers
    for i in range(alive):
        terms[i] = count[i] * share[i] * share[i]
    return h, fixed_total(terms, alive) / producers


@inline
def welfare(economy, levers, moments, premium, rho, loss, seen_quality):
    """Welfare and its parts (MODEL 1.5): W, producers, consumers, collapse, information."""
    h, square = moments
    verified_value = levers.phi * premium * h
    producers = verified_value - 0.0 - economy.kappa * square
    consumers = -verified_value
    if seen_quality != 0.0:
        consumers += economy.value * seen_quality
    collapse = economy.value * loss
    information = economy.iota * label_entropy(rho, levers.phi)
    return producers + consumers - collapse - information - levers.cost, producers, consumers, collapse, information


@kernel
def decide(economy, rule, time, producers, market, cohorts, terms, out):
    """Choose levers and the producers' best response, write the generation to `out`; False where content collapsed.

    time = (t, d, keep): generation, dimension, and whether out (outputs, L) is written.
    """
    t, d, keep = time
    for j in range(market.rho.size):
        rho, m, s2, variance = market.rho[j], market.m[j], market.s2[j], market.variance[j]
        loss, log_quality, exposure = market.loss[j], market.log_quality[j], market.exposure[j]
        premium = economy.value * market.slope[j]
        if not np.isfinite(log_quality + premium):
            return False
        levers = levers_of(economy, rule, market.kl[j], t)
        moments = share_moments(producers, cohorts, j, terms)
        together, own, consumers, collapse, information = welfare(
            economy, levers, moments, premium, rho, loss, market.seen_quality[j]
        )
        market.cumulated[j] += together if t > 0 else 0.0
        market.probability[j] = min(1.0, economy.innovation + economy.imitation * rho)
        target = levers.subsidy + (levers.phi * premium + levers.levy) / (2.0 * economy.kappa)
        market.target[j] = min(1.0, max(0.0, target))
        if keep:
            root = 1.0 - np.sqrt(variance)
            row = out[:, j]
            row[0], row[1], row[2], row[3] = rho, levers.subsidy, levers.phi, divergence_of(s2, m, d)
            row[4], row[5], row[6], row[7] = premium, loss, log_quality, exp(log_quality)
            row[8], row[9], row[10] = -log_quality, exposure, rho * rho * log(1.0 + t)
            row[11] = market.cumulated[j]
            row[12] = economy.elasticity * loss / (rho * rho) if rho > 0.0 else 0.0
            row[13], row[14], row[15] = m, variance, np.sqrt(m * m + d * root * root)
            row[16], row[17], row[18], row[19] = together, own, consumers, collapse
            row[20], row[21] = information, levers.cost
    return True


@kernel
def refit(items, sums, mean, terms, new_mean, found):
    """Refit content to pools of `items` items each, given their statistics about the generator's mean (d, L).

    sums are those of `random.side_by_side.gaussian_pools`. Writes the mean (d, L) and found = (distance of the mean
    from 0, variance), each (L,).
    """
    d, lanes = mean.shape
    distance, variance = found
    if d == 1:
        for j in range(lanes):
            shift = sums[3, j] / items
            variance[j] = max(0.0, (sums[2, j] / items - shift * shift) / d)
            m = mean[0, j] + shift
            new_mean[0, j] = m
            distance[j] = np.sqrt(m * m)
        return
    for j in range(lanes):
        for k in range(d):
            shift = sums[3 + k, j] / items
            terms[k] = shift * shift
        variance[j] = max(0.0, (sums[2, j] / items - fixed_total(terms, d)) / d)
        for k in range(d):
            m = mean[k, j] + sums[3 + k, j] / items
            new_mean[k, j] = m
        for k in range(d):
            terms[k] = new_mean[k, j] * new_mean[k, j]
        distance[j] = np.sqrt(fixed_total(terms, d))


@kernel
def advance(economy, market):
    """Let the loss of the generation lower quality, and deploy the content that was refitted (MODEL 1.1)."""
    floor = economy.floor
    for j in range(market.rho.size):
        market.seen_quality[j] = market.log_quality[j] if economy.current else 0.0
        fall = market.fall[j] - economy.elasticity * market.loss[j]
        market.fall[j] = fall
        market.log_quality[j] = fall if floor == 0.0 else log(floor + (1.0 - floor) * exp(fall))
        market.exposure[j] += market.rho[j] * market.rho[j]
        market.s2[j] = economy.delta * market.variance[j]


WORKSPACE = BLOCK
"""Terms of `decide` and `refit`: the cohorts of a market, or the dimensions, and these."""
