"""Families that keep their items, or have one parameter, against slow twins with the same draws."""

import numpy as np
import pytest
from mfsolve.kernels.atlas import exponential_families as families
from mfsolve.kernels.atlas import kernel_density as density
from mfsolve.kernels.atlas.gaussian import Marks
from mfsolve.kernels.atlas.kept import BERNOULLI, EXPONENTIAL, NORMAL, POISSON, Kept, kept_paths
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
    w, ratio = (0.4, 0.7) if isinstance(workflow, Mixed) else (0.0, 1.0)
    tilt = workflow == "tilted"
    temperature = 0.9 if tilt and kind != "poisson" else 1.0
    rules = families.Rules(KINDS[kind], 0.3, workflow is None, w, ratio, tilt, 0.2, 0.4, temperature)
    count = 150  # more than a row of replicates, and not a whole number of rows
    theta = np.empty((T + 1, count))
    theta[0] = 0.3
    sizes = np.full(T, 7.0)
    families.family_paths(rules, sizes, KEY, 11, theta)
    twin = naive.family_paths(kind, workflow, [7] * T, KEY, range(11, 11 + count), 0.3, rules if tilt else None)
    np.testing.assert_allclose(theta, twin, rtol=1e-12)
    sums, marks = np.zeros((T + 1, families.MEASURES)), families.Marks(0.2, 2, 0.25, 1.0)
    families.measure_families(KINDS[kind], theta, marks, sums)
    np.testing.assert_allclose(sums, naive.family_measures(kind, theta, marks), rtol=1e-9, atol=1e-11)
