"""Lines through series and their errors, worked again by plain linear algebra; which errors are taken, and what is refused."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.lines import with_intercept

from mfsolve.inference import studentised_slope
from mfsolve.inference.intervals import Method
from mfsolve.inference.least_squares import ExactLine, _unit
from mfsolve.inference.regression import Covariance, Critical, newey_west_lags, through_origin
from mfsolve.inference.studentised_slope import Studentised

LENGTHS = (9, 12, 6)
RUN = np.random.default_rng(3).permutation(np.repeat(["c", "a", "b"], [6, 9, 12]))  # their names in order: 9, 12, 6
X, Y = np.random.default_rng(4).random((2, 27)) + 0.2
ERROR = np.random.default_rng(5).integers(1, 4, 27) / 8.0


def kernel(covariance, lengths, lags):
    """Which products of scores count, and how much."""
    whole = np.zeros((sum(lengths),) * 2)
    for end, length in zip(np.cumsum(lengths), lengths):
        apart = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
        block = np.ones_like(apart) if covariance is Covariance.CLUSTER else np.clip(1 - apart / (lags + 1), 0, None)
        whole[end - length : end, end - length : end] = block
    return whole


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("covariance", [Covariance.HAC, Covariance.CLUSTER])
@pytest.mark.parametrize("several", [True, False])
def test_a_line_and_its_errors_are_those_of_linear_algebra(weighted, intercept, covariance, several):
    if not several and covariance is Covariance.CLUSTER:
        return
    line = with_intercept if intercept else through_origin
    options = {"run": RUN} if several else {}
    if weighted:
        options["response_error"] = ERROR
    fit = line(X, Y, **options, lags=2, covariance=covariance, critical=Critical.FIXED_B, level=0.9)
    order = np.argsort(RUN, kind="stable") if several else np.arange(27)
    lengths = LENGTHS if several else (27,)
    root = (ERROR.min() / ERROR if weighted else np.ones(27))[order]
    columns = np.column_stack([X, np.ones(27)])[order, : 1 + intercept] * root[:, None]
    target = Y[order] * root
    inverse = np.linalg.inv(columns.T @ columns)
    coefficients = inverse @ columns.T @ target
    residual = target - columns @ coefficients
    free = 27 - columns.shape[1]
    scale = 3 / 2 * 26 / free if covariance is Covariance.CLUSTER else 27 / free
    products = kernel(covariance, lengths, 2)
    scores = columns * residual[:, None]
    errors = np.sqrt(scale * np.diag(inverse @ scores.T @ products @ scores @ inverse))
    assert (fit.slope, fit.standard_error) == pytest.approx((coefficients[0], errors[0]), rel=1e-9)
    if intercept:
        assert (fit.intercept, fit.intercept_standard_error) == pytest.approx((coefficients[1], errors[1]), rel=1e-9)
    else:
        assert (fit.intercept, fit.intercept_standard_error) == (None, None)
    weight = root**2
    centre = weight @ Y[order] / weight.sum()
    unexplained = residual @ residual
    assert fit.r_squared == pytest.approx(1 - unexplained / (weight @ (Y[order] - centre) ** 2), rel=1e-9)
    assert fit.r_squared_uncentered == pytest.approx(1 - unexplained / (weight @ Y[order] ** 2), rel=1e-9)
    # the distribution of the squared error under independent errors: eigenvalues of a form in them
    slope = columns @ inverse[:, 0]
    clear = np.eye(27) - columns @ inverse @ columns.T
    form = scale * clear @ (products * np.outer(slope, slope)) @ clear / (slope @ slope)
    eigenvalues = np.linalg.eigvalsh(form)
    eigenvalues = eigenvalues[eigenvalues > 1e-12 * eigenvalues.max()]
    assert sorted(fit.reference.weights) == pytest.approx(list(eigenvalues), rel=1e-6, abs=1e-10)
    assert fit.reference.freedom == (1.0,) * len(eigenvalues)
    assert fit.reference.exceedance(fit.critical_value) == pytest.approx(0.1, rel=1e-9)
    half = fit.critical_value * fit.standard_error
    assert (fit.low, fit.high) == pytest.approx((fit.slope - half, fit.slope + half), rel=1e-12)
    assert (fit.level, fit.observations, fit.runs) == (0.9, 27, 3 if several else 1)
    assert fit.lags == (11 if covariance is Covariance.CLUSTER else 2)
    assert (fit.covariance, fit.critical, fit.coefficient, fit.note) == (covariance, Critical.FIXED_B, None, None)


@pytest.mark.parametrize("intercept", [False, True])
def test_slopes_of_runs_are_averaged_and_explain_what_their_mean_does(intercept):
    line = with_intercept if intercept else through_origin
    fit = line(X, Y, run=RUN, covariance=Covariance.RUNS, level=0.9)
    each = [
        np.linalg.lstsq(np.column_stack([X, np.ones(27)])[name == RUN, : 1 + intercept], Y[name == RUN])[0]
        for name in "abc"
    ]
    found = np.array([fit.slope, fit.intercept] if intercept else [fit.slope])
    errors = [fit.standard_error, fit.intercept_standard_error] if intercept else [fit.standard_error]
    assert list(found) == pytest.approx(list(np.mean(each, axis=0)), rel=1e-9)
    assert errors == pytest.approx(list(stats.sem(each)), rel=1e-9)
    residual = Y - found[0] * X - (found[1] if intercept else 0.0)
    assert fit.r_squared == pytest.approx(1 - residual @ residual / ((Y - Y.mean()) ** 2).sum(), rel=1e-9)
    assert fit.critical_value == pytest.approx(stats.t.ppf(0.95, 2), rel=1e-6)
    assert (fit.lags, fit.runs, fit.critical, fit.note) == (11, 3, Critical.HETEROGENEOUS, None)


def three(share, intercept):
    """Three runs, the last of which has this share of the slope's weight, without a noise that is a line."""
    pattern = np.array([1.0, 2.0, 3.0, 4.0]) - (2.5 if intercept else 0.0)
    scale = np.sqrt([(1 - share) / 2, (1 - share) / 2, share])
    x = (scale[:, None] * pattern + (7.0 if intercept else 0.0)).ravel()
    return x, np.random.default_rng(1).random(12), np.repeat([0, 1, 2], 4)


@pytest.mark.parametrize("intercept", [False, True])
def test_three_runs_that_weigh_alike_are_clusters(intercept):
    """Shares a, a and b of the weight are worth 1 / (2 a^2 + b^2) runs: 95 % of three at b = 0.409."""
    line = with_intercept if intercept else through_origin
    edge = max(np.roots([1.5, -1.0, 0.5 - 1 / 2.85]))
    for share, covariance in (
        (1 / 3, Covariance.CLUSTER),
        (edge - 1e-6, Covariance.CLUSTER),
        (edge + 1e-6, Covariance.RUNS),
    ):
        x, y, run = three(share, intercept)
        fit = line(x, y, run=run)
        critical = Critical.FIXED_B if covariance is Covariance.CLUSTER else Critical.HETEROGENEOUS
        assert (fit.covariance, fit.critical, fit.runs, fit.lags) == (covariance, critical, 3, 3)
    two = line(x[:8], y[:8], run=run[:8])
    assert (two.covariance, two.runs) == (Covariance.RUNS, 2)
    for covariance in (Covariance.CLUSTER, Covariance.RUNS):
        assert line(x[:8], y[:8], run=run[:8], covariance=covariance).runs == 2
    one = line(x[:4], y[:4])
    assert (one.covariance, one.critical, one.runs, one.lags) == (Covariance.HAC, Critical.PERSISTENT, 1, 1)


@pytest.mark.parametrize("covariance", Covariance)
@pytest.mark.parametrize("critical", Critical)
def test_critical_values_go_with_the_errors_they_are_of(covariance, critical):
    fits = {
        Covariance.HAC: {Critical.PERSISTENT, Critical.FIXED_B, Critical.STUDENT},
        Covariance.CLUSTER: {Critical.FIXED_B, Critical.STUDENT},
        Covariance.RUNS: {Critical.HETEROGENEOUS},
    }
    x, y, run = three(0.2, False)
    if critical in fits[covariance]:
        fit = through_origin(x, y, run=run, covariance=covariance, critical=critical)
        assert (fit.covariance, fit.critical) == (covariance, critical)
    else:
        with pytest.raises(
            ValueError, match=re.escape(f"critical {critical!r} does not go with covariance {covariance!r}")
        ):
            through_origin(x, y, run=run, covariance=covariance, critical=critical)


def test_textbook_degrees_of_freedom():
    x, y, run = three(0.3, True)
    for options, free in (
        ({}, 10),
        ({"covariance": Covariance.HAC, "run": run}, 10),
        ({"covariance": Covariance.CLUSTER, "run": run}, 2),
    ):
        fit = with_intercept(x, y, critical=Critical.STUDENT, level=0.9, **options)
        assert (fit.reference.freedom, fit.reference.weights) == ((free,), (1 / free,))
        assert fit.critical_value == pytest.approx(stats.t.ppf(0.95, free), rel=1e-9)
    assert through_origin(x, y, critical=Critical.STUDENT).reference.freedom == (11.0,)


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("several", [False, True])
def test_two_moments_of_large_designs_are_those_of_the_weights(monkeypatch, intercept, several):
    line = with_intercept if intercept else through_origin
    options = {"run": RUN} if several else {}
    options |= {"lags": 2, "covariance": Covariance.HAC, "critical": Critical.FIXED_B}
    exact = line(X, Y, **options).reference
    monkeypatch.setattr(studentised_slope, "_EXACT_RANK", 27)
    assert line(X, Y, **options).reference == exact
    monkeypatch.setattr(studentised_slope, "_EXACT_RANK", 26)
    matched = line(X, Y, **options).reference
    weights = np.array(exact.weights)
    assert matched.freedom == pytest.approx((weights.sum() ** 2 / (weights**2).sum(),), rel=1e-9)
    assert matched.weights == pytest.approx((weights.sum() / matched.freedom[0],), rel=1e-9)
    assert len(matched.weights) == 1


def test_critical_values_hold_from_almost_no_to_almost_every_chance():
    for level in (1e-6, 0.01, 1 - 1e-12):
        for freedom in (1.0, 7.0):
            found = Studentised.student(freedom).critical(level)
            assert 2 * stats.t.sf(found, freedom) == pytest.approx(1 - level, rel=1e-3)


class TestNotes:
    NOISE = np.array([1.0, 1.0, -1.0])  # of which a line through the origin at 1, 2, 3 takes nothing

    @pytest.mark.parametrize(
        ("apart", "note"),
        [
            (1.9e-12, "runs do not differ: identical runs count as one"),
            (2.1e-12, "two runs: their slopes have one degree of freedom"),
        ],
    )
    def test_runs_that_do_not_differ_are_one(self, apart, note):
        """The standard error of two slopes is half of what lies between them."""
        x = np.array([1.0, 2.0, 3.0])
        for sign in (1.0, -1.0):
            y = np.concatenate([sign * x, sign * (1 + apart) * x]) + 1e-3 * np.tile(self.NOISE, 2)
            fit = through_origin(np.tile(x, 2), y, run=[0, 0, 0, 1, 1, 1])
            assert fit.note == note
            assert fit.estimate().note == note

    def test_three_copies_are_one_run(self):
        x = np.tile([1.0, 2.0, 3.0], 3)
        fit = through_origin(x, x + np.tile(self.NOISE, 3), run=np.repeat([0, 1, 2], 3))
        assert (fit.covariance, fit.note) == (Covariance.CLUSTER, "runs do not differ: identical runs count as one")
        assert (
            with_intercept([1.0, 2.0, 3.0, 4.0] * 3, [1.0, 2.0, 0.5, 2.5] * 3, covariance=Covariance.HAC).note
            != fit.note
        )

    def test_what_may_be_a_random_walk_is_said(self):
        x = np.arange(1.0, 9.0)
        walk, white = x + np.array([1.0, 2.0, 3.0, 3.0, 2.0, 1.0, -1.0, -3.0]), x + np.tile([1.0, -1.0], 4)
        fit = with_intercept(x, walk)
        assert fit.coefficient == 0.98
        assert (
            fit.note == "the errors cannot be distinguished from a random walk, for which the interval may be invalid"
        )
        fit = with_intercept(x, white)
        assert (fit.coefficient, fit.note) == (0.0, None)


class TestRecord:
    def test_p_values_end_at_the_interval_and_far_out(self):
        fit = through_origin(X, Y, level=0.8)
        assert fit == through_origin(X, Y, level=0.8)  # whose distribution is another object
        assert "reference" not in repr(fit)  # which is arrays
        assert (fit.p_value(fit.low), fit.p_value(fit.high)) == pytest.approx((0.2, 0.2), rel=1e-6)
        assert fit.p_value(fit.slope) == pytest.approx(1.0, abs=1e-9)
        assert fit.p_value(1e300) == fit.p_value(-1e300) == fit.p_value(1e200) < 1e-100
        certain = replace(fit, standard_error=0.0)
        assert (certain.p_value(fit.slope), certain.p_value(fit.high)) == (1.0, 0.0)

    def test_what_is_left_out_is_a_level_of_95_percent(self):
        assert through_origin(X, Y) == through_origin(X, Y, level=0.95)
        assert with_intercept(X, Y) == with_intercept(X, Y, level=0.95)

    def test_json_has_every_field_but_the_distribution(self):
        fit = through_origin([1.0, 2.0, 4.0, 5.0], [3.0] * 4)
        record = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
        assert math.isnan(fit.r_squared)
        assert record["r_squared"] is None
        assert record["intercept"] is None
        for name in ("slope", "low", "critical_value", "observations", "note", "covariance", "r_squared_uncentered"):
            assert record[name] == getattr(fit, name)
        assert set(record) == set(vars(fit)) - {"reference"}

    def test_an_estimate_has_the_degrees_of_freedom_of_its_critical_value(self):
        line = through_origin(X, Y, level=0.9)
        for critical in (1.645, 1.7, 2.5, 12.0, 1e4):
            fit = replace(line, critical_value=critical)
            freedom = fit.estimate().degrees_of_freedom
            assert stats.t.ppf(0.95, freedom) == pytest.approx(critical, rel=1e-6)
            assert freedom < 1e5
        for normal in (1.6, float(stats.norm.ppf(0.95))):
            assert replace(line, critical_value=normal).estimate().degrees_of_freedom == math.inf

    @pytest.mark.parametrize(
        ("covariance", "method", "replicates"),
        [(Covariance.HAC, Method.HAC, 27), (Covariance.CLUSTER, Method.CLUSTER, 3), (Covariance.RUNS, Method.RUNS, 3)],
    )
    def test_an_estimate_hands_everything_on(self, covariance, method, replicates):
        fit = with_intercept(X, Y, run=RUN, covariance=covariance, level=0.9)
        found = fit.estimate()
        assert (found.value, found.standard_error, found.low, found.high) == (
            fit.slope,
            fit.standard_error,
            fit.low,
            fit.high,
        )
        assert (found.level, found.method, found.replicates, found.note) == (0.9, method, replicates, fit.note)


def test_lags_are_those_of_the_rule():
    """floor(4 (n / 100)^(2/9)), below the length: it steps from 4 to 5 at 100 (5/4)^4.5 = 272.96."""
    found = [newey_west_lags(n) for n in (1, 2, 3, 4, 5, 27, 28, 99, 100, 272, 273, 2263, 2264)]
    assert found == [0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 8, 8]
    run = np.repeat([0, 1], [3, 24])
    assert through_origin(X, Y, run=run, covariance=Covariance.HAC).lags == 2
    assert through_origin(X, Y, run=np.repeat([0, 1], [2, 25]), covariance=Covariance.HAC).lags == 1
    assert through_origin(X, Y, run=np.repeat([0, 1], [1, 26]), covariance=Covariance.HAC).lags == 0
    assert through_origin(X, Y).lags == 2
    assert through_origin(X, Y, lags=0).lags == 0
    assert through_origin(X, Y, lags=26).lags == 26


EPS = 2.0**-52


@pytest.mark.parametrize(("noise", "refused"), [(64.0, True), (65.0, False)])
def test_a_line_is_exact_to_64_roundings(noise, refused):
    y = 1.0 + noise * EPS * np.array([1.0, -1.0, 1.0, -1.0])
    if refused:
        with pytest.raises(ValueError, match="response lies exactly on a line: there is no error to estimate"):
            through_origin(np.ones(4), y)
    else:
        assert through_origin(np.ones(4), y).standard_error < 1e-13


def test_a_regressor_must_show_a_slope_to_seven_digits():
    """Closer numbers, or all of it at one observation, leave a singular matrix or no error."""
    y = [1.0, 2.0, 1.5, 3.0]
    for sign in (1.0, -1.0):
        for apart in (0.0, 0.99e-7):
            with refused("regressor must not be constant, to seven digits"):
                with_intercept([sign, sign * (1.0 + apart), sign, sign], y)
            with refused("regressor must differ from zero at two observations and more, to seven digits"):
                through_origin([0.0, 2.0 * sign, -2.0 * apart, 0.0], y)
        fit = with_intercept([sign, sign * (1.0 - 1.01e-7), sign, sign], y)
        assert fit.slope == pytest.approx(-sign * (2.0 - 5.5 / 3) / 1.01e-7, rel=0.05)
        assert math.isfinite(through_origin([0.0, 2.0 * sign, 2.02e-7, 0.0], y).high)
    with refused("regressor must differ from zero at two observations"):
        through_origin([0.0] * 4, y)


def refused(words):
    return pytest.raises(ValueError, match=re.escape(words))


def test_what_cannot_be_fitted_is_refused_by_name():
    x, y = [1.0, 2.0, 3.0], [1.0, 2.0, 4.0]
    with refused("level: 1.0 given; allowed"):
        through_origin(x, y, level=1.0)
    with refused("response: labels differ from those of regressor"):
        through_origin(pd.Series(x), pd.Series(y, index=[3, 4, 5]))
    with refused("run: labels differ from those of regressor"):
        through_origin(pd.Series(x), y, run=pd.Series([0, 0, 0], index=[3, 4, 5]))
    with refused("response_error: labels differ from those of regressor"):
        through_origin(pd.Series(x), y, response_error=pd.Series(y, index=[3, 4, 5]))
    with refused("regressor: an array of shape"):
        through_origin([x], y)
    with refused("response[0]: nan given"):
        through_origin(x, [math.nan, 1.0, 2.0])
    with refused("response, regressor: lengths 2 and 3 given; allowed: one length"):
        through_origin(x, y[:2])
    with refused("regressor: 2 observations given; allowed: at least 3"):
        through_origin(x[:2], y[:2])
    with refused("run: shape (2,) given; allowed: an entry for each of 3 observations"):
        through_origin(x, y, run=[0, 1])
    with refused("run must hold names or whole numbers of one kind, and None is neither"):
        through_origin(x, y, run=["a", None, "a"])
    for covariance in (Covariance.CLUSTER, Covariance.RUNS):
        with refused("covariance cannot be clustered: there is one run"):
            through_origin(x, y, covariance=covariance)
    for lags in (-1, 3):
        with refused(f"lags: {lags} given; allowed: 0..2, below the shortest run"):
            through_origin(x, y, lags=lags)
    with refused("lags: 1 given; allowed: 0..0, below the shortest run"):
        through_origin(x, y, run=[0, 1, 1], lags=1)
    with refused("response_error, regressor: lengths 2 and 3 given; allowed: one length"):
        through_origin(x, y, response_error=[1.0, 1.0])
    with refused("response_error[1]: nan given"):
        through_origin(x, y, response_error=[1.0, math.nan, 1.0])
    for error in (0.0, -1.0):
        with refused("response_error must be positive"):
            through_origin(x, y, response_error=[1.0, error, 1.0])
    with refused("response lies exactly on a line: there is no error to estimate"):
        through_origin(x, [0.0] * 3)
    with refused(
        "run 2 of 2 has no slope of its own, which runs of unequal weight need; covariance=Covariance.CLUSTER pools them"
    ):
        through_origin([1.0, 2.0, 0.0, 0.0], [1.0, 2.5, 4.0, 3.0], run=[0, 0, 1, 1])
    with refused("run 1 of 2 has no slope of its own"):
        with_intercept([1.0, 1.0, 2.0, 3.0], [1.0, 2.5, 4.0, 3.0], run=[0, 0, 1, 1])


def test_the_fewest_that_can_be_fitted():
    assert through_origin([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]).observations == 3
    assert through_origin([0.0, 3e-100, 1e-100], [1.0, 3.0, 4.0]).slope == pytest.approx(1.3e100)


# --- numbers far from one


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize(
    ("of_x", "of_y"), [(1.0, 2.0**-900), (2.0**-700, 1.0), (2.0**800, 2.0**900), (2.0**-500, 2.0**500)]
)
def test_units_however_small_or_large_scale_the_line_and_nothing_else(of_x, of_y, intercept):
    """As powers of two change no digit: errors whose squares are too small for a number are none of zero."""
    fit = with_intercept if intercept else through_origin
    x = np.arange(1.0, 21.0)
    y = 0.3 * x + np.random.default_rng(1).normal(size=20)
    plain, scaled = fit(x, y), fit(x * of_x, y * of_y)
    for name in ("slope", "standard_error", "low", "high"):
        want = getattr(plain, name) * (of_y / of_x)
        assert getattr(scaled, name) == pytest.approx(want, rel=1e-12, abs=0.0)
    assert scaled.r_squared == pytest.approx(plain.r_squared, rel=1e-12)
    assert scaled.r_squared_uncentered == pytest.approx(plain.r_squared_uncentered, rel=1e-12)
    assert scaled.critical_value == pytest.approx(plain.critical_value, rel=1e-12)
    if intercept:
        assert scaled.intercept == pytest.approx(plain.intercept * of_y, rel=1e-10, abs=0.0)


def test_numbers_of_ordinary_size_are_taken_as_they_are():
    """And others in a power of two next to the largest of them."""
    for ordinary in (0.0, 1.1e-70, -3.0, 0.9e70):
        assert _unit(np.array([0.0, ordinary])) == 1.0
    for far in (1e-300, -0.9e-70, 1.1e70, 1e300):
        unit = _unit(np.array([0.1 * far, far]))
        assert math.frexp(unit)[0] == 0.5
        assert unit <= abs(far) < 2.0 * unit


@pytest.mark.parametrize(
    ("errors", "refused_here"),
    [
        ([1e-9, 1, 1, 1], True),
        ([1e-9, 1e-9, 1, 1], True),
        ([1e-9, 1e-9, 1e-9, 1], False),
        ([1e-3, 1e-3, 1e-3, 1], False),
        ([1e-6, 1, 1, 1], False),
    ],
)
def test_a_line_rests_on_three_observations_or_more(errors, refused_here):
    x, y = np.arange(1.0, 5.0), np.array([1.0, 2.5, 2.0, 4.5])
    if refused_here:
        with refused("response_error must leave weight on 3 observations"):
            through_origin(x, y, response_error=errors)
    else:
        assert through_origin(x, y, response_error=errors).standard_error > 0


@pytest.mark.parametrize(("slope", "constant"), [(3.0, 2.0), (0.0, 2.0), (3e-9, 0.5)])
def test_a_line_without_error_has_its_slope_and_its_constant(slope, constant):
    """A slope below the roundings of the response is none."""
    x = np.linspace(1.0, 5.0, 9)
    with pytest.raises(ExactLine) as found:
        with_intercept(x, constant + slope * x)
    assert found.value.fit.slope == pytest.approx(slope, rel=1e-6)
    assert found.value.fit.intercept == pytest.approx(constant, rel=1e-12)
