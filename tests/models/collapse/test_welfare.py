"""Welfare of one generation: its parts add up, transfers cancel, entropy by enumeration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mfsolve.models import collapse
from mfsolve.models.collapse.levers import Levers
from mfsolve.models.collapse.response import ShareMoments
from mfsolve.models.collapse.welfare import decompose, label_entropy

P = collapse.Parameters


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
