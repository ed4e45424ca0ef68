"""The distribution of quality: its density, its atoms, its modes, and the hollow between AI and humans (MODEL 5.1)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, real
from mfsolve.kernels.numerics import special
from mfsolve.models.arguments import instance

from .parameters import Parameters
from .payoffs import best_quality
from .static_market import Segments, segments


@dataclass(frozen=True)
class Quality:
    """Quality over active producers: a density on intervals of human qualities, and atoms.

    Attributes
    ----------
    intervals
        Intervals of qualities at which capacity binds, (low, high) each, ascending.
    atoms
        (quality, share) of AI content and, where capacity does not bind at the top, of the humans who choose freely.
    active
        Share of producers who are active.
    """

    parameters: Parameters
    intervals: tuple[tuple[float, float], ...]
    atoms: tuple[tuple[float, float], ...]
    active: float

    def density(self, quality: ArrayLike) -> Floats:
        """Density at qualities (n,), atoms left out."""
        p, q = self.parameters, real("quality", quality)
        skill = q / p.human_capacity
        inside = np.zeros(q.shape, bool)
        for low, high in self.intervals:
            inside |= (low <= q) & (q <= high)
        s = np.where(inside, np.clip(skill, 0.0, 1.0), 0.5)
        shape = s ** (p.skill_a - 1.0) * (1.0 - s) ** (p.skill_b - 1.0) / _beta_function(p)
        return np.where(inside, shape / (p.human_capacity * max(self.active, 1e-300)), 0.0)

    def share(self, low: float, high: float) -> float:
        """Share of active producers with quality in the open interval (low, high); 0 where nobody is active."""
        inside = sum(weight for quality, weight in self.atoms if low < quality < high)
        for start, stop in self.intervals if self.active else ():
            ends = np.clip([max(start, low), min(stop, high)], 0.0, None) / self.parameters.human_capacity
            if ends[1] > ends[0]:
                inside += float(np.diff(skill_share(self.parameters, ends))[0]) / self.active
        return inside

    @property
    def modes(self) -> int:
        """Modes: atoms, and the interior or end maxima of the density that do not touch an atom.

        A Beta density with shapes from 1 on has one maximum on every interval.
        """
        a, b = self.parameters.skill_a, self.parameters.skill_b
        mode = self.parameters.human_capacity * ((a - 1.0) / (a + b - 2.0) if a + b > 2.0 else 0.5)
        peaks = {min(max(mode, low), high) for low, high in self.intervals}
        return len(peaks | {quality for quality, _ in self.atoms})

    @property
    def hollow(self) -> tuple[float, float] | None:
        """The empty interval (qbar, q) up to the lowest quality above the AI's; None if nobody adopts or none is."""
        qbar = self.parameters.ai_quality
        if not any(quality == qbar for quality, _ in self.atoms):
            return None
        if any(low <= qbar < high for low, high in self.intervals):
            return None
        above = [low for low, _ in self.intervals if low > qbar] + [q for q, _ in self.atoms if q > qbar]
        return (qbar, min(above)) if above else None


def valley(share: Callable[[float, float], float], low: float, high: float) -> float:
    """Evidence against one mode around (low, high): the lesser flank's mass less the interval's own.

    A unimodal density has at least as much mass in an interval as in one of its two neighbours of equal width, so a
    positive figure excludes it. Flanks hold their far ends: an atom at `low` counts as part of the lower one.

    Parameters
    ----------
    share
        Mass of an open interval, as `Quality.share`.
    low, high
        The interval.
    """
    width, nudge = high - low, 1e-9 * (high - low)
    below = share(low - width, low + nudge)
    above = share(high - nudge, high + width)
    return min(below, above) - share(low, high)


def _beta_function(parameters: Parameters) -> float:
    from scipy.special import beta as beta_function

    return float(beta_function(parameters.skill_a, parameters.skill_b))


def skill_share(parameters: Parameters, skill: ArrayLike) -> Floats:
    """Share of producers with skills below the given ones (n,)."""
    x = np.atleast_1d(real("skill", skill))
    out = np.empty_like(x)
    special.beta_shares(x, parameters.skill_a, parameters.skill_b, out)
    return out


def quality(parameters: Parameters, market: Segments | None = None) -> Quality:
    """The distribution of quality over active producers of a static market at rest; before AI, set ai_available.

    MODEL 5.1.

    Parameters
    ----------
    parameters
        The economy.
    market
        Its segments, if at hand.

    Returns
    -------
    Quality

    Raises
    ------
    ValueError
        For anything but parameters.
    """
    instance("market", market, Segments | None)
    market = market or segments(parameters)
    capacity = parameters.human_capacity
    free = float(best_quality(parameters, market.pollution))
    active = 1.0 - market.exit_share
    intervals, atoms, unbound = [], [], 0.0
    for option, low, high in zip(market.options, market.boundaries, market.boundaries[1:]):
        if option == "human":
            if capacity * low < free:
                intervals.append((capacity * low, min(capacity * high, free)))
            if capacity * high > free:
                unbound += float(np.diff(skill_share(parameters, [max(low, free / capacity), high]))[0])
    if market.ai_share > 0.0:
        atoms.append((parameters.ai_quality, market.ai_share / active))
    if unbound > 0.0:
        atoms.append((free, unbound / active))
    return Quality(parameters, tuple(intervals), tuple(atoms), active)


def hollow_share(parameters: Parameters) -> float:
    """Share of the producers active before AI whose quality lies in the hollow that AI leaves; 0 without a hollow.

    MODEL 5.1.

    Parameters
    ----------
    parameters : Parameters
        The economy.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        For anything but parameters.
    """
    gap = quality(parameters).hollow
    return quality(parameters.model_copy(update={"ai_available": False})).share(*gap) if gap is not None else 0.0
