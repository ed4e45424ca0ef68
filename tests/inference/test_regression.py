"""Regression on generations: the fit itself, its coverage for one and several runs, and the collapse law."""

import dataclasses
import json
import math
import pickle

import numpy as np
import pytest
from scipy import signal, stats
from statsmodels.regression.linear_model import OLS
from support.lines import with_intercept

from mfsolve.inference import verdicts
from mfsolve.inference.regression import (
    Covariance,
    Critical,
    Start,
    collapse_law,
    newey_west_lags,
    through_origin,
)


def calibrated_path(generations=10):
    """Contamination and log quality of the mean-field `none` path (MODEL 1.6), generation 0 first."""
    imitation, contamination, ratio, elasticity, variance = 0.6504, 0.0113, 0.4735, 1.0268, 1.0
    contaminations, log_qualities = [contamination], [0.0]
    x = np.linspace(-12, 12, 2401)  # the trapezoidal rule is exact to rounding for what falls like a normal density
    human = np.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)
    for _ in range(generations):
        spread = ratio * variance
        generator = np.exp(-0.5 * x**2 / spread) / math.sqrt(2 * math.pi * spread)
        contamination += min(1, imitation * contamination) * (1 - contamination)
        pool = (1 - contamination) * human + contamination * generator
        log_qualities.append(log_qualities[-1] - elasticity * 0.01 * float(pool @ np.log(pool / human)))
        contaminations.append(contamination)
        variance = 1 - contamination + contamination * spread
    return np.array(contaminations), np.array(log_qualities)


@pytest.fixture(scope="module")
def path():
    return calibrated_path()


@pytest.fixture(scope="module")
def cumulated(path):
    return np.cumsum(path[0][1:] ** 2)


def autoregression(rng, shape, coefficient):
    """Stationary AR(1) of unit innovations along the last axis."""
    noise = rng.normal(size=shape)
    noise[..., 0] /= math.sqrt(1 - coefficient**2)
    return signal.lfilter([1], [1, -coefficient], noise, axis=-1)


def twin(columns, kernel, scale, response):
    """Slopes and robust standard errors of many responses, shape (m, n), by plain linear algebra."""
    inverse = np.linalg.inv(columns.T @ columns)
    residual = response - response @ columns @ inverse @ columns.T
    weights = columns @ inverse[:, 0]
    scores = residual * weights
    return response @ weights, np.sqrt(scale * np.einsum("mi,ij,mj->m", scores, kernel, scores))


def bartlett(length, lags):
    apart = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
    return np.clip(1 - apart / (lags + 1), 0, None)


def share_covered(fit, columns, kernel, scale, noise):
    """How many of many fits with the design of `fit` cover a true line of zero."""
    slopes, errors = twin(columns, kernel, scale, noise)
    return int((np.abs(slopes) <= fit.critical_value * errors).sum())


class TestFit:
    def test_collapse_law_on_the_calibrated_path(self, path):
        fit = collapse_law(np.arange(11), *path, start=Start.EXACT)
        # MODEL 1.6 to the digits it was measured with.
        assert fit.slope == pytest.approx(0.181223, abs=5e-7)
        assert (fit.observations, fit.runs, fit.lags, fit.intercept) == (10, 1, 2, None)
        assert fit.p_value(0.183) > 0.05

    def test_collapse_law_takes_runs_and_rows_in_any_order(self, path):
        rng = np.random.default_rng(1)
        generation, run = np.tile(np.arange(11), 4), np.repeat(["d", "a", "c", "b"], 11)
        share = np.clip(np.tile(path[0], 4) + 0.01 * rng.normal(size=44), 0, 1)
        quality = np.tile(path[1], 4) + 0.01 * rng.normal(size=44)
        fit = collapse_law(generation, share, quality, run, start=Start.EXACT)
        assert (fit.observations, fit.runs, fit.covariance) == (40, 4, Covariance.CLUSTER)
        x, y = [], []
        for name in "abcd":
            x.extend(np.cumsum(share[run == name][1:] ** 2))
            y.extend(quality[run == name][0] - quality[run == name][1:])
        assert fit.slope == pytest.approx(np.dot(x, y) / np.dot(x, x), rel=1e-13)
        shuffled = rng.permutation(44)
        again = collapse_law(generation[shuffled], share[shuffled], quality[shuffled], run[shuffled], start=Start.EXACT)
        assert again == fit

    def test_a_measured_start_has_an_intercept_in_every_run(self, path):
        """The slope of one run is that of a line with intercept over all generations; of several, with one each."""
        rng = np.random.default_rng(21)
        quality = path[1] + 0.01 * rng.normal(size=(3, 11))
        x = np.append(0.0, np.cumsum(path[0][1:] ** 2))
        one = collapse_law(np.arange(11), path[0], quality[0])
        assert (one.slope, one.intercept) == pytest.approx(np.polyfit(x, -quality[0], 1), rel=1e-9)
        assert one.observations == 11
        error = rng.integers(1, 4, 33) * 0.01
        several = collapse_law(
            np.tile(np.arange(11), 3),
            np.tile(path[0], 3),
            quality.ravel(),
            np.repeat([0, 1, 2], 11),
            log_quality_error=error,
            covariance=Covariance.CLUSTER,
        )
        columns = np.column_stack([np.tile(x, 3), np.kron(np.eye(3), np.ones((11, 1)))]) / error[:, None]
        slope = np.linalg.lstsq(columns, -quality.ravel() / error, rcond=None)[0][0]
        assert several.slope == pytest.approx(slope, rel=1e-9)

    def test_a_start_of_its_own_error_widens_the_interval(self, path):
        """As in a log that gives 0.04 for the start too: the line need not go through it."""
        quality = np.array([0.05, -0.12, -0.17, -0.35, -0.38, -0.46, -0.63, -0.65, -0.84, -0.88, -1.02])
        law = (np.arange(11), np.minimum(np.arange(11), 1.0), quality)
        assert collapse_law(*law, start=Start.EXACT).p_value(0.1) < 0.05
        for fit in (collapse_law(*law), collapse_law(*law, log_quality_error=np.full(11, 0.04))):
            assert fit.low < 0.1 < fit.high
            assert fit.p_value(0.1) > 0.3

    @pytest.mark.parametrize("lags", [None, 0, 5])
    @pytest.mark.parametrize("fit_line", [through_origin, with_intercept])
    def test_standard_errors_are_those_of_statsmodels(self, fit_line, lags):
        rng = np.random.default_rng(2)
        x, y = rng.random(25), rng.random(25)
        columns = np.column_stack([x, np.ones(25)])[:, : 1 if fit_line is through_origin else 2]
        fit = fit_line(x, y, lags=lags, critical=Critical.STUDENT)
        kwds = {"maxlags": 2 if lags is None else lags, "use_correction": True}
        theirs = OLS(y, columns).fit(cov_type="HAC", cov_kwds=kwds, use_t=True)
        assert fit.slope == pytest.approx(theirs.params[0], rel=1e-12)
        assert fit.standard_error == pytest.approx(theirs.bse[0], rel=1e-12)
        assert (fit.low, fit.high) == pytest.approx(tuple(theirs.conf_int()[0]), rel=1e-9)
        assert fit.p_value(0.0) == pytest.approx(theirs.pvalues[0], rel=1e-9)
        r_squared = fit.r_squared_uncentered if fit_line is through_origin else fit.r_squared
        assert r_squared == pytest.approx(theirs.rsquared, rel=1e-12)

    @pytest.mark.parametrize("intercept", [False, True])
    @pytest.mark.parametrize("covariance", [Covariance.HAC, Covariance.CLUSTER])
    def test_no_product_crosses_runs(self, covariance, intercept):
        """The standard error for interleaved, unequal runs is that of the block kernel, worked by hand."""
        rng = np.random.default_rng(3)
        run = rng.permutation(np.repeat([7, 3, 5], [6, 9, 12]))
        x, y = rng.random(27), rng.random(27)
        fit_line = with_intercept if intercept else through_origin
        fit = fit_line(x, y, run=run, lags=2, covariance=covariance)
        order = np.argsort(run, kind="stable")
        columns = np.column_stack([x, np.ones(27)])[order, : 1 + intercept]
        blocks = [np.ones((n, n)) if covariance is Covariance.CLUSTER else bartlett(n, 2) for n in (9, 12, 6)]
        kernel = np.zeros((27, 27))
        for start, block in zip([0, 9, 21], blocks):
            kernel[start : start + len(block), start : start + len(block)] = block
        free = 27 - columns.shape[1]
        scale = 3 / 2 * 26 / free if covariance is Covariance.CLUSTER else 27 / free
        slope, error = twin(columns, kernel, scale, y[order][np.newaxis])
        assert (fit.slope, fit.standard_error) == pytest.approx((slope[0], error[0]), rel=1e-10)

    def test_weights_are_inverse_variances(self):
        rng = np.random.default_rng(4)
        x, y, error = rng.random(12), rng.random(12), rng.integers(1, 4, 12).astype(float)
        fit = with_intercept(x, y, response_error=error, lags=0)
        slope, intercept = np.polyfit(x, y, 1, w=1 / error)
        assert (fit.slope, fit.intercept) == pytest.approx((slope, intercept), rel=1e-11)
        equal = with_intercept(x, y, response_error=np.full(12, 0.3))
        plain = with_intercept(x, y)
        assert equal.standard_error == pytest.approx(plain.standard_error, rel=1e-12)
        assert equal.r_squared == pytest.approx(plain.r_squared, rel=1e-12)

    def test_collapse_law_weights_its_observations(self, path):
        rng = np.random.default_rng(11)
        error = rng.integers(1, 4, 11) * 0.01
        quality = path[1] + error * rng.normal(size=11)
        fit = collapse_law(np.arange(11), path[0], quality, log_quality_error=error, start=Start.EXACT)
        x, y, weight = np.cumsum(path[0][1:] ** 2), quality[0] - quality[1:], error[1:] ** -2
        assert fit.slope == pytest.approx((weight * x) @ y / ((weight * x) @ x), rel=1e-12)
        error[0] = 0.0
        assert collapse_law(np.arange(11), path[0], quality, log_quality_error=error) == fit

    def test_a_regression_is_valid_json(self, path):
        record = json.loads(json.dumps(collapse_law(np.arange(11), *path).to_dict(), allow_nan=False))
        assert record["intercept"] == pytest.approx(0.0, abs=0.01)
        assert (record["observations"], record["covariance"]) == (11, "Newey-West within runs")
        assert record["level"] == 0.95

    def test_lag_rule(self):
        assert [newey_west_lags(n) for n in (1, 3, 10, 100, 1000)] == [0, 1, 2, 4, 6]

    def test_estimate_reproduces_the_interval_from_its_degrees_of_freedom(self, path):
        fit = collapse_law(np.arange(11), *path)
        estimate = fit.estimate()
        half = stats.t.ppf(0.975, estimate.degrees_of_freedom) * estimate.standard_error
        assert estimate.half_width == pytest.approx(half, rel=1e-9)
        assert fit.p_value(fit.high) == pytest.approx(0.05, rel=1e-9)

    def test_an_estimate_has_the_p_values_of_its_regression(self):
        """A t matched at 95 % gives 0.019 where the distribution of six generations gives 0.0025."""
        x, noise = np.arange(1.0, 7.0), np.random.default_rng(5).standard_normal(18)
        runs = np.repeat([0, 1, 2], 6)
        for fit in (through_origin(x, x + noise[:6]), through_origin(np.tile(x, 3), np.tile(x, 3) + noise, run=runs)):
            estimate = pickle.loads(pickle.dumps(fit.estimate()))
            for level in (0.5, 0.9, 0.95, 0.9975, 0.99999):
                reach = fit.reference.critical(level) * fit.standard_error
                for end in (fit.slope + reach, fit.slope - reach):
                    assert verdicts.p_value(estimate, end, end) == pytest.approx(1 - level, rel=1e-6)
            assert estimate == fit.estimate()
            assert "tail" not in estimate.to_dict()
        point = dataclasses.replace(fit, standard_error=0.0, low=fit.slope, high=fit.slope).estimate()
        assert 0.0 < verdicts.p_value(point, 9.0, 9.0) < 0.05  # what varies in no run tells of no error

    def test_runs_without_difference_leave_a_point(self, path):
        """Three copies of one deterministic run: clustering sees no spread, to the rounding of the scores."""
        tiled = [np.tile(array, 3) for array in (np.arange(11), *path)]
        fit = collapse_law(*tiled, np.repeat([0, 1, 2], 11))
        assert fit.standard_error < 1e-14
        zero = dataclasses.replace(fit, standard_error=0.0)
        assert (zero.p_value(zero.slope), zero.p_value(1.0)) == (1.0, 0.0)

    def test_slopes_of_runs_are_averaged(self):
        rng = np.random.default_rng(13)
        lengths = [4, 9, 15]
        x, y, run = rng.random(28) + 0.2, rng.random(28), np.repeat([3, 1, 2], lengths)
        slopes = [np.polyfit(x[run == name], y[run == name], 1) for name in (1, 2, 3)]
        fit = with_intercept(x, y, run=run, covariance=Covariance.RUNS)
        assert fit.slope == pytest.approx(np.mean(slopes, axis=0)[0], rel=1e-10)
        assert fit.intercept == pytest.approx(np.mean(slopes, axis=0)[1], rel=1e-10)
        assert fit.standard_error == pytest.approx(stats.sem(np.array(slopes)[:, 0]), rel=1e-10)
        # From 0.917 on the least favourable variances are equal ones.
        assert fit.critical_value == pytest.approx(stats.t.ppf(0.975, 2), rel=1e-9)
        assert fit.p_value(fit.high) == pytest.approx(0.05, rel=1e-8)
        assert with_intercept(x, y, run=run, covariance=Covariance.RUNS, level=0.5).critical_value > stats.t.ppf(
            0.75, 2
        )

    def test_two_runs_say_that_they_are_two(self, cumulated):
        noise = np.cumsum(np.random.default_rng(17).normal(size=(2, 10)), axis=1).ravel()
        fit = through_origin(np.tile(cumulated, 2), noise, run=np.repeat([0, 1], 10))
        assert fit.covariance is Covariance.RUNS
        assert fit.critical_value == pytest.approx(stats.t.ppf(0.975, 1), rel=1e-9)
        assert "two runs" in fit.estimate().note

    def test_persistence_against_simulation(self):
        """The bound of the coefficient, and the tail that is the largest of coefficients up to it."""
        rng, trials, count = np.random.default_rng(18), 8000, 24
        x = np.arange(1.0, count + 1)
        columns = np.column_stack([x, np.ones(count)])
        fit = with_intercept(x, autoregression(rng, count, 0.2))
        assert 0.1 < fit.coefficient < 0.9
        clear = np.eye(count) - columns @ np.linalg.pinv(columns)

        def lag_one(noise):
            residual = noise @ clear
            return (residual[:, 1:] * residual[:, :-1]).sum(axis=1) / (residual**2).sum(axis=1)

        measured = lag_one(autoregression(np.random.default_rng(18), count, 0.2)[np.newaxis])[0]
        share = (lag_one(autoregression(rng, (trials, count), fit.coefficient)) < measured).mean()
        assert share == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / trials))
        found = {1.0: [], 3.0: []}
        for part in (0.0, 0.4, 0.7, 0.85, 0.95, 1.0):
            noise = autoregression(rng, (trials, count), part * fit.coefficient)
            slopes, errors = twin(columns, bartlett(count, fit.lags), count / (count - 2), noise)
            for statistic, tails in found.items():
                tails.append((np.abs(slopes) > statistic * errors).mean())
        for statistic, tails in found.items():
            assert fit.reference.exceedance(statistic) == pytest.approx(max(tails), abs=5 * math.sqrt(0.25 / trials))
        assert fit.p_value(fit.low) == pytest.approx(0.05, rel=1e-6)


@pytest.mark.slow
@pytest.mark.exhaustive
class TestCoverage:
    """Shares of 5000 fits that cover; each design is fitted once, the noise runs through `twin`."""

    TRIALS = 5000

    @pytest.mark.parametrize(
        ("coefficient", "claimed"), [(0.0, 0.95), (0.5, 0.915), (0.8, 0.890)], ids=["white", "ar5", "ar8"]
    )
    def test_ten_generations_of_one_run(self, agrees, cumulated, coefficient, claimed):
        noise = autoregression(np.random.default_rng(5), (self.TRIALS, 10), coefficient)
        fit = through_origin(cumulated, noise[0], critical=Critical.FIXED_B)
        hits = share_covered(fit, cumulated[:, np.newaxis], bartlett(10, 2), 10 / 9, noise)
        assert agrees(hits, self.TRIALS, claimed, math.inf if coefficient == 0 else 20000)

    def test_student_quantile_fails_at_ten_generations(self, agrees, cumulated):
        noise = np.random.default_rng(6).normal(size=(self.TRIALS, 10))
        fit = through_origin(cumulated, noise[0], critical=Critical.STUDENT)
        assert fit.critical_value == pytest.approx(stats.t.ppf(0.975, 9), rel=1e-9)
        hits = share_covered(fit, cumulated[:, np.newaxis], bartlett(10, 2), 10 / 9, noise)
        assert agrees(hits, self.TRIALS, 0.583, 20000)

    @pytest.mark.parametrize(
        ("critical", "claimed"),
        [(Critical.FIXED_B, 0.948), (Critical.STUDENT, 0.910)],
        ids=lambda x: str(x)[:7],
    )
    def test_long_autocorrelated_series(self, agrees, critical, claimed):
        rng = np.random.default_rng(7)
        x = autoregression(rng, 400, 0.5)
        noise = autoregression(rng, (self.TRIALS, 400), 0.5)
        fit = with_intercept(x, noise[0], lags=40, critical=critical)
        columns = np.column_stack([x, np.ones(400)])
        hits = share_covered(fit, columns, bartlett(400, 40), 400 / 398, noise)
        assert agrees(hits, self.TRIALS, claimed, 20000)

    def test_ordinary_errors_fail_where_the_noise_is_autocorrelated(self, agrees):
        rng = np.random.default_rng(7)
        x = autoregression(rng, 400, 0.5)
        noise = autoregression(rng, (self.TRIALS, 400), 0.5)
        centred = x - x.mean()
        slopes = noise @ centred / (centred @ centred)
        residual = noise - noise.mean(axis=1, keepdims=True) - np.outer(slopes, centred)
        errors = np.sqrt((residual**2).sum(axis=1) / 398 / (centred @ centred))
        hits = int((np.abs(slopes) <= stats.t.ppf(0.975, 398) * errors).sum())
        # Long-run over marginal variance of the scores: (1 + 0.25) / (1 - 0.25), so 1.96 becomes 1.52.
        assert agrees(hits, self.TRIALS, 2 * stats.norm.cdf(1.96 / math.sqrt(1.25 / 0.75)) - 1)

    @pytest.mark.parametrize("runs", [3, 8])
    def test_several_runs_of_random_walks(self, agrees, cumulated, runs):
        """Errors that accumulate within a run, and a slope that differs from run to run, are both covered."""
        rng = np.random.default_rng(8)
        noise = np.cumsum(rng.normal(size=(self.TRIALS, runs, 10)), axis=2)
        noise = (noise + 5 * rng.normal(size=(self.TRIALS, runs, 1)) * cumulated).reshape(self.TRIALS, -1)
        x, run = np.tile(cumulated, runs), np.repeat(np.arange(runs), 10)
        fit = through_origin(x, noise[0], run=run)
        assert fit.covariance is Covariance.CLUSTER
        # Equal designs: the clustered t statistic is that of the runs' own slopes.
        assert fit.critical_value == pytest.approx(stats.t.ppf(0.975, runs - 1), rel=1e-9)
        scale = runs / (runs - 1) * (10 * runs - 1) / (10 * runs - 1)
        kernel = np.kron(np.eye(runs), np.ones((10, 10)))
        assert agrees(share_covered(fit, x[:, np.newaxis], kernel, scale, noise), self.TRIALS, 0.95)

    def test_two_runs_of_white_noise(self, agrees, cumulated):
        noise = np.random.default_rng(9).normal(size=(self.TRIALS, 20))
        x, run = np.tile(cumulated, 2), np.repeat([0, 1], 10)
        fit = through_origin(x, noise[0], run=run, covariance=Covariance.HAC, critical=Critical.FIXED_B)
        kernel = np.kron(np.eye(2), bartlett(10, 2))
        assert agrees(share_covered(fit, x[:, np.newaxis], kernel, 20 / 19, noise), self.TRIALS, 0.95)

    @pytest.mark.parametrize("spread", [0.0, 1.0])
    def test_runs_of_unequal_length_rest_on_their_own_slopes(self, spread):
        """A run twice as long outweighs the others: clustered errors cover 0.2 to 0.9 where slopes differ from run to run."""
        rng = np.random.default_rng(12)
        lengths = [20, 10, 10, 10, 10]
        x, run = np.concatenate([np.arange(1.0, n + 1) for n in lengths]), np.repeat(np.arange(5), lengths)
        misses = clustered = 0
        for _ in range(1000):
            noise = np.concatenate([np.cumsum(rng.normal(size=n)) for n in lengths])
            noise = noise + np.repeat(spread * rng.normal(size=5), lengths) * x
            fit = through_origin(x, noise, run=run)
            misses += not fit.low <= 0 <= fit.high
            if spread:
                fit = through_origin(x, noise, run=run, covariance=Covariance.CLUSTER)
                clustered += not fit.low <= 0 <= fit.high
        assert misses / 1000 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 1000)
        assert not spread or clustered / 1000 > 0.08

    @pytest.mark.parametrize("coefficient", [0.5, 0.9])
    def test_one_run_of_autocorrelated_errors(self, coefficient):
        """Fixed-b values of white noise cover 0.87 and 0.59 here."""
        rng = np.random.default_rng(14)
        x, misses, white = np.arange(1.0, 21.0), 0, 0
        noise = autoregression(rng, (300, 20), coefficient)
        for row in noise:
            fit = with_intercept(x, row)
            misses += not fit.low <= 0 <= fit.high
        columns = np.column_stack([x, np.ones(20)])
        fit = with_intercept(x, noise[0], critical=Critical.FIXED_B)
        white = 300 - share_covered(fit, columns, bartlett(20, fit.lags), 20 / 18, noise)
        assert misses / 300 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 300)
        assert white / 300 > 0.08

    def test_persistence_is_bounded_by_the_residuals(self):
        rng = np.random.default_rng(15)
        x = np.arange(1.0, 101.0)
        bounds = [with_intercept(x, autoregression(rng, 100, f)).coefficient for f in (0.0, 0.5, 0.9)]
        assert bounds == sorted(bounds)
        assert bounds[0] < 0.5 < bounds[1] < 0.98
        fit = with_intercept(x, autoregression(rng, 100, 0.5))
        assert fit.p_value(fit.high) == pytest.approx(0.05, rel=1e-6)
        assert fit.critical is Critical.PERSISTENT

    def test_moments_serve_long_series(self, monkeypatch):
        from mfsolve.inference import persistence

        rng = np.random.default_rng(16)
        x, y = np.arange(1.0, 121.0), autoregression(rng, 120, 0.6)
        exact = with_intercept(x, y)
        monkeypatch.setattr(persistence, "_EXACT", 1)
        matched = with_intercept(x, y)
        assert matched.coefficient == pytest.approx(exact.coefficient, abs=0.1)
        assert matched.critical_value == pytest.approx(exact.critical_value, rel=0.25)

    def test_unequal_runs_with_white_noise(self, agrees):
        rng = np.random.default_rng(10)
        lengths = [4, 9, 15, 22]
        x, run = rng.random(50) + 0.2, np.repeat(np.arange(4), lengths)
        noise = rng.normal(size=(self.TRIALS, 50))
        fit = with_intercept(x, noise[0], run=run, covariance=Covariance.CLUSTER)
        kernel = np.equal.outer(run, run).astype(float)
        columns = np.column_stack([x, np.ones(50)])
        hits = share_covered(fit, columns, kernel, 4 / 3 * 49 / 48, noise)
        assert agrees(hits, self.TRIALS, 0.95)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: through_origin([1.0, 2.0], [1.0, 2.0]), "regressor: 2 observations given; allowed: at least 3"),
        (lambda: through_origin([0.0] * 4, [1.0, 2.0, 1.0, 3.0]), "regressor must differ from zero at two"),
        (lambda: with_intercept([2.0] * 4, [1.0, 2.0, 1.0, 3.0]), "regressor must not be constant"),
        (lambda: through_origin([1.0, 2.0, 3.0], [0.1, 0.2, 0.3]), "response lies exactly on a line"),
        (lambda: with_intercept([1.0, 2.0, 3.0], [5.0] * 3), "response lies exactly on a line"),
        (lambda: through_origin([1.0, 2.0, 3.0], [1.0, 2.0]), "response, regressor: lengths"),
        (lambda: through_origin([1.0, 2.0, math.nan], [1.0, 2.0, 4.0]), r"regressor\[2\]: nan given"),
        (
            lambda: with_intercept([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 4.0, 7.0], run=[0, 0, 1, 2]),
            "run 2 of 3 has no slope of its own",
        ),
        (
            lambda: through_origin([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], critical=Critical.HETEROGENEOUS),
            "does not go with covariance",
        ),
        (lambda: through_origin([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], lags=3), r"lags: 3 given; allowed: 0\.\.2"),
        (lambda: through_origin([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], run=[0, 1]), "given; allowed: an entry for each of"),
        (
            lambda: through_origin([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], covariance=Covariance.CLUSTER),
            "covariance cannot be clustered",
        ),
        (
            lambda: through_origin([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], response_error=[1.0, 0.0, 1.0]),
            "response_error must be positive",
        ),
        (
            lambda: collapse_law([0, 1, 2, 3], [0.1] * 4, [0.0, -1, -2, -4], log_quality_error=[1, 1, 0, 1]),
            "log_quality_error must be positive",
        ),
        (lambda: collapse_law([0, 1, 3, 4], [0.1] * 4, [0.0, -1, -2, -4]), "generation must be consecutive"),
        (
            lambda: collapse_law([0, 1, 2, 3], [0.1] * 4, np.ma.masked_array([0.0, -1, -2, -4], [0, 0, 0, 1])),
            "log_quality: masked in places",
        ),
        (lambda: collapse_law([0, 1, 2, 3], [0.1] * 4, [0.0, -1, -2, -4 + 1j]), "log_quality: complex numbers given"),
        (
            lambda: collapse_law([0, 1] * 2, [0.1] * 4, [0.0, -1, -2, -4], [None, None, "b", "b"]),
            "run must hold names or whole numbers of one kind",
        ),
        (lambda: collapse_law([0, 1, 1, 2], [0.1] * 4, [0.0, -1, -2, -4]), "generation must be consecutive"),
        (
            lambda: collapse_law([0, 1, 2, 3], [0.1, 1.1, 0.2, 0.3], [0.0, -1, -2, -4]),
            "contamination must lie",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()
