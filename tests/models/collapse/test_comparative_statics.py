"""Comparative statics against closed forms and against equilibria that are solved again."""

import math
from functools import partial

import pytest
from naive import provenance as naive

from mfsolve.models import collapse
from mfsolve.models.collapse.comparative_statics import base, derivative, moved
from mfsolve.models.collapse.equilibria import Generator, Market
from mfsolve.models.collapse.policies import Given, policy_of

P = collapse.Parameters


def test_closed_form_without_spread():
    """h = s + (phi nu m(rho) + levy) / (2 kappa), inside (0, 1): every derivative by hand, m' = nu I(rho)."""
    economy, s, levy = P(verified_share=0.7, cost_curvature=0.2, data_value=1.3), 0.1, 0.02
    (found,) = collapse.comparative_statics(economy, Given(subsidy=s, levy=levy))
    rho, kappa, phi, nu = found.equilibrium.contamination, 0.2, 0.7, 1.3
    m = naive.premium(rho, 0.4735)
    rise = (naive.premium(rho + 1e-4, 0.4735) - naive.premium(rho - 1e-4, 0.4735)) / 2e-4
    slope = -phi * nu * rise / (2 * kappa) - 1
    assert found.slope == pytest.approx(slope, rel=1e-6)
    direct = {
        "subsidy": -1.0, "levy": -0.5 / kappa, "verified_share": -nu * m / (2 * kappa),
        "data_value": -phi * m / (2 * kappa), "cost_curvature": (phi * nu * m + levy) / (2 * kappa**2),
        "erosion": -phi * nu * m * math.log(1 - rho) / (2 * kappa), "cost_spread": 0.0,
    }  # fmt: skip
    for name, value in direct.items():
        assert found.contamination[name] == pytest.approx(-value / slope, rel=1e-6, abs=1e-9), name


@pytest.mark.parametrize(("economy", "policy", "erosion", "generator"), [
    (P(verified_share=0.9, cost_curvature=0.025, cost_spread=0.001), collapse.Fixed(subsidy=0.05), 2.0, "fixed"),
    (P(verified_share=0.6, cost_spread=0.1), "closed_form", 0.0, "rest"),
    (P(verified_share=0.5, content="categorical", vocabulary=50), collapse.RoyaltyCap(cap=0.1), 1.0, "fixed"),
])  # fmt: skip
def test_against_equilibria_solved_again(economy, policy, erosion, generator):
    """Contamination and welfare at every equilibrium, stable or not; root tolerance 1e-13, steps of 1e-4."""
    market = Market(economy, policy_of(policy), erosion, Generator(generator))
    found = collapse.comparative_statics(economy, policy, erosion=erosion, generator=generator)

    def again(name, place, measure, value):
        m = moved(market, name, value)
        roots = collapse.equilibria(m.parameters, m.policy, erosion=m.erosion, generator=m.generator, tolerance=1e-13)
        return getattr(roots[place], measure)

    for place, each in enumerate(found):
        assert (each.slope < 0) == each.equilibrium.stable
        for name in ("subsidy", "cost_curvature", "verified_share", "erosion", "variance_ratio"):
            for measure in ("contamination", "welfare"):
                want = derivative(partial(again, name, place, measure), *base(market, name), 1e-4)
                got = getattr(each, measure)[name]
                assert abs(got - want) < 1e-6 * (1 + abs(want)), (place, name, measure)


def test_derivatives_look_inwards_at_an_end():
    for at in (0.0, 0.5, 1.0):
        assert derivative(math.exp, at, 0.0, 1.0) == pytest.approx(math.exp(at), rel=1e-10)
    assert derivative(math.sqrt, 1e-3, 0.0, math.inf) == pytest.approx(0.5 / math.sqrt(1e-3), rel=1e-9)
