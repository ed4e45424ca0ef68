"""SALib on the same samples: the same estimators of Sobol's indices and of Morris's effects, within rounding."""

import warnings

import numpy as np
import pytest

from mfsolve.inference.elementary_effects import morris_effects
from mfsolve.inference.sobol_indices import sobol_indices
from mfsolve.study.file import designs

salib = pytest.importorskip("SALib")


def ishigami(x):
    y = np.pi * (2.0 * x - 1.0)
    return np.sin(y[..., 0]) + 7.0 * np.sin(y[..., 1]) ** 2 + 0.1 * y[..., 2] ** 4 * np.sin(y[..., 0])


def sobol_g(x):
    a = np.array([0.0, 0.5, 3.0, 9.0])
    return np.prod((np.abs(4.0 * x - 2.0) + a) / (1.0 + a), axis=-1)


def problem(d):
    return {"num_vars": d, "names": [f"x{i}" for i in range(d)], "bounds": [[0.0, 1.0]] * d}


@pytest.mark.parametrize(("function", "d"), [(ishigami, 3), (sobol_g, 4)])
def test_sobol_indices(function, d):
    from SALib.analyze import sobol

    count = 128
    rows = designs.saltelli(count, d, 5).reshape(d + 2, count, d)
    values = function(rows)
    # SALib wants each base point's A, A with a column of B each, B, one after the other
    ordered = np.concatenate([values[:1], values[2:], values[1:2]]).T.ravel()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sobol.analyze(problem(d), ordered, calc_second_order=False, num_resamples=2, seed=1)
    # theirs divides by the variance of the 2 n outputs, ours by half the mean square of n differences
    a, b = values[0], values[1]
    scale = np.var(np.concatenate([a, b])) / np.mean(0.5 * (a - b) ** 2)
    ours = sobol_indices(values, np.zeros(values.shape))
    assert [index.first.value for index in ours] == pytest.approx(theirs["S1"] * scale, rel=1e-10, abs=1e-12)
    assert [index.total.value for index in ours] == pytest.approx(theirs["ST"] * scale, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(("function", "d"), [(ishigami, 3), (sobol_g, 4)])
def test_morris_effects(function, d):
    from SALib.analyze import morris

    points = designs.morris(24, d, 3).reshape(24, d + 1, d)
    values = function(points)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = morris.analyze(
            problem(d), points.reshape(-1, d), values.ravel(), num_levels=4, num_resamples=2, seed=1
        )
    ours = morris_effects(values, points)
    for name, key in (("size", "mu_star"), ("mean", "mu"), ("spread", "sigma")):
        assert [getattr(e, name).value for e in ours] == pytest.approx(np.array(theirs[key]), rel=1e-10, abs=1e-12)
