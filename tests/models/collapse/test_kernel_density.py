"""Kernel densities of remembered items: divergences, human pools, random subsets."""

import numpy as np
import pytest
from mfsolve.kernels.random import philox
from mfsolve.kernels.random.philox import stream_key
from naive import collapse_empirical as naive
from scipy import stats

from mfsolve.models import collapse
from mfsolve.models.collapse.content import human_content
from mfsolve.models.collapse.kernel_density import LAST_BLOCK, subset

RNG = np.random.default_rng(8)
SKEWED = RNG.gamma(2.0, size=600)
PLANE = np.column_stack([SKEWED, 0.5 * SKEWED + RNG.normal(size=600) ** 3])


def P(features=PLANE, **values):
    return collapse.Parameters(content="empirical", features=features, **values)


def test_kernel_divergences_on_the_line():
    """Against a rule of forty times as many places, densities by SciPy."""
    content = human_content(P(SKEWED[:60], refit="kernel"))
    x = np.linspace(-6.0, 10.0, 16_001)
    log_p, log_q = (
        naive.log_density(x[:, None], g.centres, g.factor) for g in (content.yardstick.human, content.generator)
    )
    for rho in (0.01, 0.3, 0.9):
        want = naive.functionals(rho, log_p, log_q, x[1] - x[0])
        np.testing.assert_allclose(content.functionals(rho)[:3], want, rtol=1e-9)
    kl = np.sum(np.exp(log_q) * (log_q - log_p)) * (x[1] - x[0])
    assert content.divergence() == pytest.approx(kl, rel=1e-9)


def test_kernel_divergences_beyond_the_line():
    """Monte Carlo with common random numbers against a two-dimensional grid, within 4.5 of its standard errors."""
    content = human_content(P(PLANE[:120], refit="kernel"))
    axis = np.linspace(-5, 12, 500)
    x = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    log_p, log_q = (law.log_density(x) for law in (content.yardstick.human, content.generator))
    want = naive.functionals(0.4, log_p, log_q, (axis[1] - axis[0]) ** 2)
    found = content.functionals(0.4)
    assert abs(found[0] - want[0]) < 4.5 * found[3]
    assert abs(found[1] - want[1]) < 4.5 * found[4]
    assert found[3] < 0.05 * found[0]


def test_human_rows_alone_stay_human():
    """Without synthetic items a kernel generator's kept items are human rows."""
    run = collapse.simulate(P(refit="kernel", initial_contamination=0.0, centres=64), "none", 50, 4, 3, 1)
    assert not run.contamination.any()
    assert not run.collapse_loss.any()
    content = human_content(P(refit="kernel", centres=64))
    assert content.kept.shape[0] == 300


@pytest.mark.parametrize(("total", "size"), [(6, 5), (50, 49), (1000, 300), (10**6, 5000), (10**12, 2000)])
def test_a_subset_is_floyds(total, size):
    """His algorithm with a set, as it is written."""
    key, step, replicate = stream_key(3, "any"), np.uint64(2), np.uint64(7)
    u = np.empty(size)
    philox.uniforms(key, LAST_BLOCK, step, replicate, np.uint64(0), u)
    chosen = set()
    for j, x in zip(range(total - size, total), (1.0 - u).tolist()):
        pick = min(int(x * (j + 1)), j)
        chosen.add(j if pick in chosen else pick)
    assert subset(key, step, replicate, total, size).tolist() == sorted(chosen)


def test_subsets_are_equally_likely():
    key = np.array([3, 4], np.uint64)
    seen = [tuple(subset(key, np.uint64(1), np.uint64(r), 6, 3)) for r in range(4000)]
    counts = np.unique(np.array(seen), axis=0, return_counts=True)[1]
    assert len(counts) == 20
    assert stats.chisquare(counts).pvalue > 1e-5
    assert subset(key, np.uint64(1), np.uint64(0), 5, 9).tolist() == [0, 1, 2, 3, 4]
