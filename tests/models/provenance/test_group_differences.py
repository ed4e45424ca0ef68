"""Differences between groups beside common references: tests of equal shares keep their level, intervals cover."""

from dataclasses import replace

import numpy as np
import pytest

from mfsolve.models.provenance.groups import by_group
from mfsolve.models.provenance.memory_samples import sample
from mfsolve.models.provenance.share import Settings

GROUPS = "abcd"


def report(seed, shares, columns, references=150, size=75):
    rng = np.random.default_rng([columns, seed])

    def rows(synthetic):
        return rng.normal(size=(synthetic.size, columns)) + synthetic[:, None] * 2.0 / np.sqrt(columns)

    pool = rows(np.concatenate([(rng.random(size) < share) * 1.0 for share in shares]))
    names = np.repeat(list(GROUPS[: len(shares)]), size)
    samples = (sample(name, rows(np.full(references, x))) for name, x in (("human", 0.0), ("synthetic", 1.0)))
    return by_group("source", replace(sample("pool", pool), periods=names), *samples, Settings()).report()


@pytest.mark.parametrize("columns", [2, 12])
def test_equal_shares_are_not_rejected_and_far_ones_are(columns):
    p_values = [report(seed, (0.3, 0.3, 0.3), columns)["equal_shares"]["p_value"] for seed in range(20)]
    assert sum(p < 0.05 for p in p_values) <= 5  # 6 of 20 have a probability of 0.0003
    assert report(1, (0.1, 0.3, 0.9), columns)["equal_shares"]["p_value"] < 1e-4


def test_intervals_of_differences_cover_and_leave_out_what_groups_have_in_common():
    """Small references move all groups alike: a difference is known better than two independent shares' would be."""
    covered, runs = 0, 20
    for seed in range(runs):
        found = report(seed, (0.3, 0.5), 12, references=60, size=400)
        (row,) = found["differences"]
        assert row["groups"] == ["a", "b"]
        covered += row["interval"][0] <= 0.2 <= row["interval"][1]
        errors = [group["standard_error"] for group in found["groups"]]
        assert row["standard_error"] < 0.9 * np.hypot(*errors)
    assert covered >= 16  # fewer have a probability of 0.0003 at 0.95
