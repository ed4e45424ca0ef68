"""A pool of texts against one pass of a compiled tokenizer: the regular expression engine of Python, `\\w+`."""

import re
import tracemalloc

import numpy as np
import pytest

from mfsolve.models.provenance.cross_fitted import CrossFitted
from mfsolve.models.provenance.word_likelihoods import WordLikelihoods
from mfsolve.models.provenance.words import split, texts_in_blocks

WORDS_A_TEXT, TEXTS, VOCABULARY = 200, 10_000, 30_000
WORD = re.compile(r"\w+")


def corpus(seed, count, power):
    rng = np.random.default_rng(seed)
    frequency = np.arange(1.0, VOCABULARY + 1) ** -power
    names = np.array([f"word{k}" for k in range(VOCABULARY)])
    drawn = rng.choice(names, (count, WORDS_A_TEXT), p=frequency / frequency.sum())
    return [" ".join(row) for row in drawn]


@pytest.fixture(scope="module")
def scorer():
    return WordLikelihoods([split(corpus(k, 500, power)) for k, power in ((1, 1.0), (2, 1.05))])


@pytest.fixture(scope="module")
def texts():
    return corpus(3, TEXTS, 1.0)


def measured(scorer, texts):
    behind = CrossFitted(scorer, 2)
    for block in texts_in_blocks(texts):
        behind.add(block, block.document)
    return behind.shares()


@pytest.mark.benchmark(group="documents")
def test_share_of_texts(benchmark, scorer, texts):
    measured(scorer, texts[:10])
    assert benchmark.pedantic(measured, (scorer, texts), rounds=3).documents == TEXTS


@pytest.mark.benchmark(group="documents")
def test_tokenizer_alone(benchmark, texts):
    assert benchmark.pedantic(lambda: sum(len(WORD.findall(text)) for text in texts), rounds=3) == TEXTS * WORDS_A_TEXT


@pytest.mark.benchmark(group="documents memory")
def test_memory_does_not_grow_with_the_pool(benchmark, scorer, texts):
    """Ten times the texts, read as a stream: the peak of Python's and NumPy's memory stays."""

    def peak(times):
        tracemalloc.start()
        measured(scorer, (text for _ in range(times) for text in texts))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    once = peak(1)
    assert benchmark.pedantic(peak, (10,), rounds=1) < 1.2 * once
