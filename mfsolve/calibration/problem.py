"""The moments of a study as a function of its free parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.calibration.landscape import Box, SimulatedMoments
from mfsolve.calibration.section import Calibration, Scale, calibration_of, points_at, rounding
from mfsolve.calibration.targets import Targets
from mfsolve.inference import influence
from mfsolve.study.blocks import draw_block
from mfsolve.study.file.config import Study
from mfsolve.study.file.points import Point
from mfsolve.study.file.source import Source, digest
from mfsolve.study.statistics.estimate_spec import EstimateSpec

Column = tuple[str, str]
"""An arm and an output."""
Rows = Mapping[Column, Floats]
"""What the moments need of consecutive replicates: paths (n, ...)."""


def joined(blocks: Sequence[Rows]) -> Rows:
    """Blocks of replicates one after the other."""
    return {column: np.concatenate([block[column] for block in blocks]) for column in blocks[0]}


@dataclass(frozen=True)
class Problem:
    """A study and its calibration, as what the search needs: targets, a box, and moments at values."""

    study: Study
    calibration: Calibration

    @classmethod
    def of(cls, study: Study) -> Self:
        """The problem that a study poses; its section [calibration] is written out with every default.

        Raises
        ------
        StudyError
            Where the study has no such section, or something is wrong with it.
        """
        calibration = calibration_of(study)
        if calibration is None:
            Source(study.source).fail("calibration: is missing; name free parameters under [calibration.free]")
        resolved = {**study.resolved, "calibration": calibration.resolved()}
        return cls(replace(study, resolved=resolved), calibration)

    def box(self) -> Box:
        """Ranges of the free parameters."""
        free = self.calibration.free
        return Box.of(
            [(item.low, item.high) for item in free],
            [item.scale is Scale.LOG for item in free],
            [item.whole for item in free],
        )

    def targets(self) -> Targets:
        """Published figures, their errors and weights."""
        moments = self.calibration.moments
        return Targets.of(
            [m.published or 0.0 for m in moments],
            self.calibration.settings.replicates,
            [np.nan if m.standard_error is None else m.standard_error for m in moments],
            [rounding(m) for m in moments],
            [m.weight for m in moments],
        )

    def start(self) -> Floats | None:
        """The study's own values; None where it has none for some parameter."""
        values = []
        for item in self.calibration.free:
            table: Any = self.study.resolved
            for key in item.path:
                table = table.get(key) if table is not None else None
            values.append(table)
        return None if None in values else np.array(values, dtype=np.float64)

    def assignment(self, values: Floats) -> dict[tuple[str, ...], float | int]:
        """Values (p,) by their paths in the study file."""
        return {item.path: item.plain(float(v)) for item, v in zip(self.calibration.free, values, strict=True)}

    def points(self, values: Floats) -> dict[str, Point]:
        """The points that the moments concern, by arm.

        Raises
        ------
        StudyError
            Where the model does not allow these values.
        """
        values_at: dict[tuple[str, ...], float | int] = dict(self.assignment(values))
        carried = self.study.experiment.errors
        if carried is not None:
            values_at |= {("parameters", name): 0.0 for name in carried.names}
        return points_at(self.study, self.calibration, values_at, Source(self.study.name))

    def key(self, points: Mapping[str, Point]) -> str:
        """Hash of everything that decides the moments at these points."""
        what = [
            m.model_dump(
                mode="json",
                include={"statistic", "quantity", "arm", "baseline", "against", "probability", "at"},
            )
            for m in self.calibration.moments
        ]
        identities = {arm: point.identity for arm, point in points.items()}
        return digest([identities, what, self.calibration.settings.replicates])[:32]

    def replicates(
        self, points: Mapping[str, Point], numbers: range, threads: int, stopped: Callable[[], bool] = lambda: False
    ) -> Rows:
        """Simulate consecutive replicates at every point, and keep what the moments need of them (n, ...).

        Empty where it was `stopped()` before all were done.

        Raises
        ------
        ValueError, ArithmeticError
            Where the model cannot be simulated there.
        """
        needed = self._columns()
        rows: dict[Column, Floats] = {}
        for label, point in points.items():
            arm = self.study.experiment.arm(point.case)
            found: Arrays = {}
            if arm.draw is not None:
                block = draw_block(arm, point.case, point.seed, numbers, threads, stopped)
                if block.count < len(numbers):
                    return {}
                found |= block.arrays
            if arm.solve is not None and any(name not in found for place, name in needed if place == label):
                solved = arm.solve(point.case, threads)
                found |= {name: np.broadcast_to(v, (len(numbers), *np.shape(v))) for name, v in solved.items()}
            rows |= {column: np.array(found[column[1]]) for column in needed if column[0] == label}
        return rows

    def moments(self, points: Mapping[str, Point], blocks: Sequence[Rows]) -> SimulatedMoments:
        """Moments of all replicates, given in blocks in their order, and the covariance of one.

        Raises
        ------
        ValueError
            Where a moment does not exist, such as a slope on a regressor that is zero.
        """
        data = joined(blocks)
        parts = []
        for m in self.calibration.moments:
            sample = Simulations(self, m, points, data)
            parts.append(m.estimand.moment(m, sample))
        for m, part in zip(self.calibration.moments, parts):
            if not np.isfinite(part.value) or not np.isfinite(part.influence).all():
                raise ValueError(f"{m.name} is not finite")
        return SimulatedMoments(np.array([part.value for part in parts]), influence.covariance(parts))

    def arm_of(self, moment: EstimateSpec) -> str:
        """Label of the arm that a moment concerns."""
        return moment.arm or self.study.arms[0]

    def _columns(self) -> set[Column]:
        return {
            (arm, name)
            for m in self.calibration.moments
            for arm in (self.arm_of(m), m.baseline)
            for name in (m.quantity, m.against, m.trials)
            if arm is not None and name is not None
        }


class Simulations:
    """Replicates in memory, as the statistics of a study read them."""

    def __init__(
        self, problem: Problem, moment: EstimateSpec, points: Mapping[str, Point], data: Mapping[Column, Floats]
    ) -> None:
        ensemble = problem.study.ensemble
        self.arm, self.level, self.seed, self.paired = problem.arm_of(moment), ensemble.level, ensemble.seed, True
        self.replicates = next(iter(data.values())).shape[0]
        self._moment, self._points, self._data, self._experiment = moment, points, data, problem.study.experiment

    def column(self, arm: str, name: str) -> Floats:
        """An output at the moment's place along the path, of every replicate (n,)."""
        values = self._data[arm, name]
        return values if values.ndim == 1 else values[:, self._moment.index(self._experiment, self._points[arm].case)]

    def support(self, arm: str, name: str) -> tuple[float, float] | None:
        """Not asked of moments."""
        return None

    def paths(self, arm: str, *names: str) -> Iterator[list[Floats]]:
        """Whole paths of outputs (n, places), in one block."""
        yield [self._data[arm, name] for name in names]

    def along_axis(self) -> Iterator[tuple[float, Floats, float | None]]:
        """Nothing: moments are met at one point."""
        return iter(())

    def finer_downward(self) -> bool:
        """No axis, so neither way."""
        return False

    def paths_along_axis(self, *names: str) -> Iterator[list[Floats]]:
        """Nothing: moments are met at one point."""
        return iter(())
