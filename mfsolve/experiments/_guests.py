"""Experiments of a user's own: a module beside the study file, or one that Python finds, loaded by what it holds."""

import ast
import hashlib
import importlib
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from threading import RLock
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from mfsolve.experiments._guarded import GuestError, blame, examined, guarded, own_files
from mfsolve.experiments.experiment import Experiment
from mfsolve.paths import below, entries, exists, is_dir, is_file, make_dir

INSTALLED = ("site-packages", "dist-packages")
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))


class Home(NamedTuple):
    """Origin of a user's own experiment.

    `module` is the module's full name and `folder` holds its first part. `files` are its source and that of the
    modules beside it that it imports, directly or not, by their path in the folder, as they were read. `installed`:
    the module belongs to an installed distribution, which every worker has to have.
    """

    module: str
    folder: Path
    files: tuple[tuple[str, bytes], ...]
    installed: bool = False

    @property
    def digest(self) -> str:
        """Hash of the source files, 16 hexadecimal digits."""
        digest = hashlib.sha256(self.module.encode())
        for name, source in self.files:
            digest.update(f"\0{name}\0{len(source)}\0".encode() + source)
        return digest.hexdigest()[:16]

    @property
    def root(self) -> Path:
        """The file of the module, or the folder of the package that holds it."""
        place = self.folder / self.module.partition(".")[0]
        return place if is_dir(place) and not is_file(place.with_suffix(".py")) else place.with_suffix(".py")

    @property
    def tops(self) -> frozenset[str]:
        """Names of the modules and packages that stand in the folder and take part."""
        return frozenset(Path(name).parts[0].removesuffix(".py") for name, _ in self.files)


class Loaded(NamedTuple):
    """An experiment as it was loaded, with its modules as Python knows them."""

    experiment: Experiment
    home: Home
    modules: dict[str, ModuleType]


_LOCK = RLock()
_LOADED: dict[tuple[str, str], Loaded] = {}
"""By name of the model and digest: equal sources are loaded once, wherever they stand."""


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
    if not all(part.isidentifier() for part in (*module.split("."), attribute)):
        raise ValueError(f"{spec!r} given: MODULE:NAME is needed, such as 'mymarket:EXPERIMENT'")
    with _LOCK:
        home = find_home(module, folder)
        known = _LOADED.get((name, home.digest))
        if known is None:
            experiment, modules = _import(home, attribute)
            experiment = replace(guarded(examined(experiment, home, attribute), home), name=name, home=home)
            known = _LOADED[name, home.digest] = Loaded(experiment, home, modules)
        _activate(known.home, known.modules)
    return known.experiment


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
    if _places(folder, top):
        _refuse_taken(top, folder)
        return Home(module, folder, _closure(folder, top))
    found = _elsewhere(top)
    places = list(found.submodule_search_locations or ()) if found is not None else []
    origin = places[0] if places else found.origin if found is not None else None
    if origin is None or not exists(Path(origin)):
        raise ValueError(f"{module!r} given: there is no {top}.py in {folder}, and Python finds no module of that name")
    there = Path(origin).parent
    if there.name in INSTALLED or there == STANDARD_LIBRARY:
        return Home(module, there, _sources(there, top), installed=True)
    return Home(module, there, _closure(there, top))


def _elsewhere(top: str) -> ModuleSpec | None:
    """The module that Python finds under a name, those of other studies' folders aside."""
    finders = [finder for finder in sys.meta_path if not isinstance(finder, _Beside)]
    found = (finder.find_spec(top, None) for finder in finders)
    return next((spec for spec in found if spec is not None), None)


def _refuse_taken(top: str, folder: Path) -> None:
    """A file that has the name of another module would be found in its place by all others, or not at all."""
    known = sys.modules.get(top)
    origin = getattr(known, "__file__", None)
    here = origin is not None and any(Path(origin).resolve().is_relative_to(p) for p in _places(folder, top))
    ours = any(known is loaded.modules.get(top) for loaded in _LOADED.values())
    if top in sys.stdlib_module_names or (known is not None and origin is not None and not here and not ours):
        raise ValueError(
            f"{top!r} given: another module has that name ({origin or 'of Python itself'}); rename the file"
        )


def _places(folder: Path, top: str) -> list[Path]:
    """The file or package of that name in a folder; a file comes first."""
    file, package = folder / f"{top}.py", folder / top
    if is_file(file):
        return [file]
    return [package] if is_dir(package) and bool(entries(package, "*.py")) else []


def _sources(folder: Path, top: str) -> tuple[tuple[str, bytes], ...]:
    """Source files of a module or package."""
    files = (f for place in _places(folder, top) for f in ([place] if is_file(place) else below(place, "*.py")))
    return tuple((file.relative_to(folder).as_posix(), file.read_bytes()) for file in files)


def _closure(folder: Path, top: str) -> tuple[tuple[str, bytes], ...]:
    """Source files of a module, and of all beside it that they import, directly or not."""
    found: dict[str, tuple[tuple[str, bytes], ...]] = {}
    pending = [top]
    while pending:
        name = pending.pop()
        if name not in found:
            found[name] = _sources(folder, name)
            for file, source in found[name]:
                pending += (other for other in _imported(folder / file, source) if _places(folder, other))
    return tuple(sorted(file for files in found.values() for file in files))


@lru_cache(1000)
def _imported(file: Path, source: bytes) -> frozenset[str]:
    """First parts of the names that a file imports."""
    try:
        tree = ast.parse(source, str(file))
    except (SyntaxError, ValueError) as error:
        raise GuestError(blame(error, [file])) from None
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    return frozenset(names)


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
    except Exception as error:
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


def keep(experiment: Experiment, folder: Path, write: Callable[[Path, bytes], None]) -> None:
    """Write the sources of a user's own experiment into a run directory: whoever sees that can go on with the run."""
    home = experiment.home
    if home is None or home.installed:
        return
    for name, source in (*home.files, *_books(home)):
        copy = folder / name
        if not is_file(copy) or copy.read_bytes() != source:
            make_dir(copy.parent)
            write(copy, source)


def _books(home: Home) -> Iterator[tuple[str, bytes]]:
    """Texts beside the module that hold its equations: no part of what decides its numbers."""
    *packages, stem = home.module.split(".")
    for name in (f"{stem}.md", "MODEL.md"):
        place = Path(*packages, name)
        if is_file(home.folder / place):
            yield place.as_posix(), (home.folder / place).read_bytes()
