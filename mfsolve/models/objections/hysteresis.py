"""Hysteresis of contamination where detection erodes, and the threshold of no return (MODEL 7.10)."""

from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import require
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.equilibria import Equilibrium, Generator, Market, equilibria
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.collapse.policies import Given
from mfsolve.models.collapse.response import best_response, rest_variance

BISECTIONS = 14


class Setting(NamedTuple):
    """A market whose detection erodes, phi(rho) = phi_0 (1 - rho)^e, its generator held or refitted."""

    parameters: Parameters
    erosion: float
    generator: Generator

    def market(self, subsidy: float) -> Market:
        """Its best-response map at a subsidy."""
        return Market(self.parameters, Given(subsidy=subsidy), self.erosion, self.generator)

    def equilibria(self, subsidy: float) -> tuple[Equilibrium, ...]:
        """All equilibria at a subsidy, in ascending order of contamination."""
        return equilibria(self.parameters, Given(subsidy=subsidy), erosion=self.erosion, generator=self.generator)


def best_share(market: Market, content: Gaussian, contamination: float) -> float:
    """Human share that producers answer a contamination with, facing the generator of a fitted content."""
    levers = market.policy.choose(market.parameters, content, contamination)
    premium = market.parameters.data_value * content.mixture(contamination)[1]
    return best_response(market.parameters, market.target(levers, premium, contamination)).share


def follow(setting: Setting, subsidies: Floats, start: float) -> Floats:
    """Contamination after each generation of a market whose subsidy moves along a path (n,), from `start` (MODEL 7.10).

    The generator is held, or refitted to every pool.
    """
    p, rho, kept = setting.parameters, start, np.empty(subsidies.size)
    delta = p.variance_ratio
    rests = setting.generator is Generator.REST
    content = Gaussian(np.zeros(1), rest_variance(start, delta) if rests else 1.0, delta)
    for t, s in enumerate(subsidies):
        share = best_share(setting.market(float(s)), content, rho)
        rho += min(1.0, p.innovation + p.imitation * rho) * (1.0 - share - rho)
        kept[t] = rho
        if rests:
            content = content.contaminated(rho)
    return kept


class SubsidyLoop(NamedTuple):
    """Contamination at subsidies (n,), ascending: as the subsidy rises from the dirty side, and as it falls again."""

    subsidies: Floats
    rising: Floats
    falling: Floats

    def crossing(self, contamination: Floats, level: float) -> float:
        """Least subsidy at which contamination is below a level; NaN where it never is."""
        below = np.flatnonzero(contamination < level)
        return float(self.subsidies[below[0]]) if below.size else float("nan")

    @property
    def level(self) -> float:
        """Contamination halfway between the ends of the way up."""
        return 0.5 * float(self.rising[0] + self.rising[-1])

    @property
    def width(self) -> float:
        """Subsidy that cleans a dirty market, less the one at which a clean market turns dirty."""
        return self.crossing(self.rising, self.level) - self.crossing(self.falling, self.level)


def ramp(setting: Setting, ends: tuple[float, float], places: int, generations: int) -> SubsidyLoop:
    """Subsidy that rises from the lower end to the higher one and falls again, `generations` at each of its places."""
    s = np.linspace(*ends, places)
    dirty = setting.equilibria(float(s[0]))[-1].contamination
    way = np.repeat(np.concatenate([s, s[::-1]]), generations)
    last = follow(setting, way, dirty)[generations - 1 :: generations]
    return SubsidyLoop(s, last[:places], last[places:][::-1].copy())


def folds(setting: Setting, ends: tuple[float, float], tolerance: float = 1e-6) -> tuple[float, float]:
    """Subsidies where the clean and where the dirty stable equilibrium end; NaN where there is one equilibrium only."""
    grid = np.linspace(*ends, 33)
    several = np.array([len(setting.equilibria(float(s))) > 1 for s in grid])
    if not several.any():
        return float("nan"), float("nan")
    first, last = int(np.argmax(several)), int(several.size - 1 - np.argmax(several[::-1]))

    def edge(inside: float, outside: float) -> float:
        while abs(inside - outside) > tolerance:
            middle = 0.5 * (inside + outside)
            if len(setting.equilibria(middle)) > 1:
                inside = middle
            else:
                outside = middle
        return 0.5 * (inside + outside)

    low = edge(float(grid[first]), float(grid[first - 1])) if first > 0 else float(grid[0])
    high = edge(float(grid[last]), float(grid[last + 1])) if last + 1 < grid.size else float(grid[-1])
    return low, high


def unstable(setting: Setting, subsidy: float) -> float:
    """Contamination at the unstable equilibrium: the threshold of infinitely many producers; NaN without one."""
    found = [e.contamination for e in setting.equilibria(subsidy) if not e.stable]
    return found[0] if found else float("nan")


class Producers(NamedTuple):
    """A finite market: producers, each of which emits one item a generation, generations, and its random numbers.

    `revision` and `origin` (T, N): uniform numbers that say who revises, and whether an item is human.
    """

    revision: Floats
    origin: Floats


def check_held(setting: Setting) -> None:
    """Refuse a setting whose generator is refitted, with a ValueError: finite markets hold it."""
    held = setting.generator is Generator.FIXED
    require(held, "generator", setting.generator.value, "fixed, as finite markets hold the generator")


def returns(setting: Setting, subsidy: float, start: float, draws: Producers) -> bool:
    """True if a finite market that starts at a contamination is below it in the end, False if above (MODEL 7.10).

    Raises
    ------
    ValueError
        For a setting whose generator is refitted.
    """
    check_held(setting)
    p, market = setting.parameters, setting.market(subsidy)
    content = Gaussian(np.zeros(1), 1.0, p.variance_ratio)
    share = np.full(draws.origin.shape[1], 1.0 - start)
    rho = start
    for revision, origin in zip(draws.revision, draws.origin):
        best = best_share(market, content, rho)
        share[revision < p.innovation + p.imitation * rho] = best
        rho = float(np.mean(origin >= share))
    return rho < start


def threshold(setting: Setting, subsidy: float, draws: Producers) -> float:
    """Contamination beyond which a finite market does not come back, by bisection with the same random numbers.

    Between its cleanest and its dirtiest stable equilibrium; NaN where there is only one.

    Raises
    ------
    ValueError
        For a setting whose generator is refitted, as in `returns`.
    """
    check_held(setting)
    found = setting.equilibria(subsidy)
    if len(found) < 3:
        return float("nan")
    low, high = found[0].contamination, found[-1].contamination
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if returns(setting, subsidy, middle, draws):
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
