"""Slow twins of the supply shock's static market: a population on a grid of skills, and SciPy's special functions."""

from itertools import pairwise

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import beta


def economies(count, seed):
    """Random economies over wide ranges: every order of options and every degenerate case turns up."""
    r = np.random.default_rng(seed)
    cost = r.uniform(0.01, 0.9, count)
    return {
        "skill_a": 1 + 10 ** r.uniform(-1, 1, count),
        "skill_b": 1 + 10 ** r.uniform(-1, 1, count),
        "pollution_weight": 10 ** r.uniform(-3, 1, count),
        "pollution_rate": 10 ** r.uniform(-2, 2, count),
        "human_efficiency": 10 ** r.uniform(-1, 1, count),
        "ai_quality": 10 ** r.uniform(-1, 0.3, count),
        "ai_cost": cost,
        "reference_cost": cost * 10 ** r.uniform(0, 2, count),
        "volume_exponent": r.uniform(0, 2, count),
        "adoption_cost": np.where(r.random(count) < 0.5, 0.0, 10 ** r.uniform(-3, -1, count)),
        "adoption_skill_cost": 10 ** r.uniform(-3, 0, count),
        "outside_option": np.where(r.random(count) < 0.2, 0.0, 10 ** r.uniform(-4, -0.7, count)),
    }


def sale(q, cost, burden, size):
    """Profit of a niche monopolist by brute force over prices."""
    prices = np.linspace(0.0, size * q, 200_001)
    buyers = np.clip(1.0 - (prices + burden) / (size * q), 0.0, None)
    best = np.argmax((prices - cost) * buyers)
    profit = (prices[best] - cost) * buyers[best]
    marginal = (prices[best] + burden) / q
    surplus = q * max(size - marginal, 0.0) ** 2 / (2.0 * size)
    return profit, surplus


def payoffs(p, s, burden):
    """Profits (human, ai) at skills (n,), written out."""
    free = p.human_efficiency / 3 * (p.market_size + np.sqrt(p.market_size**2 + 6 * burden / p.human_efficiency))
    q = np.minimum(p.human_capacity * s, free)
    margin = p.market_size * q - burden - q**2 / (2 * p.human_efficiency)
    human = np.where(margin > 0, margin**2 / (4 * p.market_size * np.maximum(q, 1e-300)), 0.0)
    margin = (p.market_size - p.ai_cost) * p.ai_quality - burden
    sales = np.maximum(margin, 0.0) ** 2 / (4 * p.market_size * p.ai_quality)
    ai = sales - p.adoption_cost - p.adoption_skill_cost * (1 - s)
    return human, ai if p.ai_available else np.full_like(human, -np.inf), sales


def choices(p, s, burden):
    """0 exit, 1 AI, 2 human at skills (n,)."""
    human, ai, _ = payoffs(p, s, burden)
    return np.where((ai > human) & (ai > p.outside_option), 1, np.where(human > p.outside_option, 2, 0))


def crowd(p, s, weight):
    """Market of a population at skills s (n,) with weights: shares, volume, pollution, welfare; volume by bisection."""
    volume = (p.reference_cost / p.ai_cost) ** p.volume_exponent

    def burden(ai_volume):
        return p.pollution_weight * np.log1p(p.pollution_rate * ai_volume)

    low, high = 0.0, volume
    for _ in range(60):
        middle = 0.5 * (low + high)
        adopted = volume * weight[choices(p, s, burden(middle)) == 1].sum()
        low, high = (middle, high) if adopted > middle else (low, middle)
    b = burden(0.5 * (low + high))
    human, ai, sales = payoffs(p, s, b)
    choice = choices(p, s, b)
    profits = (weight * np.choose(choice, [np.full_like(s, p.outside_option), ai, human])).sum()
    surplus = 0.5 * (weight * np.choose(choice, [np.zeros_like(s), np.full_like(s, sales), human])).sum()
    shares = [weight[choice == k].sum() for k in range(3)]
    return {"shares": shares, "pollution": b, "profits": profits, "surplus": surplus, "welfare": profits + surplus - b,
            "choice": choice}  # fmt: skip


def pollution_made(p, skill, burden):
    """Pollution that the adopters among producers of skills (N,) make when they face a pollution."""
    volume = (p.reference_cost / p.ai_cost) ** p.volume_exponent
    return p.pollution_weight * np.log1p(p.pollution_rate * volume * np.mean(choices(p, skill, burden) == 1))


def finite_pollution(p, skill):
    """Least pollution at which N producers make no more than they face, by trying every number of adopters.

    The pollution made is a step function of the pollution faced. Between two of its values it is bisected for the
    place where it drops below the diagonal.
    """
    volume = (p.reference_cost / p.ai_cost) ** p.volume_exponent
    values = p.pollution_weight * np.log1p(p.pollution_rate * volume * np.arange(skill.size + 1) / skill.size)
    first = next(k for k, value in enumerate(values) if pollution_made(p, skill, value) <= value)
    if first == 0:
        return 0.0
    low, high = values[first - 1], values[first]
    while high - low > 1e-13 * values[-1]:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if pollution_made(p, skill, middle) <= middle else (middle, high)
    return high


def grid(p, cells):
    """Skills at the middles of even cells, and their mass."""
    edges = np.linspace(0.0, 1.0, cells + 1)
    return 0.5 * (edges[1:] + edges[:-1]), np.diff(beta.cdf(edges, p.skill_a, p.skill_b))


def crossings(f, low=0.0, high=1.0, cells=20_000):
    """Roots of f on [low, high] by sign changes on a grid and Brent's method."""
    x = np.linspace(low, high, cells + 1)
    y = f(x)
    change = np.flatnonzero((y[1:] > 0) != (y[:-1] > 0))
    return np.array(
        [brentq(lambda s: float(f(np.array([s]))[0]), x[i], x[i + 1], xtol=1e-15, rtol=1e-14) for i in change]
    )


def division(p, burden):
    """Boundaries and choices of the intervals at a pollution, by sign changes."""
    u0 = p.outside_option

    def pair(s):
        return payoffs(p, s, burden)

    cuts = [crossings(lambda s: pair(s)[0] - u0), crossings(lambda s: pair(s)[0] - pair(s)[1])]
    cuts.append(crossings(lambda s: pair(s)[1] - u0))
    ends = np.unique(np.concatenate([[0.0], *cuts, [1.0]]))
    middle = choices(p, 0.5 * (ends[1:] + ends[:-1]), burden)
    keep = np.append(True, middle[1:] != middle[:-1])
    return middle[keep], np.append(ends[:-1][keep], 1.0)


def adopters(p, burden):
    """Mass of adopters at a pollution by SciPy's Beta distribution."""
    option, ends = division(p, burden)
    below = beta.cdf(ends, p.skill_a, p.skill_b)
    return sum(below[i + 1] - below[i] for i in range(option.size) if option[i] == 1)


def segments(p):
    """The static market with a decreasing map: Brent's method on pollution, quadrature for welfare."""
    volume = (p.reference_cost / p.ai_cost) ** p.volume_exponent

    def residual(b):
        return b - p.pollution_weight * np.log1p(p.pollution_rate * volume * adopters(p, b))

    top = p.pollution_weight * np.log1p(p.pollution_rate * volume)
    b = brentq(residual, 0.0, top, xtol=1e-15, rtol=1e-14) if residual(0.0) < 0 else 0.0
    option, ends = division(p, b)
    law = beta(p.skill_a, p.skill_b)
    shares = np.zeros(3)
    profits = surplus = 0.0
    kink = (
        float(p.human_efficiency / 3 * (p.market_size + np.sqrt(p.market_size**2 + 6 * b / p.human_efficiency)))
        / p.human_capacity
    )
    for o, low, high in zip(option, ends, ends[1:]):
        mass = law.cdf(high) - law.cdf(low)
        shares[o] += mass
        sales = payoffs(p, np.array([0.5]), b)[2]
        if o == 0:
            profits += p.outside_option * mass
        else:
            of = 1 if o == 1 else 0
            parts = sorted({low, high, min(max(kink, low), high)})
            for a, c in pairwise(parts):
                part = quad(
                    lambda s, of=of: payoffs(p, np.array([s]), b)[of][0] * law.pdf(s), a, c, epsabs=1e-13, epsrel=1e-12
                )[0]
                profits += part
                surplus += 0.5 * (sales * (law.cdf(c) - law.cdf(a)) if o == 1 else part)
    return {"option": option, "ends": ends, "shares": shares, "pollution": b, "ai_volume": volume * shares[1],
            "profits": profits, "surplus": surplus, "welfare": profits + surplus - b}  # fmt: skip
