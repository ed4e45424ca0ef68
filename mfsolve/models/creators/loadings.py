"""Laws of a creator's loading on the common factor (MODEL 4.1)."""

from functools import cache
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mfsolve.inference.quadrature import gauss_legendre
from mfsolve.models.arguments import shown
from mfsolve.models.frozen import Frozen

if TYPE_CHECKING:
    from typing import Self

Loading = Annotated[float, Field(ge=0.0, le=1e9)]


@cache
def legendre(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss-Legendre nodes and weights on [-1, 1]."""
    node, weight = gauss_legendre(count)
    return node, weight


class Uniform(Frozen):
    """Loadings uniform on [low, high)."""

    low: Loading = Field(0.0, description="least loading")
    high: Loading = Field(1.0, description="greatest loading")

    @model_validator(mode="after")
    def _ordered(self) -> "Self":
        if self.high <= self.low:
            raise ValueError(f"high: {self.high!r} given; allowed: above low = {self.low!r}")
        return self

    @property
    def largest(self) -> float:
        """Upper end of the support."""
        return self.high

    def quantile(self, probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Loading below which a given share of the creators lies."""
        return self.low + (self.high - self.low) * probability

    def nodes(self, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gauss nodes and weights, exact for polynomials of degree 2 count - 1; the weights add to 1."""
        node, weight = legendre(count)
        return self.low + (self.high - self.low) * 0.5 * (1.0 + node), 0.5 * weight


class TwoPoint(Frozen):
    """A share of the creators has the high loading, the others the low one."""

    low: Loading = Field(0.0, description="the one loading")
    high: Loading = Field(1.0, description="the other loading")
    share_high: float = Field(0.5, ge=0.0, le=1.0, description="share of creators with the high loading")

    @model_validator(mode="after")
    def _ordered(self) -> "Self":
        if self.high <= self.low:
            raise ValueError(f"high: {self.high!r} given; allowed: above low = {self.low!r}")
        return self

    @property
    def largest(self) -> float:
        """Upper end of the support."""
        return self.high if self.share_high > 0.0 else self.low

    def quantile(self, probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Loading below which a given share of the creators lies."""
        return np.where(probability < 1.0 - self.share_high, self.low, self.high)

    def nodes(self, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The two points and their shares, whatever the count."""
        return np.array([self.low, self.high]), np.array([1.0 - self.share_high, self.share_high])


class Beta(Frozen):
    """Loadings Beta(a, b) on [0, 1]."""

    a: float = Field(2.0, ge=0.5, le=1e4, description="first shape; larger values give heavier imitators")
    b: float = Field(2.0, ge=0.5, le=1e4, description="second shape")

    @property
    def largest(self) -> float:
        """Upper end of the support."""
        return 1.0

    def quantile(self, probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Loading below which a given share of the creators lies."""
        from scipy.special import betaincinv

        return np.asarray(betaincinv(self.a, self.b, probability), dtype=np.float64)

    def nodes(self, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gauss-Jacobi nodes and weights that add to 1: exact for polynomials of degree 2 count - 1."""
        from scipy.special import roots_jacobi

        with np.errstate(over="ignore", invalid="ignore"):
            node, weight = roots_jacobi(count, self.b - 1.0, self.a - 1.0)
            weight = weight / weight.sum()
        if not np.isfinite(weight).all():  # their sum, 2^(a + b - 1) times the beta function, is beyond floats
            weight = christoffel(node, self.b - 1.0, self.a - 1.0)
        return 0.5 * (1.0 + node), weight


def christoffel(node: NDArray[np.float64], a: float, b: float) -> NDArray[np.float64]:
    """Gauss-Jacobi weights (n,) that add to 1, at their nodes: 1 / sum_{k<n} p_k^2 of orthonormal polynomials p_k."""
    before, now, square = np.zeros(node.size), np.ones(node.size), np.ones(node.size)
    last = 0.0
    for k in range(node.size - 1):
        t = 2.0 * k + a + b
        middle = (b - a) / (a + b + 2.0) if k == 0 else (b * b - a * a) / (t * (t + 2.0))
        first = 4.0 * (1.0 + a) * (1.0 + b) / ((t + 2.0) ** 2 * (t + 3.0))  # the general one is 0 / 0 at a + b = -1
        n = k + 1.0
        rest = 4.0 * n * (n + a) * (n + b) * (n + a + b) / ((t + 2.0) ** 2 * (t + 1.0) * (t + 3.0)) if k else first
        root = np.sqrt(rest)
        before, now = now, ((node - middle) * now - last * before) / root
        last = root
        square += now * now
    weight = 1.0 / square
    return np.asarray(weight / weight.sum())


Distribution = Uniform | TwoPoint | Beta


def law(distribution: Distribution) -> Distribution:
    """Return the law; ValueError for anything else."""
    if not isinstance(distribution, Distribution):
        raise ValueError(f"distribution: {shown(distribution)} given; allowed: Uniform, TwoPoint or Beta")
    return distribution
