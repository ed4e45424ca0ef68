"""Linear regression trained on its own responses, workflow by workflow, against closed forms (MODEL 9.10)."""

from collections.abc import Collection, Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import SIDE_BY_SIDE, Arm, Case, Experiment, Output, Reference, Views
from mfsolve.models.atlas.regression import (
    RegressionData,
    RegressionParameters,
    RegressionWorkflow,
    accumulation_bound,
    accumulation_limit,
    check_regression,
    regression_closed_form,
    simulate_fits,
)
from mfsolve.models.atlas.workflows import MOST_GROWTH
from mfsolve.models.frozen import Frozen, Nothing

PATH = ("generation",)
AT_ONCE = 2**24
"""Numbers that go into the moments of the replicates of one call: some tenths of a second."""


class Generations(Frozen):
    """Length of a path of refits."""

    generations: int = Field(20, ge=2, le=10_000, description="generations T; the first is fitted to human items")


class Mixed(Frozen):
    """Fresh human items in every generation."""

    human_share: float = Field(0.2, ge=0.0, le=1.0, description="share of human items among the N of a generation")


class Growing(Frozen):
    """Generations that are fitted to ever more items of the one before."""

    growth: float = Field(0.5, ge=0.0, le=MOST_GROWTH, description="s of N t^(1 + s) items")


def data_of(case: Case) -> RegressionData:
    """Workflow of a case, as the model takes it."""
    return RegressionData(workflow=RegressionWorkflow(case.rule), **case.arm.model_dump())


def first_fit(case: Case) -> float:
    """Expected risk of the first fit, to human items: the same under every workflow."""
    return float(regression_closed_form(case.parameters, RegressionData(), 1)[0])


def draw_many(case: Case, seed: int, replicates: range, threads: int) -> Arrays:
    """Risks of consecutive replicates, side by side."""
    generations = case.population.generations
    risk = simulate_fits(case.parameters, data_of(case), generations, seed, replicates=replicates, threads=threads).risk
    return {"risk": risk, "multiple": risk / first_fit(case), "rise": risk[:, -1] - risk[:, 0]}


def side_by_side(case: Case) -> int:
    """Replicates of one call."""
    p = case.parameters
    items = int(data_of(case).fresh(p.items, case.population.generations).sum())
    return min(SIDE_BY_SIDE, max(1, AT_ONCE // int(items * (p.features + 1) ** 2)))


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Risk of one replicate along generations."""
    return {name: values[0] for name, values in draw_many(case, seed, range(replicate, replicate + 1), threads).items()}


def drawn(case: Case) -> Mapping[str, Output]:
    """Risk along generations, and what refitting adds to it."""
    return {
        "risk": Output(PATH, "risk |w_t − w|²", lowest=0.0),
        "multiple": Output(
            PATH,
            "risk over the expected risk of the first fit",
            view=(0.0, 5.0),
            levels=((1.0, "first fit"), (np.pi**2 / 6.0, "π²/6")),
        ),
        "rise": Output((), "risk at the end less that of the first fit"),
    }


def expected(case: Case) -> Floats:
    """Expected risk along generations, in closed form."""
    return regression_closed_form(case.parameters, data_of(case), case.population.generations)


def check(case: Case) -> None:
    """Refuse fits without a risk, and penalties where no closed form is known.

    Raises
    ------
    ValueError
        Naming the key.
    """
    try:
        check_regression(case.parameters, data_of(case))
    except ValueError as error:
        raise ValueError(f"parameters.{error}") from None
    if case.parameters.ridge > 0.0 and case.rule != "replace":
        raise ValueError(f"parameters.ridge: {case.parameters.ridge:g} given; allowed: 0 under {case.rule}, or replace")


def names(case: Case) -> Collection[str]:
    """Outputs that have a closed form."""
    return ("risk", "multiple")


def limits(case: Case) -> Arrays:
    """Expected risk along generations, and over that of the first."""
    risk = expected(case)
    return {"risk": risk, "multiple": risk / first_fit(case)}


def workflow(settings: type[Frozen] = Nothing) -> Arm:
    """An arm of one workflow, with the settings of its own."""
    return Arm(
        settings=settings, draw=draw, draw_many=draw_many, side_by_side=side_by_side, drawn=drawn, check=check,
        coordinates=lambda case: {"generation": np.arange(1, case.population.generations + 1)},
        reference=Reference(names, limits),
    )  # fmt: skip


EXPERIMENT = Experiment(
    name="atlas_regression",
    title="linear regression trained on its own responses: risk by workflow",
    parameters=RegressionParameters,
    arms={
        "replace": workflow(), "accumulate": workflow(), "subsample": workflow(), "mixed": workflow(Mixed),
        "growing": workflow(Growing),
    },
    population=Generations,
    section="workflows",
    word="workflow",
    path="generation",
    predictions={
        "risk": lambda case: float(expected(case)[-1]),
        "rise": lambda case: float(expected(case)[-1] - expected(case)[0]),
        "bound": lambda case: accumulation_bound(case.parameters),
        "limit": lambda case: accumulation_limit(case.parameters),
    },
    views=Views(paths=("risk", "multiple"), limit="closed form"),
    toy={"population.generations": 4, "parameters.features": 2, "parameters.items": 8},
)  # fmt: skip
