"""Calibration as a whole, on problems whose answers are known."""

import numpy as np
import pytest
from scipy import stats

from mfsolve.calibration.descent import WORTHWHILE
from mfsolve.calibration.landscape import Box, SimulatedMoments
from mfsolve.calibration.search import SearchOptions, calibrate, design
from mfsolve.calibration.targets import Targets, Weighting
from mfsolve.inference import influence


def simulated(columns) -> SimulatedMoments:
    parts = [influence.mean(column) for column in columns]
    return SimulatedMoments(np.array([part.value for part in parts]), influence.covariance(parts))


def normal_moments(x):
    """Mean, variance and mean absolute value of each row."""
    return x.mean(axis=1), x.var(axis=1, ddof=1), np.abs(x).mean(axis=1)


def normal(size, replicates, seed):
    """Samples of N(mean, deviation^2), the same draws at every parameter."""
    z = np.random.default_rng(seed).normal(size=(replicates, size))
    return lambda rows: [simulated(normal_moments(mean + deviation * z)) for mean, deviation in rows]


def autoregression(length, replicates, seed):
    """Stationary AR(1) paths: variance and first autocovariance, about the known mean of zero."""
    shocks = np.random.default_rng(seed).normal(size=(length, replicates))

    def moments(phi, scale):
        x, paths = scale / np.sqrt(1 - phi**2) * shocks[0], []
        for shock in shocks[1:]:
            x = phi * x + scale * shock
            paths.append(x)
        y = np.array(paths)
        return simulated([(y * y).mean(axis=0), (y[1:] * y[:-1]).mean(axis=0)])

    return lambda rows: [moments(*row) for row in rows]


NORMAL = Box.of([(-3.0, 5.0), (0.5, 6.0)], [False, True])


def test_mean_and_deviation_of_a_normal_sample():
    """Exactly identified: the estimates are the sample's own, but for simulation noise, and so are their errors."""
    size, replicates = 200, 100
    x = 1.0 + 2.0 * np.random.default_rng(1).normal(size=(1, size))
    target = [float(m[0]) for m in normal_moments(x)[:2]]
    evaluate = normal(size, replicates, 2)

    def two(rows):
        return [SimulatedMoments(at.moments[:2], at.covariance[:2, :2]) for at in evaluate(rows)]

    found = calibrate(two, Targets.of(target, replicates), NORMAL)
    deviation = np.sqrt(target[1])
    noise = deviation / np.sqrt(size * replicates)
    np.testing.assert_allclose(found.values, [target[0], deviation], atol=4 * noise)
    expected = np.array([deviation / np.sqrt(size), deviation / np.sqrt(2 * size)]) * np.sqrt(1 + 1 / replicates)
    # variances are estimated from 100 replicates: 1 / sqrt(2 * 99) is 7 %
    np.testing.assert_allclose(found.fit.standard_error, expected, rtol=4 * 0.071)
    assert found.distance < 1e-3
    assert np.isnan(found.fit.p_value)
    assert not found.spent


def test_autoregression():
    """Yule-Walker: the coefficient errs by sqrt((1 - phi^2) / T), times sqrt(1 + 1/R)."""
    length, replicates, phi = 2000, 60, 0.6
    target = autoregression(length, 1, 3)(np.array([[phi, 1.5]]))[0].moments
    found = calibrate(
        autoregression(length, replicates, 4), Targets.of(target, replicates), Box.of([(-0.9, 0.95), (0.3, 5.0)])
    )
    expected = np.sqrt((1 - phi**2) / length * (1 + 1 / replicates))
    assert found.fit.standard_error[0] == pytest.approx(expected, rel=4 / np.sqrt(2 * 59))
    error = (found.values - [phi, 1.5]) / found.fit.standard_error
    assert np.all(np.abs(error) < 4.0)
    closed = target[1] / target[0]  # Yule-Walker itself
    assert abs(found.values[0] - closed) < 4 * expected / np.sqrt(replicates) + 1 / length


def over_identified(seed, replicates=24):
    size = 60
    x = 1.0 + 2.0 * np.random.default_rng([seed, 1]).normal(size=(1, size))
    targets = Targets.of([float(m[0]) for m in normal_moments(x)], replicates)
    return calibrate(normal(size, replicates, [seed, 2]), targets, NORMAL, SearchOptions(design=16, starts=1))


@pytest.mark.exhaustive
@pytest.mark.slow
def test_whole_calibrations_cover_and_have_uniform_p_values():
    """300 data sets, each calibrated from scratch; four binomial standard errors are 5 %."""
    hits, p_values = np.zeros(2), []
    for seed in range(300):
        found = over_identified(seed)
        estimates = [found.fit.estimate(j, found.values[j], 0.95, 24, j == 1) for j in range(2)]
        hits += [e.low <= truth <= e.high for e, truth in zip(estimates, (1.0, 2.0))]
        p_values.append(found.fit.p_value)
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3
    np.testing.assert_allclose(hits / 300, 0.95, atol=4 * np.sqrt(0.95 * 0.05 / 300))


def test_second_step_settles_where_no_step_is_left():
    found = over_identified(7)
    assert np.all(np.abs(found.fit.step) < 0.25)
    assert found.fit.degrees_of_freedom == 1
    assert found.distance == min(found.distances) or found.distance - min(found.distances) < 0.01
    assert {d.step for d in found.local_searches} == {1, 2}
    assert len(found.points) == len(found.distances)


def test_whole_number_and_steps():
    """A count enters by rounding, an offset through events that flip: the search must not stand still on a plateau."""
    draws = np.random.default_rng(5).random((200, 40))

    def evaluate(rows):
        return [simulated([(draws < x).sum(axis=1) + n, (draws[:, :5] < x).sum(axis=1) - 0.5 * n]) for n, x in rows]

    truth = evaluate(np.array([[17, 0.3]]))[0].moments
    box = Box.of([(0, 100), (0.05, 0.95)], whole=[True, False])
    found = calibrate(evaluate, Targets.of(truth, 200), box)
    assert found.values[0] == 17
    assert found.values[1] == pytest.approx(0.3, abs=0.25 * found.fit.standard_error[1])


def test_several_minima_are_told_apart_by_the_design():
    """A distance with a second minimum, near the study's own values; the global one is far away."""

    def evaluate(rows):
        return [SimulatedMoments(np.array([np.cos(3 * x) * np.exp(0.2 * x), y]), 0.01 * np.eye(2)) for x, y in rows]

    target = evaluate(np.array([[4.2, 1.0]]))[0].moments
    found = calibrate(evaluate, Targets.of(target, 50), Box.of([(0, 6), (0, 2)]), start=np.array([0.1, 0.9]))
    assert found.distance < WORTHWHILE


def test_parameter_at_its_bound_is_seen():
    found = calibrate(normal(50, 30, 6), Targets.of([1.0, 4.0, 1.8], 30), Box.of([(2.0, 5.0), (0.5, 6.0)]))
    assert found.interior.tolist() == [False, True]
    assert found.values[0] == pytest.approx(2.0, abs=3e-3)
    assert np.isnan(found.fit.standard_error[0])
    assert found.fit.standard_error[1] > 0


def test_parameter_without_effect_has_no_standard_error():
    evaluate = normal(50, 30, 8)
    box = Box.of([(-3.0, 5.0), (0.5, 6.0), (0.0, 1.0)])
    found = calibrate(lambda rows: evaluate(rows[:, :2]), Targets.of([1.0, 4.0, 1.8], 30), box)
    assert np.isnan(found.fit.standard_error).tolist() == [False, False, True]
    assert found.fit.identification.rank == 2


def test_points_that_cannot_be_simulated_are_gone_around():
    evaluate = normal(50, 30, 9)

    def partly(rows):
        return [None if row[0] > 1.5 or row[1] > 4 else at for row, at in zip(rows, evaluate(rows))]

    found = calibrate(partly, Targets.of([1.0, 4.0, 1.8], 30), NORMAL)
    whole = calibrate(evaluate, Targets.of([1.0, 4.0, 1.8], 30), NORMAL)
    assert found.infeasible > 10
    np.testing.assert_allclose(found.values, whole.values, atol=0.25 * whole.fit.standard_error.min())
    with pytest.raises(ValueError, match="cannot be simulated at any point"):
        calibrate(lambda rows: [None] * len(rows), Targets.of([1.0, 4.0, 1.8], 30), NORMAL)


def test_budget_is_kept_and_said():
    """What is behind standard errors comes on top: three rounds of three passes of 2 p, a centre and a last step tried."""
    found = calibrate(
        normal(50, 30, 10), Targets.of([1.0, 4.0, 1.8], 30), NORMAL, SearchOptions(evaluations=25, design=16)
    )
    assert found.spent
    assert len(found.distances) <= 25 + 3 * (3 * 4 + 1 + 3)


def test_a_last_step_is_tried():
    """The budget ends with the design; the differences that come on top still lead on, where moments are linear."""
    noise = np.random.default_rng(15).normal(size=(40, 2))

    def evaluate(rows):
        return [simulated((row + noise).T) for row in rows]

    targets, box = Targets.of([0.3, 0.7], 40), Box.of([(-20.0, 20.0), (-20.0, 20.0)])
    found = calibrate(evaluate, targets, box, SearchOptions(evaluations=9, design=8))
    assert found.spent
    np.testing.assert_allclose(found.values, [0.3, 0.7] - noise.mean(axis=0), atol=1e-9)


def path_of_a_search():
    asked, evaluate = [], normal(50, 30, 11)
    calibrate(lambda rows: asked.append(rows.tobytes()) or evaluate(rows), Targets.of([1.0, 4.0, 1.8], 30), NORMAL)
    return asked


def test_same_points_in_the_same_order_and_batches():
    assert path_of_a_search() == path_of_a_search()


def test_too_few_moments_are_refused():
    with pytest.raises(ValueError, match="2 free parameters need as many moments"):
        calibrate(normal(50, 30, 12), Targets.of([1.0, 4.0], 30, weight=[1.0, 0.0]), NORMAL)


def test_more_parameters_than_moments_where_that_is_asked_for():
    """Mean a + b and deviation c: the moments are met, c alone has a standard error, and nothing is left to test."""
    evaluate = normal(50, 30, 14)
    targets, box = Targets.of([1.0, 4.0], 30), Box.of([(-3.0, 3.0), (-3.0, 3.0), (0.5, 6.0)])

    def summed(rows):
        found = evaluate([(a + b, c) for a, b, c in rows])
        return [SimulatedMoments(at.moments[:2], at.covariance[:2, :2]) for at in found]

    with pytest.raises(ValueError, match="3 free parameters need as many moments"):
        calibrate(summed, targets, box)
    found = calibrate(summed, targets, box, SearchOptions(underidentified=True))
    assert found.distance < 0.01
    assert found.values[:2].sum() == pytest.approx(1.0, abs=0.05)
    assert np.isnan(found.fit.standard_error).tolist() == [True, True, False]
    assert found.fit.identification.rank == 2
    assert found.fit.degrees_of_freedom == 0
    assert np.isnan(found.fit.p_value)


def test_diagonal_weights_stay_near_each_target_where_the_model_is_wrong():
    """Two moments that move as one and contradict each other: efficient weights give up both to meet their difference."""
    noise = np.random.default_rng(13).normal(size=(50, 2)) * [1.0, 0.01]

    def evaluate(rows):
        both = [noise[:, 0] + x for (x,) in rows]
        return [simulated([m, 1.2 * m + noise[:, 1]]) for m in both]

    misses = {}
    for rule in Weighting:
        found = calibrate(evaluate, Targets.of([1.0, 0.5], 50), Box.of([(-20.0, 20.0)]), SearchOptions(rule=rule))
        assert found.fit.p_value < 1e-6
        misses[rule] = np.abs(found.simulated.moments - [1.0, 0.5]).max()
    assert misses[Weighting.DIAGONAL] < 0.5 < 2.0 < misses[Weighting.EFFICIENT]


def test_design_fills_every_coordinate():
    points = design(64, 5)
    for column in points.T:
        np.testing.assert_array_equal(np.sort(column), (np.arange(64) + 0.5) / 64)
    assert design(10, 2).shape == (10, 2)
    assert design(1, 2).shape == (1, 2)


def test_a_share_without_events_does_not_pin_the_parameter():
    """Twenty counts of mean 3 (3.6 were observed, and no zero), over a range where zeros are rare nearly everywhere."""
    uniform = np.random.default_rng(11).random((64, 20))

    def evaluate(rows):
        drawn = [stats.poisson.ppf(uniform, row[0]) for row in rows]
        return [simulated((x.mean(axis=1), x.var(axis=1), (x == 0).mean(axis=1))) for x in drawn]

    found = calibrate(evaluate, Targets.of([3.6, 2.44, 0.0], 64), Box.of([(0.1, 20.0)]), SearchOptions(100, 32, 2))
    estimate = found.fit.estimate(0, float(found.values[0]), 0.95, 64)
    assert estimate.low < 3.0 < estimate.high
    assert 0.2 < estimate.standard_error < 0.6  # sqrt(3 / 20) = 0.39 by the mean alone
