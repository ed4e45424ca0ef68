"""Paths of the market and their outputs (MODEL 5.3)."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Arrays, Floats
from mfsolve.kernels.agents import market_state
from mfsolve.models.parallel import BLOCK
from mfsolve.models.quantities import SIGNED, UNIT, Quantity

from .limit import Continuum, Responding
from .market import Agents, ManyBlocks, Market, OneBlock
from .parameters import Parameters, Population, Scenario, WithoutAi, ai_path, ai_weights

PATH = ("period",)
SMOOTHED = 10
"""Periods over which a share is averaged before its trough is looked for."""
QUANTITIES = {
    "active": Quantity(PATH, "creators in the market", "creators"),
    "surviving": Quantity(PATH, "share of creators in the market", support=UNIT),
    "own_work": Quantity(PATH, "share of creators who sell their own work", support=UNIT),
    "reskilling": Quantity(PATH, "share of creators who re-skill", support=UNIT),
    "adopting": Quantity(PATH, "share of creators who offer AI content", support=UNIT),
    "own_reskilled": Quantity(
        PATH, "share of creators who sell their own work and have re-skilled by choice", support=UNIT
    ),
    "own_never": Quantity(
        PATH, "share of creators who sell their own work and have never chosen to re-skill", support=UNIT
    ),
    "reskilled_lead": Quantity(
        PATH,
        "share of creators with own work who chose to re-skill, less that of creators who offer AI content",
        support=SIGNED,
    ),
    "early": Quantity(PATH, "share of creators who had re-skilled by choice at the landmark", support=UNIT),
    "survival_slope": Quantity(
        PATH,
        "share in the market of those who had re-skilled early less that of the others; 0 where either group is empty",
        support=SIGNED,
    ),
    "fallen": Quantity(PATH, "share of creators lost at the trough so far, of means over ten periods", support=UNIT),
    "recovered": Quantity(PATH, "share of that loss recovered since then", support=UNIT),
    "leaving": Quantity(PATH, "share of creators who leave the market in the period", support=UNIT),
    "returning": Quantity(PATH, "share of creators who come back in the period", support=UNIT),
    "median_revenue": Quantity(PATH, "median revenue of creators in the market"),
    "revenue_change": Quantity(PATH, "median revenue over that of the opening period, less 1"),
    "human_share": Quantity(PATH, "share of sales that are creators' own work", support=UNIT),
    "creator_share": Quantity(PATH, "share of sales made by creators, adopters included", support=UNIT),
    "technical_change": Quantity(PATH, "technical skill of creators in the market less that of all at the start"),
    "creative_change": Quantity(PATH, "creative skill of creators in the market less that of all at the start"),
    "concentration": Quantity(PATH, "Herfindahl index of sellers, by number of consumers"),
    "herfindahl": Quantity(PATH, "Herfindahl index of sellers, by sales"),
    "buying": Quantity(PATH, "share of consumers who buy", support=UNIT),
    "consumer_surplus": Quantity(PATH, "mean surplus of consumers", "price"),
    "profit": Quantity(PATH, "mean profit of creators in the market", "opening profit"),
    "income": Quantity(PATH, "mean reward of all creators", "opening profit"),
    "ai_technical": Quantity(PATH, "technical quality of AI"),
    "ai_creative": Quantity(PATH, "creative quality of AI"),
}


class NoOpeningError(ArithmeticError):
    """Most creators sold nothing in the opening period, so there is no opening profit to measure rewards in."""


@dataclass(frozen=True)
class Path:
    """Counts (periods + 1, 14) and sums (periods + 1, 6) of every period, laid out as in `kernels.agents.qlearning`."""

    creators: int
    consumers: int
    price_sensitivity: float
    counts: NDArray[np.int64]
    sums: Floats
    quality: Floats


def evolve(agents: Agents, market: Market, scenario: Scenario, periods: int, landmark: int = 40) -> Path:
    """Let agents act for a number of periods after the opening one, in which all creators sell their own work.

    Those who have re-skilled by choice up to the landmark are marked as early.

    Raises
    ------
    NoOpeningError
        If the median creator sells nothing then.
    """
    p = agents.parameters
    quality = ai_path(p, periods)
    weights = ai_weights(p, quality)
    if isinstance(scenario, WithoutAi):
        quality, weights = np.zeros_like(quality), np.zeros_like(weights)
    counts, sums = np.zeros((periods + 1, market_state.COUNTS), np.int64), np.zeros((periods + 1, market_state.SUMS))
    market(market_state.Schedule(0, agents.replicate, np.zeros(1), 1.0, 0.0, weights[:1]), counts[:1], sums[:1])
    if not sums[0, market_state.MEDIAN] > 0.0:
        raise NoOpeningError(
            "the median creator sells nothing in the opening period: lower outside_utility, add consumers"
        )
    opening_profit = float(sums[0, market_state.REWARDS]) / agents.creators
    sums[0, [market_state.EARNED, market_state.REWARDS]] /= opening_profit
    exploration = np.multiply.accumulate([p.exploration, *[p.exploration_decay] * (periods - 1)])
    until = min(landmark, periods)
    for first, stop in ((1, until + 1), (until + 1, periods + 1)):
        now, unit = exploration[first - 1 : stop - 1], opening_profit
        schedule = market_state.Schedule(first, agents.replicate, now, unit, p.learning_rate, weights[first:stop])
        market(schedule, counts[first:stop], sums[first:stop])
        if first == 1:
            agents.mark_early()
    return Path(agents.creators, agents.consumers, p.price_sensitivity, counts, sums, quality)


def agents_of(
    p: Parameters, size: Population, scenario: Scenario, scale: int, seed: int, replicate: int, threads: int
) -> Agents:
    """The agents of a population, its numbers times `scale`."""
    firms = 0 if isinstance(scenario, WithoutAi) else size.ai_firms * scale
    economy = scenario.parameters(p)
    numbers = size.creators * scale, firms, size.consumers * scale
    return Agents(economy, seed, np.uint64(replicate), threads, *numbers, scenario)


def finite(p: Parameters, size: Population, scenario: Scenario, seed: int, replicate: int, threads: int) -> Arrays:
    """Outputs of a path of a finite population."""
    agents = agents_of(p, size, scenario, size.scale, seed, replicate, threads)
    small = max(agents.creators, agents.consumers) <= BLOCK
    kind = Responding if scenario.choice == "best_response" else OneBlock if small else ManyBlocks
    return observe(evolve(agents, kind(agents), scenario, size.periods, size.landmark))


@dataclass(frozen=True)
class Threads:
    """A number of threads; all are equal, so that what is computed with one is not computed again with another."""

    count: int = field(compare=False)


def limit(p: Parameters, size: Population, scenario: Scenario, threads: int = 1) -> Arrays:
    """Outputs of the path among infinitely many agents, in the units of this population."""
    sample = _sample(p, size.model_copy(update={"scale": 1}), scenario, Threads(threads))
    return observe(sample, size.scale / size.reference)


@lru_cache(maxsize=16)
def _sample(p: Parameters, size: Population, scenario: Scenario, threads: Threads) -> Path:
    agents = agents_of(p, size, scenario, size.reference, 0, 0, threads.count)
    return evolve(agents, Continuum(agents), scenario, size.periods, size.landmark)


def observe(path: Path, part: float = 1.0) -> Arrays:
    """Reported variables (periods + 1,) of a path; numbers of agents are those of this part of its population."""
    rows, sums = path.counts.T.astype(np.float64), path.sums.T
    n = path.creators
    active = n - rows[market_state.EXIT]
    present = np.maximum(active, 1.0)
    sales = rows[market_state.OWN] + rows[market_state.ADOPTED] + rows[market_state.FIRM_SALES]
    sold = np.maximum(sales, 1.0)
    squares = rows[market_state.SQUARES] + rows[market_state.FIRM_SQUARES]
    technical, creative = sums[market_state.TECHNICAL] / present, sums[market_state.CREATIVE_SKILL] / present
    fallen, recovered = recovery(active / n)
    return {
        "active": part * active,
        "surviving": active / n,
        "own_work": (rows[market_state.STAY] + rows[market_state.RESKILL]) / n,
        "reskilling": rows[market_state.RESKILL] / n,
        "adopting": rows[market_state.ADOPT] / n,
        "own_reskilled": rows[market_state.OWN_RESKILLED] / n,
        "own_never": (rows[market_state.STAY] + rows[market_state.RESKILL] - rows[market_state.OWN_RESKILLED]) / n,
        "reskilled_lead": (rows[market_state.OWN_RESKILLED] - rows[market_state.ADOPT]) / n,
        "early": rows[market_state.EARLY_ALL] / n,
        "survival_slope": survival_slope(n, active, rows),
        "fallen": fallen,
        "recovered": recovered,
        "leaving": rows[market_state.LEFT] / n,
        "returning": rows[market_state.BACK] / n,
        "median_revenue": sums[market_state.MEDIAN],
        "revenue_change": sums[market_state.MEDIAN] / sums[market_state.MEDIAN, 0] - 1.0,
        "human_share": rows[market_state.OWN] / sold,
        "creator_share": (rows[market_state.OWN] + rows[market_state.ADOPTED]) / sold,
        "technical_change": technical - technical[0],
        "creative_change": creative - creative[0],
        "concentration": squares / path.consumers**2 / part,
        "herfindahl": squares / sold**2 / part,
        "buying": sales / path.consumers,
        "consumer_surplus": sums[market_state.SURPLUS] / (path.consumers * path.price_sensitivity),
        "profit": sums[market_state.EARNED] / present,
        "income": sums[market_state.REWARDS] / n,
        "ai_technical": path.quality[:, 0],
        "ai_creative": path.quality[:, 1],
    }


def survival_slope(n: int, active: Floats, rows: Floats) -> Floats:
    """Slope (periods + 1,) of being in the market on early re-skilling, over creators; 0 where none is."""
    early, stayed = rows[market_state.EARLY_ALL], rows[market_state.EARLY_INSIDE]
    both = (early > 0.0) & (early < n)
    of_early = np.divide(stayed, early, out=np.zeros(early.size), where=both)
    of_others = np.divide(active - stayed, n - early, out=np.zeros(early.size), where=both)
    return np.asarray(of_early - of_others)


def recovery(share: Floats) -> tuple[Floats, Floats]:
    """Largest fall so far of a share (periods + 1,) below its first, and the part of it made good since.

    Both are of means over the last `SMOOTHED` periods, as the lowest of many noisy shares would be a recovery by
    itself.
    """
    reach = np.minimum(np.arange(share.size) + 1, SMOOTHED)
    cumulated = np.concatenate([[0.0], np.cumsum(share)])
    mean = (cumulated[1:] - cumulated[np.arange(1, share.size + 1) - reach]) / reach
    fallen = np.maximum(share[0] - np.minimum.accumulate(mean), 0.0)
    made_good = mean - np.minimum.accumulate(mean)
    back = np.divide(made_good, fallen, out=np.zeros(share.size), where=fallen > 1e-12)
    return np.clip(fallen, 0.0, 1.0), np.clip(back, 0.0, 1.0)
