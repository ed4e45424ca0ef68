"""Experiment `pmir_rate`: theory, fits and simulated prefactors against each other."""

import math

import numpy as np
import pytest
from scipy.stats import chi2, norm

from mfsolve.experiments import pmir_rate
from mfsolve.experiments.experiment import Case
from mfsolve.experiments.pmir_rate import EXPERIMENT
from mfsolve.models import collapse
from mfsolve.models.frozen import Nothing
from mfsolve.models.provenance import pmir_rest_point

P = collapse.Parameters()


def rate_case(estimator, **size):
    return Case(P, estimator, pmir_rate.Runs(**size), Nothing())


def test_theory_is_the_largest_of_normal_errors():
    case = rate_case(pmir_rate.MaximumLikelihood(), rounds=8)
    want = chi2.ppf(0.95 ** (1 / np.array([1, 2, 4, 8])), 1)
    np.testing.assert_allclose(pmir_rate.gaussian_constant(case), want, rtol=1e-10)
    for estimator, factor in (
        (pmir_rate.StochasticNewton(), 1.0),
        (pmir_rate.Pmir(), pmir_rest_point.stationary_variances(P)[1]),
    ):
        np.testing.assert_allclose(
            pmir_rate.gaussian_constant(rate_case(estimator, rounds=8)), want * factor, rtol=1e-10
        )
    assert np.all(pmir_rate.union_bound(case) > want)


@pytest.mark.parametrize("estimator", [pmir_rate.MaximumLikelihood(), pmir_rate.Pmir()])
def test_reference_is_a_fixed_point_of_the_study(estimator):
    """Fits made of the theory's own numbers give epsilon^-2, and the slopes that the closed forms name."""
    case = rate_case(estimator, items=(100, 300, 5000), rounds=16)
    reference = EXPERIMENT.reference(case)
    np.testing.assert_allclose(reference["exponent"], -2.0, rtol=1e-12)
    for name, prediction in (("log_slope", "gaussian_log_slope"), ("curvature", "gaussian_curvature")):
        np.testing.assert_allclose(reference[name], EXPERIMENT.predictions[prediction](case), rtol=1e-9)
    rest = pmir_rest_point.rest_point(P)
    n, epsilon = np.array(case.population.items), reference["tolerance"]
    np.testing.assert_allclose(n * rest.information * (epsilon / rest.slope) ** 2, reference["constant"], rtol=1e-12)


@pytest.mark.parametrize("economy", [P, collapse.Parameters(imitation=1.2, verified_share=0.3)])
def test_pmir_scatters_about_rest_as_linearised(economy):
    """Means of squares over runs, each with its Monte Carlo error; what is left of first order is O(1 / n)."""
    n, runs = 8000, 60
    size = pmir_rate.Runs(items=(n, 2 * n), rounds=16, runs=runs)
    found, own = pmir_rate.pmir_errors(Case(economy, pmir_rate.Pmir(), size, Nothing()), n, 1, 0, 1)
    rest = pmir_rest_point.rest_point(economy)
    for values, want in zip((own, found), pmir_rest_point.stationary_variances(economy)):
        squares = n * rest.information * np.mean((values - rest.contamination) ** 2, axis=1)
        error = squares.std(ddof=1) / math.sqrt(runs)
        assert abs(squares.mean() - want) < 4.5 * error + 50 * want / n


def test_runs_with_other_items_are_none_of_another_seed():
    seeds = {pmir_rate.own_seed(seed, n) for seed in range(8) for n in range(100, 108)}
    assert len(seeds) == 64
    assert max(seeds) < 2**64
    size = pmir_rate.Runs(items=(100, 101), rounds=4, runs=20)
    one, other = (
        pmir_rate.pmir_errors(Case(P, pmir_rate.Pmir(), size, Nothing()), n, seed, 0, 1).estimated
        for n, seed in ((100, 2), (101, 1))
    )
    # the same draws would move estimates with 100 and with 101 items alike; independent ones have |r| < 0.5 (4.5 s.e.)
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.5


@pytest.mark.parametrize("estimator", [pmir_rate.MaximumLikelihood(), pmir_rate.StochasticNewton()])
def test_estimators_take_what_the_theory_says(estimator):
    case = rate_case(estimator, items=(2000, 4000), rounds=4, runs=400)
    arm = EXPERIMENT.arm(case)
    found, again = (arm.draw(case, 1, 0, threads) for threads in (1, 2))
    assert all(np.array_equal(found[name], again[name]) for name in found)
    assert set(found) == set(arm.drawn(case))
    assert set(arm.solve(case, 1)) == set(arm.solved(case))
    # the quantile q of |z|_max over T has standard error sqrt(p (1 - p) / sets) / density
    p, sets = 0.95, 400
    z = norm.ppf(0.5 + 0.5 * p**0.25)
    density = 4 * p**0.75 * 2 * norm.pdf(z)
    error = 2 * math.sqrt(p * (1 - p) / sets) / density / z
    theory = EXPERIMENT.predictions["gaussian_constant"](case)
    assert np.all(abs(found["constant"] / theory - 1) < 4.5 * error)
    assert np.all(abs(found["variance_ratio"] - 1) < 4.5 * math.sqrt(2 / 1600))


@pytest.mark.parametrize(("build", "message"), [
    (lambda: pmir_rate.Runs(items=(100,)), "at least 2 ascending whole numbers from 64 on"),
    (lambda: pmir_rate.Runs(items=(100, 50)), "ascending whole numbers from 64 on"),
    (lambda: pmir_rate.check(Case(P.model_copy(update={"variance_ratio": 1.0}), None, None, None)), "variance_ratio"),
    (lambda: pmir_rate.check(Case(collapse.Parameters(content="categorical"), None, None, None)), "content"),
])  # fmt: skip
def test_refusals(build, message):
    with pytest.raises(ValueError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)
