"""Risks of recursive regressions against their closed forms, in standard errors."""

import numpy as np
import pytest

from mfsolve.models.atlas.regression import (
    RegressionData,
    RegressionParameters,
    accumulation_bound,
    accumulation_limit,
    contraction,
    regression_closed_form,
    simulate_regression,
)

SMALL = RegressionParameters(features=3, items=16, noise_variance=2.0)
T = 8


def gaps(p, data, replicates):
    """Mean risks over the closed form, and their standard errors."""
    risk = simulate_regression(p, data, T, 3, replicates=range(replicates)).risk.values
    expected = regression_closed_form(p, data, T)
    return risk.mean(axis=0) / expected, risk.std(axis=0, ddof=1) / np.sqrt(replicates) / expected


def data(workflow, **settings):
    return RegressionData(workflow=workflow, **settings)


@pytest.mark.parametrize("flow", ["replace", "accumulate", "mixed", "growing"])
def test_exact_forms_hold_within_standard_errors_and_a_wrong_one_does_not(flow):
    mean, se = gaps(SMALL, data(flow), 4000)
    assert np.all(np.abs(mean - 1.0) < 4.5 * se)
    wrong = (
        mean
        * regression_closed_form(SMALL, data(flow), T)
        / regression_closed_form(SMALL.model_copy(update={"items": 20}), data(flow), T)
    )
    assert abs(wrong[-1] - 1.0) > 6.0 * se[-1] * wrong[-1] / mean[-1]


def test_subsamples_follow_their_form_to_first_order():
    p = RegressionParameters(features=2, items=200)
    mean, se = gaps(p, data("subsample"), 2000)
    assert np.all(np.abs(mean - 1.0) < 4.0 * se + 2.0 * (p.features + 1) / p.items)
    assert regression_closed_form(p, data("subsample"), 10**5)[-1] == pytest.approx(
        (np.pi**2 / 2 - 2) * 2 / 200, rel=1e-4
    )


@pytest.mark.parametrize("features", [8, 32])
def test_ridge_follows_the_limit_law_of_eigenvalues(features):
    p = RegressionParameters(features=features, items=features + features // 2, ridge=0.3)
    mean, se = gaps(p, data("replace"), 400)
    assert np.all(np.abs(mean - 1.0) < 4.0 * se + 0.3 / features)


def test_accumulation_stays_below_its_bound_and_reaches_its_limit():
    limit = accumulation_limit(SMALL)
    path = regression_closed_form(SMALL, data("accumulate"), 10**5)
    assert path[-1] == pytest.approx(limit, rel=1e-4)
    assert np.all(np.diff(path) > 0.0)
    assert 0.85 * accumulation_bound(SMALL) < limit < accumulation_bound(SMALL)


def test_fresh_human_items_contract_errors():
    c = [contraction(3, 16, q) for q in range(17)]
    assert c[0] == pytest.approx(1.0, abs=1e-14)
    assert c[16] == 0.0
    assert np.all(np.diff(c) < 0.0)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20_000, 16, 3))
    synthetic = np.einsum("rik,ril->rkl", x[:, 5:], x[:, 5:])
    share = np.linalg.solve(np.einsum("rik,ril->rkl", x, x), synthetic)
    kept = (share**2).sum(axis=(1, 2)) / 3.0
    assert abs(kept.mean() - c[5]) < 4.0 * kept.std() / np.sqrt(kept.size)


def test_bits_do_not_depend_on_threads_or_on_what_is_drawn_together():
    p = RegressionParameters(features=1, items=5)
    whole = simulate_regression(p, data("replace"), 2, 1, replicates=range(600), threads=2).risk
    assert np.array_equal(
        whole[300:500], simulate_regression(p, data("replace"), 2, 1, replicates=range(300, 500)).risk
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"items": 6}, "items: 6 given; allowed: at least features + 4 = 7 without ridge"),
        ({"ridge": 0.1}, "workflow: 'accumulate' given; allowed: replace, where ridge has a closed form"),
    ],
)
def test_what_has_no_closed_form_is_refused(change, text):
    with pytest.raises(ValueError, match=text.replace("+", r"\+")):
        regression_closed_form(SMALL.model_copy(update=change), data("accumulate"), 3)
