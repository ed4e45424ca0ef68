"""Logistic growth of shares by period: many small periods, shares at an end, tests of fit of many periods."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import chdtri
from scipy.stats import norm

from mfsolve.data.samples import Kind, Numbers
from mfsolve.models.frozen import InputError
from mfsolve.models.provenance import growth
from mfsolve.models.provenance.cross_fitted import Shares
from mfsolve.models.provenance.memory_samples import sample
from mfsolve.models.provenance.periods import by_period, warnings_of
from mfsolve.models.provenance.quantify import Quantification
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
    for test in (ScoreTest, Shares):
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
        found = periods(rng, logits, items, 12).growth
        start = np.log(found.start / (1 - found.start))
        covered[0] += abs(start - logits[0]) < 1.96 * np.sqrt(found.covariance[0, 0])
        covered[1] += found.interval[0] <= logits[1] - logits[0] <= found.interval[1]
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


def counted(rng, share, items, references=500, cells=25):
    """Tests of pools of a share in cells of a score, with one pair of references: sources 2 standard deviations apart."""
    edges = norm.ppf(np.arange(1, cells) / cells, 1.0, 1.3)
    p, q = (np.diff(np.concatenate([[0.0], norm.cdf(edges - mean), [1.0]])) for mean in (0.0, 2.0))
    human, synthetic = (rng.multinomial(references, law) * 1.0 for law in (p, q))
    for each in share:
        k = rng.binomial(items, each)
        pool = (rng.multinomial(items - k, p) + rng.multinomial(k, q)) * 1.0
        estimate = SimpleNamespace(value=0.3, standard_error=0.1)
        yield Quantification(SimpleNamespace(test=ScoreTest(pool, human, synthetic), estimate=estimate),
                             SimpleNamespace(pool=pool))  # fmt: skip


@pytest.mark.slow
def test_the_variance_of_a_period_beside_given_references_is_its_own():
    """Mean squares of the references' part, which took too much off, had left three quarters of it."""
    ratios = []
    for seed in range(2):
        answers = list(counted(np.random.default_rng(seed), np.full(400, 0.3), 500))
        found = growth._of_cells(answers, np.full(400, 0.3))
        ratios.append(found.value.var(ddof=1) / found.own.mean())
    assert abs(np.mean(ratios) - 1.0) < 3.3 * np.sqrt(2 / 800)


@pytest.mark.slow
def test_periods_of_other_shares_have_other_errors_from_the_references():
    """Their covariance over draws of references, pools being large, is the one reported; correlations of 1 are not."""
    share, values, shared = np.array([0.05, 0.5, 0.9]), [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        found = growth._of_cells(list(counted(rng, share, 200_000)), share)
        values.append(found.value)
        shared.append(found.shared + np.diag(found.own))
    spread, told = np.cov(np.array(values).T), np.mean(shared, axis=0)
    correlation, expected = (m[0, 2] / np.sqrt(m[0, 0] * m[2, 2]) for m in (spread, told))
    assert np.diag(spread) / np.diag(told) == pytest.approx(np.ones(3), abs=3.3 * np.sqrt(2 / 150))
    assert abs(correlation - expected) < 3.3 * (1 - expected**2) / np.sqrt(150)


@pytest.mark.slow
@pytest.mark.parametrize("logits", [np.full(12, -0.85), np.linspace(-2.5, 0.8, 12)])
def test_deviations_from_a_logistic_curve_are_a_chi_square(logits):
    """Of items counted in cells, they were 1.5 times as large."""
    runs, losses = 20, []
    for seed in range(runs):
        answers = list(counted(np.random.default_rng(seed), 1 / (1 + np.exp(-logits)), 500))
        found = growth.growth_of(np.arange(12.0), answers, [""] * 12, 0.95)
        losses.append(chdtri(10, found.p_value))
    assert abs(np.mean(losses) / 10 - 1.0) < 3.3 * np.sqrt(2 / (10 * runs))


def test_reasons_for_no_growth():
    rng = np.random.default_rng(6)
    few = periods(rng, np.zeros(2), 60, 12)
    assert few.growth is None
    assert few.report()["growth_note"] == (
        "no growth: a curve needs 3 periods at different times with an identifiable share; 2 do")  # fmt: skip
    jump = periods(rng, np.array([-30.0, -30.0, 30.0, 30.0]), 400, 12)
    assert (jump.growth is None) == ("growth_note" in jump.report())
