"""Multiplicity: branches of equilibria along a line through a plane, and planes that are refused."""

import numpy as np
import pytest
from naive import provenance as naive

from mfsolve.experiments import multiplicity
from mfsolve.experiments.experiment import Case
from mfsolve.models import collapse
from mfsolve.models.frozen import Nothing

P = collapse.Parameters
ARM = multiplicity.EXPERIMENT.arms["plane"]


def test_branches_follow_equilibria():
    """One, several, one again: a single equilibrium is on the branch it continues; without several all are on one."""

    def line(*lists):
        stable = [
            tuple(collapse.Equilibrium(x, i % 2 == 0, 1 - x, 0.0, -x) for i, x in enumerate(found)) for found in lists
        ]
        return multiplicity.branches(stable)

    contamination, welfare, several = line((0.1,), (0.2, 0.8, 0.9), (0.3, 0.7, 0.92), (0.94,), (0.95,))
    nan = np.nan
    np.testing.assert_array_equal(contamination, [
        [0.1, 0.2, 0.3, nan, nan], [nan, 0.8, 0.7, nan, nan], [nan, 0.9, 0.92, 0.94, 0.95]])  # fmt: skip
    np.testing.assert_array_equal(welfare, -contamination)
    assert several.tolist() == [False, True, True, False, False]
    contamination, *_ = line((0.1,), (0.5,), (0.9,))
    np.testing.assert_array_equal(contamination[0], [0.1, 0.5, 0.9])
    assert np.isnan(contamination[1:]).all()


def plane_case(**plane):
    size = multiplicity.Resolution(width=7, height=9)
    return Case(P(verified_share=1.0), multiplicity.Plane(**plane), size, Nothing())


def test_line_lists_stable_and_unstable_equilibria():
    case = plane_case(across_range=(0.01, 0.04), line=2.0)
    found, coordinates = ARM.solve(case, 1), ARM.coordinates(case)
    for name, output in ARM.outputs(case).items():
        assert found[name].shape == tuple(coordinates[dim].size for dim in output.dims)
    branches = np.array([found[name] for name in ("cleanest", "unstable", "dirtiest")]).T
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
    ({"across": "erosion"}, "up: 'erosion' given, as across; allowed: another one of"),
    ({"line": 9.0}, r"line: 9 given; allowed: within up_range, \[0, 4\]"),
    ({"across_range": (1.0, 0.5)}, r"across_range: \[1, 0.5\] given; allowed: ascending"),
])  # fmt: skip
def test_planes_that_are_none_are_refused(plane, message):
    with pytest.raises(ValueError, match=message):
        plane_case(**plane)


def test_corners_that_no_economy_has_are_refused():
    with pytest.raises(ValueError, match=r"verified_share\[1\]: 1.5 given; allowed: \[0, 1\]"):
        ARM.check(plane_case(across="verified_share", across_range=(0.5, 1.5)))
    with pytest.raises(ValueError, match=r"cost_curvature\[0\]: 1e-300 given; allowed: \[1e-30, 1e\+30\]"):
        ARM.check(plane_case(across_range=(1e-300, 0.05)))
    case = plane_case()
    with pytest.raises(ValueError, match="content: 'categorical' given; allowed: 'gaussian'"):
        ARM.check(Case(P(content="categorical"), case.arm, case.population, Nothing()))
