"""Generations of many small Gaussian markets side by side: levers, welfare, refits, quality (MODEL 1.1, 1.3, 1.5).

Each replicate is that of `mfsolve.models.collapse.market.evolve` with the cohorts of `producers.Cohorts`: the same
operations in the same order, so that the bits are the same.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.special import variance_loss
from ..numerics.sums import BLOCK, LANES, block_sum, row_total, total

MOST = BLOCK
"""Cohorts of a market, at most: a path of as many generations, less one."""
SCHEDULE, CLOSED_FORM, WATERMARK, DISCLOSURE, LEVY = range(5)
GENERATOR, POOL, REVERSE = range(3)

OUTPUTS = (
    "contamination", "subsidy", "verified_share", "divergence", "premium", "collapse_loss", "log_quality", "quality",
    "quality_loss", "exposure", "log_exposure", "cumulated_welfare", "local_slope", "pool_mean", "pool_variance",
    "w2_drift", "welfare", "welfare_producers", "welfare_consumers", "loss_collapse", "loss_information", "policy_cost",
)  # fmt: skip
"""Rows of what a path writes for each generation."""
(
    CONTAMINATION, SUBSIDY, PHI, DIVERGENCE, PREMIUM, LOSS, LOG_QUALITY, QUALITY, FALL, EXPOSURE, LOG_EXPOSURE,
    CUMULATED, LOCAL_SLOPE, DISTANCE, VARIANCE, DRIFT, WELFARE, PRODUCERS, CONSUMERS, COLLAPSE, INFORMATION, COST,
) = range(22)  # fmt: skip


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
    """State of L markets, each (L,): size and slope of the collapse loss, contamination, content (distance of its mean,
    variance, that of its generator), quality, sums over generations, and what policies and producers make of them."""

    loss: np.ndarray
    slope: np.ndarray
    rho: np.ndarray
    m: np.ndarray
    variance: np.ndarray
    s2: np.ndarray
    fall: np.ndarray
    log_quality: np.ndarray
    seen_quality: np.ndarray
    exposure: np.ndarray
    cumulated: np.ndarray
    kl: np.ndarray
    h: np.ndarray
    square: np.ndarray
    levy: np.ndarray
    probability: np.ndarray
    target: np.ndarray


class Levers(NamedTuple):
    """Levers of a generation: subsidy, verified share, levy, and the policy's own cost."""

    subsidy: float
    phi: float
    levy: float
    cost: float


@inline
def cohort_total(terms, n):
    """`sums.total` of the first n terms, at most MOST; those behind them are overwritten with zeros."""
    if n <= LANES:
        return row_total(terms, n)
    rows = (n + LANES - 1) // LANES
    terms[n : rows * LANES] = 0.0
    return block_sum(terms, 0, rows)


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


@kernel
def cohort_share_moments(producers, cohorts, terms, h, square):
    """Write the means of human shares and of their squares over the producers of each market (L,)."""
    for j in range(h.size):
        alive, count, share = cohorts.alive[j], cohorts.count[j], cohorts.share[j]
        for i in range(alive):
            terms[i] = count[i] * share[i]
        h[j] = cohort_total(terms, alive) / producers
        for i in range(alive):
            terms[i] = count[i] * share[i] * share[i]
        square[j] = cohort_total(terms, alive) / producers


@inline
def content_of_market(d, market, row):
    """Write what content, quality and provenance are worth to a generation's row (outputs, L)."""
    for j in range(row.shape[1]):
        row[DIVERGENCE, j] = divergence_of(market.s2[j], market.m[j], d)
    for j in range(row.shape[1]):
        row[QUALITY, j] = exp(market.log_quality[j])
    for j in range(row.shape[1]):
        row[INFORMATION, j] = label_entropy(market.rho[j], row[PHI, j])


@kernel
def decide(economy, rule, time, market, row):
    """Choose levers and the producers' best response, and write a generation: row (outputs, L).

    time = (t, d): generation and dimension. Returns False where the content of a market has collapsed.
    """
    t, d = time
    kappa, late = economy.kappa, log(1.0 + t)
    for j in range(row.shape[1]):
        row[SUBSIDY, j], row[PHI, j], market.levy[j], row[COST, j] = levers_of(economy, rule, market.kl[j], t)
    content_of_market(d, market, row)
    whole = True
    for j in range(row.shape[1]):
        rho, m, loss, log_quality = market.rho[j], market.m[j], market.loss[j], market.log_quality[j]
        phi, premium, seen = row[PHI, j], economy.value * market.slope[j], market.seen_quality[j]
        whole &= np.isfinite(log_quality + premium)
        # welfare and its parts (MODEL 1.5)
        verified_value = phi * premium * market.h[j]
        producers = verified_value - 0.0 - kappa * market.square[j]
        consumers = -verified_value + economy.value * seen if seen != 0.0 else -verified_value
        collapse, information = economy.value * loss, economy.iota * row[INFORMATION, j]
        welfare = producers + consumers - collapse - information - row[COST, j]
        market.cumulated[j] += welfare if t > 0 else 0.0
        root = 1.0 - np.sqrt(market.variance[j])
        row[CONTAMINATION, j], row[PREMIUM, j], row[LOSS, j], row[LOG_QUALITY, j] = rho, premium, loss, log_quality
        row[FALL, j], row[EXPOSURE, j], row[LOG_EXPOSURE, j] = -log_quality, market.exposure[j], rho * rho * late
        row[CUMULATED, j] = market.cumulated[j]
        row[LOCAL_SLOPE, j] = economy.elasticity * loss / (rho * rho) if rho > 0.0 else 0.0
        row[DISTANCE, j], row[VARIANCE, j], row[DRIFT, j] = m, market.variance[j], np.sqrt(m * m + d * root * root)
        row[WELFARE, j], row[PRODUCERS, j], row[CONSUMERS, j] = welfare, producers, consumers
        row[COLLAPSE, j], row[INFORMATION, j] = collapse, information
        market.probability[j] = min(1.0, economy.innovation + economy.imitation * rho)
        target = row[SUBSIDY, j] + (phi * premium + market.levy[j]) / (2.0 * kappa)
        market.target[j] = min(1.0, max(0.0, target))
    return whole


@kernel
def refit_line(items, sums, mean, new_mean, found):
    """Refit content on the line to pools of `items` items each, given their statistics about the generator's mean.

    sums are those of `random.many_variates.gaussian_pools`. Writes the mean (1, L) and found = (distance of the mean
    from 0, variance), each (L,).
    """
    distance, variance = found
    for j in range(mean.shape[1]):
        shift = sums[3, j] / items
        variance[j] = max(0.0, sums[2, j] / items - shift * shift)
        m = mean[0, j] + shift
        new_mean[0, j] = m
        distance[j] = np.sqrt(m * m)


@kernel
def refit(items, sums, mean, new_mean, found):
    """Refit content in any dimension, as `refit_line` does on the line: means are (d, L)."""
    distance, variance = found
    d, lanes = mean.shape
    terms = np.empty(d)
    for j in range(lanes):
        for k in range(d):
            shift = sums[3 + k, j] / items
            terms[k] = shift * shift
        variance[j] = max(0.0, (sums[2, j] / items - total(terms)) / d)
        for k in range(d):
            new_mean[k, j] = mean[k, j] + sums[3 + k, j] / items
            terms[k] = new_mean[k, j] * new_mean[k, j]
        distance[j] = np.sqrt(total(terms))


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
