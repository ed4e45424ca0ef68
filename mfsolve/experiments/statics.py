"""How equilibria respond to the economy and to policy, as a study (MODEL 1.4)."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable, once
from mfsolve.models.collapse.comparative_statics import RANGES, Statics, base, comparative_statics, derivative, moved
from mfsolve.models.collapse.equilibria import Generator, Market, equilibria
from mfsolve.models.collapse.parameters import Family, Parameters
from mfsolve.models.collapse.policies import Given
from mfsolve.models.frozen import Frozen, Nothing

PATH = ("market",)
LINE = ("market", "subsidy")
ROOTS = 8
WITHIN = (0.02, 0.98)  # at 0 and 1 producers may be at a corner
AGAIN = 1e-4  # relative step between equilibria that are solved to 1e-12
LISTED = ("contamination", "stable", "slope", *RANGES)


class Setting(Frozen):
    """What holds besides the economy's parameters."""

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


@once
def solved(case: Case) -> Arrays:
    """Everything the study reports; nothing is random."""
    market = case.policy.market(case.parameters)
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
        here = case.policy.model_copy(update={"subsidy": float(s)}).market(case.parameters)
        first = next(statics for statics in statics_of(here) if statics.equilibrium.stable)
        along.append((first.equilibrium.contamination, -first.contamination["subsidy"], first.welfare["subsidy"]))
    contamination, multiplier, gain = np.array(along).T
    values = {
        "contamination": clean.equilibrium.contamination,
        **{f"effect_of_{name}": clean.contamination[name] for name in RANGES},
        **{f"gain_of_{name}": clean.welfare[name] for name in ("subsidy", "levy", "verified_share")},
        "gap": gap(market, clean, place),
        "contamination_along": contamination, "multiplier": multiplier, "gain_along": gain,
        "response": table,
    }  # fmt: skip
    return {name: np.array([value], dtype=np.float64) for name, value in values.items()}


def _variables(case: Case) -> Mapping[str, Variable]:
    if case.parameters.content is Family.EMPIRICAL:
        raise ValueError("parameters.content: 'empirical' given; allowed: 'gaussian' or 'categorical'")
    words = {name: name.replace("_", " ") for name in RANGES}
    found = {
        "contamination": Variable(PATH, "contamination at the cleanest stable equilibrium"),
        **{f"effect_of_{name}": Variable(PATH, f"d contamination / d {text}, there") for name, text in words.items()},
        **{
            f"gain_of_{name}": Variable(PATH, f"d welfare / d {words[name]}, there")
            for name in ("subsidy", "levy", "verified_share")
        },
        "gap": Variable(PATH, "largest distance of a response from a difference of equilibria solved again"),
        "contamination_along": Variable(LINE, "contamination at the cleanest stable equilibrium"),
        "multiplier": Variable(LINE, "fall of contamination per unit of subsidy"),
        "gain_along": Variable(LINE, "rise of welfare per unit of subsidy", view=(-1.0, 2.0)),
        "response": Variable(("market", "equilibrium", "column"), "responses d rho / d parameter", listed=LISTED),
    }
    return {name: replace(variable, exact=True) for name, variable in found.items()}


def _coordinates(case: Case) -> Arrays:
    return {
        "market": np.zeros(1), "subsidy": np.linspace(*WITHIN, case.population.subsidies),
        "equilibrium": np.arange(ROOTS), "column": np.arange(len(LISTED)),
    }  # fmt: skip


MODEL = Model(
    name="statics",
    title="comparative statics of equilibria by implicit differentiation (MODEL 1.4)",
    parameters=Parameters,
    alternatives={"market": Setting},
    population=Resolution,
    record=Nothing,
    variables=_variables,
    coordinates=_coordinates,
    simulate=lambda case, seed, replicate, threads: solved(case),
    section="markets",
    path="market",
)
