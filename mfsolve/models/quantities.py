"""Named quantities of a model, and the labelled dataset that its public functions return."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfsolve.arrays import Arrays

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Quantity:
    """A named result: its dimensions, unit and meaning."""

    dims: tuple[str, ...]
    long_name: str
    units: str = "1"


def dataset(quantities: Mapping[str, Quantity], coordinates: Arrays, arrays: Arrays, **attributes: Any) -> "xr.Dataset":
    """Arrays labelled with their dimensions, coordinates, units and long names."""
    import xarray as xr

    return xr.Dataset(
        {
            name: (
                quantities[name].dims,
                values,
                {"units": quantities[name].units, "long_name": quantities[name].long_name},
            )
            for name, values in arrays.items()
        },
        coords=coordinates,
        attrs=attributes,
    )
