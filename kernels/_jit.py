"""The only decorators of the kernels: compiler flags in one place, and a compile cache that is never stale."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba import config
from numba.core.codegen import get_host_cpu_features

# error_model="numpy": Python's zero-division check puts a branch into every division and stops LLVM
# from vectorising. fastmath stays off: re-association would make the bits depend on the vector width.
_FLAGS = {"nogil": True, "error_model": "numpy", "fastmath": False}


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
    be written, the system's temporary folder is used.
    """
    home = os.environ.get("MFSOLVE_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "mfsolve"
    )
    for parent in (Path(home), Path(tempfile.gettempdir()) / f"mfsolve-{_owner()}"):
        folder = parent / f"kernels-{_digest()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise OSError(f"no writable folder for compiled kernels: tried {home} and {tempfile.gettempdir()}")


_CACHE = str(cache_folder())


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel on first call: serial, GIL released, cached on disk."""
    before, config.CACHE_DIR = config.CACHE_DIR, _CACHE  # read by numba only while it decorates
    try:
        return numba.njit(cache=True, **_FLAGS)(function)
    finally:
        config.CACHE_DIR = before


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper into the kernels that call it; never called from Python."""
    return numba.njit(forceinline=True, **_FLAGS)(function)
