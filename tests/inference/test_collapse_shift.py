"""The hint that contamination is logged a generation early: its rate of false alarms and its power."""

import numpy as np
import pytest

from mfsolve.inference.collapse_paths import paths
from mfsolve.inference.collapse_shift import CLEARLY, shift


def rate(later, coefficient, logs=120, runs=2, length=8):
    """Share of logs of which the shift is said, with AR(1) errors of 0.02."""
    rng = np.random.default_rng(7)
    said = 0
    for _ in range(logs):
        share = rng.uniform(0.2, 0.9, (runs, length))
        exposure = np.cumsum(share**2, axis=1)
        exposure = np.roll(exposure, 1, axis=1) if later else exposure
        exposure[:, 0] = 0.0 if later else exposure[:, 0]
        error = rng.normal(size=share.shape)
        for t in range(1, length):
            error[:, t] = coefficient * error[:, t - 1] + np.sqrt(1 - coefficient**2) * error[:, t]
        loss = 0.15 * exposure + 0.02 * error
        place = np.tile(np.arange(length), runs), share.ravel(), -loss.ravel(), np.repeat(np.arange(runs), length)
        said += shift(paths(*place)).clear
    return said / logs


@pytest.mark.parametrize("coefficient", [0.0, 0.6])
def test_the_hint_is_rarely_false_and_mostly_there(coefficient):
    """Of 120 logs of the law, at a level of 0.01, six or more would be told wrongly once in 1700 times."""
    assert rate(False, coefficient) < 6 / 120
    assert rate(True, coefficient) > 0.8


def test_nothing_is_said_without_the_first_contamination():
    time, share = np.arange(8), np.array([np.nan, *np.linspace(0.3, 0.9, 7)])
    measured = paths(time, np.nan_to_num(share, nan=0.1), -0.1 * time + 0.01 * np.sin(time))
    assert shift(measured) is not None
    from dataclasses import replace

    assert shift(replace(measured, grid=replace(measured.grid, share=share))) is None
    assert shift(replace(measured, grid=None)) is None
    assert CLEARLY == 0.01
