"""Simulated moments: coverage, J, and what must follow from a known covariance."""

import numpy as np
import pytest
from scipy import stats

from mfsolve.calibration.moments import fit, without_each
from mfsolve.calibration.targets import Targets, Weighting, weights

SLOPE = np.array([[1.0, 0.0], [0.5, 1.0], [1.0, -1.0], [2.0, 1.0], [0.0, 3.0]])
ROOT = np.tril(np.array([[2, 0, 0, 0, 0], [1, 3, 0, 0, 0], [-1, 1, 2, 0, 0], [0.5, 0, 1, 2, 0], [1, 1, 1, 1, 1.5]]))
TRUTH = np.array([1.0, -2.0])


def linear(rng, replicates, rule=Weighting.EFFICIENT, slope=SLOPE, weight=None, standard_error=None):
    """Normal moments, linear in the parameters: the estimate is a projection, and everything about it is known."""
    k = slope.shape[0]
    noise = rng.normal(size=(replicates, k)) @ ROOT.T
    mean, covariance = noise.mean(axis=0), np.cov(noise.T)
    target = slope @ TRUTH + (
        ROOT @ rng.normal(size=k) if standard_error is None else standard_error * rng.normal(size=k)
    )
    targets = Targets.of(target, replicates, standard_error, weight=weight)
    weighting = weights(targets.error(covariance), targets.weight, rule)
    w = weighting.matrix
    values = np.linalg.solve(slope.T @ w @ slope, slope.T @ w @ (target - mean))
    return values, fit(targets, slope @ values + mean, covariance, slope, weighting, rule), targets, mean, covariance


@pytest.mark.parametrize("rule", Weighting)
def test_intervals_cover_and_p_values_are_uniform_with_few_replicates(agrees, rule):
    """16 replicates behind the covariance of 5 moments: the plain sandwich would cover less, plain chi-square J reject more."""
    rng = np.random.default_rng(1)
    hits, p_values, steps = np.zeros(2), [], []
    for _ in range(2000):
        values, found, *_ = linear(rng, 16, rule)
        estimates = [found.estimate(j, values[j], 0.95, 16) for j in range(2)]
        hits += [e.low <= truth <= e.high for e, truth in zip(estimates, TRUTH)]
        p_values.append(found.p_value)
        steps.append(found.step)
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3
    np.testing.assert_allclose(steps, 0.0, atol=1e-7)  # a projection leaves nothing to improve
    for count in hits:
        assert agrees(int(count), 2000, 0.95)


def test_j_is_chi_square_where_the_sources_give_their_errors():
    """A target's own error of 50 hides the replicates' (about 3 / sqrt(4000)): Omega is known, J is chi-square."""
    rng = np.random.default_rng(2)
    statistics = []
    for _ in range(500):
        _, found, *_ = linear(rng, 4000, standard_error=np.full(5, 50.0))
        assert found.freedom > 1e6
        statistics.append(found.statistic)
    assert found.degrees_of_freedom == 3
    assert stats.kstest(statistics, "chi2", args=(3,)).pvalue > 1e-3


def test_efficient_standard_errors_are_those_of_generalised_least_squares():
    """Exact covariance, unlimited replicates: (D' Sigma^-1 D)^-1."""
    sigma = ROOT @ ROOT.T
    targets = Targets.of(SLOPE @ TRUTH, 10**9)
    found = fit(targets, SLOPE @ TRUTH, sigma, SLOPE, weights(targets.error(sigma), targets.weight))
    np.testing.assert_allclose(found.covariance, np.linalg.inv(SLOPE.T @ np.linalg.inv(sigma) @ SLOPE), rtol=1e-6)


def test_sandwich_for_other_weights():
    sigma = ROOT @ ROOT.T
    targets = Targets.of(SLOPE @ TRUTH, 10**9, weight=[1.0, 2.0, 3.0, 4.0, 5.0])
    weighting = weights(targets.error(sigma), targets.weight, Weighting.DIAGONAL)
    np.testing.assert_allclose(weighting.matrix, np.diag([1, 2, 3, 4, 5] / np.diag(sigma)), rtol=1e-8)
    found = fit(targets, SLOPE @ TRUTH, sigma, SLOPE, weighting, Weighting.DIAGONAL)
    bread = np.linalg.inv(SLOPE.T @ weighting.matrix @ SLOPE) @ SLOPE.T @ weighting.matrix
    np.testing.assert_allclose(found.covariance, bread @ sigma @ bread.T, rtol=1e-8)


def test_j_without_a_moment_is_that_of_a_fit_without_it():
    rng = np.random.default_rng(3)
    values, found, targets, mean, covariance = linear(rng, 5000)
    simulated = SLOPE @ values + mean
    weighting = weights(targets.error(covariance), targets.weight)
    without = without_each(targets, simulated, covariance, SLOPE, weighting, found)
    for j in range(5):
        kept = np.delete(np.arange(5), j)
        less = Targets.of(targets.value[kept], 5000)
        part, slope = covariance[np.ix_(kept, kept)], SLOPE[kept]
        w = weights(less.error(part), less.weight)
        theta = np.linalg.solve(slope.T @ w.matrix @ slope, slope.T @ w.matrix @ (less.value - mean[kept]))
        alone = fit(less, slope @ theta + mean[kept], part, slope, w)
        assert without[j, 0] == pytest.approx(alone.statistic, rel=1e-9)
        assert without[j, 1] == pytest.approx(alone.p_value, rel=1e-3)  # freedom counts 5 moments, not 4


def test_watched_moment_is_predicted_not_fitted():
    """Its error is larger than that of the target alone, and the estimate is as without it."""
    rng = np.random.default_rng(4)
    values, found, *_ = linear(rng, 50, weight=[1, 1, 1, 1, 0])
    rng = np.random.default_rng(4)
    rng_all, *_ = linear(rng, 50)
    assert not np.allclose(values, rng_all)
    assert found.degrees_of_freedom == 2
    assert found.error[4] > np.sqrt(found.omega[4, 4])


def test_exactly_identified_has_no_j_and_leaves_no_residual():
    rng = np.random.default_rng(5)
    slope = np.array([[1.0, 0.3], [0.2, 1.0]])
    targets = Targets.of([1.0, 2.0], 30)
    covariance = np.cov(rng.normal(size=(2, 30)))
    found = fit(targets, np.array([1.0, 2.0]), covariance, slope, weights(targets.error(covariance), targets.weight))
    assert np.isnan(found.statistic)
    assert np.isnan(found.p_value)
    assert found.degrees_of_freedom == 0
    assert np.isnan(found.t).all()
    inverse = np.linalg.inv(slope)
    np.testing.assert_allclose(found.covariance, inverse @ targets.error(covariance) @ inverse.T, rtol=1e-10)


def test_parameters_that_undo_each_other_have_no_standard_error_the_others_do():
    slope = np.column_stack([SLOPE, 2.0 * SLOPE[:, 1]])  # the third moves the moments as the second does
    sigma = ROOT @ ROOT.T
    targets = Targets.of(SLOPE @ TRUTH, 10**6)
    found = fit(targets, SLOPE @ TRUTH, sigma, slope, weights(targets.error(sigma), targets.weight))
    assert np.isnan(found.standard_error).tolist() == [False, True, True]
    alone = fit(targets, SLOPE @ TRUTH, sigma, SLOPE, weights(targets.error(sigma), targets.weight))
    assert found.standard_error[0] == pytest.approx(alone.standard_error[0], rel=1e-6)
    assert found.degrees_of_freedom == 3
    assert found.identification.rank == 2
    assert found.identification.condition > 1e12
    np.testing.assert_allclose(np.abs(found.identification.weakest), [0.0, 2 / 5**0.5, 1 / 5**0.5], atol=1e-6)


def test_parameter_at_a_bound_counts_as_given():
    sigma = ROOT @ ROOT.T
    targets = Targets.of(SLOPE @ TRUTH, 10**6)
    weighting = weights(targets.error(sigma), targets.weight)
    found = fit(targets, SLOPE @ TRUTH, sigma, SLOPE, weighting, interior=np.array([True, False]))
    alone = fit(targets, SLOPE @ TRUTH, sigma, SLOPE[:, :1], weighting)
    assert found.degrees_of_freedom == 4
    assert np.isnan(found.standard_error[1])
    assert found.standard_error[0] == pytest.approx(alone.standard_error[0], rel=1e-12)
    nothing = fit(targets, SLOPE @ TRUTH, sigma, SLOPE, weighting, interior=np.array([False, False]))
    assert np.isnan(nothing.standard_error).all()
    assert nothing.degrees_of_freedom == 5


def test_too_few_replicates_for_efficient_weights_are_refused():
    with pytest.raises(ValueError, match="too few to weight 5 moments"):
        linear(np.random.default_rng(6), 5)


def test_a_parameter_at_its_bound_does_not_make_the_others_sure():
    """Two parameters that trade off, the second in truth 0.3 and at its bound 0 in half the samples: 0.84 were covered."""
    slope, rng, held, trials = (
        np.array([[1.0, 0.9], [0.9, 1.0], [1.0, 1.0], [1.0, 0.8]]),
        np.random.default_rng(5),
        0,
        0,
    )
    while trials < 60:
        value = slope @ [5.0, 0.3] + 0.5 * rng.standard_normal(4)
        targets = Targets.of(value, 10**6, standard_error=np.full(4, 0.5))
        if np.linalg.lstsq(slope, value, rcond=None)[0][1] > 0.0:
            continue
        first = float(slope[:, 0] @ value) / float(slope[:, 0] @ slope[:, 0])
        found = fit(targets, slope @ [first, 0.0], np.eye(4), slope, weights(targets.error(np.eye(4)), np.ones(4)),
                    interior=np.array([True, False]))  # fmt: skip
        one = found.estimate(0, first, 0.95, 100)
        without = np.linalg.lstsq(slope, value, rcond=None)[0][0]
        half = 1.96 * 0.5 * np.sqrt(np.linalg.inv(slope.T @ slope)[0, 0])
        given = 1.96 * 0.5 / np.linalg.norm(slope[:, 0])
        ends = min(first - given, without - half), max(first + given, without + half)
        assert (one.low, one.high) == pytest.approx(ends, rel=0.01)
        assert "at a bound" in one.note
        held += one.low <= 5.0 <= one.high
        trials += 1
    assert held >= 50  # of 60 at 0.95: fewer in one of 1000


def test_estimated_diagonal_weights_widen_as_those_of_a_common_mean():
    targets, omega = Targets.of(np.zeros(3), 12), np.eye(3)
    matrix = weights(targets.error(omega), np.ones(3), Weighting.DIAGONAL)
    one = fit(targets, np.zeros(3), omega, np.ones((3, 1)), matrix, Weighting.DIAGONAL)
    assert one.covariance[0, 0] == pytest.approx(13 / 12 / 3 * (1 + 4 / one.freedom * 2 / 3))  # Sinha (1985)
    exact = fit(targets, np.zeros(3), omega, np.eye(3), matrix, Weighting.DIAGONAL)
    np.testing.assert_allclose(exact.covariance, 13 / 12 * omega)  # weights do not matter
