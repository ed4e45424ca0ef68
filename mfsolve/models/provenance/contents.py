"""Content of a simulated pool: Gaussian items or tokens, with or without a watermark score (MODEL 3.1)."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse import gaussian_nodes
from mfsolve.kernels.provenance import ensembles
from mfsolve.kernels.random import alias
from mfsolve.models.arguments import number
from mfsolve.models.collapse.content import Categorical
from mfsolve.models.collapse.parameters import MOST_EXPONENT, Family, Parameters
from mfsolve.models.frozen import Frozen

from .information_gaussian import Nodes, content_rule, gaussian_information, score_rule

NODE_STEPS = 32.0
AliasTable = tuple[Floats, NDArray[np.int64]]


class GaussianContent(Frozen):
    """Gaussian content of a pool: p = N(0, I_d), q = N(m, s2 I_d), with a watermark score where `watermark` > 0.

    MODEL 3.1.

    Raises
    ------
    ValueError
        For a value outside its range, naming the argument and the range.
    """

    distance: float = Field(0.0, ge=0.0, le=1e6, description="norm of the generator's mean, m")
    variance: float = Field(0.4735, gt=0.0, description="generator variance per dimension, s2")
    dimension: int = Field(1, ge=1, le=100_000, description="dimension d")
    watermark: float = Field(0.0, ge=0.0, le=30.0, description="mean score of a marked item, w")
    stripping: float = Field(0.0, ge=0.0, le=1.0, description="probability that the mark is stripped")

    def information(self, contamination: float) -> float:
        """Fisher information I(rho) of one item."""
        return gaussian_information(contamination, **self.model_dump())

    def nodes(self) -> Nodes:
        """Quadrature nodes of an item, without its score."""
        return content_rule(self.distance, self.variance, self.dimension, NODE_STEPS)

    def pool(self, contamination: float) -> ensembles.GaussianPool:
        """Law of a pool with this content, as kernels take it."""
        return ensembles.GaussianPool(
            contamination, self.distance, self.variance, self.dimension, self.watermark, self.stripping
        )


class Tokens(Frozen):
    """Tokens of a pool: human frequencies p fall as rank^-zipf_exponent, the generator's are q = p^(1 / delta) / sum.

    MODEL 3.1.

    Raises
    ------
    ValueError
        As `GaussianContent`.
    """

    vocabulary: int = Field(1000, ge=2, le=1_000_000, description="tokens K")
    zipf_exponent: float = Field(1.0, ge=0.0, le=MOST_EXPONENT, description="human frequencies fall as rank^-exponent")
    variance_ratio: float = Field(0.7, gt=0.0, le=1.0, description="temperature of the generator, delta")
    watermark: float = Field(0.0, ge=0.0, le=30.0, description="mean score of a marked item, w")
    stripping: float = Field(0.0, ge=0.0, le=1.0, description="probability that the mark is stripped")

    def frequencies(self) -> tuple[Floats, Floats]:
        """Frequencies p and q, vectors (K,)."""
        human = _market_tokens(self.vocabulary, self.zipf_exponent, self.variance_ratio)
        return human.human_frequency, human.model

    def information(self, contamination: float) -> float:
        """Fisher information I(rho) of one token: an exact sum, or a quadrature where it carries a score."""
        rho = number("contamination", contamination, "[0, 1]")
        score = gaussian_information(rho, watermark=self.watermark, stripping=self.stripping)
        content = _market_tokens(self.vocabulary, self.zipf_exponent, self.variance_ratio).information(rho)
        if score == 0.0 or rho in (0.0, 1.0):
            return content + score + content * score  # 1 + chi2 multiply
        rule = score_rule(self.watermark, self.stripping, NODE_STEPS, rho)
        return float(gaussian_nodes.joint_information(rho, *self.nodes(), *rule))

    def nodes(self) -> Nodes:
        """Nodes of a token without its score: the vocabulary itself."""
        p, q = self.frequencies()
        with np.errstate(divide="ignore"):  # a generator may never use a token
            return Nodes(np.log(q) - np.log(p), p, q)

    def pool(self, contamination: float, items: int) -> ensembles.TokenPool:
        """Law of a pool of so many tokens without a mark, as kernels take it."""
        return ensembles.TokenPool(contamination, *self.frequencies(), items)

    def marked_pool(self, contamination: float) -> ensembles.MarkedTokenPool:
        """Law of a pool of tokens with a watermark score each, as kernels take it."""
        return ensembles.MarkedTokenPool(
            contamination, self.nodes().ratio, *self.tables(), self.watermark, self.stripping
        )

    def tables(self) -> tuple[AliasTable, AliasTable]:
        """Alias tables (accept, other) of p and q."""
        p, q = ((np.empty(self.vocabulary), np.empty(self.vocabulary, np.int64)) for _ in range(2))
        for frequency, table in zip(self.frequencies(), (p, q)):
            alias.alias_table(frequency, *table)
        return p, q


AnyContent = GaussianContent | Tokens


@lru_cache(maxsize=16)
def _market_tokens(vocabulary: int, zipf_exponent: float, variance_ratio: float) -> Categorical:
    """First generator of the collapse market with tokens."""
    return Categorical.human(
        Parameters(
            content=Family.CATEGORICAL,
            vocabulary=vocabulary,
            zipf_exponent=zipf_exponent,
            variance_ratio=variance_ratio,
        )
    )


class ContrastMoments(NamedTuple):
    """Mean and mean square of the contrast (q - p) / (q + p) of human and of synthetic items."""

    human: float
    synthetic: float
    square_human: float
    square_synthetic: float

    def variance(self, contamination: float) -> float:
        """Variance of the contrast of an item of the pool."""
        mean, square = (
            (1.0 - contamination) * a + contamination * b
            for a, b in ((self.human, self.synthetic), (self.square_human, self.square_synthetic))
        )
        return square - mean * mean


@lru_cache(maxsize=64)
def contrast_moments(content: AnyContent) -> ContrastMoments:
    """Exact calibration of the moment estimator, by quadrature over content and score."""
    own, score = content.nodes(), score_rule(content.watermark, content.stripping, NODE_STEPS)
    sums = np.zeros(4)
    for ratio, p, q in zip(*score):
        t = np.tanh(0.5 * (own.ratio + ratio))
        sums += p * (t @ own.human), q * (t @ own.synthetic), p * (t * t @ own.human), q * (t * t @ own.synthetic)
    return ContrastMoments(*sums.tolist())


@lru_cache(maxsize=64)
def newton_rate(content: AnyContent) -> Floats:
    """Inverse informations (3,): 1 / I(0), 1 / I(1), and 4 / I(1/2) less twice their sum, as `Gains` takes them."""
    none, middle, all_ = (content.information(rho) for rho in (0.0, 0.5, 1.0))
    return np.array([1.0 / none, 1.0 / all_, max(4.0 / middle - 2.0 / none - 2.0 / all_, 0.0)])
