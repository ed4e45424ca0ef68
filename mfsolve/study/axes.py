"""Names and values of a grid's axes, as coordinates of stored data carry them."""

import json
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def axis_names(axes: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """Short names of axes, `firms` of `population.firms`; with the section's name where two things would share one."""
    axes = list(axes)
    last = [axis.rpartition(".")[2] for axis in axes]
    return {
        axis: name if last.count(name) == 1 and name not in taken else axis.replace(".", "_")
        for axis, name in zip(axes, last)
    }


def axis_values(values: Iterable[Any]) -> NDArray[Any]:
    """Values of an axis (n,) as numbers or text; what is neither, such as a list, as its JSON."""
    plain = [value if isinstance(value, int | float | str) else json.dumps(value) for value in values]
    return np.array([str(value) for value in plain] if any(isinstance(value, str) for value in plain) else plain)


def are_names(values: Iterable[Any]) -> bool:
    """True for values of an axis between which there is nothing: words, truth values, lists."""
    return any(isinstance(value, bool) or not isinstance(value, int | float) for value in values)
