"""Small real data sets that installed packages carry: nothing is downloaded."""

from collections.abc import Callable, Mapping

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


SHIPPED: Mapping[str, Callable[[], tuple[tuple[str, ...], Floats]]] = {"co2": _co2}
"""Names of the columns and rows (n, d) of each."""
