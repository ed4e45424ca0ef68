"""Families that keep their items, or have one parameter, against slow twins with the same draws."""

import numpy as np
import pytest
from mfsolve.kernels.atlas import exponential_families as families
from mfsolve.kernels.atlas import kernel_density as density
from mfsolve.kernels.atlas.draws import many_chi_squares_and_normals
from mfsolve.kernels.atlas.gaussian import Marks
from mfsolve.kernels.atlas.kept_items import Kept, kept_paths
from mfsolve.kernels.atlas.law_numbers import BERNOULLI, EXPONENTIAL, NORMAL, POISSON
from mfsolve.kernels.random.philox import stream_key
from naive import atlas_families as naive

from mfsolve.models.atlas.workflows import Mixed, Replace

KEY = stream_key(5, "atlas families")
KINDS = {"normal": NORMAL, "exponential": EXPONENTIAL, "poisson": POISSON, "bernoulli": BERNOULLI}
T = 5


@pytest.mark.parametrize(("kind", "d"), [("normal", 1), ("normal", 3), *((name, 1) for name in list(KINDS)[1:])])
def test_kept_items(kind, d):
    start = 0.0 if kind == "normal" else 0.4
    paths = np.empty((2, T + 1, 3))
    paths[0, 0], paths[1, 0] = start, 1.0
    kept_paths(Kept(KINDS[kind], start, 7, d, 1.0), KEY, 11, paths)
    for r in range(3):
        mean, variance = naive.kept_path(kind, KEY, 11 + r, 7, d, 1.0, start, T)
        length = mean[:, 0] if d == 1 else np.linalg.norm(mean, axis=1)
        np.testing.assert_allclose(paths[:, :, r], [length, variance], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("h", [0.0, 0.4, None])
@pytest.mark.parametrize("workflow", ["replace", "growing", "accumulate", "subsample"])
def test_kernel_density(workflow, h):
    keep = {"accumulate": density.ALL, "subsample": density.SAMPLE}.get(workflow, density.NEWEST)
    sizes = np.array([5, 8, 11, 13, 20] if workflow == "growing" else [7] * T)
    sums, marks = np.zeros((T + 1, density.MEASURES)), Marks(1.0, 0.3, 0.05, 2)
    density.density_paths(density.Smoothing(keep, h or 0.0, h is None), marks, sizes, KEY, 11, 4, sums)
    twin = sum(np.array(naive.density_measures(workflow, h, KEY, r, sizes, marks)) for r in range(11, 15))
    error = 4e-12 / marks.mass  # of a tail: 1e-12, and 8e-13 of each side that is left out
    np.testing.assert_allclose(sums, twin, rtol=1e-11, atol=error)


@pytest.mark.parametrize("workflow", [Replace(), None, Mixed(ratio=0.7, weight=0.4), "tilted"], ids=str)
@pytest.mark.parametrize("kind", list(KINDS)[1:])
def test_one_parameter(kind, workflow):
    w, others = (0.4, 10.0) if isinstance(workflow, Mixed) else (0.0, 0.0)  # 7 / 0.7
    tilt = workflow == "tilted"
    temperature = 0.9 if tilt and kind != "poisson" else 1.0
    rules = families.Rules(KINDS[kind], 0.3, workflow is None, w, others, tilt, 0.2, 0.4, temperature)
    count = 150  # more than a row of replicates, and not a whole number of rows
    theta = np.empty((T + 1, count))
    theta[0] = 0.3
    sizes = np.full(T, 7.0)
    folds = np.zeros_like(theta)
    families.family_paths(rules, sizes, KEY, 11, theta, folds)
    twin = naive.family_paths(kind, workflow, [7] * T, KEY, range(11, 11 + count), 0.3, rules if tilt else None)
    np.testing.assert_allclose(theta, twin, rtol=1e-12)
    sums, marks = np.zeros((T + 1, families.MEASURES)), families.Marks(0.2, 2, 0.25, 1.0)
    families.measure_families(KINDS[kind], theta, folds, marks, sums)
    np.testing.assert_allclose(sums, naive.family_measures(kind, theta, marks), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("temperature", [None, 0.01, 10.0])
def test_the_log_of_an_exponential_mean_is_exact_beyond_floats(temperature):
    """It is the sum of the logarithms of gammas, and of temperatures."""
    steps, count, n, human = 1600, 5, 4.0, 0.3
    rules = families.Rules(EXPONENTIAL, human, False, 0.0, 0.0, temperature is not None, 0.0, 0.0, temperature or 1.0)
    theta = np.full((steps + 1, count), human)
    folds, sums = np.zeros_like(theta), np.zeros((steps + 1, families.MEASURES))
    families.family_paths(rules, np.full(steps, n), KEY, 11, theta, folds)
    families.measure_families(EXPONENTIAL, theta, folds, families.Marks(0.2, 2, 0.25, 1.0), sums)
    want, chi, rest = np.zeros((steps + 1, count)), np.empty(count), np.empty(count)
    for t in range(1, steps + 1):
        many_chi_squares_and_normals(KEY, np.uint64(0), np.uint64(t), np.uint64(11), 2.0 * n, chi, rest)
        want[t] = want[t - 1] + np.log(chi / (2.0 * n)) + (np.log(rules.temperature) if t > 1 else 0.0)
    assert abs(want[-1]).min() > 170.0 if temperature is None else abs(want[-1]).min() > 2000.0
    np.testing.assert_allclose(sums[:, families.LOG_MEAN], want.sum(axis=1), rtol=1e-11, atol=1e-9)
    entropy = (1.0 + np.log(human) + want).sum(axis=1)
    np.testing.assert_allclose(sums[:, families.ENTROPY], entropy, rtol=1e-11, atol=1e-9)
    divergence = np.maximum(np.exp(np.minimum(want, 700.0)) - 1.0 - want, 0.0).sum(axis=1)
    near = (abs(want) < 600.0).all(axis=1) | (want < 0.0).all(axis=1)
    np.testing.assert_allclose(sums[near, families.DIVERGENCE], divergence[near], rtol=1e-9, atol=1e-9)
    assert not sums[:, families.DEAD].any()
    assert not np.isnan(sums).any()


@pytest.mark.parametrize("kind", ["poisson", "bernoulli"])
def test_the_log_of_a_dead_mean_is_infinite(kind):
    theta = np.array([[0.3, 0.3], [0.2, 0.4], [0.0, 0.4]])
    sums = np.zeros((3, families.MEASURES))
    families.measure_families(KINDS[kind], theta, np.zeros_like(theta), families.Marks(0.2, 2, 0.25, 1.0), sums)
    assert sums[1, families.LOG_MEAN] == pytest.approx(np.log(0.2 / 0.3) + np.log(0.4 / 0.3))
    assert sums[2, families.LOG_MEAN] == -np.inf
    assert sums[2, families.DEAD] == 1.0
    assert np.isfinite(np.delete(sums, families.LOG_MEAN, axis=1)).all()


def density_of(h, n, steps, count, keep=density.NEWEST, first=11):
    """Measures of kernel densities, over their number."""
    sums = np.zeros((steps + 1, density.MEASURES))
    rule = density.Smoothing(keep, h or 0.0, h is None)
    density.density_paths(rule, Marks(2.0, 0.0455, 0.05, 2), np.full(steps, n), KEY, first, count, sums)
    return sums / count


def test_a_deviation_that_falls_by_factors_is_not_lost_in_the_place():
    """Silverman's rule with two items has no scale: every generation takes the same off the log variance.

    From generation 10 on half of 400 steps takes as much as the other half: two means over 400 replicates, whose step
    has a standard deviation of s, differ by less than 4.5 s sqrt(2 / (200 x 400)) a step.
    """
    steps, count = 410, 400
    alone = np.array([density_of(None, 2, steps, 1, first=r)[:, density.LOG_VARIANCE] for r in range(count)])
    change = np.diff(alone, axis=1)[:, 10:]
    assert alone[:, -1].mean() < -350.0
    halves = change[:, :200].mean(), change[:, 200:].mean()
    assert abs(halves[0] - halves[1]) < 4.5 * change.std() * np.sqrt(2.0 / (200 * count))
    assert np.isfinite(alone).all()


def test_a_deviation_that_grows_by_factors_stays_a_number():
    found = density_of(None, 10, 6000, 2)
    assert found[-1, density.LOG_VARIANCE] > 750.0
    assert found[-1, density.VARIANCE] == np.inf
    assert not np.isnan(found).any()


@pytest.mark.parametrize("h", [1e-30, 1e-160])
def test_a_narrow_bandwidth_is_not_lost_in_the_place(h):
    """Seen in bandwidths, s2 / h^2 comes to rest at n = 3, whatever the bandwidth is: E s2 -> n h^2."""
    wide, narrow = (density_of(x, 3, 400, 2000) for x in (1e-3, h))
    found = narrow[-1, density.LOG_VARIANCE] - 2.0 * np.log(h)
    assert found == pytest.approx(wide[-1, density.LOG_VARIANCE] - 2.0 * np.log(1e-3), abs=4.5 * np.sqrt(2.0 / 2000))
    assert narrow[-1, density.SQUARE] == pytest.approx(wide[-1, density.SQUARE], rel=0.01)


def test_without_smoothing_the_log_variance_is_infinite_once_all_are_alike():
    found = density_of(0.0, 3, 60, 50)
    assert found[1, density.LOG_VARIANCE] > -10.0
    assert found[-1, density.LOG_VARIANCE] == -np.inf
    assert found[-1, density.VARIANCE] == 0.0
    assert np.isfinite(density_of(0.0, 3, 60, 50, density.ALL)).all()
