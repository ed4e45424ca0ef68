"""The experiments, one file each, and those of users; `load` imports one when it is first asked for.

What a user's own model is made of can be imported from here: `Experiment`, `Arm`, `Case`, `Output`, `Reference`,
`Views`, settings (`Frozen`, `Field`), and `generator` for random numbers.
"""

from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from pydantic import Field as Field

from mfsolve.experiments._generator import generator as generator
from mfsolve.experiments.experiment import Arm as Arm
from mfsolve.experiments.experiment import Case as Case
from mfsolve.experiments.experiment import Experiment as Experiment
from mfsolve.experiments.experiment import Output as Output
from mfsolve.experiments.experiment import Reference as Reference
from mfsolve.experiments.experiment import Views as Views
from mfsolve.models.arguments import nearest
from mfsolve.models.frozen import Frozen as Frozen
from mfsolve.paths import is_file

NAMES = tuple(sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py") if path.stem != "experiment"))
GROUP = "mfsolve.experiments"
"""Entry points of installed distributions that bring experiments."""


def load(name: str, folder: Path | None = None) -> Experiment:
    """The experiment of that name.

    Parameters
    ----------
    name : str
        An experiment of the house, a user's own `MODULE:NAME`, or an entry point in the group
        `mfsolve.experiments`.
    folder : Path, optional
        Folder of the study file, where a user's module is looked for first; the working directory if not given.

    Raises
    ------
    ValueError
        For an unknown name, or a mistake in a user's own module.
    """
    if name in NAMES:
        return _of_the_house(name)
    from mfsolve.experiments._user_experiments import load_guest

    folder = Path() if folder is None else folder
    if ":" in name:
        return load_guest(name, name, folder)
    brought = guests()
    if name in brought:
        return load_guest(name, brought[name], folder)
    raise ValueError(f"{name!r} given: unknown{meant(name, folder) or nearest(name, [*NAMES, *brought])}")


def meant(name: str, folder: Path) -> str:
    """End of a message on an unknown name, where a module of that name stands in the folder; empty where none does."""
    name = name.removesuffix(".py")
    return f"; for {folder / name}.py write {name + ':EXPERIMENT'!r}" if is_file(folder / f"{name}.py") else ""


def guests() -> dict[str, str]:
    """Experiments that installed distributions bring, by name: `MODULE:NAME` of each."""
    return {point.name: point.value for point in entry_points(group=GROUP) if point.name not in NAMES}


@lru_cache
def _of_the_house(name: str) -> Experiment:
    experiment: Experiment = import_module(f"{__name__}.{name}").EXPERIMENT
    return experiment
