"""Human rows: the split, bandwidths, and features that are refused."""

import numpy as np
import pytest
from scipy import stats

from mfsolve.models import collapse
from mfsolve.models.collapse.human_rows import reservoir

RNG = np.random.default_rng(8)
SKEWED = RNG.gamma(2.0, size=600)
PLANE = np.column_stack([SKEWED, 0.5 * SKEWED + RNG.normal(size=600) ** 3])


def P(features=PLANE, **values):
    return collapse.Parameters(content="empirical", features=features, **values)


def test_probe_and_rows_are_all_there_is_and_apart():
    source = reservoir(P().features, 0.3)
    assert source.rows.shape == (420, 2)
    assert source.probe.shape == (180, 2)
    np.testing.assert_allclose(source.rows.mean(0), 0.0, atol=1e-14)
    np.testing.assert_allclose(np.cov(source.rows.T, bias=True), source.covariance, rtol=1e-12)
    np.testing.assert_allclose(np.diag(source.covariance), 1.0, rtol=1e-12)
    both = np.concatenate([source.rows, source.probe])
    a, b = ((x - x.mean(0)) / x.std(0) for x in (both, PLANE))
    np.testing.assert_allclose(np.sort(a[:, 0]), np.sort(b[:, 0]), atol=1e-12)


@pytest.mark.parametrize("rule", ["scott", "silverman"])
def test_bandwidths_are_scipys(rule):
    for features in (SKEWED, PLANE):
        source = reservoir(P(features).features, 0.5)
        assert source.bandwidth(collapse.Bandwidth(rule)) == pytest.approx(
            stats.gaussian_kde(source.rows.T, rule).factor
        )


@pytest.mark.parametrize(
    ("features", "values", "message"),
    [
        (PLANE, {"held_out": 0.999}, r"held_out: 0.999 given: of 600 rows it leaves 1 to draw from"),
        (np.column_stack([SKEWED, np.ones(600)]), {}, "column x1 is constant; leave it out"),
        (np.column_stack([SKEWED, 2 * SKEWED]), {}, "column x1 follows from the columns before it; leave it out"),
    ],
)
def test_refused_features(features, values, message):
    with pytest.raises(ValueError, match=message):
        collapse.simulate(P(features, **values), "none", 10, 4, 2, 1)
