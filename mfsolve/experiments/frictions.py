"""Factorials of the transition: what its frictions, removed one by one and together, change (MODEL 5.2).

A replicate is a finite population, or an economy drawn around the given one; all combinations of the factors see the
same random numbers. The outcomes of every combination make main effects and interactions, replicate by replicate.
"""

from typing import Any, Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments import _transition_solvers as solvers
from mfsolve.experiments._transition_solvers import Particles
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.inference.factorial import cells, effects, subsets
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT
from mfsolve.models.supply_shock.static_market import segments
from mfsolve.models.transition.grid import mean_field
from mfsolve.models.transition.outputs import TROUGH
from mfsolve.models.transition.parameters import MOST_CELLS, Parameters
from mfsolve.models.transition.particles import check_step, simulate
from mfsolve.models.transition.pigouvian_tax import rest_state
from mfsolve.models.transition.policies import LaissezFaire
from mfsolve.models.transition.population import Resolution
from mfsolve.models.transition.random_economies import draw_economy

MOST_FACTORS = 5
OUTCOMES = {
    "fall": "share of human creators lost at the trough",
    "trough_time": "time of the trough",
    "recovered": "share of the fall made good at the end",
    "peak_recovered": "most of the fall that was ever made good",
    "regained": "share of human creators that was ever regained, of those before AI",
    "welfare_gain": "welfare at the end less that before AI",
}
SUPPORT = dict.fromkeys(("fall", "regained"), UNIT)
AT_REST = {
    "before": "welfare before AI",
    "after": "welfare at rest with AI",
    "gain": "welfare at rest with AI less that before",
}
STATIC = {
    "static_before": "welfare of the static market before AI",
    "static_after": "welfare of the static market with AI",
    "static_gain": "welfare that AI adds in the static market",
    "gap": "gain at rest less the static one, as given",
    "gap_removed": "size of that difference with all factors changed",
}


class Factor(Frozen):
    """A friction, and the parameters of the transition without it."""

    name: str = Field(pattern=r"^[a-z]+$", description="name of the friction, in small letters")
    discovery: float | None = Field(None, description="rate of discovery without it; not given: as it is")
    revision: float | None = Field(None, description="rate of revision, likewise")
    lag: float | None = Field(None, description="mean time that re-skilling takes, likewise")
    training: float | None = Field(None, description="rate at which re-skilling trains, likewise")
    learning: float | None = Field(None, description="speed at which skill follows profit, likewise")
    diffusion: float | None = Field(None, description="diffusion of skill, likewise")
    temperature: float | None = Field(None, description="noise of choices, likewise")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.changes():
            raise ValueError("a factor has to change some parameter")
        Parameters(**self.changes())
        return self

    def changes(self) -> dict[str, Any]:
        """Parameters without the friction."""
        return {key: value for key, value in self.model_dump(exclude={"name"}).items() if value is not None}


class Design(solvers.OutputTimes):
    """The factors, and the times at which paths are put out; what counts as the end is the last of them."""

    times: solvers.Times = Field(
        tuple(float(t) for t in range(0, 151, 5)), min_length=1, description="output times, increasing"
    )
    factors: tuple[Factor, ...] = Field(
        (Factor(name="discovery", discovery=1e3), Factor(name="lag", lag=0.25), Factor(name="learning", learning=0.01)),
        min_length=1,
        max_length=MOST_FACTORS,
        description="frictions to be removed, each with the parameters without it",
    )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        keys = [key for factor in self.factors for key in factor.changes()]
        if len(set(self.names)) < len(self.names) or len(set(keys)) < len(keys):
            raise ValueError("factors: two have the same name, or change the same parameter")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(factor.name for factor in self.factors)

    def economies(self, parameters: Parameters) -> list[Parameters]:
        """The economy under every combination (2^k,) of the factors, in the order of `inference.factorial.cells`."""
        changes = [factor.changes() for factor in self.factors]
        return [
            parameters.changed(
                **{key: value for on, change in zip(cell, changes) if on for key, value in change.items()}
            )
            for cell in cells(len(changes))
        ]


class Grids(Frozen):
    """Economies drawn around the given one, each with infinitely many creators, on cells of skill."""

    spread: float = Field(0.2, ge=0.0, le=1.0, description="standard deviation of the log parameters over economies")
    cells: int = Field(60, ge=8, le=MOST_CELLS, description="cells of skill")
    dt: float = Field(0.25, gt=0.0, description="largest time step")


class Rests(Frozen):
    """The same at rest, without their paths, beside the static market."""

    spread: float = Field(0.2, ge=0.0, le=1.0, description="standard deviation of the log parameters over economies")
    cells: int = Field(200, ge=8, le=MOST_CELLS, description="cells of skill")


# --- outputs ---


def _labels(design: Design) -> list[str]:
    """Words for every combination of the factors."""
    words = [", ".join(np.array(design.names)[cell == 1]) for cell in cells(len(design.factors))]
    return ["as it is", *(f"without {word}" for word in words[1:])]


def _key(cell: Floats) -> str:
    return "".join(str(int(on)) for on in cell)


def _effects(design: Design, texts: dict[str, str]) -> dict[str, Output]:
    return {
        f"{name}_{'_'.join(chosen)}": Output((), f"effect on {text}, of removing {' x '.join(chosen)}")
        for chosen in subsets(design.names)
        for name, text in texts.items()
    }


def _arm(case: Case) -> str:
    return "finite populations" if isinstance(case.arm, Particles) else "random economies"


def path_outputs(case: Case) -> dict[str, Output]:
    """Outcomes as things are, effects of the factors, and the share who work by hand under every combination."""
    design: Design = case.population
    panel = f"share who work by hand, {_arm(case)}"
    found = {name: Output((), text, support=SUPPORT.get(name)) for name, text in OUTCOMES.items()}
    found |= _effects(design, OUTCOMES)
    for cell, text in zip(cells(len(design.factors)), _labels(design)):
        found[f"human_{_key(cell)}"] = Output(("time",), text, panel=panel, support=UNIT)
    removed = tuple(" x ".join(chosen) for chosen in subsets(design.names))
    for name, text in (("fall", "on the share lost"), ("regained", "on the share regained")):
        found[f"effects_on_{name}"] = Output(
            ("effect",), text, panel=f"effect of removing frictions, {_arm(case)}", levels=((0.0, "none"),),
            ticks=(removed,),
        )  # fmt: skip
    return found


def rest_outputs(case: Case) -> dict[str, Output]:
    """Welfare at rest as things are, effects on its gain, the static market, and what changes factor by factor."""
    found = {name: Output((), text) for name, text in (AT_REST | STATIC).items()}
    found |= _effects(case.population, AT_REST)
    in_turn = ("none", *(f"{'' if k == 0 else '+ '}{name}" for k, name in enumerate(case.population.names)))
    for name, text in (AT_REST | {key: STATIC[key] for key in ("static_before", "static_after")}).items():
        if name != "gain":
            found[f"{name}_removed"] = Output(("factors_removed",), text, panel="welfare", ticks=(in_turn,))
    return found


def path_coordinates(case: Case) -> Arrays:
    """Times, and numbers of the effects."""
    return {
        "time": np.array(case.population.times, dtype=float),
        "effect": np.arange(1.0, 2.0 ** len(case.population.factors)),
    }


def rest_coordinates(case: Case) -> Arrays:
    """Numbers of factors removed."""
    return {"factors_removed": np.arange(len(case.population.factors) + 1.0)}


# --- runs ---


def _analysed(design: Design, outcomes: dict[str, Floats]) -> Arrays:
    """Outcomes as things are, and their effects, of outcomes (2^k,) under every combination."""
    k = len(design.factors)
    found: Arrays = {name: np.asarray(values[0]) for name, values in outcomes.items()}
    for name, values in outcomes.items():
        for chosen, effect in zip(subsets(design.names), effects(values, k)):
            found[f"{name}_{'_'.join(chosen)}"] = np.asarray(effect)
    return found


def _paths(design: Design, data: list[Any]) -> Arrays:
    """Everything that the paths under every combination say."""
    outcomes = {name: np.array([float(path[name].values[-1]) for path in data]) for name in OUTCOMES if name in TROUGH}
    outcomes["regained"] = outcomes["fall"] * outcomes["peak_recovered"]
    outcomes["welfare_gain"] = np.array(
        [float(path["welfare"].values[-1] - path["welfare"].values[0]) for path in data]
    )
    found = _analysed(design, outcomes)
    for cell, path in zip(cells(len(design.factors)), data):
        found[f"human_{_key(cell)}"] = np.asarray(path["human"].values)
    for name in ("fall", "regained"):
        found[f"effects_on_{name}"] = effects(outcomes[name], len(design.factors))
    return found


def draw_populations(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """One finite population, under every combination of the factors."""
    design, solver = case.population, case.arm
    return _paths(
        design,
        [
            simulate(
                here, solver.creators, design.times, seed, replicate, resolution=Resolution(solver.dt), threads=threads
            )
            for here in design.economies(case.parameters)
        ],
    )


def draw_economies(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """One economy, under every combination of the factors."""
    design, solver = case.population, case.arm
    base = draw_economy(case.parameters, solver.spread, seed, replicate)
    data = [mean_field(here, solver.cells, design.times, dt=solver.dt) for here in design.economies(base)]
    return _paths(design, data)


def draw_rests(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """The rest points of one economy, under every combination of the factors, and its static market."""
    design, solver = case.population, case.arm
    base = draw_economy(case.parameters, solver.spread, seed, replicate)
    economies = design.economies(base)
    markets = [base.market.model_copy(update={"ai_available": on}) for on in (False, True)]
    before, after = (
        np.array([rest_state(here.changed(market=market), cells=solver.cells)["welfare"] for here in economies])
        for market in markets
    )
    found = _analysed(design, {"before": before, "after": after, "gain": after - before})
    static = np.array([segments(market).welfare for market in markets])
    gain = static[1] - static[0]
    numbers = {
        "static_before": static[0],
        "static_after": static[1],
        "static_gain": gain,
        "gap": after[0] - before[0] - gain,
        "gap_removed": np.abs(after[-1] - before[-1] - gain),
    }
    k = len(design.factors)
    in_turn = [2**k - 2 ** (k - j) for j in range(k + 1)]  # the first j factors changed
    ladder = {"before": before[in_turn], "after": after[in_turn]}
    ladder |= {name: np.full(k + 1, numbers[name]) for name in ("static_before", "static_after")}
    return found | {n: np.asarray(v) for n, v in numbers.items()} | {f"{n}_removed": v for n, v in ladder.items()}


def check_populations(case: Case) -> None:
    """Refuse a step at which occupations would swing about, or that does not resolve the time of re-skilling."""
    check_resolved(case)
    for here in case.population.economies(case.parameters):
        check_step(here, LaissezFaire(), case.population.times[-1], case.arm.dt)


def check_resolved(case: Case) -> None:
    """Refuse a step longer than re-skilling takes: everybody who begins it stays for a step."""
    check_choice(case)
    shortest = min(here.lag for here in case.population.economies(case.parameters))
    if case.arm.dt > shortest:
        raise ValueError(f"dt: {case.arm.dt!r} given; allowed: (0, {shortest:g}], the least lag")


def check_choice(case: Case) -> None:
    """Refuse choices at once, which have no frictions to remove."""
    if case.parameters.choice != "frictional":
        raise ValueError(f"choice: {case.parameters.choice!r} given; allowed: 'frictional'")


EXPERIMENT = Experiment(
    name="frictions",
    title="supply shock in transition: a factorial of its frictions, with main effects and interactions",
    parameters=Parameters,
    arms={
        "populations": Arm(
            Particles, draw=draw_populations, drawn=path_outputs, coordinates=path_coordinates, check=check_populations,
            toy={"creators": 100},
        ),
        "economies": Arm(
            Grids, draw=draw_economies, drawn=path_outputs, coordinates=path_coordinates, check=check_resolved,
            toy={"cells": 16},
        ),
        "rests": Arm(
            Rests, draw=draw_rests, drawn=rest_outputs, coordinates=rest_coordinates, check=check_choice,
            toy={"cells": 16},
        ),
    },
    population=Design,
    section="arms",
    word="arm",
    toy={"population.times": [0, 10, 20]},
)  # fmt: skip
