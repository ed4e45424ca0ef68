"""References of unequal sizes, and with copies: their documents are measured as those of the pool are."""

import numpy as np
import pytest

from mfsolve.models.provenance import word_likelihoods
from mfsolve.models.provenance.share import quantify
from mfsolve.models.provenance.word_likelihoods import Tallies

VOCABULARY = 1500
TOKENS = [f"w{k}" for k in range(VOCABULARY)]
POOLS, Z = 24, 4.0


@pytest.fixture(scope="module")
def laws():
    """Frequencies of many rare words, of which small references hold a part only."""
    rng = np.random.default_rng(1)
    p = np.arange(1.0, VOCABULARY + 1) ** -1.0
    q, other = (p * np.exp(0.6 * rng.normal(size=VOCABULARY)) for _ in range(2))
    return [x / x.sum() for x in (p, q, other)]


def documents(rng, law, count):
    """Counts (count, V) of bursty documents of 60 words."""
    own = rng.gamma(150.0 * law, size=(count, VOCABULARY)) + 1e-12
    return rng.multinomial(60, own / own.sum(axis=1, keepdims=True)).astype(float)


def written(counts):
    return [" ".join(np.repeat(TOKENS, row.astype(int))) for row in counts]


def biased(found, truth):
    """Standard errors of the mean by which shares (n, 2) with their standard errors miss the truth on average."""
    share, error = np.array(found).T
    return (share.mean() - truth) / (max(share.std(ddof=1), error.mean()) / np.sqrt(share.size))


@pytest.mark.parametrize(("human", "synthetic", "times", "form"), [
    (40, 200, 1, written), (40, 200, 1, np.copy), (200, 40, 1, np.copy), (80, 80, 3, np.copy),
], ids=["few human texts", "few human", "few synthetic", "synthetic three times"])  # fmt: skip
def test_shares_are_unbiased_whatever_the_sizes_of_references(laws, human, synthetic, times, form):
    """Words of held-out documents only were known, and weighed as the sizes of references differ: 8 to 11 errors."""
    found = []
    for seed in range(POOLS):
        rng = np.random.default_rng([2, seed])
        pool = np.concatenate([documents(rng, laws[0], 140), documents(rng, laws[1], 60)])
        references = documents(rng, laws[0], human), np.tile(documents(rng, laws[1], synthetic), (times, 1))
        answer = quantify(*(form(x) for x in (pool, *references)), kind="documents")
        found.append((answer.share, answer.standard_error))
    assert abs(biased(found, 0.3)) < Z


@pytest.mark.parametrize("likelihood", [word_likelihoods.presence, word_likelihoods.occurrence])
@pytest.mark.parametrize("sizes", [(10, 10), (10, 500)])
def test_words_that_no_reference_holds_weigh_nothing(likelihood, sizes):
    """As words beyond the vocabulary do; and a vocabulary that is larger by such words is the same."""
    tallies = [
        Tallies(np.array([3.0 - k, 1.0, 0.0]), np.array([4.0, 1.0 + k, 0.0]), float(n)) for k, n in enumerate(sizes)
    ]
    weights = likelihood(tallies, 0.5)
    assert weights.first[2] == weights.every[2] == 0.0
    assert np.any(weights.first[:2] != 0.0) or np.any(weights.every[:2] != 0.0)
    fewer = likelihood([Tallies(t.present[:2], t.total[:2], t.items) for t in tallies], 0.5)
    np.testing.assert_array_equal(fewer.first, weights.first[:2])
    np.testing.assert_array_equal(fewer.every, weights.every[:2])
    np.testing.assert_array_equal(fewer.constant, weights.constant)
