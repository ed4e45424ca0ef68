"""Cases of the coverage table: singular values, and shares of parameters, of linear models with normal moments."""

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.random import Generator

from mfsolve.calibration.identification import Identified, identify
from mfsolve.calibration.landscape import Box
from mfsolve.calibration.targets import Targets

COMMON = 0.9
"""Correlation of a replicate's moments at two points."""


class Linear:
    """A stand-in for a problem whose k moments are D theta and normal errors of variance 1; parameters in [0, 1]."""

    def __init__(self, slope: Any, replicates: int, rng: Generator, error: float | None = None) -> None:
        self.slope, self.rng, self.error, self.count = np.asarray(slope), rng, error, replicates
        self.common = rng.standard_normal((replicates, self.slope.shape[0]))
        free = [SimpleNamespace(name=f"parameter {i}") for i in range(self.slope.shape[1])]
        self.calibration = SimpleNamespace(settings=SimpleNamespace(replicates=replicates), free=free)

    def start(self) -> Any:
        return np.full(self.slope.shape[1], 0.5)

    def box(self) -> Box:
        return Box.of([(0.0, 1.0)] * self.slope.shape[1])

    def points(self, row: Any) -> Any:
        return np.array(row)

    def replicates(self, here: Any, piece: range, threads: int) -> Any:
        own = self.rng.standard_normal((len(piece), self.slope.shape[0]))
        shared = math.sqrt(COMMON) * self.common[list(piece)]
        return {"x": self.slope @ here + shared + math.sqrt(1.0 - COMMON) * own}

    def moments(self, here: Any, blocks: Any) -> Any:
        x = np.concatenate([block["x"] for block in blocks])
        return SimpleNamespace(moments=x.mean(axis=0), covariance=np.cov(x.T))

    def targets(self) -> Targets:
        k = self.slope.shape[0]
        return Targets.of(np.full(k, 5.0), self.count, None if self.error is None else np.full(k, self.error))


def slopes(k: int, weak: bool) -> Any:
    """A strong parameter, and one that moves nothing or less than a standard error."""
    slope = np.zeros((k, 2))
    slope[:, 0] = 6.0 / math.sqrt(k)
    if weak:
        slope[0, 1], slope[1, 1] = 0.8, -0.3
    return slope


def truth(slope: Any, replicates: int) -> tuple[Any, Any]:
    """Singular values, and shares of the parameters in those above 1."""
    _, singular, directions = np.linalg.svd(slope / math.sqrt(1.0 + 1.0 / replicates))
    return singular, (directions[: int((singular > 1.0).sum())] ** 2).sum(axis=0)


def interval(found: Identified, kind: str, i: int) -> Any:
    """Ends of one interval, as wide as rounding."""
    ends = (found.low, found.high) if kind == "singular value" else (found.shares_low, found.shares_high)
    return SimpleNamespace(low=float(ends[0][i]) - 1e-9, high=float(ends[1][i]) + 1e-9)


def cases() -> Iterator[tuple[Any, ...]]:
    """Kind, situation, truth, draw and share of the repetitions of every case."""
    for k, replicates in ((3, 16), (6, 64), (12, 16), (12, 64)):
        for weak in (False, True):
            slope = slopes(k, weak)
            said = f"{k} moments, {replicates} replicates, {'weak' if weak else 'idle'} second parameter"
            for kind, of in zip(("singular value", "share identified"), truth(slope, replicates)):
                for i in (0, 1):
                    yield (
                        kind, f"{said}, {('first', 'second')[i]}", float(of[i]),
                        lambda rng, d=slope, r=replicates, kind=kind, i=i: interval(
                            identify(Linear(d, r, rng), 1), kind, i  # type: ignore[arg-type]
                        ), 0.4,
                    )  # fmt: skip
