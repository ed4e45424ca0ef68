"""Provenance-Market Iterative Retraining: estimate, subsidise, clear, retrain, until at rest (MODEL 3.3).

Between rounds nothing is known but the items drawn: the regulator knows human content p, the recipe of retraining
(fit, then sample at the temperature delta) and the market's rules, and estimates rho_k and q_k. The first generator was
fitted to human content alone (v_0 = 1, MODEL 1.1), so that one is known; a share rho_0 of round 0's items is its work.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.provenance import pmir_round as rounds
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import number, seed_word
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.equilibria import Generator, Market
from mfsolve.models.collapse.parameters import Family, Parameters
from mfsolve.models.collapse.policies import ClosedForm
from mfsolve.models.collapse.producers import best_response
from mfsolve.models.frozen import Frozen

from .simulated_pools import POWER

if TYPE_CHECKING:
    import xarray as xr

START = 0.5
FEWEST, MOST = 64, 2**31 - 1
ENOUGH = 1024
"""Items from which on the interval, a third-order expansion, is taken at its word."""
RULE = ClosedForm()
PATH = (
    "contamination", "estimate", "standard_error", "low", "high", "divergence", "estimated_divergence", "subsidy",
    "residual", "residual_bound", "items", "pool_variance", "estimated_variance",
)  # fmt: skip


class Settings(Frozen):
    """How PMIR runs.

    Raises
    ------
    ValueError
        For a value outside its range, naming the argument and the range.
    """

    items: int | None = Field(None, ge=FEWEST, le=MOST, description="items per round; by default what a stop needs")
    rounds: int = Field(200, ge=1, le=65_535, description="largest number of rounds")
    confidence: float = Field(0.95, gt=0.0, lt=1.0, description="confidence 1 - alpha of the stop, over all rounds")
    power: float = Field(POWER, gt=0.5, le=1.0, description="gains fall as j^-power; the second half is averaged")
    budget: int = Field(10**8, ge=FEWEST, le=2**53, description="largest number of items in all rounds")


@dataclass(frozen=True)
class EpsilonSDCE:
    """Where PMIR stopped: an epsilon-equilibrium with confidence 1 - alpha, if `reached`.

    With that confidence `interval` holds the contamination too, whatever made PMIR stop when it did.
    """

    reached: bool
    contamination: float
    interval: tuple[float, float]
    residual: float
    residual_bound: float
    tolerance: float
    rounds: int
    items: int


def at_rest(parameters: Parameters) -> Market:
    """The market where the closed form is paid and content is at rest, whatever the contamination."""
    return Market(parameters, RULE, 0.0, Generator.REST)


def best_response_map(parameters: Parameters, contamination: float) -> float:
    """BRmap(rho): synthetic share chosen where content rests at rho and the closed-form subsidy is paid (MODEL 3.3)."""
    return contamination + at_rest(parameters).at(contamination).residual


def pmir(
    parameters: Parameters,
    tolerance: float,
    *,
    settings: Settings | None = None,
    seed: int = 1,
    replicate: int = 0,
) -> "tuple[xr.Dataset, EpsilonSDCE]":
    """Iterate estimation, subsidy, market and retraining until |rho - BRmap(rho)| <= tolerance with confidence.

    Round k's interval has the level 1 - alpha / ((k + 1) (k + 2)). These complements sum to alpha, so that with
    confidence 1 - alpha the intervals of all rounds hold at once, and PMIR may stop at whichever it likes. The price is
    a factor of items that grows as the logarithm of the number of rounds.

    Parameters
    ----------
    parameters
        The economy, Gaussian content.
    tolerance
        epsilon in (0, 1).
    settings
        Items per round and in all, rounds, confidence, step sizes. By default a round draws as many items as the bound
        on the residual needs to fall to tolerance / 2 at the current estimate, and 1024 at least.
    seed, replicate
        In [0, 2^64 - 1] and [0, 2^32 - 1]: the path is a pure function of them.

    Returns
    -------
    xarray.Dataset, EpsilonSDCE
        Along `round`: contamination (the market's own), estimate, standard_error, low, high, divergence,
        estimated_divergence, subsidy, residual, residual_bound, items, pool_variance, estimated_variance; and where it
        stopped. Not `reached` where rounds or budget are used up; without a round where the generator is human content
        itself, since no rule can (MODEL 3.4).

    Raises
    ------
    ValueError
        For an argument outside its range, or content that is not Gaussian.
    """
    from scipy.special import ndtri

    epsilon, chosen = number("tolerance", tolerance, "(0, 1)"), settings or Settings()
    if parameters.content is not Family.GAUSSIAN:
        raise ValueError(f"content: {parameters.content.value!r} given; allowed: 'gaussian'")
    seed_word("seed", seed, 64)
    lane = seed_word("replicate", replicate, 32)
    key, market, alpha = stream_key(seed, "provenance/pmir"), Rest.of(parameters), 1.0 - chosen.confidence
    rho = parameters.initial_contamination
    content = source = Gaussian.human(parameters)  # fitted to the pool; fitted before, whose items are in the pool
    rho_hat, source_hat, noise = START, source, 0.0
    slope, left, stop = market.slope(0.0, 1.0), chosen.budget, False
    path: list[tuple[float, ...]] = []
    for k in range(chosen.rounds if source.generator_variance != 1.0 else 0):  # 1: human content itself
        z = float(ndtri(1.0 - 0.5 * alpha / ((k + 1) * (k + 2))))
        n = min(chosen.items or items_needed(0.5 * epsilon / (z * slope), rho_hat, source_hat, noise), left)
        if n < FEWEST:
            break
        left -= n

        # (1) draw pool items; update rho_hat by averaged stochastic Newton, q_hat by refitting them
        seen = observe(key, k, lane, rho, source, n, source_hat, rho_hat, chosen.power)
        rho_hat = min(max(seen.estimate, 0.0), 1.0)
        error = math.hypot(1.0 / math.sqrt(n * seen.information), noise * seen.shift)
        q_hat, noise = (seen.refit, seen.noise) if k > 0 else (content, 0.0)

        # (2) the subsidy of the estimated generator
        divergence_hat = q_hat.divergence()
        s = RULE.levers(parameters, divergence_hat).subsidy

        # stop when the residual, which rises with rho, is small at both ends of the interval
        low, high, residual_low, residual, residual_high = market.judge(seen, n, (z * error) ** 2)
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
        rho, rho_hat = cleared(parameters, rho, content, s), cleared(parameters, rho_hat, q_hat, s)

        # (4) retrain
        source, source_hat = content, q_hat
        content = source.contaminated(rho)
    columns: dict[str, NDArray[Any]] = dict(zip(PATH, np.array(path, dtype=np.float64).reshape(-1, len(PATH)).T))
    columns["items"] = columns["items"].astype(np.int64)
    return _dataset(columns, parameters, epsilon, seed, replicate), _end(columns, epsilon, stop)


def items_needed(error: float, contamination: float, generator: Gaussian, noise: float) -> int:
    """Items that bring the standard error down to `error`, if what the generator's own error leaves of it allows."""
    out = np.empty(5)
    rounds.expectations(contamination, generator.generator_variance, generator.mean.size, out)
    information, shift = out[3:].tolist()
    left = max(error * error - (noise * shift) ** 2, 0.5 * error * error)
    return max(ENOUGH, int(min(math.ceil(1.0 / max(left * information, 1e-300)), MOST)))


class Sight(NamedTuple):
    """What a round's items show: rho_hat, not projected, and q_hat, with all that says how far off they may be.

    `information` and `third` are derivatives of the log likelihood per item, `noise` is the standard error of the
    generator variance s2 that follows from the refit, `shift` = d rho_hat / d s2 of the generator believed in.
    """

    estimate: float
    information: float
    third: float
    refit: Gaussian
    noise: float
    shift: float


def observe(
    key: NDArray[np.uint64],
    k: int,
    replicate: np.uint64,
    rho: float,
    source: Gaussian,
    n: int,
    source_hat: Gaussian,
    start: float,
    power: float,
) -> Sight:
    """Draw n items; rho += a_j I^-1 S_j, averaged, then a scoring step; refit their mean and variance."""
    mean, out, delta = np.empty(source.mean.size), np.empty(7), source.variance_ratio
    rounds.draw_and_estimate(
        key, np.uint64(k), replicate, rho, source.mean, math.sqrt(source.generator_variance), n,
        source_hat.mean, source_hat.generator_variance, start, power, mean, out,
    )  # fmt: skip
    estimate, information, third, _, variance, error, shift = out.tolist()
    refit = Gaussian(mean, max(variance, 1e-12), delta)
    return Sight(estimate, max(information, 1e-300), third, refit, delta * error, shift)


@dataclass(frozen=True)
class Rest:
    """rho - BRmap(rho) of an economy as `kernels.equilibrium` computes it: `best_response_map` to 1e-6, but fast."""

    point: Floats
    dimension: int

    @classmethod
    def of(cls, parameters: Parameters) -> "Rest":
        """Of the economy under the closed form."""
        p = parameters
        point = (p.cost_curvature, np.nan, p.verified_share, 0.0, p.cost_spread, 0.0, p.variance_ratio, p.data_value)
        return cls(np.array(point), p.dimension)

    def judge(self, seen: Sight, n: int, square: float) -> list[float]:
        """Interval of contaminations, and residuals at its lower end, the estimate and its upper end.

        The interval is that of the deviance which a normal error of that square has: safe at 0 and 1.
        """
        out, drop = np.empty(5), square * n * seen.information
        rounds.judge(seen.estimate, seen.information, seen.third, n, drop, self.point, self.dimension, out)
        values: list[float] = out.tolist()
        return values

    def slope(self, low: float, high: float) -> float:
        """Mean slope of the residual between two contaminations, at least 1."""
        out = np.empty(2)
        rounds.rest_residuals(np.array([low, high]), self.point, self.dimension, out)
        return float(out[1] - out[0]) / (high - low)


def cleared(parameters: Parameters, contamination: float, content: Gaussian, subsidy: float) -> float:
    """Contamination once producers have revised towards their best response to the subsidy and to this content."""
    target = subsidy
    if parameters.verified_share > 0.0:
        premium = parameters.data_value * content.mixture(contamination)[1]
        target += parameters.verified_share * premium / (2.0 * parameters.cost_curvature)
    moving = min(1.0, parameters.innovation + parameters.imitation * contamination)
    revised = contamination + moving * (1.0 - best_response(parameters, target).share - contamination)
    return min(max(revised, 0.0), 1.0)


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
