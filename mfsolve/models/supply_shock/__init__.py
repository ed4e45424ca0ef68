"""Generative AI as a supply shock: segments of exit, AI and human producers, and their welfare (MODEL 5.1).

The equations, symbols and sources stand in MODEL.md beside this file.
"""

from .closed_form import first_adopters_decline
from .critical_weights import adoption_ceiling
from .default_search import Candidate, search
from .finite_market import finite_market
from .many_economies import ORDERS, Markets, scan
from .parameters import Parameters
from .payoffs import ai_profit, best_quality, human_profit, human_quality, pollution, volume
from .quality_distribution import Quality, hollow_share, quality
from .static_market import FixedPoint, Segments, fixed_points, segments
from .threshold_sensitivity import elasticities, threshold_map
from .thresholds import Thresholds, thresholds

__all__ = [
    "ORDERS",
    "Candidate",
    "FixedPoint",
    "Markets",
    "Parameters",
    "Quality",
    "Segments",
    "Thresholds",
    "adoption_ceiling",
    "ai_profit",
    "best_quality",
    "elasticities",
    "finite_market",
    "first_adopters_decline",
    "fixed_points",
    "hollow_share",
    "human_profit",
    "human_quality",
    "pollution",
    "quality",
    "scan",
    "search",
    "segments",
    "threshold_map",
    "thresholds",
    "volume",
]
