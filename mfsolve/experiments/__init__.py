"""The experiments: one file each, named as a study file names it; `load` imports it when it is first asked for."""

from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from mfsolve.experiments.experiment import Experiment, adapted

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
        near = get_close_matches(name, NAMES, n=1, cutoff=0.5)
        raise ValueError(
            f"{name!r} given: unknown; " + (f"did you mean {near[0]}?" if near else f"known: {', '.join(NAMES)}")
        )
    module = import_module(f"{__name__}.{name}")
    experiment: Experiment = module.EXPERIMENT if hasattr(module, "EXPERIMENT") else adapted(module.MODEL)
    return experiment
