"""Labelled datasets of the flow: one table of names, dimensions and meanings for every solver (MODEL 2)."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

    from .parameters import Parameters

NAMES: dict[str, tuple[tuple[str, ...], str]] = {
    "mean": (("time", "coordinate"), "mean of the content"),
    "variance": (("time",), "variance of the content per dimension (trace of the covariance over d)"),
    "covariance": (("time", "coordinate", "coordinate_2"), "covariance of the content"),
    "second_moment": (("time",), "mean of |x|^2"),
    "w2_drift": (("time",), "Wasserstein-2 distance to the human distribution"),
    "w2_drift_error": (("time",), "standard error of w2_drift, by random directions"),
    "kl": (("time",), "Kullback-Leibler divergence from the human distribution"),
    "free_energy": (("time",), "free energy"),
    "potential_energy": (("time",), "mean of the human potential"),
    "dissipation": (("time",), "rate at which the free energy decreases"),
    "modes": (("time",), "number of modes kept"),
    "contamination": (("time",), "synthetic share of the pool"),
    "mass": (("time",), "total mass"),
    "quantile": (("time", "probability"), "quantiles of the content"),
    "histogram": (("time", "bin"), "density of the content in each bin"),
    "cloud": (("time", "coordinate", "particle"), "positions of the particles"),
    "position": (("time", "level"), "quantile function at the levels"),
    "steps": (("time",), "time steps taken so far"),
}


def labelled(
    times: NDArray[np.float64],
    arrays: dict[str, NDArray[Any]],
    parameters: "Parameters",
    coordinates: dict[str, NDArray[Any]] | None = None,
    **attributes: Any,
) -> "xr.Dataset":
    """Dataset of a solver's arrays over `time`; the dimension `coordinate` is dropped on the line."""
    import xarray as xr

    variables = {}
    for name, values in arrays.items():
        dims, long_name = NAMES.get(name) or (("time", "x", "y")[: values.ndim], name)
        if parameters.dimension == 1 and "coordinate" in dims and name != "covariance":
            values = values.reshape([n for n, dim in zip(values.shape, dims) if dim != "coordinate"])
            dims = tuple(dim for dim in dims if dim != "coordinate")
        variables[name] = (dims, values, {"units": "1", "long_name": long_name})
    return xr.Dataset(variables, coords={"time": times, **(coordinates or {})}, attrs=attributes)
