"""Developers who retrain on fresh human items and their own model's output, and weigh the two: a model of one's own.

Every generation a developer estimates the mean of human content from n human items and n / k of its last model, with
weight w on the human ones: m' = w x + (1 - w) y, Var x = 1 / n, Var y = k / n around m. In the long run n Var m is
(w^2 + k (1 - w)^2) / (2 w - w^2), least at w* = (sqrt(k^2 + 4 k) - k) / 2 (He et al., arXiv 2502.18049).
"""

import numpy as np

from mfsolve.experiments import Arm, Case, Experiment, Field, Frozen, Output, Reference, generator


class Parameters(Frozen):
    """What a developer finds on the market for content."""

    ratio: float = Field(1.0, gt=0.0, description="human items for each synthetic one, k")
    generations: int = Field(12, ge=1, description="generations")


class Population(Frozen):
    """Size of one replicate."""

    developers: int = Field(2000, ge=1, description="developers, each with a market of its own")


class Fixed(Frozen):
    """A weight that a developer chooses."""

    weight: float = Field(0.8, gt=0.0, le=1.0, description="weight of the human items, w")


def weight(case: Case) -> float:
    """Weight of an arm: w*, the share of human items in the pool, or a number."""
    k = case.parameters.ratio
    return float({"best": (np.sqrt(k * k + 4 * k) - k) / 2, "pooled": k / (1 + k)}.get(case.rule) or case.arm.weight)


def drawn(case: Case) -> dict[str, Output]:
    """The error of the models, relative to that of human items alone."""
    return {"error": Output(("generation",), "n times the squared error of a model")}


def coordinates(case: Case) -> dict[str, np.ndarray]:
    """Generations, from one trained on human items alone."""
    return {"generation": np.arange(case.parameters.generations + 1)}


def draw(case: Case, seed: int, replicate: int, threads: int) -> dict[str, np.ndarray]:
    """Mean error over a replicate's developers, in units of 1 / n."""
    rng, w, k, n = generator(seed, replicate), weight(case), case.parameters.ratio, case.population.developers
    path = [np.mean((model := rng.standard_normal(n)) ** 2)]
    for _ in range(case.parameters.generations):
        model = w * rng.standard_normal(n) + (1 - w) * (model + np.sqrt(k) * rng.standard_normal(n))
        path.append(np.mean(model**2))
    return {"error": np.array(path)}


def long_run(case: Case) -> float:
    """Error of the published closed form."""
    w = weight(case)
    return float((w**2 + case.parameters.ratio * (1 - w) ** 2) / (2 * w - w**2))


def limit(case: Case) -> dict[str, np.ndarray]:
    """Infinitely many developers: the error's recursion, solved."""
    end, places = long_run(case), coordinates(case)["generation"]
    return {"error": end + (1 - end) * (1 - weight(case)) ** (2.0 * places)}


EXPERIMENT = Experiment(
    name="guest_weighting", title="human and synthetic items, weighed", parameters=Parameters, population=Population,
    arms={
        rule: Arm(settings, draw, drawn, coordinates=coordinates, reference=Reference(drawn, limit))
        for rule, settings in {"best": Frozen, "pooled": Frozen, "fixed": Fixed}.items()
    },
    path="generation", section="weights", word="choice", predictions={"long_run": long_run},
    toy={"population.developers": 40},
)  # fmt: skip
