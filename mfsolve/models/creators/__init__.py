"""The creator market, from twelve creators to a billion: static, streamed, estimated, dynamic (MODEL 4)."""

from .curse import Phase, Rescue, curse_map, point_of_no_return
from .estimation_game import Estimation, EstimationRules, blue_weights, mean_squared_error, simulate_estimation
from .feedback_effect import Effect, feedback_effects
from .finite_market import Schedule, finite_market, stepped_market
from .fluid_market import dynamic_market
from .loadings import Beta, Distribution, TwoPoint, Uniform
from .minimax import Saddle, saddle_point
from .monotonicity import critical_bias_variance, even_loadings, has_pole, is_monotone, pole_bias_variance
from .monotonicity_failures import first_failure, first_pole, first_rising
from .originality import HeavyImitators, efforts_fall, heavy_imitators, originality_penalty, ratio_limits
from .patient_buyer import Revenue, patient_plan
from .prices import capped_price, price_cap, trap_price
from .recursive_precision import DynamicParameters, Regime, precision_barrier, recursive_precision
from .rest_points import RestPoints, rest_points
from .static_market import Aggregates, StaticMarket, static_market
from .streamed_market import continuum_market, streamed_market

__all__ = [
    "Aggregates",
    "Beta",
    "Distribution",
    "DynamicParameters",
    "Effect",
    "Estimation",
    "EstimationRules",
    "HeavyImitators",
    "Phase",
    "Regime",
    "Rescue",
    "RestPoints",
    "Revenue",
    "Saddle",
    "Schedule",
    "StaticMarket",
    "TwoPoint",
    "Uniform",
    "blue_weights",
    "capped_price",
    "continuum_market",
    "critical_bias_variance",
    "curse_map",
    "dynamic_market",
    "efforts_fall",
    "even_loadings",
    "feedback_effects",
    "finite_market",
    "first_failure",
    "first_pole",
    "first_rising",
    "has_pole",
    "heavy_imitators",
    "is_monotone",
    "mean_squared_error",
    "originality_penalty",
    "patient_plan",
    "point_of_no_return",
    "pole_bias_variance",
    "precision_barrier",
    "price_cap",
    "ratio_limits",
    "recursive_precision",
    "rest_points",
    "saddle_point",
    "simulate_estimation",
    "static_market",
    "stepped_market",
    "streamed_market",
    "trap_price",
]
