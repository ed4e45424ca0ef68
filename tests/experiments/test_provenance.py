"""Experiment `provenance`: every estimator at the bound, whatever the content."""

import math

import numpy as np
import pytest

from mfsolve.experiments import provenance as experiment
from mfsolve.experiments.experiment import Case
from mfsolve.experiments.provenance import EXPERIMENT
from mfsolve.models.frozen import Nothing

ARM = EXPERIMENT.arms["all"]


def bound_case(items=(250, 2000), pools=1500, **changes):
    size = experiment.Sample(items=items, pools=pools)
    return Case(experiment.Pool(**changes), experiment.Estimators(), size, Nothing())


@pytest.mark.parametrize("changes", [
    {}, {"contamination": 0.9, "divergence": 0.3}, {"difference": "mean", "dimension": 4},
    {"difference": "mark", "stripping": 0.2}, {"difference": "tokens", "vocabulary": 50},
    {"difference": "tokens", "vocabulary": 50, "watermark": 1.0, "stripping": 0.2, "pools": 400},
])  # fmt: skip
def test_estimators_are_at_the_bound_whatever_the_content(changes):
    """Variance x n I of 2000 items, and bias, within Monte Carlo error of theory; the moment estimate's at every n."""
    case = bound_case(**changes)
    pools = case.population.pools
    found, theory = ARM.draw(case, 1, 0, 2), EXPERIMENT.reference(case)
    spread = 4.5 * math.sqrt(3 / pools)  # relative, of a variance of errors with kurtosis up to 4
    for name in ("mle", "em", "moment"):
        assert abs(found[f"variance_{name}"][-1] / theory[f"variance_{name}"][-1] - 1) < spread
        # a maximum is biased by O(n^-1/2) of a standard error
        slack = 0.0 if name == "moment" else 2 / math.sqrt(2000)
        allowed = 4.5 * math.sqrt(theory[f"variance_{name}"][-1] / pools) + slack
        assert abs(found[f"bias_{name}"][-1] - theory[f"bias_{name}"][-1]) < allowed
    assert abs(found["variance_moment"][0] / theory["variance_moment"][0] - 1) < spread
    assert np.all(theory["variance_moment"] >= 1.0)
    np.testing.assert_allclose(found["variance_em"], found["variance_mle"], rtol=1e-6)
    for name in ("mle", "one_step", "moment", "em"):
        assert np.all(found[f"own_{name}"] > 1 - 1.5 * spread)  # below its own bound no estimator is
    divergence = case.parameters.divergence
    if case.parameters.difference is not experiment.Difference.MARK:
        ratio, _, q = case.parameters.content().nodes()
        assert q[q > 0] @ ratio[q > 0] == pytest.approx(divergence, rel=1e-8)


def test_near_an_end_projection_takes_variance_from_the_maximum():
    case = bound_case(contamination=0.01)
    found, theory = ARM.draw(case, 1, 0, 1), EXPERIMENT.reference(case)
    assert np.all(theory["variance_mle"] < 0.6)
    assert np.all(abs(found["variance_mle"] / theory["variance_mle"] - 1) < 4.5 * math.sqrt(6 / 1500) + 0.05)
    assert np.all(found["own_mle"] > 1.0)  # so far below 1 by its bias only


@pytest.mark.parametrize(("build", "message"), [
    (lambda: experiment.Sample(items=(100, 50)), "ascending whole numbers from 2 on"),
    (lambda: experiment.Pool(difference="tokens", vocabulary=2, divergence=3.0).content(), "divergence: 3 given"),
    (lambda: ARM.check(bound_case(difference="mark", stripping=1.0)), "stripping = 1: content: an information of 0 given"),
    (lambda: ARM.check(bound_case(divergence=1e-300)), "divergence = 1e-300, .* an information of 0 given; allowed"),
    (lambda: ARM.check(bound_case(contamination=1.0)), "contamination = 1, .* an information of inf given; allowed"),
])  # fmt: skip
def test_refusals(build, message):
    with pytest.raises(ValueError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)
