"""Type aliases of NumPy arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Array of float64, of any shape."""

Arrays = dict[str, NDArray[Any]]
"""Named arrays, such as the outputs of a simulation."""
