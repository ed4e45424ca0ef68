"""What a policy sets in a generation, whatever its rule (MODEL 1.3)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Levers:
    """What a policy sets: subsidy s, verified share phi, levy on synthetic items, and what it costs to run."""

    subsidy: float
    verified_share: float
    levy: float = 0.0
    cost: float = 0.0
