"""The dynamic creator market: finite populations along time, under three regimes (MODEL 4.2, 4.3)."""

from dataclasses import replace
from functools import cache, lru_cache

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs, Reference, Views
from mfsolve.kernels.creators.stocks import Crowd as Drawn
from mfsolve.models.creators.finite_market import (
    CERTAIN,
    ROWS,
    Path,
    Schedule,
    check_sizes,
    check_steps,
    crowd_of,
    path_of,
)
from mfsolve.models.creators.fluid_market import LONG, dynamic_market
from mfsolve.models.creators.prices import capped_price, trap_price
from mfsolve.models.creators.recursive_precision import DynamicParameters, Regime, precision_barrier, warn_order
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT, support_of

from ._feedback import CURSE, LOST, MATERIAL, curse, rescued_from, share_lost, started
from ._regimes import Patient, arms_of
from ._start_values import VALUES, start_values

PATH = ("time",)
CAP = {
    "price_cap": Output(PATH, "its cap", panel="price"),
    "cap_slack": Output(PATH, "least margin so far between Prop. 5's bound and the price"),
    "cap_kept": Output(PATH, "whether the price has kept to Prop. 5's bound so far", support=UNIT),
    "trap_ratio": Output(PATH, "price over that of the trap, P (1 + r(P)) = 1"),
    "trap_gap": Output(PATH, "price that is equal to its cap, over that of the trap, less 1"),
}
OUTPUTS = {
    **{name: Output(PATH, LONG[name], support=support_of(LONG[name])) for name in ROWS if name != "price_cap"},
    "imitator_share": Output(PATH, "share of the rank and file in all data", support=UNIT),
    "lost": Output(PATH, "share of the peak lost with feedback", panel=LOST, support=UNIT),
    "declined": Output(PATH, "whether precision has fallen by more than 5 % of its peak so far", support=UNIT),
    "recovered": Output(PATH, "precision over that of the intermediary from the start (its limit)"),
    "rescued": Output(PATH, "whether precision is at least 90 % of the intermediary's from the start", support=UNIT),
    "barrier_ratio": Output(PATH, "precision over the barrier of a market without innovators"),
    **CURSE,
}
TRAP = {
    "start_trap_ratio": Output((), "price at the start over that of the trap"),
    "start_trap_gap": Output((), "price that is equal to its cap at the start, over that of the trap, less 1"),
}


class Crowd(Frozen):
    """Finite populations and the time steps they are followed by."""

    creators: int = Field(1000, ge=2, le=2**26, description="creators of each kind, N")
    questions: int | None = Field(
        None, ge=2, le=2**31, description="questions a step on which precision is measured; N if not given"
    )
    dt: float = Field(0.5, gt=0.0, le=1e3, description="time step; dt x depreciation is at most 1")
    steps: int = Field(120, ge=1, le=10**6, description="number of time steps")
    rest_multiple: float | None = Field(
        None, ge=0.0, le=1e6,
        description="stocks at the start, as a multiple of those at which strict rights rest without feedback; if not "
        "given, those of the parameters",
    )  # fmt: skip


class Record(Frozen):
    """Instants of a path that are kept."""

    every: int = Field(1, ge=1, le=10**6, description="record every so many steps; divides their number")


@cache
def warn_once(p: DynamicParameters) -> None:
    """Warn of elasticities in the wrong order, once for all the points of a study."""
    warn_order(p)


def check(case: Case) -> None:
    """Refuse steps, sizes and instants that do not go together."""
    size = case.population
    check_steps(case.parameters, size.dt)
    check_sizes(size.creators, size.questions or size.creators)
    if size.rest_multiple is not None and case.parameters.depreciation == 0.0:
        raise ValueError(f"rest_multiple: {size.rest_multiple} given; allowed with depreciation 0: none")
    if size.steps % case.record.every:
        raise ValueError(f"every: {case.record.every} given; allowed: divisors of steps = {size.steps}")
    warn_once(case.parameters)


@lru_cache(maxsize=64)
def drawn(case: Case) -> Outputs:
    """Outputs along time; Prop. 5 speaks of strict rights: its cap and trap are left out where these never rule."""
    p, (_, switch) = case.parameters, case.arm.sequence()
    strict = pays_one_price(case)
    trap, barrier = trap_price(p), precision_barrier(p.bias_floor, p.bias_feedback, p.imitator_loading)
    whose = "under strict rights" if strict and switch is None else "under regimes other than strict rights throughout"
    found = dict(OUTPUTS)
    panel = f"precision {whose}"
    found["precision"] = replace(
        found["precision"], long_name="precision with feedback", panel=panel,
        levels=((barrier, "barrier"),) if barrier < np.inf else (),
    )  # fmt: skip
    found["precision_without"] = replace(found["precision_without"], panel=panel)
    found["price"] = replace(
        found["price"], panel="price", levels=((trap, "trap"),) if strict and not np.isnan(trap) else ()
    )  # fmt: skip
    return found | (CAP if strict else {})


def pays_one_price(case: Case) -> bool:
    """True if a buyer of the moment sets one price, at the start at least: Prop. 5 speaks of such."""
    regime, switch = case.arm.sequence()
    return regime is Regime.STRICT_RIGHTS and switch != 0.0 and not isinstance(case.arm, Patient)


def solved(case: Case) -> Outputs:
    """Price and cap at the start against the trap, where there is one, and values of data: nothing is random yet."""
    p = case.parameters
    if not pays_one_price(case) or not trap_price(p) > 0.0:
        return {}
    return TRAP | VALUES


def solve(case: Case, threads: int) -> Arrays:
    """Values of what `solved` names."""
    if not solved(case):
        return {}
    p = started(case)
    first = path_of(p, Schedule(case.population.dt, 1), CERTAIN)
    found = distance_from_trap(case.parameters, {name: values[:1] for name, values in first.items()})
    return {f"start_{name}": values[0] for name, values in found.items()} | start_values(p)


def coordinates(case: Case) -> Arrays:
    """Instants that are kept."""
    return {"time": case.population.dt * np.arange(0, case.population.steps + 1, case.record.every, dtype=np.float64)}


def schedule(case: Case) -> Schedule:
    """Euler steps of a case, under its regime."""
    return Schedule(case.population.dt, case.population.steps, *case.arm.sequence())


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Path of finitely many creators, their signals drawn."""
    size = case.population
    questions = size.questions or size.creators
    return outcomes(case, crowd_of(case.parameters, size.creators, questions, seed, replicate))


def limit(case: Case) -> Arrays:
    """Path of infinitely many creators whose precision is known, by the same steps."""
    return outcomes(case, CERTAIN)


def outcomes(case: Case, crowd: Drawn) -> Arrays:
    """Outputs of a population's path at the instants that are kept."""
    p, steps = started(case), schedule(case)
    path: Path = path_of(p, steps, crowd, case.arm.plan(p, steps))
    best = rescued_from(p, steps)
    ko, kc, phi = path["innovator_stock"], path["imitator_stock"], path["precision"]
    lost = share_lost(phi)
    recovered = np.divide(phi, best, out=np.ones_like(phi), where=best > 0.0)
    barrier = precision_barrier(p.bias_floor, p.bias_feedback, p.imitator_loading)
    found = {
        **path,
        "imitator_share": kc / np.maximum(ko + kc, 1e-300),
        "lost": lost,
        "declined": np.maximum.accumulate(lost > MATERIAL).astype(np.float64),
        "recovered": recovered,
        "rescued": (recovered >= 0.9).astype(np.float64),
        "barrier_ratio": phi / barrier,
        **curse(case, p, steps, crowd, path),
    }
    wanted, every = drawn(case), case.record.every
    if "cap_slack" in wanted:
        slack = np.fmin.accumulate(path["price_cap"] - path["price"])
        found |= {"cap_slack": slack, "cap_kept": (slack >= -1e-12).astype(np.float64)}
    kept = {name: values[::every] for name, values in found.items() if name in wanted}
    return kept | (distance_from_trap(p, kept) if "trap_gap" in wanted else {})


def distance_from_trap(p: DynamicParameters, path: Arrays) -> Arrays:
    """Price, and price equal to its cap, against the trap while strict rights rule and innovators stay; then NaN."""
    trap = trap_price(p)
    rules = ~np.isnan(path["price_cap"]) & (path["innovators_left"] == 0.0) & (trap > 0.0)
    mu = 1.0 / (1.0 + p.imitator_loading**2 * path["bias_variance"] * path["imitator_stock"]) ** 2
    equal = np.array([capped_price(p, float(m)) if ruled else np.nan for m, ruled in zip(mu, rules)])
    return {"trap_ratio": _over(np.where(rules, path["price"], np.nan), trap), "trap_gap": _over(equal - trap, trap)}


def _over(values: Floats, trap: float) -> Floats:
    return values / trap if trap > 0.0 else np.full_like(values, np.nan)


def fluid_precision(case: Case) -> float:
    """Precision at the end in continuous time and with infinitely many creators; NaN for a buyer who plans in steps."""
    regime, switch = case.arm.sequence()
    end = case.population.dt * case.population.steps
    if isinstance(case.arm, Patient):
        return float("nan")
    return float(dynamic_market(started(case), [0.0, end], regime, switch)["precision"][-1])


def barrier_of(case: Case) -> float:
    """Prop. 6's barrier of a market without innovators."""
    p = case.parameters
    return precision_barrier(p.bias_floor, p.bias_feedback, p.imitator_loading)


def trap_of(case: Case) -> float:
    """Prop. 5's price trap."""
    return trap_price(case.parameters)


ARM = Arm(
    draw=draw,
    drawn=drawn,
    solve=solve,
    solved=solved,
    coordinates=coordinates,
    reference=Reference(drawn, limit),
    check=check,
)
EXPERIMENT = Experiment(
    name="creator_dynamics",
    title="dynamic creator market: stocks of data, recursive bias, prices, finite populations",
    parameters=DynamicParameters,
    arms=arms_of(ARM, "strict_rights", "intermediary", "free_for_all", "discriminating", "patient"),
    population=Crowd,
    record=Record,
    section="regimes",
    word="regime",
    path="time",
    predictions={"trap_price": trap_of, "precision_barrier": barrier_of, "fluid_precision": fluid_precision},
    finer_downward=frozenset({"population.dt"}),
    views=Views(paths=("precision", "precision_without", "lost", "lost_without"), limit="fluid limit"),
    called={
        "starts": "time at which the intermediary starts",
        "rest_multiple": "stocks at the start over those at rest",
    },
    toy={"population.creators": 200, "population.questions": 200, "population.steps": 60, "record.every": 1},
)
