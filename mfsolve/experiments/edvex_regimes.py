"""Regimes of paying for data on one population: who gains by the exchange, and what lasts (MODEL 6.4)."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Views
from mfsolve.models.data_deals.edvex import CLASSES, discounted, simulate_regime
from mfsolve.models.data_deals.exchange_economy import DealRegime, EconomyParameters, Payment, Sale
from mfsolve.models.data_deals.lineage import (
    MOST_BITS,
    LineageParameters,
    accepted,
    attributed,
    estimated_contamination,
    lineage,
)
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT

PATH = ("period",)


class Crowd(Frozen):
    """Creators of a replicate, and how long they are followed."""

    creators: int = Field(100_000, ge=10, le=2**31, description="creators")
    periods: int = Field(200, ge=4, le=100_000, description="periods")
    traced_items: int = Field(2000, ge=100, le=10**6, description="items on which lineage is measured, if it is")


class Sellers(Frozen):
    """Sellers admitted beside the creators."""

    synthetic: bool = Field(False, description="admit sellers of synthetic content")


class Buyouts(Sellers):
    """Sellers admitted beside the creators, and what a creator sells."""

    repeated: bool = Field(False, description="buy the work of every period; else each creator sells once, for good")


class Exchange(Frozen):
    """Sellers whom EDVEX admits, when it pays, and how it knows whose data it pays for."""

    synthetic: bool = Field(False, description="admit sellers of synthetic content")
    payment: Payment = Field(Payment.UPFRONT, description="pay upfront, or a share of the value as data are used")
    metadata_bits: int | None = Field(
        None,
        ge=0,
        le=MOST_BITS,
        description="bits of metadata by which lineage is measured; default: `lineage`",
    )


def traced(case: Case, seed: int, replicate: int) -> EconomyParameters:
    """The economy with its lineage as metadata and the estimated contamination of a pool give it (MODEL 3.2, 6.4)."""
    p: EconomyParameters = case.parameters
    bits: int | None = case.arm.metadata_bits
    if bits is None:
        return p
    law, items = LineageParameters(), case.population.traced_items
    share = estimated_contamination(law, items, seed, replicate)
    passes = accepted(law, share, items, seed, replicate)
    found = lineage(law, attributed(law, bits, items, seed, replicate), passes, 0)
    return p.model_copy(update={"lineage": found.credited, "passed": float(np.mean(passes[1]))})


def draw(case: Case, seed: int, replicate: int, threads: int, regime: DealRegime) -> Arrays:
    """A population's path under a regime, and the discounted payoff of every class."""
    crowd = case.population
    p, sale = case.parameters, Sale(case.arm.synthetic)
    if regime is DealRegime.BUYOUT:
        sale = Sale(case.arm.synthetic, repeated=case.arm.repeated)
    if regime is DealRegime.EDVEX:
        p, sale = traced(case, seed, replicate), Sale(case.arm.synthetic, case.arm.payment)
    found: Arrays = dict(simulate_regime(regime, p, crowd.creators, crowd.periods, seed, replicate, sale, threads))
    rates = dict(zip(CLASSES, (p.patience, p.patience, p.discount, p.discount)))
    worth = {name: discounted(found.pop(name), rate) for name, rate in rates.items()}
    value = discounted(found["precision"], p.discount)
    worth |= {
        "value": discounted(found["welfare"], p.discount),
        "elsewhere": discounted(found["welfare"], p.discount) - sum(worth.values()),
        "generators_share": discounted(found["generators"], p.discount) / value if value else np.nan,
    }
    return found | {f"{name}_worth": np.asarray(x) for name, x in worth.items()}


def drawn(case: Case) -> Mapping[str, Output]:
    """Paths along periods, and payoffs over all of them, discounted."""
    return {
        "precision": Output(PATH, "precision that the data in use give"),
        "participation": Output(PATH, "share of creators who take part", support=UNIT),
        "generators": Output(PATH, "pay of generators in a period"),
        "welfare": Output(PATH, "welfare of a period"),
        "synthetic": Output(PATH, "synthetic effort bought in a period"),
        **{f"{name}_worth": Output((), f"discounted payoff of {name}") for name in CLASSES},
        "value_worth": Output((), "discounted welfare"),
        "elsewhere_worth": Output((), "discounted pay of synthetic sellers, and payments gone astray"),
        "generators_share_worth": Output(
            (), "generators' pay over the value of data, discounted; none where data have no value"
        ),
    }


def coordinates(case: Case) -> Arrays:
    """Periods, from the start on."""
    return {"period": np.arange(case.population.periods + 1)}


SETTINGS: dict[DealRegime, type[Frozen]] = {DealRegime.EDVEX: Exchange, DealRegime.BUYOUT: Buyouts}
"""Settings of regimes that have more of them than `Sellers`."""

EXPERIMENT = Experiment(
    name="edvex_regimes",
    title="regimes of paying for data, in the long run",
    parameters=EconomyParameters,
    arms={
        regime.value: Arm(
            SETTINGS.get(regime, Sellers),
            draw=partial(draw, regime=regime),
            drawn=drawn,
            coordinates=coordinates,
        )
        for regime in DealRegime
    },
    population=Crowd,
    section="regimes",
    word="regime",
    path="period",
    views=Views(
        paths=("precision", "participation", "generators", "welfare"),
        bars=(
            ("value_worth", 1.0, "discounted payoff"),
            *((f"{name}_worth", 1.0, name) for name in CLASSES),
            ("elsewhere_worth", 1.0, "paid to others"),
        ),
    ),
    toy={"population.creators": 500, "population.periods": 12},
)
