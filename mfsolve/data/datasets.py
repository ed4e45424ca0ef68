"""Small real data sets that installed packages carry: nothing is downloaded."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats


def _co2() -> tuple[tuple[str, ...], Floats]:
    """Carbon dioxide in the air of Mauna Loa, weekly, 1958-2001 (Keeling & Whorf 2004; public domain; statsmodels).

    A row is a week: change of the concentration over the past 13 weeks (the season, two modes) and over the past 52
    weeks (the trend), in ppm; weeks without all three measurements are left out.
    """
    from statsmodels.datasets import co2

    level = co2.load_pandas().data["co2"].to_numpy(dtype=np.float64)
    rows = np.column_stack([level[52:] - level[39:-13], level[52:] - level[:-52]])
    return ("season", "trend"), np.round(rows[np.isfinite(rows).all(axis=1)], 1)


def _elnino() -> tuple[tuple[str, ...], Floats]:
    """Sea surface off Peru and Ecuador (Nino 1+2), monthly, 1950-2010 (NOAA; public domain; statsmodels).

    A row is a month: its temperature less the mean of its calendar month, and the changes of that since 1, 3, 6 and 12
    months before, in degrees Celsius.
    """
    from statsmodels.datasets import elnino

    months = elnino.load_pandas().data.iloc[:, 1:].to_numpy(dtype=np.float64)
    anomaly = (months - months.mean(axis=0)).ravel()
    changes = [anomaly[12:] - anomaly[12 - lag : anomaly.size - lag] for lag in (1, 3, 6, 12)]
    names = ("anomaly", "change_1", "change_3", "change_6", "change_12")
    return names, np.round(np.column_stack([anomaly[12:], *changes]), 2)


SHIPPED: Mapping[str, Callable[[], tuple[tuple[str, ...], Floats]]] = {"co2": _co2, "elnino": _elnino}
"""Names of the columns and rows (n, d) of each."""


class Description(NamedTuple):
    """Description of a data set in words, and the decimals of its figures."""

    words: str
    decimals: int


ABOUT = {
    "co2": Description("carbon dioxide at Mauna Loa, weekly, 1958-2001 (public domain): season and trend in ppm", 1),
    "elnino": Description(
        "sea surface off Peru, monthly, 1950-2010 (NOAA, public domain): anomaly and its changes, degrees C", 2
    ),
}
