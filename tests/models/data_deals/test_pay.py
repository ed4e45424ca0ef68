"""What regimes pay generators (MODEL 6.1)."""

import pytest

from mfsolve.models.data_deals.pay import PayAssumptions, generator_shares


def test_shares_of_a_deal_by_regime():
    given = PayAssumptions(revenue_share=0.2, bargaining_share=0.4, developers=5, lineage=0.75, fee=0.1)
    assert generator_shares(given, 0.07) == pytest.approx(
        {"free_for_all": 0.0, "buyout": 0.07, "revenue_share": 0.2, "strict_rights": 0.5, "intermediary": 0.4,
         "edvex": 0.9 * 0.75 * 0.8}
    )  # fmt: skip
