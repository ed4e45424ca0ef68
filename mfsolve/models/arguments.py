"""Checks of arguments at the border of the public functions: one line that names argument, value and range."""

import numpy as np


def seed_word(name: str, value: int, bits: int) -> np.uint64:
    """Check that an integer fits the counter or key it is meant for."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value < 2**bits:
        raise ValueError(f"{name}: {value!r} given; allowed: whole numbers in [0, 2^{bits} - 1]")
    return np.uint64(value)
