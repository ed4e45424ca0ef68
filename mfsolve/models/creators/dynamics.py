"""The algebra of the dynamic market: stocks, recursive bias, prices, all on arrays (MODEL 4.2)."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from mfsolve.kernels import stocks as kernels

from ..model import Frozen
from .static import require

Array = NDArray[np.float64]


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

    innovator_supply: float = Field(1.0, ge=0.0, le=1e9, description="innovators' supply at a price of 1, a_o")
    imitator_supply: float = Field(1.0, ge=0.0, le=1e9, description="supply of the rank and file at a price of 1, a_c")
    innovator_elasticity: float = Field(0.5, gt=0.0, le=20.0, description="x_o of supply a_o P^x_o")
    imitator_elasticity: float = Field(2.0, gt=0.0, le=20.0, description="x_c, above x_o in the paper")
    innovator_loading: float = Field(0.0, ge=0.0, le=1e3, description="loading on the common factor, lambda_o")
    imitator_loading: float = Field(1.0, ge=0.0, le=1e3, description="loading on the common factor, lambda_c")
    depreciation: float = Field(0.1, ge=0.0, le=1e3, description="rate at which data wear off")
    bias_floor: float = Field(1.0, gt=0.0, le=1e6, description="variance of the common factor at precision 0, v_0")
    bias_feedback: float = Field(1.0, ge=0.0, le=1e6, description="its growth with precision, alpha")
    innovator_stock: float = Field(5.0, ge=0.0, le=1e12, description="innovators' data at the start, K_o")
    imitator_stock: float = Field(0.0, ge=0.0, le=1e12, description="data of the rank and file at the start, K_c")
    exit_threshold: float = Field(0.0, ge=0.0, le=1e12, description="stock at which innovators leave; 0: never")


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
    return elementwise(kernels.roots, *arrays.values())


def elementwise(kernel: Callable[..., None], *arrays: ArrayLike) -> Array:
    """A kernel of vectors on arrays that broadcast."""
    wide = np.broadcast_arrays(*(np.asarray(array, dtype=np.float64) for array in arrays))
    out = np.empty(wide[0].size)
    kernel(*(np.ascontiguousarray(array).ravel() for array in wide), out)
    return out.reshape(wide[0].shape)


def precision_barrier(bias_floor: float, bias_feedback: float, imitator_loading: float = 1.0) -> float:
    """Prop. 6's bound on what imitators alone can reach: the root of lambda_c^2 (alpha Phi^2 + v_0 Phi) = 1.

    Precision of a stock K_c is K_c / (1 + lambda_c^2 v K_c) with v = v_0 + alpha Phi, below 1 / (lambda_c^2 v) however
    large the stock. The paper has lambda_c = 1. Infinite where imitators carry none of the bias.
    """
    require(0.0 < bias_floor < np.inf, "bias_floor", bias_floor, "(0, inf)")
    require(0.0 <= bias_feedback < np.inf, "bias_feedback", bias_feedback, "[0, inf)")
    require(0.0 <= imitator_loading < np.inf, "imitator_loading", imitator_loading, "[0, inf)")
    if imitator_loading == 0.0:
        return np.inf
    return 2.0 / (
        imitator_loading
        * (imitator_loading * bias_floor + float(np.sqrt((imitator_loading * bias_floor) ** 2 + 4.0 * bias_feedback)))
    )


def market_row(p: DynamicParameters) -> Array:
    """The constants of a market (9,) as the kernels see them."""
    row = np.empty(9)
    row[kernels.A_O], row[kernels.A_C] = p.innovator_supply, p.imitator_supply
    row[kernels.X_O], row[kernels.X_C] = p.innovator_elasticity, p.imitator_elasticity
    row[kernels.LAM_O], row[kernels.LAM_C] = p.innovator_loading, p.imitator_loading
    row[kernels.DEP], row[kernels.V0], row[kernels.ALPHA] = p.depreciation, p.bias_floor, p.bias_feedback
    return row


@dataclass(frozen=True)
class Instants:
    """Everything that follows from the stocks (2, n) at the same instants; vectors (n,)."""

    precision: Array
    bias_variance: Array
    innovator_value: Array
    imitator_value: Array
    innovator_price: Array
    imitator_price: Array
    innovator_flow: Array
    imitator_flow: Array


CODES = {
    Regime.FREE_FOR_ALL: kernels.FREE_FOR_ALL,
    Regime.STRICT_RIGHTS: kernels.STRICT_RIGHTS,
    Regime.INTERMEDIARY: kernels.INTERMEDIARY,
}


def instants(markets: Array, regime: Regime, stocks: Array, stay: Array) -> Instants:
    """Precision, marginal values, prices and new data of n markets (n, 9), or of one (1, 9) at n instants."""
    out = np.empty((8, stocks.shape[1]))
    kernels.instants(markets, CODES[regime], stay, np.ascontiguousarray(stocks), out)
    return Instants(*out)


def myopic_price(supply: tuple[Array, Array], elasticity: tuple[Array, Array], value: tuple[Array, Array]) -> Array:
    """Price that maximises sum_j a_j P^{x_j + 1} (M_j - P): the buyer's profit of the moment (MODEL 4.2)."""
    return elementwise(kernels.best_prices, *supply, *elasticity, *value)


def price_cap(p: DynamicParameters, price: Array, kc: Array, v: Array, innovators: Array) -> Array:
    """Prop. 5's cap (1 + mu r)/(1 + r), r = n_c / n_o, mu = 1/(1 + v K_c)^2; mu once innovators have left.

    The paper's mu bounds the marginal value of an imitator's data when innovators carry none of the bias
    (loadings 0 and 1). With `innovator_loading` > 0 it is not a bound, and the price may exceed this cap.
    """
    row = market_row(p)[None]
    return elementwise(lambda *vectors: kernels.caps(row, *vectors), price, kc, v, innovators)


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
