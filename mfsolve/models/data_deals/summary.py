"""A table of deals in numbers: all of MODEL 6.1 at once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import instance, instances, optional_number
from mfsolve.models.result_repr import legible

from .concentration import Bounds, Concentration, concentration, generator_bounds, imputed, lorenz, majority_cap
from .pay import PayAssumptions, generator_shares
from .table import (
    DataDeal,
    Disclosure,
    Group,
    Totals,
    Value,
    amounts_known,
    code_counts,
    disclosure,
    floored,
    grouped,
    paid_by_item,
    recurring_without_mark,
    totals,
    undisclosed_parts,
    valued,
)

PUBLIC_DEALS = 73
"""Rows of the public table whose own counts are checked."""
STATED_BUYERS = {"Undisclosed": 8, "Google": 6}
"""Deals of a buyer as the text beside the public table counts them."""
STATED_WORTH = 1.6e9
"""Worth of the deals that the same text speaks of elsewhere, in dollars."""

TINY = 1e-4
"""Share of the median below which a value is thought to lack its unit: 60 where others have 60m."""


@legible
@dataclass(frozen=True)
class Summary:
    """Facts of a table of deals; amounts in dollars.

    `documented` is what of the disclosed value is known to be paid to generators: amounts for single items. `cap` is
    the greatest value that bounds allow a hidden deal, `majority_below` the cap up to which aggregators must have the
    majority of receipts, `pays` what generators would get of the full-term total, by regime. `by_item` counts the
    values that are paid for an item, each of which counts once in every sum. `at_most` has the ends of values that are
    known from above only: 0 in sums, no part of concentration, in [0, end] in bounds. `undisclosed_parts` counts parts
    without an amount beside a value, such as equity: 0 in sums, hidden values in bounds.
    """

    disclosure: Disclosure
    totals: Totals
    concentration: Concentration | None
    lorenz: Floats
    by_type: list[Group]
    by_year: list[Group]
    by_buyer: list[Group]
    by_code: dict[str, int]
    by_item: dict[str, int]
    at_most: list[float]
    undisclosed_parts: dict[str, int]
    documented: float
    cap: float
    bounds: Bounds | None
    majority_below: float
    imputed: float
    pays: dict[str, float]
    notes: list[str]

    def report(self) -> dict[str, Any]:
        """Plain numbers and names, as JSON takes them."""
        found = asdict(self)
        found["lorenz"] = [float(x) for x in self.lorenz]
        found["majority_below"] = self.majority_below if np.isfinite(self.majority_below) else None
        return found


def summarise(deals: Sequence[DataDeal], cap: float | None = None, given: PayAssumptions | None = None) -> Summary:
    """Facts of a table of deals (MODEL 6.1).

    Parameters
    ----------
    deals : sequence of DataDeal
    cap : float, optional
        Greatest value of a hidden deal, in dollars, [0, inf); the largest disclosed one if not given.
    given : PayAssumptions, optional
        Assumptions behind what each regime would pay.

    Returns
    -------
    Summary
        Amounts in dollars.

    Raises
    ------
    ValueError
        For an argument out of its range, naming it.
    """
    deals = instances("deals", deals, DataDeal)
    instance("given", given, PayAssumptions | None)
    optional_number("cap", cap, "[0, inf)")
    amounts, sums, known = amounts_known(deals), totals(deals), disclosure(deals)
    positive = bool(amounts.sum() > 0.0)
    ends = [value.high for _, value in valued(deals) if value.at_most]
    upper = sum(ends)
    parts = undisclosed_parts(deals)
    hidden = known.undisclosed + sum(parts.values())
    most = float(amounts.max()) if cap is None and positive else cap or 0.0
    documented = sum(value.low for deal, value in valued(deals) if deal.shares_revenue and value.item)
    whole = sums.full_term
    shares = generator_shares(given or PayAssumptions(), documented / whole if positive else 0.0)
    return Summary(
        disclosure=known,
        totals=sums,
        concentration=concentration(amounts) if positive else None,
        lorenz=lorenz(amounts) if positive else np.zeros(0),
        by_type=grouped(deals, lambda deal: deal.content),
        by_year=sorted(grouped(deals, lambda deal: deal.year or "not known"), key=lambda group: group.name),
        by_buyer=grouped(deals, lambda deal: deal.receiver),
        by_code={str(code): count for code, count in code_counts(deals).items()},
        by_item=paid_by_item(deals),
        at_most=ends,
        undisclosed_parts=parts,
        documented=documented,
        cap=most,
        bounds=generator_bounds(whole, documented, hidden, most, upper) if positive else None,
        majority_below=majority_cap(whole, documented, hidden, upper),
        imputed=imputed(deals),
        pays={name: share * whole for name, share in shares.items()},
        notes=notes(deals, sums),
    )


def notes(deals: Sequence[DataDeal], sums: Totals) -> list[str]:
    """Statements of the source, or codes of the table, that its own rows do not reproduce."""
    found = [
        f"{deal.aggregator} to {deal.receiver} ({deal.year or 'year not known'}): read as {value.low:g} dollars, where "
        f"half of the deals have {middle / 1e6:.4g} m and more; millions are written 60m"
        for deal, value, middle in _tiny(deals)
    ]
    found += [
        f"{deal.aggregator} to {deal.receiver} ({deal.year or 'year not known'}): paid by the year without the code R "
        "(recurring)"
        for deal in (recurring_without_mark(deals) if any(deal.codes for deal in deals) else ())
    ]
    buyers = {group.name: group.deals for group in grouped(deals, lambda deal: deal.receiver)}
    if len(deals) == PUBLIC_DEALS and STATED_BUYERS.keys() <= buyers.keys():
        found += [
            f"buyer {name}: the source counts {count} deals, its rows {buyers[name]}"
            for name, count in STATED_BUYERS.items()
            if buyers[name] != count
        ]
        if sums.ceiling < STATED_WORTH:
            found.append(
                f"the source mentions {STATED_WORTH / 1e9:g} bn dollars elsewhere, its rows give at most "
                f"{sums.ceiling / 1e9:.3g} bn"
            )
    return found


def _tiny(deals: Sequence[DataDeal]) -> list[tuple[DataDeal, Value, float]]:
    """Values of whole deals that are next to nothing beside the others, and the median of all."""
    whole = [(deal, value) for deal, value in floored(deals) if not value.item]
    middle = float(np.median([value.low for _, value in whole])) if whole else 0.0
    return [(deal, value, middle) for deal, value in whole if 0.0 < value.low < TINY * middle]
