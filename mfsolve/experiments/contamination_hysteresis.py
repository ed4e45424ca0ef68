"""Hysteresis of the market where detection erodes: a ramped subsidy, and the threshold of no return (MODEL 7.10)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.collapse.equilibria import Generator
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.frozen import Frozen
from mfsolve.models.objections import stressed_market
from mfsolve.models.objections.hysteresis import Producers, Setting, SubsidyLoop, folds, ramp, threshold, unstable

LINE = ("subsidy",)


class Ramp(Frozen):
    """A subsidy that rises slowly in a dirty market, and falls again."""

    erosion: float = Field(2.0, ge=0.0, description="erosion e of detection, phi(rho) = phi_0 (1 - rho)^e")
    generator: Generator = Field(Generator.FIXED, description="the first generator, or one refitted to every pool")
    highest: float = Field(0.15, gt=0.0, le=1.0, description="subsidy that the ramp rises to, from 0")
    generations: int = Field(40, ge=1, le=100_000, description="generations at each place of the ramp")


class Threshold(Frozen):
    """Contamination beyond which a finite market does not come back by itself."""

    erosion: float = Field(2.0, ge=0.0, description="erosion e of detection, phi(rho) = phi_0 (1 - rho)^e")
    subsidy: float = Field(0.0, ge=0.0, le=1.0, description="constant subsidy s")
    producers: int = Field(2000, ge=10, le=2**20, description="producers, each with one item a generation")
    generations: int = Field(80, ge=1, le=100_000, description="generations a market is followed for")


class Resolution(Frozen):
    """Places of the ramp."""

    places: int = Field(61, ge=3, le=10_000, description="subsidies of the ramp")


def setting(case: Case) -> Setting:
    """The market with eroding detection."""
    held = Generator.FIXED if isinstance(case.arm, Threshold) else case.arm.generator
    return Setting(case.parameters, case.arm.erosion, held)


def solve_ramp(case: Case, threads: int) -> Arrays:
    """The two ways of the ramp, their distance, and the folds that a ramp without end would turn at."""
    market, ends = setting(case), (0.0, case.arm.highest)
    loop: SubsidyLoop = ramp(market, ends, case.population.places, case.arm.generations)
    clean, dirty = folds(market, ends)
    values = {
        "rising": loop.rising, "falling": loop.falling, "width": loop.width,
        "cleaned_at": loop.crossing(loop.rising, loop.level), "dirtied_at": loop.crossing(loop.falling, loop.level),
        "fold_clean": clean, "fold_dirty": dirty, "fold_width": dirty - clean,
        "left_behind": loop.rising[0] - loop.falling[0],
    }  # fmt: skip
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def ramp_outputs(case: Case) -> Mapping[str, Output]:
    """Both ways, and numbers of the loop."""
    panel = "contamination"
    return {
        "rising": Output(LINE, "subsidy rises", panel=panel),
        "falling": Output(LINE, "subsidy falls again", panel=panel),
        "width": Output((), "subsidy that cleans a dirty market less the one at which a clean one turns dirty"),
        "cleaned_at": Output((), "subsidy that cleans a dirty market, on the ramp"),
        "dirtied_at": Output((), "least subsidy at which a clean market stays clean, on the ramp"),
        "fold_clean": Output((), "subsidy where the clean equilibrium ends (0: nowhere)"),
        "fold_dirty": Output((), "subsidy where the dirty equilibrium ends"),
        "fold_width": Output((), "distance between the folds"),
        "left_behind": Output((), "decrease of contamination without subsidy that a ramp up and down leaves behind"),
    }


def draw_threshold(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Threshold of one finite market."""
    key, size = stream_key(seed, "objections/threshold"), case.arm
    random = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, replicate]))
    draws = Producers(*random.random((2, size.generations, size.producers)))
    found = threshold(setting(case), size.subsidy, draws)
    return {"threshold": np.array(found), "distance": np.array(found - unstable(setting(case), size.subsidy))}


def solve_threshold(case: Case, threads: int) -> Arrays:
    """Threshold of infinitely many producers, and where a market beyond it ends."""
    found = setting(case).equilibria(case.arm.subsidy)
    return {
        "unstable": np.array(unstable(setting(case), case.arm.subsidy)),
        "cleanest": np.array(found[0].contamination), "dirtiest": np.array(found[-1].contamination),
    }  # fmt: skip


def check_threshold(case: Case) -> None:
    """Refuse a market with one equilibrium: there is no threshold.

    Raises
    ------
    ValueError
        Naming the subsidy.
    """
    stressed_market.check(case.parameters)
    if len(setting(case).equilibria(case.arm.subsidy)) < 3:
        raise ValueError(
            f"subsidy: {case.arm.subsidy:g} given with erosion {case.arm.erosion:g}; allowed: both such that there are "
            "several equilibria, or there is no threshold"
        )


ARMS = {
    "ramp": Arm(
        Ramp, solve=solve_ramp, solved=ramp_outputs, check=lambda case: stressed_market.check(case.parameters),
        coordinates=lambda case: {"subsidy": np.linspace(0.0, case.arm.highest, case.population.places)},
    ),
    "threshold": Arm(
        Threshold, draw=draw_threshold, solve=solve_threshold, check=check_threshold,
        drawn=lambda case: {
            "threshold": Output((), "contamination beyond which a finite market does not come back"),
            "distance": Output((), "its distance from the unstable equilibrium"),
        },
        solved=lambda case: {
            "unstable": Output((), "contamination at the unstable equilibrium"),
            "cleanest": Output((), "contamination at the cleanest equilibrium"),
            "dirtiest": Output((), "contamination at the dirtiest equilibrium"),
        },
        toy={"producers": 50, "generations": 10},
    ),
}  # fmt: skip

EXPERIMENT = Experiment(
    name="contamination_hysteresis",
    title="hysteresis where detection erodes, and the threshold of no return",
    parameters=Parameters,
    arms=ARMS,
    population=Resolution,
    section="ways",
    word="way",
    predictions={"unstable": lambda case: unstable(setting(case), case.arm.subsidy)},
    toy={"population.places": 5},
)
