"""The public data deals: who gets the disclosed value, and what the hidden ones leave open (MODEL 6.1)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.data.deal_files import disclosed_deals
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.data_deals.concentration import concentration, generator_bounds, lorenz, majority_cap
from mfsolve.models.data_deals.summary import summarise
from mfsolve.models.data_deals.table import floors
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT

MILLION = 1e6
CAP, MULTIPLE, RANK, SHARED = ("hidden_value",), ("revenue_multiple",), ("valued_deals",), "aggregators' share"
HALF = ((0.5, "majority"),)
CAPS = (0.0, 300.0)
MULTIPLES = (1.0, 6.0)


class Hidden(Frozen):
    """Deals of the public table whose value is hidden, and what is assumed of them and of buyers."""

    undisclosed: int = Field(57, ge=0, le=10**6, description="deals without a disclosed value")
    cap: float | None = Field(None, ge=0.0, description="greatest hidden value, m dollars; else the largest disclosed")
    revenue_multiple: float = Field(3.0, ge=1.0, description="buyers' revenue from the data over what they paid")


class Resolution(Frozen):
    """Places of the curves."""

    places: int = Field(61, ge=3, le=10_000, description="places of every curve")


class Disclosed(Frozen):
    """The sixteen public deals with a disclosed value."""


def solve(case: Case, threads: int) -> Arrays:
    """Totals, concentration, and the aggregators' share of receipts and of chain value, with bounds."""
    p, deals = case.parameters, disclosed_deals()
    found = summarise(deals)
    known, paid = found.totals.full_term, found.documented
    focus = concentration(floors(deals))
    cap = MILLION * p.cap if p.cap is not None else float(floors(deals).max())

    def bounds(most: float) -> tuple[float, float]:
        generators = generator_bounds(known, paid, p.undisclosed, most)
        return 1.0 - generators.high, 1.0 - generators.low

    least, greatest = np.array([bounds(MILLION * x) for x in np.linspace(*CAPS, case.population.places)]).T
    documented = 1.0 - paid / known
    values = {
        "one_year": found.totals.one_year / MILLION, "full_term": known / MILLION,
        "ceiling": found.totals.ceiling / MILLION,
        "largest": focus.largest, "hhi": focus.hhi, "gini": focus.gini,
        "undisclosed_share": p.undisclosed / (p.undisclosed + len(deals)),
        "documented_royalty": 100.0 * paid / known,
        "aggregators_documented": documented,
        "aggregators_least": bounds(cap)[0], "aggregators_most": bounds(cap)[1],
        "majority_below": majority_cap(known, paid, p.undisclosed) / MILLION,
        "chain_share": documented / p.revenue_multiple,
        "lorenz": lorenz(floors(deals)), "equal": np.linspace(0.0, 1.0, len(deals) + 1),
        "least": least, "greatest": greatest,
        "chain": documented / np.linspace(*MULTIPLES, case.population.places),
    }  # fmt: skip
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def solved(case: Case) -> Mapping[str, Output]:
    """Numbers of the table, its Lorenz curve, and what aggregators may get."""
    return {
        "one_year": Output((), "disclosed value, amounts for several years spread over them", "m USD"),
        "full_term": Output((), "disclosed value, full terms", "m USD"),
        "ceiling": Output((), "disclosed value, upper ends", "m USD"),
        "largest": Output((), "share of the largest deal", support=UNIT),
        "hhi": Output((), "sum of squared shares", support=UNIT),
        "gini": Output((), "Gini coefficient of the disclosed values", support=UNIT),
        "undisclosed_share": Output((), "share of deals without a disclosed value", support=UNIT),
        "documented_royalty": Output((), "documented pay of generators, per cent of the disclosed value", "%"),
        "aggregators_documented": Output((), "aggregators' share of disclosed receipts, as documented", support=UNIT),
        "aggregators_least": Output((), "least share of aggregators that hidden values allow", support=UNIT),
        "aggregators_most": Output((), "greatest share of aggregators that hidden values allow", support=UNIT),
        "majority_below": Output((), "hidden value below which aggregators must have the majority", "m USD"),
        "chain_share": Output((), "aggregators' share of buyers' revenue from the data", support=UNIT),
        "lorenz": Output(RANK, "disclosed deals", panel="share of the disclosed value"),
        "equal": Output(RANK, "equal values", panel="share of the disclosed value"),
        "least": Output(CAP, "least", panel=f"{SHARED} of receipts", levels=HALF, view=(0.0, 1.02)),
        "greatest": Output(CAP, "greatest", panel=f"{SHARED} of receipts", levels=HALF),
        "chain": Output(MULTIPLE, f"{SHARED} of buyers' revenue", levels=HALF, view=(0.0, 1.02)),
    }


def coordinates(case: Case) -> Arrays:
    """Places of the curves: hidden values in m dollars, multiples, and shares of the valued deals."""
    return {
        "hidden_value": np.linspace(*CAPS, case.population.places),
        "revenue_multiple": np.linspace(*MULTIPLES, case.population.places),
        "valued_deals": np.linspace(0.0, 1.0, len(disclosed_deals()) + 1),
    }


EXPERIMENT = Experiment(
    name="deals_table",
    title="public data deals: disclosed value, and bounds on what is hidden",
    parameters=Hidden,
    arms={"disclosed": Arm(Disclosed, solve=solve, solved=solved, coordinates=coordinates)},
    population=Resolution,
    section="tables",
    word="table",
    units={"hidden_value": "million USD"},
    toy={"population.places": 5},
)
