"""Linear regression trained on its own responses: simulation, and risks in closed form (MODEL 9.10)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.atlas import regression as kernels
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, replicate_range, require, seed_word, thread_count, whole
from mfsolve.models.frozen import Frozen
from mfsolve.models.parallel import run_blocks
from mfsolve.models.quantities import Quantity, dataset

from .workflows import MOST_GROWTH, Growing, Mixed, Workflow, check_workflow, growing_sizes, name_of

if TYPE_CHECKING:
    import xarray as xr

SPARE = 4
"""Items beyond the features that a least-squares fit needs for its risk to have a variance."""
LANES = 256
"""Replicates of one call of the kernel."""
MOST_GENERATIONS = 100_000
NODES = 512
"""Nodes of the quadrature over the limit law of eigenvalues."""


class RegressionWorkflow(enum.StrEnum):
    """Data that a generation of regressions is fitted to."""

    REPLACE = "replace"
    ACCUMULATE = "accumulate"
    SUBSAMPLE = "subsample"
    MIXED = "mixed"
    GROWING = "growing"


class RegressionParameters(Frozen):
    """Regression of a response on d features, fitted to so many items a generation (MODEL 9.10)."""

    bounded: ClassVar[bool] = False
    """True where the risk has an upper bound: it has none."""

    features: int = Field(10, ge=1, le=256, description="features d, standard normal")
    items: int = Field(50, ge=1, le=10**6, description="items N of the first fit, and of every generation")
    noise_variance: float = Field(1.0, gt=0.0, le=1e6, description="noise variance of a response")
    signal: float = Field(1.0, ge=0.0, le=1e6, description="norm of the human coefficients")
    ridge: float = Field(0.0, ge=0.0, le=1e6, description="penalty on squared coefficients, per item")

    @property
    def workflows(self) -> tuple[str, ...]:
        """Names of the workflows that the family has: those whose items are as they were made."""
        return tuple(str(workflow) for workflow in RegressionWorkflow)


class RegressionData(Frozen):
    """Workflow of a regression, and the choices that go with it."""

    workflow: RegressionWorkflow = Field(RegressionWorkflow.REPLACE, description="data of a generation")
    human_share: float = Field(0.2, ge=0.0, le=1.0, description="share of fresh human items, of `mixed`")
    growth: float = Field(0.5, ge=0.0, le=MOST_GROWTH, description="s of n_t = N t^(1 + s), of `growing`")

    def fresh(self, items: int, generations: int) -> np.ndarray:
        """Items that each generation is fitted to anew: (T,) int64."""
        if self.workflow is not RegressionWorkflow.GROWING:
            return np.full(generations, items, dtype=np.int64)
        return growing_sizes(items, self.growth, generations).astype(np.int64)

    def human(self, items: int) -> int:
        """Human items among the N of a generation after the first."""
        return round(self.human_share * items) if self.workflow is RegressionWorkflow.MIXED else 0


def data_of(workflow: Workflow) -> RegressionData:
    """A workflow of the atlas, as a regression takes it: the weight of `mixed` is the share of human items among the N.

    Raises
    ------
    ValueError
        For a workflow that selects items, which a regression cannot have.
    """
    check_workflow(workflow, [str(flow) for flow in RegressionWorkflow], "a regression")
    plain = RegressionData(workflow=RegressionWorkflow(name_of(workflow)))
    if isinstance(workflow, Mixed):
        return plain.model_copy(update={"human_share": workflow.human_weight})
    return plain.model_copy(update={"growth": workflow.growth}) if isinstance(workflow, Growing) else plain


def check_regression(p: RegressionParameters, data: RegressionData) -> None:
    """Refuse fits whose risk has no mean and variance, and workflows that have no closed form with a penalty.

    Raises
    ------
    ValueError
        For fewer than d + 4 items without ridge.
    """
    instance("parameters", p, RegressionParameters)
    instance("data", data, RegressionData)
    least = p.features + SPARE
    require(
        p.ridge > 0.0 or p.items >= least, "items", p.items,
        f"at least features + {SPARE} = {least} without ridge, for the risk of a refit to have a variance",
    )  # fmt: skip


BOTH = ("replicate", "generation")
QUANTITIES = {
    "risk": Quantity(BOTH, "squared error of the fitted coefficients"),
    "along": Quantity(BOTH, "product of the fitted coefficients and the human ones"),
}


class Fits(NamedTuple):
    """Risks |w_t - w|^2 of refitted coefficients, and w_t . w, each (replicates, generations)."""

    risk: Floats
    along: Floats


def simulate_regression(
    parameters: RegressionParameters,
    data: RegressionData,
    generations: int,
    seed: int,
    *,
    replicates: range = range(1),
    threads: int = 1,
) -> xr.Dataset:
    """Draw refitted coefficients of replicates (MODEL 9.10).

    Parameters
    ----------
    parameters : RegressionParameters
        Features, items, noise and ridge.
    data : RegressionData
        What a generation is fitted to.
    generations : int
        T, in [1, 10^5].
    seed : int
        In [0, 2^64 - 1].
    replicates : range
        Consecutive numbers of the replicates R to draw, each in [0, 2^32 - 1].
    threads : int
        In [1, 1024].

    Returns
    -------
    Dataset (replicate, generation)
        `risk` |w_t - w|^2, and `along` w_t . w. Generation 1, fitted to human items, comes first. Bits do not depend on
        which replicates are drawn together, or on threads.

    Raises
    ------
    ValueError
        For too few items; for an argument out of its range.
    """
    seed_word("seed", seed, 64)
    found = simulate_fits(parameters, data, generations, seed, replicates=replicates, threads=threads)
    places = {"replicate": np.array(replicates), "generation": np.arange(1, generations + 1)}
    return dataset(QUANTITIES, places, found._asdict())


def simulate_fits(
    parameters: RegressionParameters,
    data: RegressionData,
    generations: int,
    seed: int,
    *,
    replicates: range = range(1),
    threads: int = 1,
) -> Fits:
    """Arrays (replicates, generations) of `simulate_regression`.

    Raises
    ------
    ValueError
        For too few items; for an argument out of its range.
    """
    p = parameters
    check_regression(p, data)
    T, R = whole("generations", generations, 1, MOST_GENERATIONS), len(replicate_range(replicates))
    human = np.full(T, data.human(p.items), dtype=np.int64)
    human[0] = p.items  # generation 1 knows no other data
    keep = {RegressionWorkflow.ACCUMULATE: kernels.ALL, RegressionWorkflow.SUBSAMPLE: kernels.SAMPLE}
    w = np.zeros(p.features)
    w[0] = p.signal
    refit = kernels.Refit(
        w, float(np.sqrt(p.noise_variance)), float(p.ridge), keep.get(data.workflow, kernels.NEWEST),
        data.fresh(p.items, T), human,
    )  # fmt: skip
    key, found = stream_key(seed, "atlas.regression"), Fits(np.empty((R, T)), np.empty((R, T)))

    def work(index: int, start: int, stop: int) -> None:
        kernels.paths(key, replicates.start + start, refit, found.risk[start:stop], found.along[start:stop])

    run_blocks(work, R, thread_count(threads), LANES)
    return found


def regression_closed_form(parameters: RegressionParameters, data: RegressionData, generations: int) -> Floats:
    """Expected risk E |w_t - w|^2 of generations 1, ..., T in closed form (MODEL 9.10).

    Exact without ridge under `replace`, `growing`, `accumulate` and `mixed`; under `subsample` to first order in 1/N;
    with ridge under `replace`, to first order in 1/N at a given d/N.

    Parameters
    ----------
    parameters : RegressionParameters
        Features, items, noise and ridge.
    data : RegressionData
        What a generation is fitted to.
    generations : int
        T, in [1, 10^5].

    Returns
    -------
    ndarray (generations,)
        In units of the squared coefficients.

    Raises
    ------
    ValueError
        For too few items, and where no closed form is known: ridge with another workflow than `replace`.
    """
    p = parameters
    check_regression(p, data)
    T = whole("generations", generations, 1, MOST_GENERATIONS)
    flow, d, N, s2 = data.workflow, p.features, p.items, p.noise_variance
    i = np.arange(1, T + 1, dtype=np.float64)
    if p.ridge > 0.0:
        require(flow is RegressionWorkflow.REPLACE, "workflow", flow.value, "replace, where ridge has a closed form")
        return _ridge_replace(p, T)
    if flow is RegressionWorkflow.ACCUMULATE:
        return np.asarray(s2 * np.cumsum(d / (i * (i * N - d - 1.0))))
    if flow is RegressionWorkflow.SUBSAMPLE:
        steps = np.zeros(T)
        steps[1:] = (2.0 - 1.0 / (i[1:] - 1.0)) / i[1:] ** 2
        return np.asarray(s2 * d / N * (1.0 + np.cumsum(steps) + 1.0 - 1.0 / i))
    if flow is RegressionWorkflow.MIXED:
        c = contraction(d, N, data.human(N))
        powers = np.cumsum(np.concatenate([[1.0], np.full(T - 1, c)]).cumprod())
        return np.asarray(s2 * d / (N - d - 1.0) * powers)
    return np.asarray(s2 * np.cumsum(d / (data.fresh(N, T) - d - 1.0)))


def contraction(features: int, items: int, human: int) -> float:
    """Share c of the squared error that a refit to `human` fresh human items among N keeps, exactly (MODEL 9.10).

    c = E tr(A S^-2 A)/d of Wishart matrices: A of the synthetic items, S of all. 1 without human items, 0 without
    synthetic ones.
    """
    d, N, q = features, items, whole("human", human, 0, items)
    p = N - q
    v = p * q / (N * (N + 2.0) * (N - 1.0))  # E M_12^2 and E M_11 M_22 of the beta matrix S^-1/2 A S^-1/2
    u = p * (p - 1.0) / (N * (N - 1.0)) + v
    square, trace = (u + 2.0 * v) + (d - 1) * v, (u + 2.0 * v) + (d - 1) * u  # E tr M^2 / d, E (tr M)^2 / d
    return float(((N - 1.0) * square - trace) / (N - d - 1.0))


def accumulation_limit(p: RegressionParameters) -> float:
    """Expected risk of accumulating for ever, s2 d/(d+1) (psi(1) - psi(1 - (d+1)/N)) (MODEL 9.10)."""
    from scipy.special import digamma

    check_regression(p, RegressionData())
    d, N = p.features, p.items
    return float(p.noise_variance * d / (d + 1.0) * (digamma(1.0) - digamma(1.0 - (d + 1.0) / N)))


def accumulation_bound(p: RegressionParameters) -> float:
    """Published bound of that risk, pi^2/6 times the risk of the first fit, s2 d/(N - d - 1) (MODEL 9.10)."""
    check_regression(p, RegressionData())
    return float(np.pi**2 / 6.0 * p.noise_variance * p.features / (p.items - p.features - 1.0))


def _ridge_replace(p: RegressionParameters, T: int) -> Floats:
    """Risk of `replace` with ridge, eigenvalues of X^T X / N by their limit law (Marchenko and Pastur).

    Moments m_t of w_t along the human coefficients and q_t of |w_t|^2 follow m_t = a m_(t-1), q_t = b q_(t-1) + g with
    a = E h, b = E h^2, g = s2 d/N E l/(l + lambda)^2, h = l/(l + lambda).
    """
    ratio = p.features / p.items
    k = np.arange(1, NODES + 1) * np.pi / (NODES + 1)
    value = 1.0 + ratio + 2.0 * np.sqrt(ratio) * np.cos(k)
    weight = 2.0 / (NODES + 1) * np.sin(k) ** 2 / value  # Chebyshev, second kind; the rest of the mass stands at zero
    h = value / (value + p.ridge)
    a, b = float(weight @ h), float(weight @ h**2)
    g = p.noise_variance * ratio * float(weight @ (value / (value + p.ridge) ** 2))
    risk, m, q, w2 = np.empty(T), 1.0, p.signal**2, p.signal**2
    for t in range(T):
        m, q = a * m, b * q + g
        risk[t] = q - 2.0 * m * w2 + w2
    return risk
