"""Two stocks of data, the recursive precision they give, and the prices paid for more of them (MODEL 4.2).

Innovators o and the rank and file c supply n_j(P) = a_j (P - r_j)_+^{x_j} at a price P, and data n_j P; stocks wear off
at rate dep. The variance of their common factor follows precision, v = v0 + alpha Phi.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._jit import inline, kernel
from ..numerics.search import lower_bound
from .prices import alone_price, myopic_price, price_power, reserved_price, supply
from .signals import TwoGroups, squared_errors

ZERO = np.uint64(0)
FREE_FOR_ALL, STRICT_RIGHTS, INTERMEDIARY, DISCRIMINATING = range(4)


class Market(NamedTuple):
    """The eleven constants of a market; several markets are the rows of an array (n, 11) in this order."""

    a_o: float  # supply at a price of 1
    a_c: float
    x_o: float  # elasticities
    x_c: float
    lam_o: float  # loadings
    lam_c: float
    dep: float  # rate at which data wear off
    v0: float  # variance of the common factor at precision 0
    alpha: float  # its growth with precision
    r_o: float = 0.0  # reservation prices, below which nobody of a kind takes part
    r_c: float = 0.0


class Start(NamedTuple):
    """Stocks at the start, the innovators' stock at which they leave for good (0: never), and the regime in force."""

    K_o: float
    K_c: float
    leave: float
    regime: int


class Crowd(NamedTuple):
    """A finite population: ascending entry prices of both kinds, and the questions on which precision is measured.

    Entry prices are empty for infinitely many creators; without questions precision is known.
    """

    entry_o: NDArray[np.float64]
    entry_c: NDArray[np.float64]
    key: NDArray[np.uint64]
    replicate: np.uint64
    questions: int


class Instant(NamedTuple):
    """Phi, v, marginal values M_j, prices P_j and new data of both kinds, all of the same stocks."""

    phi: float
    v: float
    M_o: float
    M_c: float
    P_o: float
    P_c: float
    new_o: float
    new_c: float


@inline
def market_of(row):
    """The market whose eleven constants stand in a row."""
    return Market(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10])


@inline
def recursive_precision(Ko, Kc, v0, alpha, lo, lc):
    """Recursive precision: the positive root of (Phi - a)(1 + L2 v) + L1^2 v = 0, v = v0 + alpha Phi.

    a = Ko + Kc, Lj = lo^j Ko + lc^j Kc, and a L2 - L1^2 = Ko Kc (lo - lc)^2 >= 0: written so that nothing cancels.
    """
    spread = Ko * Kc * (lo - lc) * (lo - lc)
    second = lo * lo * Ko + lc * lc * Kc
    quadratic = alpha * second
    linear = 1.0 + second * v0 - alpha * spread
    constant = Ko + Kc + v0 * spread
    size = np.sqrt(linear * linear + 4.0 * quadratic * constant)
    return 2.0 * constant / (size + linear) if linear >= 0.0 else (size - linear) / (2.0 * quadratic)


@inline
def marginal_values(Ko, Kc, v, alpha, lo, lc):
    """d Phi / d Ko and d Phi / d Kc, the bias following Phi: (1 - l_j A)^2 / (1 + alpha (A / v)^2)."""
    A = (lo * Ko + lc * Kc) / (1.0 / v + lo * lo * Ko + lc * lc * Kc)
    damping = 1.0 + alpha * (A / v) * (A / v)
    return (1.0 - lo * A) * (1.0 - lo * A) / damping, (1.0 - lc * A) * (1.0 - lc * A) / damping


@inline
def unit_prices(regime, p, stay, mo, mc):
    """Unit prices P_o, P_c: 0, the best price for both, or for each, or the values mo and mc themselves.

    stay is 0 once innovators have left for good.
    """
    if regime == FREE_FOR_ALL:
        return 0.0, 0.0
    if regime == INTERMEDIARY:
        return mo, mc
    if regime == DISCRIMINATING:
        return alone_price(p.x_o, p.r_o, mo), alone_price(p.x_c, p.r_c, mc)
    if p.r_o > 0.0 or p.r_c > 0.0:
        P = reserved_price(p, stay, mo, mc)
        return P, P
    P = myopic_price(p.a_o * stay, p.a_c, p.x_o, p.x_c, mo, mc)
    return P, P


@inline
def price_cap(p, P, Kc, v, stay):
    """Prop. 5's bound (1 + mu r)/(1 + r), r = n_c / n_o, mu = 1/(1 + lc^2 v Kc)^2; mu once innovators have left."""
    rest = 1.0 + p.lam_c * p.lam_c * v * Kc
    mu = 1.0 / (rest * rest)
    o, c = supply(p.a_o, P, p.x_o, p.r_o) * stay, supply(p.a_c, P, p.x_c, p.r_c)
    return 1.0 + (mu - 1.0) * (c / (o + c) if o + c > 0.0 else 0.0)


@inline
def mean_price(po, pc, new_o, new_c):
    """Mean price paid for new data; 0 where there is none."""
    return (po * new_o + pc * new_c) / (new_o + new_c) if new_o + new_c > 0.0 else 0.0


@kernel
def recursive_precisions(Ko, Kc, v0, alpha, lo, lc, out):
    """Recursive precision of n pairs of stocks; all arguments are vectors (n,), the last one the result."""
    for i in range(out.size):
        out[i] = recursive_precision(Ko[i], Kc[i], v0[i], alpha[i], lo[i], lc[i])


@kernel
def price_caps(p, P, Kc, v, stay, out):
    """Prop. 5's bound on n prices of one market; P, Kc, v, stay and the result are vectors (n,)."""
    for i in range(out.size):
        out[i] = price_cap(p, P[i], Kc[i], v[i], stay[i])


@inline
def instant(p, regime, stay, Ko, Kc):
    """Precision, bias, marginal values, prices and new data n_j(P_j) P_j that follow from stocks."""
    phi = recursive_precision(Ko, Kc, p.v0, p.alpha, p.lam_o, p.lam_c)
    v = p.v0 + p.alpha * phi
    mo, mc = marginal_values(Ko, Kc, v, p.alpha, p.lam_o, p.lam_c)
    po, pc = unit_prices(regime, p, stay, mo, mc)
    new_o, new_c = supply(p.a_o * stay, po, p.x_o, p.r_o) * po, supply(p.a_c, pc, p.x_c, p.r_c) * pc
    return Instant(phi, v, mo, mc, po, pc, new_o, new_c)


@kernel
def instants(markets, regime, stay, K, out):
    """`Instant`s of n stocks K (2, n), stay (n,), into out (8, n); markets (n, 11), or (1, 11) if all are one."""
    for i in range(K.shape[1]):
        p = market_of(markets[min(i, markets.shape[0] - 1)])
        now = instant(p, regime, stay[i], max(K[0, i], 0.0), max(K[1, i], 0.0))
        for j in range(8):
            out[j, i] = now[j]


@inline
def active_mass(entry, a, x, r, P):
    """Mass at work: a times the share of ascending entry prices below P, or min(1, (P - r)_+^x) without any."""
    if entry.size == 0:
        return a * min(1.0, price_power(P - r, x))
    return a * (lower_bound(entry, 0, entry.size, P) / entry.size)


@kernel
def euler_path(p, start, dt, turn, crowd, plan, out):
    """A market's path by Euler steps, K_j += dt (n_j(P_j) P_j - dep K_j), into out (10, steps + 1).

    `plan` (2, steps + 1) holds what a buyer who plans counts a unit of either kind's data for, instead of its marginal
    value; it is empty where nobody plans.

    Rows: mean price, its cap (NaN but under strict rights), P_o, P_c, Ko, Kc, Phi at that bias, v, measured precision,
    and 1 once innovators have left. `turn` is the step from which the intermediary pays. The bias follows the precision
    measured one step earlier on the crowd's questions, or Phi itself where there are none. Innovators leave once their
    stock, having been above, falls to `start.leave`.
    """
    Ko, Kc, leave, regime = start
    questions = crowd.questions
    lo, lc, alpha = p.lam_o, p.lam_c, p.alpha
    stay = 1.0
    measured = recursive_precision(Ko, Kc, p.v0, alpha, lo, lc)
    for t in range(out.shape[1]):
        rule = INTERMEDIARY if t >= turn else regime
        v = p.v0 + alpha * measured
        phi = recursive_precision(Ko, Kc, v, 0.0, lo, lc)
        mo, mc = marginal_values(Ko, Kc, v, alpha, lo, lc)
        if plan.size > 0 and rule != INTERMEDIARY:
            mo, mc = plan[0, t], plan[1, t]
        po, pc = unit_prices(rule, p, stay, mo, mc)
        measured = phi
        if questions > 0 and phi > 0.0:
            A = (lo * Ko + lc * Kc) / (1.0 / v + lo * lo * Ko + lc * lc * Kc)
            wo, wc = Ko * (1.0 - lo * A) / phi, Kc * (1.0 - lc * A) / phi
            so, sc = 1.0 / np.sqrt(Ko) if Ko > 0.0 else 0.0, 1.0 / np.sqrt(Kc) if Kc > 0.0 else 0.0
            groups = TwoGroups(np.sqrt(v), wo, wc, lo, lc, so, sc)
            measured = questions / squared_errors(crowd.key, np.uint64(t), crowd.replicate, ZERO, questions, groups)
        new_o = stay * active_mass(crowd.entry_o, p.a_o, p.x_o, p.r_o, po) * po
        new_c = active_mass(crowd.entry_c, p.a_c, p.x_c, p.r_c, pc) * pc
        if rule == STRICT_RIGHTS:
            price, bound = po, price_cap(p, po, Kc, v, stay)
        else:
            price, bound = mean_price(po, pc, new_o, new_c), np.nan
        out[0, t], out[1, t], out[2, t], out[3, t] = price, bound, po, pc
        out[4, t], out[5, t], out[6, t], out[7, t], out[8, t], out[9, t] = Ko, Kc, phi, v, measured, 1.0 - stay
        before = Ko
        Ko += dt * (new_o - p.dep * Ko)
        Kc += dt * (new_c - p.dep * Kc)
        if leave > 0.0 and Ko <= leave < before:
            stay = 0.0
