"""Pools that no mixture of the references explains: intervals are no shorter than their standard errors say."""

import numpy as np
import pytest

from mfsolve.models.provenance.share import quantify


@pytest.mark.parametrize("columns", [1, 12])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_pool_far_beyond_the_references_has_no_share(columns, side):
    """The acceptance region was empty, and given as one point: certainty about a share."""
    rng = np.random.default_rng([1, columns])
    human, synthetic = (rng.normal(size=(400, columns)) + k * np.eye(columns)[0] for k in (0, 1))
    pool = rng.normal(size=(400, columns)) + (0.5 + 2.5 * side) * np.eye(columns)[0]
    found = quantify(pool, human, synthetic)
    assert found.share in (0.0, 1.0)
    assert found.interval == (0.0, 1.0)
    assert any("lies outside both references" in warning for warning in found.warnings())


@pytest.mark.parametrize("columns", [1, 12])
def test_no_interval_is_a_point(columns):
    """From within the mixtures to beyond them by steps: widths shrink to no less than half of those within."""
    rng = np.random.default_rng([2, columns])
    human, synthetic = (rng.normal(size=(400, columns)) + 1.5 * k * np.eye(columns)[0] for k in (0, 1))
    items, widths = rng.normal(size=(300, columns)), []
    for shift in np.linspace(0.0, -0.5, 11):
        found = quantify(items + shift * np.eye(columns)[0], human, synthetic)
        widths.append(found.interval[1] - found.interval[0])
    assert min(widths) > 0.3 * widths[0]


def test_of_an_interval_of_everything_it_is_said_why():
    rng = np.random.default_rng(4)
    alike = [rng.normal(size=(n, 1)) + m for n, m in ((2000, 0.0), (200, 0.0), (200, 0.3))]
    said = " ".join(quantify(*alike).warnings())
    assert "the references are too similar or too small" in said
    assert "so few items" not in said
    few = [rng.normal(size=(n, 1)) + m for n, m in ((2, 0.5), (4000, 0.0), (4000, 1.0))]
    assert "so few items" in " ".join(quantify(*few).warnings())
    assert quantify(*alike).report(0.05)["least_half_width"] <= 1.0
