"""The atlas: workflows, and values along an axis, against eight definitions of collapse (MODEL 9.6)."""

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments._atlas_maps import Contamination, Content, Dimension, Items, Networks, Row, Workflows, rows
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs
from mfsolve.models.atlas.definitions import LABELS, NOT_DEFINED, RATES, Decision, Definition, Judgement, Margins, judge
from mfsolve.models.atlas.ensembles import Run, Yardsticks
from mfsolve.models.atlas.exponential_families import ExponentialFamily
from mfsolve.models.atlas.families import check_member, paths
from mfsolve.models.atlas.gaussian import Gaussian
from mfsolve.models.atlas.kernel_density import KernelDensity
from mfsolve.models.atlas.regression import RegressionParameters
from mfsolve.models.atlas.workflows import WORKFLOWS, Growing, Subsample
from mfsolve.models.frozen import Frozen
from mfsolve.spelling import in_words

DEFINITIONS = tuple(Definition)
MEANINGS = ("good", "open", "bad", "")
KEYS = {definition: definition.name.lower() for definition in Definition}
DEARER = 10
"""Share of the replicates, one in so many, where items are kept or ever more of them are made, one by one."""


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


def dear(row: Row) -> bool:
    """True where a row costs many times what others of its family do."""
    if isinstance(row.workflow, Subsample):
        return isinstance(row.family, Gaussian | ExponentialFamily)
    return isinstance(row.workflow, Growing) and isinstance(row.family, RegressionParameters | KernelDensity)


def fewer(run: Run, blocks: int) -> Run:
    """A run of as many blocks, from the same block on, each with a part of the replicates."""
    each = len(run.replicates) // blocks
    first, part = run.replicates.start // each, max(2, each // DEARER)
    return run._replace(replicates=range(first * part, (first + blocks) * part))


def judged(case: Case, row: Row, run: Run, level: float, threads: int) -> dict[Definition, Judgement]:
    """Decisions on a row; none is defined under a workflow that the family has not."""
    if row.workflow is None:
        return dict.fromkeys(Definition, NOT_DEFINED)
    marks = case.record
    blocks = case.population.blocks
    here = fewer(run, blocks) if dear(row) else run
    yardsticks = Yardsticks(tail=marks.tail, loss=marks.loss)
    found = paths(row.family, row.workflow, here, blocks, yardsticks, threads)
    return judge(found, Margins(resolution=marks.resolution, exponent=marks.exponent), level)


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Decisions and rates on every row and definition, from an ensemble of the replicate's own."""
    size, found = case.population, rows(case)
    level = 1.0 - (1.0 - case.record.level) / (2 * len(found) * len(DEFINITIONS))  # two figures behind some decisions
    each = case.arm.replicates or size.replicates
    own = range(replicate * size.blocks * each, (replicate + 1) * size.blocks * each)
    run = Run(size.generations, own, seed)
    decision = np.zeros((len(found), len(DEFINITIONS)))
    rate = np.zeros((3, *decision.shape))
    for i, row in enumerate(found):
        here = judged(case, row, run, level, threads)
        for j, definition in enumerate(DEFINITIONS):
            decision[i, j] = here[definition].decision
            rate[:, i, j] = here[definition].rate
    counts = {
        f"collapsing_{KEYS[definition]}": np.array((decision[:, j] == Decision.COLLAPSES).sum(), dtype=float)
        for j, definition in enumerate(DEFINITIONS)
    }
    exponents = {f"risk_exponent_{name}": rate[0, i, 0] for name, i in ends(case).items()}
    totals = {"undecided": np.array((decision == Decision.UNDECIDED).sum(), dtype=float)}
    maps = {"decision": decision, "rate": rate[0], "rate_low": rate[1], "rate_high": rate[2]}
    return {**maps, **counts, **totals, **{name: np.array(value) for name, value in exponents.items()}}


AXES: dict[type[Frozen], str] = {
    Contamination: "contamination", Items: "items", Dimension: "dimension", Networks: "network", Workflows: "workflow",
}  # fmt: skip
"""Dimension of the rows, by kind of map."""


def axis(case: Case) -> str:
    """Name of the rows' dimension."""
    return AXES[type(case.arm)]


def names(case: Case) -> tuple[str, ...]:
    """Names of the rows, where they are no numbers."""
    return (
        tuple(WORKFLOWS) if axis(case) == "workflow" else tuple(case.arm.wirings()) if axis(case) == "network" else ()
    )


def under(case: Case) -> str:
    """The workflow of a map along an axis, in words; empty where every row has its own."""
    if axis(case) == "contamination":
        return " under mixed"
    if axis(case) == "network":
        return " under replace"
    return f" under {case.arm.of}" if isinstance(case.arm, Items | Dimension) else ""


def ends(case: Case) -> dict[str, int]:
    """Rows whose risk exponent is an output of its own: those with a name where anything is run; ends of an axis."""
    found, named = rows(case), names(case)
    return {n: i for i, n in enumerate(named) if found[i].workflow is not None} if named else {"first": 0, "last": -1}


def drawn(case: Case) -> Outputs:
    """Map of decisions with the rates in it, and counts."""
    dims = (axis(case), "definition")
    ticks = (names(case), tuple(f"{d} [{RATES[d]}]" for d in DEFINITIONS))
    return {
        "decision": Output(
            dims, f"collapse by definition{under(case)}", labels=LABELS, absent=LABELS[Decision.NOT_DEFINED],
            meanings=MEANINGS, ticks=ticks, written="rate",
        ),
        "rate": Output(dims, "rate that the column names in brackets", listed=ticks[1], ticks=ticks),
        "rate_low": Output(dims, "lower end of the rate's interval", listed=ticks[1], ticks=ticks),
        "rate_high": Output(dims, "upper end of the rate's interval", listed=ticks[1], ticks=ticks),
        **{f"collapsing_{KEYS[d]}": Output((), f"rows that collapse: {d}") for d in DEFINITIONS},
        "undecided": Output((), "undecided cells"),
        **{
            f"risk_exponent_{name}": Output((), f"exponent of the risk in t: {in_words(name)}")
            for name in ends(case)
        },
    }  # fmt: skip


def coordinates(case: Case) -> Arrays:
    """Places of the rows, and numbers of the definitions."""
    return {axis(case): np.array([row.place for row in rows(case)]), "definition": np.arange(float(len(DEFINITIONS)))}


def check(case: Case) -> None:
    """Refuse rows that a family cannot have at their size, and an axis along a workflow that it cannot have at all."""
    for row in rows(case):
        if row.workflow is not None:
            check_member(row.family, row.workflow, case.population.generations)


TOYS = {Contamination: [0.0, 1.0], Items: [10, 20], Dimension: [1, 3]}


def arm(settings: type[Frozen]) -> Arm:
    """The arm of a kind of map."""
    toy = {"values": TOYS[settings]} if settings in TOYS else {}
    return Arm(settings=settings, draw=draw, drawn=drawn, coordinates=coordinates, check=check, toy=toy)


EXPERIMENT = Experiment(
    name="atlas",
    title="the atlas of model collapse",
    parameters=Content,
    arms={
        "workflows": arm(Workflows),
        "contamination": arm(Contamination),
        "items": arm(Items),
        "dimension": arm(Dimension),
        "networks": arm(Networks),
    },
    population=Replicates,
    record=Yardstick,
    section="maps",
    word="map",
    called={
        "contamination": "weight of synthetic items",
        "items": "items of a generation",
        "dimension": "dimensions",
    },
    toy={"population.blocks": 10, "population.replicates": 10, "population.generations": 6, "population.items": 10},
)
