"""A study whose replicates cost nothing, so that it can be run thousands of times: a model of a user's own."""

from pathlib import Path

MODEL = '''"""A walk, and its spread."""

import numpy as np

from mfsolve.experiments import Arm, Experiment, Frozen, Output, generator


def drawn(case):
    """Outputs of a replicate."""
    return {"walk": Output(("step",), "place"), "end": Output((), "last place")}


def draw(case, seed, replicate, threads):
    """Four steps."""
    walk = np.cumsum(generator(seed, replicate).standard_normal(4))
    return {"walk": walk, "end": walk[-1:].reshape(())}


def solved(case):
    """What holds nothing random."""
    return {"spread": Output(("step",), "standard deviation")}


def solve(case, threads):
    """It grows with the root of time."""
    return {"spread": np.sqrt(np.arange(1.0, 5.0))}


def steps(case):
    """Values along every dimension."""
    return {"step": np.arange(1, 5)}


EXPERIMENT = Experiment(
    name="walks",
    title="walks",
    parameters=Frozen,
    population=Frozen,
    arms={
        "drawn": Arm(Frozen, draw, drawn, coordinates=steps),
        "solved": Arm(Frozen, solve=solve, solved=solved, coordinates=steps),
    },
    section="ways",
    word="way",
    path="step",
)
'''

STUDY = """
title = "torture"
model = "walks:EXPERIMENT"
figures = []

[ways.drawn]
[ways.solved]

[ensemble]
replicates = 64
seed = 7

[[estimates]]
name = "end"
way = "drawn"
quantity = "end"
"""


def write(folder: Path) -> Path:
    """Write the study and its model into a folder; the path of the study."""
    (folder / "walks.py").write_text(MODEL)
    study = folder / "small.toml"
    study.write_text(STUDY)
    return study
