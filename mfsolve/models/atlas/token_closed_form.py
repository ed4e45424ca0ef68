"""Closed forms of models of tokens that are fitted to their own samples (MODEL 9.4)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import instance, require, vector, whole

from .closed_form import MOST_GENERATIONS, MOST_ITEMS, whole_sizes
from .kept_items import sampled_diversity
from .tokens import MOST_TOKENS, Tokens
from .workflows import (
    Accumulate,
    Growing,
    Mixed,
    Replace,
    Subsample,
    Workflow,
    check_synthetic,
    known_workflow,
    sample_sizes,
    synthetic_items,
)


class Shares(NamedTuple):
    """Expectations over replicates at generations 0..T, each (T + 1,); NaN where no closed form is known.

    `diversity` E (1 - sum q^2), `risk` E sum (q - p)^2, `first` E q(1).
    """

    diversity: Floats
    risk: Floats
    first: Floats


def _law(frequencies: Floats) -> Floats:
    """A vector of probabilities, checked."""
    law = vector("frequencies", frequencies, "[0, 1]")
    require(abs(float(law.sum()) - 1.0) < 1e-9, "frequencies", float(law.sum()), "shares that sum to 1")
    return law


def replace_tokens_closed_form(frequencies: Floats, sizes: Floats) -> Shares:
    """Exact expectations under `replace` and `growing`: 1 - S_t = (1 - S_0) prod (1 - 1 / n_i), S = sum q^2.

    It is the Wright-Fisher chain: E q_t = p, E sum (q_t - p)^2 = S_t - S_0, and in the end one token is left, token i
    with probability p(i) (MODEL 9.4).

    Parameters
    ----------
    frequencies : array (K,)
        Human law p: shares in [0, 1] that sum to 1.
    sizes : array (T,)
        Items n_t of generations 1, ..., T: whole numbers in [1, inf).

    Returns
    -------
    Shares
        Expectations (T + 1,) at generations 0, ..., T.

    Raises
    ------
    ValueError
        For frequencies that are no law, or fewer than one item.
    """
    law, n = _law(frequencies), whole_sizes(sizes, "[1, inf)")
    return _martingale(law, np.concatenate([[1.0], np.cumprod(1.0 - 1.0 / n)]))


def accumulate_tokens_closed_form(frequencies: Floats, items: int, generations: int) -> Shares:
    """Exact expectations under `accumulate`: 1 - S_t = (1 - S_0) prod_{i <= t} (1 - 1 / (n i^2)) (ours; MODEL 9.4).

    Parameters
    ----------
    frequencies : array (K,)
        Human law p: shares in [0, 1] that sum to 1.
    items : int
        Items n of a generation, in [1, 10^6].
    generations : int
        T, in [1, 10^4].

    Returns
    -------
    Shares
        Expectations (T + 1,) at generations 0, ..., T.

    Raises
    ------
    ValueError
        For frequencies that are no law, fewer than one item, or generations outside [1, 10^4].
    """
    law = _law(frequencies)
    whole("items", items, 1, MOST_TOKENS)
    i = np.arange(1.0, whole("generations", generations, 1, MOST_GENERATIONS) + 1.0)
    return _martingale(law, np.concatenate([[1.0], np.cumprod(1.0 - 1.0 / (items * i * i))]))


def _martingale(law: Floats, kept: Floats) -> Shares:
    """Expectations of shares whose mean stays at p, of diversity that is kept by the given factors (T + 1,)."""
    left = 1.0 - float(law @ law)
    return Shares(left * kept, left * (1.0 - kept), np.full(kept.size, law[0]))


def mixed_tokens_closed_form(frequencies: Floats, items: int, generations: int, workflow: Mixed) -> Shares:
    """Exact expectations under `mixed`: S' = w^2 H(n) + (1 - w)^2 (S (1 - 1/m) + 1/m) + 2 w (1 - w) S_0 (MODEL 9.4).

    H(n) = S_0 (1 - 1/n) + 1/n is that of a human sample, and m = n/k the number of synthetic items, rounded down.

    Parameters
    ----------
    frequencies : array (K,)
        Human law p: shares in [0, 1] that sum to 1.
    items : int
        Items n of a generation, in [1, 10^9].
    generations : int
        T, in [1, 10^4].
    workflow : Mixed
        Human items per synthetic one, and their weight.

    Returns
    -------
    Shares
        Expectations (T + 1,) at generations 0, ..., T.

    Raises
    ------
    ValueError
        For frequencies that are no law, fewer than one item, human or synthetic, or generations outside [1, 10^4].
    """
    instance("workflow", workflow, Mixed)
    law = _law(frequencies)
    n, w = float(whole("items", items, 1, MOST_ITEMS)), workflow.human_weight
    whole("generations", generations, 1, MOST_GENERATIONS)
    check_synthetic(workflow, items, 1)
    m = float(synthetic_items(items, workflow.ratio))
    start = float(law @ law)
    human = start * (1.0 - 1.0 / n) + 1.0 / n
    path = [start, human]
    for _ in range(generations - 1):
        synthetic = path[-1] * (1.0 - 1.0 / m) + 1.0 / m
        path.append(w * w * human + (1.0 - w) ** 2 * synthetic + 2.0 * w * (1.0 - w) * start)
    if start >= 1.0:  # one type alone: no diversity to keep
        return _martingale(law, np.ones(len(path)))
    return _martingale(law, (1.0 - np.array(path)) / (1.0 - start))


def tails_closed_form(frequencies: Floats, first: int, second: int) -> float:
    """Expected human mass that a learner of T items misses, which a model of T_0 human items has made (MODEL 9.4).

    sum_i p_i sum_x Bin(x; T_0, p_i) (1 - x / T_0)^T; the limit of infinite T is that of T_0 human items, so that the
    scaling law of the missing mass ends there.

    Parameters
    ----------
    frequencies : (K,)
        Human law p.
    first, second : int
        Items T_0 of the model, T of the learner.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        For frequencies that are no law, or fewer than one item.
    """
    from scipy.stats import binom

    law = _law(frequencies)
    t0, t = whole("first", first, 1, 10**6), whole("second", second, 0, 10**9)
    x = np.arange(t0 + 1.0)
    missed = (1.0 - x / t0) ** t
    return float(sum(share * float(binom.pmf(x, t0, share) @ missed) for share in law))


def tokens_closed_form(family: Tokens, workflow: Workflow, generations: int) -> Shares | None:
    """Closed forms of a workflow, all exact; None where none is known (MODEL 9.4).

    Parameters
    ----------
    family : Tokens
        Human law and items of a generation.
    workflow : Workflow
        What a generation is fitted to.
    generations : int
        T, in [1, 10^4].

    Returns
    -------
    Shares or None
        Expectations (T + 1,) at generations 0, ..., T.

    Raises
    ------
    ValueError
        For an argument out of its range, naming it.
    """
    instance("family", family, Tokens)
    known_workflow(workflow)
    whole("generations", generations, 1, MOST_GENERATIONS)
    p, items = family.law(), family.items
    match workflow:
        case Replace() | Growing():
            return replace_tokens_closed_form(p, sample_sizes(workflow, items, generations))
        case Accumulate():
            return accumulate_tokens_closed_form(p, items, generations)
        case Mixed():
            return mixed_tokens_closed_form(p, items, generations, workflow)
        case Subsample():
            return _martingale(p, sampled_diversity(items, generations))
    return None
