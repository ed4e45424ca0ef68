"""Kernels that experiments need first, which a process beside a run compiles ahead of need."""

import tomllib
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from mfsolve.paths import exists
from mfsolve.study.file.config import read_study

FILE = Path(__file__).with_suffix(".toml")
"""Made by `python -m support.first_kernels` in tests/. Where it is not up to date, first runs take longer, no more."""


LARGE = 15
"""Size of the code of a file that takes more than a second to compile."""


def compilations(study: str, large: bool | None = None) -> list[Callable[[], object]]:
    """Calls that compile the kernels of a study file's experiment, in the order in which it needs them.

    Parameters
    ----------
    study
        Path of the file. A user's own experiment has none.
    large
        Only what is needed of large files, or of small ones: the largest kernel first, but for the one that is needed
        first, which comes last. Kernels of a file share parts, which a process compiles once.
    """
    known, model = tomllib.loads(FILE.read_text(encoding="utf-8")), read_study(Path(study))["model"]
    names = known["needed"].get(model, [])
    if large is not None:
        sizes = Counter[str]()
        for name in names:
            sizes[_file(name)] += known["size"][name]
        names = [name for name in names if (sizes[_file(name)] >= LARGE) == large]
        first = names[:1]
        names.sort(key=lambda name: (name in first, -known["size"][name]))
    return [partial(_compile, name, signature) for name in names for signature in known["signatures"][name]]


def size_to_compile(experiment: str) -> int:
    """Size of the kernels, in 10 kB of their code, that an experiment needs first and the cache does not have."""
    known = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return sum(known["size"][name] for name in known["needed"].get(experiment, []) if not _is_compiled(name))


def _is_compiled(kernel: str) -> bool:
    from importlib import import_module

    from mfsolve.kernels._precompilation import PACKAGE

    module, _, function = kernel.rpartition(".")
    compiled: Any = getattr(import_module(f"{PACKAGE}.{module}"), function)
    return exists(compiled._cache._cache_file._index_path)


def _file(kernel: str) -> str:
    return kernel.rpartition(".")[0]


def _compile(name: str, signature: str) -> None:
    from mfsolve.kernels._precompilation import compile_ahead

    compile_ahead(name, signature)
