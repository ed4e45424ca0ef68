"""Large, tiny and degenerate inputs inside declared ranges: finite results that satisfy the models' identities."""

import numpy as np
import pytest
from mfsolve.kernels.data_deals import faults as kernels

from mfsolve.models import collapse, flow
from mfsolve.models.atlas.token_closed_form import mixed_tokens_closed_form
from mfsolve.models.atlas.workflows import Mixed
from mfsolve.models.collapse.comparative_statics import comparative_statics
from mfsolve.models.data_deals.concentration import generator_bounds
from mfsolve.models.data_deals.faults import LoopParameters, fault_loop
from mfsolve.models.data_deals.replication import copied
from mfsolve.models.intermediary.attribution import exact_shapley
from mfsolve.models.provenance.contents import GaussianContent
from mfsolve.models.provenance.efficiency import projected_normal
from mfsolve.models.provenance.impossibility import minimax_regret
from mfsolve.models.provenance.information_gaussian import gaussian_information


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("deviation", [999.0, 1e4, 1e7, 1e9, 1e150])
def test_a_projected_normal_of_any_width(rho, deviation):
    # E X and E X^2 of the projected estimate are integrals of its tail P(estimate > x) dx and 2 x P dx
    from scipy.special import ndtr

    x, w = np.polynomial.legendre.leggauss(20)
    x, w = 0.5 + 0.5 * x, 0.5 * w
    tail = ndtr((rho - x) / deviation)
    mean, square = w @ tail, w @ (2.0 * x * tail)
    bias, variance = projected_normal(rho, deviation)
    assert bias == pytest.approx(mean - rho, abs=1e-9)
    assert variance == pytest.approx(square - mean * mean, abs=1e-9)


@pytest.mark.parametrize("distance", [1e-5, 1e-6, 1e-7, 1e-8])
def test_a_lower_bound_of_regret_depends_on_information_alone(distance):
    n = 1e3 / distance**2
    reference = minimax_regret(0.5, GaussianContent(distance=1e-3, variance=1.0), 0.3, [1e9], stake=0.2)
    assert minimax_regret(0.5, GaussianContent(distance=distance, variance=1.0), 0.3, [n], stake=0.2) == pytest.approx(
        reference, rel=1e-3
    )


@pytest.mark.parametrize("unit", [1e-300, 1e-200, 1e-155, 1e155, 1e300])
def test_shapley_values_in_any_unit_of_the_variance(unit):
    # v and 1 / effort have one unit; so have Phi and effort
    expected = exact_shapley([0.5, 2.0], [1.0, 3.0], (3, 2), 1.0)
    if unit >= 1e-99:
        efforts = np.array([1.0, 3.0]) / unit
        found = exact_shapley([0.5, 2.0], efforts, (3, 2), unit)
        np.testing.assert_allclose(found * unit, expected, rtol=1e-12)
    assert np.isfinite(exact_shapley([0.5, 2.0], [1.0, 3.0], (3, 2), unit)).all()


def test_shapley_values_of_the_greatest_loadings_and_efforts():
    assert np.isfinite(exact_shapley([1e50, 1e50], [1e100, 1e100], (3, 2), 1.0)).all()


@pytest.mark.parametrize("v", [1e-300, 1e-155, 1.0, 1e300])
@pytest.mark.parametrize("effort", [0.0, 1.0, 1e100])
def test_pay_for_copies_is_finite(v, effort):
    pay = copied([1.0, 1e50], [effort, effort], v, [0.0, 2.0], orders=4, seed=1, lineage=0.5)
    assert all(np.isfinite(field).all() for field in pay)


@pytest.mark.parametrize("delta", [0.5, 1.0])
def test_a_flow_of_synthetic_content_alone_to_the_end(delta):
    p = flow.Parameters(contamination=1.0, variance_ratio=delta, initial_mean=1.0)
    found = flow.gaussian_moments(p, [0.0, 1.0, 1e3, 1e6])
    assert np.isfinite(found["free_energy"]).all()
    assert np.isfinite(found["dissipation"]).all()
    if delta < 1.0:
        assert float(found["free_energy"][-1]) == float(found["dissipation"][-1]) == 0.0


def test_information_of_a_mark_that_is_almost_never_stripped():
    # as strip -> 0 the divergence chi2(p || q) is 1 / strip less a constant that grows with the mark
    found = gaussian_information(1.0, watermark=30.0, stripping=1e-160)
    assert found == pytest.approx(9.97e159, rel=2e-3)


@pytest.mark.parametrize("rho", [1e-170, 1e-300])
def test_a_path_from_next_to_no_contamination(rho):
    path = collapse.mean_field(collapse.Parameters(initial_contamination=rho), "none", 3)
    assert np.isfinite(path["local_slope"]).all()


def test_comparative_statics_at_the_ends_of_the_cost_range():
    for curvature in (1e-30, 1e30):
        for found in comparative_statics(collapse.Parameters(cost_curvature=curvature)):
            assert not np.isnan(list(found.contamination.values())).any()


def test_a_loop_that_records_nothing_rests_at_zero():
    loop = fault_loop(LoopParameters(low=0.0, span=0.0))
    (point,) = loop.rest_points
    assert (point.provenance, point.stable) == (0.0, True)
    assert loop.folds() is None
    assert isinstance(loop.loop, kernels.Loop)


def test_one_type_alone_keeps_no_diversity():
    shares = mixed_tokens_closed_form(np.array([1.0, 0.0]), 100, 3, Mixed())
    assert all(np.isfinite(field).all() for field in shares)


def test_bounds_of_shares_do_not_change_with_the_unit():
    far, near = generator_bounds(1e308, 0.0, 10**9, 1e308), generator_bounds(1.0, 0.0, 10**9, 1.0)
    assert (far.low, far.high) == pytest.approx((near.low, near.high), rel=1e-14)
    far = generator_bounds(1e308, 0.0, 10**9, 1e308, 1e308)
    assert far.high == pytest.approx((10**9 + 1) / (10**9 + 2), rel=1e-14)


def test_corners_of_shapley_values_and_bounds():
    random = np.random.default_rng(3)
    for _ in range(300):
        loading, effort = random.choice([0.0, 1e-50, 1.0, 1e50], 2), random.choice([0.0, 1e-100, 1.0, 1e100], 2)
        found = exact_shapley(loading, effort, (2, 2), random.choice([1e-300, 1e-155, 1.0, 1e155, 1e300]))
        assert ((found >= 0.0) & np.isfinite(found)).all(), (loading, effort)
        known, cap, top = random.choice([1e-300, 1.0, 1e308]), *random.choice([0.0, 1e-300, 1.0, 1.7e308], 2)
        bounds = generator_bounds(known, random.choice([0.0, known]), random.choice([0, 1, 10**9]), cap, top)
        assert 0.0 <= bounds.low <= bounds.high <= 1.0
