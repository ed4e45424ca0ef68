"""Words, their hashes and sums of weights: against Python's strings, and against counts by hand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mfsolve.kernels.provenance import words as kernel
from naive import words as naive

from mfsolve.data import words
from mfsolve.data.words import Unit, Vocabulary, split

TEXTS = st.text(st.sampled_from(list("aZé'’.!? \n_3漢かЖß\u0301İ-۔\U00020001")), max_size=30)


@given(st.lists(TEXTS, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_words_and_sentences_are_those_of_python_strings(texts):
    block = split(texts, Unit.SENTENCE)
    expected = [sentence for text in texts for sentence in (naive.sentences(text) or [[]])]
    found = [block.words[a:b].tolist() for a, b in zip(block.starts, block.starts[1:])]
    assert found == [[naive.hashed(word) for word in sentence] for sentence in expected]
    whole = split(texts)
    assert whole.documents == len(texts)
    assert whole.words.tolist() == [h for item in found for h in item]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Don't stop! Pi is 3.5.", [["don't", "stop"], ["pi", "is", "3", "5"]]),
        ("CAFÉ cafe\u0301", [["café", "café"]]),
        ("漢字かな。終", [["漢", "字", "か", "な"], ["終"]]),
        ("...", [[]]),
    ],
)
def test_rules_of_words(text, items):
    block = split([text], Unit.SENTENCE)
    found = [block.words[a:b].tolist() for a, b in zip(block.starts, block.starts[1:])]
    assert found == [words.hashes(item).tolist() for item in items]


def test_sums_of_weights_and_tallies():
    rng = np.random.default_rng(1)
    v, s = 7, 3
    index, counts = rng.integers(-1, v, 40), rng.integers(0, 4, 40).astype(float)
    starts = np.array([0, 5, 5, 21, 40])
    first, every, known = rng.normal(size=(v, s)), rng.normal(size=(v, s)), rng.random(v)
    sums = np.empty((4, s + 2))
    kernel.weigh(index, counts, starts, first, every, known, sums)
    items = [list(zip(index[a:b].tolist(), counts[a:b].tolist())) for a, b in pairwise(starts)]
    # sums of at most 40 terms of order 10
    np.testing.assert_allclose(sums, naive.weighed(items, first, every, known), atol=40 * 10 * 2.0**-50)
    group = np.array([0, 1, 1, 0])
    present, total = np.zeros((2, v)), np.zeros((2, v))
    kernel.tally(index, counts, starts, group, present, total)
    for g in range(2):
        mine = [item for item, where in zip(items, group) if where == g]
        assert total[g].tolist() == [sum(c for item in mine for w, c in item if w == k) for k in range(v)]
        assert present[g].tolist() == [sum(any(w == k and c > 0 for w, c in item) for item in mine) for k in range(v)]


def test_a_vocabulary_finds_its_words_only():
    known = words.hashes([f"word {k}" for k in range(5000)])
    vocabulary = Vocabulary(np.concatenate([known, known[:100]]))
    assert vocabulary.known.size == 5000
    np.testing.assert_array_equal(vocabulary.known[vocabulary.index(known)], known)
    assert set(vocabulary.index(words.hashes([f"other {k}" for k in range(1000)]))) == {-1}
