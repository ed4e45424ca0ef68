"""Test of contamination that is logged a generation before the one that trains on it (MODEL 8.10).

The law takes the contamination of a row for that of the text which this row's model was trained on: X_t = sum_{s=1..t}
rho_s^2. A log may have it beside the model that wrote the text, which trains the next one: X'_t = sum_{s=0..t-1}
rho_s^2. Both are the line X_t with the term X_t - X'_t = rho_t^2 - rho_0^2 beside it: the one law leaves it out, the
other one has it with the slope's own size.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mfsolve.inference.collapse_paths import Paths
from mfsolve.inference.collapse_tests import term_test

CLEARLY = 0.01
"""Level at which the law as logged is rejected, and the shifted one is not, for the shift to be said."""


class Shift(NamedTuple):
    """P-values of the law as logged, and of the one with every row's contamination a generation later.

    Each is the F test against both terms together, for the least favourable autocorrelation that residuals allow.
    """

    as_logged: float
    shifted: float

    @property
    def clear(self) -> bool:
        """True where the shifted law describes the measurements, and the law as logged does not."""
        return self.as_logged < CLEARLY <= self.shifted


def shift(measured: Paths, filled: Sequence[Paths] = ()) -> Shift | None:
    """Test the law as logged and a generation later; the largest p-values over what was filled in.

    None where that cannot be told: without the contamination of a run's first row, or with too few measurements.
    """
    each = [one for paths in (measured, *filled) if (one := _of(paths)) is not None]
    return Shift(*(max(values) for values in zip(*each))) if each else None


def _of(measured: Paths) -> Shift | None:
    grid = measured.grid
    if grid is None:
        return None
    square = grid.share[grid.place] ** 2
    before = square[measured.first][measured.run]
    if np.isnan(before).any():
        return None
    apart = np.where(measured.first, 0.0, square - before)
    later = replace(measured, exposure=measured.exposure - apart)
    found = [term_test(paths, apart) for paths in (measured, later)]
    return None if np.isnan(found).any() else Shift(*found)
