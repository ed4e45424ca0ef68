"""Many small replicates at once, in the library and by a command, against NumPy that carries them side by side.

Run with `pytest tests/benchmarks/test_side_by_side.py --benchmark-only -n 0`; nothing is asserted on time.
"""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
from support.stopwatch import fastest, medians

from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.gaussian import Gaussian, gaussian_ensemble
from mfsolve.models.atlas.workflows import Replace
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
    processor = 1e6 / R * np.array([fastest(f, 5) for f in (ours, lambda: numpy_markets(policy, True, generator))])
    benchmark.extra_info["processor microseconds"] = {"ours": processor[0], "NumPy": processor[1]}


def numpy_gaussians(items, generations, replicates, generator):
    """Mean variance and squared mean of Gaussians refitted to their own samples, NumPy's PCG64 side by side."""
    m, s2 = np.zeros(replicates), np.ones(replicates)
    for _ in range(generations):
        m = m + np.sqrt(s2 / items) * generator.standard_normal(replicates)
        s2 = s2 * generator.chisquare(items - 1, replicates) / (items - 1)
    return s2.mean(), (m * m).mean()


def test_gaussian_atlas_against_numpy(benchmark):
    """Microseconds a replicate of 50 generations, eight measures of each against NumPy's two of the last."""
    items, generations, replicates, cores = 100, 50, 2**15, os.cpu_count() or 1
    generator, run = np.random.Generator(np.random.PCG64(3)), Run(generations, replicates, 1)

    def ours(threads=cores):
        return gaussian_ensemble(Gaussian(items=items), Replace(), run, threads=threads)

    def theirs():
        return numpy_gaussians(items, generations, replicates, generator)

    spread = (1 + 2 / (items - 1)) ** generations - 1  # of the last variance, over replicates
    assert abs(ours()["variance"][-1] - theirs()[0]) < 5 * np.sqrt(2 * spread / replicates)
    benchmark.pedantic(ours, rounds=3, warmup_rounds=1)
    together, single, numpy = 1e6 / replicates * np.array(medians(ours, lambda: ours(1), theirs, rounds=5))
    benchmark.extra_info["microseconds"] = {f"{cores} threads": together, "one thread": single, "NumPy": numpy}
    benchmark.extra_info["NumPy / ours"] = {"ratio": numpy / single, "goal": ">= 1"}


STUDY = f"""
model = "collapse"
population = {{ producers = {N}, items = {M}, generations = {T}, sampling = "statistics" }}
ensemble = {{ replicates = 500_000, seed = 3 }}
[policies]
none = {{}}
closed_form = {{}}
[[estimates]]
name = "without policy"
quantity = "contamination"
policy = "none"
[[estimates]]
name = "under the closed form"
quantity = "contamination"
policy = "closed_form"
"""


def test_whole_command(benchmark, tmp_path):
    """Microseconds a replicate of `mfsolve run`, from the start of the process to the figures, 2 x 500 000 of them."""
    (tmp_path / "small.toml").write_text(STUDY)

    def command(replicates):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "mfsolve", "run", "small.toml", "--out", f"run{replicates}",
             "--replicates", str(replicates)],
            cwd=tmp_path, check=True, capture_output=True,
        )  # fmt: skip
        return time.perf_counter() - begun

    command(1000)  # compiles
    seconds = benchmark.pedantic(command, args=(500_000,), rounds=1)
    benchmark.extra_info["microseconds a replicate"] = {"wall": 1e6 * seconds / 1_000_000, "goal": 25}
