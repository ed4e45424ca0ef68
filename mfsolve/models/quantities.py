"""Named quantities of a model, and the labelled dataset that its public functions return."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfsolve.arrays import Arrays

if TYPE_CHECKING:
    import xarray as xr


UNIT = (0.0, 1.0)
"""Support of shares, and of what holds or does not."""

SIGNED = (-1.0, 1.0)
"""Support of correlations, and of differences between shares."""

CONTAMINATION = re.compile(r"^(?:synthetic share of|contamination\b(?! above| beyond))")

YES = re.compile(r"^(?:whether|1 if|1 where) (?=.)")
"""What the meaning of a quantity begins with that is 1 where something is so, and else 0."""


def support_of(long_name: str) -> tuple[float, float] | None:
    """Support of a quantity that by its name is a share of producers or creators, or whether something is so."""
    share = long_name.startswith(("share of producers", "share of creators", "share of active"))
    return UNIT if share or YES.match(long_name) else None


def reach_of(long_name: str) -> tuple[float, float] | None:
    """Values that a quantity can have by its name, such as a contamination; intervals do not rest on them."""
    return UNIT if support_of(long_name) or CONTAMINATION.match(long_name) else None


@dataclass(frozen=True)
class Quantity:
    """A named result: its dimensions, unit and meaning, and the least and greatest value it can have, where known."""

    dims: tuple[str, ...]
    long_name: str
    units: str = "1"
    support: tuple[float, float] | None = None


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
