"""PMIR's rate, its stops, its regret, the impossibility, and estimators at the bound, as studies see them."""

import math

import numpy as np
import pytest
from scipy.stats import chi2, norm

from mfsolve.experiments import impossibility as impossibility_study
from mfsolve.experiments import load
from mfsolve.experiments import pmir as pmir_study
from mfsolve.experiments import pmir_rate as rate_study
from mfsolve.experiments import pmir_regret as regret_study
from mfsolve.experiments import provenance as study
from mfsolve.experiments.experiment import Case
from mfsolve.models import collapse, provenance
from mfsolve.models.frozen import Nothing
from mfsolve.models.provenance import impossibility
from mfsolve.models.provenance import pmir_rest_point as settled
from mfsolve.models.provenance.bound import projected_normal
from mfsolve.models.provenance.pmir import Settings, best_response_map

P = collapse.Parameters()


def rate_case(estimator, **size):
    return Case(P, estimator, rate_study.Runs(**size), Nothing())


def test_theory_is_the_largest_of_normal_errors():
    case = rate_case(rate_study.MaximumLikelihood(), rounds=8)
    want = chi2.ppf(0.95 ** (1 / np.array([1, 2, 4, 8])), 1)
    np.testing.assert_allclose(rate_study.gaussian_constant(case), want, rtol=1e-10)
    for estimator, factor in ((rate_study.StochasticNewton(), 1.0), (rate_study.Pmir(), settled.scatter(P)[1])):
        np.testing.assert_allclose(
            rate_study.gaussian_constant(rate_case(estimator, rounds=8)), want * factor, rtol=1e-10
        )
    assert np.all(rate_study.union_bound(case) > want)


@pytest.mark.parametrize("estimator", [rate_study.MaximumLikelihood(), rate_study.Pmir()])
def test_reference_is_a_fixed_point_of_the_study(estimator):
    """Fits made of the theory's own numbers give epsilon^-2, and the slopes that the closed forms name."""
    case = rate_case(estimator, items=(100, 300, 5000), rounds=16)
    model = load("pmir_rate")
    reference = model.mean_field(case)
    np.testing.assert_allclose(reference["exponent"], -2.0, rtol=1e-12)
    for name, prediction in (("log_slope", "gaussian_log_slope"), ("curvature", "gaussian_curvature")):
        np.testing.assert_allclose(reference[name], model.predictions[prediction](case), rtol=1e-9)
    rest = settled.settled(P)
    n, epsilon = np.array(case.population.items), reference["tolerance"]
    np.testing.assert_allclose(n * rest.information * (epsilon / rest.slope) ** 2, reference["constant"], rtol=1e-12)


def test_rest_point_is_the_equilibrium_and_residuals_are_the_maps():
    rest = settled.settled(P)
    assert best_response_map(P, rest.contamination) == pytest.approx(rest.contamination, abs=1e-10)
    for rho in (0.1, 0.5, 0.57, 0.9):
        assert rest.residual(np.array([rho]))[0] == pytest.approx(abs(rho - best_response_map(P, rho)), abs=1e-6)
    state = rest.contamination, rest.content.variance
    np.testing.assert_allclose(settled.after_a_round(P, *state, 0.0), state, atol=1e-10)
    with pytest.raises(ValueError, match="does not come to rest"):
        settled.rounds_to_settle(collapse.Parameters(innovation=0.1, imitation=2.0, verified_share=1.0), 1e-3)


@pytest.mark.parametrize("economy", [P, collapse.Parameters(imitation=1.2, verified_share=0.3)])
def test_pmir_scatters_about_rest_as_linearised(economy):
    """Means of squares over runs, each with its Monte Carlo error; what is left of first order is O(1 / n)."""
    n, runs = 8000, 60
    size = rate_study.Runs(items=(n, 2 * n), rounds=16, runs=runs)
    found, own = rate_study.errors(Case(economy, rate_study.Pmir(), size, Nothing()), n, 1, 0, 1)
    rest = settled.settled(economy)
    for values, want in zip((own, found), settled.scatter(economy)):
        squares = n * rest.information * np.mean((values - rest.contamination) ** 2, axis=1)
        error = squares.std(ddof=1) / math.sqrt(runs)
        assert abs(squares.mean() - want) < 4.5 * error + 50 * want / n


@pytest.mark.parametrize("estimator", [rate_study.MaximumLikelihood(), rate_study.StochasticNewton()])
def test_estimators_take_what_the_theory_says(estimator):
    case = rate_case(estimator, items=(2000, 4000), rounds=4, runs=400)
    model = load("pmir_rate")
    found, again = (model.simulate(case, 1, 0, threads) for threads in (1, 2))
    assert all(np.array_equal(found[name], again[name]) for name in found)
    assert set(found) == set(model.variables(case))
    # the quantile q of |z|_max over T has standard error sqrt(p (1 - p) / sets) / density
    p, sets = 0.95, 400
    z = norm.ppf(0.5 + 0.5 * p**0.25)
    density = 4 * p**0.75 * 2 * norm.pdf(z)
    error = 2 * math.sqrt(p * (1 - p) / sets) / density / z
    theory = model.predictions["gaussian_constant"](case)
    assert np.all(abs(found["constant"] / theory - 1) < 4.5 * error)
    assert np.all(abs(found["variance_ratio"] - 1) < 4.5 * math.sqrt(2 / 1600))


def test_a_stop_is_judged_by_the_market_itself():
    case = Case(P, Settings(), pmir_study.Aim(tolerance=0.3), Nothing())
    rows = [pmir_study.MODEL.simulate(case, 1, r, 1) for r in range(5)]
    for r, row in enumerate(rows):
        path, found = provenance.pmir(P, 0.3, seed=1, replicate=r)
        rho = path.contamination.values
        assert row["right"][0] == (abs(rho[-1] - best_response_map(P, float(rho[-1]))) <= 0.3 and found.reached)
        assert row["right"][0] + row["wrong"][0] == row["stopped"][0]
        assert row["items"][0] == found.items
        assert row["error"][0] == found.contamination - rho[-1]
        assert row["z"][0] == row["error"][0] / float(path.standard_error[-1])
        assert row["held"][0] == np.all((path.low <= rho) & (rho <= path.high))
    never = Case(P, Settings(items=64, rounds=2), pmir_study.Aim(tolerance=1e-3), Nothing())
    row = pmir_study.MODEL.simulate(never, 1, 0, 1)
    assert (row["stopped"][0], row["right"][0], row["wrong"][0], row["rounds"][0]) == (0, 0, 0, 2)


def bound_case(items=(250, 2000), pools=1500, **changes):
    size = study.Sample(items=items, pools=pools)
    return Case(study.Pool(**changes), study.Estimators(), size, Nothing())


@pytest.mark.parametrize("changes", [
    {}, {"contamination": 0.9, "divergence": 0.3}, {"difference": "mean", "dimension": 4},
    {"difference": "mark", "stripping": 0.2}, {"difference": "tokens", "vocabulary": 50},
    {"difference": "tokens", "vocabulary": 50, "watermark": 1.0, "stripping": 0.2, "pools": 400},
])  # fmt: skip
def test_estimators_are_at_the_bound_whatever_the_content(changes):
    """Variance x n I of 2000 items, and bias, within Monte Carlo error of theory; the moment estimate's at every n."""
    case, model = bound_case(**changes), load("provenance")
    pools = case.population.pools
    found, theory = model.simulate(case, 1, 0, 2), model.mean_field(case)
    spread = 4.5 * math.sqrt(3 / pools)  # relative, of a variance of errors with kurtosis up to 4
    for name in ("mle", "em", "moment"):
        assert abs(found[f"variance_{name}"][-1] / theory[f"variance_{name}"][-1] - 1) < spread
        # a maximum is biased by O(n^-1/2) of a standard error
        slack = 0.0 if name == "moment" else 2 / math.sqrt(2000)
        allowed = 4.5 * math.sqrt(theory[f"variance_{name}"][-1] / pools) + slack
        assert abs(found[f"bias_{name}"][-1] - theory[f"bias_{name}"][-1]) < allowed
    assert abs(found["variance_moment"][0] / theory["variance_moment"][0] - 1) < spread
    assert np.all(theory["variance_moment"] >= 1.0)
    np.testing.assert_allclose(found["variance_em"], found["variance_mle"], rtol=1e-6)
    for name in ("mle", "one_step", "moment", "em"):
        assert np.all(found[f"own_{name}"] > 1 - 1.5 * spread)  # below its own bound no estimator is
    divergence = case.parameters.divergence
    if case.parameters.difference is not study.Difference.MARK:
        ratio, _, q = case.parameters.content().nodes()
        assert q[q > 0] @ ratio[q > 0] == pytest.approx(divergence, rel=1e-8)


def test_near_an_end_the_maximum_is_a_projected_normal():
    rng = np.random.default_rng(1)
    for rho, s in ((0.01, 0.03), (0.5, 0.4), (0.98, 0.05)):
        x = np.clip(rng.normal(rho, s, 10**6), 0, 1)
        bias, variance = projected_normal(rho, s)
        assert abs(x.mean() - rho - bias) < 4.5 * x.std() / 1000
        assert abs(x.var() / variance - 1) < 4.5 * math.sqrt(3) / 1000
    case = bound_case(contamination=0.01)
    found, theory = load("provenance").simulate(case, 1, 0, 1), load("provenance").mean_field(case)
    assert np.all(theory["variance_mle"] < 0.6)
    assert np.all(abs(found["variance_mle"] / theory["variance_mle"] - 1) < 4.5 * math.sqrt(6 / 1500) + 0.05)
    assert np.all(found["own_mle"] > 1.0)  # so far below 1 by its bias only


def regret_case(policy, items, generations=6):
    size = regret_study.Inspection(items=items, generations=generations)
    return Case(P, policy, size, Nothing())


def test_regret_is_the_welfare_forgone_and_vanishes_where_everything_is_seen():
    model = load("pmir_regret")
    exact = collapse.mean_field(P, "closed_form", 6).welfare.values
    none = collapse.mean_field(P, "none", 6).welfare.values
    many = model.simulate(regret_case(collapse.NoPolicy(), 2**40), 1, 0, 1)
    np.testing.assert_allclose(many["regret"], np.cumsum(none - exact) / np.arange(1, 8), atol=1e-6)
    np.testing.assert_allclose(
        model.mean_field(regret_case(collapse.NoPolicy(), 5))["regret"], many["regret"], atol=1e-6
    )
    assert not model.mean_field(regret_case(collapse.ClosedForm(), 5))["regret"].any()
    few = [model.simulate(regret_case(collapse.ClosedForm(), 5000), 1, r, 1) for r in range(150)]
    first = np.array([row["subsidy_error"][0] for row in few])
    # d KL / d v = (delta - 1) / 2 at v = 1, Var v = 2 / n; relative error of a mean square of 150: sqrt(2 / 150)
    want = ((1 - P.variance_ratio) / (4 * P.cost_curvature)) ** 2 * 2 / 5000
    assert first.mean() == pytest.approx(want, rel=4.5 * math.sqrt(2 / 150))


def market(**changes):
    size = impossibility_study.Sample(items=(100, 1000), pools=60)
    return Case(
        impossibility_study.Market(**changes),
        impossibility_study.MaximumLikelihood(),
        size,
        Nothing(),
    )


def test_no_rule_is_below_the_bound_at_its_own_pair():
    for divergence in (0.0, 0.02, 0.1):
        rows = [impossibility_study.MODEL.simulate(market(divergence=divergence), 1, r, 1) for r in range(6)]
        ratio = np.array([row["ratio"] for row in rows])
        error = ratio.std(axis=0, ddof=1) / math.sqrt(6)
        assert np.all(ratio.mean(axis=0) + 4.5 * error >= 1.0)
    # the constant rule 1/2 between 0 and 1: kappa (stake / 4 kappa)^2, twice the bound kappa (stake / 2 kappa)^2 / 8
    mute = impossibility_study.MODEL.simulate(market(divergence=0.0), 1, 0, 1)
    np.testing.assert_allclose(mute["ratio"], 2.0, rtol=1e-9)
    assert not mute["regret_own"].any()
    assert not mute["bound_own"].any()


def test_a_stripped_mark_is_no_mark():
    marked, stripped, none = (
        impossibility_study.MODEL.simulate(market(divergence=0.0, **mark), 1, 0, 1)["regret"]
        for mark in ({"watermark": 3.0}, {"watermark": 3.0, "stripping": 1.0}, {})
    )
    assert np.all(stripped == none)
    assert marked[1] < 0.1 * none[1]


def test_hardest_pairs_are_those_of_the_bound():
    content = impossibility_study.Market().content()
    n = np.array([10.0, 1e4])
    bound, pairs = impossibility.hardest_pairs(0.3, content, 0.305, n, 0.3)
    np.testing.assert_array_equal(bound, impossibility.minimax_regret(0.3, content, 0.305, n, 0.3))
    for value, (low, high), size in zip(bound, pairs, n):
        gap = (high - low) * 0.3 / 0.61
        tv = math.sqrt(1 - impossibility.affinity(low, high, content) ** (2 * size))
        assert value == pytest.approx(0.305 * gap**2 / 8 * (1 - tv), rel=1e-9)
    assert np.diff(pairs, axis=1)[1] < np.diff(pairs, axis=1)[0]


@pytest.mark.parametrize(("build", "message"), [
    (lambda: rate_study.Runs(items=(100,)), "at least 2 ascending whole numbers from 64 on"),
    (lambda: rate_study.Runs(items=(100, 50)), "ascending whole numbers from 64 on"),
    (lambda: impossibility_study.Sample(items=(4, 10)), "ascending whole numbers from 8 on"),
    (lambda: load("impossibility").variables(market(stake=0.0)), "parameters.stake: 0 given"),
    (lambda: load("pmir").variables(Case(collapse.Parameters(content="categorical"), None, None, None)), "content"),
    (lambda: load("pmir").variables(Case(collapse.Parameters(variance_ratio=1.0), None, None, None)), "variance_ratio"),
    (lambda: load("pmir_rate").variables(Case(collapse.Parameters(variance_ratio=1.0), None, None, None)), "tell nothing"),
    (lambda: study.Sample(items=(100, 50)), "ascending whole numbers from 2 on"),
    (lambda: study.Pool(difference="tokens", vocabulary=2, divergence=3.0).content(), "divergence: 3 given"),
    (lambda: load("provenance").variables(bound_case(difference="mark", stripping=1.0)), "content: an information of 0"),
])  # fmt: skip
def test_refusals(build, message):
    with pytest.raises(ValueError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)
