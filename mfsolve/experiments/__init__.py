"""The experiments: one file each, named as a study file names it; `load` imports it when it is first asked for."""

from importlib import import_module
from pathlib import Path

from mfsolve.experiments.experiment import Model

MODULES = tuple(sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py") if path.stem != "experiment"))


def load(name: str) -> Model:
    """The experiment of that name.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    if name not in MODULES:
        raise ValueError(f"{name!r} given; allowed: {', '.join(MODULES)}")
    model: Model = import_module(f"{__name__}.{name}").MODEL
    return model
