"""Experiment `impossibility`: no rule is below the bound at its own pair of contaminations."""

import dataclasses
import math

import numpy as np
import pytest

from mfsolve.experiments import impossibility as experiment
from mfsolve.experiments.experiment import Case
from mfsolve.experiments.impossibility import EXPERIMENT
from mfsolve.models.frozen import Nothing

ARM = EXPERIMENT.arms["mle"]


def market(**changes):
    size = experiment.Sample(items=(100, 1000), pools=60)
    return Case(
        experiment.Market(**changes),
        experiment.MaximumLikelihood(),
        size,
        Nothing(),
    )


def test_no_rule_is_below_the_bound_at_its_own_pair():
    for divergence in (0.0, 0.02, 0.1):
        rows = [ARM.draw(market(divergence=divergence), 1, r, 1) for r in range(6)]
        ratio = np.array([row["ratio"] for row in rows])
        error = ratio.std(axis=0, ddof=1) / math.sqrt(6)
        assert np.all(ratio.mean(axis=0) + 4.5 * error >= 1.0)
    # the constant rule 1/2 between 0 and 1: kappa (stake / 4 kappa)^2, the bound kappa (stake / 2 kappa)^2 / 4 itself
    mute = ARM.draw(market(divergence=0.0), 1, 0, 1)
    np.testing.assert_allclose(mute["ratio"], 1.0, rtol=1e-9)
    assert not mute["regret_own"].any()
    assert not ARM.solve(market(divergence=0.0), 1)["bound_own"].any()


def test_a_stripped_mark_is_no_mark():
    marked, stripped, none = (
        ARM.draw(market(divergence=0.0, **mark), 1, 0, 1)["regret"]
        for mark in ({"watermark": 3.0}, {"watermark": 3.0, "stripping": 1.0}, {})
    )
    assert np.all(stripped == none)
    assert marked[1] < 0.1 * none[1]


@pytest.mark.parametrize("arm", [experiment.MaximumLikelihood(), experiment.StochasticNewton(start=0.4)])
@pytest.mark.parametrize("mark", [{}, {"watermark": 3.0, "stripping": 1.0}])
def test_without_information_regret_is_solved_as_it_would_be_drawn(arm, mark):
    case = dataclasses.replace(market(divergence=0.0, **mark), arm=arm)
    rule = EXPERIMENT.arms["mle"]
    assert not rule.drawn(case)
    assert set(rule.solved(case)) == {*experiment.DRAWN, *experiment.SOLVED}
    solved, drawn = rule.solve(case, 1), rule.draw(case, 1, 0, 1)
    for name in experiment.DRAWN:
        np.testing.assert_allclose(solved[name], drawn[name], rtol=1e-12)
    assert dict(rule.drawn(market(divergence=0.01))) == experiment.DRAWN
    assert set(rule.solved(market(divergence=0.0, watermark=3.0, stripping=0.5))) == set(experiment.SOLVED)


@pytest.mark.parametrize(("build", "message"), [
    (lambda: experiment.Sample(items=(4, 10)), "ascending whole numbers from 8 on"),
    (lambda: ARM.check(market(stake=0.0)), "parameters.stake: 0 given"),
])  # fmt: skip
def test_refusals(build, message):
    with pytest.raises(ValueError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)
