"""Influences against the delete-one jackknife, and against what many repetitions show."""

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference import influence


def paths(rng, count=400):
    x = 1.0 + rng.normal(size=(count, 6)).cumsum(axis=1) * 0.1
    return x, 0.7 * x + 0.2 * rng.normal(size=x.shape)


STATISTICS = {
    "mean": lambda x, y: influence.mean(x[:, -1]),
    "gain": lambda x, y: influence.gain(x[:, -1], y[:, -1]),
    "slope of the mean path": influence.slope_of_mean_path,
}


@pytest.mark.parametrize("name", STATISTICS)
def test_influence_is_the_effect_of_leaving_a_replicate_out(name):
    """(n - 1) (value - value without i) is the influence of i, but for terms of order 1 / n."""
    x, y = paths(np.random.default_rng(1))
    whole, count = STATISTICS[name](x, y), x.shape[0]
    rows = range(0, count, 40)
    left_out = [STATISTICS[name](np.delete(x, i, axis=0), np.delete(y, i, axis=0)).value for i in rows]
    expected = (count - 1) * (whole.value - np.array(left_out))
    scale = whole.influence.std()
    np.testing.assert_allclose(whole.influence[list(rows)], expected, atol=30 * scale / count)
    assert abs(whole.influence.mean()) < 1e-12
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    values = {
        "mean": mean_x[-1],
        "gain": mean_x[-1] / mean_y[-1] - 1,
        "slope of the mean path": mean_x @ mean_y / (mean_x @ mean_x),
    }
    assert whole.value == pytest.approx(values[name], rel=1e-12)


@pytest.mark.parametrize("name", STATISTICS)
def test_influence_is_the_derivative_by_a_replicates_weight(name):
    """One more copy of a replicate among 20 000 of each, over the share of one."""
    x, y = paths(np.random.default_rng(6), 5)
    whole, rows = STATISTICS[name](x, y), np.repeat(np.arange(5), 20_000)
    for i in (0, 3):
        more = np.append(rows, i)
        slope = (STATISTICS[name](x[more], y[more]).value - whole.value) * more.size
        assert whole.influence[i] == pytest.approx(slope, rel=1e-3)


def test_influence_of_a_quantile_has_its_sampling_variance():
    """Normal median: pi / 2 over n. Maritz and Jarrett's variance is 5 % high at n = 400 (measured), none in the limit."""
    rng = np.random.default_rng(2)
    variances = [np.var(influence.quantile(rng.normal(size=400), 0.5).influence, ddof=1) for _ in range(200)]
    few = rng.normal(size=7)
    found = influence.quantile(few, 0.4)
    assert np.sqrt(found.influence.var(ddof=1) / 7) == pytest.approx(
        float(stats.mstats.mjci(few, prob=[0.4])[0]), rel=1e-12
    )
    assert (found.influence > 0).tolist() == (few > np.quantile(few, 0.4)).tolist()
    assert np.mean(variances) == pytest.approx(1.05 * np.pi / 2, abs=4 * np.std(variances) / 200**0.5)


def test_slopes_of_paths_are_regressions_of_each():
    x, y = paths(np.random.default_rng(3), 5)
    slopes, fits = influence.slopes_of_paths(x, y)
    for i in range(5):
        slope, residual, *_ = np.linalg.lstsq(x[i][:, None], y[i])
        assert slopes[i] == pytest.approx(slope[0], rel=1e-12)
        assert fits[i] == pytest.approx(1 - residual[0] / ((y[i] - y[i].mean()) ** 2).sum(), rel=1e-12)


def test_covariance_is_that_of_the_replicates():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(3, 50))
    found = influence.covariance([influence.mean(row) for row in x])
    np.testing.assert_allclose(found, np.cov(x), rtol=1e-12)
    alone = [influence.mean(np.array([2.0])), influence.quantile(np.array([3.0]), 0.5)]
    assert influence.covariance(alone).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_constant_replicates_have_no_influence():
    same = np.full(20, 0.3)
    for part in (influence.mean(same), influence.gain(same, same), influence.quantile(same, 0.9)):
        assert not part.influence.any()
    assert influence.mean(same).value == 0.3


def test_statistics_that_do_not_exist_are_refused():
    zero, one = np.zeros((3, 4)), np.ones((3, 4))
    with pytest.raises(ValueError, match="mean of zero"):
        influence.gain(one[:, 0], zero[:, 0])
    with pytest.raises(ValueError, match="x is zero throughout"):
        influence.slope_of_mean_path(zero, one)
    with pytest.raises(ValueError, match="throughout a path"):
        influence.slopes_of_paths(one, one)
    for probability in (0.0, 1.0, -0.5):
        with pytest.raises(ValueError, match="probability: "):
            influence.quantile(np.ones(5), probability)
