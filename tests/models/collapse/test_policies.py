"""Policies: closed forms solve the programs that they are derived for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from mfsolve.models import collapse

P = collapse.Parameters


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
