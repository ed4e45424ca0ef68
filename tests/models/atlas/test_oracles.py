"""The ten oracles of the atlas, each held against 100 000 replicates, and a wrong formula beside each that is found."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import t as student

from mfsolve.models import atlas
from mfsolve.models.atlas.workflows import Accumulate, Curated, Mixed, Replace, Temperature

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]
BLOCKS, EACH, SEED = 100, 1000, 23
MISTAKES = 1e-3
"""Chance that any of the figures of this file is off by more than its limit."""
FIGURES = 400
"""No fewer than they are."""


class Held(NamedTuple):
    """Block means (BLOCKS, figures), what a closed form says of them (figures,), and what a wrong one says."""

    blocks: np.ndarray
    said: np.ndarray
    wrong: np.ndarray


def blocks(ensemble, T, *names):
    """Block means of measures at generations 1..T, side by side."""
    rows = [ensemble(atlas.Run(T, range(i * EACH, (i + 1) * EACH), SEED)) for i in range(BLOCKS)]
    return np.array([np.concatenate([row[name][1:] for name in names]) for row in rows])


def fields(moments, *names):
    return np.concatenate([getattr(moments, name)[1:] for name in names])


def gaussian(workflow, divisor="n-1", items=30, T=15, names=("variance", "mean_square")):
    family = atlas.Gaussian(items=items, divisor=divisor)
    return blocks(lambda run: atlas.gaussian_ensemble(family, workflow, run), T, *names)


def replace():
    names = ("variance", "log_variance", "mean_square", "w2", "risk")
    right, wrong = (fields(atlas.replace_closed_form(30, 15, unbiased), *names) for unbiased in (True, False))
    return Held(gaussian(Replace(), names=names), right, wrong)


def accumulate():
    names = ("variance", "mean_square")
    right, wrong = (fields(atlas.accumulate_closed_form(30, 15, unbiased), *names) for unbiased in (False, True))
    return Held(gaussian(Accumulate(), "n"), right, wrong)


def regression():
    p, T = atlas.RegressionParameters(features=3, items=16), 10
    flows = [atlas.RegressionData(workflow=name) for name in ("replace", "accumulate", "mixed")]
    risk = [atlas.simulate_regression(p, flow, T, SEED, replicates=range(BLOCKS * EACH)).risk.values for flow in flows]
    means = [x.reshape(BLOCKS, EACH, T).mean(axis=1) for x in risk]
    said = np.concatenate([atlas.regression_closed_form(p, flow, T) for flow in flows])
    published = atlas.regression_closed_form(p, flows[0], 1)[0] * np.pi**2 / 6.0  # a bound, not a limit
    return Held(np.concatenate(means, axis=1), said, np.where(np.arange(3 * T) == 2 * T - 1, published, said))


def tokens():
    family, T = atlas.Tokens(vocabulary=15, items=20), 8
    p = family.law()
    found = blocks(lambda run: atlas.token_ensemble(family, Replace(), run), T, "diversity", "risk", "first")
    right, wrong = (
        fields(atlas.replace_tokens_closed_form(p, np.full(T, n)), "diversity", "risk", "first") for n in (20.0, 21.0)
    )
    return Held(found, right, wrong)


def tails():
    family = atlas.Tokens(vocabulary=200, items=40)
    found = blocks(lambda run: atlas.token_ensemble(family, Replace(), run), 2, "covered")[:, 1:]
    right, wrong = (np.array([1.0 - atlas.tails_closed_form(family.law(), 40, n)]) for n in (40, 10**6))
    return Held(found, right, wrong)


def weighting():
    best = atlas.weighting_closed_form(1.0, 0.5).optimal_weight
    found = 30 * gaussian(Mixed(), T=30, names=("mean_square",))[:, -1:]  # what is left of the start is 0.15^30
    return Held(
        found, *(np.array([atlas.weighting_closed_form(1.0, w).variance]) for w in (best, 0.5))
    )  # not equal weights


def verification():
    threshold = atlas.verification_closed_form(0.9, 0.3).threshold
    family = atlas.Labels(candidates=200, separation=0.5, dimension=5)

    def useless(verifier):
        return blocks(lambda run: atlas.label_ensemble(family, verifier, run), 1, "useless")

    kept = blocks(lambda run: atlas.label_ensemble(family, atlas.Verifier(), run), 1, "kept")
    error = atlas.verification_closed_form(0.9, 0.3, threshold).kept_error
    items = 200 * 0.3 * threshold / error  # items with wrong labels that are kept, over their share of what is
    found = np.concatenate([useless(atlas.Verifier()), kept], axis=1)
    wrong = useless(atlas.Verifier(error_share=0.9)).mean(axis=0)
    return Held(found, np.array([0.5, items]), np.array([wrong[0], items + 1.0]))


def curation():
    """Endless items: 10^8, whose error of order 1/n is far below that of 100 000 replicates."""
    found = gaussian(Curated(reward_variance=4.0), items=10**8, T=8, names=("variance",))
    return Held(found, *(atlas.curation_closed_form(8, q)[1:] for q in (4.0, 4.01)))


def temperature():
    names = ("variance", "mean_square")
    right, wrong = (fields(atlas.temperature_closed_form(30, 15, T), *names) for T in (0.9, 0.905))
    return Held(gaussian(Temperature(temperature=0.9)), right, wrong)


def networks():
    net, T = atlas.network(3, [0, 1, 2], [1, 2, 0], [1.0, 1.0, 0.6], [0.0, 0.0, 0.4]), 40
    linear = atlas.simulate_linear(net, 0.1, T, SEED, replicates=range(BLOCKS * EACH))
    normal = atlas.simulate_gaussian(net, 8, 6, SEED, replicates=range(BLOCKS * EACH))
    paths = [x.values for x in (linear.risk, linear.common, normal.risk, normal.common, normal.variance)]
    means = [x.reshape(BLOCKS, EACH, -1).mean(axis=1) for x in paths]
    exact, of_gaussian = atlas.linear_network_closed_form(net, 0.1, T), atlas.gaussian_network_closed_form(net, 8, 6)
    V = atlas.lyapunov(net, 0.1)
    assert exact[-1] == pytest.approx([V.trace() / 3, V.mean()], rel=1e-3)  # what is left of the start is 0.6^27
    said = np.concatenate([exact.T.ravel(), of_gaussian.T.ravel()])
    return Held(np.concatenate(means, axis=1), said, np.concatenate([1.1 * exact.T.ravel(), of_gaussian.T.ravel()]))


@pytest.mark.parametrize(
    "oracle",
    [replace, accumulate, regression, tokens, tails, weighting, verification, curation, temperature, networks],
    ids=lambda oracle: oracle.__name__,
)
def test_an_oracle_holds_and_a_wrong_one_does_not(oracle):
    held = oracle()
    error = held.blocks.std(axis=0, ddof=1) / np.sqrt(BLOCKS)
    certain = error < 1e-12 * np.abs(held.said).max()
    assert held.blocks.mean(axis=0)[certain] == pytest.approx(held.said[certain], rel=1e-9)
    right, wrong = (np.abs(held.blocks.mean(axis=0) - x)[~certain] / error[~certain] for x in (held.said, held.wrong))
    limit = student.isf(MISTAKES / (2 * FIGURES), BLOCKS - 1)
    print(f"{oracle.__name__}: {right.size} figures, {right.max():.2f} of {limit:.2f}; wrong {wrong.max():.1f}")
    assert right.max() < limit, right
    assert wrong.max() > 2 * limit, wrong


def test_curation_errs_by_the_order_of_one_over_n():
    """A quarter of the bias at four times the items, within 4 standard errors of the difference."""
    few, many = (gaussian(Curated(reward_variance=4.0), items=n, T=8, names=("variance",))[:, -1] for n in (100, 400))
    limit = atlas.curation_closed_form(8, 4.0)[-1]
    error = np.hypot(few.std(ddof=1), 4.0 * many.std(ddof=1)) / np.sqrt(BLOCKS)
    assert abs((few.mean() - limit) - 4.0 * (many.mean() - limit)) < 4.0 * error + 4.0 * abs(few.mean() - limit) / 100
    assert abs(few.mean() - limit) > 6.0 * few.std(ddof=1) / np.sqrt(BLOCKS)
