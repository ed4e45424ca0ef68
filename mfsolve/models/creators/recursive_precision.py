"""The algebra of the dynamic market on arrays: stocks, recursive bias and prices (MODEL 4.2)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.creators import stocks
from mfsolve.models.arguments import member, number, numbers
from mfsolve.models.frozen import Frozen

STOCKS = "[0, 1e50]"
WEIGHTS = "[0, 1e5]"


class Regime(StrEnum):
    """Rule for prices: none (price 0), a profit-maximising buyer's, or the intermediary's (marginal values).

    The buyer pays one price for all data, or, where it discriminates, one for each kind.
    """

    FREE_FOR_ALL = "free_for_all"
    STRICT_RIGHTS = "strict_rights"
    INTERMEDIARY = "intermediary"
    DISCRIMINATING = "discriminating"


class DynamicParameters(Frozen):
    """Supply n_j(P) = a_j (P - r_j)_+^{x_j}, stocks K_j' = n_j P - depreciation K_j, bias v = floor + feedback x Phi.

    Innovators are the first kind, imitators the second. Nobody takes part below a reservation price r_j, and whoever
    stayed away comes back above it. `exit_threshold` > 0 instead *assumes* an exit without return: innovators leave for
    good once their stock, having been above, falls to it; a stock that starts there has not been above.
    """

    innovator_supply: float = Field(1.0, ge=0.0, le=1e9, description="innovators' supply at a price of 1, a_o")
    imitator_supply: float = Field(1.0, ge=0.0, le=1e9, description="supply of the rank and file at a price of 1, a_c")
    innovator_elasticity: float = Field(0.5, gt=0.0, le=20.0, description="x_o of supply a_o P^x_o")
    imitator_elasticity: float = Field(2.0, gt=0.0, le=20.0, description="x_c, above x_o in the paper")
    innovator_loading: float = Field(0.0, ge=0.0, le=1e3, description="loading on the common factor, lambda_o")
    imitator_loading: float = Field(1.0, ge=0.0, le=1e3, description="loading on the common factor, lambda_c")
    depreciation: float = Field(0.1, ge=0.0, le=1e3, description="rate at which data depreciate")
    bias_floor: float = Field(1.0, ge=1e-9, le=1e6, description="variance of the common factor at precision 0, v_0")
    bias_feedback: float = Field(1.0, ge=0.0, le=1e6, description="its growth with precision, alpha")
    innovator_stock: float = Field(5.0, ge=0.0, le=1e12, description="innovators' data at the start, K_o")
    imitator_stock: float = Field(0.0, ge=0.0, le=1e12, description="data of the rank and file at the start, K_c")
    exit_threshold: float = Field(
        0.0, ge=0.0, le=1e12, description="stock at which innovators are assumed to leave for good; 0: never"
    )
    innovator_reservation: float = Field(
        0.0, ge=0.0, le=1e3, description="price below which innovators prefer their outside options, r_o"
    )
    imitator_reservation: float = Field(0.0, ge=0.0, le=1e3, description="the same for the rank and file, r_c")

    @property
    def reserved(self) -> bool:
        """True if anybody has a reservation price."""
        return self.innovator_reservation > 0.0 or self.imitator_reservation > 0.0


def regime_named(regime: Regime) -> Regime:
    """Return the regime of that name; ValueError where there is none."""
    return member("regime", regime, Regime)


def warn_order(p: DynamicParameters) -> None:
    """Warn if imitators' supply is not the more elastic one; the run goes on."""
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
) -> Floats:
    """Precision Phi of two stocks whose common bias grows with it, v = floor + feedback x Phi (MODEL 4.2).

    It is the positive root of a quadratic, written so that nothing cancels. Without innovators and with
    loading 1 it stays below the positive root of alpha Phi^2 + v_0 Phi - 1 = 0, however large the stock
    (Prop. 6).

    Parameters
    ----------
    innovator_stock, imitator_stock : array or float
        Total precision K_o, K_c of each kind's signals, in [0, 1e50]; arrays broadcast.
    bias_floor, bias_feedback : array or float
        v_0 in (0, 1e30] and alpha in [0, 1e30].
    innovator_loading, imitator_loading : array or float
        lambda_o, lambda_c in [0, 1e5].

    Returns
    -------
    array
        Phi, of the arguments' common shape.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    arrays = [
        numbers("innovator_stock", innovator_stock, STOCKS),
        numbers("imitator_stock", imitator_stock, STOCKS),
        numbers("bias_floor", bias_floor, "(0, 1e30]"),
        numbers("bias_feedback", bias_feedback, "[0, 1e30]"),
        numbers("innovator_loading", innovator_loading, WEIGHTS),
        numbers("imitator_loading", imitator_loading, WEIGHTS),
    ]
    return elementwise(stocks.recursive_precisions, *arrays)


def elementwise(kernel: Callable[..., None], *arrays: ArrayLike) -> Floats:
    """Apply a kernel of vectors to arrays that broadcast against one another."""
    try:
        wide = np.broadcast_arrays(*(np.asarray(array, dtype=np.float64) for array in arrays))
    except ValueError:
        shapes = ", ".join(str(np.shape(array)) for array in arrays)
        raise ValueError(f"arrays: shapes {shapes} given; allowed: shapes that broadcast") from None
    out = np.empty(wide[0].size)
    kernel(*(np.ascontiguousarray(array).ravel() for array in wide), out)
    return out.reshape(wide[0].shape)


def precision_barrier(bias_floor: float, bias_feedback: float, imitator_loading: float = 1.0) -> float:
    """Prop. 6's bound on the precision that imitators alone can reach (MODEL 4.2; Creators, Prop. 6).

    The positive root of lambda_c^2 (alpha Phi^2 + v_0 Phi) = 1. Precision of a stock K_c is
    K_c / (1 + lambda_c^2 v K_c) with v = v_0 + alpha Phi, below 1 / (lambda_c^2 v) however large the stock. In the
    paper lambda_c = 1.

    Parameters
    ----------
    bias_floor, bias_feedback : float
        v_0 in (0, 1e30] and alpha in [0, 1e30].
    imitator_loading : float
        lambda_c in [0, 1e5].

    Returns
    -------
    float
        Infinite where imitators carry none of the bias.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    floor = number("bias_floor", bias_floor, "(0, 1e30]")
    feedback = number("bias_feedback", bias_feedback, "[0, 1e30]")
    loading = number("imitator_loading", imitator_loading, WEIGHTS)
    if loading == 0.0:
        return np.inf
    return 2.0 / (loading * (loading * floor + float(np.sqrt((loading * floor) ** 2 + 4.0 * feedback))))


def market_constants(p: DynamicParameters) -> stocks.Market:
    """The eleven constants of a market as the kernels name them."""
    return stocks.Market(
        a_o=p.innovator_supply,
        a_c=p.imitator_supply,
        x_o=p.innovator_elasticity,
        x_c=p.imitator_elasticity,
        lam_o=p.innovator_loading,
        lam_c=p.imitator_loading,
        dep=p.depreciation,
        v0=p.bias_floor,
        alpha=p.bias_feedback,
        r_o=p.innovator_reservation,
        r_c=p.imitator_reservation,
    )


@dataclass(frozen=True)
class Instants:
    """Everything that follows from the stocks (2, n) at the same instants; vectors (n,)."""

    precision: Floats
    bias_variance: Floats
    innovator_value: Floats
    imitator_value: Floats
    innovator_price: Floats
    imitator_price: Floats
    innovator_flow: Floats
    imitator_flow: Floats


CODES = {
    Regime.FREE_FOR_ALL: stocks.FREE_FOR_ALL,
    Regime.STRICT_RIGHTS: stocks.STRICT_RIGHTS,
    Regime.INTERMEDIARY: stocks.INTERMEDIARY,
    Regime.DISCRIMINATING: stocks.DISCRIMINATING,
}


def instants(markets: Floats, regime: Regime, stock: Floats, stay: Floats) -> Instants:
    """Precision, marginal values, prices and new data of n markets (n, 11), or of one (1, 11) at n instants.

    `stock` (2, n) holds both kinds' data; `stay` (n,) is 0 where innovators have left and 1 elsewhere.
    """
    out = np.empty((8, stock.shape[1]))
    stocks.instants(markets, CODES[regime], stay, np.ascontiguousarray(stock), out)
    return Instants(*out)
