"""Representations of results that hold arrays: their type, shape and range in place of a screen of numbers."""

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

Kind = TypeVar("Kind")
SHOWN = 6
"""Elements of an array that is shown whole."""


def legible(kind: type[Kind]) -> type[Kind]:
    """Decorate a dataclass or NamedTuple: its repr shows small arrays whole, and of large ones what they are.

    Examples
    --------
    >>> from typing import NamedTuple
    >>> import numpy as np
    >>> @legible
    ... class Pay(NamedTuple):
    ...     rate: float
    ...     pay: np.ndarray
    >>> Pay(0.5, np.linspace(0.0, 2.0, 1000))
    Pay(rate=0.5, pay=<float64 (1000,) in [0, 2]>)
    """
    kind.__repr__ = _whole  # type: ignore[method-assign]
    return kind


def _whole(record: Any) -> str:
    names = [field.name for field in fields(record) if field.repr] if is_dataclass(record) else record._fields
    said = ", ".join(f"{name}={shown_array(getattr(record, name))}" for name in names)
    return f"{type(record).__name__}({said})"


def shown_array(value: object) -> str:
    """A value as the repr of a result shows it."""
    if not isinstance(value, np.ndarray):
        return repr(value.item()) if isinstance(value, np.generic) else repr(value)
    if value.size <= SHOWN:
        return np.array2string(value, separator=", ", precision=6).replace("\n", "")
    finite = value[np.isfinite(value)] if value.dtype.kind in "iuf" else value[:0]
    span = f" in [{finite.min():.6g}, {finite.max():.6g}]" if finite.size else ""
    missing = value.size - finite.size if value.dtype.kind == "f" else 0
    return f"<{value.dtype} {value.shape}{span}{f', {missing} not finite' if missing else ''}>"
