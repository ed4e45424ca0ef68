"""The reading side of a run directory, in memory: replicates of every output at every point."""

from types import SimpleNamespace

import numpy as np

from mfsolve.experiments.experiment import Arm, Case, Experiment, Views
from mfsolve.models.frozen import Nothing
from mfsolve.spelling import in_words


class MemoryRun:
    """`drawn` and `solved` map the name of an arm to its outputs; `sizes` the dimensions to their places.

    `data[arm, name]` holds (replicates, ...) of what is drawn and (1, ...) of what is solved: random numbers, for a
    test to overwrite.
    """

    def __init__(self, drawn, solved=None, *, path, sizes, replicates=7, axes=None, views=None, finer=()):
        solved, axes = solved or {}, axes or {}
        names = list(dict.fromkeys([*drawn, *solved]))
        coordinates = {name: np.asarray(values, dtype=float) for name, values in sizes.items()}
        self.outputs = {"drawn": {n: drawn.get(n, {}) for n in names}, "solved": {n: solved.get(n, {}) for n in names}}
        arms = {
            name: Arm(
                draw=lambda *_: {}, drawn=lambda case: self.outputs["drawn"][case.rule],
                solve=lambda *_: {}, solved=lambda case: self.outputs["solved"][case.rule],
                coordinates=lambda case: coordinates,
            )
            for name in names
        }  # fmt: skip
        experiment = Experiment(
            name="test", title="a test", parameters=Nothing, arms=arms, path=path, views=views or Views(),
            finer_downward=frozenset(finer),
        )  # fmt: skip
        places = [dict(zip(axes, values)) for values in zip(*axes.values())] if axes else [{}]
        points = [
            SimpleNamespace(arm=name, key=f"{name}{place}", coordinates=place, case=Case(None, None, None, None, name))
            for place in places
            for name in names
        ]
        self.study = SimpleNamespace(
            experiment=experiment, points=points, axes=axes, title="a study", arms=names, estimates=[], words=in_words,
            places=lambda: (dict(place) for place in places), places_of=lambda *arms: (dict(place) for place in places),
            sweep=SimpleNamespace(design=None, together=lambda axis: (axis,), of=lambda arm, place: place),
            find=lambda arm, place: next(p for p in points if (p.arm, p.coordinates) == (arm, dict(place))),
            ensemble=SimpleNamespace(replicates=replicates, level=0.95, seed=1, half_width=None, half_width_of=None, common_random_numbers="policies"),
        )  # fmt: skip
        rng = np.random.default_rng(3)
        self.data = {}
        for name in names:
            for kind, rows in (("drawn", replicates), ("solved", 1)):
                for output, what in self.outputs[kind][name].items():
                    shape = tuple(coordinates[dim].size for dim in what.dims)
                    self.data[name, output] = rng.normal(size=(rows, *shape))

    def values(self, point, name):
        """Everything that is held of an output at a point."""
        return self.data[point.arm, name]

    def blocks(self, point, names):
        stored = [self.values(point, name) for name in names]
        for start in range(0, max(map(len, stored)), 3):
            yield [values[start : start + 3] for values in stored]

    def column(self, point, name, index=-1):
        values = self.values(point, name)
        return values[:, index] if values.ndim > 1 else values

    def columns(self, point, name):
        return iter(self.values(point, name).T)

    def reference(self, point):
        return {}
