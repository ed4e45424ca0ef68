"""Kernels that experiments need first, which a process beside a run compiles ahead of need."""

import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mfsolve.study.config import read_study

FILE = Path(__file__).with_suffix(".toml")
"""Made by `python -m support.first_kernels` in tests/. Where it is not up to date, first runs take longer, no more."""


def compilations(study: str) -> list[Callable[[], object]]:
    """Calls that compile the kernels of a study file's experiment, the last one that it needs first.

    Parameters
    ----------
    study
        Path of the file. A user's own experiment has none.
    """
    known, model = tomllib.loads(FILE.read_text(encoding="utf-8")), read_study(Path(study))["model"]
    return [
        partial(_compile, name, signature)
        for name in reversed(known["needed"].get(model, []))
        for signature in known["signatures"][name]
    ]


def _compile(name: str, signature: str) -> None:
    from mfsolve.kernels._ahead import compile_ahead

    compile_ahead(name, signature)
