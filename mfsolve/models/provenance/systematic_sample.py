"""Systematic sample of a stream of numbers of unknown length (MODEL 3.2)."""

from dataclasses import dataclass, field

import numpy as np

from mfsolve.arrays import Floats

KEPT = 200_000
"""Most numbers that a sample keeps."""


@dataclass
class SystematicSample:
    """Every k-th number of a stream; k doubles whenever the sample would exceed `KEPT` numbers.

    Attributes
    ----------
    stride, skip
        Step k, and the numbers of the stream to pass over before the next one is kept.
    parts
        Kept numbers, in order.
    held
        Number of them.
    """

    stride: int = 1
    skip: int = 0
    parts: list[Floats] = field(default_factory=list)
    held: int = 0

    def add(self, values: Floats) -> None:
        """Take the next numbers of the stream, a vector (n,)."""
        taken = values[self.skip :: self.stride].copy()  # a view would keep the whole block
        self.skip = (self.skip - values.size) % self.stride
        self.parts.append(taken)
        self.held += taken.size
        if self.held > KEPT:
            everything = np.concatenate(self.parts)
            if everything.size % 2:
                self.skip += self.stride
            self.parts, self.held, self.stride = [everything[::2]], (everything.size + 1) // 2, 2 * self.stride

    def values(self) -> Floats:
        """Numbers kept, a vector."""
        return np.concatenate(self.parts) if self.parts else np.empty(0)
