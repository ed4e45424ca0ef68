"""Equity along random chains, and a factorial of the three faults (MODEL 6.2)."""

import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Views
from mfsolve.kernels.numerics.sums import total
from mfsolve.models.data_deals.chains import (
    FAULTS,
    ChainParameters,
    Chains,
    common_share,
    contrasts,
    equity,
    random_chains,
    with_faults,
)
from mfsolve.models.frozen import Frozen

STAGES = ("generators", "aggregators", "transformers", "monetisers")
SIGNS = contrasts()
ROUNDING = 1e-12
"""Relative change of equity that is none: a chain has a dozen operations."""


class Batch(Frozen):
    """Chains of a replicate."""

    chains: int = Field(1000, ge=1, le=10**7, description="random chains of a replicate")


class Bargain(Frozen):
    """Bargaining shares of generators along a chain."""

    common: bool = Field(True, description="one share for all links, else one drawn for each")


def mean(values: Floats) -> float:
    """Mean of a vector, its sum in a fixed order."""
    return float(total(np.ascontiguousarray(values))) / values.size


def falls(E: Floats) -> NDArray[np.bool_]:
    """Mask of links along which equity falls, beyond rounding."""
    return np.asarray(E[:, 1:] < E[:, :-1] * (1.0 - ROUNDING))


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Chains of a replicate: links by what rises and falls, means by stage, effects of the faults."""
    drawn = random_chains(case.parameters, case.population.chains, seed, replicate, threads=threads)
    chains = common_share(drawn) if case.arm.common else drawn
    E = equity(chains)
    rises = np.diff(chains.value, axis=1) > 0.0
    not_up = ~(E[:, 1:] > E[:, :-1] * (1.0 + ROUNDING))
    everywhere = np.asarray(rises.all(axis=1))
    found = {
        "links": rises.size,
        "information_falls": int(np.sum(np.diff(chains.information, axis=1) <= 0.0)),
        "value_rises": int(rises.sum()),
        "equity_not_up": int(not_up.sum()),
        "equity_not_up_rising": int((not_up & rises).sum()),
        "rising_chains": int(everywhere.sum()),
        **alone(chains, everywhere),
        **effects(chains),
    }
    arrays = {name: np.asarray(float(value)) for name, value in found.items()}
    for name, values in (("information", chains.information), ("value", chains.value), ("equity", E)):
        arrays[name] = np.array([mean(column) for column in values.T])
    return arrays


def alone(chains: Chains, rising: NDArray[np.bool_]) -> dict[str, int]:
    """Chains with a rising value in which a fault alone makes equity fall somewhere."""
    found = {}
    for name in FAULTS:
        E = equity(with_faults(chains, *(name == other for other in FAULTS)))
        found[f"{name}_alone"] = int((falls(E).any(axis=1) & rising).sum())
    return found


def effects(chains: Chains) -> dict[str, float]:
    """Mean effects of the faults and of their interactions on E_3, and on the share of E_0 that is lost by then."""
    level, lost = np.empty((2, 2, 2)), np.empty((2, 2, 2))
    for switches in itertools.product((0, 1), repeat=3):
        E = equity(with_faults(chains, *map(bool, switches)))
        level[switches], lost[switches] = mean(E[:, -1]), mean(1.0 - E[:, -1] / E[:, 0])
    return {
        f"{what}_{name}": float(np.sum(signs * table))
        for what, table in (("level", level), ("lost", lost))
        for name, signs in SIGNS.items()
    }


def drawn(case: Case) -> Mapping[str, Output]:
    """Counts of links and chains, effects of faults, means by stage."""
    counts = {
        "links": "links", "information_falls": "links along which information about the source does not rise",
        "value_rises": "links along which task value rises", "equity_not_up": "links along which equity does not rise",
        "equity_not_up_rising": "links along which value rises and equity does not",
        "rising_chains": "chains whose value rises along every link",
        **{f"{name}_alone": f"chains of rising value in which {name} alone makes equity fall" for name in FAULTS},
    }  # fmt: skip
    words = {"level": "equity at the end", "lost": "share of equity lost along the chain"}
    return {
        **{name: Output((), text) for name, text in counts.items()},
        **{
            f"{what}_{name}": Output((), f"effect of {name.replace('_', ' x ')} on {text}")
            for what, text in words.items()
            for name in SIGNS
        },
        "information": Output(("stage",), "information about the source", "nats"),
        "value": Output(("stage",), "task value"),
        "equity": Output(("stage",), "equity of generators: paid so far over value"),
    }


def coordinates(case: Case) -> Arrays:
    """Numbers of the stages, from generators to monetisers."""
    return {"stage": np.arange(len(STAGES))}


EXPERIMENT = Experiment(
    name="equity_inequality",
    title="equity along random chains, and the three faults",
    parameters=ChainParameters,
    arms={"chain": Arm(Bargain, draw=draw, drawn=drawn, coordinates=coordinates)},
    population=Batch,
    section="chains",
    word="chain",
    views=Views(tradeoff=("bargaining_alone", "pricing_alone")),
    toy={"population.chains": 200},
)
