"""The creator market, from twelve creators to a billion: static, streamed, estimated, dynamic (MODEL 4)."""

from .curse import Phase, Rescue, curse_map, point_of_no_return
from .distributions import Beta, Distribution, TwoPoint, Uniform
from .dynamic import compare_regimes, dynamic_market
from .dynamics import (
    DynamicParameters,
    Regime,
    myopic_price,
    precision_barrier,
    price_cap,
    recursive_precision,
    trap_price,
)
from .estimation import Estimation, blue, mean_squared_error, minimax_weights, simulate_estimation
from .finite import finite_convergence, finite_market, stepped_market
from .regions import (
    HeavyImitators,
    critical_bias_variance,
    even_loadings,
    first_failure,
    heavy_imitators,
    is_monotone,
    monotonicity_map,
    ratio_curves,
    ratio_limits,
)
from .static import Aggregates, StaticMarket, static_market
from .streamed import approach, continuum_market, streamed_market

Parameters = DynamicParameters

__all__ = [
    "Aggregates",
    "Beta",
    "Distribution",
    "DynamicParameters",
    "Estimation",
    "HeavyImitators",
    "Parameters",
    "Phase",
    "Regime",
    "Rescue",
    "StaticMarket",
    "TwoPoint",
    "Uniform",
    "approach",
    "blue",
    "compare_regimes",
    "continuum_market",
    "critical_bias_variance",
    "curse_map",
    "dynamic_market",
    "even_loadings",
    "finite_convergence",
    "finite_market",
    "first_failure",
    "heavy_imitators",
    "is_monotone",
    "mean_squared_error",
    "minimax_weights",
    "monotonicity_map",
    "myopic_price",
    "point_of_no_return",
    "precision_barrier",
    "price_cap",
    "ratio_curves",
    "ratio_limits",
    "recursive_precision",
    "simulate_estimation",
    "static_market",
    "stepped_market",
    "streamed_market",
    "trap_price",
]
