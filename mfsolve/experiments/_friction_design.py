"""Design of a factorial of the transition's frictions, and what each of its arms puts out (MODEL 5.2)."""

from typing import Any, Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments import _transition_solvers as solvers
from mfsolve.experiments._transition_solvers import Particles
from mfsolve.experiments.experiment import Case, Output
from mfsolve.inference.factorial import cells, subsets
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT
from mfsolve.models.transition.parameters import MOST_CELLS, Parameters

MOST_FACTORS = 5
OUTCOMES = {
    "fall": "share of human creators lost at the trough",
    "trough_time": "time of the trough",
    "recovered": "share of the fall recovered at the end",
    "peak_recovered": "largest share of the fall ever recovered",
    "regained": "largest share of human creators ever regained, of those before AI",
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


def _labels(design: Design) -> list[str]:
    """Words for every combination of the factors."""
    words = [", ".join(np.array(design.names)[cell == 1]) for cell in cells(len(design.factors))]
    return ["as it is", *(f"without {word}" for word in words[1:])]


def key_of(cell: Floats) -> str:
    """Digits of a combination, 1 for every factor that is removed."""
    return "".join(str(int(on)) for on in cell)


def _effects(design: Design, texts: dict[str, str]) -> dict[str, Output]:
    return {
        f"{name}_{'_'.join(chosen)}": Output((), f"effect on {text}, of removing {' x '.join(chosen)}")
        for chosen in subsets(design.names)
        for name, text in texts.items()
    }


def _who(case: Case) -> str:
    return "finite populations" if isinstance(case.arm, Particles) else "random economies"


def path_outputs(case: Case) -> dict[str, Output]:
    """Outcomes as things are, effects of the factors, and the share who work by hand under every combination."""
    design: Design = case.population
    panel = f"share who work by hand, {_who(case)}"
    found = {name: Output((), text, support=SUPPORT.get(name)) for name, text in OUTCOMES.items()}
    found |= _effects(design, OUTCOMES)
    for cell, text in zip(cells(len(design.factors)), _labels(design)):
        found[f"human_{key_of(cell)}"] = Output(("time",), text, panel=panel, support=UNIT)
    removed = tuple(" x ".join(chosen) for chosen in subsets(design.names))
    for name, text in (("fall", "on the share lost"), ("regained", "on the share regained")):
        found[f"effects_on_{name}"] = Output(
            ("effect",), text, panel=f"effect of removing frictions, {_who(case)}", levels=((0.0, "none"),),
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
