"""The atlas: workflows, and values along an axis, against eight definitions of collapse (MODEL 9.6)."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs
from mfsolve.models.atlas.definitions import LABELS, Decision, Definition, Margins, judge
from mfsolve.models.atlas.families import Family, paths
from mfsolve.models.atlas.gaussian import Gaussian, Run, Yardsticks, check_gaussian
from mfsolve.models.atlas.tokens import Tokens, check_tokens
from mfsolve.models.atlas.workflows import (
    WORKFLOWS,
    Curated,
    Growing,
    Mixed,
    Subsample,
    Temperature,
    Verified,
    Workflow,
)
from mfsolve.models.frozen import Frozen, Nothing

DEFINITIONS = tuple(Definition)
KEYS = {definition: definition.name.lower() for definition in Definition}
DEARER = 10
"""Share of the replicates, one in so many, where a Gaussian's items are kept: they cost so much more."""


class Replicates(Frozen):
    """Size of the ensemble behind one map."""

    blocks: int = Field(50, ge=10, le=10**5, description="blocks of replicates, whose means are the sample")
    replicates: int = Field(500, ge=10, le=10**7, description="replicates of a block")
    generations: int = Field(40, ge=4, le=1000, description="generations T")
    items: int = Field(100, ge=4, le=10**6, description="items n of a generation; an axis of items has its own")


class Yardstick(Yardsticks):
    """Marks, and the differences that matter."""

    resolution: float = Field(
        0.05, gt=0.0, lt=1.0, description="share, or nats, below which a difference does not matter"
    )
    exponent: float = Field(0.1, gt=0.0, lt=1.0, description="exponent below which a path counts as settled")
    level: float = Field(0.95, gt=0.0, lt=1.0, description="level of all intervals of a map together")


class Workflows(Frozen):
    """All workflows of a family side by side."""

    family: Literal["gaussian", "tokens"] = Field("gaussian", description="family of models")
    divisor: Literal["n", "n-1"] = Field("n-1", description="of a Gaussian's variance")
    vocabulary: int = Field(50, ge=2, le=10**5, description="tokens K")
    exponent: float = Field(1.0, ge=0.0, le=5.0, description="exponent of Zipf's law")
    growth: float = Field(0.5, ge=0.0, le=3.0, description="of `growing`")
    strength: float = Field(0.1, ge=0.0, le=1.0, description="of `verified`")
    reward_variance: float = Field(10.0, gt=0.0, description="of `curated`")
    temperature: float = Field(0.95, gt=0.0, le=10.0, description="of `temperature`")
    replicates: int | None = Field(
        None, ge=2, le=10**7, description="replicates of a block, where a family is dear; else those of population"
    )

    def member(self, items: int, dimension: int = 1) -> Family:
        """The family at a sample size."""
        if self.family == "gaussian":
            return Gaussian(items=items, divisor=self.divisor, dimension=dimension)
        return Tokens(items=items, vocabulary=self.vocabulary, exponent=self.exponent)

    def workflow(self, name: str) -> Workflow:
        """A workflow by its name, with its own setting."""
        match name:
            case "growing":
                return Growing(growth=self.growth)
            case "verified":
                return Verified(strength=self.strength)
            case "curated":
                return Curated(reward_variance=self.reward_variance)
            case "temperature":
                return Temperature(temperature=self.temperature)
        return WORKFLOWS[name]()


class Contamination(Workflows):
    """The weight of synthetic items beside as many fresh human ones."""

    values: tuple[float, ...] = Field(
        (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0), description="weights of the synthetic items, 1 - w"
    )

    def model_post_init(self, context: object) -> None:
        """Refuse weights outside [0, 1]."""
        ordered = all(a < b for a, b in zip(self.values, self.values[1:]))
        if len(self.values) < 2 or not ordered or self.values[0] < 0.0 or self.values[-1] > 1.0:
            raise ValueError(f"values: {self.values!r} given; allowed: at least two ascending numbers in [0, 1]")


class Items(Workflows):
    """The sample size, under one workflow."""

    of: Literal[tuple(WORKFLOWS)] = Field("replace", description="the workflow")  # type: ignore[valid-type]
    values: tuple[int, ...] = Field((10, 20, 50, 100, 200, 500, 1000), description="items n of a generation")

    def model_post_init(self, context: object) -> None:
        """Refuse sample sizes that a refit cannot do with."""
        ordered = all(a < b for a, b in zip(self.values, self.values[1:]))
        if len(self.values) < 2 or not ordered or self.values[0] < 4:
            raise ValueError(f"values: {self.values!r} given; allowed: at least two ascending whole numbers from 4 on")


class Dimension(Workflows):
    """The dimension of Gaussian content, under one workflow."""

    family: Literal["gaussian"] = Field("gaussian", description="family of models")
    of: Literal[tuple(WORKFLOWS)] = Field("replace", description="the workflow")  # type: ignore[valid-type]
    values: tuple[int, ...] = Field((1, 2, 5, 10, 50, 200), description="dimensions d")

    def model_post_init(self, context: object) -> None:
        """Refuse dimensions that are none."""
        ordered = all(a < b for a, b in zip(self.values, self.values[1:]))
        if len(self.values) < 2 or not ordered or self.values[0] < 1:
            raise ValueError(f"values: {self.values!r} given; allowed: at least two ascending whole numbers from 1 on")


class Row(NamedTuple):
    """A row of a map: its place, and what is run there."""

    place: float
    family: Family
    workflow: Workflow


def rows(case: Case) -> Sequence[Row]:
    """Rows of a case's map."""
    arm, n = case.arm, case.population.items
    if isinstance(arm, Contamination):
        return [Row(x, arm.member(n), Mixed(weight=1.0 - x)) for x in arm.values]
    if isinstance(arm, Items):
        return [Row(float(x), arm.member(x), arm.workflow(arm.of)) for x in arm.values]
    if isinstance(arm, Dimension):
        return [Row(float(d), arm.member(n, d), arm.workflow(arm.of)) for d in arm.values]
    return [Row(float(i), arm.member(n), arm.workflow(name)) for i, name in enumerate(WORKFLOWS)]


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Decisions and rates on every row and definition, from an ensemble of the replicate's own."""
    size, marks = case.population, case.record
    found = rows(case)
    level = 1.0 - (1.0 - marks.level) / (2 * len(found) * len(DEFINITIONS))  # two figures behind some decisions
    margins = Margins(resolution=marks.resolution, exponent=marks.exponent)
    count = case.arm.replicates or size.replicates
    run = Run(size.generations, count, seed, replicate * size.blocks)
    yardsticks = Yardsticks(tail=marks.tail, loss=marks.loss)
    decision = np.zeros((len(found), len(DEFINITIONS)))
    rate = np.zeros((3, *decision.shape))
    for i, row in enumerate(found):
        kept = isinstance(row.family, Gaussian) and isinstance(row.workflow, Subsample)
        here = run._replace(replicates=max(2, count // DEARER)) if kept else run
        judged = judge(paths(row.family, row.workflow, here, size.blocks, yardsticks, threads), margins, level)
        for j, definition in enumerate(DEFINITIONS):
            decision[i, j] = judged[definition].decision
            rate[:, i, j] = judged[definition].rate
    counts = {
        f"collapsing_{KEYS[definition]}": np.array((decision[:, j] == Decision.COLLAPSES).sum(), dtype=float)
        for j, definition in enumerate(DEFINITIONS)
    }
    ends = {"first": 0, "last": -1} if type(case.arm) is not Workflows else {n: i for i, n in enumerate(WORKFLOWS)}
    exponents = {f"risk_exponent_{name}": rate[0, i, 0] for name, i in ends.items()}
    totals = {"undecided": np.array((decision == Decision.UNDECIDED).sum(), dtype=float)}
    maps = {"decision": decision, "rate": rate[0], "rate_low": rate[1], "rate_high": rate[2]}
    return {**maps, **counts, **totals, **{name: np.array(value) for name, value in exponents.items()}}


AXES: dict[type[Workflows], str] = {Contamination: "contamination", Items: "items", Dimension: "dimension"}
"""Dimension of the rows, by kind of map; `workflow` elsewhere."""


def axis(case: Case) -> str:
    """Name of the rows' dimension."""
    return next((name for kind, name in AXES.items() if isinstance(case.arm, kind)), "workflow")


def drawn(case: Case) -> Outputs:
    """Map of decisions with the rates in it, and counts."""
    dims = (axis(case), "definition")
    of_workflows = type(case.arm) is Workflows
    ticks = (tuple(WORKFLOWS) if of_workflows else (), tuple(str(d) for d in DEFINITIONS))
    ends = tuple(WORKFLOWS) if of_workflows else ("first", "last")
    return {
        "decision": Output(dims, "collapse by definition, with the rate", labels=LABELS, ticks=ticks, written="rate"),
        "rate": Output(dims, "rate", listed=ticks[1]),
        "rate_low": Output(dims, "lower end of the rate's interval", listed=ticks[1]),
        "rate_high": Output(dims, "upper end of the rate's interval", listed=ticks[1]),
        **{f"collapsing_{KEYS[d]}": Output((), f"rows that collapse: {d}") for d in DEFINITIONS},
        "undecided": Output((), "cells that are undecided"),
        **{f"risk_exponent_{name}": Output((), f"exponent of the risk in t: {name}") for name in ends},
    }


def coordinates(case: Case) -> Arrays:
    """Places of the rows, and numbers of the definitions."""
    return {axis(case): np.array([row.place for row in rows(case)]), "definition": np.arange(float(len(DEFINITIONS)))}


def check(case: Case) -> None:
    """Refuse rows that a family cannot have."""
    for row in rows(case):
        if isinstance(row.family, Gaussian):
            check_gaussian(row.family, row.workflow, case.population.generations)
        else:
            check_tokens(row.family, row.workflow, case.population.generations)


TOYS = {Contamination: [0.0, 1.0], Items: [10, 20], Dimension: [1, 3]}


def arm(settings: type[Frozen]) -> Arm:
    """The arm of a kind of map."""
    toy = {"values": TOYS[settings]} if settings in TOYS else {}
    return Arm(settings=settings, draw=draw, drawn=drawn, coordinates=coordinates, check=check, toy=toy)


EXPERIMENT = Experiment(
    name="atlas",
    title="the atlas of model collapse",
    parameters=Nothing,
    arms={
        "workflows": arm(Workflows),
        "contamination": arm(Contamination),
        "items": arm(Items),
        "dimension": arm(Dimension),
    },
    population=Replicates,
    record=Yardstick,
    section="maps",
    word="map",
    toy={"population.blocks": 10, "population.replicates": 10, "population.generations": 6, "population.items": 10},
)
