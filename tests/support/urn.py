"""A small experiment without kernels, for tests of what is done with any: every number in it can be told in the head."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from pydantic import Field

from mfsolve.experiments._user_home import Home
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Reference
from mfsolve.models.frozen import Frozen
from mfsolve.study.file import config
from mfsolve.study.file.config import Study, resolve


class Parameters(Frozen):
    """Share of red balls, the number of times, and a word."""

    share: float = Field(0.5, gt=0.0, le=1.0)
    steps: int = Field(4, ge=1, le=50)
    kind: str = "plain"
    wide: tuple[int, ...] = (1,)


class Population(Frozen):
    """Balls in the urn."""

    balls: int = Field(10, ge=1)


class Record(Frozen):
    """Whether there is a map."""

    map: bool = False


class Draws(Frozen):
    """Balls that are drawn at a time."""

    size: int = Field(2, ge=1)
    bias: float = 0.0


class Counts(Frozen):
    """Balls that are counted at a time."""

    depth: int = Field(2, ge=1)


RED = Output(("time",), "red balls", "balls", (0.0, 1e6))
LAST = Output((), "red balls in the end", "balls")
MAP = Output(("time", "colour"), "balls of each colour", "balls")
EXACT = Output((), "red balls expected", "balls")
CURVE = Output(("colour",), "colours expected", "balls")
TREND = Output(("time",), "red balls expected at each time", "balls")


def drawn(case: Case) -> dict[str, Output]:
    """Red balls along the path, in the end, and perhaps of each colour."""
    return {"red": RED, "last": LAST, **({"map": MAP} if case.record.map else {})}


def solved(case: Case) -> dict[str, Output]:
    """The number expected, that of each colour, and that at each time."""
    return {"exact": EXACT, "curve": CURVE, "trend": TREND}


def coordinates(case: Case) -> dict[str, np.ndarray]:
    """Times and colours."""
    return {"time": np.arange(case.parameters.steps + 1.0), "colour": np.array([0.0, 1.0])}


def draw(case: Case, seed: int, replicate: int, threads: int) -> dict[str, np.ndarray]:
    """As many red balls as the replicate's number and the time times their share say."""
    red = replicate + case.parameters.share * np.arange(case.parameters.steps + 1.0)
    found = {"red": red, "last": red[-1], "map": np.stack([red, -red], axis=1)}
    return {name: np.asarray(found[name]) for name in drawn(case)}


def limit(case: Case, name: str = "red") -> dict[str, np.ndarray]:
    """The share times the time."""
    return {name: case.parameters.share * np.arange(case.parameters.steps + 1.0)}


def solve(case: Case, threads: int) -> dict[str, np.ndarray]:
    """The share times the number of balls, and what is left; the share times the time."""
    expected = case.parameters.share * case.population.balls
    curve = np.array([expected, case.population.balls - expected])
    return {"exact": np.asarray(expected), "curve": curve, **limit(case, "trend")}


def check(case: Case) -> None:
    """Refuse to draw more balls than there are."""
    if getattr(case.arm, "size", 0) > case.population.balls:
        raise ValueError(f"size: {case.arm.size} given; allowed: at most balls = {case.population.balls}")


LIMIT = Reference(lambda case: ("red",), limit)
URN = Experiment(
    name="urn",
    title="an urn",
    parameters=Parameters,
    arms={
        "draws": Arm(Draws, draw, drawn, coordinates=coordinates, reference=LIMIT, check=check, toy={"size": 1}),
        "counts": Arm(Counts, solve=solve, solved=solved, coordinates=coordinates),
        "both": Arm(Draws, draw, drawn, solve, solved, coordinates),
    },
    population=Population,
    record=Record,
    section="ways",
    word="way",
    path="time",
    predictions={"expected": lambda case: case.parameters.share * case.population.balls},
    finer_downward=frozenset({"parameters.share"}),
    toy={"population.balls": 5, "parameters.kind": "small", "grid.parameters.share": [0.25, 0.5]},
)


def at_home(folder: Path) -> Experiment:
    """The urn as a user's own experiment, whose code is a file in this folder."""
    (folder / "urn_home.py").write_text("x = 1")
    return replace(URN, home=Home("urn_home", folder, (("urn_home.py", b"x = 1"),)))


def study_of(raw: Mapping[str, Any], experiment: Experiment = URN) -> Study:
    """The study that a parsed file stands for, whose model is the urn."""
    with mock.patch.object(config, "load", return_value=experiment):
        return resolve({"model": "urn", "figures": [], **raw}, "small", "small.toml")
