"""Slow twin of the workflows (MODEL 1.9): pools as lists of items' laws, on the line, nothing put together."""

import math

import numpy as np

X = np.linspace(-14.0, 14.0, 5601)


def normal(s2):
    return np.exp(-0.5 * X * X / s2) / math.sqrt(2.0 * math.pi * s2)


def loss_of(pool):
    """KL(pool || p) of a pool [(weight, variance)], by the trapezoid rule over all its components."""
    density = sum(w * normal(s2) for w, s2 in pool)
    return float(np.sum(density * np.log(np.maximum(density, 1e-300) / normal(1.0))) * (X[1] - X[0]))


def market(p, subsidised, generations, weight=0.618033988749895):
    """Contamination, variance, loss and the newest items' contamination of generations 1..T, in the mean field.

    An item is (weight, variance, synthetic); without a cost spread, and nothing verified, h moves towards s.
    """
    u, h, v = p.initial_contamination, 1.0 - p.initial_contamination, 1.0
    archive = [(1.0, 1.0, False)]
    rows = []
    for _ in range(generations):
        s2 = p.variance_ratio * v
        if p.workflow == "curated":
            s2 = 1.0 / (1.0 / s2 + p.curation)
        s = min(1.0, 0.5 * (s2 - 1.0 - math.log(s2)) / (2.0 * p.cost_curvature)) if subsidised else 0.0
        h += min(1.0, p.innovation + p.imitation * u) * (s - h)
        u = 1.0 - h
        newest = [(h, 1.0, False), (u, s2, True)]
        archive += newest
        if p.workflow in ("accumulate", "subsample"):
            pool = archive
        elif p.workflow == "mixed":
            pool = [(weight, 1.0, False)] + [((1.0 - weight) * w, *rest) for w, *rest in newest]
        elif p.workflow == "verified":
            pool = [(h * p.keeps_human, 1.0, False), (u * p.keeps_synthetic, s2, True)]
        else:
            pool = newest
        total = sum(w for w, *_ in pool)
        pool = [(w / total, variance, synthetic) for w, variance, synthetic in pool]
        v = sum(w * variance for w, variance, _ in pool)
        rho = sum(w for w, _, synthetic in pool if synthetic)
        rows.append((rho, v, loss_of([(w, variance) for w, variance, _ in pool]), u))
    return dict(zip(("contamination", "pool_variance", "collapse_loss", "fresh_contamination"), np.array(rows).T))
