"""The data intermediary: a two-part tariff that pays the planner's efforts, and who is owed what (MODEL 4.3).

The paper (Creators) states that the contract is incentive compatible, balances its budget, is individually
rational and solves the Nash bargaining problem. `audit` measures each, `random_markets` on as many markets as
one likes; the weights and their simulation are in `creators.attribution`.
"""

from .attribution import ShapleyValues, aumann_shapley, exact_shapley, shapley, shapley_interval
from .audit import Audit, audit
from .contract import Contract, contract, linear_contract, linear_pricing, originality_penalty
from .random_markets import Deal, random_deal, random_markets

__all__ = [
    "Audit",
    "Contract",
    "Deal",
    "ShapleyValues",
    "audit",
    "aumann_shapley",
    "contract",
    "exact_shapley",
    "linear_contract",
    "linear_pricing",
    "originality_penalty",
    "random_deal",
    "random_markets",
    "shapley",
    "shapley_interval",
]
