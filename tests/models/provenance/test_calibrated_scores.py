"""Calibration of scores: a source that is told apart at once leaves the ratios of the others as they are."""

import numpy as np
import pytest

from mfsolve.models.provenance.calibrated_scores import calibrate_scores


def scores(rng, count=300):
    """Scores of two sources whose log likelihood ratio is half the score."""
    return rng.normal(-2.0, np.sqrt(8.0), count), rng.normal(2.0, np.sqrt(8.0), count)


def test_one_score_is_calibrated_to_its_log_likelihood_ratio():
    found = calibrate_scores([x[:, None] for x in scores(np.random.default_rng(1), 20_000)])
    assert found.slope == pytest.approx([0.5], abs=0.03)
    assert found.intercept == pytest.approx([0.0], abs=0.05)


@pytest.mark.parametrize("far", [50.0, 5000.0])
def test_a_far_source_leaves_the_others_as_they_are(far):
    """One slope for all scores was that of the far source: ratios of the others next to nothing."""
    rng = np.random.default_rng(2)
    human, other = scores(rng)
    alone = calibrate_scores([human[:, None], other[:, None]])
    every = [np.column_stack([x, rng.normal(level, 0.1 * far, 300)])
             for x, level in ((human, -far), (other, -far), (np.zeros(300), far))]  # fmt: skip
    found = calibrate_scores(every)
    for x in every[:2]:
        np.testing.assert_allclose(found(x)[:, 0], alone(x[:, :1])[:, 0], atol=0.15)
    assert np.all(found(every[2])[:, 1] > 2.0)
