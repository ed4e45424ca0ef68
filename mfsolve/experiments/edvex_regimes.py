"""Regimes of paying for data on one population: who gains by the exchange, and what lasts (MODEL 6.4)."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Views
from mfsolve.models.data_deals.edvex import CLASSES, DealRegime, EconomyParameters, discounted, simulate_regime
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT

PATH = ("period",)


class Crowd(Frozen):
    """Creators of a replicate, and how long they are followed."""

    creators: int = Field(100_000, ge=10, le=2**31, description="creators")
    periods: int = Field(200, ge=4, le=100_000, description="periods")


class Sellers(Frozen):
    """Sellers admitted beside the creators."""

    synthetic: bool = Field(False, description="admit sellers of synthetic content")


def draw(case: Case, seed: int, replicate: int, threads: int, regime: DealRegime) -> Arrays:
    """A population's path under a regime, and the discounted payoff of every class."""
    crowd = case.population
    found: Arrays = dict(simulate_regime(
        regime, case.parameters, crowd.creators, crowd.periods, seed, replicate, case.arm.synthetic, threads
    ))  # fmt: skip
    worth = {name: discounted(found.pop(name), case.parameters.discount) for name in CLASSES}
    value = discounted(found["precision"], case.parameters.discount)
    worth |= {
        "value": discounted(found["welfare"], case.parameters.discount),
        "elsewhere": discounted(found["welfare"], case.parameters.discount) - sum(worth.values()),
        "generators_share": discounted(found["generators"], case.parameters.discount) / value,
    }
    return found | {f"{name}_worth": np.asarray(x) for name, x in worth.items()}


def drawn(case: Case) -> Mapping[str, Output]:
    """Paths along periods, and payoffs over all of them, discounted."""
    return {
        "precision": Output(PATH, "precision of what data in use tell"),
        "participation": Output(PATH, "share of creators who take part", support=UNIT),
        "generators": Output(PATH, "pay of generators in a period"),
        "welfare": Output(PATH, "welfare of a period"),
        "synthetic": Output(PATH, "synthetic effort bought in a period"),
        **{f"{name}_worth": Output((), f"discounted payoff of {name}") for name in CLASSES},
        "value_worth": Output((), "discounted welfare"),
        "elsewhere_worth": Output((), "discounted pay of synthetic sellers, and what goes astray"),
        "generators_share_worth": Output((), "generators' pay over the value of data, discounted"),
    }


def coordinates(case: Case) -> Arrays:
    """Periods, from the start on."""
    return {"period": np.arange(case.population.periods + 1)}


EXPERIMENT = Experiment(
    name="edvex_regimes",
    title="regimes of paying for data, in the long run",
    parameters=EconomyParameters,
    arms={
        regime.value: Arm(Sellers, draw=partial(draw, regime=regime), drawn=drawn, coordinates=coordinates)
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
