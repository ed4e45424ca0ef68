"""The data intermediary: a two-part tariff that pays for the planner's efforts, and each creator's share (MODEL 4.3).

The paper (Creators) states that the contract is incentive compatible, balances its budget, is individually
rational and solves the Nash bargaining problem. `audit` measures each, on a market of one's own or on a
`random_deal`; `attribution` holds the weights and their simulation.
"""

from .attribution import OrderScheme, ShapleyValues, aumann_shapley, exact_shapley, shapley, shapley_interval
from .audit import Audit, audit
from .contract import Contract, contract, distortion_spread, linear_contract, linear_pricing
from .membership import Membership, Participation, Threat, participation, voluntary_membership
from .random_markets import Deal, random_deal

__all__ = [
    "Audit",
    "Contract",
    "Deal",
    "Membership",
    "OrderScheme",
    "Participation",
    "ShapleyValues",
    "Threat",
    "audit",
    "aumann_shapley",
    "contract",
    "distortion_spread",
    "exact_shapley",
    "linear_contract",
    "linear_pricing",
    "participation",
    "random_deal",
    "shapley",
    "shapley_interval",
    "voluntary_membership",
]
