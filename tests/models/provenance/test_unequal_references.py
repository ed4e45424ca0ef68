"""References of unequal sizes, and with copies: their documents are measured as those of the pool are."""

import numpy as np
import pytest

from mfsolve.data.words import from_matrix, split
from mfsolve.models.provenance import copies, word_likelihoods
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


@pytest.mark.parametrize("kind", ["texts", "counts", "features", "clusters"])
def test_the_order_of_rows_does_not_matter(laws, kind):
    """Folds were cut by row: shares of one set of texts differed by a tenth of their standard error."""
    rng = np.random.default_rng(5)
    parts = [np.concatenate([documents(rng, laws[0], 60), documents(rng, laws[1], 40)]),
             documents(rng, laws[0], 60), documents(rng, laws[1], 90)]  # fmt: skip
    labels = dict(zip(("pool", "human", "synthetic"), (np.arange(len(x)) // 2 for x in parts)))
    if kind == "features":
        parts = [x[:, :12] + rng.normal(size=(len(x), 12)) for x in parts]
    options = {"kind": "features" if kind == "features" else "documents"}
    if kind == "clusters":
        options["cluster"] = labels
    found = []
    for _ in range(2):
        given = [written(x) if kind == "texts" else x for x in parts]
        found.append(quantify(*given, **options))
        turned = [rng.permutation(len(x)) for x in parts]
        parts = [x[order] for x, order in zip(parts, turned)]
        if kind == "clusters":
            options["cluster"] = {name: own[order] for (name, own), order in zip(labels.items(), turned)}
    assert found[1].share == pytest.approx(found[0].share, abs=1e-9)
    assert found[1].interval == pytest.approx(found[0].interval, abs=1e-7)


def test_documents_fall_into_the_same_folds_as_texts_and_as_counts(laws):
    counts = documents(np.random.default_rng(6), laws[0], 30)
    order = np.random.default_rng(7).permutation(VOCABULARY)
    forms = [split(written(counts)), from_matrix(TOKENS, counts),
             from_matrix([TOKENS[k] for k in order], counts[:, order])]  # fmt: skip
    once, *others = (copies.contents(block) for block in forms)
    assert np.unique(once).size == 30
    for other in others:
        np.testing.assert_array_equal(other, once)
    assert np.unique(copies.contents(from_matrix(TOKENS[:2], [[1.0, 2.5], [1.0, 2.25], [1.0, 2.0]]))).size == 3


def test_as_many_items_as_are_needed_have_the_half_width(laws):
    """Where no pool suffices with these references; scores of larger ones are sharper, so that fewer items would do."""
    rng, wanted = np.random.default_rng(8), 0.05

    def found(pool, human, synthetic):
        mixed = np.concatenate([documents(rng, laws[0], round(0.7 * pool)), documents(rng, laws[1], round(0.3 * pool))])
        return quantify(mixed, documents(rng, laws[0], human), documents(rng, laws[1], synthetic), kind="documents")

    report = found(200, 60, 150).report(wanted)
    assert report["items_needed"] == np.inf
    needed = report["items_needed_of_all"]
    assert needed["each_reference"] > 60
    enough = found(int(needed["pool"]), *[int(needed["each_reference"])] * 2)
    assert 0.4 * wanted < 0.5 * np.ptp(enough.interval) < 1.1 * wanted
