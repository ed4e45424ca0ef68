"""Many replicates of a small Gaussian market in one call, with the bits of one path at a time (MODEL 1.7)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.kernels.collapse import many_markets
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, replicate_range, seed_word, thread_count
from mfsolve.models.parallel import blocks, run_blocks
from mfsolve.models.quantities import dataset

from .labelled_paths import coordinates, quantities
from .market import check_market, finite_path
from .market_paths import Keys, MarketPaths, Size
from .parameters import ConsumersSee, Parameters, Population, Record, Sampling, SubsidyBase
from .policies import (
    ClosedForm,
    Disclosure,
    Fixed,
    NoPolicy,
    Planner,
    Pmir,
    Policy,
    RoyaltyCap,
    Schedule,
    Watermark,
    policy_of,
)

if TYPE_CHECKING:
    import xarray as xr

WHOLE = Record()
MOST = 2**14
"""Replicates in one call, at most."""
STEPS_AT_ONCE = 2**21
"""Cohorts by generations of all replicates of a call, at most: some tenths of a second."""
LANES = 2**10
"""Replicates that a thread carries side by side, at most."""
COHORTS = 2**14
"""Cohorts that a thread carries at a time, about: their draws stay in its cache."""
EXACT = 2**53
"""Items of a pool up to which float64 counts them."""

BASES = {
    SubsidyBase.GENERATOR: many_markets.GENERATOR,
    SubsidyBase.POOL: many_markets.POOL,
    SubsidyBase.REVERSE: many_markets.REVERSE,
}
READ = frozenset(
    (
        "initial_contamination", "innovation", "imitation", "variance_ratio", "cost_curvature", "quality_elasticity",
        "verified_share", "dimension", "data_value", "information_cost", "subsidy_base", "quality_floor",
        "consumers_see",
    )
)  # fmt: skip
"""Parameters that the kernel reads."""
OF_OTHER_CONTENT = frozenset(("vocabulary", "zipf_exponent", "held_out", "refit", "bandwidth", "centres"))
SERVED = (NoPolicy, Fixed, ClosedForm, Watermark, Disclosure, RoyaltyCap, Pmir, Planner, Schedule)


def at_once(parameters: Parameters, policy: Policy, population: Population, record: Record) -> int:
    """Number of replicates that `finite_paths` should be asked for at a time; 0 where it does not serve the market.

    It serves Gaussian content whose statistics are drawn from their law, producers without cost differences, and the
    policies that do not search: every parameter that the kernel does not read must have its default.
    """
    fields = type(parameters).model_fields
    changed = {name for name, field in fields.items() if getattr(parameters, name) != field.default}
    served = (
        changed <= READ | OF_OTHER_CONTENT
        and population.sampling is Sampling.STATISTICS
        and population.producers * population.items <= EXACT
        and population.generations + 2 <= many_markets.MOST
        and type(policy) in SERVED
        and not record.snapshots
    )
    steps = (population.generations + 1) ** 2
    return max(1, min(MOST, STEPS_AT_ONCE // steps)) if served else 0


def finite_paths(
    parameters: Parameters,
    policy: Policy,
    population: Population,
    record: Record,
    seed: int,
    replicates: range,
    threads: int,
) -> Arrays:
    """Paths of consecutive replicates (n, generations): those of `finite_path`, bit for bit.

    Raises
    ------
    CollapseError
        When the content of a replicate has shrunk to a point.
    """
    economy, rule = _economy(parameters), _rule(parameters, policy, population)
    keys = Keys(*(stream_key(seed, f"collapse/{purpose}") for purpose in Keys._fields))
    last = population.generations
    size = Size(
        float(population.producers), float(population.items), last, parameters.dimension,
        0 if record.trajectories else last,
    )  # fmt: skip
    out = np.empty((len(many_markets.OUTPUTS), len(replicates), last + 1 - size.first))
    most = max(1, min(LANES, COHORTS // (last + 2), -(-len(replicates) // threads)))
    done = np.zeros(len(blocks(len(replicates), most)), np.bool_)

    def work(index: int, start: int, stop: int) -> None:
        done[index] = MarketPaths(economy, rule, keys, size, replicates[start], out[:, start:stop]).run()

    run_blocks(work, len(replicates), threads, most)
    for index in np.flatnonzero(~done):  # one path at a time says what is wrong
        for replicate in replicates[slice(*blocks(len(replicates), most)[index])]:
            finite_path(parameters, policy, population, record, seed, replicate, threads)
    return dict(zip(many_markets.OUTPUTS, out))


def simulate_many(
    parameters: Parameters,
    policy: str | Policy,
    population: Population,
    seed: int,
    replicates: range,
    *,
    record: Record = WHOLE,
    threads: int = 1,
) -> xr.Dataset:
    """Paths of consecutive replicates of a finite population: those of `simulate`, much faster where they are small.

    Parameters
    ----------
    parameters, policy
        As in `mean_field`.
    population
        Size of a replicate. With `sampling = "statistics"`, Gaussian content, no spread of costs and any policy but
        `myopic` many replicates are computed in one call; otherwise one by one.
    seed, replicates
        An integer in [0, 2^64 - 1], and a range of consecutive numbers in [0, 2^32 - 1].
    record, threads
        Record of each path, and threads that share the replicates; the bits do not depend on them.

    Returns
    -------
    xarray.Dataset
        The variables of `simulate`, with the dimension `replicate` first.

    Raises
    ------
    ValueError
        For an argument outside its range.
    CollapseError
        When the content of a replicate has shrunk to a point.
    """
    instance("parameters", parameters, Parameters)
    instance("population", population, Population)
    instance("record", record, Record)
    thread_count(threads)
    rule = policy_of(policy)
    seed_word("seed", seed, 64)
    replicate_range(replicates)
    check_market(parameters, rule, population, record)
    if at_once(parameters, rule, population, record):
        arrays = finite_paths(parameters, rule, population, record, seed, replicates, threads)
    else:
        rows = [finite_path(parameters, rule, population, record, seed, r, threads) for r in replicates]
        arrays = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    named = quantities(parameters, record)
    return dataset(
        {name: replace(quantity, dims=("replicate", *quantity.dims)) for name, quantity in named.items()},
        {"replicate": np.array(replicates)} | coordinates(parameters, population, record),
        arrays, policy=str(policy), seed=str(seed),
    )  # fmt: skip


def _economy(parameters: Parameters) -> many_markets.Economy:
    return many_markets.Economy(
        parameters.initial_contamination, parameters.innovation, parameters.imitation, parameters.variance_ratio,
        parameters.cost_curvature, parameters.quality_elasticity, parameters.verified_share, parameters.data_value,
        parameters.information_cost, parameters.quality_floor, BASES[parameters.subsidy_base],
        parameters.consumers_see is ConsumersSee.CURRENT,
    )  # fmt: skip


def _rule(parameters: Parameters, policy: Policy, population: Population) -> many_markets.Rule:
    """A policy in the kernel's numbers: a schedule of subsidies where they do not depend on the content."""
    policy = policy.plan(parameters, population.generations)
    kind, number = many_markets.SCHEDULE, 0.0
    subsidies: tuple[float, ...] = (0.0,)
    match policy:
        case Fixed():
            subsidies = (policy.subsidy,)
        case Schedule():
            subsidies = policy.subsidies
        case ClosedForm() | Pmir():
            kind = many_markets.CLOSED_FORM
        case Watermark():
            kind, number = many_markets.WATERMARK, policy.stripping
        case Disclosure():
            kind, number = many_markets.DISCLOSURE, policy.item_cost
        case RoyaltyCap():
            kind, number = many_markets.LEVY, policy.cap
    return many_markets.Rule(kind, float(number), np.array(subsidies), policy.inspected)
