"""The static market of many economies at once (MODEL 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats, real, same_labels
from mfsolve.kernels.supply_shock import market
from mfsolve.models.arguments import instance, thread_count, whole
from mfsolve.models.frozen import describe_range
from mfsolve.models.parallel import run_blocks
from mfsolve.models.result_repr import legible

from .parameters import Parameters

COLUMNS = tuple(Parameters.model_fields)
CELLS = 16
"""Cells of a scan in which the least fixed point is sought; 1 of 20 000 random economies takes a higher one."""
MOST_CELLS = 1_000_000
OPTIONS = ("exit", "ai", "human")
ORDERS = (
    "exit", "exit human", "exit ai human", "exit ai", "human", "ai human", "ai", "exit human ai", "human ai",
    "exit human ai human", "human ai human", "exit ai human ai", "ai human ai", "exit human ai human ai",
    "human ai human ai",
)  # fmt: skip
"""Every order of options that two profits crossing at most three times can make, in order of skill."""


def order_code(order: str) -> int:
    """The kernel's name of an order: digits option + 1 of base 4."""
    number = 0
    for word in order.split():
        number = 4 * number + OPTIONS.index(word) + 1
    return number


CODES = np.array([order_code(order) for order in ORDERS])


@legible
@dataclass(frozen=True)
class Markets:
    """Static markets of n economies, arrays (n,): the fields of `Segments`.

    `order` indexes `ORDERS`. `welfare_slope` is d welfare / d ai_cost, `map_slope` the slope of the map from AI volume
    to AI volume at its fixed point.
    """

    lower_cutoff: Floats
    upper_cutoff: Floats
    exit_share: Floats
    ai_share: Floats
    human_share: Floats
    ai_volume: Floats
    pollution: Floats
    profits: Floats
    consumer_surplus: Floats
    welfare: Floats
    welfare_slope: Floats
    map_slope: Floats
    order: NDArray[np.int64]


def economy_rows(parameters: Parameters, columns: Mapping[str, ArrayLike] | None = None) -> Floats:
    """Economies (n, 15) as kernels see them: the given columns, broadcast together, the rest from `parameters`.

    Raises
    ------
    ValueError
        For anything else than parameters, an unknown column or a value outside its range, naming both.
    """
    instance("parameters", parameters, Parameters)
    same_labels(**(columns or {}))
    given = {name: real(name, values) for name, values in (columns or {}).items()}
    for name, values in given.items():
        if name not in COLUMNS:
            raise ValueError(f"columns: {name!r} given; allowed: {', '.join(COLUMNS)}")
        bad = ~_allowed(name, values)
        if bad.any():
            allowed = describe_range(Parameters.model_fields[name]) or "true, false"
            raise ValueError(f"{name}: {values[bad].flat[0]:g} given; allowed: {allowed}")
    try:
        shape = np.broadcast_shapes(*(values.shape for values in given.values()))
    except ValueError:
        raise ValueError(f"columns: shapes {[v.shape for v in given.values()]} given; allowed: equal shapes") from None
    table = np.empty((int(np.prod(shape)), len(COLUMNS)))
    for i, name in enumerate(COLUMNS):
        table[:, i] = np.broadcast_to(given.get(name, np.float64(getattr(parameters, name))), shape).ravel()
    return table


def _allowed(name: str, values: Floats) -> NDArray[np.bool_]:
    """Mask of the values that lie in the parameter's range."""
    good = np.isfinite(values)
    for bound in Parameters.model_fields[name].metadata:
        for test, compare in (("ge", np.greater_equal), ("gt", np.greater), ("le", np.less_equal), ("lt", np.less)):
            if getattr(bound, test, None) is not None:
                good &= compare(values, getattr(bound, test))
    return np.asarray(good if name != "ai_available" else good & ((values == 0.0) | (values == 1.0)))


def solve_markets(table: Floats, cells: int = CELLS, threads: int = 1) -> Floats:
    """Markets (n, market.RESULTS) of the economies of `economy_rows`; the bits do not depend on `threads`."""
    out = np.empty((len(table), market.RESULTS))

    def work(index: int, start: int, stop: int) -> None:
        market.markets(table[start:stop], cells, out[start:stop])

    run_blocks(work, len(table), threads)
    return out


def scan(
    parameters: Parameters, columns: Mapping[str, ArrayLike] | None = None, *, cells: int = CELLS, threads: int = 1
) -> Markets:
    """Static markets of many economies (MODEL 5.1).

    Parameters
    ----------
    parameters
        Values of everything that does not vary.
    columns
        Parameter names and their values, arrays that broadcast to one shape of n entries in all.
    cells
        Cells of the search for the least fixed point, in [1, 1000000]: two fixed points in one cell are missed.
    threads
        Threads for more than 131 072 economies, in [1, 1024]; the results do not depend on it.

    Returns
    -------
    Markets
        Arrays (n,).

    Raises
    ------
    ValueError
        For an unknown column, or a value, a number of cells or of threads outside its range.
    """
    instance("columns", columns, Mapping | None)
    table = solve_markets(
        economy_rows(parameters, columns), whole("cells", cells, 1, MOST_CELLS), thread_count(threads)
    )
    codes = table[:, market.PATTERN].astype(np.int64)
    sorter = np.argsort(CODES)
    order = sorter[np.searchsorted(CODES, codes, sorter=sorter)]
    names = [field.name for field in fields(Markets)]
    return Markets(**dict(zip(names, (*table[:, : market.PATTERN].T, order))))
