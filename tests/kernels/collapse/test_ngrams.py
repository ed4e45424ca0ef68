"""n-gram models: probabilities against dictionaries, their sum, and words drawn with these probabilities."""

import numpy as np
import pytest
from mfsolve.kernels.collapse import ngrams
from mfsolve.kernels.random.philox import stream_key
from naive.collapse_text import KneserNey
from scipy import stats

from mfsolve.models.collapse.ngram import NGram

RNG = np.random.default_rng(5)
V = 9
TEXT = np.minimum(RNG.geometric(0.35, (30, 12)) - 1, V - 2).astype(np.int64)  # word 8 never occurs
OTHER = RNG.integers(0, V, (6, 12))
EPS = np.finfo(float).eps


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("delta", [1.0, 0.6])
def test_probabilities_are_those_of_the_twin(order, delta):
    model, twin = NGram.fitted(TEXT, V, order, 0.75, delta), KneserNey(TEXT.tolist(), V, order, 0.75, delta)
    for text in (TEXT, OTHER):
        np.testing.assert_allclose(
            model.log_probabilities(text), twin.log_probabilities(text.tolist()), rtol=1e3 * EPS, atol=1e3 * EPS
        )
    assert model.cross_entropy(OTHER) == pytest.approx(-np.mean(twin.log_probabilities(OTHER.tolist())), rel=1e-13)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_probabilities_of_all_words_add_up_to_one(order):
    model = NGram.fitted(TEXT, V, order, 0.5, 0.8)
    for history in RNG.integers(0, (V + 1) ** (order - 1), 20):
        total = sum(ngrams.probability(model.levels, V, int(history), w) for w in range(V))
        assert total == pytest.approx(1.0, abs=50 * EPS)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_words_are_drawn_with_their_probabilities(order):
    """The first word of a block, and the one that follows a frequent word, over 20 000 blocks."""
    model, rows = NGram.fitted(TEXT, V, order, 0.75, 0.7), 20_000
    pool = np.zeros((rows, order), np.int64)
    model.generate(stream_key(3, "words"), 1, 0, np.ones(rows, np.bool_), pool)
    start = ngrams.start_of(model.levels, V)
    expected = [ngrams.probability(model.levels, V, start, w) for w in range(V)]
    assert stats.chisquare(np.bincount(pool[:, 0], minlength=V), np.array(expected) * rows).pvalue > 1e-4
    if order > 1:
        second = pool[pool[:, 0] == 0, 1]
        history = (start * (V + 1)) % (V + 1) ** (order - 1)
        expected = [ngrams.probability(model.levels, V, history, w) for w in range(V)]
        assert stats.chisquare(np.bincount(second, minlength=V), np.array(expected) * second.size).pvalue > 1e-4


def test_only_synthetic_blocks_are_overwritten():
    model, pool = NGram.fitted(TEXT, V, 2, 0.75), TEXT.copy()
    synthetic = np.arange(TEXT.shape[0]) % 3 == 0
    model.generate(stream_key(3, "words"), 1, 0, synthetic, pool)
    np.testing.assert_array_equal(pool[~synthetic], TEXT[~synthetic])
    assert not np.array_equal(pool[synthetic], TEXT[synthetic])
    again = TEXT.copy()
    again[9:] = -1  # a block depends on its place and its key alone
    model.generate(stream_key(3, "words"), 1, 0, synthetic[:9], again[:9])
    np.testing.assert_array_equal(again[:9], pool[:9])


def test_masses_at_full_temperature_are_discounted_counts():
    model = NGram.fitted(TEXT, V, 1, 0.75)
    (level,) = model.levels
    count = np.bincount(TEXT.ravel(), minlength=V)
    kept = count[count > 0] - 0.75
    np.testing.assert_allclose(level.mass, kept / kept.sum(), rtol=10 * EPS)
    assert level.escape[0] == pytest.approx(0.75 * kept.size / TEXT.size, rel=4 * EPS)


@pytest.mark.parametrize("delta", [1.0, 0.5])
def test_masses_of_two_contexts(delta):
    start, count = np.array([0, 2, 5]), np.array([3.0, 1.0, 2.0, 2.0, 5.0])
    mass, cumulative, escape = np.empty(5), np.empty(5), np.empty(2)
    ngrams.fill_masses(start, count, 0.5, delta, mass, cumulative, escape)
    for part in (slice(0, 2), slice(2, 5)):
        want = (count[part] - 0.5) ** (1 / delta)
        np.testing.assert_allclose(mass[part], want / want.sum(), rtol=1e-14)
        np.testing.assert_allclose(cumulative[part], np.cumsum(want) / want.sum(), rtol=1e-14)
    np.testing.assert_allclose(escape, [0.5 * 2 / 4, 0.5 * 3 / 9], rtol=1e-15)
