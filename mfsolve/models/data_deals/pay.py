"""Pay of generators from the same deals under each regime, for stated assumptions (MODEL 6.1)."""

from pydantic import Field

from mfsolve.models.arguments import instance, number, whole
from mfsolve.models.frozen import Frozen

MOST_DEVELOPERS = 10**6
"""Most developers who compete."""


class PayAssumptions(Frozen):
    """Assumptions behind what a regime pays generators of a deal's value."""

    revenue_share: float = Field(0.3, ge=0.0, le=1.0, description="share of receipts under a fixed revenue share")
    bargaining_share: float = Field(0.5, ge=0.0, le=1.0, description="generators' share of the intermediary's surplus")
    developers: int = Field(4, ge=2, le=MOST_DEVELOPERS, description="developers J who compete for data under EDVEX")
    lineage: float = Field(0.9, ge=0.0, le=1.0, description="share r of payments that provenance directs to the source")
    fee: float = Field(0.1, ge=0.0, lt=1.0, description="share that the exchange keeps under EDVEX")


def competitive_share(developers: int) -> float:
    """Second-highest over highest of J uniform values, in expectation: (J - 1) / J (MODEL 6.4).

    Parameters
    ----------
    developers : int
        J, in [1, 10^6].

    Returns
    -------
    float
        In [0, 1).

    Raises
    ------
    ValueError
        For a number of developers outside its range.
    """
    whole("developers", developers, 1, MOST_DEVELOPERS)
    return (developers - 1.0) / developers


def generator_shares(given: PayAssumptions, documented: float = 0.0) -> dict[str, float]:
    """Generators' share of a deal's value by regime (MODEL 6.1).

    Strict rights have the monopsonist's half (MODEL 4.1, g = 2).

    Parameters
    ----------
    given : PayAssumptions
        What each regime is assumed to pay.
    documented : float
        Share that generators get under buy-outs, in [0, 1].

    Returns
    -------
    dict of str to float
        Share in [0, 1] by regime.

    Raises
    ------
    ValueError
        For a share outside [0, 1], or anything but assumptions.
    """
    instance("given", given, PayAssumptions)
    number("documented", documented, "[0, 1]")
    return {
        "free_for_all": 0.0,
        "buyout": documented,
        "revenue_share": given.revenue_share,
        "strict_rights": 0.5,
        "intermediary": given.bargaining_share,
        "edvex": (1.0 - given.fee) * given.lineage * competitive_share(given.developers),
    }
