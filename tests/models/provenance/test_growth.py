"""Logistic growth of shares by period: many small periods, shares at an end, tests of fit of many periods."""

import numpy as np
import pytest

from mfsolve.models.frozen import InputError
from mfsolve.models.provenance.in_memory import sample
from mfsolve.models.provenance.mixture_equations import Equations
from mfsolve.models.provenance.periods import by_period, warnings_of
from mfsolve.models.provenance.samples import Kind, Numbers
from mfsolve.models.provenance.score_test import ScoreTest
from mfsolve.models.provenance.share import Settings


def periods(rng, logits, items, columns=1, references=1000):
    """Shares by period of features whose sources lie 2 standard deviations apart."""
    times = np.repeat(np.arange(len(logits)), items)
    synthetic = rng.random(times.size) < 1 / (1 + np.exp(-np.asarray(logits)[times]))
    gap = np.full(columns, 2 / np.sqrt(columns))
    rows = rng.normal(size=(times.size, columns)) + synthetic[:, None] * gap
    labels = np.array([f"{1900 + t}" for t in times])
    pool = Numbers(sample("pool", rows).rows, Kind.FEATURES, labels)
    human, other = (rng.normal(size=(references, columns)) + k * gap for k in (0, 1))
    return by_period({"pool": pool}, sample("human", human), sample("synthetic", other), Settings())


@pytest.mark.parametrize("columns", [pytest.param(1, marks=pytest.mark.slow), 12])
def test_the_level_of_many_small_periods_is_that_of_their_items(columns, monkeypatch):
    """A constant share of 0.3: weights by each period's own error had put it at 0.16. Intervals play no part in it."""
    for test in (ScoreTest, Equations):
        monkeypatch.setattr(test, "interval", lambda *_: (0.1, 0.9))
    rng, logit = np.random.default_rng([1, columns]), np.log(0.3 / 0.7)
    found = [periods(rng, np.full(60, logit), 10, columns).growth for _ in range(2)]
    middle = [np.log(g.start / (1 - g.start)) + 29.5 * g.rate - logit for g in found]
    errors = [np.sqrt([1, 29.5] @ g.covariance @ [1, 29.5]) for g in found]
    assert abs(np.mean(middle)) < 3.3 * np.sqrt(np.mean(np.square(errors)) / 2)
    assert np.mean(errors) < 0.2


@pytest.mark.slow
@pytest.mark.parametrize(("logits", "items"), [(np.full(12, -0.85), 20), (-2.5 + 0.3 * np.arange(12), 20)])
def test_intervals_of_start_and_rate_cover(logits, items):
    rng, runs, covered = np.random.default_rng(2), 60, np.zeros(2)
    for _ in range(runs):
        growth = periods(rng, logits, items, 12).growth
        start = np.log(growth.start / (1 - growth.start))
        covered[0] += abs(start - logits[0]) < 1.96 * np.sqrt(growth.covariance[0, 0])
        covered[1] += growth.interval[0] <= logits[1] - logits[0] <= growth.interval[1]
    assert np.all(covered / runs >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs))


def test_a_share_of_nothing_in_every_period_has_no_growth_or_one_that_is_small():
    found = periods(np.random.default_rng(3), np.full(6, -40.0), 50, 12)
    assert found.growth is None or found.growth.start < 0.1


def test_warnings_of_fit_are_adjusted_for_the_number_of_periods():
    found = periods(np.random.default_rng(4), np.zeros(4), 60, 12)
    answers = {k: Doubtful(a, p) for (k, a), p in zip(found.answers.items(), (0.03, 0.5, 0.0125, 0.9))}
    said = warnings_of(answers)
    assert [said[k] for k in answers] == [0.09, 1.0, pytest.approx(0.05), 1.0]


class Doubtful:
    """An answer with a p-value of the fit, whose warning is the p-value that it is told."""

    def __init__(self, answer, p_value):
        self.fit_p_value, self.answer = p_value, answer

    def warnings(self, p_value):
        assert isinstance(self.answer.warnings(p_value), list)
        assert any("explains" in w for w in self.answer.warnings(0.01))
        assert not any("explains" in w for w in self.answer.warnings(0.06))
        return p_value


@pytest.mark.parametrize("columns", [1, 12])
def test_periods_of_one_item_are_named_without_a_share(columns):
    rng = np.random.default_rng(5)
    human, other = sample("h", rng.normal(size=(200, columns))), sample("s", rng.normal(size=(200, columns)) + 2.0)
    rows = sample("p", np.concatenate([rng.normal(size=(60, columns)), np.ones((3, columns))])).rows
    labels = np.array(["2024-02"] * 30 + ["2024-03"] * 30 + ["2024-01", "2024-04", "2024-04"])
    found = by_period({"p": Numbers(rows, Kind.FEATURES, labels)}, human, other, Settings()).report()["periods"]
    assert [row["period"] for row in found] == ["2024-01", "2024-02", "2024-03", "2024-04"]
    assert [row["share"] is None for row in found] == [True, False, False, True]
    assert found[0]["warnings"] == ["1 item: at least 2 different ones are needed"]
    assert found[3]["warnings"] == ["2 items: at least 2 different ones are needed"]
    with pytest.raises(InputError, match="no period has 2 different items"):
        by_period({"p": Numbers(sample("p", np.ones((2, columns))).rows, Kind.FEATURES, np.array(["a", "b"]))},
                  human, other, Settings())  # fmt: skip
