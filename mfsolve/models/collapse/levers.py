"""Levers of a regulator in a generation (MODEL 1.3)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Levers:
    """Levers of a policy: subsidy s, verified share phi, levy on synthetic items, and the policy's own cost."""

    subsidy: float
    verified_share: float
    levy: float = 0.0
    cost: float = 0.0
