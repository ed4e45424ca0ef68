"""Shares of documents: from scores, by quantifiers, and from texts."""

import functools
import re

import numpy as np
from benchmarks import coverage_documents as made
from benchmarks.row import Contender, Peer, Row

from mfsolve.data.words import split
from mfsolve.models.provenance.cross_fitted import CrossFitted
from mfsolve.models.provenance.word_likelihoods import WordLikelihoods

CONCENTRATION, SHARE, POOLS = 100.0, 0.3, 12
AT_ONCE = 10_000  # texts
LABELS = np.repeat([0, 1], made.REFERENCE)


class Scored:
    """Scores that were computed before."""

    names = ("given",)

    def __init__(self, scorer, pool):
        self._held, self._pool = [scorer.held_out(c) for c in (0, 1)], scorer.pool(pool)
        self.identities, self.again, self.clusters = scorer.identities, scorer.again, scorer.clusters

    def held_out(self, source):
        return self._held[source]

    def pool(self, _):
        return self._pool

    def probabilities(self):
        """Of human and synthetic origin, of the reference documents (n, 2) and of the pool's (m, 2)."""
        from scipy.special import expit

        ratio = np.concatenate([held.ratio[:, 0] for held in self._held]), self._pool[0].mean(axis=1)[:, 0]
        return tuple(np.column_stack([expit(-r), expit(r)]) for r in ratio)


@functools.cache
def pools(n):
    """Scores of several pools of n documents, each with references of its own."""
    found = []
    for seed in range(POOLS):
        rng = np.random.default_rng([seed, 14])
        laws = made.sources()
        references = [
            made.from_matrix(made.TOKENS, made.documents(rng, law, made.REFERENCE, CONCENTRATION)) for law in laws
        ]
        k = round(n * SHARE)
        parts = [made.documents(rng, law, count, CONCENTRATION) for law, count in zip(laws, (n - k, k))]
        found.append(Scored(WordLikelihoods(references), made.from_matrix(made.TOKENS, np.concatenate(parts))))
    return found


def of_pools(n, share):
    """A quantifier over every pool in turn, and the mean size of its errors."""
    given = pools(n)
    return Contender(
        lambda: [share(scored) for scored in given], lambda found: float(np.abs(np.array(found) - SHARE).mean()),
        share=float(POOLS),
    )  # fmt: skip


def quantified(n, threads, interval=False):
    def share(scored):
        behind = CrossFitted(scored, 2)
        behind.add(None, np.arange(n))
        found = behind.shares()
        if interval:
            found.interval(1, made.LEVEL)
        return found.value[1]

    return of_pools(n, share)


def given_classifier():
    """A classifier whose probabilities are its input: peers are called as their users call them."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Given(ClassifierMixin, BaseEstimator):
        classes_ = np.array([0, 1])

        def __sklearn_is_fitted__(self):
            return True

        def fit(self, X, y):
            return self

        def predict_proba(self, X):
            return X

        def predict(self, X):
            return X.argmax(axis=1)

    return Given()


def of_quapy(n, threads, name):
    from quapy.method import aggregative
    from quapy.method._kdey import KDEyML

    kind, classifier = {"KDEyML": KDEyML}.get(name) or getattr(aggregative, name), given_classifier()

    def share(scored):
        known, pool = scored.probabilities()
        quantifier = kind(classifier, fit_classifier=False, val_split=None)
        quantifier.fit(known, LABELS)
        return float(quantifier.predict(pool)[1])

    return of_pools(n, share)


def of_mlquantify(n, threads, room, name):
    import importlib

    kind, classifier = getattr(importlib.import_module(f"mlquantify.{room}"), name), given_classifier()

    def share(scored):
        known, pool = scored.probabilities()
        return float(kind(classifier).fit(known, LABELS).predict(pool)[1])

    return of_pools(n, share)


WORDS_A_TEXT, VOCABULARY = 200, 30_000


@functools.cache
def corpus(seed, count, power):
    rng = np.random.default_rng(seed)
    frequency = np.arange(1.0, VOCABULARY + 1) ** -power
    names = np.array([f"word{k}" for k in range(VOCABULARY)])
    drawn = rng.choice(names, (count, WORDS_A_TEXT), p=frequency / frequency.sum())
    return [" ".join(row) for row in drawn]


def share_of_texts(n, threads):
    scorer = WordLikelihoods([split(corpus(k, 500, power)) for k, power in ((1, 1.0), (2, 1.05))])
    texts = corpus(3, n, 1.0)

    def call():
        behind = CrossFitted(scorer, 2)
        for first in range(0, n, AT_ONCE):
            block = split(texts[first : first + AT_ONCE])
            behind.add(block, block.document)
        return behind.shares()

    return Contender(call, lambda found: float(found.value[1]))


def tokenised(n, threads):
    texts, word = corpus(3, n, 1.0), re.compile(r"\w+")
    return Contender(lambda: sum(len(word.findall(text)) for text in texts))


def counted(n, threads):
    from sklearn.feature_extraction.text import CountVectorizer

    texts = corpus(3, n, 1.0)
    return Contender(lambda: CountVectorizer().fit_transform(texts))


def quapy(name):
    return Peer("quapy", f"QuaPy {name}", functools.partial(of_quapy, name=name), less="point estimate only")


def mlquantify(room, name):
    make = functools.partial(of_mlquantify, room=room, name=name)
    return Peer("mlquantify", f"mlquantify {name}", make, less="point estimate only")


ROWS = (
    Row(
        "documents", "share 0.3 of {n} documents with its standard error and test of fit, scores given",
        f"mean distance from the true share over {POOLS} pools", 500, quantified,
        (
            quapy("PACC"), quapy("EMQ"), quapy("DyS"), quapy("KDEyML"),
            mlquantify("counting", "GPACC"), mlquantify("likelihood", "EMQ"), mlquantify("matching", "DyS"),
            mlquantify("matching", "KDEyML"),
        ),
        None, (500, 1000, 2000, 4000),
    ),
    Row(
        "documents_interval", "the same with an interval", f"mean distance from the true share over {POOLS} pools", 500,
        functools.partial(quantified, interval=True),
        (quapy("EMQ"),), None, (500, 1000, 2000),
    ),
    Row(
        "texts", "share of synthetic ones among {n} texts of 200 words: words, likelihoods and errors",
        "distance of the share from 0, which is the truth", 5000, share_of_texts,
        (Peer("scikit-learn", "scikit-learn CountVectorizer", counted, less="word counts only"),),
        ("one pass of `re`, `\\w+`", tokenised), (1250, 2500, 5000),
    ),
)  # fmt: skip
