"""Interpolated Kneser-Ney n-grams: probabilities of words, and words drawn, at a temperature (MODEL 1.8).

P_k(w | c) = (1 - g(c)) f(w | c) + g(c) P_{k-1}(w | c'), c' the context without its first word, g(c) = D N1+(c .) / n(c)
and f(w | c) proportional to (n(c w) - D)^(1 / delta); a context never seen has g = 1, and P_0 = 1 / V.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.elementary import exp, log
from ..numerics.search import lower_bound
from ..random.philox import philox, unit


class Level(NamedTuple):
    """One order of a model: contexts in ascending order, and what follows each.

    `context` (m,) int64 are contexts as numbers in base V + 1, the last word the lowest digit; those of context i are
    `word[start[i]:start[i + 1]]`, ascending, with f in `mass` and its sums up to and including each in `cumulative`;
    `escape` (m,) is g.
    """

    context: np.ndarray
    start: np.ndarray
    word: np.ndarray
    mass: np.ndarray
    cumulative: np.ndarray
    escape: np.ndarray


@inner
def probability(levels, vocabulary, history, word):
    """P(word | history), the history a number in base V + 1 whose lowest digit is the word before."""
    p = 1.0 / vocabulary
    base = 1
    for k in range(len(levels)):
        level = levels[k]
        c = history % base
        i = lower_bound(level.context, 0, level.context.size, c)
        if i < level.context.size and level.context[i] == c:
            j = lower_bound(level.word, level.start[i], level.start[i + 1], word)
            hit = j < level.start[i + 1] and level.word[j] == word
            f = level.mass[j] if hit else 0.0
            p = (1.0 - level.escape[i]) * f + level.escape[i] * p
        base *= vocabulary + 1
    return p


@inner
def drawn_word(levels, vocabulary, history, u, v):
    """Word drawn from P(. | history) by the uniforms u, which picks the order, and v, which picks the word."""
    base = 1
    for _ in range(len(levels) - 1):
        base *= vocabulary + 1
    for k in range(len(levels) - 1, -1, -1):
        level = levels[k]
        c = history % base
        i = lower_bound(level.context, 0, level.context.size, c)
        if i < level.context.size and level.context[i] == c:
            g = level.escape[i]
            if u > g:
                last = level.start[i + 1] - 1
                return level.word[lower_bound(level.cumulative, level.start[i], last, v)]
            u /= g
        base //= vocabulary + 1
    return min(int(v * vocabulary), vocabulary - 1)


@inner
def start_of(levels, vocabulary):
    """History at the start of a block: nothing but the mark V, as many times as the model reads words."""
    history = 0
    for _ in range(len(levels) - 1):
        history = history * (vocabulary + 1) + vocabulary
    return history


@inline
def longest(levels, vocabulary):
    """(V + 1)^(n - 1): histories are kept below it."""
    size = 1
    for _ in range(len(levels) - 1):
        size *= vocabulary + 1
    return size


@kernel
def generate(key, step, replicate, synthetic, levels, vocabulary, pool):
    """Overwrite the rows of pool (n, words) where synthetic (n,) is True by text drawn from a model.

    Counter: block from the lane, word from the block word; its four words give the two uniforms.
    """
    size = longest(levels, vocabulary)
    for i in range(pool.shape[0]):
        if not synthetic[i]:
            continue
        history = start_of(levels, vocabulary)
        for j in range(pool.shape[1]):
            w0, w1, w2, w3 = philox(key[0], key[1], np.uint64(i), np.uint64(j), step, replicate)
            word = drawn_word(levels, vocabulary, history, unit(w0, w1), 1.0 - unit(w2, w3))
            pool[i, j] = word
            history = (history * (vocabulary + 1) + word) % size


@kernel
def log_probabilities(text, levels, vocabulary, out):
    """Write ln P of every word of text (n, words), given those before it in its row, into out (n * words,)."""
    size = longest(levels, vocabulary)
    k = 0
    for i in range(text.shape[0]):
        history = start_of(levels, vocabulary)
        for j in range(text.shape[1]):
            out[k] = log(probability(levels, vocabulary, history, text[i, j]))
            history = (history * (vocabulary + 1) + text[i, j]) % size
            k += 1


@kernel
def fill_masses(start, count, discount, delta, mass, cumulative, escape):
    """Fill f, its sums within each context, and g from the counts (u,) of what follows the contexts start (m + 1,).

    f = (n - D)^(1 / delta), normalised; exact at delta = 1.
    """
    for i in range(start.size - 1):
        total = 0.0
        norm = 0.0
        for j in range(start[i], start[i + 1]):
            total += count[j]
            value = count[j] - discount
            if delta != 1.0:
                value = exp(log(value) / delta)
            mass[j] = value
            norm += value
        escape[i] = discount * (start[i + 1] - start[i]) / total
        so_far = 0.0
        for j in range(start[i], start[i + 1]):
            mass[j] /= norm
            so_far += mass[j]
            cumulative[j] = so_far
