"""The algebra of the dynamic market: stocks, recursive bias, prices, all on arrays (MODEL 4.2)."""

import warnings
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from ..model import Frozen
from .static import require

Array = NDArray[np.float64]
GRID = 33
NEWTON = 60


class Regime(StrEnum):
    """Who sets prices: nobody (price 0), a profit-maximising buyer, or the intermediary (marginal values)."""

    FREE_FOR_ALL = "free_for_all"
    STRICT_RIGHTS = "strict_rights"
    INTERMEDIARY = "intermediary"


class DynamicParameters(Frozen):
    """Supply n_j(P) = a_j P^{x_j}, stocks K_j' = n_j P - depreciation K_j, bias v = floor + feedback x Phi.

    Innovators are the first kind, imitators the second. If `exit_threshold` > 0, innovators leave for good
    once their stock, having been above, falls to it.
    """

    innovator_supply: float = Field(default=1.0, ge=0.0, le=1e9)
    imitator_supply: float = Field(default=1.0, ge=0.0, le=1e9)
    innovator_elasticity: float = Field(default=0.5, gt=0.0, le=20.0)
    imitator_elasticity: float = Field(default=2.0, gt=0.0, le=20.0)
    innovator_loading: float = Field(default=0.0, ge=0.0, le=1e3)
    imitator_loading: float = Field(default=1.0, ge=0.0, le=1e3)
    depreciation: float = Field(default=0.1, ge=0.0, le=1e3)
    bias_floor: float = Field(default=1.0, gt=0.0, le=1e6)
    bias_feedback: float = Field(default=1.0, ge=0.0, le=1e6)
    innovator_stock: float = Field(default=5.0, ge=0.0, le=1e12)
    imitator_stock: float = Field(default=0.0, ge=0.0, le=1e12)
    exit_threshold: float = Field(default=0.0, ge=0.0, le=1e12)


def warn_order(p: DynamicParameters) -> None:
    """Say so if imitators' supply is not the more elastic one; the run goes on."""
    if p.imitator_elasticity <= p.innovator_elasticity:
        warnings.warn(
            f"imitator_elasticity: {p.imitator_elasticity} is not above innovator_elasticity: "
            f"{p.innovator_elasticity}; the assumption of Prop. 5 fails",
            UserWarning,
            stacklevel=3,
        )


def recursive_precision(
    innovator_stock: ArrayLike,
    imitator_stock: ArrayLike,
    bias_floor: ArrayLike,
    bias_feedback: ArrayLike,
    innovator_loading: ArrayLike = 0.0,
    imitator_loading: ArrayLike = 1.0,
) -> Array:
    """Precision when the common bias grows with it: that of the stocks at v = floor + feedback x Phi.

    The positive root of a quadratic, written so that nothing cancels (MODEL 4.2). Without innovators and with
    loading 1 it stays below the positive root of alpha Phi^2 + v_0 Phi - 1 = 0, however large the stock
    (Prop. 6).

    Parameters
    ----------
    innovator_stock, imitator_stock : array or float
        Total precision K_o, K_c >= 0 of each kind's signals; arrays broadcast.
    bias_floor, bias_feedback : array or float
        v_0 > 0 and alpha >= 0.
    innovator_loading, imitator_loading : array or float
        lambda_o, lambda_c >= 0.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    named = {
        "innovator_stock": innovator_stock,
        "imitator_stock": imitator_stock,
        "bias_floor": bias_floor,
        "bias_feedback": bias_feedback,
        "innovator_loading": innovator_loading,
        "imitator_loading": imitator_loading,
    }
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in named.items()}
    for name, array in arrays.items():
        positive = name == "bias_floor"
        good = (array > 0.0 if positive else array >= 0.0) & (array < np.inf)
        allowed = "(0, inf)" if positive else "[0, inf)"
        require(good.all(), name, float(array[~good].flat[0]) if not good.all() else 0.0, allowed)
    return precision_root(*arrays.values())


def precision_root(ko: Array, kc: Array, v0: Array, alpha: Array, lo: Array, lc: Array) -> Array:
    """`recursive_precision` without its checks.

    (Phi - a)(1 + L2 v) + L1^2 v = 0 with v = v0 + alpha Phi, and a L2 - L1^2 = Ko Kc (lo - lc)^2 >= 0.
    """
    spread = ko * kc * (lo - lc) ** 2
    second = lo * lo * ko + lc * lc * kc
    quadratic = alpha * second
    linear = 1.0 + second * v0 - alpha * spread
    constant = ko + kc + v0 * spread
    root = np.sqrt(linear * linear + 4.0 * quadratic * constant)
    with np.errstate(divide="ignore", invalid="ignore"):
        minus = (root - linear) / (2.0 * quadratic)
        plus = 2.0 * constant / (root + linear)
    return np.asarray(np.where(linear >= 0.0, plus, minus))


def precision_barrier(bias_floor: float, bias_feedback: float) -> float:
    """Prop. 6's bound on what imitators alone can reach: the root of alpha Phi^2 + v_0 Phi - 1 = 0."""
    require(0.0 < bias_floor < np.inf, "bias_floor", bias_floor, "(0, inf)")
    require(0.0 <= bias_feedback < np.inf, "bias_feedback", bias_feedback, "[0, inf)")
    return 2.0 / (bias_floor + float(np.sqrt(bias_floor**2 + 4.0 * bias_feedback)))


def marginal_values(p: DynamicParameters, ko: Array, kc: Array, v: Array) -> tuple[Array, Array]:
    """d Phi / d K_o and d Phi / d K_c, the bias following Phi (implicit function theorem).

    (1 - l_j A)^2 / (1 + alpha (A / v)^2), A = L1 / (1/v + L2).
    """
    lo, lc = p.innovator_loading, p.imitator_loading
    A = (lo * ko + lc * kc) / (1.0 / v + lo * lo * ko + lc * lc * kc)
    damping = 1.0 + p.bias_feedback * (A / v) ** 2
    return (1.0 - lo * A) ** 2 / damping, (1.0 - lc * A) ** 2 / damping


def bias(p: DynamicParameters, precision: Array) -> Array:
    """v = v_0 + alpha Phi."""
    return p.bias_floor + p.bias_feedback * precision


def precision(p: DynamicParameters, ko: Array, kc: Array) -> Array:
    """Recursive precision of given stocks."""
    fixed = (p.bias_floor, p.bias_feedback, p.innovator_loading, p.imitator_loading)
    v0, alpha, lo, lc = (np.asarray(value, dtype=np.float64) for value in fixed)
    return precision_root(ko, kc, v0, alpha, lo, lc)


def myopic_price(supply: tuple[Array, Array], elasticity: tuple[Array, Array], value: tuple[Array, Array]) -> Array:
    """Price that maximises sum_j a_j P^{x_j + 1} (M_j - P): the buyer's profit of the moment (MODEL 4.2).

    Each kind alone would be paid (x_j + 1)/(x_j + 2) M_j; the best price lies between the two. There may be
    two local maxima: the best point of a grid is taken first, then Newton's method inside its cell.
    """
    (ao, ac), (xo, xc), (mo, mc) = supply, elasticity, value
    alone_o, alone_c = (xo + 1.0) / (xo + 2.0) * mo, (xc + 1.0) / (xc + 2.0) * mc
    alone_o, alone_c = np.where(ao > 0.0, alone_o, alone_c), np.where(ac > 0.0, alone_c, alone_o)
    low, high = np.minimum(alone_o, alone_c), np.maximum(alone_o, alone_c)
    grid = low + (high - low) * np.linspace(0.0, 1.0, GRID).reshape(-1, *(1,) * np.ndim(low))
    gain = ao * grid ** (xo + 1.0) * (mo - grid) + ac * grid ** (xc + 1.0) * (mc - grid)
    best = np.argmax(gain, axis=0)
    cell = (high - low) / (GRID - 1)
    left, right = np.maximum(low, low + (best - 1) * cell), np.minimum(high, low + (best + 1) * cell)
    price = low + best * cell
    for _ in range(NEWTON):
        po, pc = ao * price**xo, ac * price**xc
        h = po * ((xo + 1.0) * mo - (xo + 2.0) * price) + pc * ((xc + 1.0) * mc - (xc + 2.0) * price)
        left, right = np.where(h > 0.0, price, left), np.where(h > 0.0, right, price)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (po * (xo * (xo + 1.0) * mo / price - (xo + 1.0) * (xo + 2.0))) + (
                pc * (xc * (xc + 1.0) * mc / price - (xc + 1.0) * (xc + 2.0))
            )
            step = price - h / slope
        inside = (step > left) & (step < right)
        new = np.where(inside, step, 0.5 * (left + right))
        done = np.abs(new - price) <= 4e-15 * price
        price = np.where(h == 0.0, price, new)
        if np.all(done | (h == 0.0)):
            break
    return np.asarray(price)


def price_cap(p: DynamicParameters, price: Array, kc: Array, v: Array, innovators: Array) -> Array:
    """Prop. 5's cap (1 + mu r)/(1 + r), r = n_c / n_o, mu = 1/(1 + v K_c)^2; mu once innovators have left.

    The paper's mu bounds the marginal value of an imitator's data when innovators carry none of the bias
    (loadings 0 and 1). With `innovator_loading` > 0 it is not a bound, and the price may exceed this cap.
    """
    mu = 1.0 / (1.0 + v * kc) ** 2
    o = p.innovator_supply * price**p.innovator_elasticity * innovators
    c = p.imitator_supply * price**p.imitator_elasticity
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(o + c > 0.0, c / (o + c), 0.0)
    return np.asarray(1.0 + (mu - 1.0) * share)


def trap_price(p: DynamicParameters) -> float:
    """Prop. 5's trap P = 1/(1 + r(P)), to which the cap falls as imitators' data lose their value."""
    from scipy.optimize import brentq

    def excess(price: float) -> float:
        o = p.innovator_supply * price**p.innovator_elasticity
        c = p.imitator_supply * price**p.imitator_elasticity
        return float(price * (o + c) - o)

    if p.imitator_supply == 0.0 or p.innovator_supply == 0.0:
        return 1.0 if p.imitator_supply == 0.0 else 0.0
    return float(brentq(excess, 1e-12, 1.0, xtol=1e-15))
