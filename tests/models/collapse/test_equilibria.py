"""All equilibria, their stability, the optimum and its distance to the closed forms."""

import numpy as np
import pytest
from naive import provenance as naive

from mfsolve.models import collapse

P = collapse.Parameters


def test_base_case_in_closed_form():
    for s in (0.0, 0.3, 1.0):
        (only,) = collapse.equilibria(P(), collapse.Fixed(subsidy=s))
        assert only.contamination == pytest.approx(1 - s, abs=1e-12)
        assert only.stable
        assert only.certified
        assert only.human_share == pytest.approx(s, abs=1e-12)


def test_at_rest_it_is_where_the_market_ends():
    for delta in (0.3, 0.4735, 0.8):
        p = P(variance_ratio=delta, imitation=2.0, initial_contamination=0.3)
        (rest,) = collapse.equilibria(p, "closed_form", generator="rest")
        path = collapse.mean_field(p, "closed_form", generations=300)
        assert float(path.contamination[-1]) == pytest.approx(rest.contamination, abs=1e-8)
        assert float(path.premium[-1]) == pytest.approx(rest.premium, abs=1e-7)


@pytest.mark.parametrize(("parameters", "erosion"), [
    (P(verified_share=1.0, cost_curvature=0.04), 1.2), (P(verified_share=1.0, cost_curvature=0.03), 1.5),
    (P(verified_share=0.9, cost_curvature=0.2, variance_ratio=0.05), 1.3), (P(verified_share=0.6, cost_spread=0.2), 0.0),
])  # fmt: skip
def test_against_the_twin(parameters, erosion):
    found = collapse.equilibria(parameters, erosion=erosion)
    p = parameters
    with np.errstate(divide="ignore"):
        want = naive.rest_points(
            p.cost_curvature, 0.0, p.verified_share, erosion, p.cost_spread, 0.0, p.variance_ratio, 1.0
        )
    np.testing.assert_allclose([e.contamination for e in found], want, atol=1e-7)
    # a continuous residual from >= 0 to <= 0: stable and unstable ones alternate, the outermost stable
    assert [e.stable for e in found] == [i % 2 == 0 for i in range(len(found))]


def test_eroding_detection_makes_several():
    found = collapse.equilibria(P(verified_share=1.0, cost_curvature=0.04), erosion=1.2)
    assert len(found) == 3
    assert found[-1].contamination == 1.0
    assert found[0].welfare > found[-1].welfare


def test_random_economies_have_one_without_erosion_and_one_or_three_with_it():
    base = collapse.uniqueness(20_000, 1, threads=2)
    assert base.attrs["several"] == 0
    assert float(base.upper) < 2e-4
    closed = collapse.uniqueness(2000, 2, {"verified_share": (0.0, 0.0)}, closed_form=True, generator="rest", threads=2)
    assert closed.attrs["several"] == 0
    eroded = collapse.uniqueness(20_000, 1, {"erosion": (1.01, 4.0), "subsidy": (0, 0), "levy": (0, 0)}, threads=2)
    assert set(np.flatnonzero(eroded.economies)) == {1, 3}
    rows = [dict(zip(eroded.parameter.values, row)) for row in eroded.example.values[:5]]
    for row, roots in zip(rows, eroded.contamination.values):
        erosion, kept = row.pop("erosion"), {k: v for k, v in row.items() if k in P.model_fields}
        exact = [e.contamination for e in collapse.equilibria(P(**kept), erosion=erosion)]
        np.testing.assert_allclose(exact, roots[~np.isnan(roots)], atol=1e-7)


def test_scan_bits_do_not_depend_on_threads_or_blocks():
    rng = np.random.default_rng(0)
    table = collapse.points(
        P(verified_share=0.8), {"cost_curvature": rng.uniform(0.05, 1, 3000), "erosion": rng.uniform(0, 3, 3000)}
    )
    one, two = collapse.scan(table), collapse.scan(table, threads=2)
    part = collapse.scan(table[1234:1300])
    assert np.array_equal(one.contamination, two.contamination, equal_nan=True)
    assert np.array_equal(one.contamination[1234:1300], part.contamination, equal_nan=True)


def test_folds_separate_the_counts():
    found = collapse.multiplicity(
        P(verified_share=1.0), ("erosion", np.linspace(1.3, 3, 8)), ("cost_curvature", np.linspace(0.01, 0.3, 12))
    )
    assert set(np.unique(found["count"])) == {1, 3}
    for erosion, kappa in found.fold.values:
        counts = {
            len(collapse.equilibria(P(verified_share=1.0, cost_curvature=k), erosion=erosion))
            for k in (kappa - 1e-5, kappa + 1e-5)
        }
        assert counts == {1, 3}


def test_closed_forms_are_optimal_in_their_reduced_program():
    economy = P(information_cost=0.0)
    gap = collapse.optimality_gap([0.02, 0.11, 0.4], [0.1, 0.305], [0.0], economy, linear_loss=True)
    np.testing.assert_allclose(gap.subsidy_optimal, gap.subsidy_closed, atol=1e-6)
    assert float(abs(gap.subsidy_loss).max()) < 1e-12


def test_with_the_true_loss_they_are_not():
    gap = collapse.optimality_gap([0.05, 0.11], [0.1, 0.305], [0.3])
    assert bool((gap.subsidy_loss >= -1e-12).all())
    assert bool((gap.watermark_loss >= -1e-12).all())
    assert float(gap.subsidy_loss.max()) > 0.005


def test_optimum_beats_a_fine_grid_and_policy_uses_it():
    economy = P(verified_share=0.3, variance_ratio=0.2)
    best = collapse.optimum(economy, watermark=True)
    from mfsolve.models.collapse.content import Gaussian
    from mfsolve.models.collapse.optimal_policy import Program

    program = Program(economy, Gaussian.human(economy))
    grid = [program.welfare(program.levers(s, w))[0] for s in np.linspace(0, 1, 21) for w in np.linspace(0, 1, 11)]
    assert best.welfare >= max(grid) - 1e-12
    only = collapse.optimum(P(information_cost=0.0))  # an equilibrium under a policy that looks at content itself
    (found,) = collapse.equilibria(P(information_cost=0.0), "optimal")
    assert (found.contamination, found.welfare) == pytest.approx((only.contamination, only.welfare), abs=1e-10)
    path = collapse.mean_field(P(), "optimal", generations=3)
    assert float(path.subsidy[0]) == collapse.optimum(P()).levers.subsidy


@pytest.mark.parametrize(("call", "message"), [
    (lambda: collapse.equilibria(P(), erosion=-1.0), "erosion: -1.0 given"),
    (lambda: collapse.equilibria(P(), generator="moving"), "generator: 'moving' given; allowed: fixed, rest"),
    (lambda: collapse.equilibria(P(), tolerance=0.0), "tolerance: 0.0 given"),
    (lambda: collapse.points(P(), {"kappa": [1.0]}), "columns: 'kappa' given"),
    (lambda: collapse.points(P(), {"cost_curvature": [1.0, -1.0]}), r"cost_curvature\[1\]: -1 given"),
    (lambda: collapse.optimum(P(), stripping=2.0), "stripping: 2.0 given"),
    (lambda: collapse.uniqueness(0, 1), "samples: 0 given"),
    (lambda: collapse.scan(np.full((2, 8), np.nan)), r"cost_curvature\[0\]: nan given; allowed: \["),
    (lambda: collapse.scan(np.ones((2, 7))), r"table: shape \(2, 7\) given; allowed: \(n, 8\)"),
    (lambda: collapse.scan(collapse.points(P(), {}), generator="moving"), "generator: 'moving' given; allowed: fixed"),
    (lambda: collapse.comparative_statics(P(), erosion=-1.0), "erosion: -1.0 given"),
])  # fmt: skip
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
