"""Pay of generators from the same deals under each regime, for stated assumptions (MODEL 6.1)."""

from pydantic import Field

from mfsolve.models.frozen import Frozen


class PayAssumptions(Frozen):
    """Assumptions behind what a regime pays generators of a deal's value."""

    revenue_share: float = Field(0.3, ge=0.0, le=1.0, description="share of receipts under a fixed revenue share")
    bargaining_share: float = Field(0.5, ge=0.0, le=1.0, description="generators' share of the intermediary's surplus")
    developers: int = Field(4, ge=2, le=10**6, description="developers J who compete for data under EDVEX")
    lineage: float = Field(0.9, ge=0.0, le=1.0, description="share r of payments that provenance directs to the source")
    fee: float = Field(0.1, ge=0.0, lt=1.0, description="share that the exchange keeps under EDVEX")


def competitive_share(developers: int) -> float:
    """Second-highest over highest of J uniform values, in expectation: (J - 1) / J (MODEL 6.4)."""
    return (developers - 1.0) / developers


def generator_shares(given: PayAssumptions, documented: float = 0.0) -> dict[str, float]:
    """Generators' share of a deal's value by regime (MODEL 6.1).

    `documented` is what the table shows under buy-outs. Strict rights have the monopsonist's half (MODEL 4.1, g = 2).
    """
    return {
        "free_for_all": 0.0,
        "buyout": documented,
        "revenue_share": given.revenue_share,
        "strict_rights": 0.5,
        "intermediary": given.bargaining_share,
        "edvex": (1.0 - given.fee) * given.lineage * competitive_share(given.developers),
    }
