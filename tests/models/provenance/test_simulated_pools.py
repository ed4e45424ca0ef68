"""Ensembles of simulated pools: functions of their seed, and refusals."""

import math

import numpy as np
import pytest

from mfsolve.models import provenance
from mfsolve.models.provenance import GaussianContent, ensemble

# mean 2 and unit variance: chi2 = e^4 - 1
SHARP = GaussianContent(distance=2.0, variance=1.0)


@pytest.mark.parametrize(("changes", "message"), [
    ({"items": math.inf}, "items: inf given"), ({"items": "a"}, "items: 'a' given"), ({"sets": 2.5}, "sets: 2.5 given"),
    ({"contamination": None}, "contamination: None given"), ({"em_passes": -1}, "em_passes: -1 given"),
    ({"first": math.nan}, "first: nan given"), ({"seed": -1}, "seed: -1 given"),
])  # fmt: skip
def test_what_an_ensemble_cannot_be(changes, message):
    case = {"contamination": 0.3, "content": SHARP, "items": 10, "sets": 2, "seed": 1} | changes
    with pytest.raises(ValueError, match=message) as caught:
        ensemble(**case)
    assert "\n" not in str(caught.value)


def test_ensembles_do_not_depend_on_threads_or_blocks():
    whole = ensemble(0.3, SHARP, 300, 200, seed=1, threads=1)
    assert np.array_equal(whole, ensemble(0.3, SHARP, 300, 200, seed=1, threads=2), equal_nan=True)
    assert np.array_equal(whole[70:], ensemble(0.3, SHARP, 300, 130, seed=1, first=70), equal_nan=True)
    best = provenance.maximum_likelihood(0.3, SHARP, 300, 200, seed=1)
    assert np.array_equal(whole[:, 0], best[:, 0])
    quick = provenance.maximum_likelihood(0.3, SHARP, 300, 200, seed=1, tolerance=1e-5)
    assert np.abs(quick[:, 0] - best[:, 0]).max() <= 1e-5
    newton = provenance.stochastic_newton(0.3, SHARP, 300, 200, seed=1, start=0.9)
    assert np.abs(newton[:, 0] - best[:, 0]).max() < 0.1 / math.sqrt(300 * SHARP.information(0.3))
    tokens = provenance.Tokens(vocabulary=50, watermark=1.0)
    whole = ensemble(0.3, tokens, 200, 150, seed=1)
    assert np.array_equal(whole[90:], ensemble(0.3, tokens, 200, 60, seed=1, first=90, threads=2), equal_nan=True)
