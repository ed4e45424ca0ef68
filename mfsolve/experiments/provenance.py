"""Provenance as studies see it: every estimator against the Cramer-Rao bound, over sizes of pool (MODEL 3.1, 3.2)."""

import enum
import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from pydantic import Field, field_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.arguments import ascending
from mfsolve.models.collapse.optimality import variance_of_divergence
from mfsolve.models.collapse.parameters import Share
from mfsolve.models.frozen import Frozen, Nothing
from mfsolve.models.provenance.bound import COLUMN, SCORE, bounded_information, own_bound, projected_normal
from mfsolve.models.provenance.contents import AnyContent, Content, Tokens, moment_variance
from mfsolve.models.provenance.simulated_pools import ensemble

PATH = ("items",)


class Difference(enum.StrEnum):
    """How the generator's items differ from human ones."""

    VARIANCE = "variance"
    MEAN = "mean"
    MARK = "mark"
    TOKENS = "tokens"


class Pool(Frozen):
    """A pool of human items N(0, I_d) and synthetic ones that differ by KL(q || p) in the way that is named.

    variance: N(0, s2 I_d) with s2 < 1; mean: N(m, I_d); mark: by a watermark score alone; tokens: frequencies of a
    Zipf vocabulary, sharpened. A further mark may be added; stripping takes both.
    """

    contamination: Share = Field(0.3, description="synthetic share of the pool, rho")
    difference: Difference = Field(Difference.VARIANCE, description="what synthetic items differ in")
    divergence: float = Field(0.1106, gt=0.0, le=5.0, description="KL(q || p) of an item in nats, any mark apart")
    dimension: int = Field(1, ge=1, le=100_000, description="dimension d, of Gaussian content")
    vocabulary: int = Field(1000, ge=2, le=1_000_000, description="tokens K")
    zipf_exponent: float = Field(1.0, ge=0.0, description="human token frequencies fall as rank^-exponent")
    watermark: float = Field(0.0, ge=0.0, le=30.0, description="mean score of a marked item besides, w")
    stripping: Share = Field(0.0, description="probability that a mark is stripped")

    def content(self) -> AnyContent:
        """What items look like, without their share."""
        return _content(self)


@lru_cache(maxsize=64)
def _content(pool: Pool) -> AnyContent:
    mark = {"watermark": pool.watermark, "stripping": pool.stripping}
    if pool.difference is Difference.TOKENS:
        delta = _temperature(pool.vocabulary, pool.zipf_exponent, pool.divergence)
        return Tokens(vocabulary=pool.vocabulary, zipf_exponent=pool.zipf_exponent, variance_ratio=delta, **mark)
    if pool.difference is Difference.VARIANCE:
        variance = variance_of_divergence(pool.divergence / pool.dimension)
        return Content(variance=variance, dimension=pool.dimension, **mark)
    shift = math.sqrt(2.0 * pool.divergence)
    if pool.difference is Difference.MEAN:
        return Content(distance=shift, variance=1.0, dimension=pool.dimension, **mark)
    return Content(variance=1.0, watermark=math.hypot(shift, pool.watermark), stripping=pool.stripping)


def _temperature(vocabulary: int, zipf_exponent: float, divergence: float) -> float:
    """Delta at which a sharpened vocabulary is that far from the human one."""
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
    pools: int = Field(200, ge=4, le=2**20, description="pools of a replicate at every n; it reports their moments")

    @field_validator("items")
    @classmethod
    def _ladder(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        return ascending(values, 2, 1)


class Estimators(Frozen):
    """Every estimator, on the same pools: mle, one_step, moment, em."""

    passes: int = Field(1000, ge=1, le=1_000_000, description="largest number of EM's passes over a pool")


TITLES = {"mle": "MLE", "one_step": "one step", "moment": "moment", "em": "EM"}
VARIABLES = (
    {f"variance_{name}": Variable(PATH, f"{title}: variance x n I, 1 at the bound") for name, title in TITLES.items()}
    | {f"efficiency_{name}": Variable(PATH, f"{title}: efficiency (1 / (n I)) / Var") for name, title in TITLES.items()}
    | {f"bias_{name}": Variable(PATH, f"{title}: bias x sqrt(n I)") for name, title in TITLES.items()}
    | {f"own_{name}": Variable(PATH, f"{title}: variance over its own bias's bound") for name, title in TITLES.items()}
    | {f"squared_{name}": Variable(PATH, f"{title}: mean squared error x n I") for name, title in TITLES.items()}
    | {
        "covered": Variable(PATH, "pools whose 95 % likelihood-ratio interval holds the truth"),
        "pools": Variable(PATH, "pools of the replicate"),
        "boundary": Variable(PATH, "share of pools whose maximum-likelihood estimate is 0 or 1"),
    }
)


def _variables(case: Case) -> Mapping[str, Variable]:
    bounded_information(case.parameters.contamination, case.parameters.content())
    return VARIABLES


def _coordinates(case: Case) -> Arrays:
    return {"items": np.array(case.population.items)}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    from scipy.special import chdtri

    p, size, m = case.parameters, case.population, case.population.pools
    content, rho = p.content(), p.contamination
    information = content.information(rho)
    table = {name: np.empty(len(size.items)) for name in VARIABLES}
    for i, n in enumerate(size.items):
        rows = ensemble(
            rho, content, n, m, seed, em_passes=case.policy.passes, threads=threads, first=replicate * m
        )  # fmt: skip
        for name, column in COLUMN.items():
            found = rows[:, column]
            variance, own = n * information * found.var(ddof=1), own_bound(found, rows[:, SCORE])
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


def _limits(case: Case) -> Arrays:
    """What theory says for large n; of the moment estimate, always."""
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


MODEL = Model(
    name="provenance",
    title="provenance: estimators of contamination against the Cramer-Rao bound (MODEL 3)",
    parameters=Pool,
    alternatives={"all": Estimators},
    population=Sample,
    record=Nothing,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=_limits,
    predictions={
        "projected_variance": lambda case: float(projected(case)[1][-1]),
        "projected_efficiency": lambda case: 1.0 / float(projected(case)[1][-1]),
        "projected_bias": lambda case: float(projected(case)[0][-1]),
        "moment_variance": lambda case: float(moment(case)[-1]),
        "moment_efficiency": lambda case: 1.0 / float(moment(case)[-1]),
    },
    section="estimators",
    path="items",
    panels=("variance_mle", "variance_one_step", "variance_moment", "bias_mle"),
)
