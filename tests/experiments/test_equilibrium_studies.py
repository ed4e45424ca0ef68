"""Folds against their closed form, random economies, and closed forms against optima, as studies see them."""

import numpy as np
import pytest
from naive import provenance as naive

from mfsolve.experiments import load
from mfsolve.experiments import multiplicity as multiplicity_study
from mfsolve.experiments import optimality_gap as optimality_study
from mfsolve.experiments import uniqueness as uniqueness_study
from mfsolve.experiments.experiment import Case, once
from mfsolve.models import collapse
from mfsolve.models.collapse import folds
from mfsolve.models.collapse.equilibrium_map import points
from mfsolve.models.collapse.producers import best_response
from mfsolve.models.frozen import Nothing
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
    table = points(
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


def test_mean_share_is_that_of_the_best_response():
    for target in (-0.4, -0.05, 0.3, 0.97, 1.2):
        for spread in (0.0, 1e-9, 0.05, 0.8, 3.0):
            economy = P(cost_spread=spread, cost_curvature=0.2)
            share, inside = folds.mean_share(target, spread / 0.4)
            assert share == pytest.approx(best_response(economy, target).share, abs=1e-15)
            if spread > 1e-3:
                slope = (
                    best_response(economy, target + 1e-6).share - best_response(economy, target - 1e-6).share
                ) / 2e-6
                assert inside == pytest.approx(slope, abs=1e-8)


def test_branches_follow_equilibria():
    """One, several, one again: a single equilibrium is on the branch it continues; without several all are on one."""

    def line(*lists):
        stable = [
            tuple(collapse.Equilibrium(x, i % 2 == 0, 1 - x, 0.0, -x) for i, x in enumerate(found)) for found in lists
        ]
        return multiplicity_study.branches(stable)

    contamination, welfare, several = line((0.1,), (0.2, 0.8, 0.9), (0.3, 0.7, 0.92), (0.94,), (0.95,))
    nan = np.nan
    np.testing.assert_array_equal(contamination, [
        [0.1, 0.2, 0.3, nan, nan], [nan, 0.8, 0.7, nan, nan], [nan, 0.9, 0.92, 0.94, 0.95]])  # fmt: skip
    np.testing.assert_array_equal(welfare, -contamination)
    assert several.tolist() == [False, True, True, False, False]
    contamination, *_ = line((0.1,), (0.5,), (0.9,))
    np.testing.assert_array_equal(contamination[0], [0.1, 0.5, 0.9])
    assert np.isnan(contamination[1:]).all()


def test_without_a_change_of_count_there_is_no_fold():
    assert folds.fold(P(), ("cost_curvature", (0.2, 0.4)), ("subsidy", (0.0, 0.5))) is None


def plane_case(**plane):
    size = multiplicity_study.Resolution(width=7, height=9)
    return Case(P(verified_share=1.0), multiplicity_study.Plane(**plane), size, Nothing())


def test_line_lists_stable_and_unstable_equilibria():
    case = plane_case(across_range=(0.01, 0.04), line=2.0)
    found = load("multiplicity").simulate(case, 1, 0, 1)
    variables, coordinates = load("multiplicity").variables(case), load("multiplicity").coordinates(case)
    for name, variable in variables.items():
        assert found[name].shape == tuple(coordinates[dim].size for dim in variable.dims)
    branches = np.array([found[name][0] for name in ("cleanest", "unstable", "dirtiest")]).T
    assert np.any(branches[:, 2] > branches[:, 0] + 0.3)
    # a branch ends at its fold: between neighbours nothing jumps, as a line through them would
    assert np.nanmax(np.abs(np.diff(branches, axis=0))) < 0.3
    assert np.isnan(branches[0, 2])
    assert np.isnan(branches[-1, 0])
    for kappa, branch in zip(coordinates["cost_curvature"], branches):
        single = np.isnan(branch[0]) or np.isnan(branch[2])
        assert single == np.isnan(branch[1])
        assert single or branch[0] < branch[1] < branch[2]
        for rho in {x for x in branch if not np.isnan(x)}:
            target = 0.05 + (1 - rho) ** 2 * naive.premium(rho, 0.4735) / (2 * kappa)
            assert 1 - target == pytest.approx(rho, abs=1e-7)
    assert found["count"].min() == 1
    assert found["count"].max() == 3


@pytest.mark.parametrize(("plane", "message"), [
    ({"across": "kappa"}, "across: 'kappa' given: unknown; allowed: cost_curvature"),
    ({"across": "erosion"}, "across and up must differ"),
    ({"line": 9.0}, "the line must lie in the plane"),
    ({"across_range": (1.0, 0.5)}, r"across_range: \[1, 0.5\] given; allowed: ascending"),
])  # fmt: skip
def test_planes_that_are_none_are_refused(plane, message):
    with pytest.raises(ValueError, match=message):
        plane_case(**plane)


def sample_case(economies=400, **market):
    size = uniqueness_study.Sample(economies=economies, checked=3, listed=2)
    return Case(uniqueness_study.Ranges(), uniqueness_study.Market(**market), size, Nothing())


def test_samples_are_their_own_and_of_their_ranges():
    case = sample_case(erosion=(1.2, 3.0), subsidy=(0.0, 0.0), levy=(0.0, 0.0))
    model = load("uniqueness")
    first, again, other = (model.simulate(case, 1, r, t) for r, t in ((0, 1), (0, 2), (1, 1)))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert not np.array_equal(first["density"], other["density"])
    width = 1 / 40
    assert first["density"].sum() * width * 400 == pytest.approx(400 + 2 * first["several"][0])  # one, or three
    assert first["disagreeing"][0] == 0.0


@pytest.mark.parametrize(("market", "message"), [
    ({"subsidy": (0.5, 0.2)}, r"subsidy: \[0.5, 0.2\] given; allowed: ascending"),
    ({"subsidy": (0.5, 1.2)}, r"subsidy\[1\]: 1.2 given; allowed: \[0, 1\]"),
])  # fmt: skip
def test_ranges_that_are_none_are_refused(market, message):
    with pytest.raises(ValueError, match=message):
        load("uniqueness").variables(sample_case(**market))


def test_gap_at_the_calibration():
    """Without spread and verified share h = s: welfare is -kappa s^2 - KL(q_(1-s) || p), by hand on a fine grid."""
    economy = P(information_cost=0.0)
    found = optimality_study.gap(economy, optimality_study.Subsidy())
    from mfsolve.models.collapse.content import Gaussian

    human, s = Gaussian.human(economy), np.linspace(0.0, 1.0, 2001)
    welfare = np.array([-economy.cost_curvature * x * x - human.mixture(1 - x)[0] for x in s])
    assert found.optimal == pytest.approx(s[welfare.argmax()], abs=5e-4)
    assert found.gain_optimal == pytest.approx(welfare.max() - welfare[0], abs=1e-6)
    assert found.closed_form == pytest.approx(human.divergence() / 0.61, rel=1e-12)
    reduced = optimality_study.gap(economy, optimality_study.Subsidy(), linear_loss=True)
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
    found = optimality_study.gap(economy, optimality_study.Mark(stripping=stripping), linear_loss=True)
    assert found.optimal == pytest.approx(best, abs=1e-6)

    def welfare(w):
        h = (psi + slope * w) * kl / (2 * kappa)
        return -kappa * h * h - (1 - h) * kl - kappa * psi * w * w

    assert found.gain_closed_form == pytest.approx(welfare(found.closed_form) - welfare(0.0), abs=1e-12)


def test_maps_are_over_divergence_and_cost():
    plane = optimality_study.Plane(width=3, height=3)
    case = Case(P(verified_share=0.3), optimality_study.Mark(), plane, Nothing())
    model = load("optimality_gap")
    found = model.simulate(case, 1, 0, 1)
    kl, kappa = model.coordinates(case)["divergence"], model.coordinates(case)["cost_curvature"]
    np.testing.assert_allclose(
        found["closed_form"][0], np.minimum(1.0, 0.7 * kl[None, :] / (0.6 * kappa[:, None])), rtol=1e-9
    )
    assert np.all(found["forgone"] >= -1e-12)


def test_what_is_not_random_is_computed_once_whoever_asks():
    from concurrent.futures import ThreadPoolExecutor
    from time import sleep

    asked = []

    @once
    def slow(case):
        asked.append(case)
        sleep(0.05)
        return {"x": np.ones(1)}

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(slow, [sample_case(), sample_case(), sample_case(7), sample_case()]))
    assert len(asked) == 2
    found[0]["y"] = np.zeros(1)
    assert list(slow(sample_case())) == ["x"]
