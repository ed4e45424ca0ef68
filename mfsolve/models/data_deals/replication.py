"""Attacks on the division of pay: copies, splits, and a race to the bottom (MODEL 6.4)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.data_deals import replication as kernels
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import number, require, seed_word, vector, whole
from mfsolve.models.creators.precision import precision_of_sums
from mfsolve.models.creators.static_market import VARIANCES, signals
from mfsolve.models.intermediary.attribution import OrderScheme, aumann_shapley, shapley
from mfsolve.models.result_repr import legible

PAIRS = OrderScheme(antithetic=True)
MOST_COPIES = 10**4
MOST_EFFORT = 1e100
MOST_STEPS = 2000
"""Steps of the search for a price, which may lie hundreds of orders of magnitude below 1."""


def value(loading: Floats, effort: Floats, v: float) -> float:
    """Precision Phi of creators (MODEL 4.1)."""
    own = loading * effort
    return float(precision_of_sums(effort.sum(), own.sum(), (loading * own).sum(), v))


def _first_share(loading: Floats, effort: Floats, v: float) -> float:
    """Creator 0's share of Phi by Aumann and Shapley; shares do not change with the unit of effort and 1/v."""
    if effort.max() > MOST_EFFORT:
        unit = 2.0 ** np.ceil(np.log2(effort.max() / MOST_EFFORT))
        effort, v = effort / unit, min(v * unit, 1e300)
    return float(aumann_shapley(loading, effort, v)[0] / value(loading, effort, v))


@legible
class CopyPay(NamedTuple):
    """Pay of the attacker by rule, each (M,), for every number of copies that was given."""

    equal: Floats
    volume: Floats
    shapley: Floats
    leave_one_out: Floats
    traced: Floats


def copied(
    loading: ArrayLike, effort: ArrayLike, v: float, copies: ArrayLike, orders: int, seed: int, lineage: float,
    replicate: int = 0,
) -> CopyPay:  # fmt: skip
    """Pay of creator 0, whose signal is sold under `copies` further names (MODEL 6.4).

    Equal: a part for each name. Volume: Aumann-Shapley shares of the efforts that are claimed. Shapley and
    leave-one-out: contributions of the names to a precision that copies do not raise. Traced: Shapley values after
    lineage has found each copy with the chance `lineage` and struck it out.

    Parameters
    ----------
    loading, effort : array (n,)
        In [0, 1e50] and [0, 1e100].
    v : float
        Variance of the common factor, [1e-300, 1e300].
    copies : array (M,)
        Whole numbers in [0, 10^4], in any order.
    orders : int
        Random orders of the Shapley values, [1, 2^32 - 1], a function of `seed` and `replicate`.
    seed : int
        In [0, 2^64 - 1].
    lineage : float
        In [0, 1].
    replicate : int
        In [0, 2^32 - 1].

    Returns
    -------
    CopyPay

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    from scipy.stats import binom

    x, e = signals(loading, effort)
    number("bias_variance", v, VARIANCES), number("lineage", lineage, "[0, 1]")
    m = vector("copies", copies, f"[0, {MOST_COPIES}]")
    require(bool((m == np.floor(m)).all()), "copies", copies, f"whole numbers in [0, {MOST_COPIES}]")
    seed_word("seed", seed, 64)
    word = seed_word("replicate", replicate, 32)
    whole("orders", orders, 1, 2**32 - 1)
    whole_value = value(x, e, v)
    at = m.astype(np.intp)
    fewer = np.arange(at.max() + 1)  # every number of copies that lineage may leave
    values = np.empty(fewer.size)
    kernels.copied_shapley(
        stream_key(seed, "data_deals.copies"), word, (x, e, 1.0 / v), fewer.astype(np.float64), orders, values
    )
    rest = whole_value - value(x[1:], e[1:], v)
    claimed = np.empty(m.size)
    for i, count in enumerate(m):
        more = np.concatenate([[e[0] * (count + 1.0)], e[1:]])
        claimed[i] = _first_share(x, more, v) * whole_value if whole_value > 0.0 else 0.0
    kept = np.array([binom.pmf(fewer, count, 1.0 - lineage) for count in at])
    equal = whole_value * (m + 1.0) / (x.size + m)
    return CopyPay(equal, claimed, values[at], np.where(m > 0.0, 0.0, rest), kept @ values)


def split(
    loading: ArrayLike, effort: ArrayLike, v: float, parts: int, orders: int, seed: int, replicate: int = 0,
    threads: int = 1,
) -> float:  # fmt: skip
    """Shapley value of creator 0 whose effort is sold in equal parts under so many names (MODEL 4.3, 6.4).

    Phi is the same for every number of parts, and so are Aumann-Shapley shares; Shapley values are not.

    Parameters
    ----------
    loading, effort : array (n,)
        In [0, 1e50] and [0, 1e100].
    v : float
        Variance of the common factor, [1e-300, 1e300].
    parts : int
        Names in [1, 10^6].
    orders : int
        Random orders, an even number in [4, 2^32 - 2], a function of `seed` and `replicate`.
    seed : int
        In [0, 2^64 - 1].
    replicate : int
        In [0, 2^32 - 1].
    threads : int
        In [1, 1024].

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    x, e = signals(loading, effort)
    count = whole("parts", parts, 1, 10**6)
    many = np.concatenate([np.full(count, x[0]), x[1:]])
    efforts = np.concatenate([np.full(count, e[0] / count), e[1:]])
    return float(shapley(many, efforts, v, orders, seed, PAIRS, replicate, threads).value[:count].sum())


class Race(NamedTuple):
    """Price of a unit, effort sold by all, and creators' income less cost."""

    price: float
    sold: float
    income: float


def demand(price: float, v: float) -> float:
    """Effort of imitators (loading 1) that is bought at a price: 1 / (1 + v S)^2 = p."""
    return max(float(price**-0.5 - 1.0) / v, 0.0)


def race(imitators: int, v: float, k: float) -> Race:
    """Competition of imitators: each sells p / k, and the price clears the market (MODEL 6.4).

    Parameters
    ----------
    imitators : int
        N in [1, 10^9].
    v : float
        Variance of the common factor, [1e-300, 1e300].
    k : float
        Scale of the cost k e^2 / 2, [1e-12, 1e12].

    Returns
    -------
    Race

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    from scipy.optimize import brentq

    N = whole("imitators", imitators, 1, 10**9)
    number("v", v, VARIANCES), number("k", k, "[1e-12, 1e12]")
    p = float(brentq(lambda p: N * p / k - demand(p, v), 1e-300, 1.0, xtol=1e-300, rtol=1e-14, maxiter=MOST_STEPS))
    return Race(p, N * p / k, 0.5 * N * p * p / k)


def union_floor(imitators: int, v: float, k: float) -> Race:
    """The floor that a union of imitators sets: the price of most income, work shared evenly (MODEL 6.4).

    It tends to 1/4, and income to 1/(4 v), as imitators become many. Arguments and errors are those of `race`.
    """
    from scipy.optimize import minimize_scalar

    def income(p: float) -> float:
        sold = demand(p, v)
        return p * sold - 0.5 * k * sold * sold / imitators

    free = race(imitators, v, k)
    found = minimize_scalar(lambda p: -income(p), bounds=(free.price, 1.0), method="bounded", options={"xatol": 1e-12})
    p = float(found.x)
    union = Race(p, demand(p, v), income(p))
    return union if union.income >= free.income else free  # a floor at which there is nothing to win


def sale_revenue(developers: int) -> dict[str, float]:
    """Expected revenue from J developers with uniform values of a data set that all can use (MODEL 6.4).

    One exclusive licence by second price: (J - 1)/(J + 1). A posted price of 1/2 for each who will pay it: J/4. J is in
    [1, 10^9], or a ValueError says so.
    """
    J = whole("developers", developers, 1, 10**9)
    return {"second_price": (J - 1.0) / (J + 1.0), "posted": 0.25 * J}
