"""Attacks on the division of pay: copies, splits, and a race to the bottom (MODEL 6.4)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, real
from mfsolve.kernels.data_deals import replication as kernels
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import number, seed_word, whole
from mfsolve.models.creators.static_market import VARIANCES, signals
from mfsolve.models.intermediary.attribution import OrderScheme, aumann_shapley, shapley
from mfsolve.models.legible import legible

PAIRS = OrderScheme(antithetic=True)


def value(loading: Floats, effort: Floats, v: float) -> float:
    """Precision Phi of creators (MODEL 4.1)."""
    own = loading * effort
    return float(effort.sum() - own.sum() ** 2 / (1.0 / v + (loading * own).sum()))


@legible
class CopyPay(NamedTuple):
    """Pay of the attacker by rule, each (M,) by the number of copies."""

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
    v : float
    copies : array (M,)
        0, 1, ..., M - 1: the traced value mixes over all smaller numbers.
    orders : int
        Random orders of the Shapley values, a function of `seed` and `replicate`.
    seed : int
    lineage : float
        In [0, 1].
    replicate : int
        From 0 on.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    from scipy.stats import binom

    x, e = signals(loading, effort)
    number("bias_variance", v, VARIANCES), number("lineage", lineage, "[0, 1]")
    m = real("copies", copies)
    seed_word("seed", seed, 64)
    word = seed_word("replicate", replicate, 32)
    whole("orders", orders, 1, 2**32 - 1)
    whole_value = value(x, e, v)
    values = np.empty(m.size)
    kernels.copied_shapley(stream_key(seed, "data_deals.copies"), word, (x, e, 1.0 / v), m, orders, values)
    rest = whole_value - value(x[1:], e[1:], v)
    claimed = np.empty(m.size)
    for i, count in enumerate(m):
        more = np.concatenate([[e[0] * (count + 1.0)], e[1:]])
        claimed[i] = aumann_shapley(x, more, v)[0] / value(x, more, v) * whole_value
    kept = [binom.pmf(np.arange(m.size), int(count), 1.0 - lineage) for count in m]
    return CopyPay(
        whole_value * (m + 1.0) / (x.size + m), claimed, values, np.where(m > 0.0, 0.0, rest), np.array(kept) @ values
    )


def split(
    loading: ArrayLike, effort: ArrayLike, v: float, parts: int, orders: int, seed: int, replicate: int = 0,
    threads: int = 1,
) -> float:  # fmt: skip
    """Shapley value of creator 0 whose effort is sold in equal parts under so many names (MODEL 4.3, 6.4).

    Phi is the same for every number of parts, and so are Aumann-Shapley shares; Shapley values are not. The random
    orders are a function of `seed` and `replicate`.
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
    """Competition of imitators: each sells p / k, and the price clears the market (MODEL 6.4)."""
    from scipy.optimize import brentq

    p = float(brentq(lambda p: imitators * p / k - demand(p, v), 1e-300, 1.0, xtol=1e-300, rtol=1e-14))
    return Race(p, demand(p, v), 0.5 * imitators * p * p / k)


def union_floor(imitators: int, v: float, k: float) -> Race:
    """The floor that a union of imitators sets: the price of most income, work shared evenly (MODEL 6.4).

    It tends to 1/4, and income to 1/(4 v), as imitators become many.
    """
    from scipy.optimize import minimize_scalar

    def income(p: float) -> float:
        sold = demand(p, v)
        return p * sold - 0.5 * k * sold * sold / imitators

    clearing = race(imitators, v, k).price
    found = minimize_scalar(lambda p: -income(p), bounds=(clearing, 1.0), method="bounded", options={"xatol": 1e-12})
    p = float(found.x)
    return Race(p, demand(p, v), income(p))


def sale_revenue(developers: int) -> dict[str, float]:
    """Expected revenue from J developers with uniform values of a data set that all can use (MODEL 6.4).

    One exclusive licence by second price: (J - 1)/(J + 1). A posted price of 1/2 for each who will pay it: J/4.
    """
    J = whole("developers", developers, 1, 10**9)
    return {"second_price": (J - 1.0) / (J + 1.0), "posted": 0.25 * J}
