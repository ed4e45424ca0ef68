"""Experiment `pmir_regret`: welfare forgone against paths that are computed directly."""

import math

import numpy as np
import pytest

from mfsolve.experiments import pmir_regret
from mfsolve.experiments.experiment import Case
from mfsolve.experiments.pmir_regret import EXPERIMENT
from mfsolve.models import collapse
from mfsolve.models.frozen import Nothing

P = collapse.Parameters()


def regret_case(policy, items, generations=6):
    size = pmir_regret.Inspection(items=items, generations=generations)
    return Case(P, policy, size, Nothing())


def test_regret_is_the_welfare_forgone_and_vanishes_where_everything_is_seen():
    exact = collapse.mean_field(P, "closed_form", 6).welfare.values
    none = collapse.mean_field(P, "none", 6).welfare.values
    many = EXPERIMENT.arms["none"].draw(regret_case(collapse.NoPolicy(), 2**40), 1, 0, 1)
    np.testing.assert_allclose(many["regret"], np.cumsum(none - exact) / np.arange(1, 8), atol=1e-6)
    np.testing.assert_allclose(
        EXPERIMENT.reference(regret_case(collapse.NoPolicy(), 5))["regret"], many["regret"], atol=1e-6
    )
    assert not EXPERIMENT.reference(regret_case(collapse.ClosedForm(), 5))["regret"].any()
    few = [EXPERIMENT.arms["closed_form"].draw(regret_case(collapse.ClosedForm(), 5000), 1, r, 1) for r in range(150)]
    first = np.array([row["subsidy_error"][0] for row in few])
    # d KL / d v = (delta - 1) / 2 at v = 1, Var v = 2 / n; relative error of a mean square of 150: sqrt(2 / 150)
    want = ((1 - P.variance_ratio) / (4 * P.cost_curvature)) ** 2 * 2 / 5000
    assert first.mean() == pytest.approx(want, rel=4.5 * math.sqrt(2 / 150))
