"""All stored numbers of a run as one labelled dataset, over arms, axes, replicates and the outputs' own dimensions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Output
from mfsolve.study.axes import axis_names, axis_values
from mfsolve.study.file.config import Study
from mfsolve.study.file.points import Point
from mfsolve.study.storage.files import read_hdf5
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    import xarray as xr


class Cell(NamedTuple):
    """An arm at a place: its position among arms and along axes, and the point that was computed there."""

    at: tuple[int, ...]
    point: Point


class Frame(NamedTuple):
    """Dimensions that all outputs share: names, sizes, and coordinates along them."""

    dims: tuple[str, ...]
    sizes: tuple[int, ...]
    coordinates: dict[str, Any]


def dataset_of(run: RunDirectory, *, held: bool = False) -> "xr.Dataset":
    """Read a finished run into memory as one dataset.

    Parameters
    ----------
    run : RunDirectory
    held : bool
        Whether the variables say where a number is stored, NaN or not, instead of what it is.

    Returns
    -------
    xarray.Dataset
        Over `arm`, every axis of the grid, `place` for the rows of a design, `replicate` for what is drawn, and the
        dimensions of each output. NaN is what an arm does not have. Where points have a dimension at different places,
        a path has all of them; another dimension counts, and its places stand in `NAME_at`.
    """
    import xarray as xr

    study = run.study
    cells = list(cells_of(study))
    outputs = {cell.point.label: study.experiment.outputs(cell.point.case) for cell in cells}
    places = {cell.point.label: study.experiment.coordinates(cell.point.case) for cell in cells}
    taken: set[str] = {"arm", "place", "replicate"}.union(*outputs.values(), *places.values())
    frame = _frame(study, taken)
    along = {dim: Along.of(dim, list(places.values()), study) for found in places.values() for dim in found}
    found: dict[str, Any] = {}
    coordinates = dict(frame.coordinates)
    for dim, axis in along.items():
        if axis.counted:
            own = [(cell.at, places[cell.point.label][dim]) for cell in cells if dim in places[cell.point.label]]
            numbers = _filled(own, (*frame.sizes, axis.size))
            found[f"{dim}_at"] = (
                (*frame.dims, dim),
                np.isfinite(numbers) if held else numbers,
                {"long_name": f"{dim} at"},
            )
        else:
            coordinates[dim] = axis.places
    with read_hdf5(run.consolidated) as file:
        for name, output in _distinct(list(outputs.values())):
            label = _label(name, output, list(outputs.values()))
            having = [cell for cell in cells if _same(outputs[cell.point.label].get(name), output)]
            data = [file[cell.point.label][name] for cell in having]
            drawn = max((stored.shape[0] for stored in data if stored.ndim > len(output.dims)), default=0)
            dims = (*frame.dims, *(("replicate",) if drawn else ()), *output.dims)
            sizes = [along[dim].size for dim in output.dims]
            values = np.full((*frame.sizes, *((drawn,) if drawn else ()), *sizes), False if held else np.nan)
            for cell, stored in zip(having, data):
                positions = [along[dim].positions(places[cell.point.label][dim]) for dim in output.dims]
                index = np.ix_(*positions) if positions else ()
                place: Any = (*cell.at, Ellipsis)  # a view also where that is one number
                values[place][(slice(None), *index) if drawn else index] = True if held else stored[()]
            found[label] = (dims, values, {"units": output.units, "long_name": output.long_name})
            if drawn:
                coordinates["replicate"] = np.arange(drawn)
    return xr.Dataset(found, coords=coordinates, attrs={"title": study.title, "model": study.experiment.name})


def cells_of(study: Study) -> Iterator[Cell]:
    """Every arm at every place; an arm that ignores an axis has the same point all along it."""
    grid = {axis: {repr(value): k for k, value in enumerate(values)} for axis, values in study.sweep.grid.items()}
    design = study.sweep.design
    rows = {} if design is None else {repr(dict(row)): k for k, row in enumerate(design.places())}
    for number, arm in enumerate(study.arms):
        for place in study.places():
            at = [positions[repr(place[axis])] for axis, positions in grid.items()]
            if design is not None:
                at.append(rows[repr({axis: place[axis] for axis in design.axes})])
            yield Cell((number, *at), study.find(arm, place))


def _frame(study: Study, taken: set[str]) -> Frame:
    names, design = axis_names(study.axes, taken), study.sweep.design
    whole: dict[str, Any] = {"arm": study.arms}
    whole |= {names[axis]: axis_values(values) for axis, values in study.sweep.grid.items()}
    dims, sizes = list(whole), [len(values) for values in whole.values()]
    if design is not None:
        rows = design.places()
        dims.append("place")
        sizes.append(len(rows))
        whole |= {names[axis]: ("place", axis_values([row[axis] for row in rows])) for axis in design.axes}
    return Frame(tuple(dims), tuple(sizes), whole)


class Along(NamedTuple):
    """Places along a dimension of the outputs; `counted` where each point has its own, equally many."""

    places: np.ndarray
    counted: bool

    @classmethod
    def of(cls, dim: str, coordinates: Sequence[Arrays], study: Study) -> "Along":
        """Places that all points share, a count of those that differ, or all that occur."""
        given = [np.asarray(found[dim]) for found in coordinates if dim in found]
        if all(np.array_equal(given[0], other) for other in given[1:]):
            return cls(given[0], False)
        if dim != study.experiment.path and len({values.size for values in given}) == 1:
            return cls(np.arange(given[0].size), True)
        return cls(np.unique(np.concatenate(given)), False)

    @property
    def size(self) -> int:
        """Number of places along it."""
        return int(self.places.size)

    def positions(self, here: np.ndarray) -> np.ndarray:
        """Positions of a point's own places."""
        same = self.counted or np.array_equal(self.places, here)
        return np.arange(self.size) if same else np.searchsorted(self.places, here)


def _filled(own: Sequence[tuple[tuple[int, ...], np.ndarray]], shape: tuple[int, ...]) -> np.ndarray:
    values = np.full(shape, np.nan)
    for at, places in own:
        values[at] = places
    return values


def _same(one: Output | None, other: Output) -> bool:
    return one is not None and one.dims == other.dims


def _distinct(everywhere: Sequence[Mapping[str, Output]]) -> list[tuple[str, Output]]:
    """Outputs by name and dimensions, in the order they first come."""
    return list(
        {(name, output.dims): (name, output) for found in everywhere for name, output in found.items()}.values()
    )


def _label(name: str, output: Output, everywhere: Sequence[Mapping[str, Output]]) -> str:
    """The output's name, with its dimensions where another point has it along others."""
    alike = all(found[name].dims == output.dims for found in everywhere if name in found)
    return name if alike else "_".join((name, *output.dims))
