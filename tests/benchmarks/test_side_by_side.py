"""Many small collapse markets at once against NumPy that carries replicates side by side, in the same run.

Run with `pytest tests/benchmarks/test_side_by_side.py --benchmark-only -n 0`; nothing is asserted on time.
"""

import os

import numpy as np
import pytest
from support.stopwatch import medians

from mfsolve.models.collapse.market import finite_path
from mfsolve.models.collapse.parameters import Parameters, Population, Record
from mfsolve.models.collapse.policies import policy_of
from mfsolve.models.collapse.side_by_side import finite_paths

R, N, M, T = 4096, 100, 16, 10
MARKET = Population(producers=N, items=M, generations=T, sampling="statistics")
X = np.linspace(-8.0, 8.0, 97)


def numpy_markets(policy, integral, generator, delta=0.4735, kappa=0.305, b=0.6504, rho0=0.0113, c=1.0268):
    """Contamination and log quality of R replicates, cohort by cohort, PCG64; the loss on a fixed grid, or left out."""
    count, share = np.zeros((R, T + 1)), np.zeros((R, T + 1))
    count[:, 0], share[:, 0] = N, 1 - rho0
    rho, mean, v, log_quality = np.full(R, rho0), np.zeros(R), np.ones(R), np.zeros(R)
    p = np.exp(-0.5 * X * X) / np.sqrt(2 * np.pi)
    for t in range(T):
        s2 = delta * v
        kl = 0.5 * (s2 - 1 - np.log(s2) + mean * mean)
        movers = generator.binomial(count[:, : t + 1].astype(int), np.minimum(1.0, b * rho)[:, None])
        count[:, : t + 1] -= movers
        count[:, t + 1] = movers.sum(axis=1)
        share[:, t + 1] = np.minimum(1.0, kl / (2 * kappa)) if policy == "closed_form" else 0.0
        human = generator.binomial((count[:, : t + 2] * M).astype(int), share[:, : t + 2]).sum(axis=1)
        rho, synthetic = 1 - human / (N * M), N * M - human
        total, squares = np.zeros(R), np.zeros(R)
        for n, s, centre in ((human, 1.0, -mean), (synthetic, np.sqrt(s2), 0.0)):
            here = centre + s * generator.standard_normal(R) / np.sqrt(np.maximum(n, 1))
            total += n * here
            squares += n * here * here + s * s * generator.chisquare(np.maximum(n - 1, 1))
        if integral:
            q = np.exp(-0.5 * (X - mean[:, None]) ** 2 / s2[:, None]) / np.sqrt(2 * np.pi * s2)[:, None]
            pool = (1 - rho)[:, None] * p + rho[:, None] * q
            log_quality -= c * np.sum(pool * np.log(pool / p), axis=1) * (X[1] - X[0])
        shift = total / (N * M)
        mean, v = mean + shift, squares / (N * M) - shift * shift
    return rho, log_quality


@pytest.mark.parametrize("policy", ["none", "closed_form"])
def test_small_markets_against_numpy(benchmark, policy):
    """Microseconds a replicate on one thread, and on all; a path stores 22 outputs, NumPy two."""
    generator, rule, cores = np.random.Generator(np.random.PCG64(3)), policy_of(policy), os.cpu_count() or 1

    def ours(threads=1):
        return finite_paths(Parameters(), rule, MARKET, Record(), 1, range(R), threads)

    def one_by_one():
        return [finite_path(Parameters(), rule, MARKET, Record(), 1, r, 1) for r in range(32)]

    paths, (rho, log_quality) = ours(), numpy_markets(policy, True, generator)
    for name, theirs in (("contamination", rho), ("log_quality", log_quality)):
        mine = paths[name][:, -1]
        assert abs(mine.mean() - theirs.mean()) < 5 * np.hypot(mine.std(), theirs.std()) / np.sqrt(R)
    benchmark.pedantic(ours, rounds=3, warmup_rounds=1)
    times = medians(
        ours, lambda: ours(cores), lambda: numpy_markets(policy, True, generator),
        lambda: numpy_markets(policy, False, generator), one_by_one, rounds=5,
    )  # fmt: skip
    single, together, numpy, bare, alone = 1e6 * np.array(times) / [R, R, R, R, 32]
    benchmark.extra_info["microseconds"] = {
        "one thread": single, f"{cores} threads": together, "NumPy": numpy, "NumPy without the integral": bare,
        "one by one": alone,
    }  # fmt: skip
    benchmark.extra_info["NumPy / ours"] = {"ratio": numpy / single, "goal": ">= 1"}
