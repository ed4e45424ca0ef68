"""Arrays that a user's own model returns: real numbers of the declared names and shapes, and nobody else's memory."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Case, Output
from mfsolve.models.frozen import InputError

REAL = "biuf"
"""Kinds of NumPy's types that are real numbers: truth values, integers, floats."""


class GuestError(InputError):
    """A mistake in a user's own model; the message is one line that names the file and, if there is one, the line."""


def as_arrays(found: Any, where: str) -> Arrays:
    """Named arrays of float64, copied: a model may go on to use the memory that it returned.

    Raises
    ------
    GuestError
        For anything that is not a dict of arrays of real numbers, all of them present.
    """
    if not isinstance(found, Mapping):
        raise GuestError(f"{where} returned {type(found).__name__}; a dict of arrays is needed")
    return {name: _real(values, f"{where}: {name!r}") for name, values in found.items()}


def _real(values: Any, what: str) -> Floats:
    if _masked(values):
        raise GuestError(f"{what} has masked values; give them a number, NaN where there is none")
    try:
        found = np.asarray(values)
    except (TypeError, ValueError):
        raise GuestError(f"{what} is no array of numbers") from None
    if found.dtype.kind not in REAL:
        raise GuestError(f"{what} is of type {found.dtype}; real numbers are needed")
    return np.array(found, dtype=np.float64, order="C")


def _masked(values: Any) -> bool:
    """True where a value is masked, in lists within lists, too."""
    if isinstance(values, list | tuple):
        return any(_masked(item) for item in values if not isinstance(item, float | int))
    return bool(np.ma.is_masked(values))


def outputs_of(function: Callable[[Case], Any], coordinates: Callable[[Case], Arrays], where: str) -> Any:
    """The function of declared outputs, whose dimensions all have coordinates."""

    def call(case: Case) -> dict[str, Output]:
        outputs = dict(function(case))
        places = coordinates(case) if outputs else {}
        for name, output in outputs.items():
            if not isinstance(output, Output):
                raise GuestError(f"{where}: {name!r} is a {type(output).__name__}; an Output is needed")
            for dim in output.dims:
                if dim not in places:
                    raise GuestError(f"{where}: {name!r} has the dimension {dim!r}, which coordinates does not give")
        return outputs

    return call


def declared(function: Any, declaration: tuple[Any, Any], where: str, many: bool = False) -> Any:
    """The function, whose arrays have the names and shapes that the arm declares.

    One that draws `many` replicates, a range that is its third argument, has them along a first axis.
    """
    if function is None:
        return None

    @wraps(function)
    def call(case: Case, *arguments: Any) -> Arrays:
        arrays = as_arrays(function(case, *arguments), where)
        outputs, places = (part(case) for part in declaration)
        for name in [*(n for n in outputs if n not in arrays), *(n for n in arrays if n not in outputs)]:
            there = "is declared and not returned" if name in outputs else "is returned and not declared"
            raise GuestError(f"{where}: {name!r} {there}")
        first = (len(arguments[1]),) if many else ()
        for name, output in outputs.items():
            shape = (*first, *(int(np.size(places[dim])) for dim in output.dims))
            if arrays[name].shape != shape:
                dims = ", ".join([*(("replicates",) if many else ()), *output.dims])
                raise GuestError(f"{where}: {name!r} has shape {arrays[name].shape}; declared: ({dims}) = {shape}")
        return arrays

    return call
