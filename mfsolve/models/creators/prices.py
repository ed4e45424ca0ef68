"""Prop. 5's cap on the price that a buyer pays, and the price trap where it ends (MODEL 4.2)."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.creators import stocks
from mfsolve.kernels.numerics.elementary import exponential, natural_log
from mfsolve.models.arguments import instance, number, numbers

from .recursive_precision import STOCKS, DynamicParameters, elementwise, market_constants

HALF = -0.6931471805599453
"""Logarithm of 1/2."""


def price_cap(
    parameters: DynamicParameters,
    price: ArrayLike,
    imitator_stock: ArrayLike,
    bias_variance: ArrayLike,
    innovators_stay: ArrayLike = 1.0,
) -> Floats:
    """Prop. 5's cap on the myopic price, (1 + mu r)/(1 + r), r = n_c(P)/n_o(P) (MODEL 4.2; Creators, Prop. 5).

    The myopic price does not exceed the mean marginal value of what it buys, (M_o + r M_c)/(1 + r). If innovators carry
    none of the bias, M_o <= 1, and M_c is at most mu = (1 - lambda_c A)^2 = 1/(1 + lambda_c^2 v K_c)^2; the paper has
    lambda_c = 1. With `innovator_loading` > 0 mu is no bound, and the price may exceed this cap.

    Parameters
    ----------
    parameters : DynamicParameters
        Supply and loadings.
    price, imitator_stock, bias_variance : array or float
        P, K_c and v, >= 0; arrays broadcast.
    innovators_stay : array or float
        1, or 0 where innovators have left: the cap is then mu.

    Returns
    -------
    array
        The cap, of the arguments' common shape. It bounds prices under strict rights only.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    market = market_constants(instance("parameters", parameters, DynamicParameters))
    return elementwise(
        lambda *vectors: stocks.price_caps(market, *vectors),
        numbers("price", price, "[0, 1e30]"),
        numbers("imitator_stock", imitator_stock, STOCKS),
        numbers("bias_variance", bias_variance, "[0, 1e100]"),
        numbers("innovators_stay", innovators_stay, "[0, 1]"),
    )


def trap_price(parameters: DynamicParameters) -> float:
    """Prop. 5's trap P = 1/(1 + r(P)), where the cap ends as imitators' data lose their value (MODEL 4.2; Creators).

    Parameters
    ----------
    parameters : DynamicParameters
        Supply of either kind.

    Returns
    -------
    float
        In (0, 1]; 1 without imitators, 0 without innovators or where it is less than a float holds. With
        elasticities in the wrong order, x_o >= x_c + 1, there may be two such prices, and this is the larger; or none,
        and this is NaN. NaN as well with reservation prices: near theirs innovators are the more elastic kind.

    Raises
    ------
    ValueError
        If `parameters` is anything else.
    """
    p = instance("parameters", parameters, DynamicParameters)
    if p.reserved:
        return float("nan")
    steep = p.imitator_elasticity - p.innovator_elasticity + 1.0
    if steep > 0.0 or p.imitator_supply == 0.0 or p.innovator_supply == 0.0:
        return capped_price(p, 0.0)
    rate = log_ratio(p)
    if steep == 0.0:
        return max(1.0 - float(exponential(rate)), 0.0) or float("nan")
    # P (1 + r(P)) = P + e^rate P^steep is convex and least here
    least = (rate + float(natural_log(-steep))) / (1.0 - steep)
    return highest_root(p, 0.0, least) if least < 0.0 and over_cap(p, 0.0, least) <= 0.0 else float("nan")


def capped_price(parameters: DynamicParameters, imitator_bound: float) -> float:
    """The price that is equal to its own cap, P = (1 + mu r(P))/(1 + r(P)): prices above it exceed theirs (MODEL 4.2).

    Parameters
    ----------
    parameters : DynamicParameters
        Supply of either kind.
    imitator_bound : float
        mu in [0, 1], the bound on the marginal value of imitators' data. As it goes to 0 this price goes to
        `trap_price` (Creators, Prop. 5).

    Returns
    -------
    float
        In [mu, 1]; 1 without imitators, mu without innovators. NaN with elasticities in the wrong order by 1 or more,
        or with reservation prices: it need not be the only one.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    p = instance("parameters", parameters, DynamicParameters)
    mu = number("imitator_bound", imitator_bound, "[0, 1]")
    if p.reserved:
        return float("nan")
    if p.imitator_supply == 0.0 or mu == 1.0:
        return 1.0
    if p.innovator_supply == 0.0:
        return mu
    steep = p.imitator_elasticity - p.innovator_elasticity + 1.0
    if steep <= 0.0:
        return float("nan")
    # here neither P nor P r(P) is above 1/2: the price is below its cap
    return highest_root(p, mu, min(HALF, (HALF - log_ratio(p)) / steep))


def log_ratio(p: DynamicParameters) -> float:
    """Logarithm of a_c / a_o."""
    return float(natural_log(p.imitator_supply)) - float(natural_log(p.innovator_supply))


def over_cap(p: DynamicParameters, mu: float, log_price: float) -> float:
    """Logarithm of a price over its cap (1 + mu r)/(1 + r)."""
    odds = log_ratio(p) + (p.imitator_elasticity - p.innovator_elasticity) * log_price
    bound = softplus(float(natural_log(mu)) + odds) if mu > 1e-300 else 0.0
    return log_price + softplus(odds) - bound


def softplus(x: float) -> float:
    """Softplus function log(1 + e^x), without overflow."""
    return max(x, 0.0) + float(natural_log(1.0 + float(exponential(-min(abs(x), 700.0)))))


def highest_root(p: DynamicParameters, mu: float, low: float) -> float:
    """The price between e^low and 1 that is equal to its cap."""
    from scipy.optimize import brentq

    root = float(brentq(lambda log_price: over_cap(p, mu, log_price), low, 0.0, xtol=1e-15))
    return float(exponential(root)) if root > -700.0 else 0.0
