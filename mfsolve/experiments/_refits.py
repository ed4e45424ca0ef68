"""Parts that experiments on one family of refitted models share: blocks of replicates, generations, closed forms."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Outputs, Reference
from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.workflows import WORKFLOWS
from mfsolve.models.frozen import Frozen


class Ensembles(Frozen):
    """Size of a block of replicates, whose means are one row of the study."""

    replicates: int = Field(1000, ge=1, le=10**8, description="replicates of a block; its means are stored")
    generations: int = Field(50, ge=2, le=10**4, description="generations T")


@dataclass(frozen=True)
class Refits:
    """A family of models that are refitted to their own items: its outputs, and the functions of its model.

    `ensemble(case, run, threads)` returns means over a block of replicates; `oracle(case)` the closed forms that are
    known, as a record of paths, or None; `check(case)` refuses what the family cannot have; `limits` names what is held
    against a workflow's draws where that is no closed form of their expectation.
    """

    outputs: Outputs
    ensemble: Callable[[Case, Run, int], Mapping[str, Floats]]
    check: Callable[[Case], None]
    oracle: Callable[[Case], Any] | None = None
    limits: Mapping[str, str] = field(default_factory=dict)

    def draw(self, case: Case, seed: int, replicate: int, threads: int) -> Arrays:
        """Means over one block of replicates."""
        size = case.population
        block = range(replicate * size.replicates, (replicate + 1) * size.replicates)
        run = Run(size.generations, block, seed)
        return dict(self.ensemble(case, run, threads))

    def closed_forms(self, case: Case) -> Arrays:
        """Closed forms that are known and finite."""
        found = self.oracle(case) if self.oracle is not None else None
        named = {} if found is None else found._asdict()
        return {name: values for name, values in named.items() if np.isfinite(values).all()}

    def last(self, name: str) -> Callable[[Case], float]:
        """The closed form of a measure at the last generation; NaN where none is known."""

        def value(case: Case) -> float:
            assert self.oracle is not None
            found = self.oracle(case)
            return np.nan if found is None else float(getattr(found, name)[-1])

        return value

    def predictions(self, *names: str) -> dict[str, Callable[[Case], float]]:
        """Closed forms at the last generation that an estimate may be compared with."""
        return {name: self.last(name) for name in names}

    def arm(self, settings: type[Frozen], called: str = "") -> Arm:
        """The arm of a workflow, or of what stands for one; `called` names its limit."""
        reference = None if self.oracle is None else Reference(self.closed_forms, self.closed_forms, called)
        return Arm(
            settings=settings, draw=self.draw, drawn=lambda case: self.outputs, coordinates=generations,
            reference=reference, check=self.check,
        )  # fmt: skip

    def arms(self, names: Collection[str] = tuple(WORKFLOWS)) -> dict[str, Arm]:
        """The arms of workflows, by name."""
        return {name: self.arm(WORKFLOWS[name], self.limits.get(name, "")) for name in names}


def generations(case: Case) -> Arrays:
    """Generations, the human law first."""
    return {"generation": np.arange(case.population.generations + 1)}
