"""The only decorators of the kernels: compiler flags in one place, and a compile cache that is never stale."""

import atexit
import contextlib
import hashlib
import os
import pickle
import shutil
import stat
import tempfile
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba import config
from numba.core.caching import IndexDataCacheFile
from numba.core.codegen import get_host_cpu_features
from numba.core.registry import CPUDispatcher

from ._compilation_marks import Underway
from ._compilers import KernelCompiler, PartCompiler

# error_model="numpy": Python's zero-division check puts a branch into every division and stops LLVM
# from vectorising. fastmath stays off: re-association would make the bits depend on the vector width.
_FLAGS = {"nogil": True, "error_model": "numpy", "fastmath": False}
_INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def _whole_registers() -> None:
    """Let loops use all of a 512-bit register, of which LLVM takes half on most CPUs that have them: faster, same bits.

    Numba fixes its target when the first function of the process is decorated, and a NUMBA_CPU_NAME or
    NUMBA_CPU_FEATURES of the user stands.
    """
    features = get_host_cpu_features()
    if config.CPU_NAME is None and config.CPU_FEATURES is None and "+avx512f" in features.split(","):
        config.CPU_FEATURES = f"{features},-prefer-256-bit"


_whole_registers()


def _digest() -> str:
    """Hash of everything that decides the machine code, apart from the CPU, which numba adds itself."""
    h = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__}".encode())
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        h.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return h.hexdigest()[:16]


def _owner() -> str:
    """This user's name for a folder in a shared one: a number, or the home folder's hash where there is none."""
    if hasattr(os, "getuid"):
        return str(os.getuid())
    return hashlib.sha256(os.path.expanduser("~").encode()).hexdigest()[:16]


def cache_folder() -> Path:
    """Folder of the compiled code of exactly these sources.

    Numba notices an edit of the file that defines a function, but not an edit of a helper in another file; a folder
    named by the hash of all sources cannot serve stale code. `MFSOLVE_CACHE_DIR` moves its parent; where that cannot
    be written, or a user has no home, this user's own part of the system's temporary folder is used. What is cached is
    run: a folder there that another user has made or can write into is left alone, and one for this process alone is
    taken.
    """
    home = _home()
    name = f"kernels-{_digest()}"
    shared = Path(tempfile.gettempdir()) / f"mfsolve-{_owner()}"
    for parent in (shared,) if home is None else (home, shared):
        folder = parent / name
        try:
            if parent == shared:
                _private(parent)
            folder.mkdir(0o700 if parent == shared else 0o777, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK) and (parent != shared or _is_private(folder)):
            return folder
    try:
        alone = Path(tempfile.mkdtemp(prefix="mfsolve-"))
    except OSError:
        tried = " and ".join(str(folder) for folder in (home, tempfile.gettempdir()) if folder is not None)
        raise OSError(f"no writable folder for compiled kernels: tried {tried}") from None
    atexit.register(shutil.rmtree, alone, ignore_errors=True)
    return alone


def _home() -> Path | None:
    """The folder that a user names for caches, or has; None where no environment and no account says where that is.

    A user without either, as in a container that is run under any number, has "~" left as it is written: taken for a
    path, that would be a folder of this name wherever the process happens to run.
    """
    if named := os.environ.get("MFSOLVE_CACHE_DIR"):
        return Path(named)
    for folder in (os.environ.get("XDG_CACHE_HOME", ""), os.path.expanduser("~/.cache")):
        if os.path.isabs(folder):
            return Path(folder) / "mfsolve"
    return None


def _private(folder: Path) -> None:
    """Make a folder for this user alone, or check that the one that stands there is.

    Raises
    ------
    OSError
        Where it is not.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not _is_private(folder):
        raise PermissionError(f"{folder}: of another user")


def _is_private(folder: Path) -> bool:
    """True for a real folder that this user owns and nobody else can write into."""
    found = folder.lstat()
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return mine and stat.S_ISDIR(found.st_mode) and (os.name == "nt" or not found.st_mode & 0o022)


_CACHE = str(cache_folder())


class _SealedCache(IndexDataCacheFile):
    """Compiled code in files that carry their hash: one that is damaged is compiled again.

    A file also says what it was compiled for: processes that compile at one time may write under one name.
    """

    compiled = 0
    """Kernels that this process has compiled so far."""

    def save(self, key: Any, data: Any) -> None:
        """Store compiled code; a full disk only means that it is compiled again."""
        _SealedCache.compiled += 1
        with contextlib.suppress(OSError):
            super().save(key, (key, data))
        self.underway().end()

    def load(self, key: Any) -> Any:
        """Compiled code, which another process may be about to store; or None, and this one is about to compile it."""
        found = self._stored(key)
        if found is None and not self.underway().begin():
            self.underway().wait()
            found = self._stored(key)
            if found is None:
                self.underway().begin()
        return found

    def underway(self) -> Underway:
        """Its compilation, by whichever process."""
        return Underway(self._index_path)

    def _stored(self, key: Any) -> Any:
        try:
            found = super().load(key)
        except OSError:
            return None
        return found[1] if found is not None and found[0] == key else None

    def _save_index(self, overloads: Any) -> None:
        with self._open_for_write(self._index_path) as file:
            file.write(self._dump((self._version, self._source_stamp, overloads)))

    def _load_index(self) -> Any:
        try:
            version, stamp, overloads = self._unsealed(self._index_path)
        except OSError:
            return {}
        return overloads if (version, stamp) == (self._version, self._source_stamp) else {}

    def _load_data(self, name: str) -> Any:
        return self._unsealed(self._data_path(name))

    def _dump(self, thing: Any) -> bytes:
        data = super()._dump(thing)
        return hashlib.sha256(data).digest() + data

    def _unsealed(self, path: str) -> Any:
        data = Path(path).read_bytes()
        if hashlib.sha256(data[32:]).digest() != data[:32]:
            raise OSError(f"{path}: damaged")
        return pickle.loads(data[32:])


def compiled_kernels() -> int:
    """Number of kernels that this process has compiled so far: threads wait while one of them is."""
    return _SealedCache.compiled


class _Inner(CPUDispatcher):
    """A function that only compiled code calls: no way in from Python, into which half of its compile time would go.

    Called from Python nevertheless, as tests do, it gets one.
    """

    def __call__(self, *arguments: Any) -> Any:
        return _entrance(self.py_func)(*arguments)


class _Kernel(CPUDispatcher):
    """A function that Python calls. Within other kernels it is a part of them, unless it happens to be compiled."""

    @cached_property
    def _as_part(self) -> Any:
        return _part(self.py_func)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Find the types of a call from compiled code."""
        folded = tuple(self.fold_argument_types(args, kws)[1])
        if folded in self.overloads:
            return super().get_call_template(args, kws)
        return self._as_part.get_call_template(args, kws)

    def get_overload(self, types: Any) -> Any:
        """Machine code that compiled code calls."""
        return super().get_overload(types) if types in self.overloads else self._as_part.get_overload(types)


@cache
def _entrance(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, compiled once more so that Python can call it."""
    return kernel(function)


def _cached(function: Callable[..., Any], **options: bool) -> Any:
    """Compile a function on first call, and keep it in sealed files of the folder of these sources."""
    before, config.CACHE_DIR = config.CACHE_DIR, _CACHE  # read by numba only while it decorates
    try:
        compiled = numba.njit(cache=True, pipeline_class=KernelCompiler, **_FLAGS, **options)(function)
    finally:
        config.CACHE_DIR = before
    compiled.__class__ = _Kernel
    cache = compiled._cache
    plain = cache._cache_file
    cache._cache_file = _SealedCache(plain._cache_path, plain._index_name.removesuffix(".nbi"), plain._source_stamp)
    return compiled


def _part(function: Callable[..., Any], **options: bool) -> Any:
    compiled = numba.njit(pipeline_class=PartCompiler, **_INNER, **_FLAGS, **options)(function)
    compiled.__class__ = _Inner
    return compiled


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel on first call: serial, GIL released, cached on disk."""
    return _cached(function, no_cfunc_wrapper=True)


def inner(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of its own into the kernels that call it; not called from Python."""
    return _part(function)


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper into the kernels that call it; not called from Python."""
    return _part(function, forceinline=True)
