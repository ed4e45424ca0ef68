"""Answers to the levers: stripping, evasion, location, each against a search."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from mfsolve.models.objections import Stress, mark_strength, stripping
from mfsolve.models.objections.levers import evading, outside_share


def searched(value):
    return minimize_scalar(lambda x: -value(x), bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-10}).x


@pytest.mark.parametrize("cost", [0.03, 0.1, 1.0])
def test_a_strength_that_reckons_with_stripping_is_the_best_one_and_lets_half_be_stripped_at_most(cost):
    for kl in (0.05, 0.2, 0.6):
        for psi in (0.1, 0.5):
            w = mark_strength(kl, psi, 0.305, cost)
            net = lambda w: (1 - psi) * w * (1 - w * kl / cost) * kl - 0.305 * psi * w * w  # noqa: B023, E731
            assert net(w) >= net(searched(net)) - 1e-12
            assert w == 1.0 or stripping(w, kl, cost) <= 0.5
    assert stripping(1.0, 0.2, 0.1) == 1.0
    assert stripping(0.4, 0.2, None) == 0.0


def test_without_stripping_the_strength_is_that_of_the_collapse_market():
    from mfsolve.models.collapse import Parameters, Watermark

    p = Parameters(verified_share=0.4)
    for kl in (0.02, 0.1, 3.0):
        assert mark_strength(kl, 0.4, p.cost_curvature) == Watermark().strength(p, kl)


@pytest.mark.parametrize(("ratio", "cost"), [(0.1, 0.05), (0.47, 0.1), (0.9, 2.0)])
def test_evasion_is_a_best_response(ratio, cost):
    def value(e):
        v = ratio + e * (1.0 - ratio)
        return -0.5 * (v - 1.0 - np.log(v)) - cost * e * e

    assert evading(ratio, cost) == pytest.approx(searched(value), abs=1e-6)
    assert evading(1.0, cost) == 0.0


def test_producers_go_where_profit_is():
    stress = Stress(outside=0.3, relocation=2.0)
    assert outside_share(stress, 0.0) == 0.3
    assert outside_share(stress, 0.1) == pytest.approx(0.3 + 0.7 * 0.2)
    assert outside_share(stress, -0.1) == pytest.approx(0.3 * 0.8)
    assert outside_share(stress, 5.0) == 1.0
