"""Generative AI as a supply shock: who exits, who adopts AI, who stays human, and what it is worth (MODEL 5.1)."""

from .closed_form import first_adopters_decline
from .defaults import Candidate, search
from .finite import finite_market
from .parameters import Parameters
from .payoffs import ai_profit, best_quality, human_profit, human_quality, pollution, volume
from .quality import Quality, hollow_share, quality
from .scan import ORDERS, Markets, scan, segments_map
from .static import FixedPoint, Segments, fixed_points, segments
from .study import MODEL
from .thresholds import Thresholds, adoption_ceiling, threshold_map, thresholds

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
