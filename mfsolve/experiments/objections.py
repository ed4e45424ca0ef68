"""The collapse market under stress: what is left of a policy, here and in random economies (MODEL 7.1, 7.2)."""

import math
from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.frozen import Frozen
from mfsolve.models.objections import stressed_market
from mfsolve.models.objections.random_economies import economies, effect
from mfsolve.models.objections.stress import Stress
from mfsolve.models.provenance.contents import GaussianContent

PATH = ("generation",)
CURVES = ("contamination", "subsidy", "w2_drift", "log_quality", "outside", "verified_share")
ENDS = (
    "contamination", "subsidy", "w2_drift", "log_quality", "outside", "verified_share", "stripped", "evasion",
    "human_variance", "outlay", "curvature", "collapse_loss",
)  # fmt: skip

MARK = 2.0
"""Strength of the mark where evaders strip marks instead of moving content."""
MOST = 700.0
"""Log gain beyond which its exponential is no longer a number."""
HARMFUL = -1e-12
"""Log gain below which an instrument does harm, beyond rounding."""
IDLE = math.log(1.01)
"""Log gain up to which an instrument changes next to nothing: 1 % of quality."""
HARM = "collapse per squared contamination over the information of an item on it"

COUNTS = ("weaker", "worse", "stingier", "halved", "harmful", "dearer", "undone", "idle")
"""Counts of random economies, in the order of a row of `draw`."""


class Sample(Frozen):
    """Length of a path, and size of a replicate: a sample of random economies."""

    generations: int = Field(10, ge=2, le=10_000, description="generations T")
    economies: int = Field(25, ge=1, le=2**20, description="random economies of a replicate")


def solve(case: Case, threads: int) -> Arrays:
    """Path of the market with the instrument, its gain on the same market without it, and where both end."""
    length, p, stress = case.population.generations, case.parameters, case.arm
    held, free = (stressed_market.path(p, stress, length, intervene) for intervene in (True, False))
    plain = effect(p, stress.compared(), length)
    log_gain = held["log_quality"] - free["log_quality"]
    values = {
        **{f"{name}_along": held[name] for name in CURVES},
        "log_gain_along": log_gain,
        **{name: held[name][-1] for name in ENDS},
        "gain": np.expm1(min(log_gain[-1], MOST)),
        "log_gain": log_gain[-1],
        "gain_compared": np.expm1(min(plain.gain, MOST)),
        "kept": log_gain[-1] / plain.gain if plain.gain else np.nan,
        "w2_drift_free": free["w2_drift"][-1],
        "log_quality_free": free["log_quality"][-1],
        "contamination_free": free["contamination"][-1],
        "subsidy_before": held["subsidy"][-2],
        "price": held["outlay"][-1] / log_gain[-1] if log_gain[-1] > 0.0 else np.nan,
        "slope": held["log_quality"][-2] - held["log_quality"][-1],
        "slope_free": free["log_quality"][-2] - free["log_quality"][-1],
        "harm_per_information": harm_per_information(p, stress),
        "harm_per_information_by_mark": harm_per_information(p, stress, by_mark=True),
    }
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def harm_per_information(parameters: Parameters, stress: Stress, *, by_mark: bool = False) -> float:
    """Log quality lost at contamination 1 % over its square, per unit of information on it in an item (MODEL 7.6).

    Synthetic items are moved towards human content; `by_mark`: they are left as they are and carry a mark of strength
    2, which is stripped with that probability. NaN where nothing tells them from human items.
    """
    generator, rho, part = parameters.variance_ratio, 0.01, stress.evasion
    variance = generator if by_mark else generator + part * (1.0 - generator)
    loss = stressed_market.pool_loss(rho, 1.0, variance, np.empty(3))[0]
    mark = {"watermark": MARK, "stripping": part} if by_mark else {}
    information = GaussianContent(variance=variance, **mark).information(rho)
    return parameters.quality_elasticity * loss / (rho * rho * information) if information else math.nan


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Count random economies in which the stress makes the instrument weaker, or the market worse."""
    size, stress, compared = case.population, case.arm, case.arm.compared()
    key = stream_key(seed, "objections/economies")
    random = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, replicate]))
    rows = []
    for economy in economies(case.parameters, size.economies, random):
        here, plain = effect(economy, stress, size.generations), effect(economy, compared, size.generations)
        rows.append((
            here.gain < plain.gain, here.log_quality < plain.log_quality, here.subsidy < plain.subsidy,
            here.gain < 0.5 * plain.gain, here.gain < HARMFUL, here.price > plain.price,
            here.log_quality < plain.log_quality - plain.gain, here.gain <= IDLE, here.gain, plain.gain,
        ))  # fmt: skip
    table = np.array(rows, dtype=np.float64).sum(axis=0)
    found = {"economies": float(size.economies), **dict(zip(COUNTS, table)), "mean_kept": table[-2] / table[-1]}
    return {name: np.asarray(value, dtype=np.float64) for name, value in found.items()}


def solved(case: Case) -> Mapping[str, Output]:
    """The path with the instrument, and numbers at its end with and without it."""
    known = stressed_market.QUANTITIES
    return {
        "log_gain_along": Output(PATH, "log quality with the instrument less that without it", "nats"),
        **{f"{name}_along": Output.of(known[name]) for name in CURVES},
        **{name: Output((), f"{known[name].long_name}, at the end", known[name].units) for name in ENDS},
        "gain": Output((), "quality with the instrument over that without it, less one, at the end"),
        "log_gain": Output((), "log quality with the instrument less that without it, at the end", "nats"),
        "gain_compared": Output((), "quality gained in the market it is compared with, at the end"),
        "kept": Output((), "log gain over that in the market it is compared with"),
        "w2_drift_free": Output((), "W2 distance of content to original human content, at the end, no policy"),
        "log_quality_free": Output((), "log quality at the end, no policy"),
        "contamination_free": Output((), "contamination at the end, no policy"),
        "subsidy_before": Output((), "subsidy one generation before the end"),
        "price": Output((), "subsidies paid per producer and nat of quality gained"),
        "slope": Output((), "log quality lost in the last generation", "nats"),
        "slope_free": Output((), "log quality lost in the last generation, no policy", "nats"),
        "harm_per_information": Output((), f"{HARM}, items moved towards human content"),
        "harm_per_information_by_mark": Output((), f"{HARM}, marks stripped and items left as they are"),
    }


def drawn(case: Case) -> Mapping[str, Output]:
    """Counts over random economies."""
    than = "than in the market it is compared with"
    return {
        "economies": Output((), "random economies"),
        "weaker": Output((), f"economies where the instrument gains less {than}"),
        "worse": Output((), f"economies where quality with the instrument is lower {than}"),
        "stingier": Output((), f"economies where the last subsidy is lower {than}"),
        "halved": Output((), "economies where the instrument keeps less than half of its log gain"),
        "harmful": Output((), "economies where the instrument lowers quality"),
        "dearer": Output((), f"economies where a nat of quality gained takes more subsidies {than}"),
        "undone": Output((), "economies where quality with both is lower than with neither stress nor instrument"),
        "idle": Output((), "economies where the instrument gains 1 % of quality or less"),
        "mean_kept": Output((), "log gain over that in the market it is compared with, sums over economies"),
    }


EXPERIMENT = Experiment(
    name="objections",
    title="the collapse market under stress: what is left of a policy",
    parameters=Parameters,
    arms={
        "market": Arm(
            Stress, draw=draw, drawn=drawn, solve=solve, solved=solved,
            coordinates=lambda case: {"generation": np.arange(case.population.generations + 1)},
            check=lambda case: stressed_market.check(case.parameters),
        )
    },
    population=Sample,
    section="markets",
    word="market",
    toy={"population.economies": 4, "population.generations": 6},
)  # fmt: skip
