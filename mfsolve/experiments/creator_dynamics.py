"""The dynamic market as a study sees it: finite populations along time, under three regimes (MODEL 4.2, 4.3)."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.creators.finite_market import (
    ROWS,
    Path,
    Schedule,
    check_sizes,
    check_steps,
    finite_path,
    stepped_path,
)
from mfsolve.models.creators.fluid_market import LONG, dynamic_market
from mfsolve.models.creators.populations import Array
from mfsolve.models.creators.prices import capped_price, trap_price
from mfsolve.models.creators.recursive_precision import DynamicParameters, Regime, precision_barrier, warn_order
from mfsolve.models.frozen import Frozen

PATH = ("time",)
CAP = {
    "price_cap": Variable(PATH, "its cap", panel="price"),
    "cap_slack": Variable(PATH, "least margin so far between Prop. 5's bound and the price"),
    "cap_kept": Variable(PATH, "whether the price has kept to Prop. 5's bound so far"),
    "trap_ratio": Variable(PATH, "price over that of the trap, P (1 + r(P)) = 1"),
    "trap_gap": Variable(PATH, "price that is equal to its cap, over that of the trap, less 1"),
}
VARIABLES = {
    **{name: Variable(PATH, LONG[name]) for name in ROWS if name != "price_cap"},
    "imitator_share": Variable(PATH, "share of the rank and file in all data"),
    "lost": Variable(PATH, "share of its peak so far that precision has lost"),
    "declined": Variable(PATH, "whether precision has fallen by more than 5 % of its peak so far"),
    "recovered": Variable(PATH, "precision over that of the intermediary from the start (its limit)"),
    "rescued": Variable(PATH, "whether precision is at least 90 % of that"),
    "barrier_ratio": Variable(PATH, "precision over the barrier of a market without innovators"),
}


class Crowd(Frozen):
    """Finite populations and the time steps they are followed by."""

    creators: int = Field(1000, ge=2, le=2**26, description="creators of each kind, N")
    questions: int | None = Field(
        None, ge=2, le=2**31, description="questions a step on which precision is measured; N if not given"
    )
    dt: float = Field(0.5, gt=0.0, le=1e3, description="time step; dt x depreciation is at most 1")
    steps: int = Field(120, ge=1, le=10**6, description="number of time steps")


class Record(Frozen):
    """Which instants of a path are kept."""

    every: int = Field(1, ge=1, le=10**6, description="every so many steps; divides their number")


class FreeForAll(Frozen):
    """Nobody is paid."""


class StrictRights(Frozen):
    """The buyer pays one price, the best for the profit of the moment."""


class Intermediary(Frozen):
    """Each kind is paid the marginal value of its data."""

    starts: float = Field(0.0, ge=0.0, description="when the intermediary takes over from strict rights")


REGIMES: Mapping[str, type[Frozen]] = {
    "strict_rights": StrictRights,
    "intermediary": Intermediary,
    "free_for_all": FreeForAll,
}


def regime_of(regime: Frozen) -> tuple[Regime, float | None]:
    """The regime at the start and when the intermediary takes over."""
    if isinstance(regime, Intermediary):
        return Regime.STRICT_RIGHTS, regime.starts
    return (Regime.FREE_FOR_ALL if isinstance(regime, FreeForAll) else Regime.STRICT_RIGHTS), None


@cache
def _say_once(p: DynamicParameters) -> None:
    """A study asks many times what its variables are."""
    warn_order(p)


def _variables(case: Case) -> Mapping[str, Variable]:
    size = case.population
    check_steps(case.parameters, size.dt)
    check_sizes(size.creators, size.questions or size.creators)
    if size.steps % case.record.every:
        raise ValueError(f"every: {case.record.every} given; allowed: divisors of steps = {size.steps}")
    _say_once(case.parameters)
    return _named(case)


@lru_cache(maxsize=64)
def _named(case: Case) -> Mapping[str, Variable]:
    """Prop. 5 speaks of strict rights: its cap and trap are left out where these never rule."""
    p, (regime, switch) = case.parameters, regime_of(case.policy)
    strict = regime is Regime.STRICT_RIGHTS and switch != 0.0
    trap, barrier = trap_price(p), precision_barrier(p.bias_floor, p.bias_feedback, p.imitator_loading)
    whose = "under strict rights" if strict and switch is None else "in other regimes"
    found = dict(VARIABLES)
    found["precision"] = replace(
        found["precision"], panel=f"precision {whose}", levels=((barrier, "barrier"),) if barrier < np.inf else ()
    )
    found["price"] = replace(
        found["price"], panel="price", levels=((trap, "trap"),) if strict and not np.isnan(trap) else ()
    )  # fmt: skip
    return found | (CAP if strict else {})


def _coordinates(case: Case) -> Arrays:
    return {"time": case.population.dt * np.arange(0, case.population.steps + 1, case.record.every, dtype=np.float64)}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    size = case.population
    questions = size.questions or size.creators
    return _derived(case, finite_path(case.parameters, _schedule(case), size.creators, questions, seed, replicate))


def _schedule(case: Case) -> Schedule:
    return Schedule(case.population.dt, case.population.steps, *regime_of(case.policy))


def _limit(case: Case) -> Arrays:
    """Infinitely many creators, precision known: the same steps."""
    return _derived(case, stepped_path(case.parameters, _schedule(case)))


def _derived(case: Case, path: Path) -> Arrays:
    p, size = case.parameters, case.population
    best = stepped_path(p, Schedule(size.dt, size.steps, Regime.INTERMEDIARY))["precision"]
    ko, kc, phi = path["innovator_stock"], path["imitator_stock"], path["precision"]
    lost = 1.0 - phi / np.maximum(np.maximum.accumulate(phi), 1e-300)
    recovered = phi / np.maximum(best, 1e-300)
    barrier = precision_barrier(p.bias_floor, p.bias_feedback, p.imitator_loading)
    found = {
        **path,
        "imitator_share": kc / np.maximum(ko + kc, 1e-300),
        "lost": lost,
        "declined": np.maximum.accumulate(lost > 0.05).astype(np.float64),
        "recovered": recovered,
        "rescued": (recovered >= 0.9).astype(np.float64),
        "barrier_ratio": phi / barrier,
    }
    wanted, every = _named(case), case.record.every
    if "cap_slack" in wanted:
        slack = np.fmin.accumulate(path["price_cap"] - path["price"])
        found |= {"cap_slack": slack, "cap_kept": (slack >= -1e-12).astype(np.float64)}
    kept = {name: values[::every] for name, values in found.items() if name in wanted}
    return kept | (_trap(p, kept) if "trap_gap" in wanted else {})


def _trap(p: DynamicParameters, path: Arrays) -> Arrays:
    """How far price and cap are from the trap, while strict rights rule and innovators are there; NaN after that."""
    trap = trap_price(p)
    rules = ~np.isnan(path["price_cap"]) & (path["innovators_left"] == 0.0) & (trap > 0.0)
    mu = 1.0 / (1.0 + p.imitator_loading**2 * path["bias_variance"] * path["imitator_stock"]) ** 2
    equal = np.array([capped_price(p, float(m)) if ruled else np.nan for m, ruled in zip(mu, rules)])
    return {"trap_ratio": _over(np.where(rules, path["price"], np.nan), trap), "trap_gap": _over(equal - trap, trap)}


def _over(values: Array, trap: float) -> Array:
    return values / trap if trap > 0.0 else np.full_like(values, np.nan)


def _fluid_precision(case: Case) -> float:
    """Precision at the end in continuous time and with infinitely many creators."""
    regime, switch = regime_of(case.policy)
    end = case.population.dt * case.population.steps
    path = dynamic_market(case.parameters, [0.0, end], regime, switch)
    return float(path["precision"][-1])


MODEL = Model(
    name="creator_dynamics",
    title="dynamic creator market: stocks of data, recursive bias, prices, finite populations (MODEL 4.2)",
    parameters=DynamicParameters,
    alternatives=REGIMES,
    population=Crowd,
    record=Record,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=_limit,
    predictions={
        "trap_price": lambda case: trap_price(case.parameters),
        "precision_barrier": lambda case: precision_barrier(
            case.parameters.bias_floor, case.parameters.bias_feedback, case.parameters.imitator_loading
        ),
        "fluid_precision": _fluid_precision,
    },
    section="regimes",
    path="time",
    refined_downward=frozenset({"population.dt"}),
    panels=("precision", "lost", "price", "price_cap"),
)
