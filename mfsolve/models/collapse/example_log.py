"""Example of a log of recursive training: a bigram model of Python's own documentation, on its own text."""

from typing import NamedTuple

import numpy as np

from mfsolve.data.corpus import Corpus
from mfsolve.models.arguments import seed_word, whole
from mfsolve.models.collapse.text_retraining import Retraining, TextParameters, retrain
from mfsolve.models.frozen import InputError

CONDITIONS = {"human kept": 0.4, "all replaced": 1.0}
"""Share of the training text that is replaced by the model's own, by the name of the condition."""


class Logged(NamedTuple):
    """A generation of a run: its condition, seed, number, contamination, and perplexity on held-out text."""

    condition: str
    seed: int
    generation: int
    contamination: float
    perplexity: float


def example_log(seed: int = 1, runs: int = 3, generations: int = 10) -> list[Logged]:
    """Train a bigram model on the reference that Python carries, then on its own text, and log its perplexity.

    MODEL 1.8. The text is that of `pydoc_data` (licence of the Python Software Foundation), of which every fifth block
    of 64 words is held out.

    Parameters
    ----------
    seed
        In [0, 2^64 - 1]; the result is a pure function of the arguments and of the installed Python.
    runs, generations
        Runs of each condition, in [1, 100]; generations after the start, in [1, 100].

    Raises
    ------
    ValueError
        For a value outside its range, and for a Python that was installed without its documentation.
    """
    word = int(seed_word("seed", seed, 64))
    count, last = whole("runs", runs, 1, 100), whole("generations", generations, 1, 100)
    try:
        text = Corpus.of("pydoc_topics")
    except ImportError:
        raise InputError("data: this Python has no pydoc_data; allowed: co2, elnino") from None
    rows = []
    for condition, share in CONDITIONS.items():
        for run in range(count):
            path = retrain(TextParameters(text=text, contamination=share), Retraining(), last, word, run)
            for t, (rho, entropy) in enumerate(zip(path["contamination"], path["cross_entropy"])):
                rows.append(Logged(condition, run + 1, t, float(rho), float(np.exp(entropy))))
    return rows
