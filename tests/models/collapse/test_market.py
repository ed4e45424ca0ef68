"""The collapse market's mean field against an independent loop, closed forms and its calibration; refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import collapse as naive
from scipy import stats
from scipy.optimize import minimize_scalar

from mfsolve.experiments.collapse import MODEL
from mfsolve.experiments.experiment import Case
from mfsolve.models import collapse
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.levers import Levers
from mfsolve.models.collapse.producers import best_response
from mfsolve.models.collapse.welfare import ShareMoments, decompose, label_entropy

P = collapse.Parameters


def test_headline_figures():
    """MODEL 1.6, to the digits given."""
    none, policy = (collapse.mean_field(P(), name) for name in ("none", "closed_form"))
    assert [round(float(x.contamination[-1]), 5) for x in (none, policy)] == [0.75952, 0.41772]
    assert [round(float(x.w2_drift[-1]), 5) for x in (none, policy)] == [0.32330, 0.13943]
    assert round(float(policy.quality[-1] / none.quality[-1] - 1), 5) == 0.21856
    slope = float((none.quality_loss * none.exposure).sum() / (none.exposure**2).sum())
    assert round(slope, 5) == 0.18122


POLICIES = [
    ("none", 0.0, collapse.NoPolicy()),
    ("fixed", 0.35, collapse.Fixed(subsidy=0.35)),
    ("closed_form", 0.0, collapse.ClosedForm()),
    ("watermark", 0.2, collapse.Watermark(stripping=0.2)),
    ("disclosure", 0.07, collapse.Disclosure(item_cost=0.07)),
    ("royalty_cap", 0.15, collapse.RoyaltyCap(cap=0.15)),
]
ECONOMIES = [
    {"initial_contamination": 0.3},
    {"initial_contamination": 0.2, "cost_spread": 0.5, "verified_share": 0.4, "innovation": 0.1, "data_value": 1.3},
    {"initial_contamination": 0.4, "cost_spread": 0.1, "verified_share": 0.2, "dimension": 3, "variance_ratio": 0.8},
    {
        "initial_contamination": 0.3,
        "cost_spread": 0.2,
        "verified_share": 0.3,
        "content": "categorical",
        "vocabulary": 60,
    },
]


@pytest.mark.parametrize("economy", ECONOMIES, ids=["plain", "spread", "three dimensions", "categorical"])
@pytest.mark.parametrize(("name", "setting", "policy"), POLICIES, ids=[name for name, *_ in POLICIES])
def test_mean_field_against_independent_loop(name, setting, policy, economy):
    parameters = P(**economy)
    path, want = collapse.mean_field(parameters, policy, 4), naive.market(parameters, name, 4, setting)
    for variable, values in want.items():  # integrals to 1e-10, four generations of them
        np.testing.assert_allclose(path[variable].values, values, rtol=0, atol=1e-9, err_msg=variable)
    np.testing.assert_array_equal(path.quality_loss, -path.log_quality)


def test_names_give_default_policies():
    for name, _, policy in POLICIES:
        if name != "fixed":
            default = type(policy)()
            assert collapse.mean_field(P(), name, 3).equals(collapse.mean_field(P(), default, 3))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.floats(0.02, 1.9), st.integers(1, 6), st.floats(0, 1.5))
def test_chi_square_against_the_integral(s2, d, distance):
    """Per coordinate 1 + chi2 = int q^2 / p, a Gaussian integral about its own peak."""
    width, peak = 1 / math.sqrt(2 / s2 - 1), 2 * distance / (2 - s2)
    x, w = np.polynomial.hermite_e.hermegauss(40)

    def ratio(m, peak):
        at = peak + width * x
        log = -((at - m) ** 2) / s2 + at * at / 2 - math.log(2 * math.pi) / 2 - math.log(s2) + x * x / 2
        return float((w * np.exp(log)).sum() * width)

    want = ratio(distance, peak) * ratio(0.0, 0.0) ** (d - 1) - 1
    got = collapse.chi_square(s2, distance, d)
    assert abs(got - want) <= 1e-12 * (1 + want) * (1 + 4 * distance**2 / s2)


def test_chi_square_edges():
    assert collapse.chi_square(1.0) == 0.0
    assert collapse.chi_square(2.0) == math.inf
    assert collapse.chi_square(0.319) == pytest.approx(0.366, abs=5e-4)
    for bad in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match=r"generator_variance: .*\(0, inf\)"):
            collapse.chi_square(bad)


@pytest.mark.parametrize("economy", [{}, {"dimension": 3}, {"content": "categorical", "vocabulary": 300}])
def test_collapse_law_coefficient(economy):
    """One generation at small, fixed contamination: quality loss / rho^2 -> b_law, with an error linear in rho."""
    law = collapse.collapse_law_coefficient(P(**economy))
    gap = []
    for rho in (2e-3, 1e-3):
        path = collapse.mean_field(P(initial_contamination=rho, imitation=0.0, **economy), "none", 1)
        gap.append(float(path.quality_loss[-1]) / rho**2 - law)
    assert gap[0] / gap[1] == pytest.approx(2.0, rel=0.05)
    assert abs(gap[1]) < 0.02 * law


@settings(derandomize=True, max_examples=80, deadline=None)
@given(st.floats(0.001, 0.999), st.floats(0.05, 3), st.floats(1e-3, 4))
def test_closed_forms_solve_their_reduced_programs(psi, kappa, kl):
    """max (1 - psi) w KL - kappa psi w^2 and max s KL - kappa s^2 over [0, 1]."""
    parameters = P(verified_share=psi, cost_curvature=kappa)
    levers = collapse.Watermark().levers(parameters, kl)
    w = (levers.verified_share - psi) / (1 - psi)
    s = collapse.ClosedForm().levers(parameters, kl).subsidy
    programs = ((w, lambda x: (1 - psi) * x * kl - kappa * psi * x * x), (s, lambda x: x * kl - kappa * x * x))
    for at, value in programs:
        assert -1e-12 <= at <= 1 + 1e-12
        best = minimize_scalar(lambda x, value=value: -value(x), bounds=(0, 1), method="bounded")
        assert value(at) >= -best.fun - 1e-9 * (kl + kappa)
    assert levers.cost == pytest.approx(kappa * psi * w * w, rel=1e-9)


def test_watermark_without_verified_items_is_free():
    levers = collapse.Watermark(stripping=0.25).levers(P(), 0.3)
    assert (levers.verified_share, levers.cost) == (0.75, 0.0)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.floats(-1, 2), st.floats(-12, 0.7).map(lambda e: 10.0**e), st.floats(0.05, 3))
def test_best_response_against_quadrature(target, spread, kappa):
    parameters = P(cost_spread=spread, cost_curvature=kappa)
    got, want = best_response(parameters, target), naive.best_response(parameters, target)
    np.testing.assert_allclose([got.share, got.square], want[:2], rtol=0, atol=1e-12)
    assert got.cost == pytest.approx(want[2], abs=1e-12 * spread)


def test_best_response_does_not_cancel():
    """Inside (0, 1): E h = target, Var h = half^2 / 3, E c h = -spread half / 3."""
    for spread in (1e-3, 1e-7, 1e-12):
        got, half = best_response(P(cost_spread=spread), 0.4), spread / 0.61
        assert got.share == pytest.approx(0.4, abs=1e-15)
        assert got.square == pytest.approx(0.16 + half**2 / 3, abs=1e-15)
        assert got.cost == pytest.approx(-spread * half / 3, rel=1e-12)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 2), st.floats(0, 1), st.floats(-1, 1), st.floats(0, 3))
def test_welfare_identities(rho, phi, premium, subsidy, levy, loss):
    parameters, moments = P(data_value=1.7, information_cost=0.3), ShareMoments(1 - rho, (1 - rho) ** 2 + 0.01, -0.02)

    def welfare(subsidy, levy):
        return decompose(parameters, Levers(subsidy, phi, levy, 0.05), moments, premium, rho, loss)

    w = welfare(subsidy, levy)
    assert w == welfare(0.0, 0.0)  # transfers cancel
    parts = w.welfare_producers + w.welfare_consumers - w.loss_collapse - w.loss_information - w.policy_cost
    assert w.welfare == parts
    assert w.loss_collapse == 1.7 * loss
    assert w.loss_information == 0.3 * label_entropy(rho, phi)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_label_entropy_against_enumeration(rho, phi):
    """Joint law of provenance (human, synthetic) and signal (revealed, not)."""
    joint = np.array([[(1 - rho) * phi, (1 - rho) * (1 - phi)], [0.0, rho]])
    want = stats.entropy(joint.ravel()) - stats.entropy(joint.sum(axis=0))
    assert label_entropy(rho, phi) == pytest.approx(want, abs=1e-14 * 40)


def test_stored_snapshots_of_the_mean_field():
    record = collapse.Record(snapshots=(1, 4), bins=60, bin_range=3.0)
    case = Case(P(initial_contamination=0.4), collapse.NoPolicy(), collapse.Population(generations=4), record)
    density, path = MODEL.mean_field(case)["content"], MODEL.mean_field(case)
    for row, t in zip(density, (1, 4)):
        rho, s2 = path["contamination"][t], 0.4735 * path["pool_variance"][t - 1]
        pool = lambda x, rho=rho, s2=s2: (1 - rho) * stats.norm.cdf(x) + rho * stats.norm.cdf(x / np.sqrt(s2))  # noqa: E731
        np.testing.assert_allclose(row, np.diff(pool(np.linspace(-3, 3, 61))) * 10, atol=1e-12)
        assert 0.99 < row.sum() * 0.1 < 1.0
    assert MODEL.coordinates(case)["snapshot"].tolist() == [1, 4]
    assert set(MODEL.variables(case)) == set(path)


@pytest.mark.parametrize("d", [1, 3])
def test_refit_to_a_pool_whose_generator_has_moved(d):
    """Mean and average variance of (1 - rho) N(0, I) + rho N(m, s2 I), and the divergence and drift at m."""
    m, rho, v, delta = np.linspace(0.3, -0.8, d), 0.35, 0.8, 0.6
    content = Gaussian(m, v, delta)
    second = (1 - rho) * np.eye(d) + rho * (delta * v * np.eye(d) + np.outer(m, m))
    refit = content.contaminated(rho)
    np.testing.assert_allclose(refit.mean, rho * m, rtol=1e-15)
    assert refit.variance == pytest.approx(np.trace(second - rho**2 * np.outer(m, m)) / d, rel=1e-14)
    s2 = delta * v
    assert content.divergence() == pytest.approx(0.5 * (d * (s2 - 1 - math.log(s2)) + m @ m), rel=1e-14)
    loss, slope = content.mixture(rho)
    want = naive.naive.gaussian_functionals(rho, math.sqrt(m @ m), s2, d)
    assert (loss, slope) == pytest.approx(want[:2], abs=1e-10)
    assert content.observables()["w2_drift"] == pytest.approx(math.sqrt(m @ m + d * (1 - math.sqrt(v)) ** 2), rel=1e-14)


def test_collapse_to_a_point_is_said():
    """With nothing human in the pool variance falls by delta a generation, until float64 cannot hold it."""
    market = P(initial_contamination=1.0, imitation=0.0, variance_ratio=1e-3)
    assert float(collapse.mean_field(market, "none", 95).pool_variance[-1]) == pytest.approx(1e-285, rel=1e-9)
    with pytest.raises(collapse.Collapsed, match=r"generation 10[0-9]"):
        collapse.mean_field(market, "none", 200)
    for producers, items in ((1, 2), (5, 2), (20, 3)):
        for sampling in ("items", "statistics"):
            with pytest.raises(collapse.Collapsed):
                collapse.simulate(market, "none", producers, items, 200, 1, sampling=sampling)


def test_without_contamination_nothing_happens():
    path = collapse.mean_field(P(initial_contamination=0.0), "none", 5)
    assert (path.contamination == 0).all()
    np.testing.assert_allclose(path.log_quality, 0.0, atol=1e-14)
    np.testing.assert_allclose(path.w2_drift, 0.0, atol=1e-14)
