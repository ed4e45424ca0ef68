"""Aggregates of markets with members and others, against bracketing."""

import numpy as np
from mfsolve.kernels.intermediary.membership import mixed_aggregates
from naive import creators as naive


def test_aggregates_against_twin():
    rng = np.random.default_rng(1)
    for _ in range(200):
        n, q, v = int(rng.integers(1, 20)), rng.uniform(0.6, 8), 10 ** rng.uniform(-2, 2)
        loading = rng.uniform(0, 2, n) * (rng.random(n) < 0.9)
        kappa = 10 ** rng.uniform(-1, 1, (3, n)) * (rng.random((3, n)) < 0.8)
        out = np.empty(3)
        mixed_aggregates(loading, kappa, q, v, out)
        want = [naive.mixed_aggregate(loading, row, q, v) for row in kappa]
        # the sum cancels to rounding of its terms, and f rises by 1 / v at least
        rounding = 64 * np.finfo(float).eps * v * (kappa * loading).sum(axis=1)
        assert (np.abs(out - want) <= rounding + 1e-14 * np.array(want)).all()
