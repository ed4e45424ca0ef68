"""Concentration of disclosed values, and bounds on what the hidden ones leave open (MODEL 6.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.models.arguments import instances, number, vector, whole

from .table import DataDeal, amounts_known, floored

AMOUNTS = "[0, inf)"
MOST_DEALS = 10**9


@dataclass(frozen=True)
class Concentration:
    """Share of the largest amount, sum of squared shares (HHI), and the Gini coefficient."""

    largest: float
    hhi: float
    gini: float


def lorenz(amounts: ArrayLike) -> Floats:
    """Lorenz curve (n + 1,): shares of the whole that the smallest k amounts hold, k = 0..n (MODEL 6.1).

    Parameters
    ----------
    amounts : array (n,)
        In [0, inf), one of them positive.

    Returns
    -------
    ndarray (n + 1,)
        From 0 to 1.

    Raises
    ------
    ValueError
        Unless amounts are a vector of numbers >= 0, one of them positive.
    """
    x = np.sort(vector("amounts", amounts, AMOUNTS))
    held = np.concatenate([[0.0], np.cumsum(x)])
    if held[-1] <= 0.0:
        raise ValueError("amounts: all are 0; allowed: at least one that is positive")
    return np.asarray(held / held[-1])


def concentration(amounts: ArrayLike) -> Concentration:
    """Concentration of amounts; the Gini coefficient is 1 less twice the area below the Lorenz curve (MODEL 6.1).

    Parameters
    ----------
    amounts : array (n,)
        In [0, inf), one of them positive.

    Returns
    -------
    Concentration
        Each of the three in [0, 1].

    Raises
    ------
    ValueError
        Unless amounts are a vector of numbers >= 0, one of them positive.
    """
    curve = lorenz(amounts)
    share = np.diff(curve)
    area = float(np.sum(curve[1:] + curve[:-1])) / (2.0 * share.size)
    return Concentration(float(share[-1]), float(np.sum(share * share)), 1.0 - 2.0 * area)


@dataclass(frozen=True)
class Bounds:
    """Least and greatest value that the data allow."""

    low: float
    high: float


def generator_bounds(disclosed: float, documented: float, hidden: int, cap: float, at_most: float = 0.0) -> Bounds:
    """Manski bounds on the generators' share of receipts, hidden values in [0, cap] (MODEL 6.1).

    Of a hidden deal nothing is known: neither its value, nor what generators get of it. The least share has every
    hidden value at the cap and nothing of it for generators, the greatest all of it.

    Parameters
    ----------
    disclosed, documented : float
        Sum of the disclosed values, and what of it is documented to reach generators, in [0, disclosed].
    hidden : int
        Number of deals without a value, [0, 10^9].
    cap : float
        Greatest value that a hidden deal may have, [0, inf).
    at_most : float
        Sum of the upper ends of values that are known from above only, [0, inf): each is in [0, its own end].

    Returns
    -------
    Bounds

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    known = number("disclosed", disclosed, "(0, inf)")
    number("cap", cap, AMOUNTS), number("at_most", at_most, AMOUNTS)
    hidden = whole("hidden", hidden, 0, MOST_DEALS)
    number("documented", documented, f"[0, {known!r}]")
    disclosed, documented, cap, at_most = map(float, (disclosed, documented, cap, at_most))
    if max(disclosed, hidden * cap, at_most) > 1e300:  # sums may overflow, and shares do not change with the unit
        disclosed, documented, cap, at_most = (x * 1e-20 for x in (disclosed, documented, cap, at_most))
    unknown = hidden * cap + at_most
    receipts = disclosed + unknown
    return Bounds(documented / receipts, (documented + unknown) / receipts)


def majority_cap(disclosed: float, documented: float, hidden: int, at_most: float = 0.0) -> float:
    """Greatest cap of a hidden value at which aggregators must have the majority, whatever generators get of it.

    The upper bound of `generator_bounds` is a half there: (disclosed - 2 documented - at_most) / hidden. It is infinite
    where nothing is hidden.

    Parameters
    ----------
    disclosed, documented, at_most : float
        In dollars, in [0, inf), and `documented` at most `disclosed`.
    hidden : int
        Number of hidden values, in [0, 10^9].

    Returns
    -------
    float
        In dollars, in [0, inf].

    Raises
    ------
    ValueError
        For an argument out of its range, naming it.
    """
    known = number("disclosed", disclosed, AMOUNTS)
    number("at_most", at_most, AMOUNTS), whole("hidden", hidden, 0, MOST_DEALS)
    number("documented", documented, f"[0, {known!r}]")
    return max(disclosed - 2.0 * documented - at_most, 0.0) / hidden if hidden else np.inf


def imputed(deals: Sequence[DataDeal]) -> float:
    """Sum of all values in dollars, each hidden one taken for the mean of the disclosed ones of its type and year.

    Where none is disclosed, the mean of the type stands, and where that is missing too, the mean of all. An assumption
    and no fact: deals are not hidden at random. A value known from above only is that mean, or its end if that is less.

    Parameters
    ----------
    deals : sequence of DataDeal
        Rows of a table.

    Returns
    -------
    float
        In dollars; 0 where nothing is disclosed.

    Raises
    ------
    ValueError
        For anything but deals, naming `deals`.
    """
    deals = instances("deals", deals, DataDeal)
    known = floored(deals)
    amounts = amounts_known(deals)
    if not known:
        return 0.0
    places: dict[tuple[Hashable, ...], list[int]] = defaultdict(list)
    for place, (other, _) in enumerate(known):
        for group in (other.content, other.year), (other.content,), ():
            places[group].append(place)
    means = {group: float(amounts[at].mean()) for group, at in places.items()}
    found = 0.0
    for deal in deals:
        if deal.value is not None and not deal.value.at_most:
            found += deal.value.low
            continue
        groups = (deal.content, deal.year), (deal.content,), ()
        mean = next(means[group] for group in groups if group in means)
        found += mean if deal.value is None else min(mean, deal.value.high)
    return found
