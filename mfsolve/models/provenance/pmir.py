"""Provenance-Market Iterative Retraining (PMIR): estimate, subsidise, clear, retrain, until at rest (MODEL 3.3).

The regulator knows human content p, the recipe of retraining (fit, then sample at the temperature delta) and the
market's rules; it observes nothing but the items drawn, and estimates rho_k and q_k from them. The first generator was
fitted to human content alone (v_0 = 1, MODEL 1.1) and is therefore known; it made a share rho_0 of the items of round
0.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mfsolve.kernels.provenance.pmir_round import Stream
from mfsolve.kernels.provenance.stochastic_newton import Gains
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, number, seed_word
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.parameters import Family, Parameters
from mfsolve.models.collapse.subsidy_base import require_generator_base
from mfsolve.models.collapse.workflows import require_replace
from mfsolve.models.frozen import Frozen

from .pmir_round import (
    FARTHEST,
    MOST,
    RULE,
    Precision,
    RestResidual,
    clear_market,
    expected,
    multiples,
    observe,
    required_items,
)
from .simulated_pools import POWER

if TYPE_CHECKING:
    import xarray as xr

START = 0.5  # contamination that the first estimate starts from
FEWEST = 64  # items of a round
SUREST = 1.0 - 1e-9
"""Largest confidence: shared among the rounds, what is left to 1 has to stay far from rounding."""
PATH = (
    "contamination", "estimate", "standard_error", "low", "high", "divergence", "estimated_divergence", "subsidy",
    "residual", "residual_bound", "items", "pool_variance", "estimated_variance",
)  # fmt: skip


class PmirSettings(Frozen):
    """Settings of PMIR: items and rounds, confidence of the stop, gains (MODEL 3.3).

    Raises
    ------
    ValueError
        For a value outside its range, naming the argument and the range.
    """

    items: int | None = Field(None, ge=FEWEST, le=MOST, description="items per round; default: as a stop needs")
    rounds: int = Field(200, ge=1, le=65_535, description="largest number of rounds")
    confidence: float = Field(0.95, gt=0.0, le=SUREST, description="confidence 1 - alpha of the stop, over all rounds")
    power: float = Field(POWER, gt=0.5, le=1.0, description="step sizes fall as j^-power; the second half is averaged")
    budget: int = Field(10**8, ge=FEWEST, le=2**53, description="largest number of items in all rounds")


@dataclass(frozen=True)
class EpsilonSDCE:
    """State in which PMIR stopped: an epsilon-SDCE with confidence 1 - alpha, if `reached` (MODEL 1.4, 3.3).

    SDCE stands for Synthetic Data Contamination Equilibrium.

    Attributes
    ----------
    reached
        True where the bound on the residual fell to the tolerance; False where rounds or items were used up.
    contamination, interval
        Estimate of rho in [0, 1], and an interval that holds rho with that confidence, whatever the reason for
        stopping.
    residual, residual_bound
        |rho - BRmap(rho)| at the estimate, and its upper bound over the interval.
    tolerance
        epsilon.
    rounds, items
        Rounds, and items in all of them.
    """

    reached: bool
    contamination: float
    interval: tuple[float, float]
    residual: float
    residual_bound: float
    tolerance: float
    rounds: int
    items: int


def pmir(
    parameters: Parameters,
    tolerance: float,
    *,
    settings: PmirSettings | None = None,
    seed: int = 1,
    replicate: int = 0,
) -> "tuple[xr.Dataset, EpsilonSDCE]":
    """Iterate estimation, subsidy, market clearing and retraining to an epsilon-SDCE (MODEL 3.3).

    It stops once |rho - BRmap(rho)| <= epsilon with confidence 1 - alpha. The interval of round k has the level
    1 - alpha / ((k + 1) (k + 2)), k = 0, 1, ... Since the complements sum to alpha, with confidence 1 - alpha the
    intervals of all rounds hold at once, and PMIR may stop in any of them. The price is a factor of items that grows as
    the logarithm of the number of rounds.

    Parameters
    ----------
    parameters
        The economy; Gaussian content.
    tolerance
        epsilon in (0, 1).
    settings
        Items per round and in all, rounds, confidence, step sizes. By default a round draws as many items as the bound
        on the residual needs to fall to tolerance / 2 at the current estimate, and 1024 at least.
    seed, replicate
        In [0, 2^64 - 1] and [0, 2^32 - 1]; the path is a pure function of both.

    Returns
    -------
    xarray.Dataset, EpsilonSDCE
        Along `round`: contamination (the market's own), estimate, standard_error, low, high, divergence,
        estimated_divergence, subsidy, residual, residual_bound, items, pool_variance, estimated_variance; and the state
        in which it stopped. Not `reached` where rounds or budget are used up; no round is run where the generator
        equals human content, since items then carry no information (MODEL 3.4).

    Raises
    ------
    ValueError
        For an argument outside its range, or content that is not Gaussian.
    """
    instance("parameters", parameters, Parameters)
    instance("settings", settings, PmirSettings | None)
    columns, end = pmir_rounds(parameters, tolerance, settings or PmirSettings(), seed, replicate)
    return _dataset(columns, parameters, tolerance, seed, replicate), end


def pmir_rounds(
    parameters: Parameters, tolerance: float, settings: PmirSettings, seed: int, replicate: int
) -> "tuple[dict[str, NDArray[Any]], EpsilonSDCE]":
    """Rounds of `pmir`, (rounds,) of each quantity, and the state in which it stopped: for many runs, without labels.

    Raises
    ------
    ValueError
        As `pmir`.
    """
    epsilon, chosen = number("tolerance", tolerance, "(0, 1)"), settings
    if parameters.content is not Family.GAUSSIAN:
        raise ValueError(f"content: {parameters.content.value!r} given; allowed: 'gaussian'")
    require_generator_base(parameters)
    require_replace(parameters)
    seed_word("seed", seed, 64)
    lane = seed_word("replicate", replicate, 32)
    key, market, alpha = stream_key(seed, "provenance/pmir"), RestResidual.of(parameters), 1.0 - chosen.confidence
    rho = parameters.initial_contamination
    content = source = Gaussian.human(parameters)  # the fit to the pool, and the generator of its items
    rho_hat, source_hat, noise, misplaced = START, source, 0.0, 0.0
    slope, left, stop = market.slope(0.0, 1.0), chosen.budget, False
    path: list[tuple[float, ...]] = []
    for k in range(chosen.rounds if source.generator_variance != 1.0 else 0):  # 1: the generator is human content
        z, spread = multiples(k, alpha, parameters.dimension)
        wanted = Precision(0.5 * epsilon / (z * slope), z, spread)
        theory = expected(rho_hat, source_hat)
        n = min(chosen.items or required_items(wanted, theory, source_hat, (noise, spread * misplaced)), left)
        if n < FEWEST:
            break
        left -= n

        # (1) draw pool items; update rho_hat by averaged stochastic Newton, q_hat by refitting them
        stream, gains = Stream(key, np.uint64(k), lane), Gains(theory.rate, chosen.power)
        seen = observe(stream, rho, source, source_hat, gains, n, rho_hat)
        rho_hat = min(max(seen.estimate, 0.0), 1.0)
        error = math.hypot(1.0 / math.sqrt(n * seen.information), noise * theory.shift)
        apart = spread * misplaced
        far = apart > FARTHEST * source_hat.generator_variance
        reach = 1.0 if far else z * error + abs(theory.bend) * apart
        error = reach / z
        q_hat, noise, misplaced = (seen.refit, seen.noise, seen.refit.variance / n) if k > 0 else (content, 0.0, 0.0)

        # (2) the subsidy of the estimated generator
        divergence_hat = q_hat.divergence()
        s = RULE.levers(parameters, divergence_hat).subsidy

        # stop when the residual, which increases in rho, is small at both ends of the interval
        low, high, residual_low, residual, residual_high = market.on_interval(seen, n, math.inf if far else reach**2)
        bound = max(-residual_low, residual_high)
        stop = bound <= epsilon
        path.append((
            rho, rho_hat, error, low, high, content.divergence(), divergence_hat, s, abs(residual), bound, n,
            content.variance, q_hat.variance,
        ))  # fmt: skip
        if stop:
            break
        slope = (residual_high - residual_low) / (high - low) if high > low else slope

        # (3) clear the market: producers revise towards BR(s); the regulator knows the rule, not the state
        rho, rho_hat = clear_market(parameters, rho, content, s), clear_market(parameters, rho_hat, q_hat, s)

        # (4) retrain
        source, source_hat = content, q_hat
        content = source.contaminated(rho)
    columns: dict[str, NDArray[Any]] = dict(zip(PATH, np.array(path, dtype=np.float64).reshape(-1, len(PATH)).T))
    columns["items"] = columns["items"].astype(np.int64)
    return columns, _end(columns, epsilon, stop)


def _end(path: dict[str, NDArray[Any]], epsilon: float, stop: bool) -> EpsilonSDCE:
    if not path["items"].size:
        return EpsilonSDCE(False, math.nan, (0.0, 1.0), math.nan, math.inf, epsilon, 0, 0)
    last = {name: float(values[-1]) for name, values in path.items()}
    return EpsilonSDCE(
        stop, last["estimate"], (last["low"], last["high"]), last["residual"], last["residual_bound"], epsilon,
        path["items"].size, int(path["items"].sum()),
    )  # fmt: skip


def _dataset(
    path: dict[str, NDArray[Any]], parameters: Parameters, epsilon: float, seed: int, replicate: int
) -> "xr.Dataset":
    import xarray as xr

    return xr.Dataset(
        {name: ("round", values) for name, values in path.items()},
        coords={"round": np.arange(path["items"].size)},
        attrs={"tolerance": epsilon, "seed": str(seed), "replicate": replicate, **parameters.model_dump(mode="json")},
    )
