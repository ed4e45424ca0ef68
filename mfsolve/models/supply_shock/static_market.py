"""The static market at rest: segments, welfare, and all its fixed points (MODEL 5.1)."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels.supply_shock import economy, market
from mfsolve.kernels.supply_shock import segments as segment_kernels

from .many_economies import OPTIONS, Markets, economy_rows, solve_markets
from .parameters import Parameters

FINE = 1024
NARROWEST = 1e-12
MOST_CELLS = 4096
SLACK = 1e-14
ROUNDING = 1e-15
"""Rounding of a pollution, in units of its range, and of profits, in units of the sales at quality qbar."""


@dataclass(frozen=True)
class Segments:
    """The static market at rest.

    Attributes
    ----------
    lower_cutoff
        Skill s_L below which producers exit: 0 if nobody does, 1 if everybody.
    upper_cutoff
        Skill s_H from which on the most skilled are human: 1 if they are not.
    exit_share, ai_share, human_share
        Shares of producers; they add to 1.
    ai_volume, pollution
        D_A and the penalty B = beta ln(1 + eta D_A).
    profits
        What producers earn on average: sales less the cost of adoption; who exits earns the outside option.
    consumer_surplus, welfare
        Consumers' surplus before the penalty that falls on everyone; profits + consumer_surplus - pollution.
    welfare_slope
        d welfare / d ai_cost.
    map_slope
        Slope at D_A of the map from AI volume to the volume it calls forth.
    options, boundaries
        The options taken in order of skill, (k,), and the ends of their intervals, (k + 1,), from 0 to 1.
    """

    lower_cutoff: float
    upper_cutoff: float
    exit_share: float
    ai_share: float
    human_share: float
    ai_volume: float
    pollution: float
    welfare: float
    profits: float
    consumer_surplus: float
    welfare_slope: float
    map_slope: float
    options: tuple[str, ...]
    boundaries: tuple[float, ...]

    @property
    def two_cutoffs(self) -> bool:
        """True if the order is exit, AI, human, one or two of them possibly missing."""
        return list(self.options) == sorted(self.options, key=OPTIONS.index)


@dataclass(frozen=True)
class FixedPoint:
    """An AI volume that the producers it finds call forth.

    `stable` where the slope of the map is below 1, so that a volume that adjusts gradually returns to it. `certified`
    says that no fixed point lies outside the brackets the list was polished from.
    """

    ai_volume: float
    pollution: float
    map_slope: float
    stable: bool
    certified: bool


def segments(parameters: Parameters) -> Segments:
    """The static market at rest (Shock; MODEL 5.1).

    Human, AI and exit are compared exactly: all crossings of the two profits, three at most, are found. Of several
    fixed points (see `fixed_points`) the one with the least AI volume is taken, which adoption that grows from nothing
    meets first. MODEL 5.1 has one fixed point, the map from volume to volume being decreasing. It is while every human
    content is of higher quality than AI content; where humans below the AI's quality face adopters, pollution can hurt
    them more, and the map may rise.

    Parameters
    ----------
    parameters
        The economy.

    Returns
    -------
    Segments

    Raises
    ------
    ValueError
        For anything but parameters.

    Examples
    --------
    >>> from mfsolve.models import supply_shock
    >>> market = supply_shock.segments(supply_shock.Parameters())
    >>> market.options
    ('exit', 'ai', 'human')
    >>> 0.0 < market.lower_cutoff < market.upper_cutoff < 1.0
    True
    """
    row = economy_rows(parameters)
    (found,) = solve_markets(row, FINE)
    names = [field.name for field in fields(Markets)][: market.PATTERN]
    options, boundaries = option_intervals(row[0], float(found[market.POLLUTION]))
    values = dict(zip(names, map(float, found)))
    return Segments(**values, options=options, boundaries=boundaries)


def option_intervals(row: NDArray[np.float64], pollution: float) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Options in order of skill and the ends of their intervals at a given pollution; row as in `economy_rows`."""
    cut, option = np.empty(segment_kernels.OPTIONS + 1), np.empty(segment_kernels.OPTIONS, np.int64)
    count = segment_kernels.segments(row, pollution, cut, option)
    return tuple(OPTIONS[i] for i in option[:count]), tuple(map(float, cut[: count + 1]))


def fixed_points(parameters: Parameters) -> tuple[FixedPoint, ...]:
    """All AI volumes at rest, in ascending order (MODEL 5.1).

    Pollution lowers every profit, so that each cell of pollutions encloses the adopters at it; cells that cannot hold
    a fixed point are dropped, the others halved down to 1e-12 of the range.

    Parameters
    ----------
    parameters
        The economy.

    Returns
    -------
    tuple of FixedPoint
        At least one.

    Raises
    ------
    ValueError
        For anything but parameters.
    """
    (row,) = economy_rows(parameters)
    top, volume = market.greatest_pollution(row), economy.volume_per_adopter(row)
    if top == 0.0:
        return (_fixed_point(row, 0.0, 0.0, 0.0, volume, True),)
    low, high, certified = _brackets(row, top, volume, 0.0)
    if low.size == 0:  # adopters respond so steeply that rounding of profits decides
        low, high, certified = _brackets(
            row, top, volume, ROUNDING * max(top, row[economy.SIZE] * row[economy.QUALITY])
        )
    if low.size == 0:
        (found,) = solve_markets(row[None], FINE)
        low = high = found[market.POLLUTION : market.POLLUTION + 1]
        certified = False
    return tuple(_fixed_point(row, float(a), float(b), top, volume, certified) for a, b in zip(low, high))


def _brackets(
    row: NDArray[np.float64], top: float, volume: float, rounding: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    """Ends of the brackets (k,) that may hold fixed points, and whether all are narrow; profits err by `rounding`."""
    weight, rate = row[economy.WEIGHT], row[economy.RATE]
    low, high = np.linspace(0.0, top, 65)[:-1], np.linspace(0.0, top, 65)[1:]
    while True:
        bounds = np.empty((low.size, 2))
        market.adopter_bounds(row, np.maximum(low - rounding, 0.0), high + rounding, bounds)
        called = weight * np.log1p(rate * volume * bounds)
        slack = SLACK * top
        open_ = (low - called[:, 1] <= slack) & (high - called[:, 0] >= -slack)
        low, high = low[open_], high[open_]
        if low.size == 0:
            return low, high, False
        if (high - low).max() <= NARROWEST * top or 2 * low.size > MOST_CELLS:
            certified = bool((high - low).max() <= NARROWEST * top)
            break
        middle = 0.5 * (low + high)
        low, high = np.column_stack([low, middle]).ravel(), np.column_stack([middle, high]).ravel()
    first = np.flatnonzero(np.append(True, low[1:] > high[:-1]))
    last = np.append(first[1:], low.size) - 1
    return low[first], high[last], certified


def _fixed_point(
    row: NDArray[np.float64], low: float, high: float, top: float, volume: float, certified: bool
) -> FixedPoint:
    """Newton's steps inside a bracket; bisection where they leave it or end away from the fixed point."""
    weight, rate = row[economy.WEIGHT], row[economy.RATE]
    mass = np.empty((1, 2))

    def called_at(pollution: float) -> tuple[float, float]:
        market.adopter_masses(row, np.array([pollution]), mass)
        called = weight * np.log1p(rate * volume * mass[0, 0])
        return called, weight * rate * volume * mass[0, 1] / (1.0 + rate * volume * mass[0, 0])

    least, most = max(low - SLACK * top, 0.0), high + SLACK * top
    pollution, slope = 0.5 * (low + high), 0.0
    for _ in range(3):
        called, slope = called_at(pollution)
        pollution -= (pollution - called) / (1.0 - slope)
        if not least <= pollution <= most:
            break
    inside = least <= pollution <= most
    if not inside or abs(called_at(pollution)[0] - pollution) > market.STEEP * pollution:
        a, b = least, most
        while a < (middle := 0.5 * (a + b)) < b:
            a, b = (middle, b) if middle < called_at(middle)[0] else (a, middle)
        pollution = b
        (above, slope), (below, other) = called_at(a), called_at(b)
        slope = min(slope, other, (below - above) / (b - a) if b > a else 0.0)  # the map may fall by a step
    called_at(pollution)
    resting = market.volume_at_rest(pollution, volume * mass[0, 0], weight, rate)
    return FixedPoint(float(resting), float(pollution), float(slope), bool(slope < 1.0), certified)
