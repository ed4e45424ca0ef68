"""Provenance-Market Iterative Retraining: estimate, subsidise, clear, retrain, until at rest (MODEL 3.3).

Between rounds nothing is known but the items drawn: the regulator knows human content p, the recipe of retraining
(fit, then sample at the temperature delta) and the market's rules, and estimates rho_k and q_k.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mfsolve.kernels import likelihood, pools
from mfsolve.kernels.philox import stream_key
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.parameters import Family, Parameters
from mfsolve.models.collapse.population import best_response
from mfsolve.models.model import Frozen, seed_word
from mfsolve.models.provenance.checks import Floats, within
from mfsolve.models.provenance.gaussian import gaussian_information

if TYPE_CHECKING:
    import xarray as xr

POWER = 0.6
AVERAGING = likelihood.BURN / (likelihood.BURN - 1.0)
"""n I Var of averaged stochastic Newton for large n: the part of a pass left out of the average."""


class Settings(Frozen):
    """How PMIR runs.

    Raises
    ------
    ValueError
        For a value outside its range, naming the argument and the range.
    """

    items: int | None = Field(None, ge=8, le=2**31 - 1, description="items per round; by default what a stop needs")
    rounds: int = Field(200, ge=1, le=65_535, description="largest number of rounds")
    confidence: float = Field(0.95, gt=0.0, lt=1.0, description="confidence 1 - alpha of the stop")
    power: float = Field(POWER, gt=0.5, le=1.0, description="gains fall as j^-power; averaged over half a pass")


@dataclass(frozen=True)
class EpsilonSDCE:
    """Where PMIR stopped: an epsilon-equilibrium with confidence 1 - alpha, if `reached`."""

    reached: bool
    contamination: float
    interval: tuple[float, float]
    residual: float
    residual_bound: float
    tolerance: float
    rounds: int
    items: int


def rest_content(parameters: Parameters, contamination: float) -> Gaussian:
    """Content at its own rest point for a held contamination: v = (1 - rho) / (1 - rho delta), m = 0 (MODEL 1.4)."""
    rho, delta = contamination, parameters.variance_ratio
    variance = (1.0 - rho) / (1.0 - rho * delta) if rho * delta < 1.0 else 1.0
    return Gaussian(np.zeros(parameters.dimension), max(variance, 1e-12), delta)


def closed_form_subsidy(parameters: Parameters, content: Gaussian) -> float:
    """s = min(1, KL(q || p) / (2 kappa))."""
    return min(1.0, content.divergence() / (2.0 * parameters.cost_curvature))


def best_response_map(parameters: Parameters, contamination: float) -> float:
    """BRmap(rho): synthetic share chosen where content rests at rho and the closed-form subsidy is paid."""
    content = rest_content(parameters, contamination)
    premium = parameters.data_value * content.mixture(contamination)[1]
    gain = parameters.verified_share * premium / (2.0 * parameters.cost_curvature)
    return 1.0 - best_response(parameters, closed_form_subsidy(parameters, content) + gain).share


def residual_slope(parameters: Parameters, contamination: float) -> float:
    """d/d rho (rho - BRmap(rho)), by a central difference."""
    h = 1e-4
    low, high = max(0.0, contamination - h), min(1.0 - 1e-9, contamination + h)
    return 1.0 - (best_response_map(parameters, high) - best_response_map(parameters, low)) / (high - low)


def pmir(
    parameters: Parameters,
    tolerance: float,
    *,
    settings: Settings | None = None,
    seed: int = 1,
    replicate: int = 0,
) -> "tuple[xr.Dataset, EpsilonSDCE]":
    """Iterate estimation, subsidy, market and retraining until |rho - BRmap(rho)| <= tolerance with confidence.

    Parameters
    ----------
    parameters
        The economy, Gaussian content.
    tolerance
        epsilon in (0, 1).
    settings
        Items per round, rounds, confidence, step sizes. By default a round draws as many items as the confidence bound
        on the residual needs to fall to tolerance / 2 at the current estimate.
    seed, replicate
        In [0, 2^64 - 1] and [0, 2^32 - 1]: the path is a pure function of them.

    Returns
    -------
    xarray.Dataset, EpsilonSDCE
        Along `round`: contamination (the market's own), estimate, standard_error, estimated_divergence, divergence,
        subsidy, residual, residual_bound, items, pool_variance, estimated_variance; and where it stopped.

    Raises
    ------
    ValueError
        For an argument outside its range, or content that is not Gaussian.
    """
    from scipy.special import ndtri

    epsilon, chosen = within("tolerance", tolerance, 0.0, 1.0, closed=False), settings or Settings()
    if parameters.content is not Family.GAUSSIAN:
        raise ValueError(f"content: {parameters.content.value!r} given; allowed: 'gaussian'")
    seed_word("seed", seed, 64), seed_word("replicate", replicate, 32)
    key, z = stream_key(seed, "provenance/pmir"), float(ndtri(chosen.confidence))
    rho = parameters.initial_contamination
    generator = pool = Gaussian.human(parameters)  # who made the synthetic items; what they and human ones refit to
    generator_hat, rho_hat, information = generator, rho, generator_information(parameters, rho)
    path: dict[str, list[float]] = {}
    stop = False
    for k in range(chosen.rounds):
        slope = residual_slope(parameters, rho_hat)
        n = chosen.items or items_needed(epsilon, slope, information, z)

        # (1) draw pool items; update rho_hat by averaged stochastic Newton, q_hat by refitting them
        x = draw_items(key, k, replicate, rho, generator, n)
        rho_hat, information = stochastic_newton(x, generator_hat, rho_hat, information, chosen.power)
        error = math.sqrt(AVERAGING / (n * information))
        q_hat = refit(x, parameters)

        # (2) the subsidy of the estimated generator
        s = closed_form_subsidy(parameters, q_hat)

        # stop when the estimated residual is small with confidence
        residual = abs(rho_hat - best_response_map(parameters, rho_hat))
        bound = residual + z * abs(residual_slope(parameters, rho_hat)) * error
        stop = bound <= epsilon
        row = {
            "contamination": rho, "estimate": rho_hat, "standard_error": error, "divergence": pool.divergence(),
            "estimated_divergence": q_hat.divergence(), "subsidy": s, "residual": residual, "residual_bound": bound,
            "items": n, "pool_variance": pool.variance, "estimated_variance": q_hat.variance,
        }  # fmt: skip
        for name, value in row.items():
            path.setdefault(name, []).append(value)
        if stop:
            break

        # (3) clear the market: producers revise towards BR(s); the regulator knows the rule, not the state
        rho, rho_hat = cleared(parameters, rho, pool, s), cleared(parameters, rho_hat, q_hat, s)

        # (4) retrain
        generator, generator_hat = pool, q_hat
        pool = generator.contaminated(rho)
    last = {name: values[-1] for name, values in path.items()}
    half = float(ndtri(0.5 + 0.5 * chosen.confidence)) * last["standard_error"]
    interval = (max(0.0, last["estimate"] - half), min(1.0, last["estimate"] + half))
    rounds = len(path["items"])
    found = EpsilonSDCE(
        stop, last["estimate"], interval, last["residual"], last["residual_bound"], epsilon, rounds,
        int(sum(path["items"])),
    )  # fmt: skip
    return _dataset(path, parameters, epsilon, seed, replicate), found


def cleared(parameters: Parameters, contamination: float, content: Gaussian, subsidy: float) -> float:
    """Contamination once producers have revised towards their best response to the subsidy and to this content."""
    premium = parameters.data_value * content.mixture(contamination)[1]
    target = subsidy + parameters.verified_share * premium / (2.0 * parameters.cost_curvature)
    moving = min(1.0, parameters.innovation + parameters.imitation * contamination)
    revised = contamination + moving * (1.0 - best_response(parameters, target).share - contamination)
    return min(max(revised, 0.0), 1.0)


def generator_information(parameters: Parameters, contamination: float) -> float:
    """Information per item about the contamination with the first generator."""
    rho = min(max(contamination, 1e-3), 1.0 - 1e-3)
    return gaussian_information(rho, variance=parameters.variance_ratio, dimension=parameters.dimension)


def items_needed(tolerance: float, slope: float, information: float, z: float) -> int:
    """Items that bring z |slope| / sqrt(n I) down to half the tolerance."""
    return min(2**31 - 1, max(64, math.ceil((2.0 * z * slope / tolerance) ** 2 / information)))


def draw_items(key: NDArray[np.uint64], k: int, replicate: int, rho: float, generator: Gaussian, n: int) -> Floats:
    """Items (n, d) of round k's pool, in random order: human, or from the generator deployed before."""
    x = np.empty((n, generator.mean.size))
    s = math.sqrt(generator.generator_variance)
    pools.draw_items(key, np.uint64(k), np.uint64(replicate), rho, generator.mean, s, x)
    return x


def stochastic_newton(x: Floats, q: Gaussian, start: float, information: float, power: float) -> tuple[float, float]:
    """rho_hat += a_j I^{-1} S(x_j), averaged and projected, from the last round's estimate; with its information."""
    t, out = np.empty(x.shape[0]), np.empty(2)
    pools.gaussian_contrasts(x, q.mean, q.generator_variance, t)
    likelihood.stochastic_newton(t, start, information, power, out)
    return float(out[0]), float(out[1])


def refit(x: Floats, parameters: Parameters) -> Gaussian:
    """Mean and variance of the items, as retraining fits them."""
    mean = x.mean(axis=0)
    return Gaussian(mean, max(float(np.mean((x - mean) ** 2)), 1e-12), parameters.variance_ratio)


def _dataset(
    path: dict[str, list[float]], parameters: Parameters, epsilon: float, seed: int, replicate: int
) -> "xr.Dataset":
    import xarray as xr

    return xr.Dataset(
        {name: ("round", np.array(values)) for name, values in path.items()},
        coords={"round": np.arange(len(path["items"]))},
        attrs={"tolerance": epsilon, "seed": str(seed), "replicate": replicate, **parameters.model_dump(mode="json")},
    )
