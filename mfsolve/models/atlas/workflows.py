"""Workflows of recursive training: the data that each generation is fitted to (MODEL 9.1)."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.models.arguments import require
from mfsolve.models.frozen import Frozen

ROUNDING = 2.0**-48
"""Share of a number of items up to which its distance from a whole number is rounding: of t^(1 + s), and of 1 + s."""
MOST_GROWTH = 3.0
"""Largest growth s of samples."""


class Replace(Frozen):
    """Items of the newest generation alone."""


class Accumulate(Frozen):
    """Items of all generations so far, the human ones among them."""


class Subsample(Frozen):
    """As many items as at first, drawn from all so far."""


class Growing(Frozen):
    """Items of the newest generation alone, more of them in each."""

    growth: float = Field(
        0.5, ge=0.0, le=MOST_GROWTH, description="growth s: generation t is fitted to n t^(1 + s) items"
    )


class Mixed(Frozen):
    """Fresh human items in every generation, beside those of the newest generation, with weights."""

    ratio: float = Field(1.0, ge=0.01, le=100.0, description="human items per synthetic item, k")
    weight: float | Literal["optimal"] = Field(
        "optimal", description="weight w of the human items in [0, 1], or `optimal`: least variance in the long run"
    )

    def model_post_init(self, context: object) -> None:
        """Refuse a weight outside [0, 1]."""
        if isinstance(self.weight, float) and not 0.0 <= self.weight <= 1.0:
            raise ValueError(f"weight: {self.weight!r} given; allowed: [0, 1], or 'optimal'")

    @property
    def human_weight(self) -> float:
        """Weight w, the optimal one (sqrt(k^2 + 4 k) - k) / 2 where it is asked for (MODEL 9.3)."""
        k = self.ratio
        return float((k * k + 4.0 * k) ** 0.5 - k) / 2.0 if self.weight == "optimal" else float(self.weight)


class Verified(Frozen):
    """Items of the newest generation that a verifier keeps, who knows the human law."""

    strength: float = Field(
        0.1, ge=0.0, le=1.0, description="strength a: items are kept in proportion to (p / q)^a; 0: all, 1: as human"
    )


class Curated(Frozen):
    """Items of the newest generation that win by reward -x^2 / (2 q) among very many."""

    reward_variance: float = Field(10.0, gt=0.0, description="width q of the reward, in human variances")


class Temperature(Frozen):
    """Items of the newest generation, sampled at a temperature."""

    temperature: float = Field(0.95, gt=0.0, le=10.0, description="temperature T: q^(1/T) is sampled")


Workflow = Replace | Accumulate | Subsample | Growing | Mixed | Verified | Curated | Temperature
WORKFLOWS: dict[str, type[Workflow]] = {
    "replace": Replace,
    "accumulate": Accumulate,
    "subsample": Subsample,
    "mixed": Mixed,
    "growing": Growing,
    "verified": Verified,
    "curated": Curated,
    "temperature": Temperature,
}
"""Settings of every workflow, by the name that a study file uses."""


def name_of(workflow: Workflow) -> str:
    """The name of a workflow."""
    return next(name for name, kind in WORKFLOWS.items() if type(workflow) is kind)


def known_workflow(workflow: Workflow) -> Workflow:
    """Return the workflow; ValueError unless it is one."""
    require(
        type(workflow) in WORKFLOWS.values(),
        "workflow",
        workflow,
        ", ".join(kind.__name__ for kind in WORKFLOWS.values()),
    )
    return workflow


def check_workflow(workflow: Workflow, allowed: Sequence[str], family: str) -> None:
    """Refuse a workflow that a family of models cannot have.

    Raises
    ------
    ValueError
        Naming it, and those that the family has.
    """
    if name_of(workflow) not in allowed:
        raise ValueError(f"workflow: {name_of(workflow)!r} given; allowed with {family}: {', '.join(allowed)}")


def check_synthetic(workflow: Workflow, items: int, least: int) -> None:
    """Refuse a mixture with fewer synthetic items than a refit needs.

    Raises
    ------
    ValueError
        Naming the ratio.
    """
    if isinstance(workflow, Mixed):
        needed = "a synthetic item" if least == 1 else f"{least} synthetic items"
        allowed = f"(0, {items / least:g}]: a refit needs {needed}"
        require(synthetic_items(items, workflow.ratio) >= least, "ratio", workflow.ratio, allowed)


def synthetic_items(items: int, ratio: float) -> int:
    """Synthetic items beside n human ones, n / k rounded down."""
    exact = items / ratio
    return round(exact) if abs(exact - round(exact)) <= ROUNDING * exact else int(exact)


def sample_sizes(workflow: Workflow, items: int, generations: int) -> Floats:
    """Items n_t that generations 1..T are fitted to (T,), whole numbers."""
    import numpy as np

    if isinstance(workflow, Growing):
        return growing_sizes(items, workflow.growth, generations)
    return np.full(generations, float(items))


def growing_sizes(items: int, growth: float, generations: int) -> Floats:
    """Items n_t = n t^(1 + s) of generations 1..T (T,), rounded up to whole numbers."""
    import numpy as np

    exact = items * np.arange(1.0, generations + 1.0) ** (1.0 + growth)
    nearest = np.rint(exact)
    return np.asarray(np.where(np.abs(exact - nearest) <= ROUNDING * exact, nearest, np.ceil(exact)), dtype=np.float64)
