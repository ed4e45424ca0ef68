"""Whom a contract's payments favour, the original or the rank and file (MODEL 4.3)."""

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.creators.originality import originality_penalty
from mfsolve.models.creators.static_market import StaticMarket
from mfsolve.models.intermediary.contract import Contract


def rents(market: StaticMarket) -> Floats:
    """Earnings (n,) of creators above their costs at the buyer's own prices, all of them selling."""
    return market.price_market * market.effort_market * (1.0 - 1.0 / market.cost_exponent)


def tilts(agreement: Contract) -> dict[str, float]:
    """Rank correlations with the loading of what creators are paid, and whether the most original is subsidised.

    Base payments and gains are those above outside options; relative gains are the shares of the surplus over what
    creators earn at the buyer's own prices.
    """
    loading = agreement.market.loading
    base = agreement.base_payment - agreement.creator_outside
    gain = agreement.creator_payoff - agreement.creator_outside
    earned = rents(agreement.market)
    relative = np.divide(agreement.weight, earned, out=np.full_like(earned, np.inf), where=earned > 0.0)
    subsidy, gained, more = (originality_penalty(loading, paid - paid.min()) for paid in (base, gain, relative))
    compared = bool(loading.min() < loading.max())
    return {
        "subsidy_tilt": subsidy,
        "gain_tilt": gained,
        "relative_tilt": more,
        "compared": compared,
        "base_favours": subsidy < 0.0,
        "gain_favours": gained < 0.0,
        "relative_favours": more < 0.0,
        "most_original_subsidised": compared and bool(base[np.argmin(loading)] > 0.0),
        "heaviest_subsidised": compared and bool(base[np.argmax(loading)] > 0.0),
    }
