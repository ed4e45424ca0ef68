"""Slow NumPy twins of the stressed market, of separability's Shapley values, and of thresholds (MODEL 7)."""

# ruff: noqa: B023  (every search is over before its loop goes on)
from itertools import permutations

import numpy as np
from scipy.optimize import minimize_scalar

X = np.linspace(-12.0, 12.0, 24_001)


def normal(x, variance):
    return np.exp(-0.5 * x * x / variance) / np.sqrt(2.0 * np.pi * variance)


def divergence(density):
    """KL of a density on X from N(0, 1)."""
    p = normal(X, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.trapezoid(np.where(density > 0.0, density * np.log(density / p), 0.0), X)


def pool_loss_by_quadrature(rho, human, synthetic):
    return divergence((1.0 - rho) * normal(X, human) + rho * normal(X, synthetic))


def best(value):
    """Maximiser of a function on [0, 1]."""
    found = minimize_scalar(lambda x: -value(x), bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-12})
    return max((0.0, 1.0, float(found.x)), key=value)


def stressed_path(p, stress, generations):
    """Contamination and log quality along a stressed market, every best response by search."""
    kind, kappa0, psi = stress.get("instrument", "subsidy"), p.cost_curvature, p.verified_share
    volume, capacity = stress.get("volume", 1.0), stress.get("capacity")
    rho, human, fitted, stock = p.initial_contamination, 1.0, 1.0, capacity
    h = volume * (1.0 - rho) / (volume * (1.0 - rho) + rho)
    losses, path = 0.0, []
    for _ in range(generations + 1):
        path.append((rho, -p.quality_elasticity * losses))
        kappa = kappa0 if capacity is None else kappa0 * capacity / stock
        q = p.variance_ratio * fitted

        def kl(v):
            return 0.5 * (v - 1.0 - np.log(v))

        e = stress.get("evasion", 0.0)
        if "evasion_cost" in stress:
            e = best(lambda x: -kl((q + x * (human - q)) / human) - stress["evasion_cost"] * x * x)
        s2 = q + e * (human - q)
        seen = kl(s2 / (human if stress.get("reference") == "current" else 1.0))
        s = best(lambda x: x * seen - kappa * x * x) if kind == "subsidy" else 0.0
        levy, phi = (seen, psi) if kind == "levy" else (0.0, psi)
        if kind == "watermark":
            g = stress["strip_cost"]
            loss = (lambda w: 1.0 - w * seen / g) if stress.get("anticipating") else (lambda w: 1.0)
            w = best(lambda w: (1.0 - psi) * w * loss(w) * seen - kappa * psi * w * w)
            x = best(lambda x: x * w * seen - 0.5 * g * x * x)
            phi = psi + (1.0 - psi) * w * (1.0 - x)
        step = 1e-4
        m = (pool_loss_by_quadrature(rho + step, human, s2) - pool_loss_by_quadrature(rho - step, human, s2)) / (
            2 * step
        )

        def profit(h, gain):
            return gain * h - kappa * h * h

        inside, outside = 2.0 * kappa * s + phi * m + levy, phi * m
        here, there = (best(lambda h, g=g: profit(h, g)) for g in (inside, outside))
        gap = profit(there, outside) - profit(here, inside) + levy
        away, moving = stress.get("outside", 0.0), min(1.0, stress.get("relocation", 0.0) * abs(gap))
        away = away + (1.0 - away) * moving if gap > 0.0 else away * (1.0 - moving)
        h += min(1.0, p.innovation + p.imitation * rho) * ((1.0 - away) * here + away * there - h)
        if capacity is not None:
            h = min(h, stock)
            stock = min(stock - h + stress.get("renewal", 0.0), capacity)
        rho = volume * (1.0 - h) / (h + volume * (1.0 - h))
        losses += pool_loss_by_quadrature(rho, human, s2)
        fitted = (1.0 - rho) * human + rho * s2
        human = (1.0 - stress.get("drift", 0.0)) * human + stress.get("drift", 0.0) * s2
    return np.array(path).T


def shapley_by_orders(worth, players):
    """Shapley values as means over all orders."""
    value, orders = np.zeros(players), list(permutations(range(players)))
    for order in orders:
        before = frozenset()
        for k in order:
            value[k] += worth[before | {k}] - worth[before]
            before |= {k}
    return value / len(orders)


def self_consistent_mean(contamination, variance_ratio, barrier=2.0, start=1.0):
    """Mean at rest by iterating m -> F(m) from a positive mean; the double well of width 1."""
    x = np.linspace(-3.0, 3.0, 6001)
    k, m = contamination * (1.0 - variance_ratio) / (1.0 - contamination), start
    for _ in range(20_000):
        w = np.exp(-barrier * (x * x - 1.0) ** 2 - 0.5 * k * (x - m) ** 2)
        m, before = float(w @ x / w.sum()), m
        if abs(m - before) < 1e-13:
            break
    return m
