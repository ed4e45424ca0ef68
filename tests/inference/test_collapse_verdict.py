"""The verdict on the collapse law: its rate of false ones, what it says of rivals, and what it rests on."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.collapse_laws import Comparison, Law, LawFit, compare
from mfsolve.inference.collapse_paths import paths
from mfsolve.inference.collapse_tests import LineTests
from mfsolve.inference.collapse_verdict import each_error, judged
from mfsolve.inference.regression import slope_of


def verdict(loss, runs=1, noise=0.02, seed=1, error=None):
    rng = np.random.default_rng([9, seed])
    time = np.tile(np.arange(len(loss)), runs)
    quality = -np.tile(loss, runs) + noise * rng.normal(size=time.size)
    measured = paths(time, np.minimum(time, 1.0), quality, np.repeat(np.arange(runs), len(loss)), error)
    fit = slope_of(measured)
    return judged(fit, compare(measured)), fit


@pytest.mark.parametrize(("runs", "length"), [(1, 5), (8, 4)])
def test_the_law_is_rejected_where_it_is_true_no_more_often_than_the_level(runs, length):
    """Eight of 40 logs of five measurements were, and 41 of 300 of eight runs with four."""
    found = [verdict(0.1 * np.arange(length), runs, seed=seed) for seed in range(100)]
    assert sum(said.misfit is not None for said, _ in found) <= stats.binom.ppf(0.999, 100, 0.05)
    assert not any("no loss" in said.text and not fit.low <= 0 <= fit.high for said, fit in found)


@pytest.mark.parametrize(
    "loss", [1 - np.exp(-np.arange(10) / 2), 0.3 * np.arange(10.0) ** 0.5, 0.02 * np.arange(10.0) ** 2]
)
def test_curves_are_told_from_the_line(loss):
    for seed in range(5):
        said, _ = verdict(loss, seed=seed)
        assert said.text.startswith("the collapse law does not describe these data: losses deviate from the line")
        assert " under the least favourable autocorrelation up to 0." in said.text
        assert " describes them better" in said.text


def test_five_measurements_are_too_few_to_tell_rivals_apart():
    """A slope of 0.1 [0.047, 0.153] with an R^2 of 0.97, of which "no loss" was said to be the better description."""
    said, fit = verdict(0.1 * np.arange(5))
    assert fit.low > 0
    assert said.misfit is None
    rivals = "the same loss after the first generation, power, bounded, logarithmic"
    assert said.text == f"these 5 measurements cannot distinguish the collapse law from {rivals}"


def test_no_loss_is_open_where_the_interval_holds_zero():
    said, fit = verdict(np.zeros(12))
    assert fit.low <= 0 <= fit.high
    assert said.misfit is None
    assert said.untold[0] == "no loss"
    assert said.text.startswith("these 12 measurements cannot distinguish the collapse law from no loss")


def test_a_rise_of_quality_speaks_against_the_law():
    said, _ = verdict(-0.05 * np.arange(12))
    assert said.misfit == "quality rises, and the law needs a slope above 0"


def test_errors_given_that_are_too_small_are_said():
    said, _ = verdict(0.1 * np.arange(13), noise=0.05, error=np.full(13, 0.01))
    assert "exceed the standard errors given (chi-square p = " in said.misfit


def laws(r_squared=0.9, lack=0.5, constant=0.0, bound=0.0, chi=None, other=9.0):
    fits = [
        LawFit(Law.COLLAPSE, 1.0, None, r_squared, 5.0),
        LawFit(Law.POWER, 1.0, 2.0, 0.95, other),
        LawFit(Law.NONE, None, None, 0.0, 0.0),
    ]
    return Comparison(tuple(sorted(fits, key=lambda fit: fit.criterion)), LineTests(lack, constant, bound), chi)


def line(low=0.5, high=1.5):
    return SimpleNamespace(low=low, high=high, level=0.875, observations=7)


@pytest.mark.parametrize(("fit", "found", "differ", "words"), [
    (line(), laws(), None, "the collapse law is not rejected"),
    (line(), laws(0.5), None, "the collapse law is not rejected"),
    (line(), laws(0.49), None, "the collapse law is not rejected; it explains 49% of the variance"),
    (line(), laws(lack=0.125), None, "the collapse law is not rejected"),
    (line(), laws(lack=0.124), None, "losses deviate from the line (lack of fit p = 0.12)"),
    (line(), laws(lack=0.124, other=4.9), None,
     "losses deviate from the line (lack of fit p = 0.12), power describes them better"),
    (line(), laws(lack=0.01, bound=0.1), None, "losses deviate from the line (lack of fit p = 0.01)"),
    (line(), laws(lack=0.01, bound=0.2), None, "losses deviate from the line (lack of fit p = 0.01 under "
     "the least favourable autocorrelation up to 0.20, the most that the residuals allow)"),
    (line(), laws(lack=0.07, chi=0.07), None, "the collapse law is not rejected"),
    (line(), laws(lack=0.06, chi=0.05), None, "losses deviate from the line (lack of fit p = 0.06); its residuals exceed the "
     "standard errors given (chi-square p = 0.05)"),
    (line(), laws(), 0.0625, "the collapse law is not rejected"),
    (line(), laws(), 0.0624, "the slopes of the conditions differ (p = 0.062)"),
    (line(), laws(lack=math.nan), 0.124, "the slopes of the conditions differ (p = 0.12)"),
    (line(-1.0, 0.0), laws(), None, "these 7 measurements cannot distinguish the collapse law from no loss"),
    (line(-1.0, -0.1), laws(), None, "quality rises, and the law needs a slope above 0"),
    (line(), laws(constant=0.125), None,
     "these 7 measurements cannot distinguish the collapse law from the same loss after the first generation"),
    (line(), laws(constant=0.124, other=math.inf), None,
     "these 7 measurements cannot distinguish the collapse law from power"),
])  # fmt: skip
def test_what_is_said(fit, found, differ, words):
    conditions = None if differ is None else SimpleNamespace(p_value=differ)
    said = judged(fit, found, conditions)
    assert said.text.removeprefix("the collapse law does not describe these data: ") == words
    assert (said.misfit == words) == said.text.startswith("the collapse law does not describe")


def test_tests_that_are_made_share_the_error():
    assert each_error(laws(), None, 0.95) == pytest.approx(0.05)
    assert each_error(laws(lack=math.nan), None, 0.95) == pytest.approx(0.05)
    assert each_error(laws(chi=0.5), SimpleNamespace(p_value=0.5), 0.95) == pytest.approx(0.05 / 3)
    assert each_error(laws(), SimpleNamespace(p_value=math.nan), 0.95) == pytest.approx(0.05)
