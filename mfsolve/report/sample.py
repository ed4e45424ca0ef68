"""Stored replicates as the statistics of a study read them, and their deterministic limits."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.models.quantities import reach_of
from mfsolve.study.file.points import Point
from mfsolve.study.statistics.estimate_spec import EstimateSpec
from mfsolve.study.storage.store import RunDirectory


class Stored:
    """Replicates that an estimate rests on, at a place of the grid (without the axis that an order runs along)."""

    def __init__(self, run: RunDirectory, spec: EstimateSpec, place: Mapping[str, Any]) -> None:
        study = run.study
        self.run, self.spec, self.place = run, spec, place
        self.arm = spec.arm or study.arms[0]
        self.level, self.seed, self.replicates = study.ensemble.level, study.ensemble.seed, study.ensemble.replicates
        self.paired = study.ensemble.common_random_numbers != "none"

    def point(self, arm: str) -> Point:
        """The point of an arm at this place; the first along an order's axis."""
        return self.run.study.find(arm, self.whole[0])

    @cached_property
    def whole(self) -> list[dict[str, Any]]:
        """Places of the grid that the estimate rests on: its own, or all along an order's axis."""
        study = self.run.study
        arms = [arm for arm in (self.arm, self.spec.baseline) if arm is not None]
        if self.spec.axis is None:
            return [dict(self.place)]
        return [place for place in study.places_of(*arms) if self.place.items() <= place.items()]

    def _along(self) -> Iterator[tuple[Any, Point]]:
        """Values of the estimate's axis, in its order, and the arm's points there."""
        study, axis = self.run.study, self.spec.axis or ""
        order = {repr(value): i for i, value in enumerate(study.axes[axis])}
        for place in sorted(self.whole, key=lambda place: order[repr(place[axis])]):
            yield place[axis], study.find(self.arm, place)

    def index(self, point: Point) -> int:
        """Place along the path."""
        return self.spec.index(self.run.study.experiment, point.case)

    def column(self, arm: str, name: str) -> Floats:
        """An output at the estimate's place along the path, of every replicate (n,); (1,) where it is solved."""
        point = self.point(arm)
        return self.run.column(point, name, self.index(point))

    def support(self, arm: str, name: str) -> tuple[float, float] | None:
        """The least and greatest value that an output can have; None where that is not known."""
        return self.run.study.experiment.outputs(self.point(arm).case)[name].support

    def reach(self, arm: str, name: str) -> tuple[float, float] | None:
        """The support, or what values an output can have by its name; intervals do not rest on the latter."""
        return self.support(arm, name) or reach_of(
            self.run.study.experiment.outputs(self.point(arm).case)[name].long_name
        )

    def paths(self, arm: str, *names: str) -> Iterator[list[Floats]]:
        """Whole paths of outputs, a block of replicates at a time, each (rows, places)."""
        return self.run.blocks(self.point(arm), names)

    def along_axis(self) -> Iterator[tuple[float, Floats, float | None]]:
        """Along the estimate's axis: its value, the quantity (n,) there, and its deterministic limit."""
        name = self.spec.quantity
        for value, point in self._along():
            index = self.index(point)
            limit = self.run.reference(point).get(name) if self.spec.estimand.deviation else None
            at = None if limit is None else _at(limit, index)
            yield value, self.run.column(point, name, index), at

    def finer_downward(self) -> bool:
        """True where smaller values of the axis are the finer ones."""
        return self.spec.axis in self.run.study.experiment.finer_downward

    def paths_along_axis(self, *names: str) -> Iterator[list[Floats]]:
        """Whole paths of outputs at each value of the estimate's axis, each (n, places)."""
        for _, point in self._along():
            blocks = list(self.run.blocks(point, names))
            yield [np.concatenate([block[i] for block in blocks]) for i in range(len(names))]

    def concerned(self) -> list[tuple[Point, str]]:
        """Every point and output that the estimate rests on."""
        names = [name for name in (self.spec.quantity, self.spec.against, self.spec.trials) if name is not None]
        return [
            (self.run.study.find(arm, whole), name)
            for arm in (self.arm, self.spec.baseline)
            for whole in self.whole
            if arm is not None
            for name in names
        ]

    def is_solved(self) -> bool:
        """True where nothing random is in what the estimate rests on."""
        experiment = self.run.study.experiment
        return all(name in experiment.arm(point.case).solved(point.case) for point, name in self.concerned())


class Solved:
    """Results that arms have solved, for the same statistic of numbers without randomness."""

    def __init__(self, sample: Stored) -> None:
        self.sample, self.arm = sample, sample.arm

    def at(self, arm: str, name: str) -> float:
        """An output at the estimate's place along the path."""
        return float(self.sample.column(arm, name)[0])

    def path(self, arm: str, name: str) -> Floats:
        """An output along the whole path (places,)."""
        ((values,),) = self.sample.paths(arm, name)
        return np.asarray(values[0])


def _at(limit: Floats, index: int) -> float:
    """A limit at a place of its path, or where it has none."""
    return float(limit[index] if np.ndim(limit) else limit)


class Limit:
    """Deterministic limits of an estimate's arms; KeyError for an output that has none."""

    def __init__(self, sample: Stored) -> None:
        self.sample, self.arm = sample, sample.arm

    def at(self, arm: str, name: str) -> float:
        """Limit of an output at the estimate's place along the path."""
        point = self.sample.point(arm)
        return _at(self._limits(point)[name], self.sample.index(point))

    def path(self, arm: str, name: str) -> Floats:
        """Limit of an output along the whole path (places,)."""
        return np.asarray(self._limits(self.sample.point(arm))[name])

    def _limits(self, point: Point) -> Arrays:
        return self.sample.run.reference(point)


def mean_over_replicates(run: RunDirectory, point: Point, name: str) -> Floats:
    """Mean of an output over replicates, along its own dimensions."""
    total: Any = 0.0
    count = 0
    for (block,) in run.blocks(point, [name]):
        total, count = total + block.sum(axis=0), count + len(block)
    return np.asarray(total) / count
