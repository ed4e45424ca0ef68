"""Moments of models that are refitted to a sample, without replacement, of all items so far (MODEL 9.12)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import number, require, whole

from .closed_form import MOST_GENERATIONS, MOST_ITEMS, Moments

MOST_KEPT = 10**7
"""Numbers that a replicate keeps at once."""


class Sampled(NamedTuple):
    """Expectations at generations 1..T, each (T,): the unbiased variance of the pool, and with it of a sample; the
    variance of the fitted mean over replicates; the variance of items of the fitted model."""

    pool: Floats
    mean: Floats
    model: Floats


def sampled_pool(items: int, generations: int, emitted: Callable[[float, float], float]) -> Sampled:
    """Exact moments under `subsample`: n items of all so far are drawn without replacement, and n are added (ours).

    With v the pool's variance, M that of its mean over replicates, N = n t and s the variance of the model's items,
    g = v (1/n - 1/N) + s/n is the mean square distance of the new items' mean from the pool's, so that

        M' = M + g / (t + 1)^2,    (N + n - 1) v' = (N - 1) v + g n t / (t + 1) + (n - 1) s

    and the fitted mean has the variance M + v (1/n - 1/N) (MODEL 9.12).

    Parameters
    ----------
    items, generations
        n, and T.
    emitted : callable
        Variance s from v and the variance of the fitted mean, in units of the human variance.

    Raises
    ------
    ValueError
        For fewer than 2 items, or generations outside [1, 10^4].
    """
    n = number("items", items, f"[2, {MOST_ITEMS}]")
    pool, centre, rows = 1.0, 1.0 / n, []
    for t in range(1, whole("generations", generations, 1, MOST_GENERATIONS) + 1):
        size = n * t
        apart = pool * (1.0 / n - 1.0 / size)
        model = emitted(pool, centre + apart)
        rows.append((pool, centre + apart, model))
        gap = apart + model / n
        scatter = (size - 1.0) * pool + gap * n * t / (t + 1.0) + (n - 1.0) * model
        pool, centre = scatter / (size + n - 1.0), centre + gap / (t + 1.0) ** 2
    return Sampled(*np.array(rows).T)


def sampled_diversity(items: int, generations: int) -> Floats:
    """Share of the human diversity 1 - sum p^2 that shares keep under `subsample`, at generations 0..T (MODEL 9.12)."""
    found = sampled_pool(items, generations, lambda pool, _: (1.0 - 1.0 / items) * pool)
    return np.concatenate([[1.0], found.model])


def subsample_closed_form(items: int, generations: int, unbiased: bool = True) -> Moments:
    """Exact E s2_t and E m_t^2 of a Gaussian under `subsample`; NaN for the others (MODEL 9.12).

    Parameters
    ----------
    items : int
        Items n of a generation, in [2, 10^9].
    generations : int
        T, in [1, 10^4].
    unbiased : bool
        Scatter over n - 1 (True) or over n.

    Returns
    -------
    Moments
        Expectations (T + 1,) at generations 0, ..., T, in units of human content.

    Raises
    ------
    ValueError
        For fewer than 2 items, or generations outside [1, 10^4].
    """
    whole("items", items, 2, MOST_ITEMS)
    share = 1.0 if unbiased else 1.0 - 1.0 / items
    found = sampled_pool(items, generations, lambda pool, _: share * pool)
    unknown = np.full(generations + 1, np.nan)
    return Moments(np.concatenate([[1.0], found.model]), unknown, np.concatenate([[0.0], found.mean]), unknown, unknown)


def check_kept(name: str, kept: float) -> None:
    """Refuse sizes whose kept items need more than a replicate may have.

    Raises
    ------
    ValueError
        Naming the setting.
    """
    require(kept <= MOST_KEPT, name, f"{kept:.3g} kept numbers", f"sizes that keep at most {MOST_KEPT} in a replicate")
