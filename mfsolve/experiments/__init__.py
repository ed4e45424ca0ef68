"""The experiments: one file each, named as a study file names it; `load` imports it when it is first asked for."""

from functools import lru_cache
from importlib import import_module
from pathlib import Path

from mfsolve.experiments.experiment import Experiment
from mfsolve.models.arguments import nearest

NAMES = tuple(sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py") if path.stem != "experiment"))


@lru_cache
def load(name: str) -> Experiment:
    """The experiment of that name.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    if name not in NAMES:
        raise ValueError(f"{name!r} given: unknown{nearest(name, NAMES)}")
    experiment: Experiment = import_module(f"{__name__}.{name}").EXPERIMENT
    return experiment
