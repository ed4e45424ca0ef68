"""Attacks on the division of pay: copies and splits under other names, and a race to the bottom (MODEL 6.4)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.creators.loadings import Uniform
from mfsolve.models.creators.static_market import static_market
from mfsolve.models.creators.streamed_market import drawn_loadings
from mfsolve.models.data_deals.replication import CopyPay, copied, race, sale_revenue, split, union_floor
from mfsolve.models.frozen import Frozen

COPIES = np.arange(9)
PARTS = (1, 2, 3, 4, 6, 8)
IMITATORS = np.unique(np.geomspace(1, 10_000, 41).astype(int))
DEVELOPERS = np.arange(1, 13)
RULES = {
    "equal": "equal parts", "volume": "volume claimed (Aumann-Shapley)", "shapley": "Shapley value",
    "leave_one_out": "leave-one-out", "traced": "Shapley value after lineage",
}  # fmt: skip
PANEL = "attacker's pay over pay without the attack"


class MarketParameters(Frozen):
    """Creators who make the planner's efforts, which an intermediary buys; the first of them attacks (MODEL 6.4)."""

    creators: int = Field(20, ge=2, le=10**6, description="creators, loadings uniform on [0, 1]")
    bias_variance: float = Field(1.0, gt=0.0, le=1e6, description="variance v of the common factor")
    cost_scale: float = Field(1.0, ge=1e-12, le=1e6, description="scale k of the cost k e^2 / 2")
    lineage: float = Field(0.9, ge=0.0, le=1.0, description="probability that lineage finds a copy")


class Sampling(Frozen):
    """Random orders behind Shapley values."""

    orders: int = Field(2000, ge=4, le=10**8, description="random orders, an even number")


class Nobody(Frozen):
    """There is nothing to choose of an attack."""


def market(case: Case, seed: int, replicate: int) -> tuple[np.ndarray, np.ndarray]:
    """Loadings and planner's efforts of a replicate's creators."""
    p = case.parameters
    loading = drawn_loadings(Uniform(), p.creators, seed, replicate)
    return loading, static_market(loading, p.bias_variance, 2.0, p.cost_scale).effort_planner


def draw_copies(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Pay of a seller who copies, over pay before, by rule."""
    p = case.parameters
    x, e = market(case, seed, replicate)
    orders = case.population.orders
    found = copied(x, e, p.bias_variance, COPIES, orders, seed, p.lineage, replicate)
    curves = {name: pay / pay[0] if pay[0] > 0.0 else np.ones_like(pay) for name, pay in found._asdict().items()}
    return curves | {f"{name}_gain": np.asarray(curve[-1] - 1.0) for name, curve in curves.items()}


def drawn_copies(case: Case) -> Mapping[str, Output]:
    """Curves by copies and gains at eight."""
    levels = ((1.0, "no gain"),)
    return {
        **{name: Output(("copies",), RULES[name], panel=PANEL, levels=levels) for name in CopyPay._fields},
        **{f"{name}_gain": Output((), f"gain by eight copies: {RULES[name]}") for name in CopyPay._fields},
    }


def draw_splits(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Shapley value of a seller who splits, over the value as one."""
    x, e = market(case, seed, replicate)
    orders, v = case.population.orders, case.parameters.bias_variance
    pay = np.array([split(x, e, v, parts, orders, seed, replicate, threads) for parts in PARTS])
    curve = pay / pay[0] if pay[0] > 0.0 else np.ones_like(pay)
    return {"split": curve, "split_gain": np.asarray(curve[-1] - 1.0)}


def drawn_splits(case: Case) -> Mapping[str, Output]:
    """Curve by parts, and the gain at eight."""
    return {
        "split": Output(("parts",), "Shapley value in parts over the value as one", levels=((1.0, "Aumann-Shapley"),)),
        "split_gain": Output((), "gain by eight parts: Shapley value"),
    }


def solve_race(case: Case, threads: int) -> Arrays:
    """Prices and incomes of imitators in competition and in a union; revenue of two ways to sell."""
    p = case.parameters
    alone = [race(int(n), p.bias_variance, p.cost_scale) for n in IMITATORS]
    together = [union_floor(int(n), p.bias_variance, p.cost_scale) for n in IMITATORS]
    sales = [sale_revenue(int(j)) for j in DEVELOPERS]
    values = {
        "price_alone": [x.price for x in alone], "price_union": [x.price for x in together],
        "income_alone": [x.income for x in alone], "income_union": [x.income for x in together],
        "second_price": [x["second_price"] for x in sales], "posted": [x["posted"] for x in sales],
        "last_price_alone": alone[-1].price, "last_price_union": together[-1].price,
        "union_gain": together[-1].income / alone[-1].income - 1.0,
    }  # fmt: skip
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def solved_race(case: Case) -> Mapping[str, Output]:
    """Curves by imitators and by developers, and their ends."""
    n, price, income, sale = ("imitators",), "price of imitators' effort", "income of all imitators", "expected revenue"
    return {
        "price_alone": Output(n, "in competition", panel=price, levels=((0.25, "1/4"),)),
        "price_union": Output(n, "floor of a union", panel=price),
        "income_alone": Output(n, "in competition", panel=income),
        "income_union": Output(n, "in a union", panel=income),
        "second_price": Output(("developers",), "one licence, second price", panel=sale),
        "posted": Output(("developers",), "posted price for each", panel=sale),
        "last_price_alone": Output((), "price among 10 000 imitators in competition"),
        "last_price_union": Output((), "price floor of 10 000 imitators in a union"),
        "union_gain": Output((), "gain of income by a union of 10 000 imitators"),
    }


def along(**places: np.ndarray) -> Arrays:
    """Coordinates of an arm."""
    return {name: np.asarray(values) for name, values in places.items()}


EXPERIMENT = Experiment(
    name="replication_attack",
    title="attacks on the division of pay for data",
    parameters=MarketParameters,
    arms={
        "copies": Arm(
            Nobody, draw=draw_copies, drawn=drawn_copies, coordinates=lambda case: along(copies=COPIES)
        ),
        "splits": Arm(
            Nobody, draw=draw_splits, drawn=drawn_splits, coordinates=lambda case: along(parts=np.array(PARTS))
        ),
        "race": Arm(
            Nobody, solve=solve_race, solved=solved_race,
            coordinates=lambda case: along(imitators=IMITATORS, developers=DEVELOPERS),
        ),
    },
    population=Sampling,
    section="attacks",
    word="attack",
    toy={"population.orders": 64, "parameters.creators": 6},
)  # fmt: skip
