"""Comparative statics: responses of equilibria to the economy and to policy (MODEL 1.4)."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.collapse.comparative_statics import RANGES, Statics, base, comparative_statics, derivative, moved
from mfsolve.models.collapse.equilibria import Generator, Market, equilibria
from mfsolve.models.collapse.parameters import Family, Parameters
from mfsolve.models.collapse.policies import Given
from mfsolve.models.collapse.workflows import require_replace
from mfsolve.models.frozen import Frozen
from mfsolve.spelling import in_words

LINE = ("subsidy",)
ROOTS = 8
WITHIN = (0.02, 0.98)  # at 0 and 1 producers may be at a corner
AGAIN = 1e-4  # relative step between equilibria that are solved to 1e-12
HERE = "at the cleanest stable equilibrium"
GAINS = ("subsidy", "levy", "verified_share")
LISTED = ("contamination", "stable", "slope", *RANGES)


class Setting(Frozen):
    """Settings of the market beside the economy's parameters."""

    subsidy: float | None = Field(0.1, ge=0.0, le=1.0, description="subsidy s; the closed form if not given")
    levy: float = Field(0.0, ge=0.0, description="levy on synthetic items")
    erosion: float = Field(0.0, ge=0.0, description="erosion e of detection, phi(rho) = phi_0 (1 - rho)^e")
    generator: Generator = Field(Generator.FIXED, description="the first generator, or the one at rest at each share")

    def market(self, parameters: Parameters) -> Market:
        """The market it makes of an economy."""
        policy = Given(subsidy=self.subsidy, levy=self.levy)
        return Market(parameters, policy, self.erosion, self.generator)


class Resolution(Frozen):
    """Places of the curves."""

    subsidies: int = Field(41, ge=3, le=10_000, description="subsidies, evenly from 0.02 to 0.98")


def statics_of(market: Market) -> tuple[Statics, ...]:
    """Responses of every equilibrium of a market."""
    return comparative_statics(market.parameters, market.policy, erosion=market.erosion, generator=market.generator)


def gap(market: Market, clean: Statics, place: int) -> float:
    """Largest distance of a response, over 1 and its size, from a difference of equilibria that are solved again."""

    def again(name: str, value: float) -> float:
        m = moved(market, name, value)
        return equilibria(m.parameters, m.policy, erosion=m.erosion, generator=m.generator)[place].contamination

    differences = {name: derivative(partial(again, name), *base(market, name), AGAIN) for name in clean.contamination}
    return max(abs(differences[name] - x) / (1.0 + abs(x)) for name, x in clean.contamination.items())


def check(case: Case) -> None:
    """Refuse content whose equilibria have no closed functionals.

    Raises
    ------
    ValueError
        For empirical content, and for a workflow that has no equilibria of its own.
    """
    if case.parameters.content is Family.EMPIRICAL:
        raise ValueError("parameters.content: 'empirical' given; allowed: 'gaussian' or 'categorical'")
    require_replace(case.parameters)


def solve(case: Case, threads: int) -> Arrays:
    """Equilibria of the market, their responses, and the responses along the subsidy."""
    market = case.arm.market(case.parameters)
    found = statics_of(market)
    place = next(i for i, statics in enumerate(found) if statics.equilibrium.stable)
    clean = found[place]
    table = np.full((ROOTS, len(LISTED)), np.nan)
    for row, statics in zip(table, found):
        row[:] = [
            statics.equilibrium.contamination, statics.equilibrium.stable, statics.slope,
            *statics.contamination.values(),
        ]  # fmt: skip
    along = []
    for s in np.linspace(*WITHIN, case.population.subsidies):
        here = case.arm.model_copy(update={"subsidy": float(s)}).market(case.parameters)
        first = next(statics for statics in statics_of(here) if statics.equilibrium.stable)
        along.append((first.equilibrium.contamination, -first.contamination["subsidy"], first.welfare["subsidy"]))
    contamination, multiplier, gain = np.array(along).T
    values = {
        "contamination": clean.equilibrium.contamination,
        **{f"effect_of_{name}": clean.contamination[name] for name in RANGES},
        **{f"gain_of_{name}": clean.welfare[name] for name in GAINS},
        "gap": gap(market, clean, place),
        "contamination_along": contamination, "multiplier": multiplier, "gain_along": gain,
        "response": table,
    }  # fmt: skip
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def solved(case: Case) -> Mapping[str, Output]:
    """Responses at the cleanest stable equilibrium, along the subsidy, and at every equilibrium."""
    words = {name: in_words(name) for name in RANGES}
    return {
        "contamination": Output((), f"contamination {HERE}"),
        **{f"effect_of_{name}": Output((), f"d contamination / d {text} {HERE}") for name, text in words.items()},
        **{f"gain_of_{name}": Output((), f"d welfare / d {words[name]} {HERE}") for name in GAINS},
        "gap": Output((), "largest distance of a response from a difference of equilibria solved again"),
        "contamination_along": Output(LINE, f"contamination {HERE}"),
        "multiplier": Output(LINE, "decrease of contamination per unit of subsidy"),
        "gain_along": Output(LINE, "increase of welfare per unit of subsidy", view=(-1.0, 2.0)),
        "response": Output(("equilibrium", "column"), "responses d rho / d parameter", listed=LISTED),
    }


def coordinates(case: Case) -> Arrays:
    """Subsidies of the curves, and places of the table of equilibria."""
    return {
        "subsidy": np.linspace(*WITHIN, case.population.subsidies),
        "equilibrium": np.arange(ROOTS), "column": np.arange(len(LISTED)),
    }  # fmt: skip


EXPERIMENT = Experiment(
    name="statics",
    title="comparative statics of equilibria by implicit differentiation",
    parameters=Parameters,
    arms={"market": Arm(Setting, solve=solve, solved=solved, coordinates=coordinates, check=check)},
    population=Resolution,
    section="markets",
    word="market",
    toy={"population.subsidies": 3},
)
