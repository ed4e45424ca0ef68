"""The collapse market as a library: labelled paths of the mean field and of finite populations (MODEL 1.1, 1.7)."""

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.models.arguments import instance, seed_word
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT, Quantity, dataset

from .content import family_of
from .market import check_market, finite_path, mean_field_path
from .parameters import Family, Parameters, Population, Record, Refit, Sampling, Workflow
from .policies import Policy, policy_of

if TYPE_CHECKING:
    import xarray as xr

PATH = ("generation",)
QUANTITIES = {
    "contamination": Quantity(PATH, "synthetic share of the pool"),
    "subsidy": Quantity(PATH, "subsidy, in units of the cost curvature", support=UNIT),
    "verified_share": Quantity(PATH, "share of authentic items with verifiable provenance", support=UNIT),
    "divergence": Quantity(PATH, "KL divergence of the deployed generator from human content", "nats"),
    "premium": Quantity(PATH, "marginal value of a human item to the firm"),
    "collapse_loss": Quantity(PATH, "KL divergence of the pool from human content", "nats"),
    "log_quality": Quantity(PATH, "log quality relative to generation 0"),
    "quality": Quantity(PATH, "quality relative to generation 0"),
    "quality_loss": Quantity(PATH, "log quality lost since generation 0"),
    "exposure": Quantity(PATH, "cumulative squared contamination, from generation 1"),
    "log_exposure": Quantity(PATH, "squared contamination times ln(1 + t)"),
    "local_slope": Quantity(PATH, "log quality lost in a generation over its squared contamination"),
    "welfare": Quantity(PATH, "welfare per producer"),
    "cumulated_welfare": Quantity(PATH, "cumulative welfare from generation 1 on"),
    "welfare_producers": Quantity(PATH, "producers' surplus"),
    "welfare_consumers": Quantity(PATH, "consumers' surplus"),
    "loss_collapse": Quantity(PATH, "welfare lost to collapse"),
    "loss_information": Quantity(PATH, "welfare lost to unknown provenance"),
    "policy_cost": Quantity(PATH, "resource cost of the policy"),
}

FRESH = Quantity(PATH, "synthetic share of the newest items")
"""Reported beside `contamination` where the pool holds more than the newest items, or not all of them."""


class Simulation(Frozen):
    """Options of a simulated path: how its pools are drawn, what it keeps, and its threads."""

    sampling: Sampling = Field(Sampling.ITEMS, description="item by item, or as sufficient statistics")
    record: Record = Field(Record(), description="what is stored of a path")
    threads: int = Field(1, ge=1, description="threads of one path; the bits do not depend on them")


def quantities(parameters: Parameters, record: Record) -> dict[str, Quantity]:
    """Quantities that a path reports: their names, units and meanings."""
    found = {**QUANTITIES, **family_of(parameters).QUANTITIES}
    if parameters.workflow is not Workflow.REPLACE:
        found["fresh_contamination"] = FRESH
    if record.snapshots:
        unit = ("bin", "density of the pool's first coordinate", "1 / human standard deviation")
        if parameters.features is not None:
            unit = (unit[0], f"density of {parameters.features.columns[0]} in the pool", unit[2])
        if parameters.content is Family.CATEGORICAL:
            unit = ("token", "token frequency in the pool", "1")
        found["content"] = Quantity(("snapshot", unit[0]), unit[1], unit[2])
    return found


def coordinates(parameters: Parameters, population: Population, record: Record) -> Arrays:
    """Coordinates of a path: its generations, and the places of its snapshots."""
    last = population.generations
    found: Arrays = {"generation": np.arange(0 if record.trajectories else last, last + 1)}
    if record.snapshots:
        found["snapshot"] = np.array(sorted(record.snapshots))
        if parameters.content is Family.CATEGORICAL:
            found["token"] = np.arange(1, parameters.vocabulary + 1)
        else:
            edges = np.linspace(-record.bin_range, record.bin_range, record.bins + 1)
            found["bin"] = 0.5 * (edges[:-1] + edges[1:])
    return found


def mean_field(parameters: Parameters, policy: str | Policy = "none", generations: int = 10) -> "xr.Dataset":
    """Path of infinitely many producers: deterministic, with integrals accurate to 1e-11 (MODEL 1.1).

    Parameters
    ----------
    parameters
        The economy.
    policy
        Name of a policy with default settings, or a policy such as `Fixed(subsidy=0.3)`.
    generations
        T in [1, 65535].

    Returns
    -------
    xarray.Dataset
        Variables along `generation` = 0..T: contamination, subsidy, collapse_loss (nats), log_quality, welfare and its
        parts; pool_variance, pool_mean, w2_drift (human standard deviations) of Gaussian content; support, entropy,
        total_variation of categorical content; of empirical content w2_drift against held-out rows, and the standard
        errors w2_error and loss_error of Monte Carlo integrals in two dimensions and more.

    Raises
    ------
    ValueError
        For an argument outside its range, and for `refit = "kernel"`.
    """
    instance("parameters", parameters, Parameters)
    rule, population, record = policy_of(policy), Population(generations=generations), Record()
    check_market(parameters.model_copy(update={"growth": 0.0}), rule, population, record)  # nobody counts items here
    if parameters.content is Family.EMPIRICAL and parameters.refit is Refit.KERNEL:
        raise ValueError("refit: 'kernel' given; allowed: 'gaussian', for infinitely many producers")
    return dataset(
        quantities(parameters, record), coordinates(parameters, population, record),
        mean_field_path(parameters, rule, population, record), policy=str(policy),
    )  # fmt: skip


def simulate(
    parameters: Parameters,
    policy: str | Policy,
    producers: int,
    items: int,
    generations: int,
    seed: int,
    replicate: int = 0,
    **options: Any,
) -> "xr.Dataset":
    """Path of a finite population whose generators are refitted to sampled items (MODEL 1.7).

    Parameters
    ----------
    parameters, policy
        As in `mean_field`.
    producers, items, generations
        N in [1, 2^32 - 1], M in [1, 2^24], T in [1, 65535].
    seed, replicate
        Integers in [0, 2^64 - 1] and [0, 2^32 - 1]: the path is a pure function of them.
    **options
        Of `Simulation`. `sampling`: `"items"` draws every item, `"statistics"` the pool's sufficient statistics from
        their exact law. `record`, a `Record`: the whole path or its last generation, and snapshots of content.
        `threads`: threads used for one path; the bits do not depend on them.

    Returns
    -------
    xarray.Dataset
        The variables of `mean_field`, and `content` along (`snapshot`, `bin` or `token`) where asked.

    Raises
    ------
    ValueError
        For an argument outside its range.
    CollapseError
        When content has shrunk to a point.
    """
    instance("parameters", parameters, Parameters)
    chosen = Simulation(**options)
    population = Population(producers=producers, items=items, generations=generations, sampling=chosen.sampling)
    rule, record = policy_of(policy), chosen.record
    seed_word("seed", seed, 64), seed_word("replicate", replicate, 32)
    check_market(parameters, rule, population, record)
    return dataset(
        quantities(parameters, record), coordinates(parameters, population, record),
        finite_path(parameters, rule, population, record, seed, replicate, chosen.threads),
        policy=str(policy), seed=str(seed),
    )  # fmt: skip
