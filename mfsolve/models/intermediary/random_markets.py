"""Random markets with their parties' demands, for measuring a contract's promises away from examples (MODEL 4.3)."""

from dataclasses import dataclass

from mfsolve.arrays import Floats
from mfsolve.models.arguments import seed_word, whole
from mfsolve.models.creators.aggregate_root import power, powers
from mfsolve.models.creators.static_market import StaticMarket, static_market

from .audit import random
from .contract import Contract, contract


@dataclass(frozen=True)
class Deal:
    """A market and its parties' demands: the arguments of `contract`."""

    market: StaticMarket
    operating_cost: float
    buyer_outside: float
    creator_outside: Floats
    bargaining_share: float

    def contract(self, floored: bool = False) -> Contract:
        """The intermediary's contract for this market."""
        demands = (self.operating_cost, self.buyer_outside, self.creator_outside, self.bargaining_share)
        return contract(self.market, *demands, floored)


def random_deal(
    seed: int,
    index: int,
    most: int = 40,
    bias_variance: float | None = None,
    cost_exponent: float | None = None,
    cost_scale: float | None = None,
) -> Deal:
    """A random market that has a contract, and its parties' demands (MODEL 4.3).

    It has 1 to `most` creators with loadings top x U^p (top up to 2, p up to 3), bias variance in [0.03, 30], g in
    [1.2, 4.2], k in [0.3, 3], outside options and operating cost that take a random share of what the planner's
    efforts yield, and a random bargaining share.

    Parameters
    ----------
    seed, index : int
        The market is a function of both; seed in [0, 2^64 - 1], index in [0, 2^32 - 1].
    most : int
        Creators at most, [1, 1000].
    bias_variance, cost_exponent, cost_scale : float, optional
        v > 0, g > 1 and k > 0; what is given is not drawn.

    Returns
    -------
    Deal

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    most = whole("most", most, 1, 1000)
    seed_word("index", index, 32)
    u = random(seed, "intermediary.market", index, 2 * most + 10)
    n = 1 + int((1.0 - u[0]) * most)
    market = static_market(
        2.0 * u[1] * powers(u[10 : 10 + n], 3.0 * u[2]),
        0.03 * power(1000.0, u[3]) if bias_variance is None else bias_variance,
        1.2 + 3.0 * u[4] if cost_exponent is None else cost_exponent,
        0.3 * power(10.0, u[5]) if cost_scale is None else cost_scale,
    )
    yielded = 0.999 * u[6] * market.welfare_planner
    outside = u[10 + most : 10 + most + n]
    outside = outside / outside.sum() * yielded * u[7]
    rest = yielded * (1.0 - u[7])
    return Deal(market, rest * u[8], rest * (1.0 - u[8]), outside, 1.0 - u[9])
