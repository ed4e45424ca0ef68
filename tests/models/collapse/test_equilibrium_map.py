"""Scans and maps of equilibria over many economies."""

import numpy as np
import pytest

from mfsolve.models import collapse
from mfsolve.models.collapse.equilibrium_map import COLUMNS, random_points

P = collapse.Parameters


def test_scan_bits_do_not_depend_on_threads_or_blocks():
    rng = np.random.default_rng(0)
    table = collapse.economy_table(
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


@pytest.mark.parametrize(("ranges", "closed_form", "generator", "counts"), [
    ({}, False, "fixed", {1}),
    ({"verified_share": (0.0, 0.0)}, True, "rest", {1}),
    ({"erosion": (1.01, 4.0), "subsidy": (0.0, 0.0), "levy": (0.0, 0.0)}, False, "fixed", {1, 3}),
])  # fmt: skip
def test_random_economies_have_one_equilibrium_without_erosion_and_one_or_three_with_it(
    ranges, closed_form, generator, counts
):
    """And those with three are found again by the certified search, to the error of the scan's premium."""
    table = random_points(5000, np.random.default_rng(1), ranges, closed_form=closed_form)
    found = collapse.scan(table, generator=generator, threads=2)
    assert set(np.unique(found.count)) == counts
    for k in np.flatnonzero(found.count > 1)[:5]:
        economy = dict(zip(COLUMNS, map(float, table[k])))
        erosion, _, _ = economy.pop("erosion"), economy.pop("subsidy"), economy.pop("levy")
        exact = [e.contamination for e in collapse.equilibria(P(**economy), erosion=erosion)]
        np.testing.assert_allclose(exact, found.contamination[k, : found.count[k]], atol=1e-7)
