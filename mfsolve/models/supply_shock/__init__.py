"""Generative AI as a supply shock: who exits, who adopts AI, who stays human, and what it is worth (MODEL 5.1)."""

from .closed_form import first_adopters_decline
from .critical import adoption_ceiling
from .defaults import Candidate, search
from .finite import finite_market
from .parameters import Parameters
from .payoffs import ai_profit, best_quality, human_profit, human_quality, pollution, volume
from .quality import Quality, hollow_share, quality
from .scan import ORDERS, Markets, scan, segments_map
from .static import FixedPoint, Segments, fixed_points, segments
from .study import MODEL
from .threshold_maps import elasticities, threshold_map
from .thresholds import Thresholds, thresholds

__all__ = [
    "MODEL",
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
    "segments_map",
    "threshold_map",
    "thresholds",
    "volume",
]
