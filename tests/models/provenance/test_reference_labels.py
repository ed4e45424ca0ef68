"""Log likelihoods that contradict the labels of the references."""

import numpy as np
import pytest

from mfsolve.models.provenance.share import quantify


def likelihoods(rng, items, share, offset=0.0, factor=1.0):
    x = rng.normal(size=items) + 1.5 * (rng.random(items) < share)
    return np.column_stack([-0.5 * x**2, -0.5 * (x - 1.5) ** 2 * factor + offset])


def warnings(pool, human, synthetic):
    return [w for w in quantify(pool, human, synthetic, kind="likelihoods").warnings() if "log likelihoods" in w]


def test_references_that_are_swapped_are_noticed():
    rng = np.random.default_rng(1)
    pool, human, synthetic = (likelihoods(rng, 400, share) for share in (0.2, 0.0, 1.0))
    assert warnings(pool, human, synthetic) == []
    (said,) = warnings(pool, synthetic, human)
    assert "swapped?" in said
    (said,) = warnings(pool, human, likelihoods(rng, 400, 0.0))
    assert said.startswith("by its log likelihoods the synthetic reference is human")


def test_log_likelihoods_that_are_none_of_the_sources_are_noticed():
    rng = np.random.default_rng(2)
    given = [likelihoods(rng, 1000, share, 0.7) for share in (0.2, 0.0, 1.0)]
    (said,) = warnings(*given)
    assert said.startswith("taken at face value the log likelihoods give")


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_right_log_likelihoods_are_seldom_warned_of(share):
    rng, found = np.random.default_rng([3, int(10 * share)]), 0
    for _ in range(10):
        found += bool(warnings(*(likelihoods(rng, 200, s) for s in (share, 0.0, 1.0))))
    assert found <= 1
