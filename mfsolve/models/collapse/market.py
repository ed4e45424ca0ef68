"""The collapse market, generation by generation (MODEL 1.1): one loop for the mean field and for finite populations."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels.elementary import exponential
from mfsolve.kernels.philox import stream_key
from mfsolve.models.collapse.content import Categorical, Draws, Gaussian
from mfsolve.models.collapse.empirical import human_histogram
from mfsolve.models.collapse.families import FAMILIES, AnyContent, human_content
from mfsolve.models.collapse.law import collapse_law_coefficient
from mfsolve.models.collapse.parameters import Family, Parameters, Population, Record, Refit, Sampling
from mfsolve.models.collapse.policies import POLICIES, Policy, policy_of
from mfsolve.models.collapse.population import Individuals, MeanField, Producers, finite_population
from mfsolve.models.collapse.reservoir import reservoir
from mfsolve.models.collapse.welfare import decompose
from mfsolve.models.model import Arrays, Case, Model, Variable, dataset, seed_word

if TYPE_CHECKING:
    import xarray as xr

PATH = ("generation",)
VARIABLES = {
    "contamination": Variable(PATH, "synthetic share of the pool"),
    "subsidy": Variable(PATH, "subsidy, in units of the cost curvature"),
    "verified_share": Variable(PATH, "share of authentic items whose provenance shows"),
    "divergence": Variable(PATH, "KL divergence of the deployed generator from human content", "nats"),
    "premium": Variable(PATH, "the firm's marginal value of a human item"),
    "collapse_loss": Variable(PATH, "KL divergence of the pool from human content", "nats"),
    "log_quality": Variable(PATH, "log quality relative to generation 0"),
    "quality": Variable(PATH, "quality relative to generation 0"),
    "quality_loss": Variable(PATH, "fall of log quality since generation 0"),
    "exposure": Variable(PATH, "cumulated squared contamination, from generation 1"),
    "welfare": Variable(PATH, "welfare per unit of producers"),
    "welfare_producers": Variable(PATH, "producers' surplus"),
    "welfare_consumers": Variable(PATH, "consumers' surplus"),
    "loss_collapse": Variable(PATH, "welfare lost to collapse"),
    "loss_information": Variable(PATH, "welfare lost to unknown provenance"),
    "policy_cost": Variable(PATH, "resource cost of the policy"),
}


class Collapsed(ArithmeticError):
    """Content has shrunk to a point: its variance is below what float64 can hold."""


def evolve(
    parameters: Parameters,
    policy: Policy,
    producers: Producers,
    content: AnyContent,
    generations: int,
    record: Record,
) -> Arrays:
    """One path of the market: every variable at generations 0..T, and content snapshots."""
    kappa, rho = parameters.cost_curvature, parameters.initial_contamination
    loss = log_quality = exposure = 0.0
    path: dict[str, list[float]] = {}
    snapshots = []
    source, share = content, 0.0  # whose items are in the pool that `content` was fitted to, besides human ones
    for t in range(generations + 1):
        divergence = content.divergence()
        levers = policy.choose(parameters, producers.seen(content, source, share, policy.inspected, t))
        premium = parameters.data_value * content.mixture(rho)[1]
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
            **content.observables(),
            **vars(decompose(parameters, levers, producers.moments(), premium, rho, loss)),
        }
        for name, value in state.items():
            path.setdefault(name, []).append(value)
        if not np.isfinite(log_quality + premium):  # a NaN premium would pass the clip of a best response
            raise Collapsed(f"content has collapsed to a point at generation {t}: simulate fewer generations")
        if t == generations:
            break
        producers.revise(
            t + 1,
            probability=min(1.0, parameters.innovation + parameters.imitation * rho),
            target=levers.subsidy + (levers.verified_share * premium + levers.levy) / (2.0 * kappa),
        )
        rho, refitted = producers.emit(content, t + 1)
        loss = content.mixture(rho)[0]
        log_quality -= parameters.quality_elasticity * loss
        exposure += rho * rho
        if t + 1 in record.snapshots:
            snapshots.append(_snapshot(content, refitted, producers, rho, t + 1, record))
        source, share, content = content, rho, refitted
    kept = slice(None) if record.trajectories else slice(-1, None)
    arrays: Arrays = {name: np.array(values)[kept] for name, values in path.items()}
    if snapshots:
        arrays["content"] = np.stack(snapshots)
    return arrays


def _snapshot(
    content: AnyContent,
    refitted: AnyContent,
    producers: Producers,
    rho: float,
    step: int,
    record: Record,
) -> np.ndarray:
    """Content of the pool at a generation: token frequencies, a histogram of items, or the exact density."""
    if isinstance(refitted, Categorical):
        return refitted.fitted
    assert not isinstance(content, Categorical)
    if isinstance(content, Gaussian) and isinstance(producers, Individuals):
        return content.histogram(producers.share, producers.size.items, np.uint64(step), producers.draws, record)
    return content.density(rho, record)


def check_record(population: Population, parameters: Parameters, record: Record) -> None:
    """Refuse snapshots that cannot be taken, and more draws than a producer has counters for.

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


def check_case(case: Case) -> None:
    """`check_record`, and refuse features that cannot be refitted.

    Raises
    ------
    ValueError
        As `check_record` and `reservoir`; for pools or inspections of fewer items than a covariance takes.
    """
    check_record(case.population, case.parameters, case.record)
    features = case.parameters.features
    if features is None:
        return
    least = reservoir(features, case.parameters.held_out).rows.shape[1] + 1
    if case.population.producers * case.population.items < least:
        raise ValueError(f"producers * items must be at least {least} to refit {least - 1} features")
    if 0 < case.policy.inspected < least:
        raise ValueError(
            f"items: {case.policy.inspected} given; allowed: at least {least} to refit {least - 1} features"
        )


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    keys = {
        p: stream_key(seed, f"collapse/{p}")
        for p in ("revision", "cost", "label", "content", "inspection", "inspected", "measure")
    }
    draws = Draws(keys, np.uint64(replicate), threads)
    producers = finite_population(case.parameters, case.population, draws)
    content = human_content(case.parameters, draws)
    return evolve(case.parameters, case.policy, producers, content, case.population.generations, case.record)


def _mean_field(case: Case) -> Arrays:
    """Nothing for a kernel density, which is one of a finite sample."""
    if case.parameters.content is Family.EMPIRICAL and case.parameters.refit is Refit.KERNEL:
        return {}
    producers = MeanField.initial(case.parameters)
    content = human_content(case.parameters)
    return evolve(case.parameters, case.policy, producers, content, case.population.generations, case.record)


def _variables(case: Case) -> dict[str, Variable]:
    check_case(case)
    variables = {**VARIABLES, **FAMILIES[case.parameters.content].VARIABLES}
    if case.record.snapshots:
        unit = ("bin", "density of the pool's first coordinate", "1 / human standard deviation")
        if case.parameters.features is not None:
            unit = (unit[0], f"density of {case.parameters.features.columns[0]} in the pool", unit[2])
        if case.parameters.content is Family.CATEGORICAL:
            unit = ("token", "token frequency in the pool", "1")
        variables["content"] = Variable(("snapshot", unit[0]), unit[1], unit[2])
    return variables


def _coordinates(case: Case) -> Arrays:
    last = case.population.generations
    coordinates: Arrays = {"generation": np.arange(0 if case.record.trajectories else last, last + 1)}
    if case.record.snapshots:
        coordinates["snapshot"] = np.array(sorted(case.record.snapshots))
        if case.parameters.content is Family.CATEGORICAL:
            coordinates["token"] = np.arange(1, case.parameters.vocabulary + 1)
        else:
            edges = np.linspace(-case.record.bin_range, case.record.bin_range, case.record.bins + 1)
            coordinates["bin"] = 0.5 * (edges[:-1] + edges[1:])
    return coordinates


def _human(case: Case, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Human content at the places of a snapshot: the normal density, token frequencies, or a histogram of rows."""
    if case.parameters.content is Family.CATEGORICAL:
        return Categorical.human(case.parameters).fitted
    if case.parameters.features is not None:
        half = 0.5 * (place[1] - place[0])
        source = reservoir(case.parameters.features, case.parameters.held_out)
        return human_histogram(source, np.append(place - half, place[-1] + half))
    return np.asarray(np.exp(-0.5 * place * place) / np.sqrt(2.0 * np.pi))


MODEL = Model(
    name="collapse",
    title="collapse market: recursive training, provenance subsidies, quality (MODEL 1)",
    parameters=Parameters,
    alternatives=POLICIES,
    population=Population,
    record=Record,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=_mean_field,
    human=_human,
    predictions={"collapse_law_coefficient": lambda case: collapse_law_coefficient(case.parameters)},
    panels=("contamination", "subsidy", "quality", "w2_drift", "total_variation", "support"),
)


def mean_field(parameters: Parameters, policy: str | Policy = "none", generations: int = 10) -> "xr.Dataset":
    """Path of infinitely many producers: deterministic, integrals to 1e-11 (MODEL 1.1).

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
    case = Case(parameters, policy_of(policy), Population(generations=generations), Record())
    check_case(case)
    if parameters.content is Family.EMPIRICAL and parameters.refit is Refit.KERNEL:
        raise ValueError("refit: 'kernel' given; allowed: 'gaussian', for infinitely many producers")
    return dataset(MODEL, case, _mean_field(case), policy=str(policy))


def simulate(
    parameters: Parameters,
    policy: str | Policy,
    producers: int,
    items: int,
    generations: int,
    seed: int,
    replicate: int = 0,
    *,
    sampling: Sampling | str = Sampling.ITEMS,
    record: Record | None = None,
    threads: int = 1,
) -> "xr.Dataset":
    """Path of a finite population: producers revise one by one, the generator is refitted to sampled items (MODEL 1.7).

    Parameters
    ----------
    parameters, policy
        As in `mean_field`.
    producers, items, generations
        N in [1, 2^32 - 1], M in [1, 2^24], T in [1, 65535].
    seed, replicate
        Integers in [0, 2^64 - 1] and [0, 2^32 - 1]: the path is a pure function of them.
    sampling
        `"items"` draws every item; `"statistics"` draws the pool's sufficient statistics from their exact law.
    record
        Trajectories or the last generation, snapshots of content.
    threads
        Threads used for one path; the bits do not depend on it.

    Returns
    -------
    xarray.Dataset
        The variables of `mean_field`, and `content` along (`snapshot`, `bin` or `token`) where asked.

    Raises
    ------
    ValueError
        For an argument outside its range.
    Collapsed
        When content has shrunk to a point.
    """
    population = Population(producers=producers, items=items, generations=generations, sampling=sampling)
    case = Case(parameters, policy_of(policy), population, record or Record())
    seed_word("seed", seed, 64), seed_word("replicate", replicate, 32)
    check_case(case)
    return dataset(MODEL, case, _simulate(case, seed, replicate, threads), policy=str(policy), seed=str(seed))
