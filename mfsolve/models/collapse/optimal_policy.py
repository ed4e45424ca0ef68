"""Subsidy and watermark that maximise welfare itself (MODEL 1.3, 1.5)."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mfsolve.models.arguments import instance, number

from .content import Content, Gaussian
from .levers import Levers
from .parameters import Parameters
from .response import best_response, target
from .welfare import decompose

GRID = 33
TOLERANCE = 1e-10


@dataclass(frozen=True)
class Optimum:
    """Optimal levers against a generator, the watermark's strength, and welfare and contamination under them."""

    levers: Levers
    watermark: float
    welfare: float
    contamination: float


@dataclass(frozen=True)
class Program:
    """Welfare of one generation as a function of the levers, with producers in equilibrium and the generator held.

    `linear_loss` replaces KL(q_rho || p) by its convexity bound rho KL(q || p): in the loss, and by its derivative
    KL(q || p) in the value of a human item to a buyer. The closed forms are derived for this case; that of the subsidy
    is exact in it (with information_cost = 0 and no verified share).
    """

    parameters: Parameters
    content: Content
    stripping: float = 0.0
    linear_loss: bool = False
    _known: dict[float, tuple[float, float]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def levers(self, subsidy: float, watermark: float) -> Levers:
        """Levers of a subsidy and a watermark of strength w, which costs kappa psi w^2."""
        psi = self.parameters.verified_share
        verified = psi + (1.0 - psi) * watermark * (1.0 - self.stripping)
        return Levers(subsidy, verified, cost=self.parameters.cost_curvature * psi * watermark**2)

    def loss(self, contamination: float) -> tuple[float, float]:
        """Collapse loss in nats, and its derivative in the contamination."""
        if self.linear_loss:
            divergence = self.content.divergence()
            return contamination * divergence, divergence
        if contamination not in self._known:  # equilibria of different levers are looked for at the same places
            self._known[contamination] = self.content.mixture(contamination)
        return self._known[contamination]

    def target(self, levers: Levers, contamination: float) -> float:
        """Human share of a producer without a cost disadvantage, before clipping."""
        premium = self.parameters.data_value * self.loss(contamination)[1] if levers.verified_share > 0.0 else 0.0
        gain = levers.verified_share * premium + levers.levy
        return target(levers.subsidy, gain, self.parameters.cost_curvature)

    def equilibrium(self, levers: Levers) -> float:
        """Contamination rho = 1 - E[h]; there is one, since m increases in rho and phi is constant."""
        from scipy.optimize import brentq

        def residual(rho: float) -> float:
            return 1.0 - best_response(self.parameters, self.target(levers, rho)).share - rho

        low, high = residual(0.0), residual(1.0)
        if low <= 0.0 or high >= 0.0:
            return 0.0 if low <= 0.0 else 1.0
        return float(brentq(residual, 0.0, 1.0, xtol=1e-14, rtol=8.9e-16))

    def welfare(self, levers: Levers) -> tuple[float, float]:
        """Welfare and contamination in equilibrium."""
        rho = self.equilibrium(levers)
        loss, slope = self.loss(rho)
        moments = best_response(self.parameters, self.target(levers, rho))
        return decompose(self.parameters, levers, moments, self.parameters.data_value * slope, rho, loss).welfare, rho


def maximise(value: Callable[[float], float], grid: int = GRID) -> tuple[float, float]:
    """Maximise a function on [0, 1]: the maximiser and the maximum.

    Every local maximum on a grid is refined, so that several of them are no trap.
    """
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

    MODEL 1.3, 1.5.

    Parameters
    ----------
    parameters
        The economy.
    content
        Fitted content whose generator the market faces; by default human content, hence the first generator.
    subsidy, watermark
        Whether each of the two instruments is available.
    stripping
        Probability in [0, 1] that a watermark is stripped.
    linear_loss
        Replace the collapse loss by rho KL(q || p), and its derivative by KL(q || p).

    Returns
    -------
    Optimum
        The levers, and welfare and contamination under them.

    Raises
    ------
    ValueError
        For a stripping outside [0, 1].
    """
    instance("parameters", parameters, Parameters)
    number("stripping", stripping, "[0, 1]")
    instance("content", content, Content | None)
    program = Program(parameters, content or Gaussian.human(parameters), stripping, linear_loss)

    def at(s: float, w: float) -> float:
        return program.welfare(program.levers(s, w))[0]

    def best_subsidy(w: float, grid: int = GRID) -> tuple[float, float]:
        return maximise(lambda s: at(s, w), grid) if subsidy else (0.0, at(0.0, w))

    w = maximise(lambda w: best_subsidy(w, 9)[1], 9 if subsidy else GRID)[0] if watermark else 0.0
    levers = program.levers(best_subsidy(w)[0], w)
    welfare, rho = program.welfare(levers)
    return Optimum(levers, w, welfare, rho)
