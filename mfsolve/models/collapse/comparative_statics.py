"""Comparative statics of equilibria by implicit differentiation (MODEL 1.4).

At an equilibrium F(rho, theta) = BRmap(rho; theta) - rho = 0, so that d rho* / d theta = -F_theta / F_rho without
another solution. Both partial derivatives are differences of fourth order of F itself, at the equilibrium, which serves
any policy, any content and a generator at rest alike. At the end of its range a parameter is differentiated inwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from mfsolve.models.arguments import instance, member, number

from .content import Content
from .equilibria import Equilibrium, Generator, Market, equilibria
from .levers import Levers
from .parameters import Parameters
from .policies import Policy, policy_of


def _range(name: str) -> tuple[float, float]:
    """Ends of a parameter's declared range."""
    ends: dict[str, float] = {}
    for bound in Parameters.model_fields[name].metadata:
        ends |= {test: float(getattr(bound, test)) for test in ("ge", "gt", "le", "lt") if hasattr(bound, test)}
    return ends.get("ge", ends.get("gt", -math.inf)), ends.get("le", ends.get("lt", math.inf))


OWN = ("cost_curvature", "verified_share", "cost_spread", "variance_ratio", "data_value")
RANGES: Mapping[str, tuple[float, float]] = {
    "subsidy": (0.0, 1.0), "levy": (0.0, math.inf), "erosion": (0.0, math.inf), **{name: _range(name) for name in OWN}
}  # fmt: skip
"""Parameters that an equilibrium responds to, with their ranges; subsidy and levy come on top of the policy's."""
STEP = 1e-3
Rule = tuple[tuple[int, float], ...]
CENTRAL: Rule = ((-2, 1.0 / 12.0), (-1, -8.0 / 12.0), (1, 8.0 / 12.0), (2, -1.0 / 12.0))
INWARD: Rule = ((0, -25.0 / 12.0), (1, 4.0), (2, -3.0), (3, 4.0 / 3.0), (4, -0.25))


@dataclass(frozen=True)
class Statics:
    """Responses of an equilibrium: d rho* / d theta and d welfare / d theta by parameter, and the slope F_rho.

    Where the slope nears 0, at a fold, responses grow without bound.
    """

    equilibrium: Equilibrium
    slope: float
    contamination: Mapping[str, float]
    welfare: Mapping[str, float]


class Shifted(Policy):
    """A policy with something added to its subsidy and its levy."""

    policy: Policy
    subsidy: float = 0.0
    levy: float = 0.0

    def choose(self, parameters: Parameters, content: Content, contamination: float, generation: int = 0) -> Levers:
        """Levers of the policy, with the additions."""
        levers = self.policy.choose(parameters, content, contamination, generation)
        return replace(levers, subsidy=levers.subsidy + self.subsidy, levy=levers.levy + self.levy)


def comparative_statics(
    parameters: Parameters,
    policy: str | Policy = "none",
    *,
    erosion: float = 0.0,
    generator: Generator | str = Generator.FIXED,
) -> tuple[Statics, ...]:
    """Responses of every equilibrium, in ascending order of contamination (MODEL 1.4).

    Parameters
    ----------
    parameters : Parameters
        The economy.
    policy : str or Policy
        Policy, by its name where its settings have defaults.
    erosion : float
        e of phi(rho) = phi_0 (1 - rho)^e, in [0, inf).
    generator : {"fixed", "rest"}
        The first generator, or the one at rest.

    Returns
    -------
    tuple of Statics
        Derivatives in the parameters of `RANGES`, with a relative error of about 1e-8 away from folds; 0 where all
        producers are at a corner.

    Raises
    ------
    ValueError
        For an argument out of its range, and for empirical content.
    """
    instance("parameters", parameters, Parameters)
    number("erosion", erosion, "[0, inf)")
    found = equilibria(parameters, policy, erosion=erosion, generator=generator)
    market = Market(parameters, policy_of(policy), float(erosion), member("generator", generator, Generator))
    return tuple(_statics(market, equilibrium) for equilibrium in found)


def moved(market: Market, name: str, value: float) -> Market:
    """Market with one parameter at another value; for subsidy and levy, with that much more of it."""
    if name == "subsidy":
        return replace(market, policy=Shifted(policy=market.policy, subsidy=value))
    if name == "levy":
        return replace(market, policy=Shifted(policy=market.policy, levy=value))
    if name == "erosion":
        return replace(market, erosion=value)
    return replace(market, parameters=Parameters(**dict(market.parameters) | {name: value}))


def base(market: Market, name: str) -> tuple[float, float, float]:
    """Value of a parameter and its range, in the terms of `moved`."""
    low, high = RANGES[name]
    if name in ("subsidy", "levy"):
        levers = market.policy.choose(market.parameters, market.content(0.0), 0.0)
        return 0.0, low - getattr(levers, name), high - getattr(levers, name)
    return (market.erosion if name == "erosion" else getattr(market.parameters, name)), low, high


def _statics(market: Market, equilibrium: Equilibrium) -> Statics:
    rho = equilibrium.contamination

    def welfare(held: Market, contamination: float) -> float:
        return held.equilibrium(contamination, stable=True, certified=False).welfare

    def synthetic(held: Market, contamination: float) -> float:
        return 1.0 - held.at(contamination).moments.share

    slope = derivative(lambda r: synthetic(market, r), rho, 0.0, 1.0) - 1.0
    along = derivative(lambda r: welfare(market, r), rho, 0.0, 1.0)
    contamination, total = {}, {}
    for name in RANGES:
        place = base(market, name)
        direct = derivative(partial(_at, synthetic, market, name, rho), *place)
        own = derivative(partial(_at, welfare, market, name, rho), *place)
        contamination[name] = -direct / slope if slope else math.copysign(math.inf, direct)
        total[name] = own + along * contamination[name]
    return Statics(equilibrium, slope, contamination, total)


def _at(measure: Callable[[Market, float], float], market: Market, name: str, rho: float, value: float) -> float:
    return measure(moved(market, name, value), rho)


def derivative(function: Callable[[float], float], at: float, low: float, high: float, relative: float = STEP) -> float:
    """Derivative by a difference of fourth order, central, or inwards where the range ends within two steps."""
    size = relative * min(1.0, abs(at) or 1.0)
    up, down = high - at, at - low
    if min(up, down) > 2.0 * size:
        step, rule = size, CENTRAL
    else:
        step, rule = math.copysign(min(size, 0.2 * max(up, down)), up - down), INWARD
    return sum(weight * function(at + k * step) for k, weight in rule) / step
