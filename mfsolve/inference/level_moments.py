"""Samples of one level of a multilevel estimate, and their moments, taken batch by batch (MODEL 8.8)."""

import math
from typing import Protocol

import numpy as np

from mfsolve.arrays import Floats


class LevelSampler(Protocol):
    """Samples of one quantity at levels of refinement; a sample is a function of (level, index) alone."""

    def __call__(self, level: int, first: int, count: int) -> Floats:
        """Coupled fine and coarse values (count, 2) of samples first .. first + count - 1; coarse is 0 on level 0."""

    def cost(self, level: int) -> float:
        """Cost of one coupled sample, in any unit."""

    def single_cost(self, level: int) -> float:
        """Cost of one sample of the fine value alone."""


class Level:
    """Running moments of one level's corrections, fine and coarse values."""

    def __init__(self, level: int) -> None:
        self.level, self.count = level, 0
        self.mean, self.scatter = np.zeros(3), np.zeros(3)  # of fine - coarse, fine, and coarse
        # Powers of the corrections about the first, in units of the first spread that a batch shows, for the kurtosis.
        self.shift, self.unit, self.powers = math.nan, 0.0, np.zeros(4)

    def extend(self, sampler: LevelSampler, count: int, batch: int = 2**17) -> None:
        """Take further samples until there are `count`, at most `batch` at once."""
        while self.count < count:
            n = min(batch, count - self.count)
            both = sampler(self.level, self.count, n)
            rows = np.stack([both[:, 0] - both[:, 1], both[:, 0], both[:, 1]])
            mean = rows.mean(axis=1)
            gap = mean - self.mean
            whole = self.count + n
            self.scatter += np.sum((rows - mean[:, None]) ** 2, axis=1) + gap**2 * self.count * n / whole
            self.mean = self.mean + gap * n / whole
            if self.count == 0:
                self.shift = float(rows[0, 0])
            if self.unit == 0.0:
                self.unit = float(np.ptp(np.append(rows[0], self.shift)))
            if self.unit > 0.0:
                scaled = (rows[0] - self.shift) / self.unit
                squared = scaled * scaled  # products: a power of a float takes ten times as long
                self.powers += [float(np.sum(each)) for each in (scaled, squared, squared * scaled, squared * squared)]
            self.count = whole

    @property
    def variance(self) -> float:
        """Variance of fine - coarse."""
        return float(self.scatter[0] / (self.count - 1))

    @property
    def kurtosis(self) -> float:
        """Fourth central moment over the squared variance; NaN while all corrections are equal."""
        if self.unit == 0.0:
            return math.nan
        # Batches before the first with a spread were all at the shift: they add nothing to the powers.
        first, second, third, fourth = self.powers / self.count
        variance = second - first**2
        return float((fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4) / variance**2)

    @property
    def coarse_variance(self) -> float:
        """Variance of the coarse value alone."""
        return float(self.scatter[2] / (self.count - 1))

    @property
    def fine_variance(self) -> float:
        """Variance of the fine value alone."""
        return float(self.scatter[1] / (self.count - 1))
