"""The limit of infinitely many agents against finite populations."""

import numpy as np
import pytest
from support.agents import LIVELY

from mfsolve.models.agents import path as paths
from mfsolve.models.agents.parameters import Population, Shock


def test_finite_populations_follow_the_limit():
    """Ten markets of 2500 creators against the limit's law, in standard errors of both together.

    The largest of 7 x 26 statistics of t with 9 degrees of freedom exceeds 6.5 at most once in 50 times.
    """
    p, size = LIVELY, Population(scale=50, periods=25, reference=1000)
    limit = paths.limit(p, size, Shock())
    rows = [paths.finite(p, size, Shock(), 11, r, 1) for r in range(10)]
    sample = size.creators * size.reference
    for name in ("surviving", "own_work", "adopting", "human_share", "creative_change", "buying", "consumer_surplus"):
        x = np.array([row[name] for row in rows])
        spread = x.std(axis=0, ddof=1)
        error = spread * np.sqrt(1 / 10 + size.creators * size.scale / sample) + 1e-9
        assert np.all(np.abs(x.mean(axis=0) - limit[name]) < 6.5 * error), name
    assert np.ptp([row["surviving"][-1] for row in rows]) > 0


def test_limit_does_not_depend_on_the_population_that_asks():
    p, size = LIVELY, Population(periods=8, reference=40)
    one, ten = (paths.limit(p, size.model_copy(update={"scale": s}), Shock()) for s in (1, 10))
    assert 10 * one["active"] == pytest.approx(ten["active"], rel=1e-14)
    assert np.array_equal(one["human_share"], ten["human_share"])
    assert one["concentration"] == pytest.approx(10 * ten["concentration"], rel=1e-12)
