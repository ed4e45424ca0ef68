"""Levers that maximise welfare: against fine grids, and against the closed forms in their reduced programs."""

import numpy as np
import pytest

from mfsolve.models import collapse
from mfsolve.models.collapse.closed_form import variance_of_divergence
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.optimal_policy import Program
from mfsolve.models.collapse.response import closed_form_subsidy

P = collapse.Parameters


def test_optimum_beats_a_fine_grid_and_policy_uses_it():
    economy = P(verified_share=0.3, variance_ratio=0.2)
    best = collapse.optimum(economy, watermark=True)
    program = Program(economy, Gaussian.human(economy))
    grid = [program.welfare(program.levers(s, w))[0] for s in np.linspace(0, 1, 21) for w in np.linspace(0, 1, 11)]
    assert best.welfare >= max(grid) - 1e-12
    only = collapse.optimum(P(information_cost=0.0))  # an equilibrium under a policy that looks at content itself
    (found,) = collapse.equilibria(P(information_cost=0.0), "myopic")
    assert (found.contamination, found.welfare) == pytest.approx((only.contamination, only.welfare), abs=1e-10)
    path = collapse.mean_field(P(), "myopic", generations=3)
    assert float(path.subsidy[0]) == collapse.optimum(P()).levers.subsidy


@pytest.mark.parametrize("kl", [0.02, 0.11, 0.4])
@pytest.mark.parametrize("kappa", [0.1, 0.305])
def test_closed_form_subsidy_is_optimal_in_its_reduced_program_alone(kl, kappa):
    """The search finds a maximiser to the root of its relative precision, 1e-8, and welfare to that precision."""
    economy = P(information_cost=0.0, cost_curvature=kappa, variance_ratio=variance_of_divergence(kl))
    s = closed_form_subsidy(kl, kappa)
    reduced = collapse.optimum(economy, linear_loss=True)
    assert reduced.levers.subsidy == pytest.approx(s, abs=1e-6)
    program = Program(economy, Gaussian.human(economy))
    best = collapse.optimum(economy)
    forgone = best.welfare - program.welfare(program.levers(s, 0.0))[0]
    assert forgone >= -1e-12
    assert forgone > 1e-4 or s == 1.0


def test_no_equilibrium_looks_twice_at_one_pool(monkeypatch):
    """Nor does it take long where the quadrature of a pool does."""
    looked, mixture = [], Gaussian.mixture
    monkeypatch.setattr(Gaussian, "mixture", lambda self, rho: looked.append(rho) or mixture(self, rho))
    collapse.optimum(P(verified_share=0.3), subsidy=False, watermark=True)
    assert len(looked) == len(set(looked)) > 2
