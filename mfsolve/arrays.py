"""Type aliases of NumPy arrays, and what holds for every array that a caller gives."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
"""Array of float64, of any shape."""

Arrays = dict[str, NDArray[Any]]
"""Named arrays, such as the outputs of a simulation."""


def real(name: str, values: ArrayLike, allowed: str = "numbers", *, own: bool = False) -> Floats:
    """Return values as float64 in C order; with `own`, in memory that is not the caller's.

    Raises
    ------
    ValueError
        Naming the argument, for what is masked in places, complex, or no number.
    """
    if np.ma.is_masked(values):
        raise ValueError(f"{name}: masked in places; leave those out")
    if np.iscomplexobj(values):
        raise ValueError(f"{name}: complex numbers given; allowed: real numbers")
    try:
        given = np.asarray(values)
        if given.dtype.kind in "USTMm":
            raise TypeError
        array = np.asarray(given, dtype=np.float64, order="C")
    except (TypeError, ValueError, OverflowError):
        shown = repr(values)
        kind = shown if len(shown) <= 60 and "\n" not in shown else type(values).__name__
        raise ValueError(f"{name}: {kind} given; allowed: {allowed}") from None
    # a read-only array, as pandas lends them, would compile every kernel a second time
    return array.copy() if not array.flags.writeable or (own and np.may_share_memory(array, given)) else array


def labelled(values: Any) -> bool:
    """True for a Series, whose values stand under labels."""
    return hasattr(values, "index") and hasattr(values, "reindex") and hasattr(values, "to_numpy")


def same_labels(**given: Any) -> None:
    """Raise a ValueError where two of several vectors that belong together are Series with different labels."""
    series = [(name, values) for name, values in given.items() if labelled(values)]
    for name, values in series[1:]:
        if not values.index.equals(series[0][1].index):
            raise ValueError(
                f"{name}: labels differ from those of {series[0][0]}; allowed: the same labels in one order, or arrays"
            )


def aligned(**given: Any) -> tuple[Any, ...]:
    """Counts by label, put in one order: a label that one of several Series lacks counts 0 there.

    What is no Series is returned as it is.

    Raises
    ------
    ValueError
        Naming the argument, for a label given twice, and where Series with different labels stand beside arrays.
    """
    series = {name: values for name, values in given.items() if labelled(values)}
    if len(series) < len(given) or len(series) < 2:
        same_labels(**given)
        return tuple(given.values())
    first = next(iter(series.values()))
    if all(values.index.equals(first.index) for values in series.values()):
        return tuple(given.values())
    everything = first.index
    for name, values in series.items():
        if not values.index.is_unique:
            raise ValueError(f"{name}: a label is given twice; allowed: each label once")
        everything = everything.union(values.index, sort=False)
    return tuple(values.reindex(everything, fill_value=0) for values in series.values())
