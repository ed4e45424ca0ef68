"""Constants of PMIR collected: variance, items to an epsilon-SDCE, items to be of any use (MODEL 7.11)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field, field_validator

from mfsolve.arrays import Arrays
from mfsolve.experiments._gaussian_economies import check
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.experiments.pmir_regret import Inspected, known, path
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import ascending
from mfsolve.models.collapse.draws import Draws
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.collapse.policies import NoPolicy, Pmir
from mfsolve.models.collapse.producers import MeanField
from mfsolve.models.frozen import Frozen
from mfsolve.models.objections.constants import break_even, stopped, variance_constant
from mfsolve.models.provenance.pmir_rest_point import stationary_variances


class Platform(Frozen):
    """A platform whose generations PMIR has to be content with."""

    generation: int = Field(10_000, ge=1, le=2**53, description="pool items of a generation")


class Sample(Frozen):
    """Size of a replicate."""

    items: int = Field(16_000, ge=250, le=2**40, description="items of a round for the constant of the variance")
    rounds: int = Field(128, ge=4, le=2**16, description="rounds for it")
    tolerance: float = Field(0.1, gt=0.0, lt=1.0, description="epsilon of the SDCE that PMIR stops at")
    ladder: tuple[int, ...] = Field(
        (20, 40, 80, 160, 320, 640), description="items per generation, some of them too few"
    )
    paths: int = Field(48, ge=1, le=2**20, description="paths of the market for every one of these")
    generations: int = Field(10, ge=2, le=65_535, description="generations of a path")

    @field_validator("ladder")
    @classmethod
    def _ladder(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        return ascending(values, 2, 2)


def gains(case: Case, seed: int, replicate: int, threads: int) -> np.ndarray:
    """Welfare a generation that PMIR gains over no policy (n,), over every number of items, mean over paths."""
    size, p = case.population, case.parameters
    keys = {purpose: stream_key(seed, f"objections/{purpose}") for purpose in ("inspection", "inspected")}
    start, nothing = MeanField.initial(p), known(p, NoPolicy(), size.generations)["welfare"]
    found = np.zeros(len(size.ladder))
    for i, items in enumerate(size.ladder):
        for k in range(size.paths):
            draws = Draws(keys, np.uint64(replicate * size.paths + k), threads)
            producers = Inspected(start.parameters, start.state, draws)
            welfare = path(p, Pmir(items=items), producers, size.generations)["welfare"]
            found[i] += np.mean(welfare - nothing) / size.paths
    return found


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Every constant from runs of its own."""
    size, p = case.population, case.parameters
    stop, gained = stopped(p, size.tolerance, seed, replicate), gains(case, seed, replicate, threads)
    least = break_even(np.array(size.ladder, dtype=np.float64), gained)
    values = {
        "variance_constant": variance_constant(p, size.items, size.rounds, seed, replicate),
        "items_epsilon": stop.items * size.tolerance**2,
        "generations_of_data": stop.items / case.arm.generation,
        "rounds": stop.rounds,
        "break_even": min(least, float(size.ladder[-1])),
        "gain": gained,
    }
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def drawn(case: Case) -> Mapping[str, Output]:
    """Constants of every replicate, by name."""
    return {
        "variance_constant": Output((), "n I times the mean square error of PMIR's estimate at rest"),
        "items_epsilon": Output((), "items to an epsilon-SDCE times epsilon^2"),
        "generations_of_data": Output((), "generations of the platform's data that PMIR takes to stop"),
        "rounds": Output((), "rounds PMIR takes to stop"),
        "break_even": Output((), "items per generation below which PMIR is worse than no policy"),
        "gain": Output(
            ("items",), "welfare per generation that PMIR gains over no policy", levels=((0.0, "no policy"),)
        ),
    }


EXPERIMENT = Experiment(
    name="pmir_constants",
    title="PMIR: the constants behind its bounds",
    parameters=Parameters,
    arms={
        "platform": Arm(
            Platform, draw=draw, drawn=drawn, check=check,
            coordinates=lambda case: {"items": np.array(case.population.ladder)},
        )
    },
    population=Sample,
    section="platforms",
    word="platform",
    predictions={"variance_constant": lambda case: stationary_variances(case.parameters)[1]},
    toy={"population.items": 500, "population.rounds": 4, "population.tolerance": 0.4, "population.paths": 2,
         "population.generations": 4},
)  # fmt: skip
