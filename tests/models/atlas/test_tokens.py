"""Closed forms of tokens: identities, brute force, and ensembles held against each of them."""

import itertools

import numpy as np
import pytest
from scipy.stats import multinomial, norm

from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.token_closed_form import replace_tokens_closed_form, tails_closed_form, tokens_closed_form
from mfsolve.models.atlas.tokens import NAMES, Tokens, token_means
from mfsolve.models.atlas.workflows import (
    Accumulate,
    Curated,
    Growing,
    Mixed,
    Replace,
    Subsample,
    Temperature,
    Verified,
)

P = np.array([0.5, 0.3, 0.2])


def test_oracles_against_all_samples():
    """Every sample of three items, and of three of those, with its probability."""
    n = 3
    samples = [np.array(c) for c in itertools.product(range(n + 1), repeat=3) if sum(c) == n]
    first = {tuple(c): multinomial.pmf(c, n, P) for c in samples}
    second = {tuple(d): sum(w * multinomial.pmf(d, n, np.array(c) / n) for c, w in first.items()) for d in samples}
    for law, t in ((first, 1), (second, 2)):
        diversity = sum(w * (1 - sum((x / n) ** 2 for x in c)) for c, w in law.items())
        assert replace_tokens_closed_form(P, np.full(2, 3.0)).diversity[t] == pytest.approx(diversity)
    missed = sum(w * sum(p for p, x in zip(P, c) if x == 0) for c, w in second.items())
    assert tails_closed_form(P, 3, 3) == pytest.approx(missed)
    assert tails_closed_form(P, 3, 10**9) == pytest.approx(P @ (1 - P) ** 3)


def test_threads_and_blocks_do_not_matter():
    family, run = Tokens(vocabulary=5, items=6), Run(3, range(2100), 5)
    one, two = (token_means(family, Subsample(), run, threads=threads) for threads in (1, 2))
    assert all(np.array_equal(one[name], two[name]) for name in NAMES)


def test_one_token_is_left_and_it_is_the_first_as_often_as_it_is_used():
    family = Tokens(vocabulary=6, items=5)
    p = family.law()
    found = token_means(family, Replace(), Run(120, range(4000), 2))
    assert found["fixed"][-1] == 1.0  # 4000 chains, each not yet there with a chance of 2e-12
    assert abs(found["first"][-1] - p[0]) < 4 * np.sqrt(p[0] * (1 - p[0]) / 4000)


def test_tilts_of_endless_items():
    """One step of each tilt, from nearly the human law."""
    family = Tokens(vocabulary=4, exponent=1.3, items=400_000)
    p = family.law()
    score = -np.log(p)
    for workflow, weights in (
        (Temperature(temperature=0.5), p**2),
        (Verified(strength=0.7), p),
        (Curated(reward_variance=1.0), p * np.exp(-(np.arange(4) ** 2) / (2 * (p @ np.arange(4) ** 2)))),
    ):
        found = token_means(family, workflow, Run(2, range(2), 3))
        q = weights / weights.sum()
        assert found["score"][2] == pytest.approx(q @ score, abs=0.01), workflow
        assert found["diversity"][2] == pytest.approx(1 - q @ q, abs=0.01), workflow


WORKFLOWS = [Replace(), Growing(), Accumulate(), Mixed(), Mixed(weight=0.2, ratio=2.0)]


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda w: f"{type(w).__name__}{w.model_dump()}")
def test_every_oracle_against_100_000_replicates(workflow):
    family, T, blocks = Tokens(vocabulary=15, items=20), 8, 100
    oracle = tokens_closed_form(family, workflow, T)
    rows = [token_means(family, workflow, Run(T, range(i * 1000, (i + 1) * 1000), 13)) for i in range(blocks)]
    limit = norm.isf(1e-3 / (2 * 3 * T * len(WORKFLOWS)))
    for name in oracle._fields:
        x = np.array([row[name] for row in rows])[:, 1:]
        z = (x.mean(0) - getattr(oracle, name)[1:]) / (x.std(0, ddof=1) / np.sqrt(blocks))
        assert np.abs(z).max() < limit, (name, np.abs(z).max())


def test_a_users_own_rows_and_words(tmp_path):
    rows = np.random.default_rng(1).normal(size=(30, 2))
    family = Tokens(features=rows, items=30)
    found, oracle = token_means(family, Replace(), Run(4, range(4000), 3)), tokens_closed_form(family, Replace(), 4)
    assert found["diversity"][4] == pytest.approx(oracle.diversity[4], abs=2e-3)  # 4 standard errors
    assert found["score_variance"][:2] == pytest.approx([1.0, 1 - 1 / 30], abs=0.02)  # a bootstrap's variance
    text = tmp_path / "words.txt"
    text.write_text("the cat and the dog and the end " * 400)
    words = Tokens(text=text)
    assert words.law() == pytest.approx([3 / 8, 2 / 8, 1 / 8, 1 / 8, 1 / 8])
    for wrong, message in (
        (lambda: Tokens(text=text, features=rows), "features: given beside text"),
        (
            lambda: token_means(family, Curated(), Run(2, range(2), 1)),
            "'curated' given; allowed with a table of rows \\(they have no rank",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            wrong()
