"""Fisher information about the contamination in one pool item, for any two distributions (MODEL 3.1).

I(rho) = int (q - p)^2 / q_rho, q_rho = (1 - rho) p + rho q; I(0) = chi2(q || p), I(1) = chi2(p || q). Any unbiased
estimator from n items has a variance of at least 1 / (n I(rho)).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.models.provenance.checks import Floats, vector, whole, within
from mfsolve.models.provenance.gaussian import gaussian_information

LEVELS = (1e-12, 1e-8, 1e-5, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999, 1 - 1e-5, 1 - 1e-8, 1 - 1e-12)
REACH = (0.0, 0.05, 0.25, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0)


@dataclass(frozen=True)
class Mixture:
    """A mixture of frozen SciPy distributions on the line, itself usable wherever one of them is.

    Weights are non-negative and sum to 1; components have `logpdf` and, for quadrature, `ppf`.
    """

    weights: tuple[float, ...]
    components: tuple[Any, ...]

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.components) or not self.components:
            raise ValueError(f"weights: {len(self.weights)} given; allowed: one for each component")
        if min(self.weights) < 0.0 or abs(sum(self.weights) - 1.0) > 1e-9:
            raise ValueError(f"weights: {self.weights} given; allowed: non-negative, sum 1")

    def logpdf(self, x: ArrayLike) -> Floats:
        """Log density at x."""
        terms = [np.log(w) + c.logpdf(x) for w, c in zip(self.weights, self.components) if w > 0.0]
        return np.asarray(np.logaddexp.reduce(terms), dtype=np.float64)


@dataclass(frozen=True)
class Simulated:
    """An information estimated by Monte Carlo: value, standard error, interval at `level`, and its draws."""

    value: float
    standard_error: float
    interval: tuple[float, float]
    level: float
    draws: int


def fisher_information(contamination: float, human: Any, synthetic: Any) -> float:
    """I(rho) of one pool item, by an exact sum or by deterministic quadrature (relative error about 1e-9).

    Parameters
    ----------
    contamination
        rho in [0, 1].
    human, synthetic
        Two frozen SciPy distributions on the line (or anything with `logpdf` or `pdf`: `Mixture`, a 1-D
        `gaussian_kde`), two frozen discrete ones (`logpmf`), two frozen `multivariate_normal` whose covariances are
        multiples of each other, two functions that return a density on the real line, or two probability vectors (k,).

    Returns
    -------
    float
        In 1 / contamination^2; infinite where the integral diverges, which it can at rho = 0 and 1 only.

    Raises
    ------
    ValueError
        For a contamination outside [0, 1], vectors that are not probabilities of equal length, or distributions of
        several dimensions without a quadrature (`simulated_information` serves those).
    """
    rho = within("contamination", contamination, 0.0, 1.0)
    if isinstance(human, np.ndarray | list | tuple):
        p, q = _probabilities("human", human), _probabilities("synthetic", synthetic)
        if p.size != q.size:
            raise ValueError(f"synthetic: {q.size} probabilities given; allowed: {p.size}, as many as human has")
        return _sum(rho, p, q)
    if hasattr(human, "logpmf") and hasattr(human, "support") and not hasattr(human.dist, "pdf"):
        low = min(human.ppf(1e-15), synthetic.ppf(1e-15))
        high = max(human.isf(1e-15), synthetic.isf(1e-15))
        far = 10 + high - low  # where q / p grows, what is beyond p's quantiles still counts
        k = np.arange(max(low - far, min(d.support()[0] for d in (human, synthetic))), high + far + 1)
        return _sum(rho, np.exp(human.logpmf(k)), np.exp(synthetic.logpmf(k)))
    gaussian = _as_gaussians(human, synthetic)
    if gaussian is not None:
        distance, variance, dimension = gaussian
        return gaussian_information(rho, distance=distance, variance=variance, dimension=dimension)
    if max(getattr(d, "dim", getattr(d, "d", 1)) for d in (human, synthetic)) > 1:
        raise ValueError("human, synthetic: several dimensions given; allowed: one, or use simulated_information")
    return _quadrature(rho, human, synthetic)


def _probabilities(name: str, values: ArrayLike) -> Floats:
    array = vector(name, values)
    if array.min() < 0.0 or abs(array.sum() - 1.0) > 1e-9:
        raise ValueError(
            f"{name}: sum {array.sum():g}, least {array.min():g} given; allowed: probabilities that sum to 1"
        )
    return array


def _sum(rho: float, p: Floats, q: Floats) -> float:
    pool, gap = (1.0 - rho) * p + rho * q, q - p
    used = gap != 0.0
    with np.errstate(divide="ignore"):
        return float(np.sum(gap[used] ** 2 / pool[used]))


def _as_gaussians(human: Any, synthetic: Any) -> tuple[float, float, int] | None:
    """Distance, variance ratio and dimension of two normals whose covariances are proportional."""
    if all(getattr(getattr(d, "dist", None), "name", "") == "norm" for d in (human, synthetic)):
        scale = human.std()
        return abs(synthetic.mean() - human.mean()) / scale, (synthetic.std() / scale) ** 2, 1
    if all(hasattr(d, "cov_object") and hasattr(d, "mean") for d in (human, synthetic)):
        a, b = human.cov_object.covariance, synthetic.cov_object.covariance
        ratio = float(np.trace(np.linalg.solve(a, b)) / a.shape[0])
        if np.allclose(b, ratio * a, rtol=1e-12, atol=0.0):
            gap = synthetic.mean - human.mean
            return float(np.sqrt(gap @ np.linalg.solve(a, gap))), ratio, a.shape[0]
    return None


def log_density(distribution: Any, x: ArrayLike) -> Floats:
    """Log density of a distribution or of a density function at x."""
    if hasattr(distribution, "logpdf"):
        return np.asarray(distribution.logpdf(x), dtype=np.float64)
    density = distribution.pdf if hasattr(distribution, "pdf") else distribution
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(density(x), dtype=np.float64))


def _points(distribution: Any) -> NDArray[np.float64]:
    """Where a density lives: quantiles, a kernel estimate's data, or powers of two about 0."""
    if isinstance(distribution, Mixture):
        return np.concatenate([_points(component) for component in distribution.components])
    if hasattr(distribution, "ppf"):
        return np.asarray(distribution.ppf(LEVELS), dtype=np.float64)
    if hasattr(distribution, "dataset"):
        data = np.quantile(distribution.dataset[0], np.linspace(0.0, 1.0, 33))
        width = math.sqrt(float(distribution.covariance[0, 0]))
        return np.concatenate([data, data[0] - width * np.array(REACH), data[-1] + width * np.array(REACH)])
    return np.concatenate([np.array(REACH), -np.array(REACH)])


def _quadrature(rho: float, human: Any, synthetic: Any) -> float:
    """Gauss-Legendre panels between the points where the densities live, halved where two rules disagree."""

    def integrand(x: Floats) -> Floats:
        lp, lq = log_density(human, x), log_density(synthetic, x)
        with np.errstate(divide="ignore", invalid="ignore"):
            pool = np.logaddexp(np.log1p(-rho) + lp if rho < 1.0 else -np.inf, np.log(rho) + lq if rho else -np.inf)
            gap = np.maximum(lp, lq) + np.log(-np.expm1(-np.abs(lp - lq)))
            value = np.exp(np.minimum(2.0 * gap - pool, 700.0))
        return np.where(np.isfinite(gap), value, 0.0)

    points = np.unique(np.concatenate([_points(human), _points(synthetic)]))
    points = points[np.isfinite(points)]
    width = points[-1] - points[0]
    points = points[np.concatenate([[True], np.diff(points) > 1e-9 * width])]
    supports = [d.support() if hasattr(d, "support") else (-np.inf, np.inf) for d in (human, synthetic)]
    low, high = min(s[0] for s in supports), max(s[1] for s in supports)
    beyond = width * np.concatenate([np.arange(0.05, 1.0, 0.05), 2.0 ** np.arange(0, 20)])
    edges = np.concatenate([points[0] - beyond, points, points[-1] + beyond])
    edges = np.unique(np.clip(edges, low, high))
    if max(integrand(edges[[0, 1, -2, -1]] * (1.0 - 1e-12))) > 1e50:
        return math.inf  # the tail grows without bound
    (few, coarse), (many, fine) = (np.polynomial.legendre.leggauss(n) for n in (12, 25))
    a, b, total = edges[:-1], edges[1:], 0.0
    for _ in range(40):
        middle, half = 0.5 * (a + b), 0.5 * (b - a)
        rough, good = (
            half * (integrand((middle[:, None] + half[:, None] * x).ravel()).reshape(a.size, -1) @ w)
            for x, w in ((few, coarse), (many, fine))
        )
        open_ = np.abs(rough - good) > 1e-12 + 1e-10 * np.abs(good)
        total += float(good[~open_].sum())
        if not open_.any():
            return total
        a, b = np.concatenate([a[open_], middle[open_]]), np.concatenate([middle[open_], b[open_]])
    return total + float(good[open_].sum())


def simulated_information(
    contamination: float, human: Any, synthetic: Any, draws: int = 100_000, seed: int = 1, level: float = 0.95
) -> Simulated:
    """I(rho) by Monte Carlo, for distributions of any dimension with `logpdf` (or `logpmf`) and `rvs`.

    Half of the draws come from each distribution, so the summand (q - p)^2 / (q_rho (p + q) / 2) is bounded unless
    rho is 0 or 1.

    Parameters
    ----------
    contamination
        rho in [0, 1].
    human, synthetic
        Frozen distributions of one dimension.
    draws
        Draws from each, at least 2.
    seed
        In [0, 2^63 - 1]; seeds NumPy's Philox generator.
    level
        Level of the interval in (0, 1).

    Returns
    -------
    Simulated
        Value, standard error and normal interval.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    from scipy.special import ndtri

    rho, level = within("contamination", contamination, 0.0, 1.0), within("level", level, 0.0, 1.0, closed=False)
    n = whole("draws", draws, 2, 10**9)
    generator = np.random.Generator(np.random.Philox(whole("seed", seed, 0, 2**63 - 1)))
    theta, means, variances = 2.0 * rho - 1.0, [], []
    for source in (human, synthetic):
        x = source.rvs(size=n, random_state=generator)
        t = np.tanh(0.5 * (log_density(synthetic, x) - log_density(human, x)))
        value = 4.0 * t * t / np.maximum(1.0 + theta * t, 1e-300)
        means.append(float(value.mean()))
        variances.append(float(value.var(ddof=1)))
    mean, error = 0.5 * sum(means), 0.5 * math.sqrt(sum(variances) / n)
    half = float(ndtri(0.5 + 0.5 * level)) * error
    return Simulated(mean, error, (mean - half, mean + half), level, 2 * n)
