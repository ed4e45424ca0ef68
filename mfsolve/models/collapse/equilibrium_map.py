"""Number of equilibria over many economies: scans, maps over two parameters, random economies (MODEL 1.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats, real, same_labels
from mfsolve.kernels.collapse import equilibria as kernels
from mfsolve.kernels.numerics.elementary import exponentials, natural_log
from mfsolve.models.arguments import instance, member, number, one_of, require, thread_count, two_axes, whole
from mfsolve.models.parallel import run_blocks
from mfsolve.models.result_repr import legible

from .equilibria import Generator
from .parameters import LEAST, MOST, Parameters

if TYPE_CHECKING:
    import xarray as xr

COLUMNS = (
    "cost_curvature", "subsidy", "verified_share", "erosion", "cost_spread", "levy", "variance_ratio", "data_value",
)  # fmt: skip
RANGES: Mapping[str, tuple[float, float]] = {
    "cost_curvature": (0.02, 2.0),
    "subsidy": (0.0, 1.0),
    "verified_share": (0.0, 1.0),
    "erosion": (0.0, 0.0),
    "cost_spread": (0.0, 0.5),
    "levy": (0.0, 0.3),
    "variance_ratio": (0.02, 0.98),
    "data_value": (0.1, 5.0),
}
"""Ranges from which random economies are drawn; erosion 0 is the base case."""
BLOCK = 1024


@legible
@dataclass(frozen=True)
class Scan:
    """Equilibria of n economies: `count` (n,), `contamination` and `slope` (n, 8), NaN beyond the count."""

    count: NDArray[np.int64]
    contamination: Floats
    slope: Floats


def economy_table(parameters: Parameters, columns: Mapping[str, ArrayLike]) -> Floats:
    """Economies as rows (n, 8) of the given columns, the others from `parameters`; subsidy, levy, erosion default to 0.

    MODEL 1.4. A subsidy of NaN stands for the closed form min(1, KL / (2 kappa)).

    Parameters
    ----------
    parameters : Parameters
        The economy.
    columns : mapping of str to array (n,)
        Values of the columns that vary, by name.

    Returns
    -------
    ndarray (n, 8)
        One economy a row, its columns in the order of `COLUMNS`.

    Raises
    ------
    ValueError
        For an unknown column, unequal lengths, or a value outside its range.
    """
    instance("parameters", parameters, Parameters)
    instance("columns", columns, Mapping)
    for name in columns:
        one_of("columns", name, COLUMNS)
    same_labels(**columns)
    given = {name: np.atleast_1d(real(name, values)) for name, values in columns.items()}
    sizes = {values.size for values in given.values()} or {1}
    require(len(sizes) == 1, "columns", f"lengths {sorted(sizes)}", "equal lengths")
    n = sizes.pop()
    defaults = {"subsidy": 0.0, "levy": 0.0, "erosion": 0.0} | {
        name: getattr(parameters, name) for name in COLUMNS if hasattr(parameters, name)
    }
    return checked(np.column_stack([given.get(name, np.full(n, defaults[name])) for name in COLUMNS]))


def checked(table: ArrayLike) -> Floats:
    """Economies as rows (n, 8), each value checked against its range; only a subsidy may be NaN."""
    table = real("table", table)
    if table.ndim != 2 or table.shape[1] != len(COLUMNS):
        raise ValueError(f"table: shape {table.shape} given; allowed: (n, {len(COLUMNS)})")
    low = np.array([LEAST, 0.0, 0.0, 0.0, 0.0, 0.0, 1e-300, 0.0])
    high = np.array([MOST, 1.0, 1.0, np.inf, MOST, np.inf, 1.0, MOST])
    bad = ~((table >= low) & (table <= high)) & ~(np.isnan(table) & (np.arange(8) == 1))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"{COLUMNS[column]}[{row}]: {table[row, column]:g} given; allowed: [{low[column]:g}, {high[column]:g}]"
        )
    return table


def scan(table: Floats, *, dimension: int = 1, generator: Generator | str = Generator.FIXED, threads: int = 1) -> Scan:
    """Equilibria of every row of `economy_table`, found as sign changes of the residual on 73 cells (MODEL 1.4).

    The premium comes from a trapezoid rule of about 50 nodes, with a relative error below 3e-6 in all allowed
    dimensions. Two roots within one cell are missed; `equilibria` certifies a single economy. The bits do not depend on
    `threads`.

    Parameters
    ----------
    table : array (n, 8)
        Economies, as `economy_table` has them.
    dimension : int
        Dimensions of the content, in [1, 1000].
    generator : {"fixed", "rest"}
        The first generator, or the one at rest.
    threads : int
        In [1, 1024].

    Returns
    -------
    Scan
        Number of equilibria (n,), their contamination and slope (n, 8).

    Raises
    ------
    ValueError
        For a dimension outside [1, 1000], or rows that `economy_table` would refuse.
    """
    whole("dimension", dimension, 1, 1000)
    thread_count(threads)
    table = checked(table)
    n, rest = len(table), member("generator", generator, Generator) is Generator.REST
    result = Scan(np.empty(n, np.int64), np.empty((n, kernels.ROOTS)), np.empty((n, kernels.ROOTS)))

    def work(index: int, start: int, stop: int) -> None:
        part = slice(start, stop)
        kernels.scan(table[part], dimension, rest, result.count[part], result.contamination[part], result.slope[part])

    run_blocks(work, n, threads, BLOCK)
    return result


def multiplicity(
    parameters: Parameters,
    first: tuple[str, ArrayLike],
    second: tuple[str, ArrayLike],
    *,
    subsidy: float = 0.0,
    levy: float = 0.0,
    erosion: float = 0.0,
    generator: Generator | str = Generator.FIXED,
    threads: int = 1,
) -> xr.Dataset:
    """Number of equilibria over two parameters, and the fold curves between regions (MODEL 1.4).

    Parameters
    ----------
    parameters
        Values of everything that does not vary.
    first, second
        Name (a parameter, `"subsidy"`, `"levy"` or `"erosion"`) and ascending values of the two axes.
    subsidy, levy, erosion
        Their values unless they are an axis; a subsidy of NaN is the closed form.
    generator, threads
        As in `scan`.

    Returns
    -------
    xarray.Dataset
        `count`, `lowest`, `highest` and `stable` (the number of stable equilibria) over (first, second); `fold` (point,
        axis): places where the count changes along `second`, located to 1e-6 of its range.

    Raises
    ------
    ValueError
        For an unknown name or a value outside its range.
    """
    import xarray as xr

    instance("parameters", parameters, Parameters)
    thread_count(threads)
    (x, y), name_x, name_y = two_axes(first, second), first[0], second[0]
    if not (isinstance(subsidy, float) and np.isnan(subsidy)):
        number("subsidy", subsidy, "[0, 1]")
    held = {
        "subsidy": subsidy,
        "levy": number("levy", levy, "[0, inf)"),
        "erosion": number("erosion", erosion, "[0, inf)"),
    }

    def search(xs: Floats, ys: Floats) -> Scan:
        others = {k: np.full(xs.size, v) for k, v in held.items() if k not in (name_x, name_y)}
        table = economy_table(parameters, {name_x: xs, name_y: ys, **others})
        return scan(table, dimension=parameters.dimension, generator=generator, threads=threads)

    grid_x, grid_y = (g.ravel() for g in np.meshgrid(x, y, indexing="ij"))
    found = search(grid_x, grid_y)
    shape, count = (x.size, y.size), found.count.reshape(x.size, y.size)
    i, j = np.nonzero(np.diff(count, axis=1))
    low, high = y[j], y[j + 1]
    for _ in range(20):
        if not i.size:
            break
        middle = 0.5 * (low + high)
        same = search(x[i], middle).count == count[i, j]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    used = np.arange(kernels.ROOTS) < np.minimum(found.count, kernels.ROOTS)[:, None]
    last = np.maximum(np.minimum(found.count, kernels.ROOTS) - 1, 0)
    axes = (name_x, name_y)
    return xr.Dataset(
        {
            "count": (axes, count),
            "lowest": (axes, found.contamination[:, 0].reshape(shape)),
            "highest": (axes, found.contamination[np.arange(last.size), last].reshape(shape)),
            "stable": (axes, (used & (found.slope < 0.0)).sum(axis=1).reshape(shape)),
            "fold": (("point", "axis"), np.column_stack([x[i], 0.5 * (low + high)])),
        },
        coords={name_x: x, name_y: y, "axis": [name_x, name_y]},
        attrs={**held, **parameters.model_dump(mode="json")},
    )


def random_points(
    samples: int,
    random: np.random.Generator,
    ranges: Mapping[str, tuple[float, float]],
    *,
    closed_form: bool = False,
    logarithmic: Collection[str] = (),
) -> Floats:
    """Random economies as rows of `economy_table`, uniform on `RANGES` with some replaced.

    `closed_form` pays the closed-form subsidy instead of a random one; the parameters named in `logarithmic` are
    uniform in their logarithm, on ranges above 0.

    Raises
    ------
    ValueError
        For an unknown name or a range outside what `economy_table` allows.
    """
    spans = dict(RANGES) | dict(ranges)
    columns = {name: random.uniform(*spans[name], size=samples) for name in (*COLUMNS, *(ranges.keys() - RANGES))}
    for name in logarithmic:
        low, high = spans[name]
        share = (columns[name] - low) / (high - low) if high > low else np.zeros(samples)
        growth = np.empty(samples)
        exponentials(share * natural_log(high / low), growth)
        columns[name] = np.clip(low * growth, low, high)
    if closed_form:
        columns["subsidy"] = np.full(samples, np.nan)
    return economy_table(Parameters(), columns)
