"""Synthetic Data Contamination Equilibria (SDCE): all of them, certified where possible, with stability (MODEL 1.4)."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mfsolve.kernels.collapse import gaussian_pool
from mfsolve.models.arguments import instance, member, number, require

from .content import Categorical, Gaussian
from .parameters import Family, Parameters, SubsidyBase
from .policies import Levers, Policy, policy_of
from .response import ShareMoments, best_response, rest_variance, target
from .welfare import decompose

NARROWEST = 2.0**-40
REST_CELLS = 1024
ROUNDING = 1e-14


class Generator(enum.StrEnum):
    """The generator that a market faces: the first one, trained on human content, or the one at rest at each share."""

    FIXED = "fixed"
    REST = "rest"


@dataclass(frozen=True)
class Equilibrium:
    """A contamination that producers' best responses reproduce: a Synthetic Data Contamination Equilibrium.

    It is `stable` where BRmap(rho) - rho falls in rho; `welfare` is that of one generation there (MODEL 1.5).
    `certified` means that interval bounds prove the list of equilibria complete; otherwise it rests on a fine grid.
    """

    contamination: float
    stable: bool
    human_share: float
    premium: float
    welfare: float
    certified: bool = False


class State(NamedTuple):
    """The market held at a contamination: the residual BRmap(rho) - rho, and what it is computed from."""

    residual: float
    premium: float
    information: float
    loss: float
    moments: ShareMoments
    levers: Levers


@dataclass(frozen=True)
class Market:
    """The best-response map of one economy under one policy.

    `erosion` is e in phi(rho) = phi_0 (1 - rho)^e, the fall of detection as contamination grows.
    """

    parameters: Parameters
    policy: Policy
    erosion: float
    generator: Generator

    def content(self, contamination: float) -> Gaussian | Categorical:
        """Fitted content whose generator producers and buyers face."""
        if self.parameters.content is Family.CATEGORICAL:
            return Categorical.human(self.parameters)
        human = Gaussian.human(self.parameters)
        if self.generator is Generator.FIXED:
            return human
        delta = self.parameters.variance_ratio
        return Gaussian(human.mean, rest_variance(contamination, delta), delta)

    @property
    def steady(self) -> bool:
        """True where levers do not depend on the contamination: the generator is held, and policies read it alone."""
        return self.generator is Generator.FIXED and self.parameters.subsidy_base is not SubsidyBase.POOL

    @cached_property
    def held(self) -> Levers:
        """Levers of the policy where the generator is held: the same at every contamination."""
        return self.policy.choose(self.parameters, self.content(0.0), 0.0)

    def verified(self, levers: Levers, contamination: float) -> float:
        """Verified share phi(rho) = phi_0 (1 - rho)^e that erosion leaves."""
        return levers.verified_share * math.pow(1.0 - contamination, self.erosion)

    def target(self, levers: Levers, premium: float, contamination: float) -> float:
        """Human share of a producer without a cost disadvantage, before clipping."""
        verified = self.verified(levers, contamination)
        paid = verified * premium if verified > 0.0 else 0.0  # an infinite premium on nothing
        return target(levers.subsidy, paid + levers.levy, self.parameters.cost_curvature)

    def at(self, contamination: float) -> State:
        """State of the market held at a contamination."""
        content = self.content(contamination)
        levers = self._levers(content, contamination)
        loss, slope, information = functionals(content, contamination)
        premium = self.parameters.data_value * slope
        moments = best_response(self.parameters, self.target(levers, premium, contamination))
        return State(_residual(moments, contamination), premium, information, loss, moments, levers)

    def residual(self, contamination: float) -> float:
        """Residual of the market held at a contamination; where nothing is verified no premium is computed."""
        content = self.content(contamination)
        levers = self._levers(content, contamination)
        if self.verified(levers, contamination) > 0.0:
            return self.at(contamination).residual
        aim = self.target(levers, 0.0, contamination)
        return _residual(best_response(self.parameters, aim), contamination)

    def _levers(self, content: Gaussian | Categorical, contamination: float) -> Levers:
        return self.held if self.steady else self.policy.choose(self.parameters, content, contamination)

    def equilibrium(self, root: float, stable: bool, certified: bool) -> Equilibrium:
        """Describe the equilibrium at a root of the residual."""
        state = self.at(root)
        eroded = self.verified(state.levers, root)
        levers = Levers(state.levers.subsidy, eroded, state.levers.levy, state.levers.cost)
        result = decompose(self.parameters, levers, state.moments, state.premium, root, state.loss)
        return Equilibrium(root, stable, state.moments.share, state.premium, result.welfare, certified)


def _residual(moments: ShareMoments, contamination: float) -> float:
    residual = 1.0 - moments.share - contamination
    return 0.0 if contamination in (0.0, 1.0) and abs(residual) <= ROUNDING else residual


def functionals(content: Gaussian | Categorical, contamination: float) -> tuple[float, float, float]:
    """Collapse loss KL(q_rho || p), its derivative in rho, and the Fisher information I(rho)."""
    if isinstance(content, Categorical):
        return *content.mixture(contamination), content.information(contamination)
    out = np.empty(3)
    gaussian_pool.gaussian_functionals(
        contamination, content.distance, content.generator_variance, content.mean.size, out
    )
    return float(out[0]), float(out[1]), float(out[2])


def equilibria(
    parameters: Parameters,
    policy: str | Policy = "none",
    *,
    erosion: float = 0.0,
    generator: Generator | str = Generator.FIXED,
    tolerance: float = 1e-12,
) -> tuple[Equilibrium, ...]:
    """All contaminations rho = 1 - E[h(D(rho))], in ascending order (Collapse; MODEL 1.4).

    With a fixed generator the list is certified by interval bounds: m increases in rho and phi decreases, so that each
    cell encloses the residual and its slope, and is halved until it holds no root or exactly one. With the generator
    at rest, or policies that read the pool, no such bounds are at hand, and 1024 cells are searched for sign changes.

    Parameters
    ----------
    parameters
        The economy.
    policy
        Name of a policy with default settings, or a policy; it sees the generator exactly. (`myopic` with the
        generator at rest is a search within a search: seconds; `planner` needs a path and is refused.)
    erosion
        e >= 0 in phi(rho) = phi_0 (1 - rho)^e.
    generator
        `"fixed"`: q is the first generator, N(0, delta I); `"rest"`: q is at rest at rho,
        v = (1 - rho) / (1 - rho delta).
    tolerance
        Largest error of a contamination, in (0, 1e-3].

    Returns
    -------
    tuple of Equilibrium
        At least one (the residual is continuous, non-negative at 0 and non-positive at 1).

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("parameters", parameters, Parameters)
    number("erosion", erosion, "[0, inf)")
    number("tolerance", tolerance, "(0, 0.001]")
    held_or_rest = member("generator", generator, Generator)
    content = parameters.content
    require(content is not Family.EMPIRICAL, "content", content.value, "'gaussian' or 'categorical'")
    market = Market(parameters, policy_of(policy), float(erosion), held_or_rest)
    if market.steady:
        brackets, certified = _certified_brackets(market)
    else:
        edges = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, REST_CELLS + 1))
        values = [market.residual(float(x)) for x in edges]
        brackets, certified = list(_sign_changes(edges.tolist(), values)), False
    found = [
        market.equilibrium(_polish(market, low, high, tolerance), falling, certified) for low, high, falling in brackets
    ]
    return tuple(sorted(found, key=lambda e: e.contamination))


def _sign_changes(x: list[float], f: list[float]) -> Iterator[tuple[float, float, bool]]:
    """Brackets of the roots between grid points; (root, root, falling) where a grid point is itself a root."""
    for i, value in enumerate(f):
        if value == 0.0:
            before, after = f[i - 1] if i else 1.0, f[i + 1] if i + 1 < len(f) else -1.0
            if i == 0:
                yield x[i], x[i], after < 0.0
            elif i + 1 == len(f):
                yield x[i], x[i], before > 0.0
            else:
                yield x[i], x[i], before > after
        elif i + 1 < len(f) and value * f[i + 1] < 0.0:
            yield x[i], x[i + 1], value > 0.0


def _certified_brackets(market: Market) -> tuple[list[tuple[float, float, bool]], bool]:
    """Cells with exactly one root each, and whether every other cell is proved empty."""
    brackets: list[tuple[float, float, bool]] = []
    certified = True
    cells = [(x / 32, (x + 1) / 32) for x in range(32)][::-1]
    known: dict[float, State] = {}

    def at(x: float) -> State:
        if x not in known:
            known[x] = market.at(x)
        return known[x]

    while cells:
        low, high = cells.pop()
        a, b = at(low), at(high)
        bound_low, bound_high = _enclosure(market, low, high, a, b)
        if bound_low > 0.0 or bound_high < 0.0:
            continue
        steepest, flattest = _slopes(market, low, high, a, b)
        monotone = flattest < 0.0 or steepest > 0.0  # slopes lie in [steepest, flattest]
        if monotone or high - low <= NARROWEST:
            certified &= monotone
            brackets += _one_root(low, high, a.residual, b.residual)
        else:
            middle = 0.5 * (low + high)
            cells += [(middle, high), (low, middle)]
    return brackets, certified


def _one_root(low: float, high: float, f_low: float, f_high: float) -> list[tuple[float, float, bool]]:
    """Bracket of a cell whose ends differ in sign; a root at an end counts for the cell to its right, if any."""
    if f_low == 0.0:
        return [(low, low, f_high < 0.0)]
    if f_high == 0.0:
        return [(high, high, f_low > 0.0)] if high == 1.0 else []
    return [(low, high, f_low > 0.0)] if f_low * f_high < 0.0 else []


def _enclosure(market: Market, low: float, high: float, a: State, b: State) -> tuple[float, float]:
    """Bounds of the residual on a cell: the premium rises in rho, detection and -rho fall."""
    gain = 2.0 * market.parameters.cost_curvature
    fixed = a.levers.subsidy + a.levers.levy / gain
    least = fixed + market.verified(a.levers, high) * a.premium / gain
    most = fixed + market.verified(a.levers, low) * b.premium / gain
    share_least = best_response(market.parameters, least).share
    share_most = best_response(market.parameters, most).share
    return 1.0 - share_most - high, 1.0 - share_least - low


def _slopes(market: Market, low: float, high: float, a: State, b: State) -> tuple[float, float]:
    """Bounds of the residual's slope -H'(target) target' - 1 on a cell, H the mean clipped share.

    The premium's slope I(rho) is convex in rho, as 1 / q_rho is, so that its larger end bounds it from above. From
    below it is bounded by q_rho <= q_a max(rho / a, (1 - rho) / (1 - a)), and (1 - rho) I(rho) <= 2 max(1, (1 - rho) /
    rho). H' is concave where it is positive, and at most 1.
    """
    nu, gain, e = market.parameters.data_value, 2.0 * market.parameters.cost_curvature, market.erosion
    phi_low, phi_high = market.verified(a.levers, low), market.verified(a.levers, high)
    most = max(a.information, b.information)
    if not np.isfinite(most):
        most = 2.0 * max(1.0, (1.0 - low) / max(low, 1e-300)) / max(1.0 - high, 1e-300)
    least = max(
        a.information * low / high if np.isfinite(a.information) else 0.0,
        b.information * (1.0 - high) / (1.0 - low) if np.isfinite(b.information) else 0.0,
    )
    with np.errstate(divide="ignore"):
        powers = [float(np.power(1.0 - x, e - 1.0)) if e > 0.0 else 0.0 for x in (low, high)]
    falls = sorted(a.levers.verified_share * e * power for power in powers)
    rises = [phi_high * nu * least if phi_high > 0.0 else 0.0, phi_low * nu * most if phi_low > 0.0 else 0.0]
    fall = falls[1] * b.premium if falls[1] > 0.0 else 0.0
    steepness = [(rises[0] - fall) / gain, (rises[1] - falls[0] * a.premium) / gain]
    products = [h * slope if h > 0.0 else 0.0 for h in _share_slopes(market, low, high, a, b) for slope in steepness]
    return -1.0 - max(products), -1.0 - min(products)


def _share_slopes(market: Market, low: float, high: float, a: State, b: State) -> tuple[float, float]:
    """Bounds of H' = (clip(x + half) - clip(x - half)) / (2 half) over the targets of a cell."""
    gain = 2.0 * market.parameters.cost_curvature
    half = market.parameters.cost_spread / gain
    fixed = a.levers.subsidy + a.levers.levy / gain
    ends = (
        fixed + market.verified(a.levers, high) * a.premium / gain,
        fixed + market.verified(a.levers, low) * b.premium / gain,
    )
    if half == 0.0:
        inside, outside = ends[0] >= 0.0 and ends[1] <= 1.0, ends[1] <= 0.0 or ends[0] >= 1.0
        return (1.0 if inside else 0.0), (0.0 if outside and not inside else 1.0)
    at_ends = [float(np.clip(x + half, 0.0, 1.0) - np.clip(x - half, 0.0, 1.0)) / (2.0 * half) for x in ends]
    beyond = ends[1] <= -half or ends[0] >= 1.0 + half
    return min(at_ends), (0.0 if beyond else 1.0)


def _polish(market: Market, low: float, high: float, tolerance: float) -> float:
    from scipy.optimize import brentq

    if low == high:
        return low
    return float(brentq(market.residual, low, high, xtol=tolerance, rtol=8.9e-16))
