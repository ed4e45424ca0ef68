"""Sensitivity of beta* to the economy: elasticities at a point, and maps over two parameters (MODEL 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.models.arguments import thread_count, two_axes

from .critical_weights import Search, many_thresholds
from .many_economies import COLUMNS, economy_rows
from .parameters import Parameters
from .thresholds import Thresholds, cost_range, require_pollution

if TYPE_CHECKING:
    import xarray as xr

MOVED = tuple(name for name in COLUMNS if name not in ("pollution_weight", "ai_cost", "ai_available"))
"""The parameters that beta* depends on."""
STEP = 1e-3
"""Relative change of a parameter: differences of fourth order err by 1e-12 of the curvature, and 1e-10 / STEP."""
CENTRAL = (-2.0, -1.0, 0.0, 1.0, 2.0), (1.0, -8.0, 0.0, 8.0, -1.0)
FORWARD = (0.0, 1.0, 2.0, 3.0, 4.0), (-25.0, 48.0, -36.0, 16.0, -3.0)
"""Places in steps, and weights in twelfths, of differences of fourth order."""


def elasticities(
    parameters: Parameters, cheapest: float | None = None, dearest: float | None = None, threads: int = 1
) -> Mapping[str, float]:
    """Elasticities of beta* in each of the twelve parameters it depends on: d ln beta* / d ln parameter (MODEL 5.1).

    By differences, central or, where a parameter is at the end of its range, forward; to 1e-6. A parameter that is 0 is
    changed by shares of the adoption cost k1 instead, and is left out of the sums of MODEL 5.1.6.

    Parameters
    ----------
    parameters, cheapest, dearest, threads
        As in `thresholds`; the range of costs stays where it is if the reference cost varies.

    Returns
    -------
    mapping of str to float
        In the order of the parameters; NaN where nobody adopts in the range.

    Raises
    ------
    ValueError
        As in `thresholds`.
    """
    require_pollution(parameters)
    low, high = cost_range(parameters, cheapest, dearest)
    table = np.repeat(economy_rows(parameters), 5 * len(MOVED), axis=0)
    weights = np.empty((len(MOVED), 5))
    for i, name in enumerate(MOVED):
        value = float(getattr(parameters, name))
        unit = STEP * (value or parameters.adoption_skill_cost)
        places, weights[i] = CENTRAL if _is_allowed(name, value - 2.0 * unit) else FORWARD
        table[5 * i : 5 * i + 5, COLUMNS.index(name)] = value + unit * np.array(places)
    ends = np.full((2, len(table)), [[low], [high]])
    decline = np.log(
        many_thresholds(table, ends[0], ends[1], thread_count(threads), Search(24, 8, 34), (1,))[:, 1]
    ).reshape(-1, 5)
    slope = (weights * decline).sum(axis=1) / (12.0 * STEP)
    return dict(zip(MOVED, np.round(slope, 6).tolist()))


def _is_allowed(name: str, value: float) -> bool:
    try:
        economy_rows(Parameters(), {name: value})
    except ValueError:
        return False
    return True


def threshold_map(
    parameters: Parameters,
    first: tuple[str, ArrayLike],
    second: tuple[str, ArrayLike],
    cheapest: float | None = None,
    dearest: float | None = None,
    threads: int = 1,
) -> xr.Dataset:
    """Onset and beta* over two parameters, to 1e-3 where they are decided inside the range of costs (MODEL 5.1).

    Parameters
    ----------
    parameters, cheapest, dearest, threads
        As in `thresholds`; the range of costs stays where it is if the reference cost varies.
    first, second
        Name and values of the two axes.

    Returns
    -------
    xarray.Dataset
        The numbers of `Thresholds` over (first, second), brackets left out; NaN without AI or a pollution rate.

    Raises
    ------
    ValueError
        For an unknown name, one name twice, or a value outside its range.
    """
    import xarray as xr

    x, y = two_axes(first, second)
    name_x, name_y = first[0], second[0]
    table = economy_rows(parameters, {name_x: x[:, None], name_y: y[None, :]})
    low, high = cost_range(parameters, cheapest, dearest)
    ends = np.full((2, len(table)), [[low], [high]])
    found = many_thresholds(table, ends[0], ends[1], thread_count(threads))
    names = [field.name for field in fields(Thresholds)][: found.shape[1]]
    return xr.Dataset(
        {name: ((name_x, name_y), column.reshape(x.size, y.size)) for name, column in zip(names, found.T)},
        coords={name_x: x, name_y: y},
    )
