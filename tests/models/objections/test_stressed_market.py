"""The stressed market against the market it comes from, closed forms and a slow twin."""

import numpy as np
import pytest
from naive.objections import pool_loss_by_quadrature, stressed_path

from mfsolve.models import collapse
from mfsolve.models.objections import Stress, stressed
from mfsolve.models.objections.stressed_market import human_share_of, pool_loss, share_of_items

SHARED = ("contamination", "subsidy", "collapse_loss", "log_quality", "pool_variance", "w2_drift", "divergence")


@pytest.mark.parametrize(("instrument", "policy"), [
    ("subsidy", collapse.ClosedForm()), ("fixed", collapse.Fixed(subsidy=0.5)), ("watermark", collapse.Watermark()),
    ("levy", collapse.RoyaltyCap(cap=100.0)),
])  # fmt: skip
def test_without_stress_it_is_the_collapse_market(instrument, policy):
    p = collapse.Parameters(verified_share=0.3, innovation=0.02, quality_floor=0.1)
    here, there = stressed(p, Stress(instrument=instrument), 8), collapse.mean_field(p, policy, 8)
    for name in SHARED:
        # the market integrates the mixture by its short rule, which holds 1e-9; the stressed one by the long rule
        np.testing.assert_allclose(here[name], there[name], rtol=1e-9, atol=1e-15, err_msg=name)
    free, none = stressed(p, Stress(), 8, intervene=False), collapse.mean_field(p, "none", 8)
    np.testing.assert_allclose(free["log_quality"], none["log_quality"], rtol=1e-9)


@pytest.mark.parametrize(("human", "synthetic"), [(1.0, 0.4), (0.7, 0.3), (0.5, 0.6)])
def test_the_loss_against_the_original_is_an_integral(human, synthetic):
    loss, slope = pool_loss(0.35, human, synthetic, np.empty(3))
    assert loss == pytest.approx(pool_loss_by_quadrature(0.35, human, synthetic), abs=1e-10)
    up, down = (pool_loss_by_quadrature(0.35 + h, human, synthetic) for h in (1e-4, -1e-4))
    assert slope == pytest.approx((up - down) / 2e-4, abs=1e-6)


@pytest.mark.parametrize("stress", [
    {"drift": 0.2}, {"drift": 0.2, "reference": "current"}, {"capacity": 10.0, "renewal": 0.1}, {"outside": 0.3},
    {"instrument": "levy", "relocation": 5.0, "evasion_cost": 0.1}, {"volume": 10.0}, {"evasion": 0.4},
    {"instrument": "watermark", "strip_cost": 0.1}, {"instrument": "watermark", "strip_cost": 0.1, "anticipating": True},
])  # fmt: skip
def test_the_slow_twin_goes_the_same_way(stress):
    p = collapse.Parameters(verified_share=0.2)
    here = stressed(p, Stress(**stress), 6)
    rho, quality = stressed_path(p, stress, 6)
    np.testing.assert_allclose(here["contamination"], rho, atol=1e-7)
    np.testing.assert_allclose(here["log_quality"], quality, atol=1e-7)


def test_figures_known_beforehand():
    p = collapse.Parameters()
    current = stressed(p, Stress(drift=0.2, reference="current"))
    assert current["subsidy"][-2] == pytest.approx(0.235, abs=5e-4)
    assert current["w2_drift"][-1] == pytest.approx(0.473, abs=5e-4)
    free = stressed(p, Stress(), intervene=False)["log_quality"][-1]
    gains = [
        float(np.expm1(stressed(p, Stress(outside=share))["log_quality"][-1] - free)) for share in (0.1, 0.3, 0.5, 0.8)
    ]
    np.testing.assert_allclose(gains, [0.208, 0.183, 0.150, 0.075], atol=6e-4)


def test_a_stock_is_not_overdrawn():
    found = stressed(collapse.Parameters(), Stress(capacity=5.0), 40)
    assert float(found["human_share"][1:].sum()) <= 5.0
    assert found["contamination"][-1] == 1.0


def test_volume_is_inverted():
    for rho in (0.0, 0.2, 0.9, 1.0):
        assert share_of_items(human_share_of(rho, 7.0), 7.0) == pytest.approx(rho, abs=1e-15)


@pytest.mark.parametrize(("change", "message"), [
    ({"dimension": 2}, "Gaussian content in one dimension"), ({"cost_spread": 0.1}, "parameters.cost_spread: 0.1 given"),
    ({"subsidy_base": "pool"}, "parameters.subsidy_base: 'pool' given"),
])  # fmt: skip
def test_markets_it_does_not_have_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        stressed(collapse.Parameters(**change), Stress())
    with pytest.raises(ValueError, match="generations: 0 given"):
        stressed(collapse.Parameters(), Stress(), 0)
