"""Cases of experiments, their outputs in a replicate, and small study files on the command line."""

from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from mfsolve.arrays import Arrays
from mfsolve.cli import main
from mfsolve.experiments import load
from mfsolve.experiments.experiment import Case

SEED = 11


def case(name: str, rule: str, parameters: Any = (), population: Any = (), record: Any = (), **settings: Any) -> Case:
    """A case of an experiment, with the settings of the arm `rule`; it has passed the arm's check."""
    experiment = load(name)
    arm = experiment.arms[rule]
    here = Case(
        experiment.parameters(**dict(parameters)), arm.settings(**settings), experiment.population(**dict(population)),
        experiment.record(**dict(record)), rule,
    )  # fmt: skip
    arm.check(here)
    return here


def outputs(name: str, here: Case, replicate: int = 0, threads: int = 1) -> Arrays:
    """Everything that a case draws in a replicate and solves, of the names and shapes that it states."""
    experiment = load(name)
    arm, coordinates = experiment.arm(here), experiment.coordinates(here)
    drawn = arm.draw(here, SEED, replicate, threads) if arm.draw is not None else {}
    solved = arm.solve(here, threads) if arm.solve is not None else {}
    assert set(drawn) == set(arm.drawn(here))
    assert set(solved) == set(arm.solved(here))
    found = drawn | solved
    for key, output in experiment.outputs(here).items():
        assert np.shape(found[key]) == tuple(coordinates[dim].size for dim in output.dims), key
    return found


def run_study(folder: Path, raw: dict[str, Any], *changes: str) -> int:
    """Exit code of `mfsolve run` on a study file, with some settings changed."""
    path = folder / "mine.toml"
    path.write_text(tomli_w.dumps({"figures": [], "ensemble": {"replicates": 4}, **raw}))
    settings = [word for change in changes for word in ("--set", change)]
    return main(["run", str(path), "--out", str(folder / "out"), "--workers", "2", *settings])
