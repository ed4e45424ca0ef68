"""What limited information makes impossible: a two-point lower bound on regret, and what is realised (MODEL 3.4).

The regulator pays s without knowing rho. With the marginal value m(rho) of a human item the best subsidy is
s*(rho) = min(1, m(rho) / (2 kappa)), and any other loses kappa (s - s*)^2.
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.kernels import mixture
from mfsolve.models.provenance.bound import Content, maximum_likelihood
from mfsolve.models.provenance.checks import Floats, vector, whole, within
from mfsolve.models.provenance.gaussian import content_nodes

if TYPE_CHECKING:
    import xarray as xr

PLACES = np.linspace(0.0, 1.0, 2049)
WIDTHS = np.geomspace(1e-4, 1.0, 33)


def best_subsidy(contamination: float, content: Content, curvature: float, stake: float | None = None) -> float:
    """s*(rho), in units of the cost curvature.

    `stake` None: the marginal value is m(rho) = d/d rho KL(q_rho || p), which vanishes with KL(q || p). A number:
    provenance is worth rho * stake whatever q is (a buyer's liability, a right), so that there is something to know
    even where content tells nothing.
    """
    if stake is not None:
        return min(1.0, contamination * stake / (2.0 * curvature))
    out = np.empty(3)
    mixture.gaussian_functionals(contamination, content.distance, content.variance, content.dimension, out)
    return min(1.0, float(out[1]) / (2.0 * curvature))


def best_subsidies(contamination: Floats, content: Content, curvature: float, stake: float | None = None) -> Floats:
    """The same for many contaminations, between 2049 at which it is computed."""
    return np.asarray(np.interp(contamination, PLACES, _subsidies(content, curvature, stake)))


@lru_cache(maxsize=32)
def _subsidies(content: Content, curvature: float, stake: float | None) -> Floats:
    return np.array([best_subsidy(float(x), content, curvature, stake) for x in PLACES])


def affinity(first: float, second: float, content: Content) -> float:
    """Bhattacharyya coefficient int sqrt(q_a q_b) of one item at two contaminations; 1 where it tells nothing."""
    ratio, mass = content_nodes(content.distance, content.variance, content.dimension)
    if content.watermark > 0.0 and content.stripping < 1.0:
        z = np.arange(-10.0, content.watermark + 10.0, 0.1)
        score = np.exp(-0.5 * z * z) * (0.1 / math.sqrt(2.0 * math.pi))
        w, strip = content.watermark, content.stripping
        marked = np.logaddexp(w * z - 0.5 * w * w + math.log1p(-strip), math.log(strip) if strip else -np.inf)
        ratio, mass = np.add.outer(ratio, marked).ravel(), np.multiply.outer(mass, score).ravel()
    top = np.maximum(ratio, 0.0)
    p, q = np.exp(-top), np.exp(ratio - top)
    a, b = (1.0 - first) * p + first * q, (1.0 - second) * p + second * q
    # 1 - BC = int (sqrt a - sqrt b)^2 / 2: no cancellation for near contaminations
    gap = (np.sqrt(a) - np.sqrt(b)) ** 2
    return 1.0 - 0.5 * float(np.sum(mass * np.exp(np.minimum(top, 600.0)) * gap))


def minimax_regret(
    contamination: float, content: Content, curvature: float, items: ArrayLike, stake: float | None = None
) -> Floats:
    """Le Cam's two-point lower bound on the minimax regret around a contamination, for each n in `items`.

    For rho_0, rho_1 the largest regret of any rule is at least kappa (s*_1 - s*_0)^2 / 8 (1 - TV_n), and
    TV_n <= sqrt(1 - BC^(2n)) with the affinity BC of one item (Le Cam 1973; Tsybakov 2009, 2.4). The pair is centred at
    rho as far as [0, 1] allows, and its width chosen to make the bound as large as it gets.

    Parameters
    ----------
    contamination
        rho in [0, 1].
    content
        What items look like.
    curvature
        kappa > 0.
    items
        Values of n, vector (k,), non-negative.
    stake
        As in `best_subsidy`.

    Returns
    -------
    ndarray (k,)
        In units of welfare; no rule does better on all contaminations in [0, 1].

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    return hardest_pairs(contamination, content, curvature, items, stake)[0]


def hardest_pairs(
    contamination: float, content: Content, curvature: float, items: ArrayLike, stake: float | None = None
) -> tuple[Floats, Floats]:
    """Bounds of `minimax_regret` (k,), and the contaminations rho_0, rho_1 that give them (k, 2).

    The bound holds for the average of a rule's regrets at the two, so that is what it is to be compared with.
    """
    rho = within("contamination", contamination, 0.0, 1.0)
    kappa = within("curvature", curvature, 0.0, math.inf, closed=False)
    n = vector("items", items)
    bounds, pairs = np.empty((WIDTHS.size, n.size)), np.empty((WIDTHS.size, 2))
    for k, width in enumerate(WIDTHS):
        low = min(max(0.0, rho - 0.5 * width), 1.0 - width)
        high = low + width
        gap = best_subsidy(high, content, kappa, stake) - best_subsidy(low, content, kappa, stake)
        log_bc = math.log(max(affinity(low, high, content), 1e-300))
        variation = np.sqrt(-np.expm1(np.minimum(2.0 * n * log_bc, 0.0)))
        bounds[k], pairs[k] = kappa * gap * gap / 8.0 * (1.0 - variation), (low, high)
    best = bounds.argmax(axis=0)
    return bounds[best, np.arange(n.size)], pairs[best]


def realised_regret(
    contamination: float,
    content: Content,
    curvature: float,
    items: int,
    sets: int,
    seed: int,
    stake: float | None = None,
    *,
    threads: int = 1,
) -> tuple[float, float]:
    """Mean regret kappa (s*(rho_hat) - s*(rho))^2 of the plug-in rule with the MLE, and its standard error.

    Parameters and errors as `bound.ensemble` and `minimax_regret`. Where items tell nothing the rule takes rho = 1/2.
    """
    kappa = within("curvature", curvature, 0.0, math.inf, closed=False)
    truth = best_subsidy(contamination, content, kappa, stake)
    found = maximum_likelihood(contamination, content, items, whole("sets", sets, 2, 2**32 - 1), seed, threads=threads)
    regret = kappa * (best_subsidies(found[:, 0], content, kappa, stake) - truth) ** 2
    return float(regret.mean()), float(regret.std(ddof=1) / math.sqrt(sets))


def regret_curves(
    contamination: float,
    variances: ArrayLike,
    items: ArrayLike,
    sets: int,
    seed: int,
    *,
    curvature: float = 0.305,
    stake: float | None = None,
    threads: int = 1,
) -> "xr.Dataset":
    """Lower bound and realised regret over the generator's variance and the number of items.

    Returns
    -------
    xarray.Dataset
        (`variance`, `items`): `bound`, `regret`, `regret_error`; along `variance`: `divergence` = KL(q || p),
        `fisher_information`.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    import xarray as xr

    s2, ns = vector("variances", variances), [whole("items", int(n), 1, 2**31 - 1) for n in vector("items", items)]
    bound, regret, error = np.empty((3, s2.size, len(ns)))
    information = np.empty(s2.size)
    for i, v in enumerate(s2):
        content = Content(variance=float(v))
        information[i] = content.information(contamination)
        bound[i] = minimax_regret(contamination, content, curvature, np.array(ns, float), stake)
        for j, n in enumerate(ns):
            regret[i, j], error[i, j] = realised_regret(
                contamination, content, curvature, n, sets, seed, stake, threads=threads
            )
    axes = ("variance", "items")
    return xr.Dataset(
        {
            "bound": (axes, bound), "regret": (axes, regret), "regret_error": (axes, error),
            "divergence": ("variance", 0.5 * (s2 - 1.0 - np.log(s2))), "fisher_information": ("variance", information),
        },
        coords={"variance": s2, "items": ns},
        attrs={"contamination": contamination, "curvature": curvature, "sets": sets, "seed": str(seed)},
    )  # fmt: skip
