"""The collapse market, generation by generation: one loop for the mean field and for finite populations (MODEL 1.1)."""

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.kernels.numerics.elementary import exponential, natural_log
from mfsolve.kernels.random.philox import stream_key

from .content import AnyContent, Categorical, Gaussian, human_content
from .draws import Draws
from .human_rows import reservoir
from .parameters import ConsumersSee, Family, Parameters, Population, Record, Refit, Sampling, Workflow
from .policy import Policy
from .producers import Individuals, MeanField, Producers, finite_population
from .response import target
from .welfare import decompose
from .workflows import CollapseError, Pool, check_workflow, workflow_of

PURPOSES = ("revision", "cost", "label", "content", "inspection", "inspected", "selection", "selected", "measure")
"""What the random numbers of a replicate are drawn for: one key each."""


def _over_square(value: float, rho: float) -> float:
    """value / rho^2, and 0 at rho 0; divided twice where the square vanishes."""
    square = rho * rho
    if square > 1e-300:
        return value / square
    return value / rho / rho if rho > 0.0 else 0.0


def evolve(
    parameters: Parameters,
    policy: Policy,
    producers: Producers,
    content: AnyContent,
    generations: int,
    record: Record,
) -> Arrays:
    """Run the market along one path: every variable at generations 0..T, and content snapshots (MODEL 1.1, 1.9).

    Raises
    ------
    CollapseError
        When content has shrunk to a point, or a verifier keeps nothing.
    """
    rho = parameters.initial_contamination
    loss = log_quality = exposure = fall = seen_quality = total = 0.0
    policy = policy.plan(parameters, generations)
    path: dict[str, list[float]] = {}
    snapshots = []
    workflow = workflow_of(parameters, producers, content)
    pool = Pool(0.0, rho, content, content)  # the human pool that the first generator is fitted to
    for t in range(generations + 1):
        fresh, published = pool.fresh, workflow.published(content)
        divergence = published.divergence()
        seen = workflow.seen(published, pool, policy.inspected, t)
        levers = policy.choose(parameters, seen, rho, t)
        premium = parameters.data_value * published.mixture(rho)[1]
        state = {
            "contamination": rho,
            "subsidy": levers.subsidy,
            "verified_share": levers.verified_share,
            "divergence": divergence,
            "premium": premium,
            "collapse_loss": loss,
            "log_quality": log_quality,
            "quality": float(exponential(log_quality)),
            "quality_loss": -log_quality,
            "exposure": exposure,
            "log_exposure": rho * rho * float(natural_log(1.0 + t)),
            "cumulated_welfare": 0.0,
            "local_slope": _over_square(parameters.quality_elasticity * loss, rho),
            **content.observables(),
            **vars(decompose(parameters, levers, producers.moments(), premium, rho, loss, seen_quality)),
        }
        if parameters.workflow is not Workflow.REPLACE:
            state["fresh_contamination"] = fresh
        total += state["welfare"] if t > 0 else 0.0
        state["cumulated_welfare"] = total
        for name, value in state.items():
            path.setdefault(name, []).append(value)
        if not np.isfinite(log_quality + premium):  # a NaN premium would pass the clip of a best response
            raise CollapseError(
                f"generations: content has collapsed to a point at generation {t} of {generations}; allowed: fewer "
                "generations, or more producers, items or human content"
            )
        if t == generations:
            break
        producers.revise(
            t + 1,
            probability=min(1.0, parameters.innovation + parameters.imitation * fresh),
            target=target(levers.subsidy, levers.verified_share * premium + levers.levy, parameters.cost_curvature),
        )
        pool = workflow.form(published, t + 1)
        rho = pool.contamination
        loss = pool.source.mixture(rho)[0]
        seen_quality = log_quality if parameters.consumers_see is ConsumersSee.CURRENT else 0.0
        fall -= parameters.quality_elasticity * loss
        log_quality = bounded_quality(fall, parameters.quality_floor)
        exposure += rho * rho
        if t + 1 in record.snapshots:
            snapshots.append(_snapshot(pool, parameters.workflow, producers, t + 1, record))
        content = pool.fitted
    kept = slice(None) if record.trajectories else slice(-1, None)
    arrays: Arrays = {name: np.array(values)[kept] for name, values in path.items()}
    if snapshots:
        arrays["content"] = np.stack(snapshots)
    return arrays


def bounded_quality(fall: float, floor: float) -> float:
    """Log quality ln(f + (1 - f) e^fall) with a floor f, `fall` <= 0 being what it is without one (MODEL 1.1)."""
    return fall if floor == 0.0 else float(natural_log(floor + (1.0 - floor) * exponential(fall)))


def _snapshot(pool: Pool, workflow: Workflow, producers: Producers, step: int, record: Record) -> Floats:
    """Content of the pool at a generation: token frequencies, a histogram of items, or the exact density."""
    source, fitted = pool.source, pool.fitted
    if isinstance(fitted, Categorical):
        return fitted.fitted
    assert not isinstance(source, Categorical)
    if isinstance(source, Gaussian) and isinstance(producers, Individuals) and workflow is Workflow.REPLACE:
        return source.histogram(producers.share, producers.size.items, np.uint64(step), producers.draws, record)
    return source.density(pool.contamination, record)


def check_record(population: Population, parameters: Parameters, record: Record) -> None:
    """Refuse snapshots that cannot be taken, and more items than a producer has counters for.

    Raises
    ------
    ValueError
        For a snapshot beyond the last generation, or of Gaussian items that are never drawn; for items * dimension
        beyond 2^33.
    """
    if record.snapshots and max(record.snapshots) > population.generations:
        raise ValueError(f"snapshots: {max(record.snapshots)} given; allowed: [1, {population.generations}]")
    gaussian = parameters.content is Family.GAUSSIAN
    items = population.sampling is Sampling.ITEMS
    if gaussian and items and (population.items + 1) // 2 * parameters.dimension > 2**32:  # the counter's block word
        raise ValueError(f"items: {population.items} given; allowed: at most 2^33 / dimension with sampling = 'items'")
    if record.snapshots and gaussian and population.sampling is Sampling.STATISTICS:
        raise ValueError("snapshots: Gaussian items are not drawn with sampling = 'statistics'; use sampling = 'items'")


def check_market(parameters: Parameters, policy: Policy, population: Population, record: Record) -> None:
    """Refuse what `check_record` refuses, and pools too small to refit empirical content.

    Raises
    ------
    ValueError
        As `check_record` and `reservoir`; for pools or inspections of fewer items than a covariance takes.
    """
    check_record(population, parameters, record)
    check_record(check_workflow(parameters, population), parameters, record)
    features = parameters.features
    policy.check(parameters, population.generations)
    if features is None:
        return
    least = reservoir(features, parameters.held_out).rows.shape[1] + 1
    if population.producers * population.items < least:
        raise ValueError(f"producers * items must be at least {least} to refit {least - 1} features")
    if 0 < policy.inspected < least:
        raise ValueError(f"items: {policy.inspected} given; allowed: at least {least} to refit {least - 1} features")


def finite_path(
    parameters: Parameters,
    policy: Policy,
    population: Population,
    record: Record,
    seed: int,
    replicate: int,
    threads: int,
) -> Arrays:
    """Path of a finite population, a pure function of seed and replicate (MODEL 1.7)."""
    keys = {purpose: stream_key(seed, f"collapse/{purpose}") for purpose in PURPOSES}
    draws = Draws(keys, np.uint64(replicate), threads)
    producers = finite_population(parameters, population, draws)
    content = human_content(parameters, draws)
    return evolve(parameters, policy, producers, content, population.generations, record)


def mean_field_path(parameters: Parameters, policy: Policy, population: Population, record: Record) -> Arrays:
    """Path of infinitely many producers; empty for a kernel density, which is that of a finite sample."""
    if parameters.content is Family.EMPIRICAL and parameters.refit is Refit.KERNEL:
        return {}
    producers = MeanField.initial(parameters)
    content = human_content(parameters)
    return evolve(parameters, policy, producers, content, population.generations, record)
