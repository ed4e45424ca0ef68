"""The maker of replicates: the code of an experiment and the libraries that decide its bits."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from mfsolve.study.fingerprint import fingerprint

LIBRARIES = ("numba", "numpy", "scipy")


def code_of(experiment: str) -> str:
    """Hash of the code that an experiment runs: results of different code are never mixed in one run directory."""
    return fingerprint(f"mfsolve.experiments.{experiment}")


@cache
def maker(experiment: str) -> dict[str, str]:
    """The code of an experiment and the libraries as this process has loaded them."""
    import numba
    import numpy
    import scipy

    loaded = {module.__name__: str(module.__version__) for module in (numba, numpy, scipy)}
    return {"code": code_of(experiment), **loaded}


def recorded(made_by: Mapping[str, Any]) -> dict[str, str]:
    """The maker that a run's own record names."""
    versions = json.loads(made_by["versions"])
    return {"code": str(made_by["code"]), **{name: str(versions[name]) for name in LIBRARIES}}


def differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> str | None:
    """A clause that names what differs between two makers; None where nothing does."""
    other = [
        f"{name} {found.get(name, 'unknown')}, not {value}"
        for name, value in wanted.items()
        if found.get(name) != value
    ]
    return f"has {'; '.join(other)}: results of different code or libraries are not mixed" if other else None
