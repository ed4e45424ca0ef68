"""Estimators of contamination against the Cramer-Rao bound, over sizes of the pool (MODEL 3.1, 3.2)."""

import enum
import math
from functools import lru_cache

import numpy as np
from pydantic import Field, field_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Reference, Views
from mfsolve.models.arguments import ascending
from mfsolve.models.collapse.closed_form import variance_of_divergence
from mfsolve.models.collapse.parameters import Share
from mfsolve.models.frozen import Frozen
from mfsolve.models.provenance.contents import AnyContent, GaussianContent, Tokens
from mfsolve.models.provenance.efficiency import bias_factor, bounded_information, moment_variance, projected_normal
from mfsolve.models.provenance.simulated_pools import ensemble
from mfsolve.models.quantities import UNIT

PATH = ("items",)
COLUMN = {"mle": 0, "one_step": 1, "moment": 2, "em": 4}
"""Columns of `ensemble`."""
SCORE = 11


class Difference(enum.StrEnum):
    """Kind of difference between the generator's items and human ones."""

    VARIANCE = "variance"
    MEAN = "mean"
    MARK = "mark"
    TOKENS = "tokens"


class Pool(Frozen):
    """Pool of human items N(0, I_d) and of synthetic ones at a divergence KL(q || p), by the kind of `difference`.

    variance: N(0, s2 I_d) with s2 < 1; mean: N(m, I_d); mark: a watermark score alone; tokens: sharpened frequencies
    of a Zipf vocabulary. A further mark may be added; stripping removes both.
    """

    contamination: Share = Field(0.3, description="synthetic share of the pool, rho")
    difference: Difference = Field(Difference.VARIANCE, description="kind of difference of synthetic items")
    divergence: float = Field(
        0.1106,
        gt=0.0,
        le=5.0,
        description="KL(q || p) of an item in nats, without any mark",
        json_schema_extra={"unit": "nats"},
    )
    dimension: int = Field(1, ge=1, le=100_000, description="dimension d, of Gaussian content")
    vocabulary: int = Field(1000, ge=2, le=1_000_000, description="tokens K")
    zipf_exponent: float = Field(1.0, ge=0.0, description="human token frequencies fall as rank^-exponent")
    watermark: float = Field(0.0, ge=0.0, le=30.0, description="mean score of a further mark, w")
    stripping: Share = Field(0.0, description="probability that a mark is stripped")

    def content(self) -> AnyContent:
        """Law of human and of synthetic items."""
        return _content(self)


@lru_cache(maxsize=64)
def _content(pool: Pool) -> AnyContent:
    mark = {"watermark": pool.watermark, "stripping": pool.stripping}
    if pool.difference is Difference.TOKENS:
        delta = _temperature(pool.vocabulary, pool.zipf_exponent, pool.divergence)
        return Tokens(vocabulary=pool.vocabulary, zipf_exponent=pool.zipf_exponent, variance_ratio=delta, **mark)
    if pool.difference is Difference.VARIANCE:
        variance = variance_of_divergence(pool.divergence / pool.dimension)
        return GaussianContent(variance=variance, dimension=pool.dimension, **mark)
    shift = math.sqrt(2.0 * pool.divergence)
    if pool.difference is Difference.MEAN:
        return GaussianContent(distance=shift, variance=1.0, dimension=pool.dimension, **mark)
    return GaussianContent(variance=1.0, watermark=math.hypot(shift, pool.watermark), stripping=pool.stripping)


def _temperature(vocabulary: int, zipf_exponent: float, divergence: float) -> float:
    """Temperature delta at which sharpened frequencies have the given KL divergence from human ones."""
    from scipy.optimize import brentq

    def excess(delta: float) -> float:
        p, q = Tokens(vocabulary=vocabulary, zipf_exponent=zipf_exponent, variance_ratio=delta).frequencies()
        used = q > 0.0
        return float(q[used] @ np.log(q[used] / p[used])) - divergence

    if not excess(0.02) > 0.0:
        raise ValueError(
            f"divergence: {divergence:g} given; allowed: (0, {excess(0.02) + divergence:g}), of such tokens"
        )
    return float(brentq(excess, 0.02, 1.0, xtol=1e-12))


class Sample(Frozen):
    """Size of one replicate."""

    items: tuple[int, ...] = Field((250, 1000, 4000), description="items in a pool, n: ascending")
    pools: int = Field(200, ge=4, le=2**20, description="pools of a replicate at every n, of which it reports moments")

    @field_validator("items")
    @classmethod
    def _ladder(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        return ascending(values, 2, 1)


class Estimators(Frozen):
    """All estimators, on the same pools: mle, one_step, moment, em."""

    passes: int = Field(1000, ge=1, le=1_000_000, description="largest number of passes of EM over a pool")


TITLES = {"mle": "MLE", "one_step": "one step", "moment": "moment", "em": "EM"}
BOUND = ((1.0, "bound"),)
OUTPUTS = (
    {
        f"variance_{name}": Output(PATH, f"{title}: variance x n I, 1 at the bound", levels=BOUND)
        for name, title in TITLES.items()
    }
    | {
        f"efficiency_{name}": Output(PATH, f"{title}: efficiency (1 / (n I)) / Var", levels=BOUND)
        for name, title in TITLES.items()
    }
    | {f"bias_{name}": Output(PATH, f"{title}: bias x sqrt(n I)") for name, title in TITLES.items()}
    | {f"own_{name}": Output(PATH, f"{title}: variance over its own bias's bound") for name, title in TITLES.items()}
    | {f"squared_{name}": Output(PATH, f"{title}: mean squared error x n I") for name, title in TITLES.items()}
    | {
        "covered": Output(PATH, "pools whose 95 % likelihood-ratio interval holds the truth"),
        "pools": Output(PATH, "pools of the replicate"),
        "boundary": Output(PATH, "share of pools whose maximum-likelihood estimate is 0 or 1", support=UNIT),
    }
)
LIMITS = (
    "covered",
    "pools",
    *(f"{kind}_{name}" for name in TITLES for kind in ("variance", "efficiency", "bias", "squared")),
)


def check(case: Case) -> None:
    """Refuse items without a finite, positive Fisher information: there is no bound.

    Raises
    ------
    ValueError
        For items that carry no information, or all of it; for a divergence that no such tokens have.
    """
    pool = case.parameters
    content = pool.content()
    try:
        bounded_information(pool.contamination, content)
    except ValueError as why:
        given = ("contamination", "divergence", "watermark", "stripping")
        raise ValueError(f"{', '.join(f'{key} = {getattr(pool, key):g}' for key in given)}: {why}") from None


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Moments of every estimator over the pools of a replicate, at every size of the pool."""
    from scipy.special import chdtri

    p, size, m = case.parameters, case.population, case.population.pools
    content, rho = p.content(), p.contamination
    information = content.information(rho)
    table = {name: np.empty(len(size.items)) for name in OUTPUTS}
    for i, n in enumerate(size.items):
        rows = ensemble(rho, content, n, m, seed, em_passes=case.arm.passes, threads=threads, first=replicate * m)
        for name, column in COLUMN.items():
            found = rows[:, column]
            variance, own = n * information * found.var(ddof=1), bias_factor(found, rows[:, SCORE])
            table[f"variance_{name}"][i] = variance
            # of m normal errors E[1 / s^2] = (m - 1) / (m - 3) / sigma^2
            table[f"efficiency_{name}"][i] = (m - 3) / (m - 1) / variance if variance > 0.0 else math.inf
            table[f"bias_{name}"][i] = math.sqrt(n * information) * (found.mean() - rho)
            table[f"own_{name}"][i] = variance / own if own > 0.0 else math.inf
            table[f"squared_{name}"][i] = n * information * np.mean((found - rho) ** 2)
        table["covered"][i] = np.count_nonzero(2.0 * rows[:, 6] <= chdtri(1, 0.05))
        table["pools"][i] = m
        table["boundary"][i] = np.mean((rows[:, 0] == 0.0) | (rows[:, 0] == 1.0))
    return dict(table)


def projected(case: Case) -> tuple[Floats, Floats]:
    """Bias x sqrt(n I) and variance x n I (n,) of an efficient estimate: normal about the truth, and projected."""
    rho, items = case.parameters.contamination, np.array(case.population.items)
    scale = np.sqrt(items * case.parameters.content().information(rho))
    bias, variance = np.array([projected_normal(rho, 1.0 / s) for s in scale]).T
    return bias * scale, variance * scale**2


def moment(case: Case) -> Floats:
    """Variance x n I of the moment estimate (n,), exact for every n."""
    return np.full(
        len(case.population.items), moment_variance(case.parameters.contamination, case.parameters.content())
    )


def limits(case: Case) -> Arrays:
    """Limits for large n, which are exact for every n where the moment estimate is concerned."""
    bias, variance = projected(case)
    laws = dict.fromkeys(TITLES, (bias, variance)) | {"moment": (np.zeros(bias.size), moment(case))}
    arrays: Arrays = {
        "covered": np.full(bias.size, 0.95 * case.population.pools),
        "pools": np.full(bias.size, float(case.population.pools)),
    }
    for name, (b, v) in laws.items():
        arrays |= {
            f"variance_{name}": v, f"efficiency_{name}": 1.0 / v, f"bias_{name}": b, f"squared_{name}": v + b * b
        }  # fmt: skip
    return arrays


EXPERIMENT = Experiment(
    name="provenance",
    title="provenance: estimators of contamination against the Cramer-Rao bound",
    parameters=Pool,
    arms={
        "all": Arm(
            Estimators,
            draw=draw,
            drawn=lambda case: OUTPUTS,
            coordinates=lambda case: {"items": np.array(case.population.items)},
            reference=Reference(lambda case: LIMITS, limits),
            check=check,
        )
    },
    population=Sample,
    section="estimators",
    word="estimator",
    path="items",
    predictions={
        "projected_variance": lambda case: float(projected(case)[1][-1]),
        "projected_efficiency": lambda case: 1.0 / float(projected(case)[1][-1]),
        "projected_bias": lambda case: float(projected(case)[0][-1]),
        "moment_variance": lambda case: float(moment(case)[-1]),
        "moment_efficiency": lambda case: 1.0 / float(moment(case)[-1]),
    },
    views=Views(paths=("variance_mle", "variance_one_step", "variance_moment", "bias_mle"), limit="many items"),
    toy={"population.items": [250, 1000, 4000], "population.pools": 5},
)
