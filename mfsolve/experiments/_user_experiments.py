"""A user's own experiments: a module beside the study file, or one that Python finds, loaded by what it holds."""

import importlib
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from threading import RLock
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from mfsolve.experiments._undeclared_files import note, noting
from mfsolve.experiments._user_checks import GuestError, blame, examined, guarded, own_files
from mfsolve.experiments._user_home import Home
from mfsolve.experiments._user_sources import closure, places, sources_of, with_data
from mfsolve.experiments.experiment import Experiment
from mfsolve.paths import exists, is_dir, is_file

INSTALLED = ("site-packages", "dist-packages")
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))


class Loaded(NamedTuple):
    """An experiment as it was loaded, with its modules as Python knows them."""

    experiment: Experiment
    home: Home
    modules: dict[str, ModuleType]


_LOCK = RLock()
_LOADED: dict[tuple[str, ...], Loaded] = {}
"""By name of the model and digest: equal sources are loaded once, wherever they stand, but for those that read data."""
_DECLARED: dict[tuple[str, str], tuple[str, ...]] = {}
"""Data files of models that were loaded, by name and digest of the sources alone."""


def load_guest(name: str, spec: str, folder: Path) -> Experiment:
    """The experiment `MODULE:NAME`, as a study file in the folder names it.

    Parameters
    ----------
    name : str
        What the study file calls it: `spec` itself, or the name of an entry point.
    spec : str
        Module and attribute, such as `"mymarket:EXPERIMENT"`.
    folder : Path
        Folder of the study file, where the module is looked for first.

    Raises
    ------
    ValueError
        Where there is no such module, or no experiment in it.
    GuestError
        For a mistake in the module: file, line and what is wrong.
    """
    module, _, attribute = spec.partition(":")
    if module.endswith(".py"):
        raise ValueError(f"{spec!r} given: a module goes by its name: write {f'{Path(module).stem}:{attribute}'!r}")
    if not all(part.isidentifier() for part in (*module.split("."), attribute)):
        raise ValueError(f"{spec!r} given: MODULE:NAME is needed, such as 'mymarket:EXPERIMENT'")
    with _LOCK:
        sources = find_home(module, folder)
        home = with_data(sources, _DECLARED.get((name, sources.digest), ()))
        known = _LOADED.get(_key(name, home))
        if known is None:
            try:
                (experiment, modules), seen = noting(_import, sources, attribute)
                experiment = examined(experiment, sources, attribute)
                home = with_data(sources, experiment.files)
            except GuestError:
                _withdraw(sources)
                raise
            experiment = replace(guarded(experiment, home), name=name, home=home)
            known = _LOADED[_key(name, home)] = Loaded(experiment, home, modules)
            _DECLARED[name, sources.digest] = tuple(experiment.files)
            note(home, seen)
        _activate(known.home, known.modules)
    return known.experiment


def _key(name: str, home: Home) -> tuple[str, ...]:
    """Loaded modules read the data beside them, in their own folder."""
    return (name, home.digest, str(home.folder)) if home.data else (name, home.digest)


def find_home(module: str, folder: Path) -> Home:
    """The sources of a module that stands in the folder, or anywhere that Python looks.

    Raises
    ------
    ValueError
        Where there is none.
    GuestError
        Where a file is not Python.
    """
    top = module.partition(".")[0]
    folder = folder.resolve()
    if places(folder, top):
        _refuse_taken(top, folder)
        return Home(module, folder, closure(folder, top))
    found = _elsewhere(top)
    packages = list(found.submodule_search_locations or ()) if found is not None else []
    origin = packages[0] if packages else found.origin if found is not None else None
    if origin is None or not exists(Path(origin)):
        raise ValueError(f"{module!r} given: there is no {top}.py in {folder}, and Python finds no module of that name")
    there = Path(origin).parent
    if there.name in INSTALLED or there == STANDARD_LIBRARY:
        return Home(module, there, sources_of(there, top), installed=True)
    return Home(module, there, closure(there, top))


def _elsewhere(top: str) -> ModuleSpec | None:
    """The module that Python finds under a name, those of other studies' folders aside."""
    finders = [finder for finder in sys.meta_path if not isinstance(finder, _Beside)]
    found = (finder.find_spec(top, None) for finder in finders)
    return next((spec for spec in found if spec is not None), None)


def _refuse_taken(top: str, folder: Path) -> None:
    """A file that has the name of another module would be found in its place by all others, or not at all."""
    known = sys.modules.get(top)
    origin = getattr(known, "__file__", None)
    here = origin is not None and any(Path(origin).resolve().is_relative_to(p) for p in places(folder, top))
    ours = any(known is loaded.modules.get(top) for loaded in _LOADED.values())
    if top in sys.stdlib_module_names or (known is not None and origin is not None and not here and not ours):
        raise ValueError(
            f"{top!r} given: another module has that name ({origin or 'of Python itself'}); rename the file"
        )


class _Read(SourceFileLoader):
    """A loader that compiles what the file holds: a compiled file beside it may be older by less than a second."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the source as it is now."""
        return compile(self.get_data(self.path), self.path, "exec", dont_inherit=True)


class _Beside(MetaPathFinder):
    """Finds the modules of one home, and no others: no file of a user's stands in the way of a library."""

    def __init__(self, home: Home, modules: dict[str, ModuleType]) -> None:
        self.home, self.modules = home, modules

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Place of a module of this home."""
        if fullname.partition(".")[0] not in self.home.tops:
            return None
        place = self.home.folder.joinpath(*fullname.split("."))
        for file, inside in ((place.with_suffix(".py"), None), (place / "__init__.py", [str(place)])):
            if is_file(file):
                loader = _Read(fullname, str(file))
                return spec_from_file_location(fullname, file, loader=loader, submodule_search_locations=inside)
        if not is_dir(place):
            return None
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [str(place)]
        return spec


def _activate(home: Home, modules: dict[str, ModuleType]) -> None:
    """Let Python find this experiment's modules under their names: late imports of theirs, and pickled settings."""
    before = next((finder for finder in sys.meta_path if isinstance(finder, _Beside)), None)
    if home.installed or (before is not None and before.modules is modules):
        return
    if before is not None:
        sys.meta_path.remove(before)
        before.modules.update(_modules_of(before.home))
    for name in _modules_of(home):
        del sys.modules[name]
    sys.meta_path.insert(0, _Beside(home, modules))
    sys.modules.update(modules)


def _withdraw(home: Home) -> None:
    """Take modules that cannot be used away again: another folder may have better ones of their names."""
    if home.installed:
        return
    sys.meta_path[:] = [f for f in sys.meta_path if not (isinstance(f, _Beside) and f.home == home)]
    for name in _modules_of(home):
        del sys.modules[name]


def _modules_of(home: Home) -> dict[str, ModuleType]:
    """Modules under the names of a home, as Python has them now."""
    return {name: found for name, found in sys.modules.items() if name.partition(".")[0] in home.tops}


def _import(home: Home, attribute: str) -> tuple[Any, dict[str, ModuleType]]:
    """Import the module anew; what it holds under the attribute, and the modules that came with it."""
    modules: dict[str, ModuleType] = {}
    _activate(home, modules)
    try:
        with _compiled_apart(home):
            module = importlib.import_module(home.module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a model that asks for an exit is a mistake like any other
        raise GuestError(blame(error, own_files(home))) from error
    modules.update(_modules_of(home))
    if not hasattr(module, attribute):
        held = ", ".join(name for name, value in vars(module).items() if isinstance(value, Experiment)) or "none"
        raise GuestError(f"{module.__file__}: has no {attribute}; experiments in it: {held}")
    return getattr(module, attribute), modules


@contextmanager
def _compiled_apart(home: Home) -> Iterator[None]:
    """Keep the machine code of a user's `njit(cache=True)` by the sources: numba notices the edit of one file only."""
    if not any(b"numba" in source for _, source in home.files):
        yield
        return
    config: Any = importlib.import_module("numba").config
    from mfsolve.kernels._jit import cache_folder

    before, config.CACHE_DIR = config.CACHE_DIR, str(cache_folder().parent / f"own-{home.digest}")
    try:
        yield
    finally:
        config.CACHE_DIR = before
