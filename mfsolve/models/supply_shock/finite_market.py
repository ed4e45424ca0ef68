"""Finite populations: N producers with drawn skills, each answering the pollution that all make (MODEL 5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mfsolve.arrays import Arrays, Floats, real
from mfsolve.kernels.numerics.sums import total
from mfsolve.kernels.random import beta_stream
from mfsolve.kernels.random.philox import stream_key
from mfsolve.kernels.supply_shock import economy, finite
from mfsolve.models.arguments import seed_word, thread_count, whole
from mfsolve.models.parallel import run_blocks
from mfsolve.models.quantities import UNIT, Quantity, dataset

from .many_economies import economy_rows
from .parameters import Parameters
from .payoffs import human_profit, human_quality, sales_profit
from .quality_distribution import quality, valley
from .static_market import option_intervals, segments

if TYPE_CHECKING:
    import xarray as xr

CELLS = 64
MARKET = {
    "lower_cutoff": Quantity((), "skill below which producers exit", support=UNIT),
    "upper_cutoff": Quantity((), "skill above which producers stay human", support=UNIT),
    "exit_share": Quantity((), "share of producers who exit", support=UNIT),
    "ai_share": Quantity((), "share of producers who adopt AI", support=UNIT),
    "human_share": Quantity((), "share of producers who stay human", support=UNIT),
    "ai_volume": Quantity((), "volume of AI content"),
    "pollution": Quantity((), "pollution penalty on every consumer"),
    "profits": Quantity((), "producers' mean earnings"),
    "consumer_surplus": Quantity((), "consumers' surplus before the penalty"),
    "welfare": Quantity((), "welfare"),
    "smallest_segment": Quantity(
        (),
        "share of the smallest segment, 0 unless they are exit, AI and human with a hollow above AI quality",
        support=UNIT,
    ),
    "hollow_share": Quantity((), "share of active producers with a quality in the hollow above AI", support=UNIT),
    "valley": Quantity(
        (), "mass of the smaller flank of the hollow less its own mass: positive if not unimodal", support=(-1.0, 1.0)
    ),
}
DENSITIES = {
    "quality": Quantity(("content_quality",), "density of human content's quality, over all producers"),
    "quality_below": Quantity(("content_quality",), "share of producers with content up to a quality"),
}


def draw_skills(parameters: Parameters, producers: int, seed: int, replicate: int = 0, threads: int = 1) -> Floats:
    """Skills (producers,) drawn from the Beta density, ascending."""
    key = stream_key(int(seed_word("seed", seed, 64)), "supply_shock.skill")
    number = seed_word("replicate", replicate, 32)
    draws = beta_stream.Stream(beta_stream.BETA, parameters.skill_a, parameters.skill_b, key, number)
    skill = np.empty(producers)

    def work(index: int, start: int, stop: int) -> None:
        beta_stream.draw(draws, start, skill[start:stop])

    run_blocks(work, producers, threads)
    return np.sort(skill)


def finite_market(
    parameters: Parameters,
    producers: int,
    seed: int,
    replicate: int = 0,
    edges: Floats | None = None,
    threads: int = 1,
) -> xr.Dataset:
    """The static market of a finite population: every producer takes the pollution that all together make as given.

    MODEL 5.1.

    Of several fixed points the one with the least AI volume; where the last producer to adopt is indifferent, that
    one does not (an error of one producer in N).

    Parameters
    ----------
    parameters
        The economy.
    producers
        N, from 1.
    seed, replicate
        What the skills are drawn with, in [0, 2^64 - 1] and [0, 2^32 - 1]; economies of one seed share their producers.
    edges
        Ascending edges (k + 1,) of bins for the density of quality; none if not given.
    threads
        Threads for more than 131 072 producers, in [1, 1024]; the result does not depend on it.

    Returns
    -------
    Dataset
        Single numbers: the fields of `Segments`, `smallest_segment` (the least share of exit, AI and human, 0 unless
        that is their order and there is a hollow), `hollow_share` (of active producers, in the hollow of the continuum)
        and `valley` (see `quality_distribution.valley`) around it, both 0 without a hollow. With edges, along
        `content_quality`, the middles of the bins (k,): `quality`, density of human content over all producers, and
        `quality_below`, share of all producers with a quality up to there, AI content included.

    Raises
    ------
    ValueError
        For producers, seed, replicate or threads outside their ranges, or edges that do not ascend.
    """
    arrays = market_arrays(parameters, producers, seed, replicate, edges, threads)
    places = {} if edges is None else {"content_quality": _middles(_edges(edges))}
    return dataset({**MARKET, **DENSITIES}, places, arrays, producers=int(producers))


def market_arrays(
    parameters: Parameters,
    producers: int,
    seed: int,
    replicate: int = 0,
    edges: Floats | None = None,
    threads: int = 1,
) -> Arrays:
    """Arrays of `finite_market`, by name."""
    producers, p = whole("producers", producers, 1, 2**32 - 1), parameters
    (row,) = economy_rows(p)
    edges = edges if edges is None else _edges(edges)
    skill = draw_skills(p, producers, seed, replicate, thread_count(threads))
    burden = float(finite.finite_pollution(row, skill, CELLS))
    options, ends = option_intervals(row, burden)
    places = [0, *np.searchsorted(skill, ends[1:-1]).tolist(), producers]
    volume = float(economy.volume_per_adopter(row))
    sales = float(sales_profit(p.ai_quality, p.ai_cost * p.ai_quality, burden, p.market_size))
    counts = dict.fromkeys(("exit", "ai", "human"), 0)
    earned = bought = 0.0
    by_hand, by_ai = [], []
    for option, start, stop in zip(options, places, places[1:]):
        count, part = stop - start, skill[start:stop]
        counts[option] += count
        if option == "exit":
            earned += p.outside_option * count
        elif option == "ai":
            by_ai.append(np.full(count, p.ai_quality))
            earned += (sales - p.adoption_cost) * count - p.adoption_skill_cost * float(total(1.0 - part))
            bought += 0.5 * sales * count
        else:
            by_hand.append(human_quality(p, part, burden))
            profit = float(total(human_profit(p, part, burden)))
            earned, bought = earned + profit, bought + 0.5 * profit
    active = np.concatenate([np.empty(0), *by_ai, *by_hand])
    profits, surplus = earned / producers, bought / producers
    market = {
        "lower_cutoff": ends[1] if options[0] == "exit" else 0.0,
        "upper_cutoff": ends[-2] if options[-1] == "human" else 1.0,
        **{f"{option}_share": count / producers for option, count in counts.items()},
        "ai_volume": volume * counts["ai"] / producers,
        "pollution": burden,
        "profits": profits,
        "consumer_surplus": surplus,
        "welfare": profits + surplus - burden,
        "smallest_segment": min(counts.values()) / producers if _parted(p, options, ends[-2]) else 0.0,
        **_gap(p, active),
    }
    found: Arrays = {name: np.asarray(float(value)) for name, value in market.items()}
    if edges is not None:
        human = np.concatenate([np.empty(0), *by_hand])
        middle = _middles(edges)
        found["quality"] = np.histogram(human, edges)[0] / (producers * np.diff(edges))
        found["quality_below"] = np.searchsorted(np.sort(active), middle, side="right") / producers
    return found


def _middles(edges: Floats) -> Floats:
    return 0.5 * (edges[1:] + edges[:-1])


def _edges(edges: Floats) -> Floats:
    array = real("edges", edges)
    if array.ndim != 1 or array.size < 2 or not (np.isfinite(array).all() and (np.diff(array) > 0.0).all()):
        raise ValueError(f"edges: {edges!r} given; allowed: two or more ascending numbers")
    return array


def continuum_limit(parameters: Parameters) -> Arrays:
    """Limit of `finite_market` as the population grows, quality left out (MODEL 5.1)."""
    market = segments(parameters)
    names = ("lower_cutoff", "upper_cutoff", "exit_share", "ai_share", "human_share", "ai_volume", "pollution",
             "profits", "consumer_surplus", "welfare")  # fmt: skip
    law, gap = quality(parameters, market), continuum_hollow(parameters)
    values = {name: getattr(market, name) for name in names}
    values["hollow_share"] = law.share(*gap) if gap else 0.0
    values["valley"] = valley(law.share, *gap) if gap else 0.0
    shares = market.exit_share, market.ai_share, market.human_share
    values["smallest_segment"] = min(shares) if _parted(parameters, market.options, market.upper_cutoff) else 0.0
    return {name: np.asarray(value) for name, value in values.items()}


def _parted(parameters: Parameters, options: tuple[str, ...], upper: float) -> bool:
    """True if the segments are exit, AI and human, the last from `upper` on, with a hollow above AI quality."""
    return options == ("exit", "ai", "human") and parameters.human_capacity * upper > parameters.ai_quality


def continuum_hollow(parameters: Parameters) -> tuple[float, float] | None:
    """The hollow that AI leaves in this economy's continuum, before AI too."""
    return quality(parameters.model_copy(update={"ai_available": True})).hollow


def _gap(parameters: Parameters, active: Floats) -> dict[str, float]:
    """Share of the active qualities (n,) in the continuum's hollow, and the valley around it."""
    gap = continuum_hollow(parameters)
    if gap is None or not active.size:
        return {"hollow_share": 0.0, "valley": 0.0}

    def share(low: float, high: float) -> float:
        return float(np.mean((active > low) & (active < high)))

    return {"hollow_share": share(*gap), "valley": valley(share, *gap)}
