"""Recursive training of an n-gram model on text: held-out cross-entropy, drift and the collapse law (MODEL 1.8)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Views
from mfsolve.models.collapse.text_retraining import QUANTITIES, Retraining, TextParameters, retrain
from mfsolve.models.frozen import Frozen


class Length(Frozen):
    """Length of a replicate."""

    generations: int = Field(10, ge=3, le=1000, description="generations T of retraining")


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """One path of retraining."""
    return retrain(case.parameters, case.arm, case.population.generations, seed, replicate)


def drawn(case: Case) -> Mapping[str, Output]:
    """Quantities along the generations."""
    return {name: Output.of(quantity) for name, quantity in QUANTITIES.items()}


EXPERIMENT = Experiment(
    name="text",
    title="text: recursive training of an n-gram model",
    parameters=TextParameters,
    arms={
        "retraining": Arm(
            Retraining, draw=draw, drawn=drawn,
            coordinates=lambda case: {"generation": np.arange(case.population.generations + 1)},
        )
    },
    population=Length,
    section="generators",
    word="generator",
    path="generation",
    finer_downward=frozenset({"parameters.contamination"}),
    views=Views(paths=("cross_entropy", "w2_drift", "support", "contamination")),
    toy={"population.generations": 3, "parameters.order": 1},
)  # fmt: skip
