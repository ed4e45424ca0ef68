"""Data deals: the public table, incidence along the chain, the loop of faults, and the exchange (MODEL 6).

>>> from mfsolve.models import data_deals
>>> data_deals.concentration([1.0, 1.0, 2.0]).hhi
0.375
"""

from .concentration import Bounds, Concentration, concentration, generator_bounds, imputed, lorenz, majority_cap
from .pay import PayAssumptions, competitive_share, generator_shares
from .summary import Summary, summarise
from .table import Code, DataDeal, Totals, Value, disclosure, grouped, parse_value, totals

__all__ = [
    "Bounds",
    "Code",
    "Concentration",
    "DataDeal",
    "PayAssumptions",
    "Summary",
    "Totals",
    "Value",
    "competitive_share",
    "concentration",
    "disclosure",
    "generator_bounds",
    "generator_shares",
    "grouped",
    "imputed",
    "lorenz",
    "majority_cap",
    "parse_value",
    "summarise",
    "totals",
]
