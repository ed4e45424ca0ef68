"""Curves of rest points as the diffusion sigma changes, and their folds (MODEL 5.2).

Along a curve the unknowns are x = D / volume and theta = ln sigma; G(x, theta) = F / volume - x = 0 is followed by
pseudo-arclength, so that a fold, where dG/dx = 0, is a point like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import instance, number, whole
from mfsolve.models.result_repr import legible

from .held_volume import AdoptionMap
from .parameters import MOST_CELLS, SLOWEST, Parameters
from .pigouvian_tax import with_rate
from .policies import LaissezFaire, Policy
from .rest_points import certified_brackets, polish_root

LARGEST_STEP = 0.05
SMALLEST_STEP = 1e-7
TOLERANCE = 1e-12


@legible
@dataclass(frozen=True, eq=False)
class Branch:
    """A curve of rest points.

    Attributes
    ----------
    diffusion, ai_volume, ai
        sigma, AI volume and share of adopters (k,) along it.
    folds
        (sigma, AI volume) where two rest points meet.
    """

    diffusion: Floats
    ai_volume: Floats
    ai: Floats
    folds: tuple[tuple[float, float], ...]


class _Curve:
    """G and its gradient on one economy, theta = ln sigma."""

    def __init__(self, parameters: Parameters, policy: Policy | None, cells: int) -> None:
        self.held = AdoptionMap(parameters, policy, cells)
        self.learning = parameters.learning

    def __call__(self, point: Floats) -> tuple[float, Floats]:
        held = self.held
        held.climb = self.learning / float(np.exp(point[1]))
        state = held.at(point[0] * held.volume)
        value = float(held.adoption(state)[0]) / held.volume - point[0]
        return value, np.array(
            [float(held.slope(state)[0]) - 1.0, float(held.by_log_diffusion(state)[0]) / held.volume]
        )


def continuation(
    parameters: Parameters, lowest: float, highest: float, policy: Policy | None = None, *, cells: int = 400
) -> tuple[Branch, ...]:
    """Every curve of rest points that reaches the lowest or the highest diffusion, followed from end to end.

    MODEL 5.2.

    Parameters
    ----------
    parameters
        The economy; its own `diffusion` is not used, choices are taken at once whatever `choice` says.
    lowest, highest
        Range of sigma, 1e-12 <= lowest < highest <= 1e3.
    policy
        In force for ever; none if not given.
    cells
        Cells of skill, in [8, 2^14].

    Returns
    -------
    tuple of Branch

    Raises
    ------
    ValueError
        For an argument outside its range, or a policy whose lever is not given.
    """
    instance("parameters", parameters, Parameters)
    number("lowest", lowest, "[1e-12, 1e3]")
    number("highest", highest, "[1e-12, 1e3]")
    if not SLOWEST <= lowest < highest <= 1e3:
        raise ValueError(f"lowest, highest: {lowest!r}, {highest!r} given; allowed: 1e-12 <= lowest < highest <= 1e3")
    whole("cells", cells, 8, MOST_CELLS)
    parameters = parameters.changed(choice="instant")
    policy = with_rate(parameters, policy or LaissezFaire())
    curve = _Curve(parameters, policy, cells)
    ends = (float(np.log(lowest)), float(np.log(highest)))
    branches: list[Branch] = []
    visited: list[tuple[float, float]] = []
    for side in (1, 0):
        for start in _roots(parameters, policy, cells, float(np.exp(ends[side]))):
            if any(abs(start - x) < 1e-6 and theta == ends[side] for x, theta in visited):
                continue
            points = _follow(curve, np.array([start, ends[side]]), ends, -1.0 if side else 1.0)
            visited += [(float(points[0, 0]), ends[side]), (float(points[-1, 0]), float(points[-1, 1]))]
            volume = curve.held.volume
            branches.append(
                Branch(np.exp(points[:, 1]), points[:, 0] * volume, points[:, 0], tuple(_folds(curve, points)))
            )
    return tuple(branches)


def _roots(parameters: Parameters, policy: Policy | None, cells: int, sigma: float) -> list[float]:
    held = AdoptionMap(parameters.changed(diffusion=sigma), policy, cells)
    return [polish_root(held, low, high) / held.volume for low, high in certified_brackets(held)[0]]


def _tangent(gradient: Floats, before: Floats) -> Floats:
    """Unit tangent of the curve, in the sense of `before`."""
    tangent = np.array([-gradient[1], gradient[0]])
    tangent = np.asarray(tangent / np.hypot(tangent[0], tangent[1]))
    return tangent if tangent @ before > 0.0 else -tangent


def _correct(curve: _Curve, point: Floats, tangent: Floats) -> tuple[Floats, Floats, int] | None:
    """Newton's steps back to the curve, across the tangent; None where they do not settle."""
    x = point.copy()
    for step in range(12):
        value, gradient = curve(x)
        system = np.array([gradient, tangent])
        move = np.linalg.solve(system, np.array([value, float((x - point) @ tangent)]))
        x = x - move
        if not -0.5 < x[0] < 1.5:
            return None
        if np.abs(move).max() < TOLERANCE:
            return x, curve(x)[1], step
    return None


def _follow(curve: _Curve, start: Floats, ends: tuple[float, float], towards: float) -> Floats:
    """Points (k, 2) of the curve from one end of the range to the other, or back to where it came from."""
    points, point = [start], start
    tangent = _tangent(curve(start)[1], np.array([0.0, towards]))
    length = 0.01
    while length >= SMALLEST_STEP:
        found = _correct(curve, point + length * tangent, tangent)
        if found is None or found[0] @ tangent <= point @ tangent or _tangent(found[1], tangent) @ tangent < 0.9:
            length *= 0.5
            continue
        new, gradient, steps = found
        if not ends[0] < new[1] < ends[1]:
            points.append(_at_order(curve, point, new, ends[0] if new[1] <= ends[0] else ends[1]))
            return np.array(points)
        tangent, point = _tangent(gradient, tangent), new
        points.append(point)
        length = min(LARGEST_STEP, length * (1.5 if steps <= 4 else 1.0))
    raise ArithmeticError(f"the curve of rest points could not be followed beyond sigma = {np.exp(point[1]):g}")


def _at_order(curve: _Curve, inside: Floats, outside: Floats, theta: float) -> Floats:
    """The point of the curve at theta, between two of its points."""
    share = (theta - inside[1]) / (outside[1] - inside[1])
    x = inside + share * (outside - inside)
    for _ in range(20):
        value, gradient = curve(np.array([x[0], theta]))
        x = np.array([x[0] - value / gradient[0], theta])
    return np.asarray(x)


def _folds(curve: _Curve, points: Floats) -> list[tuple[float, float]]:
    """Folds (sigma, AI volume): changes of the sign of dG/dx along the curve, bisected across its tangent."""
    signs = [curve(point)[1][0] for point in points]
    found = []
    for k in range(len(points) - 1):
        if signs[k] * signs[k + 1] < 0.0:
            low, high, f_low = points[k], points[k + 1], signs[k]
            for _ in range(60):
                across = (high - low) / np.hypot(*(high - low))
                middle = _correct(curve, 0.5 * (low + high), across)
                if middle is None or np.abs(high - low).max() < TOLERANCE:
                    break
                low, high = (middle[0], high) if middle[1][0] * f_low > 0.0 else (low, middle[0])
            found.append((float(np.exp(low[1])), float(low[0]) * curve.held.volume))
    return found


def adoption_between_folds(branches: tuple[Branch, ...], sigma: Floats, most: int) -> list[Floats]:
    """Shares of adopters (sigma,) on the pieces of the curves between folds, from low to high, `most` of them.

    NaN beyond the ends of a piece, and where there are fewer.
    """
    pieces = []
    for branch in branches:
        rising = np.sign(np.diff(branch.diffusion))
        cuts = [0, *(np.flatnonzero(np.diff(rising)) + 1).tolist(), rising.size]
        for begin, end in pairwise(cuts):
            x, y = branch.diffusion[begin : end + 1], branch.ai[begin : end + 1]
            order = np.argsort(x)
            pieces.append((float(y.mean()), np.interp(sigma, x[order], y[order], left=np.nan, right=np.nan)))
    pieces.sort(key=lambda piece: piece[0])
    lines = [line for _, line in pieces][:most]
    nothing = np.full(sigma.size, np.nan)
    return lines + [nothing] * (most - len(lines))


def pollution_curve(parameters: Parameters, burdens: Floats, cells: int = 400) -> Floats:
    """The pollution weight beta (k,) at which each penalty B (k,) >= 0 is that of a rest point, without policy.

    With B held the share of adopters a(B) is known, D = volume a(B), and beta = B / ln(1 + eta D): all rest points of
    all pollution weights lie on one explicit curve, and its turning points in B are the folds. It is 0 at B = 0, and
    infinite where so few adopt that nothing is polluted.
    """
    market = parameters.market
    unit = parameters.changed(market=market.model_copy(update={"pollution_weight": 1.0, "pollution_rate": 1.0}))
    held = AdoptionMap(unit, None, cells)
    adopters = held.adoption(held.at(np.expm1(burdens)))  # ln(1 + D) = B
    polluted = np.log1p(market.pollution_rate * adopters)
    beta = np.divide(burdens, polluted, out=np.full(burdens.size, np.inf), where=polluted > 0.0)
    return np.asarray(np.where(burdens > 0.0, beta, 0.0))
