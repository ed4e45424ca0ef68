"""Provenance as studies see it: estimators on simulated pools, against the Cramer-Rao bound (MODEL 3.1, 3.2)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.models.model import Arrays, Case, Frozen, Model, Variable

from .bound import Content, ensemble

PATH = ("pool",)


class Pool(Frozen):
    """A pool of human items N(0, I_d) and synthetic items N(m, s2 I_d)."""

    contamination: float = Field(0.3, ge=0.0, le=1.0, description="synthetic share of the pool, rho")
    distance: float = Field(0.0, ge=0.0, description="norm of the generator's mean, m")
    variance: float = Field(0.4735, gt=0.0, description="generator variance per dimension, s2")
    dimension: int = Field(1, ge=1, le=100_000, description="dimension d")
    watermark: float = Field(0.0, ge=0.0, le=30.0, description="mean score of a marked item, w")
    stripping: float = Field(0.0, ge=0.0, le=1.0, description="probability that the mark is stripped")

    def content(self) -> Content:
        """What items look like, without their share."""
        return Content(**self.model_dump(exclude={"contamination"}))


class Sample(Frozen):
    """Size of one replicate."""

    items: int = Field(10_000, ge=1, le=2**31 - 1, description="items in a pool, n")
    pools: int = Field(20, ge=1, le=2**20, description="pools of a replicate; it reports their averages")


class Nothing(Frozen):
    """There is nothing to choose."""


class MaximumLikelihood(Frozen):
    """Maximum likelihood by safeguarded Newton."""


class OneStep(Frozen):
    """One Newton step from the moment estimate."""


class Moment(Frozen):
    """The calibrated-classifier (moment) estimate, not clipped: the inefficient contrast."""


class ExpectationMaximisation(Frozen):
    """EM, the slow reference of maximum likelihood."""

    passes: int = Field(1000, ge=1, le=1_000_000, description="largest number of passes")


ESTIMATORS: Mapping[str, type[Frozen]] = {
    "mle": MaximumLikelihood,
    "one_step": OneStep,
    "moment": Moment,
    "em": ExpectationMaximisation,
}
COLUMN: Mapping[type[Frozen], int] = {MaximumLikelihood: 0, OneStep: 1, Moment: 2, ExpectationMaximisation: 4}
VARIABLES = {
    "bias": Variable(PATH, "mean error of the estimated share"),
    "squared_error": Variable(PATH, "mean squared error of the estimated share"),
    "bound_ratio": Variable(PATH, "mean squared error over the Cramer-Rao bound 1 / (n I)"),
    "covered": Variable(PATH, "pools whose 95 % likelihood-ratio interval holds the truth"),
    "pools": Variable(PATH, "pools of the replicate"),
    "boundary": Variable(PATH, "share of pools whose maximum-likelihood estimate is 0 or 1"),
}


def _variables(case: Case) -> Mapping[str, Variable]:
    if not case.parameters.content().information(case.parameters.contamination) > 0.0:
        raise ValueError("parameters: human and synthetic items are alike: the information is 0 and so is the bound")
    return VARIABLES


def _coordinates(case: Case) -> Arrays:
    return {"pool": np.zeros(1)}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    from scipy.special import chdtri

    p, size, estimator = case.parameters, case.population, case.policy
    content = p.content()
    passes = estimator.passes if isinstance(estimator, ExpectationMaximisation) else 0
    rows = ensemble(
        p.contamination, content, size.items, size.pools, seed,
        em_passes=passes, threads=threads, first=replicate * size.pools,
    )  # fmt: skip
    error = rows[:, COLUMN[type(estimator)]] - p.contamination
    information = content.information(p.contamination)
    return {
        "bias": np.array([error.mean()]),
        "squared_error": np.array([np.mean(error**2)]),
        "bound_ratio": np.array([size.items * information * np.mean(error**2)]),
        "covered": np.array([np.count_nonzero(2.0 * rows[:, 6] <= chdtri(1, 0.05))], dtype=float),
        "pools": np.array([size.pools], dtype=float),
        "boundary": np.array([np.mean((rows[:, 0] == 0.0) | (rows[:, 0] == 1.0))]),
    }


def _bound(case: Case) -> Arrays:
    """An efficient, unbiased estimator."""
    information = case.parameters.content().information(case.parameters.contamination)
    return {
        "bias": np.zeros(1),
        "squared_error": np.array([1.0 / (case.population.items * information)]),
        "bound_ratio": np.ones(1),
        "covered": np.array([0.95 * case.population.pools]),
        "pools": np.array([case.population.pools], dtype=float),
    }


MODEL = Model(
    name="provenance",
    title="provenance: estimators of contamination against the Cramer-Rao bound (MODEL 3)",
    parameters=Pool,
    alternatives=ESTIMATORS,
    population=Sample,
    record=Nothing,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=_bound,
    section="estimators",
    path="pool",
)
