"""Subsidy and watermark that maximise welfare itself, and how far the closed forms are from them (MODEL 1.3, 1.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.models.collapse.content import Content, Gaussian
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.collapse.policies import ClosedForm, Levers, Watermark
from mfsolve.models.collapse.population import best_response
from mfsolve.models.collapse.welfare import decompose

if TYPE_CHECKING:
    import xarray as xr

GRID = 33
TOLERANCE = 1e-10


@dataclass(frozen=True)
class Optimum:
    """Levers that maximise welfare against a generator, the watermark's strength, and the market they lead to."""

    levers: Levers
    watermark: float
    welfare: float
    contamination: float


@dataclass(frozen=True)
class Program:
    """Welfare of one generation as a function of the levers, producers answering as in an equilibrium with q held.

    `linear_loss` replaces KL(q_rho || p) by its convexity bound rho KL(q || p): the case in which the closed forms are
    exact (with information_cost = 0 and no verified share).
    """

    parameters: Parameters
    content: Content
    stripping: float = 0.0
    linear_loss: bool = False

    def levers(self, subsidy: float, watermark: float) -> Levers:
        """Levers of a subsidy and a watermark strength; the strength costs kappa psi w^2."""
        psi = self.parameters.verified_share
        verified = psi + (1.0 - psi) * watermark * (1.0 - self.stripping)
        return Levers(subsidy, verified, cost=self.parameters.cost_curvature * psi * watermark**2)

    def settled(self, levers: Levers) -> float:
        """Contamination rho = 1 - E[h]; the only one, as m is increasing and phi constant."""
        from scipy.optimize import brentq

        gain = 2.0 * self.parameters.cost_curvature

        def residual(rho: float) -> float:
            slope = self.content.mixture(rho)[1] if levers.verified_share > 0.0 else 0.0
            premium = self.parameters.data_value * slope
            target = levers.subsidy + (levers.verified_share * premium + levers.levy) / gain
            return 1.0 - best_response(self.parameters, target).share - rho

        low, high = residual(0.0), residual(1.0)
        if low <= 0.0 or high >= 0.0:
            return 0.0 if low <= 0.0 else 1.0
        return float(brentq(residual, 0.0, 1.0, xtol=1e-14, rtol=8.9e-16))

    def welfare(self, levers: Levers) -> tuple[float, float]:
        """Welfare and contamination where the market settles."""
        rho = self.settled(levers)
        loss, slope = self.content.mixture(rho)
        if self.linear_loss:
            loss = rho * self.content.divergence()
        premium = self.parameters.data_value * slope
        target = levers.subsidy + (levers.verified_share * premium + levers.levy) / (
            2.0 * self.parameters.cost_curvature
        )
        moments = best_response(self.parameters, target)
        return decompose(self.parameters, levers, moments, premium, rho, loss).welfare, rho


def maximise(value: Callable[[float], float], grid: int = GRID) -> tuple[float, float]:
    """Largest value on [0, 1] and where: every local maximum of a grid is polished, so several are no trap."""
    from scipy.optimize import minimize_scalar

    x = np.linspace(0.0, 1.0, grid)
    y = np.array([value(float(a)) for a in x])
    best = int(np.argmax(y))
    found = (float(x[best]), float(y[best]))
    padded = np.concatenate([[-np.inf], y, [-np.inf]])
    for i in map(int, np.flatnonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] >= padded[2:]))):
        low, high = float(x[max(i - 1, 0)]), float(x[min(i + 1, grid - 1)])
        top = minimize_scalar(lambda a: -value(a), bounds=(low, high), method="bounded", options={"xatol": TOLERANCE})
        if -top.fun > found[1]:
            found = (float(top.x), float(-top.fun))
    return found


def optimum(
    parameters: Parameters,
    content: Content | None = None,
    *,
    subsidy: bool = True,
    watermark: bool = False,
    stripping: float = 0.0,
    linear_loss: bool = False,
) -> Optimum:
    """Subsidy s in [0, 1], watermark strength w in [0, 1], or both, that maximise welfare of one generation.

    Parameters
    ----------
    parameters
        The economy.
    content
        Fitted content whose generator the market faces; default: human content, hence the first generator.
    subsidy, watermark
        Which instruments there are.
    stripping
        Probability in [0, 1] that a watermark is stripped.
    linear_loss
        Replace the collapse loss by rho KL(q || p).

    Returns
    -------
    Optimum

    Raises
    ------
    ValueError
        For a stripping outside [0, 1].
    """
    if not 0.0 <= stripping <= 1.0:
        raise ValueError(f"stripping: {stripping!r} given; allowed: [0, 1]")
    program = Program(parameters, content or Gaussian.human(parameters), stripping, linear_loss)

    def at(s: float, w: float) -> float:
        return program.welfare(program.levers(s, w))[0]

    def best_subsidy(w: float, grid: int = GRID) -> tuple[float, float]:
        return maximise(lambda s: at(s, w), grid) if subsidy else (0.0, at(0.0, w))

    w = maximise(lambda w: best_subsidy(w, 9)[1], 9 if subsidy else GRID)[0] if watermark else 0.0
    levers = program.levers(best_subsidy(w)[0], w)
    welfare, rho = program.welfare(levers)
    return Optimum(levers, w, welfare, rho)


def variance_of_divergence(divergence: float) -> float:
    """s2 <= 1 with KL(N(0, s2) || N(0, 1)) = (s2 - 1 - ln s2) / 2 nats."""
    from scipy.special import lambertw

    return float(-np.real(lambertw(-np.exp(-1.0 - 2.0 * divergence), 0)))


def optimality_gap(
    divergences: ArrayLike,
    cost_curvatures: ArrayLike,
    verified_shares: ArrayLike,
    parameters: Parameters | None = None,
    *,
    stripping: float = 0.0,
    linear_loss: bool = False,
) -> "xr.Dataset":
    """Closed forms against the numerical optima over (KL, kappa, psi) (MODEL 1.3).

    Parameters
    ----------
    divergences
        KL(q || p) > 0 in nats, vector; q = N(0, s2).
    cost_curvatures
        kappa > 0, vector.
    verified_shares
        psi in [0, 1], vector.
    parameters
        Everything else; default the calibration.
    stripping, linear_loss
        As in `optimum`.

    Returns
    -------
    xarray.Dataset
        Over (`divergence`, `cost_curvature`, `verified_share`): `subsidy_closed`, `subsidy_optimal`, `subsidy_loss`
        (welfare the closed form forgoes), `watermark_closed`, `watermark_optimal`, `watermark_loss`.

    Raises
    ------
    ValueError
        For a value outside its range.
    """
    import xarray as xr

    axes = [np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (divergences, cost_curvatures, verified_shares)]
    if not axes[0].min() > 0.0:
        raise ValueError(f"divergences: {axes[0].min():g} given; allowed: (0, inf)")
    names = (
        "subsidy_closed",
        "subsidy_optimal",
        "subsidy_loss",
        "watermark_closed",
        "watermark_optimal",
        "watermark_loss",
    )
    shape = (axes[0].size, axes[1].size, axes[2].size)
    table: NDArray[np.float64] = np.empty((len(names), *shape))
    base = (parameters or Parameters()).model_dump()
    for place in np.ndindex(shape):
        kl, kappa, psi = (float(a[i]) for a, i in zip(axes, place))
        changed = {"cost_curvature": kappa, "verified_share": psi, "variance_ratio": variance_of_divergence(kl)}
        economy = Parameters(**base | changed)
        program = Program(economy, Gaussian.human(economy), stripping, linear_loss)
        s = ClosedForm().levers(economy, kl).subsidy
        best = optimum(economy, stripping=stripping, linear_loss=linear_loss)
        w = Watermark(stripping=stripping).strength(economy, kl)
        marked = optimum(economy, subsidy=False, watermark=True, stripping=stripping, linear_loss=linear_loss)
        table[(slice(None), *place)] = (
            s, best.levers.subsidy, best.welfare - program.welfare(program.levers(s, 0.0))[0],
            w, marked.watermark, marked.welfare - program.welfare(program.levers(0.0, w))[0],
        )  # fmt: skip
    dims = ("divergence", "cost_curvature", "verified_share")
    return xr.Dataset({n: (dims, t) for n, t in zip(names, table)}, coords=dict(zip(dims, axes)), attrs=base)
