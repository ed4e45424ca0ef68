"""Laws of lost quality: each is found in its own data, every figure is that of least squares, false alarms keep their level."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import optimize, stats

from mfsolve.inference.collapse_laws import Comparison, Law, LawFit, compare, term
from mfsolve.inference.collapse_paths import Start, paths
from mfsolve.inference.collapse_tests import LineTests

T = np.arange(13)
CONSTANT = np.minimum(T, 1.0)
RISING = 1 - 0.8**T
RISING_X = np.append(0, np.cumsum(RISING[1:] ** 2))


def noisy(seed, loss, scale=0.01):
    return -loss + scale * np.random.default_rng(seed).normal(size=np.size(loss))


@pytest.mark.parametrize(
    ("law", "share", "loss"),
    [
        (Law.COLLAPSE, CONSTANT, 0.1 * T),
        (Law.EXPONENT, RISING, 0.3 * np.append(0, np.cumsum(RISING[1:] ** 4))),
        (Law.POWER, CONSTANT, 0.2 * T**0.5),
        (Law.BOUNDED, CONSTANT, 1 - np.exp(-T / 4)),
        (Law.LOGARITHMIC, CONSTANT, 0.8 * np.log1p(T / 0.5)),
        (Law.CONSTANT, CONSTANT, 0.7 * (T > 0)),
        (Law.NONE, CONSTANT, 0.0 * T),
    ],
)
def test_each_law_is_best_on_its_own_data(law, share, loss):
    found = [compare(paths(T, share, noisy(seed, loss, 0.004))) for seed in range(8)]
    assert sum(one.laws[0].law is law for one in found) >= 6
    assert all((one.tests.lack_of_fit > 0.05) == (law in (Law.COLLAPSE, Law.NONE)) for one in found)
    assert all(sum(fit.weight for fit in one.laws) == pytest.approx(1.0) for one in found)


def test_a_log_that_saturates_is_not_described():
    """A slope of 0.155 with an R^2 of -8 once passed without a word."""
    quality = np.log([1, 0.52, 0.31, 0.3, 0.31, 0.29, 0.3, 0.31, 0.3, 0.29, 0.3, 0.31])
    found = compare(paths(T[:12], CONSTANT[:12], quality))
    assert found.laws[0].law is Law.BOUNDED
    assert found.tests.lack_of_fit < 1e-3
    origin = compare(paths(T[:12], CONSTANT[:12], quality, start=Start.EXACT))
    assert origin.of(Law.COLLAPSE).r_squared < 0.5
    assert origin.tests.lack_of_fit < 0.05  # persistent errors may stand off an exact start together


def test_lack_of_fit_keeps_its_level():
    """Twelve laws' worth of chances, one level: at most 5 % of 100 straight logs are called bent."""
    alarms = [compare(paths(T, RISING, noisy(seed, 0.1 * RISING_X))).tests.lack_of_fit < 0.05 for seed in range(100)]
    assert np.mean(alarms) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 100)


def test_fits_are_those_of_scipy():
    """Two runs with an intercept each, weights, and a bounded law: the same numbers by a general optimiser."""
    rng = np.random.default_rng(3)
    error = rng.integers(1, 4, 26) * 0.01
    loss = np.tile(1 - np.exp(-T / 5), 2) + error * rng.normal(size=26) + np.repeat([0.0, 0.3], 13)
    run = np.repeat([0, 1], 13)
    found = compare(paths(np.tile(T, 2), np.tile(CONSTANT, 2), -loss, run, error)).of(Law.BOUNDED)

    def model(x, bound, k, first, second):
        return np.where(run == 0, first, second) + bound * -np.expm1(-x / k)

    theirs, _ = optimize.curve_fit(model, np.tile(T, 2).astype(float), loss, [1, 5, 0, 0.3], sigma=error)
    assert (found.slope, found.shape) == pytest.approx(theirs[:2], rel=1e-5)
    rss = float((((loss - model(np.tile(T, 2), *theirs)) / (error / error.min())) ** 2).sum())
    assert found.criterion == pytest.approx(26 * math.log(rss / 26) + 10 * (1 + 6 / 20), rel=1e-8)


def test_given_errors_that_are_too_small_are_said():
    law = paths(T, CONSTANT, noisy(1, 0.1 * T, 0.05), None, np.full(13, 0.01))
    assert compare(law).chi_square_p_value < 1e-6
    fair = [compare(paths(T, CONSTANT, noisy(s, 0.1 * T, 0.05), None, np.full(13, 0.05))) for s in range(100)]
    assert np.mean([one.chi_square_p_value < 0.1 for one in fair]) == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 100))


def test_an_exponent_needs_contamination_that_changes():
    assert compare(paths(T, CONSTANT, noisy(1, 0.1 * T))).of(Law.EXPONENT) is None
    found = compare(paths(T, RISING, noisy(1, 0.1 * RISING_X, 1e-5))).of(Law.EXPONENT)
    assert found.shape == pytest.approx(2.0, abs=0.01)


def test_contamination_that_changes_by_a_fiftieth_after_the_start_tells_an_exponent():
    """Neither the share at the start counts, which belongs to no step, nor generations without contamination."""
    rise = np.array([0.9, 0.0, 0.2, 0.2, 0.2, 0.2])
    for top, told in ((0.2199, False), (0.2202, True)):
        share = np.append(rise, [top, 0.21])
        measured = paths(np.arange(8), share, noisy(1, np.append(0, np.cumsum(share[1:] ** 2))))
        assert (compare(measured).of(Law.EXPONENT) is not None) is told
        assert compare(dataclasses.replace(measured, grid=None)).of(Law.EXPONENT) is None
    none = compare(paths(np.arange(5), np.zeros(5), noisy(1, np.zeros(5))))
    assert {fit.law for fit in none.laws} == {Law.COLLAPSE, Law.CONSTANT, Law.NONE}
    assert none.of(Law.COLLAPSE).slope == 0.0


def test_a_number_of_its_own_needs_three_exposures_after_the_start():
    few, enough = (compare(paths(T[:n], CONSTANT[:n], noisy(1, 0.1 * T[:n]))) for n in (3, 4))
    assert {fit.law for fit in few.laws} == {Law.COLLAPSE, Law.CONSTANT, Law.NONE}
    assert {fit.law for fit in enough.laws} == set(Law) - {Law.EXPONENT}
    assert math.isnan(few.tests.lack_of_fit)


BENT = {
    Law.EXPONENT: (RISING, lambda share, k: np.append(0, np.cumsum(share[1:] ** k)), (0.08, 1.0, 5.9)),
    Law.POWER: (CONSTANT, lambda share, k: np.append(0, np.cumsum(share[1:] ** 2)) ** k, (0.06, 1.5, 3.95)),
    Law.BOUNDED: (
        CONSTANT,
        lambda share, k: 1 - np.exp(-np.append(0, np.cumsum(share[1:] ** 2)) / k),
        (0.3, 3.0, 1100.0),
    ),
    Law.LOGARITHMIC: (
        CONSTANT,
        lambda share, k: np.log(1 + np.append(0, np.cumsum(share[1:] ** 2)) / k),
        (0.055, 3.0, 1100.0),
    ),
}


@pytest.mark.parametrize("law", BENT)
def test_the_number_of_a_law_is_found_wherever_it_is_looked_for(law):
    """Exact losses, at the edges of the stretch and inside; the number is looked for from 0.05 to 100 exposures."""
    share, of, shapes = BENT[law]
    for shape in shapes:
        values = of(share, shape)
        loss = 0.7 * values / np.ptp(values)
        found = compare(paths(T, share, 3.0 - loss, start=Start.EXACT)).of(law)
        assert found.shape == pytest.approx(shape, rel=1e-3)
        assert found.slope == pytest.approx(0.7 / np.ptp(values), rel=2e-3)
        assert found.r_squared == pytest.approx(1.0, abs=1e-6)
    measured = paths(T, share, -loss)
    assert term(measured, law, shapes[1]) == pytest.approx(of(share, shapes[1]), rel=1e-12)


@pytest.mark.parametrize(
    ("law", "share", "loss", "end"),
    [
        (Law.EXPONENT, RISING, np.append(0, np.cumsum(1 / RISING[1:])), 0.0),
        (Law.EXPONENT, RISING, np.append(0, np.cumsum(RISING[1:] ** 9)), 6.0),
        (Law.POWER, CONSTANT, 1.0 * (T > 0), 0.05),
        (Law.POWER, CONSTANT, (T / 12) ** 6, 4.0),
        (Law.BOUNDED, CONSTANT, 1.0 * (T > 0), 0.05),
        (Law.BOUNDED, CONSTANT, 0.1 * T, 1200.0),
        (Law.LOGARITHMIC, CONSTANT, 1.0 * (T > 0), 0.05),
        (Law.LOGARITHMIC, CONSTANT, 0.1 * T, 1200.0),
    ],
)
def test_the_number_of_a_law_ends_where_it_is_no_longer_looked_for(law, share, loss, end):
    """Losses that jump, or rise faster than any law; twelve exposures are a hundred times as far."""
    assert compare(paths(T, share, -loss)).of(law).shape == pytest.approx(end, rel=1e-6, abs=1e-7)


def test_terms_without_a_number_are_the_exposure():
    measured = paths(np.tile(T[:3], 2), np.tile(RISING[:3], 2), np.zeros(6), np.repeat([0, 1], 3))
    for law in (Law.COLLAPSE, Law.POWER, Law.EXPONENT):
        assert term(measured, law, None) == pytest.approx(measured.exposure)
    assert term(dataclasses.replace(measured, grid=None), Law.EXPONENT, 3.0) == pytest.approx(measured.exposure)
    assert term(measured, Law.CONSTANT, None).tolist() == [0, 1, 1] * 2
    assert term(measured, Law.NONE, None).tolist() == [0] * 6


@pytest.mark.parametrize("start", Start)
def test_every_figure_of_linear_laws_is_that_of_least_squares(start):
    """Runs of unequal length and error, one of a single generation: columns of intercepts where starts are measured."""
    rng = np.random.default_rng(4)
    run, time = np.repeat([0, 1, 2], [5, 8, 1]), np.concatenate([np.arange(5), np.arange(8), [0]])
    share, error = np.where(time > 0, 0.3 + 0.1 * run, 0.0), rng.uniform(0.01, 0.03, 14)
    loss = 0.8 * np.where(time > 0, time * share**2, 0) + 0.4 * run + error * rng.normal(size=14)
    exact = start is Start.EXACT
    found = compare(paths(time, share, -loss, run, error, start))
    keep = ~((time == 0) & exact)
    count, weight = keep.sum(), (error[keep].min() / error[keep])
    begun = np.array([loss[(run == r) & (time == 0)][0] for r in run]) * exact
    left = {}
    for law, column in ((Law.COLLAPSE, time * share**2), (Law.CONSTANT, (time > 0) * 1.0), (Law.NONE, 0.0 * time)):
        columns = np.column_stack([column, *([] if exact else [run == r for r in range(3)])])[keep] * weight[:, None]
        coefficients = np.linalg.lstsq(columns, (loss - begun)[keep] * weight, rcond=None)[0]
        left[law] = float((((loss - begun)[keep] * weight - columns @ coefficients) ** 2).sum())
        parameters = (law is not Law.NONE) + 1 + (0 if exact else 3)
        fit = found.of(law)
        aicc = count * math.log(left[law] / count) + 2 * parameters * count / (count - parameters - 1)
        assert fit.criterion == pytest.approx(aicc, rel=1e-9)
        assert fit.shape is None
        assert fit.slope is None if law is Law.NONE else fit.slope == pytest.approx(coefficients[0], rel=1e-9)
        within = sum(
            (weight[run[keep] == r] ** 2 * (loss[keep][run[keep] == r] - np.average(loss[keep][run[keep] == r], weights=weight[run[keep] == r] ** 2)) ** 2).sum()
            for r in range(3) if (run[keep] == r).any()
        )  # fmt: skip
        assert fit.r_squared == pytest.approx(1 - left[law] / within, rel=1e-9)
    freedom = count - (1 if exact else 4)
    assert found.chi_square_p_value == pytest.approx(
        stats.chi2.sf(left[Law.COLLAPSE] / error[keep].min() ** 2, freedom), rel=1e-9
    )
    weights = np.exp(-0.5 * np.array([fit.criterion - found.laws[0].criterion for fit in found.laws]))
    assert [fit.weight for fit in found.laws] == pytest.approx(weights / weights.sum(), rel=1e-9)
    assert [fit.criterion for fit in found.laws] == sorted(fit.criterion for fit in found.laws)


def test_a_straight_log_is_not_called_bent():
    measured = paths(T, RISING, noisy(3, 0.1 * RISING_X))
    assert compare(measured).tests.lack_of_fit > 0.2


def test_losses_without_noise_or_without_loss_leave_nothing_to_say():
    """The rounding of exact losses is no lack of fit, and losses that are all equal have no variance to explain."""
    exact = compare(paths(T, RISING, 2.0 - 0.1 * RISING_X, None, np.full(13, 0.1)))
    assert (exact.laws[0].law, exact.tests.lack_of_fit) == (Law.COLLAPSE, 1.0)
    assert exact.chi_square_p_value == 1.0
    for quality in (0.0, -0.5):
        flat = compare(paths(T, RISING, np.full(13, quality)))
        assert (flat.laws[0].law, flat.tests.lack_of_fit) == (Law.NONE, 1.0)
        assert all(math.isnan(fit.r_squared) for fit in flat.laws)
        assert flat.of(Law.CONSTANT).slope == flat.of(Law.COLLAPSE).slope == 0.0


def test_observations_too_few_for_a_criterion_or_a_test_have_none():
    """n observations of one run with a measured start: the intercept, the errors' variance, and what a law adds."""
    found = {
        n: compare(paths(T[:n], RISING[:n], noisy(1, RISING_X[:n]), None, np.full(n, 0.01))) for n in (2, 3, 4, 5, 6)
    }
    finite = {n: {fit.law for fit in one.laws if math.isfinite(fit.criterion)} for n, one in found.items()}
    linear = {Law.COLLAPSE, Law.CONSTANT, Law.NONE}
    assert finite == {2: set(), 3: set(), 4: {Law.NONE}, 5: linear, 6: set(Law)}
    assert [one.chi_square_p_value is None for one in found.values()] == [True, False, False, False, False]
    assert [math.isnan(one.tests.lack_of_fit) for one in found.values()] == [True, True, False, False, False]
    assert all(math.isnan(fit.weight) for fit in found[3].laws)
    assert [fit.weight for fit in found[4].laws] == [1.0] + [0.0] * (len(found[4].laws) - 1)
    assert compare(paths(T, RISING, noisy(1, RISING_X))).chi_square_p_value is None


def test_a_comparison_is_valid_json():
    fit = LawFit(Law.POWER, 0.5, 2.0, math.nan, math.inf, 0.25)
    record = {"law": "power", "formula": "slope * (sum of contamination^2)^k", "slope": 0.5, "shape": 2.0,
              "r_squared": None, "aicc": None, "weight": 0.25}  # fmt: skip
    assert fit.to_dict() == record
    assert Comparison((fit,), LineTests(math.nan, math.nan, 0.5), None).to_dict() == {
        "laws": [record],
        "p_value": None,
        "constant_p_value": None,
        "autocorrelation_at_most": 0.5,
        "chi_square_p_value": None,
    }
    whole = Comparison((fit,), LineTests(0.5, 0.25, 0.0), 0.125)
    assert list(whole.to_dict().values())[1:] == [0.5, 0.25, 0.0, 0.125]
    assert whole.of(Law.NONE) is None


@pytest.mark.parametrize("scale", [1e-3, 1e-12])
def test_small_losses_are_held_against_their_own_errors(scale):
    generation, noise = np.arange(9), np.random.default_rng(5).normal(size=9)
    loss = 3.0 * generation + noise
    whole = compare(paths(generation, np.ones(9), -loss, log_quality_error=np.ones(9)))
    small = compare(paths(generation, np.ones(9), -scale * loss, log_quality_error=np.full(9, scale)))
    assert small.chi_square_p_value == pytest.approx(whole.chi_square_p_value, rel=1e-6)
    assert small.of(Law.COLLAPSE).r_squared == pytest.approx(whole.of(Law.COLLAPSE).r_squared, rel=1e-6)
