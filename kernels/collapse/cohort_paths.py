"""Whole paths of many small markets: cohorts of producers inside, generations around them, replicates outside.

Each replicate is that of `mfsolve.models.collapse.market.evolve` with the cohorts of `producers.Cohorts` and Gaussian
content whose statistics are drawn from their law: the same draws, and the same operations in the same order, so that
the bits are the same (MODEL 1.1, 1.7).
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.special import variance_loss
from ..numerics.sums import row_total, total
from ..numerics.vectors import BLOCK
from ..random.variates import binomials, gaussian_pool
from . import short_rule

ZERO = np.uint64(0)
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


class Keys(NamedTuple):
    """Keys (2,) of the draws of a replicate."""

    revision: np.ndarray
    label: np.ndarray
    content: np.ndarray
    inspection: np.ndarray
    inspected: np.ndarray


class Size(NamedTuple):
    """Producers N, items M of each, generations T, dimension d, and the first generation that is kept."""

    producers: float
    items: float
    generations: int
    d: int
    first: int


class Levers(NamedTuple):
    """Levers of a generation: subsidy, verified share, levy, and the policy's own cost."""

    subsidy: float
    phi: float
    levy: float
    cost: float


class Place(NamedTuple):
    """State and workspace of a path: cohorts, means of content, terms of sums, nodes of a rule."""

    count: np.ndarray
    share: np.ndarray
    terms: np.ndarray
    numbers: np.ndarray
    means: np.ndarray
    row: np.ndarray
    nodes: np.ndarray
    values: np.ndarray


MEAN, SOURCE, REFIT, SHIFT, SEEN = range(5)


@inline
def place(size):
    """Workspace of the paths of one thread."""
    cohorts = max(size.generations + 2, size.d) + BLOCK
    return Place(
        np.empty(cohorts), np.empty(cohorts), np.empty(cohorts), np.empty((2, cohorts)), np.empty((5, size.d)),
        np.empty(2 + size.d), np.empty((short_rule.WORKSPACE, short_rule.ROOM)), np.empty(3),
    )  # fmt: skip


@kernel
def fixed_total(terms, n):
    """`sums.total` of the first n terms, faster where they are few."""
    return row_total(terms, n) if n <= FEW else total(terms[:n])


@inline
def squares(x, here):
    """Sum of squares of x (d,)."""
    if x.size == 1:
        return x[0] * x[0]
    for k in range(x.size):
        here.terms[k] = x[k] * x[k]
    return fixed_total(here.terms, x.size)


@inline
def drawn_pool(key, step, replicate, human, synthetic, origin, refit, here):
    """Draw a pool of human items and of N(mean, s2 I), `origin` = (mean, s2), and refit it.

    Writes the mean of the refit into `refit` (d,) and returns its variance.
    """
    mean, s2 = origin
    row, shift = here.row, here.means[SHIFT]
    gaussian_pool(key, step, replicate, human, synthetic, mean, np.sqrt(s2), row)
    items = human + synthetic
    d = mean.size
    for k in range(d):
        shift[k] = row[2 + k] / items
    variance = (row[1] / items - squares(shift, here)) / d
    for k in range(d):
        refit[k] = mean[k] + shift[k]
    return max(0.0, variance)


@inline
def inspect(keys, step, replicate, rule, pool, here):
    """Refit to a sample of a pool (share of synthetic items, variance of their generator): its s2 and |mean|.

    The generator's mean is the row SOURCE.
    """
    share, s2, delta = pool
    count, chance, human = here.terms[:1], here.numbers[0, :1], here.numbers[1, :1]
    count[0], chance[0] = rule.inspected, 1.0 - share
    binomials(keys.inspection, step, replicate, ZERO, count, chance, human)
    origin = (here.means[SOURCE], s2)
    seen = here.means[SEEN]
    variance = drawn_pool(
        keys.inspected, step, replicate, human[0], rule.inspected - human[0], origin, seen, here
    )  # fmt: skip
    return delta * variance, np.sqrt(squares(seen, here))


@inline
def divergence_of(s2, m, d):
    """KL(q || p) of q = N(m, s2 I_d) at distance m."""
    return 0.5 * d * variance_loss(s2) + 0.5 * m * m


@inline
def perceived(base, rho, s2, m, d, rules, here):
    """Divergence that policies read (MODEL 1.3)."""
    if base == POOL:
        return short_rule.loss_at(rho, m, s2, d, -1, rules, here.nodes, here.values)
    if base == REVERSE:
        return 0.5 * d * variance_loss(1.0 / s2) + 0.5 * m * m / s2
    return divergence_of(s2, m, d)


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
    if unrevealed <= 0.0:
        return 0.0
    x = min(1.0, rho / unrevealed)
    y = 1.0 - x
    known = x * log(x) if x > 0.0 else 0.0
    known += y * log(y) if y > 0.0 else 0.0
    return unrevealed * -known


@inline
def revise(key, step, replicate, probability, share, alive, here):
    """Let those of every cohort that revise found a new one with the given share; returns the number of cohorts."""
    counts, shares = here.count, here.share
    chances, movers = here.numbers[0], here.numbers[1]
    for i in range(alive):
        chances[i] = probability
    binomials(key, step, replicate, ZERO, counts[:alive], chances[:alive], movers[:alive])
    founders = 0.0
    for i in range(alive):
        founders += movers[i]
        counts[i] -= movers[i]
    counts[alive], shares[alive] = founders, share
    left = 0
    for i in range(alive + 1):
        if counts[i] > 0.0:
            counts[left], shares[left] = counts[i], shares[i]
            left += 1
    return left


@inline
def human_items(key, step, replicate, items, alive, here):
    """Number of human items of all cohorts, `items` of each producer."""
    own, human = here.numbers[0], here.numbers[1]
    for i in range(alive):
        own[i] = here.count[i] * items
    binomials(key, step, replicate, ZERO, own[:alive], here.share[:alive], human[:alive])
    found = 0.0
    for i in range(alive):
        found += human[i]
    return found


@inline
def share_moments(producers, alive, here):
    """Means of h and h^2 over producers."""
    terms = here.terms
    for i in range(alive):
        terms[i] = here.count[i] * here.share[i]
    h = fixed_total(terms, alive) / producers
    for i in range(alive):
        terms[i] = here.count[i] * here.share[i] * here.share[i]
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


@inline
def bounded_quality(fall, floor):
    """Log quality with a floor (MODEL 1.1)."""
    return fall if floor == 0.0 else log(floor + (1.0 - floor) * exp(fall))


@kernel
def path(economy, rule, keys, size, replicate, rules, here, out):
    """Write the path of one replicate: out (outputs, kept generations); returns False where content has collapsed."""
    d, delta, means = size.d, economy.delta, here.means
    here.count[0], here.share[0] = size.producers, 1.0 - economy.rho
    alive, everybody = 1, size.producers * size.items
    means[:] = 0.0
    rho, variance = economy.rho, 1.0
    origin_s2, origin_share = delta * variance, 0.0
    loss = log_quality = exposure = fall = seen_quality = cumulated = 0.0
    for t in range(size.generations + 1):
        m, s2 = np.sqrt(squares(means[MEAN], here)), delta * variance
        divergence = divergence_of(s2, m, d)
        kl = divergence
        if rule.inspected > 0:
            pool = (origin_share, origin_s2, delta)
            seen_s2, seen_m = inspect(keys, np.uint64(t), replicate, rule, pool, here)
            kl = perceived(economy.base, rho, seen_s2, seen_m, d, rules, here)
        elif economy.base != GENERATOR:
            kl = perceived(economy.base, rho, s2, m, d, rules, here)
        levers = levers_of(economy, rule, kl, t)
        slope, nodes = short_rule.slope_at(rho, m, s2, d, rules, here.nodes, here.values)
        premium = economy.value * slope
        moments = share_moments(size.producers, alive, here)
        total_welfare, producers, consumers, collapse, information = welfare(
            economy, levers, moments, premium, rho, loss, seen_quality
        )
        cumulated += total_welfare if t > 0 else 0.0
        if not np.isfinite(log_quality + premium):
            return False
        if t >= size.first:
            root = 1.0 - np.sqrt(variance)
            row = out[:, t - size.first]
            row[0], row[1], row[2], row[3] = rho, levers.subsidy, levers.phi, divergence
            row[4], row[5], row[6], row[7] = premium, loss, log_quality, exp(log_quality)
            row[8], row[9], row[10], row[11] = -log_quality, exposure, rho * rho * log(1.0 + t), cumulated
            row[12] = economy.elasticity * loss / (rho * rho) if rho > 0.0 else 0.0
            row[13], row[14], row[15] = m, variance, np.sqrt(m * m + d * root * root)
            row[16], row[17], row[18], row[19] = total_welfare, producers, consumers, collapse
            row[20], row[21] = information, levers.cost
        if t == size.generations:
            break
        step = np.uint64(t + 1)
        probability = min(1.0, economy.innovation + economy.imitation * rho)
        target = levers.subsidy + (levers.phi * premium + levers.levy) / (2.0 * economy.kappa)
        alive = revise(keys.revision, step, replicate, probability, min(1.0, max(0.0, target)), alive, here)
        human = human_items(keys.label, step, replicate, size.items, alive, here)
        rho = 1.0 - human / everybody
        origin = (means[MEAN], s2)
        variance = drawn_pool(keys.content, step, replicate, human, everybody - human, origin, means[REFIT], here)
        loss = short_rule.loss_at(rho, m, s2, d, nodes, rules, here.nodes, here.values)
        seen_quality = log_quality if economy.current else 0.0
        fall -= economy.elasticity * loss
        log_quality = bounded_quality(fall, economy.floor)
        exposure += rho * rho
        means[SOURCE] = means[MEAN]
        means[MEAN] = means[REFIT]
        origin_s2, origin_share = s2, rho
    return True


@kernel
def paths(economy, rule, keys, size, first, rules, out):
    """Write the paths of replicates from `first` on: out (outputs, replicates, kept generations).

    Returns the place of the first replicate whose content has collapsed; the number of replicates where none has.
    """
    here = place(size)
    for r in range(out.shape[1]):
        if not path(economy, rule, keys, size, first + np.uint64(r), rules, here, out[:, r]):
            return r
    return out.shape[1]
