"""Ensembles of models of tokens that are fitted to their own samples (MODEL 9.4)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.data.corpus import Corpus
from mfsolve.data.features import Features
from mfsolve.kernels.atlas.tokens import Law, Marks, Rules, token_paths
from mfsolve.kernels.numerics.elementary import exponentials, natural_logs
from mfsolve.kernels.random.alias import alias_table
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, require, thread_count
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import Quantity

from .ensembles import LOSSES, PATH, Run, Yardsticks, labelled, means
from .workflows import (
    WORKFLOWS,
    Accumulate,
    Curated,
    Growing,
    Mixed,
    Replace,
    Subsample,
    Temperature,
    Verified,
    Workflow,
    check_synthetic,
    check_workflow,
    known_workflow,
    sample_sizes,
    synthetic_items,
)

if TYPE_CHECKING:
    import xarray as xr

QUANTITIES = {
    "risk": Quantity(PATH, "population risk, E sum (q - p)^2"),
    "diversity": Quantity(PATH, "diversity, E (1 - sum q^2)"),
    "covered": Quantity(PATH, "human mass of the tokens that are left"),
    "entropy": Quantity(PATH, "entropy", "nat"),
    "score": Quantity(PATH, "mean score under the model: -ln p of tokens, a column of rows"),
    "score_variance": Quantity(PATH, "variance of the score under the model"),
    "tail": Quantity(PATH, "share of the mass of the rarest tokens that is kept"),
    "first": Quantity(PATH, "share of the most frequent token"),
    "fixed": Quantity(PATH, "share of models with one token left"),
    **LOSSES,
}
NAMES = (
    "risk", "diversity", "covered", "entropy", "score", "score_variance", "tail", "first", "fixed", "lost",
    "still_lost",
)  # fmt: skip
"""Measures of an ensemble, in the order of the kernel."""
BLOCK = 1024
"""Replicates per block of a sum; part of the definition of its bits."""
MOST_TOKENS = 10**6
MOST_KEPT = 10**8
RARE = 0.1
"""Human mass of the rarest kinds, which are the tail."""


class Tokens(Frozen):
    """Kinds of items, a model of which is a vector of shares (MODEL 9.4).

    They are tokens with Zipf's law, p(i) ~ i^(-beta), i = 1..K; the words of a text; or the rows of a table of
    features, of which a refit is a bootstrap.
    """

    bounded: ClassVar[bool] = True
    """True where the risk has an upper bound: that of shares is 2."""
    FILES: ClassVar[tuple[str, ...]] = ("text", "features")

    items: int = Field(100, ge=2, le=MOST_TOKENS, description="items n of a generation")
    vocabulary: int = Field(100, ge=2, le=MOST_TOKENS, description="tokens K")
    exponent: float = Field(1.0, ge=0.0, le=5.0, description="exponent beta of Zipf's law; 0: all alike")
    text: Corpus | None = Field(None, description="words of a text file, or of pydoc_topics, instead of Zipf's tokens")
    features: Features | None = Field(None, description="rows of a CSV file, or of co2, instead of tokens")

    def model_post_init(self, context: object) -> None:
        """Refuse content of two kinds at once."""
        if self.text is not None and self.features is not None:
            raise ValueError("features: given beside text; allowed: one of the two")

    @property
    def workflows(self) -> tuple[str, ...]:
        """Names of the workflows that the family has: all of tokens and words, of rows all but `curated`."""
        return tuple(name for name in WORKFLOWS if name != "curated" or self.features is None)

    def law(self) -> Floats:
        """Human law p (K,), the most frequent kind first."""
        if self.text is not None:
            counts = np.bincount(self.text.words, minlength=len(self.text.vocabulary))
            return np.asarray(np.sort(counts)[::-1] / counts.sum(), dtype=np.float64)
        if self.features is not None:
            return np.full(len(self.features.rows), 1.0 / len(self.features.rows))
        raw = np.empty(self.vocabulary)
        natural_logs(np.arange(1.0, self.vocabulary + 1.0), raw)
        exponentials(-self.exponent * raw, raw)
        return np.asarray(raw / raw.sum(), dtype=np.float64)

    def score(self) -> Floats | None:
        """The first column of the features (K,), standardised; None for tokens and words, whose score is -ln p."""
        if self.features is None:
            return None
        x = self.features.rows[:, 0]
        return np.asarray((x - x.mean()) / max(float(x.std()), 1e-300), dtype=np.float64)


def check_tokens(family: Tokens, workflow: Workflow, generations: int) -> None:
    """Refuse a workflow that a family of shares cannot have at this size.

    Raises
    ------
    ValueError
        Naming the setting and what would be right.
    """
    items = family.items
    check_workflow(workflow, family.workflows, "a table of rows (they have no rank to reward)")
    check_synthetic(workflow, items, 1)
    sizes = sample_sizes(workflow, items, generations)
    most = float(sizes.sum() if isinstance(workflow, Accumulate | Subsample) else sizes.max())
    require(most <= MOST_KEPT, "items", items, f"sizes that keep at most {MOST_KEPT} items; {most:.3g} would be kept")


def rules_of(workflow: Workflow, items: int) -> Rules:
    """A workflow in the letters of the kernel."""
    plain = Rules(False, False, 0.0, 0, False, 0.0, 1.0)
    match workflow:
        case Accumulate():
            return plain._replace(pooled=True)
        case Subsample():
            return plain._replace(subsampled=True)
        case Mixed():
            others = synthetic_items(items, workflow.ratio)
            return plain._replace(weight=workflow.human_weight, synthetic=others)
        case Verified():
            return plain._replace(tilted=True, a=workflow.strength)
        case Curated():
            return plain._replace(tilted=True)
        case Temperature():
            return plain._replace(tilted=True, temperature=workflow.temperature)
        case Replace() | Growing():
            return plain


def law_of(p: Floats, workflow: Workflow, score: Floats | None = None) -> Law:
    """A human law in the letters of the kernel: kinds in the order of their shares, the most frequent first.

    The reward of `curated` is -x^2 / (2 q), x the kind's rank, from 0, over its human root mean square.
    """
    law = np.ascontiguousarray(p, dtype=np.float64)
    accept, other = np.empty(law.size), np.empty(law.size, dtype=np.int64)
    alias_table(law, accept, other)
    log_p = np.empty(law.size)
    natural_logs(law, log_p)
    rank = np.arange(float(law.size))
    square = rank * rank / max(float(law @ (rank * rank)), 1e-300)
    reward = -square / (2.0 * workflow.reward_variance) if isinstance(workflow, Curated) else np.zeros(law.size)
    beyond = np.cumsum(law[::-1])[::-1]
    rare = (beyond <= max(RARE, float(law[-1]))).astype(np.float64)
    return Law(law, log_p, accept, other, reward, -log_p if score is None else np.ascontiguousarray(score), rare)


@lru_cache(maxsize=8)
def _law_of(family: Tokens, workflow: Workflow) -> Law:
    """The law of a family, made once."""
    return law_of(family.law(), workflow, family.score())


def token_ensemble(
    family: Tokens, workflow: Workflow, run: Run, yardsticks: Yardsticks | None = None, threads: int = 1
) -> xr.Dataset:
    """Means over replicates of the measures of fitted shares, at generations 0..T.

    Parameters
    ----------
    family, workflow
        The kinds and the items of a generation, and the data that generations are fitted to.
    run : Run
        Generations, replicates and seed. Replicate i is the same whatever block it is in.
    yardsticks : Yardsticks, optional
        When a model is lost.
    threads : int
        Threads that share the blocks; results do not depend on them.

    Returns
    -------
    Dataset (generation)
        `risk` sum (q - p)^2, `diversity` 1 - sum q^2, `covered` (human mass of the kinds that are left), `entropy` in
        nats, `score` and `score_variance` (mean and variance under q of -ln p, or of a column of rows), `tail` (share
        of the mass of the rarest kinds, a tenth of human content, that is kept), `first` (share of the first kind),
        `fixed` (share of replicates with one kind left), `lost`, `still_lost`.

    Raises
    ------
    ValueError
        For an argument out of its range, or a workflow that the family cannot have.
    """
    instance("family", family, Tokens)
    known_workflow(workflow)
    instance("run", run, Run)
    instance("yardsticks", yardsticks, Yardsticks | None)
    thread_count(threads)
    return labelled(QUANTITIES, run, token_means(family, workflow, run, yardsticks, threads))


def token_means(
    family: Tokens, workflow: Workflow, run: Run, yardsticks: Yardsticks | None = None, threads: int = 1
) -> dict[str, Floats]:
    """Arrays (T + 1,) of `token_ensemble`, by name."""
    run.check()
    check_tokens(family, workflow, run.generations)
    rules, law = rules_of(workflow, family.items), _law_of(family, workflow)
    concentration = float(law.p @ law.p)
    lost = (yardsticks or Yardsticks()).loss * (1.0 - concentration) / family.items
    marks = Marks(concentration, float(law.rare @ law.p), lost, run.half)
    sizes = sample_sizes(workflow, family.items, run.generations).astype(np.int64)
    key = stream_key(run.seed, "atlas tokens")

    def fill(first: int, count: int, sums: Floats) -> None:
        token_paths(rules, law, marks, sizes, key, first, count, sums)

    return means(NAMES, run, BLOCK, threads, fill)
