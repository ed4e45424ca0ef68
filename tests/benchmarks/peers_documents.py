"""Shares of documents by mfsolve, QuaPy and mlquantify from the same scores: error and time, as a table.

    python tests/benchmarks/peers_documents.py [--repetitions 40]

Documents are those of `coverage_documents.py`: 200 of each reference, 500 in the pool, of mild burstiness. Every method
gets the log likelihood ratios of the cross-fitted words, or what they are as probabilities; time begins when they are
there, and is processor time. Peers give a share alone.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial

import coverage_documents as made
import numpy as np
from mlquantify.counting import GPACC
from mlquantify.likelihood import EMQ
from mlquantify.matching import DyS
from mlquantify.matching import KDEyML as Kernels
from quapy.method import aggregative as quapy
from quapy.method._kdey import KDEyML
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin

from mfsolve.models.provenance.cross_fitted import CrossFitted
from mfsolve.models.provenance.word_likelihoods import WordLikelihoods

warnings.simplefilter("ignore")
POOL, CONCENTRATION, SHARES = 500, 100.0, (0.01, 0.1, 0.3, 0.9)
LABELS = np.repeat([0, 1], made.REFERENCE)


class Scored:
    """Scores that were computed before."""

    names = ("given",)

    def __init__(self, scorer: WordLikelihoods, pool: made.Block) -> None:
        self._held, self._pool = [scorer.held_out(c) for c in (0, 1)], scorer.pool(pool)

    def held_out(self, source):
        return self._held[source]

    def pool(self, _):
        return self._pool

    def probabilities(self):
        """Of human and synthetic origin, of the reference documents (n, 2) and of the pool's (m, 2)."""
        ratio = np.concatenate([held.ratio[:, 0] for held in self._held]), self._pool[0].mean(axis=1)[:, 0]
        return tuple(np.column_stack([expit(-r), expit(r)]) for r in ratio)


def ours(scored: Scored, interval: bool = False) -> float:
    behind = CrossFitted(scored, 2)
    behind.add(None, np.arange(POOL))
    found = behind.shares()
    if interval:
        found.interval(1, made.LEVEL)
    return found.value[1]


class Given(BaseEstimator, ClassifierMixin):
    """A classifier whose probabilities are its input: peers are called as their users call them."""

    classes_ = np.array([0, 1])

    def __sklearn_is_fitted__(self):
        return True

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return X

    def predict(self, X):
        return X.argmax(axis=1)


def of_quapy(kind: type) -> Callable[[Scored], float]:
    def share(scored):
        known, pool = scored.probabilities()
        quantifier = kind(Given(), fit_classifier=False, val_split=None)
        quantifier.fit(known, LABELS)
        return float(quantifier.predict(pool)[1])

    return share


def of_mlquantify(kind: type) -> Callable[[Scored], float]:
    def share(scored):
        known, pool = scored.probabilities()
        found = kind(Given()).fit(known, LABELS).predict(pool)
        return float(found[1])

    return share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=40)
    n = parser.parse_args().repetitions
    methods = {
        "mfsolve, with its standard error and test of fit": ours,
        "the same, with an interval": partial(ours, interval=True),
        **{f"QuaPy {kind.__name__}": of_quapy(kind) for kind in (quapy.PACC, quapy.EMQ, quapy.DyS, KDEyML)},
        **{f"mlquantify {kind.__name__}": of_mlquantify(kind) for kind in (GPACC, EMQ, DyS, Kernels)},
    }
    errors = {name: np.empty((n, len(SHARES))) for name in methods}
    times = {name: [] for name in methods}
    for seed in range(n):
        rng = np.random.default_rng([seed, 14])
        references = [
            made.from_matrix(made.TOKENS, made.documents(rng, law, made.REFERENCE, CONCENTRATION))
            for law in made.sources()
        ]
        scorer = WordLikelihoods(references)
        for column, share in enumerate(SHARES):
            k = round(POOL * share)
            parts = [
                made.documents(rng, law, count, CONCENTRATION) for law, count in zip(made.sources(), (POOL - k, k))
            ]
            scored = Scored(scorer, made.from_matrix(made.TOKENS, np.concatenate(parts)))
            for name, method in methods.items():
                start = time.process_time()
                errors[name][seed, column] = method(scored) - share
                times[name].append(time.process_time() - start)
    heads = "".join(f" error at {share:g} |" for share in SHARES)
    print(f"| method |{heads} time |\n|---|" + "---|" * (len(SHARES) + 1))
    for name in methods:
        size = np.abs(errors[name]).mean(axis=0)
        cells = "".join(f" {value:.4f} |" for value in size)
        print(f"| {name} |{cells} {1e3 * np.median(times[name]):.2f} ms |")


if __name__ == "__main__":
    main()
