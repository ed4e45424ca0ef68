"""Fits of power laws against a general optimiser, branch by branch, and the numbers they are reported with."""

import math
import re

import numpy as np
import pytest
from scipy import optimize, stats

from mfsolve.inference.power_law_profile import weighted_squares
from mfsolve.inference.power_laws import Fit, LargestPValue, fit_power_law

SIZES = 2.0 ** np.arange(1, 7)
RESOLVED = 1e-12  # share of chi-square that minimisers of its rounded values can see


def generalised(sizes, errors, spread, curve):
    """Coefficients, their standard errors and chi-square by SciPy's curve fitting on logarithms; from many starts."""
    found = []
    for start in [(-2.0,), (-0.5,), (0.0,), (1.0,), (3.0,)] if curve else [()]:

        def model(x, order, prefactor, *bend):
            step = sizes[0] / x
            next_term = 0.0 if not curve else bend[0] * step if curve == "add" else np.log1p(np.expm1(bend[0]) * step)
            return prefactor - order * np.log(x) + next_term

        try:
            best, covariance = optimize.curve_fit(
                model,
                sizes,
                np.log(errors),
                [1.0, 0.0, *start],
                spread / errors,
                True,
                xtol=1e-12,
                ftol=RESOLVED,
                jac="3-point",
                bounds=([-99, -99, *[math.log(0.05)] * len(start)], [99, 99, *[math.log(50)] * len(start)]),
            )
        except RuntimeError:
            continue
        chi_square = float((((np.log(errors) - model(sizes, *best)) * errors / spread) ** 2).sum())
        found.append((chi_square, best, np.sqrt(np.diag(covariance))))
    return min(found, key=lambda one: one[0])


def lack_of_fit(chi_square, freedom, noise):
    """An estimated variance of `noise` degrees of freedom divides by what has the mean noise / (noise - 2)."""
    return stats.chi2.sf(chi_square * (1.0 if math.isinf(noise) else (noise - 2) / noise), freedom)


def naive(sizes, errors, spread, level, noise):
    """The documented rule, fit by fit: what is chosen, the interval of the order, that of the prefactor, what is left out."""
    line = generalised(sizes, errors, spread, None)
    for left_out in range(sizes.size - 3):
        part = sizes[left_out:], errors[left_out:], spread[left_out:]
        bent = [generalised(*part, curve) for curve in ("add", "multiply")]
        freedom = sizes.size - left_out - 3
        if max(lack_of_fit(one[0], freedom, noise) for one in bent) >= 0.05:
            break
    ratio = abs(bent[0][1][2]) / bent[0][2][2]
    straight = not (ratio > 4 and lack_of_fit(bent[0][0], freedom, noise) >= 0.05) and (spread / errors).max() > 1e-8
    chosen = line if straight and ratio < 2 and left_out == 0 else bent[1]
    known = stats.t.ppf((1 + level) / 2, noise)
    ends = []
    for fit in [line, *bent] if straight else bent:
        df = sizes.size - 2 if fit is line else freedom
        p, reach = lack_of_fit(fit[0], df, noise), known
        if not (df == 1 and fit is not line and p >= 0.2):
            reach = max(known, stats.t.ppf((1 + level) / 2, df) * math.sqrt(fit[0] / df))
        ends.append([fit[1][:2] - reach * fit[2][:2], fit[1][:2] + reach * fit[2][:2]])
    ends = np.array(ends)
    low, high = ends[:, 0].min(axis=0), ends[:, 1].max(axis=0)
    return (
        line,
        chosen,
        (low[0], high[0]),
        (math.exp(chosen[1][1]), math.exp(low[1]), math.exp(high[1])),
        left_out,
        ratio,
    )


CASES = {  # name: next term, exponent of it, noise stated, noise there is, replicates
    "straight": (0.0, 1, 0.02, 0.02, None),
    "slightly bent": (0.13, 1, 0.02, 0.02, None),
    "bent beyond doubt": (0.5, 1, 0.01, 0.01, None),
    "of ten replicates": (0.13, 1, 0.02, 0.03, 10),
    "worse than stated": (0.3, 1, 0.01, 0.06, None),
    "a later term": (8.0, 5, 0.01, 0.01, None),
    "without noise": (0.5, 1, 1e-9, 0.0, None),
}


def sample(name, sizes=SIZES, seed=1):
    term, power, stated, noise, replicates = CASES[name]
    exact = 3 * sizes**-1.2 * (1 + term * (sizes[0] / sizes) ** power)
    errors = exact * (1 + noise * np.random.default_rng(seed).normal(size=sizes.size))
    return sizes, errors, stated * exact * np.linspace(0.7, 1.3, sizes.size), replicates


@pytest.mark.parametrize("size", [4, 6])
@pytest.mark.parametrize("name", CASES)
def test_every_branch_is_that_of_a_general_optimiser(name, size):
    sizes, errors, spread, replicates = sample(name, SIZES[:size])
    noise = math.inf if replicates is None else replicates - 1
    found = fit_power_law(sizes, errors, spread, 0.9, replicates)
    line, chosen, ends, prefactor, left_out, _ = naive(sizes, errors, spread, 0.9, noise)
    assert (found.line.order, found.line.log_prefactor) == pytest.approx(tuple(line[1]), rel=1e-6)
    assert (found.line.error, found.line.log_prefactor_error) == pytest.approx(tuple(line[2]), rel=1e-6)
    assert (found.line.chi_square, found.line.freedom) == (pytest.approx(line[0], rel=1e-6), size - 2)
    assert (found.line.noise_freedom, found.line.bend, found.line.bend_error) == (noise, 0.0, 0.0)
    assert found.line.lack_of_fit == pytest.approx(lack_of_fit(line[0], size - 2, noise), rel=1e-5, abs=1e-300)
    near = math.sqrt(RESOLVED * chosen[0])  # in standard errors
    near_order, near_prefactor = near * chosen[2][0], near * chosen[2][1]
    assert found.order == pytest.approx(chosen[1][0], rel=1e-5, abs=near_order)
    assert found.order_interval == pytest.approx(ends, rel=1e-5, abs=near_order)
    assert np.log(found.prefactor) == pytest.approx(np.log(prefactor), rel=1e-5, abs=near_prefactor)
    assert found.left_out == left_out
    for end in found.order_interval:
        assert found.tail(end) == pytest.approx(0.1, rel=1e-6)
    df = size - left_out - len(chosen[1])
    alone = chosen is not line and df == 1 and lack_of_fit(chosen[0], 1, noise) >= 0.2
    scale = 1.0 if alone else max(1.0, math.sqrt(chosen[0] / df))
    assert found.standard_error == pytest.approx(chosen[2][0] * scale, rel=1e-4)


def test_notes_say_what_speaks_against_a_line():
    """One branch after the other: fits that the interval spans, whether the line is chosen, what is left out, the note."""
    said = {}
    for name in CASES:
        found = fit_power_law(*sample(name)[:3], 0.9, sample(name)[3])
        said[name] = len(found.tail.fits), found.order == found.line.order, found.left_out, found.note
        said[name] = (*said[name][:3], re.sub("(; )?a further term with.*", "", found.note or "") or None)
    bends = "a straight line does not fit (p = {}): the next term is allowed for"
    assert said == {
        "straight": (3, True, 0, None),
        "slightly bent": (3, False, 0, None),
        "bent beyond doubt": (2, False, 0, bends.format("2.5e-43")),
        "of ten replicates": (3, False, 0, bends.format("0.038")),
        "worse than stated": (3, False, 2, "no power law fits, not even with its next term (p = 6.2e-13)"),
        "a later term": (3, False, 2, bends.format("0") + "; the 2 coarsest sizes are left out"),
        "without noise": (2, False, 0, None),
    }


@pytest.mark.parametrize("first", [0.0505, 0.06, 1.0, 46.0, 49.8])
def test_a_next_term_from_a_twentieth_to_fifty_times_the_first_is_found(first):
    """Exact errors 2 n^-1.5 (1 + a n_0 / n): the order, the prefactor and a itself, at 1 + a from 0.05 to 50."""
    errors = 2 * SIZES**-1.5 * (1 + (first - 1) * SIZES[0] / SIZES)
    fits = fit_power_law(SIZES, errors, 1e-6 * errors, 0.95, None).tail.fits
    assert (fits[-1].order, fits[-1].log_prefactor, fits[-1].bend) == pytest.approx(
        (1.5, math.log(2), first - 1), abs=1e-6
    )


def test_one_coarsest_size_is_left_out():
    errors = 3 / SIZES * np.array([1.5, 1, 1, 1, 1, 1]) * (1 + 0.01 * np.cos(np.arange(6)))
    found = fit_power_law(SIZES, errors, 0.01 * errors, 0.95, None)
    assert (found.left_out, found.note.split("; ")[1]) == (1, "the 1 coarsest size is left out")
    assert found.order == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("replicates", "noise", "note"), [
    (None, math.inf, None), (7, math.inf, "too few replicates for separate errors: at least 8; all sizes have equal weight"),
    (8, 7, None),
])  # fmt: skip
def test_few_replicates_rest_on_the_line_alone(replicates, noise, note):
    errors = 1 / SIZES
    for relative in (0.1, 0.5):
        found = fit_power_law(SIZES, errors, relative * errors, 0.95, replicates)
        assert found.line.noise_freedom == noise
        if replicates == 7 or relative == 0.1:
            assert found.note == note
        assert isinstance(found.tail, LargestPValue) is (replicates == 7 or relative == 0.1)
    three = fit_power_law(SIZES[:3], errors[:3], 0.1 * errors[:3], 0.95, replicates)
    assert three.note == (note or "three sizes cannot show curvature")
    assert (three.tail.fits, three.left_out) == ((three.line,), 0)


@pytest.mark.parametrize(("worst", "logarithms"), [(0.25, True), (0.2500001, False)])
def test_logarithms_serve_up_to_a_relative_error_of_a_quarter(worst, logarithms):
    errors = 1 / SIZES
    found = fit_power_law(SIZES, errors, errors * np.array([0.1, 0.1, worst, 0.1, 0.1, 0.1]), 0.95, None)
    assert isinstance(found.tail, LargestPValue) is logarithms


def test_errors_count_as_exact_up_to_a_hundred_millionth():
    """Noise that is there leaves the straight line in, and residuals that it does not explain are said."""
    errors = 1 / SIZES * (1 + 0.5 / SIZES + 3 / SIZES**2)
    errors /= errors[0]
    last, noisy = (
        fit_power_law(SIZES, errors, np.append(worst, 0.9e-8 * errors[1:]), 0.95, None) for worst in (1e-8, 1.1e-8)
    )
    assert (last.note, len(last.tail.fits)) == ("the 2 coarsest sizes are left out", 2)
    assert noisy.note.startswith("no power law fits, not even with its next term (p = ")
    assert len(noisy.tail.fits) == 3


def fit(**changed):
    fields = {"order": 1.0, "error": 0.1, "log_prefactor": 0.0, "log_prefactor_error": 0.2, "bend": 0.0, "bend_error": 0.0,
              "chi_square": 4.5, "freedom": 3, "scaled": True, "noise_freedom": math.inf}  # fmt: skip
    return Fit(**{**fields, **changed})


@pytest.mark.parametrize("noise", [math.inf, 9.0])
def test_a_fit_has_the_wider_of_two_intervals(noise):
    """That of the stated errors, and that of the residuals where these are more dispersed and are asked."""
    known, own = stats.t.ppf(0.95, noise), stats.t.ppf(0.95, 3)
    for chi_square, scaled, reach in [
        (12.0, True, 2 * own), (12.0, False, known), (0.03, True, known), (0.0, True, known),
    ]:  # fmt: skip
        one = fit(chi_square=chi_square, scaled=scaled, noise_freedom=noise)
        assert one.reach(0.9) == pytest.approx(reach, rel=1e-12)
        for side in (-1, 1):
            assert one.p_value(1.0 + side * 0.1 * reach) == pytest.approx(0.1, rel=1e-9)
        assert one.p_value(1.0) == 1.0


@pytest.mark.parametrize(("noise", "shrunk"), [(math.inf, 9.0), (9.0, 7.0), (7.0, 9 * 5 / 7)])
def test_lack_of_fit_knows_that_errors_are_estimates(noise, shrunk):
    assert fit(chi_square=9.0, noise_freedom=noise).lack_of_fit == pytest.approx(stats.chi2.sf(shrunk, 3), rel=1e-12)


def test_one_degree_of_freedom_counts_only_where_it_speaks_against_the_errors():
    """Four sizes and a next term leave one; from a p-value of a fifth on it says nothing of the scale."""
    errors = 1 / SIZES[:4]
    off = np.array([1.0, -3.0, 3.0, -1.0])  # on logarithms it is orthogonal to a line
    for factor, scaled in ((0.1, False), (0.5, True)):
        fits = fit_power_law(SIZES[:4], errors * np.exp(factor * 0.01 * off), 0.01 * errors, 0.95, None).tail.fits
        assert [one.scaled for one in fits] == [True, scaled, scaled]
        assert (fits[1].lack_of_fit < 0.2) is scaled
    assert all(one.scaled for one in fit_power_law(SIZES[:5], 1 / SIZES[:5], 0.01 / SIZES[:5], 0.95, None).tail.fits)


def test_largest_p_value_is_that_of_the_fit_that_allows_most():
    tail = LargestPValue((fit(), fit(order=1.3)))
    for order in (0.9, 1.1, 1.4):
        assert tail(order) == max(fit().p_value(order), fit(order=1.3).p_value(order))


def test_a_prefactor_beyond_all_numbers_is_infinite():
    sizes = 1e130 * SIZES
    found = fit_power_law(sizes, SIZES**-2.5, 0.1 * SIZES**-2.5, 0.95, None)
    assert found.prefactor[0] == found.prefactor[2] == math.inf
    assert found.order == pytest.approx(2.5)
    noisy = fit_power_law(sizes, SIZES**-2.5, 0.3 * SIZES**-2.5, 0.95, None)
    assert (noisy.prefactor[0], noisy.order) == (math.inf, pytest.approx(2.5, abs=1e-6))


class TestProfiles:
    """Errors that are fitted themselves."""

    def test_the_best_prefactor_leaves_the_squares_of_least_squares(self):
        rng = np.random.default_rng(1)
        errors, spread = rng.uniform(1, 2, 6), rng.uniform(0.5, 1, 6)
        for order in (-2.0, 0.0, 1.5, 30.0):
            squares = np.linalg.lstsq((SIZES**-order / spread)[:, None], errors / spread, rcond=None)[1][0]
            assert weighted_squares(SIZES, errors, spread, order) == pytest.approx(squares, rel=1e-10)
        assert weighted_squares(SIZES, SIZES**-1.5, spread, 1.5) >= 0.0

    @pytest.mark.parametrize("replicates", [None, 12])
    def test_order_and_prefactor_are_those_of_scipy(self, replicates):
        rng = np.random.default_rng(2)
        errors, spread = 5 * SIZES**-0.8 * rng.uniform(0.8, 1.2, 6), 0.6 * SIZES**-0.5
        found = fit_power_law(SIZES, errors, spread, 0.9, replicates)
        (order, size), _ = optimize.curve_fit(lambda x, order, size: size * x**-order, SIZES, errors, [1, 1], spread)
        assert (found.order, found.prefactor[0]) == pytest.approx((order, size), rel=1e-6)
        assert np.isnan(found.prefactor[1:]).all()
        assert (
            found.note == "errors are smaller than four standard errors: the fit uses the errors, not their logarithms"
        )
        least = (((errors - size * SIZES**-order) / spread) ** 2).sum()
        noise = math.inf if replicates is None else 11
        for end in found.order_interval:
            assert found.tail(end) == pytest.approx(0.1, rel=1e-6)
        for order in (0.4, 1.1):
            squares = np.linalg.lstsq((SIZES**-order / spread)[:, None], errors / spread, rcond=None)[1][0]
            statistic = math.sqrt(squares - least)
            p = max(2 * stats.t.sf(statistic, noise), 2 * stats.t.sf(statistic / math.sqrt(least / 4), 4))
            assert found.tail(order) == pytest.approx(p, rel=1e-5)
        low, high = found.order_interval
        assert found.standard_error == pytest.approx((high - low) / 2 / stats.norm.ppf(0.95), rel=1e-12)

    @pytest.mark.parametrize(("order", "low", "high"), [
        (-4.9, -math.inf, 0.18), (-4.8, -9.945, 0.28), (34.87, 29.725, 39.947), (34.97, 29.825, math.inf),
    ])  # fmt: skip
    def test_ends_are_found_from_minus_ten_to_forty(self, order, low, high):
        """Sizes that differ little tell little of the order; where all of a side fits, there is no end."""
        errors = np.array([1.0, 1.05, 1.1, 1.15]) ** -order
        found = fit_power_law(np.array([1.0, 1.05, 1.1, 1.15]), errors, 0.26 * errors, 0.95, None)
        assert found.order == pytest.approx(order, abs=1e-6)
        assert found.order_interval == pytest.approx((low, high), abs=0.01)
        assert math.isnan(found.standard_error) is math.isinf(high - low)

    def test_an_interval_between_two_orders_of_the_grid(self):
        errors = 3.0 * SIZES**-1.2345 * np.ones(6)
        spread = np.array([1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1.0]) * errors
        found = fit_power_law(SIZES, errors, spread, 0.95, None)
        low, high = found.order_interval
        assert low < 1.2345 < high < low + 0.01
        assert (found.tail(low), found.tail(high)) == pytest.approx((0.05, 0.05), rel=1e-6)

    def test_errors_below_their_noise_have_no_order(self):
        found = fit_power_law(SIZES, np.full(6, 2.1), np.full(6, math.sqrt(6)), 0.95, None)
        assert found.note == "the errors cannot be distinguished from zero: use more replicates"
        assert np.isnan([*found.order_interval, found.standard_error]).all()
        assert found.order == pytest.approx(0.0, abs=1e-6)
        # 2.2^2 less the sixth of it that one size alone explains is more than 1.96^2
        told = fit_power_law(SIZES, np.full(6, 2.2), np.full(6, math.sqrt(6)), 0.95, None)
        assert np.isfinite(told.order_interval).all()

    def test_levels_next_to_none(self):
        """The normal quantile of a half is 0.674; below 1e-16 it is zero, and there is nothing to divide by."""
        half, none = (fit_power_law(SIZES, 1 / SIZES, 0.3 / SIZES, level, None) for level in (0.5, 1e-17))
        low, high = half.order_interval
        assert half.standard_error == pytest.approx((high - low) / 2 / stats.norm.ppf(0.75), rel=1e-12)
        assert none.order_interval == pytest.approx((1.0, 1.0), abs=1e-6)
        assert math.isnan(none.standard_error)


@pytest.mark.parametrize("unit", [1e-250, 1e-157, 1e157, 1e250])
def test_errors_of_any_unit_have_one_order(unit):
    sizes, spread = 2.0 ** np.arange(5), np.full(5, 0.05)
    errors = 1 / sizes + spread * np.array([0.3, -0.7, 0.2, 0.9, -0.1])
    one, other = (fit_power_law(sizes, u * errors, u * spread, 0.95, None) for u in (1.0, unit))
    assert "not their logarithms" in one.note
    assert other.note == one.note
    assert (other.order, *other.order_interval) == pytest.approx((one.order, *one.order_interval), rel=1e-6)
    assert other.prefactor[0] / unit == pytest.approx(one.prefactor[0], rel=1e-6)


def test_a_note_says_where_a_next_term_of_another_power_gives_another_order():
    """h^0.5 + h lies outside an interval whose next term is one power beyond; 64 replicates behind each mean."""
    size, step = 2.0 ** np.arange(8), 0.5 ** np.arange(8)
    for curve, said in ((step**0.5 + step, True), (step, False)):
        noise = np.random.default_rng(3).standard_normal((20, 8))
        found = [fit_power_law(size, curve * (1 + 0.01 * each), 0.01 * curve, 0.95, 64) for each in noise]
        noted = sum("instead of 1 fits too" in (one.note or "") for one in found)
        assert noted >= 18 if said else noted <= 2


@pytest.mark.parametrize(("worst", "told"), [(1.0, True), (1.1, False)])
def test_few_replicates_of_both_signs_have_no_interval(worst, told):
    errors = 1 / SIZES
    spread = errors * np.array([0.1, 0.1, 0.1, 0.1, 0.1, worst])
    found = fit_power_law(SIZES, errors, spread, 0.95, 7)
    assert np.isfinite(found.order_interval).all() == told
    assert found.note.startswith("too few" if told else "the errors cannot be distinguished from zero")
    if not told:
        assert found.tail(0.0) == found.tail(5.0) == 1.0
