"""The moments of a study as a function of its free parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mfsolve.calibration import influence
from mfsolve.calibration.influence import Moment
from mfsolve.calibration.landscape import Box, Simulated
from mfsolve.calibration.section import Calibration, Scale, points_at, rounding
from mfsolve.calibration.targets import Targets
from mfsolve.inference.estimate import FloatArray
from mfsolve.study.config import Study
from mfsolve.study.points import Point, Source, digest
from mfsolve.study.settings import EstimateSpec, Statistic

Column = tuple[str, str]
"""A policy and a variable."""
Row = Mapping[Column, FloatArray]
"""What the moments need of one replicate: paths."""


@dataclass(frozen=True)
class Problem:
    """A study and its calibration, as what the search needs: targets, a box, and moments at values."""

    study: Study
    calibration: Calibration

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

    def start(self) -> FloatArray | None:
        """The study's own values; None where it has none for some parameter."""
        values = []
        for item in self.calibration.free:
            table: Any = self.study.resolved
            for key in item.path:
                table = table.get(key) if table is not None else None
            values.append(table)
        return None if None in values else np.array(values, dtype=np.float64)

    def assignment(self, values: FloatArray) -> dict[tuple[str, ...], float | int]:
        """Values (p,) by their paths in the study file."""
        return {item.path: item.plain(float(v)) for item, v in zip(self.calibration.free, values, strict=True)}

    def points(self, values: FloatArray) -> dict[str, Point]:
        """The points that the moments concern, by policy.

        Raises
        ------
        StudyError
            Where the model does not allow these values.
        """
        return points_at(self.study, self.calibration, self.assignment(values), Source(self.study.name))

    def key(self, points: Mapping[str, Point]) -> str:
        """Hash of everything that decides the moments at these points."""
        what = [
            m.model_dump(
                mode="json",
                include={"statistic", "quantity", "policy", "baseline", "against", "probability", "at"},
            )
            for m in self.calibration.moments
        ]
        identities = {policy: point.identity for policy, point in points.items()}
        return digest([identities, what, self.calibration.settings.replicates])[:32]

    def replicate(self, points: Mapping[str, Point], number: int, threads: int) -> Row:
        """Simulate one replicate at every point, and keep what the moments need of it.

        Raises
        ------
        ValueError, ArithmeticError
            Where the model cannot be simulated there.
        """
        needed = self._columns()
        row: dict[Column, FloatArray] = {}
        for policy, point in points.items():
            path = self.study.model.simulate(point.case, point.seed, number, threads)
            row |= {column: np.array(path[column[1]]) for column in needed if column[0] == policy}
        return row

    def moments(self, points: Mapping[str, Point], rows: Sequence[Row]) -> Simulated:
        """Moments of all replicates and the covariance of one.

        Raises
        ------
        ValueError
            Where a moment does not exist, such as a slope on a regressor that is zero.
        """
        data = {column: np.stack([row[column] for row in rows]) for column in rows[0]}
        parts = [self._moment(m, points, data) for m in self.calibration.moments]
        for m, part in zip(self.calibration.moments, parts):
            if not np.isfinite(part.value) or not np.isfinite(part.influence).all():
                raise ValueError(f"{m.name} is not finite")
        return Simulated(np.array([part.value for part in parts]), influence.covariance(parts))

    def _policy(self, moment: EstimateSpec) -> str:
        return moment.policy or self.study.policies[0]

    def _columns(self) -> set[Column]:
        return {
            (policy, name)
            for m in self.calibration.moments
            for policy in (self._policy(m), m.baseline)
            for name in (m.quantity, m.against)
            if policy is not None and name is not None
        }

    def _moment(self, m: EstimateSpec, points: Mapping[str, Point], data: Mapping[Column, FloatArray]) -> Moment:
        policy = self._policy(m)
        y = data[policy, m.quantity]
        if m.against is not None:
            x, y = data[policy, m.against][:, 1:], y[:, 1:]
            if m.statistic is Statistic.HAC_SLOPE:
                return influence.slope_of_mean_path(x, y)
            slopes, fits = influence.slopes_of_paths(x, y)
            return influence.mean(slopes if m.statistic is Statistic.SLOPE else fits)
        index = m.index(self.study.model, points[policy].case)
        if m.statistic is Statistic.MEAN:
            return influence.mean(y[:, index])
        if m.statistic is Statistic.QUANTILE:
            assert m.probability is not None
            return influence.quantile(y[:, index], m.probability)
        assert m.baseline is not None
        other = data[m.baseline, m.quantity][:, m.index(self.study.model, points[m.baseline].case)]
        if m.statistic is Statistic.DIFFERENCE:
            return influence.mean(y[:, index] - other)
        return influence.gain(y[:, index], other)
