"""Folds of equilibria against their closed form and against counts on both sides."""

import numpy as np
import pytest
from naive import provenance as naive

from mfsolve.models import collapse
from mfsolve.models.collapse import folds
from mfsolve.models.collapse.equilibrium_map import economy_table
from mfsolve.models.provenance import fisher_information

P = collapse.Parameters


def closed_form_fold(rho, s, delta):
    """(kappa, erosion) where equilibria meet at rho: residual and slope solved by hand, without spread and levy."""
    from scipy.stats import norm

    m, information = naive.premium(rho, delta), fisher_information(rho, norm(), norm(scale=delta**0.5))
    erosion = (1 - rho) * (information / m + 1 / (1 - s - rho))
    return (1 - rho) ** erosion * m / (2 * (1 - s - rho)), erosion


def test_fold_is_the_closed_form_and_turns_at_the_cusp():
    plane = ("cost_curvature", (0.005, 0.05)), ("erosion", (0.0, 4.0))
    found = folds.fold(P(verified_share=1.0), *plane, {"subsidy": 0.05})
    for rho, kappa, erosion in found.curve[:: len(found.curve) // 6]:
        np.testing.assert_allclose((kappa, erosion), closed_form_fold(rho, 0.05, 0.4735), rtol=1e-7)
    # along the curve both parameters turn where three equilibria meet
    assert np.all(found.curve[:, 1] <= found.cusp[1] + 1e-12)
    assert np.all(found.curve[:, 2] >= found.cusp[2] - 1e-12)
    np.testing.assert_allclose(found.cusp[1:], closed_form_fold(found.cusp[0], 0.05, 0.4735), rtol=1e-7)
    x = np.array([0.02, 0.03, 0.045])
    clean, dirty = (found.branch(x, cleaner=cleaner) for cleaner in (True, False))
    assert np.all(clean[:2] > dirty[:2])
    assert np.isnan(clean[2])
    for kappa, erosions in zip(x[:2], zip(dirty[:2], clean[:2])):
        economy, held = P(verified_share=1.0, cost_curvature=kappa), collapse.Fixed(subsidy=0.05)
        counts = [len(collapse.equilibria(economy, held, erosion=e + h)) for e in erosions for h in (-1e-3, 1e-3)]
        assert counts == [1, 3, 3, 1]


def test_fold_with_the_generator_at_rest():
    """Counts change across it by two, and residual and slope vanish on it, by a difference of the twin's residual."""
    plane = ("cost_curvature", (0.005, 0.07)), ("erosion", (0.0, 4.0))
    found = folds.fold(P(verified_share=1.0), *plane, {"subsidy": 0.05}, generator="rest")
    held = folds.fold(P(verified_share=1.0), *plane, {"subsidy": 0.05})
    assert found.cusp[2] > held.cusp[2] + 0.5

    def residual(rho, kappa, erosion):
        s2 = 0.4735 * (1 - rho) / (1 - rho * 0.4735)
        return 1 - 0.05 - (1 - rho) ** erosion * naive.premium(rho, s2) / (2 * kappa) - rho

    for rho, kappa, erosion in found.curve[:: len(found.curve) // 4]:
        assert residual(rho, kappa, erosion) == pytest.approx(0.0, abs=1e-8)
        slope = (residual(rho + 1e-4, kappa, erosion) - residual(rho - 1e-4, kappa, erosion)) / 2e-4
        assert slope == pytest.approx(0.0, abs=1e-5)
    x = np.array([0.03])
    economy, fixed = P(verified_share=1.0, cost_curvature=0.03), collapse.Fixed(subsidy=0.05)
    erosions = [found.branch(x, cleaner=cleaner)[0] for cleaner in (False, True)]
    counts = [
        len(collapse.equilibria(economy, fixed, erosion=e + h, generator="rest"))
        for e in erosions for h in (-2e-3, 2e-3)
    ]  # fmt: skip
    assert counts == [1, 3, 3, 1]


def test_slope_is_the_derivative_of_the_residual():
    table = economy_table(
        P(variance_ratio=0.2),
        {"subsidy": [0.1, np.nan, 0.0], "erosion": [2.0, 0.0, 1.3], "cost_spread": [0.0, 0.3, 0.1],
         "verified_share": [0.8, 0.5, 1.0], "levy": [0.0, 0.1, 0.0], "cost_curvature": [0.1, 0.3, 0.05]},
    )  # fmt: skip
    for row in table:
        for rho in (0.2, 0.6, 0.9):
            for generator in collapse.Generator:
                moved = (folds.residual_and_slope(row, rho + h, 1, generator) for h in (-1e-5, 0.0, 1e-5))
                low, at, high = moved
                assert at[1] == pytest.approx((high[0] - low[0]) / 2e-5, abs=1e-5)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-8])
def test_the_closed_form_of_the_subsidy_keeps_its_digits_where_content_hardly_differs(gap):
    """KL(N(0, 1 - e) || N(0, 1)) = sum e^k / (2 k), k = 2, 3, ..., which -e - ln(1 - e) loses; a subsidy of 0.3."""
    e = 1.0 - (1.0 - gap)
    kl = sum(e**k / (2 * k) for k in range(2, 9))
    economy = P(variance_ratio=1.0 - gap, cost_curvature=kl / 0.6, verified_share=0.5)
    (closed,), (given,) = (economy_table(economy, {"subsidy": [s]}) for s in (np.nan, 0.3))
    assert folds.residual_and_slope(closed, 0.4) == pytest.approx(folds.residual_and_slope(given, 0.4), rel=1e-10)


def test_without_a_change_of_count_there_is_no_fold():
    assert folds.fold(P(), ("cost_curvature", (0.2, 0.4)), ("subsidy", (0.0, 0.5))) is None
