"""Draws of many replicates in one call against those of `variates`, one at a time: the same bits."""

import numpy as np
from mfsolve.kernels.random import many_variates, philox, variates

KEY = philox.stream_key(21, "side by side")
STEP = np.uint64(7)


def test_binomials_are_those_of_their_lane_and_replicate():
    """Trials and chances at every edge: none, all, inversion, rejection, chances about 1/2 and near 0 and 1."""
    rng, k = np.random.default_rng(3), 20_000
    n = np.floor(10 ** rng.uniform(0, 12, k)) * (rng.random(k) < 0.95)
    n[::2] = rng.integers(0, 60, n[::2].size)
    p = np.where(rng.random(k) < 0.5, rng.random(k), np.clip(rng.uniform(0, 40, k) / np.maximum(n, 1), 0, 1))
    p[rng.random(k) < 0.3] *= -1
    p[p < 0] += 1
    p[:4], n[:4] = (0.0, 1.0, 0.5, 1.0), (9, 9, 0, 0)
    asked, room = many_variates.asked_and_room(k)
    asked.n[:], asked.p[:] = n, p
    asked.lane[:], asked.replicate[:] = rng.integers(0, 2**32, (2, k))
    many_variates.binomials(KEY, STEP, k, asked, room)
    alone = np.empty(1)
    for i in range(k):
        variates.binomials(KEY, STEP, asked.replicate[i], asked.lane[i], n[i : i + 1], p[i : i + 1], alone)
        assert asked.drawn[i] == alone[0]


def test_pools_are_those_of_their_replicate():
    """Pools without items of one kind, with a single one, with few and with very many; in one dimension and in three."""
    rng, lanes, first = np.random.default_rng(4), 500, np.uint64(11)
    human, synthetic = np.floor(10 ** rng.uniform(0, 9, (2, lanes)))
    human[:20], synthetic[20:40], human[40:60], synthetic[60:80] = 0, 0, 1, 1
    for d in (1, 3):
        mean, s2 = rng.normal(size=(d, lanes)), rng.uniform(0.1, 1, lanes)
        sums, alone = np.empty((3 + d, lanes)), np.empty(2 + d)
        many_variates.gaussian_pools(KEY, STEP, first, many_variates.Pools(human, synthetic, mean, s2), sums)
        for j in range(lanes):
            at = first + np.uint64(j)
            variates.gaussian_pool(
                KEY, STEP, at, human[j], synthetic[j], np.ascontiguousarray(mean[:, j]), np.sqrt(s2[j]), alone
            )
            assert alone[1:].tobytes() == sums[2:, j].tobytes()
