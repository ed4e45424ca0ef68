"""Random draws of a replicate of the market: keys by purpose, and streams of items (MODEL 1.7)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels.collapse import producers


@dataclass(frozen=True)
class Draws:
    """Keys of one replicate's random draws by their purpose, its counter word, and the threads that may draw."""

    keys: Mapping[str, NDArray[np.uint64]]
    replicate: np.uint64
    threads: int = 1

    def items(self, step: np.uint64) -> producers.ItemStream:
        """Random stream of the items of a generation."""
        return producers.ItemStream(self.keys["label"], self.keys["content"], step, self.replicate)
