"""Optimality gap: closed forms and optima by hand at the calibration and in the reduced case."""

import numpy as np
import pytest

from mfsolve.experiments import optimality_gap
from mfsolve.experiments.experiment import Case
from mfsolve.models import collapse
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.frozen import Nothing

P = collapse.Parameters


def test_gap_at_the_calibration():
    """Without spread and verified share h = s: welfare is -kappa s^2 - KL(q_(1-s) || p), by hand on a fine grid."""
    economy = P(information_cost=0.0)
    found = optimality_gap.gap(economy, optimality_gap.Subsidy())
    human, s = Gaussian.human(economy), np.linspace(0.0, 1.0, 2001)
    welfare = np.array([-economy.cost_curvature * x * x - human.mixture(1 - x)[0] for x in s])
    assert found.optimal == pytest.approx(s[welfare.argmax()], abs=5e-4)
    assert found.gain_optimal == pytest.approx(welfare.max() - welfare[0], abs=1e-6)
    assert found.closed_form == pytest.approx(human.divergence() / 0.61, rel=1e-12)
    reduced = optimality_gap.gap(economy, optimality_gap.Subsidy(), linear_loss=True)
    assert reduced.optimal == pytest.approx(reduced.closed_form, abs=1e-6)
    assert found.gain_optimal >= found.gain_closed_form


@pytest.mark.parametrize("psi", [0.1, 0.3, 0.8])
@pytest.mark.parametrize("stripping", [0.0, 0.4])
def test_watermark_in_the_case_it_is_derived_for(psi, stripping):
    """With a loss of rho KL a human item is worth KL: h = phi KL / (2 kappa), and welfare is a quadratic in w.

    d/dw [-kappa h^2 - (1 - h) KL - kappa psi w^2] = 0 with phi = psi + (1 - psi) (1 - stripping) w.
    """
    economy = P(information_cost=0.0, verified_share=psi)
    kl, kappa, slope = 0.5 * (0.4735 - 1 - np.log(0.4735)), economy.cost_curvature, (1 - psi) * (1 - stripping)
    gain = slope * kl * kl / (4 * kappa * kappa * psi)
    best = gain * (1 - psi) / (1 + gain * slope)
    found = optimality_gap.gap(economy, optimality_gap.Mark(stripping=stripping), linear_loss=True)
    assert found.optimal == pytest.approx(best, abs=1e-6)

    def welfare(w):
        h = (psi + slope * w) * kl / (2 * kappa)
        return -kappa * h * h - (1 - h) * kl - kappa * psi * w * w

    assert found.gain_closed_form == pytest.approx(welfare(found.closed_form) - welfare(0.0), abs=1e-12)


def test_maps_are_over_divergence_and_cost():
    plane = optimality_gap.Plane(width=3, height=3)
    case = Case(P(verified_share=0.3), optimality_gap.Mark(), plane, Nothing())
    arm = optimality_gap.EXPERIMENT.arms["watermark"]
    found, coordinates = arm.solve(case, 1), arm.coordinates(case)
    kl, kappa = coordinates["divergence"], coordinates["cost_curvature"]
    for name, output in arm.outputs(case).items():
        assert found[name].shape == tuple(coordinates[dim].size for dim in output.dims)
    np.testing.assert_allclose(
        found["closed_form"], np.minimum(1.0, 0.7 * kl[None, :] / (0.6 * kappa[:, None])), rtol=1e-9
    )
    assert np.all(found["forgone"] >= -1e-12)


def test_strengths_cut_off_at_the_most_are_not_compared():
    closed, best = np.array([[1.0, 0.4], [0.2, 1.0]]), np.array([[1.0, 0.1], [0.3, 0.5]])
    assert optimality_gap.mean_inside(closed, best) == pytest.approx(0.2)
    assert np.isnan(optimality_gap.mean_inside(np.ones(3), np.zeros(3)))


def test_other_content_is_refused():
    arm = optimality_gap.EXPERIMENT.arms["subsidy"]
    case = Case(P(dimension=2), optimality_gap.Subsidy(), optimality_gap.Plane(), Nothing())
    with pytest.raises(ValueError, match="parameters: content of another family or dimension given"):
        arm.check(case)
    for given in ({"divergence": (1.0, 1e300)}, {"cost_curvature": (1e-300, 1.0)}, {"cost_curvature": (2.0, 1.0)}):
        with pytest.raises(
            ValueError, match=rf"{next(iter(given))}: \[.*\] given; allowed: ascending, above 0, within"
        ):
            optimality_gap.Plane(**given)
