"""Paths of Gaussian models against their slow twin, replicate by replicate."""

import numpy as np
import pytest
from mfsolve.kernels._jit import kernel
from mfsolve.kernels.atlas import gaussian, kept_items
from mfsolve.kernels.atlas.draws import many_chi_squares_and_normals
from mfsolve.kernels.atlas.gaussian import (
    LOG_FOLD,
    LOG_VARIANCE,
    LOST,
    MEASURES,
    RISK,
    VARIANCE,
    Marks,
    Recursion,
    fold_up,
    gaussian_paths,
)
from mfsolve.kernels.random.philox import stream_key
from naive import atlas as naive
from scipy.stats import norm

KEY = stream_key(5, "atlas gaussian")
MARKS = Marks(2.0, float(2 * norm.sf(2.0)), 0.1, 3)
REPLICATES = 150  # more than a row of replicates, and not a whole number of rows
PLAIN = Recursion(False, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0)
RULES = {
    "replace": PLAIN,
    "divisor n": PLAIN._replace(offset=0.0),
    "accumulate": PLAIN._replace(pooled=True),
    "mixed": PLAIN._replace(weight=0.4, synthetic=6.0),
    "verified": PLAIN._replace(a=0.8, b=0.2, g=0.8),
    "curated": PLAIN._replace(b=0.3),
    "temperature": PLAIN._replace(temperature=0.8),
    "accumulate, 3 dimensions": PLAIN._replace(pooled=True, d=3.0),
    "mixed, 5 dimensions": PLAIN._replace(weight=0.4, synthetic=6.0, d=5.0),
    "verified, 3 dimensions": PLAIN._replace(a=0.8, b=0.2, g=0.8, d=3.0),
}


@kernel
def fold(m, s2, folds, scale):
    """Fold models, as the paths do."""
    fold_up(m, s2, folds, scale)


def draws_of(rules, t, n):
    out = np.zeros((5, REPLICATES))
    d = rules.d
    mixed = rules.weight > 0 and t > 1
    size = rules.synthetic if mixed else n
    many_chi_squares_and_normals(KEY, np.uint64(0), np.uint64(t), np.uint64(7), (size - 1.0) * d, out[0], out[1])
    if mixed:
        many_chi_squares_and_normals(KEY, np.uint64(1), np.uint64(t), np.uint64(7), (n - 1.0) * d, out[2], out[3])
    if d > 1:
        many_chi_squares_and_normals(
            KEY, np.uint64(2), np.uint64(t), np.uint64(7), d - 1.0, out[4], np.empty(REPLICATES)
        )
    return out


def paths(rules, sizes, first, count):
    sums = np.zeros((len(sizes) + 1, MEASURES))
    gaussian_paths(rules, MARKS, np.asarray(sizes), KEY, first, count, sums)
    return sums


@pytest.mark.parametrize("name", RULES)
def test_twin(name):
    rules = RULES[name]
    sizes = [20.0] * 5 if rules.pooled or rules.weight else [20.0, 22.0, 30.0, 34.0, 41.0]
    twin = naive.gaussian_paths(rules, MARKS, sizes, [draws_of(rules, t + 1, n) for t, n in enumerate(sizes)])
    assert paths(rules, sizes, 7, REPLICATES) == pytest.approx(twin, rel=1e-11, abs=1e-9)


def test_rows_of_replicates_add_up():
    """Replicate i is the same alone: sums of counts are exact."""
    sizes = [5.0] * 5
    alone = sum(paths(PLAIN, sizes, i, 1) for i in range(4))
    assert paths(PLAIN, sizes, 0, 4) == pytest.approx(alone, rel=1e-13)


@pytest.mark.parametrize(("temperature", "sign"), [(1e-3, -1.0), (1.0, -1.0), (10.0, 1.0)])
def test_log_variance_is_exact_beyond_floats(temperature, sign):
    """It is the sum of the logarithms of factors: chi-squares of their own draws, times the temperature."""
    rules, T, count = PLAIN._replace(temperature=temperature), 800, 5
    n = 2.0 if sign < 0 else 40.0
    sums, want = paths(rules, [n] * T, 7, count), np.zeros(count)
    out = np.empty((2, count))
    for t in range(1, T + 1):
        many_chi_squares_and_normals(KEY, np.uint64(0), np.uint64(t), np.uint64(7), n - 1.0, out[0], out[1])
        want += np.log(out[0] / (n - 1.0)) + (np.log(temperature) if t > 1 else 0.0)
        assert sums[t, LOG_VARIANCE] == pytest.approx(want.sum(), rel=1e-11)
    assert sign * want.min() > 750.0  # beyond the smallest float and the largest
    assert not np.isnan(sums).any()
    assert sums[-1, VARIANCE] == (0.0 if sign < 0 else np.inf)
    assert sums[-1, LOST] == count  # and the risk is that of a model without the power of two
    if sign > 0:
        assert 0.4 * want.sum() < sums[-1, RISK] < 0.6 * want.sum()


def test_a_variance_comes_back_from_beyond_floats():
    models = np.array([[0.5], [1.0], [0.0], [1.0]])
    m, s2, folds, scale = models
    fall = [1e-120] * 9 + [1e120] * 11 + [1e-120] * 2
    found = []
    for factor in fall:
        s2 *= factor
        fold(m, s2, folds, scale)
        found.append(np.log(s2[0]) - LOG_FOLD * folds[0])
        assert m[0] * np.sqrt(max(scale[0], 1.0)) == 0.5  # to the bit
    np.testing.assert_allclose(found, np.cumsum(np.log(fall)), rtol=0, atol=1e-9)
    assert s2[0] * scale[0] == pytest.approx(1.0)
    assert np.ptp(found) > 2500.0


def test_paths_that_are_kept_are_measured_replicate_by_replicate():
    rng, d = np.random.default_rng(6), 3.0
    paths = np.abs(rng.normal(1.0, 0.2, (2, 4, 100)))  # more than one block of lanes
    sums = np.zeros((4, gaussian.MEASURES))
    kept_items.measure_paths(paths, gaussian.Marks(2.0, float(norm.sf(2.0)), 1e9, 2), d, sums)
    m, s2 = paths
    np.testing.assert_allclose(sums[:, gaussian.VARIANCE], s2.sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(sums[:, gaussian.SQUARE], np.sum(m * m, axis=1), rtol=1e-13)
    np.testing.assert_allclose(sums[:, gaussian.LOG_VARIANCE], np.log(s2).sum(axis=1), rtol=1e-12, atol=1e-12)
    w2 = m * m + d * (1 - np.sqrt(s2)) ** 2
    np.testing.assert_allclose(sums[:, gaussian.W2], w2.sum(axis=1), rtol=1e-12)
    risk = 0.5 * ((d + m * m) / s2 - d + d * np.log(s2))
    np.testing.assert_allclose(sums[:, gaussian.RISK], risk.sum(axis=1), rtol=1e-12)
    assert not sums[:, gaussian.LOST].any()
