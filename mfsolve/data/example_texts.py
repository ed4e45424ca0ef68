"""Example of texts whose synthetic share grows: paragraphs of Python's own documentation, and a Markov chain's."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.random import philox
from mfsolve.models.arguments import number, seed_word, whole
from mfsolve.models.frozen import InputError

SHORTEST, LONGEST = 20, 200  # words of a paragraph
END = ""
ZERO = np.uint64(0)


@dataclass(frozen=True)
class ExampleTexts:
    """Texts of a pool with their months and origin, and human and synthetic references."""

    months: tuple[str, ...]
    pool: tuple[str, ...]
    synthetic_in_pool: tuple[bool, ...]
    human: tuple[str, ...]
    synthetic: tuple[str, ...]

    def share(self, month: str) -> float:
        """True share of synthetic texts in a month."""
        return float(np.mean([s for m, s in zip(self.months, self.synthetic_in_pool) if m == month]))


def paragraphs() -> list[str]:
    """Paragraphs of the reference that Python carries (`pydoc_data`, licence of the Python Software Foundation).

    Raises
    ------
    InputError
        For a Python that was installed without it.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise InputError("data: this Python has no pydoc_data; allowed: co2, elnino") from None
    parts = [part.strip() for name in sorted(topics) for part in re.split(r"\n\s*\n", topics[name])]
    return [
        part for part in dict.fromkeys(parts)
        if SHORTEST <= len(re.findall(r"[a-z]+", part)) <= LONGEST and "|" not in part
    ]  # fmt: skip


def example_texts(
    start: float = 0.06, rate: float = 0.5, months: int = 8, temperature: float = 0.7, seed: int = 1
) -> ExampleTexts:
    """Make a pool of texts by month whose synthetic share grows as a logistic curve (MODEL 3.5).

    A third of the paragraphs fits a Markov chain of words, whose transition counts are raised to 1 / temperature; a
    third is the human reference; the rest are the pool's human texts, spread over the months.

    Parameters
    ----------
    start
        Share in the first month, in (0, 1).
    rate
        Growth of the log odds per month, in [-5, 5].
    months
        In [1, 12].
    temperature
        Of the chain, in (0, 1].
    seed
        In [0, 2^64 - 1]; the result is a pure function of the arguments and of the installed Python.
    """
    word, count = int(seed_word("seed", seed, 64)), whole("months", months, 1, 12)
    first, slope = number("start", start, "(0, 1)"), number("rate", rate, "[-5, 5]")
    parts = paragraphs()
    order = np.argsort(_uniforms(word, "order", 0, len(parts)), kind="stable")
    shuffled = [parts[k] for k in order]
    third = len(parts) // 3
    chain = _Chain(shuffled[:third], number("temperature", temperature, "(0, 1]"))
    human, rest = shuffled[third : 2 * third], shuffled[2 * third :]
    each = len(rest) // count
    pool: list[tuple[str, str, bool]] = []
    made = 0
    for month in range(count):
        share = 1.0 / (1.0 + (1.0 / first - 1.0) * float(np.exp(-slope * month)))
        synthetic = round(each * share)
        label = f"2024-{month + 1:02d}-15"
        texts = rest[month * each : (month + 1) * each - synthetic]
        pool += [(label, text, False) for text in texts]
        pool += [(label, chain.text(word, "pool", made + k), True) for k in range(synthetic)]
        made += synthetic
    synthetic_texts = tuple(chain.text(word, "synthetic", k) for k in range(third))
    dates, texts_of_pool, origins = zip(*pool)
    return ExampleTexts(dates, texts_of_pool, origins, tuple(human), synthetic_texts)


class _Chain:
    """Markov chain of words of texts, sharpened by a temperature."""

    def __init__(self, texts: list[str], temperature: float) -> None:
        counts: dict[str, Counter[str]] = {}
        for text in texts:
            words = [END, *text.split(), END]
            for before, after in pairwise(words):
                counts.setdefault(before, Counter())[after] += 1
        self._next: dict[str, tuple[list[str], Floats]] = {}
        for before, following in counts.items():
            weight = np.array(list(following.values()), dtype=np.float64) ** (1.0 / temperature)
            self._next[before] = list(following), np.cumsum(weight / weight.sum())

    def text(self, seed: int, purpose: str, index: int) -> str:
        """The text of an index: at least the shortest paragraph, at most the longest."""
        words: list[str] = []
        place = END
        for u in _uniforms(seed, purpose, index, 3 * LONGEST):
            names, cumulated = self._next[place]
            place = names[min(int(np.searchsorted(cumulated, u)), len(names) - 1)]
            if place != END:
                words.append(place)
            elif len(words) >= SHORTEST:
                break
            if len(words) == LONGEST:
                break
        return " ".join(words)


def _uniforms(seed: int, purpose: str, index: int, count: int) -> Floats:
    u = np.empty(count)
    philox.uniforms(philox.stream_key(seed, f"example texts/{purpose}"), np.uint64(index), ZERO, ZERO, ZERO, u)
    return u
