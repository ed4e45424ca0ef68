"""Seconds of a run beside its simulation: the start, kernels that are not compiled yet, storage, the report.

The constants are processor times of sweeps on a core of 2.5 GHz; other machines are within a factor of two.
"""

from typing import NamedTuple

from mfsolve.study.execution.first_kernels import size_to_compile
from mfsolve.study.execution.plan import LARGEST, default_size, plan
from mfsolve.study.file.config import Study
from mfsolve.study.file.settings import Figure

START = 1.5
"""Seconds in which a run imports what it needs and reads its study."""
COMPILED = 0.07
"""Seconds of compiling by the size of the code, in units of 10 kB."""
TASK, POINT = 0.008, 0.037
"""Seconds to store the results of a task, and to prepare, verify and join those of a point."""
REPORT, ROW = 0.7, 0.003
"""Seconds of any report, and of each row of it."""
ROW_IN_FOREST, ROW_IN_GRID = 0.008, 0.007
"""Seconds of a row in the figures that show all of them."""
FIGURE, SHOWN = 0.25, 4
"""Seconds of another figure, and how many of them a study without a grid has data for, about."""


class Overhead(NamedTuple):
    """Seconds of a run beside its simulation."""

    start: float
    compilation: float
    storage: float
    report: float


def overhead(study: Study, workers: int) -> Overhead:
    """Seconds beside the simulation by so many workers; a process beside theirs compiles, and draws half the figures.

    Compilation is that of kernels that are not in the cache by now.
    """
    helpers = min(2, workers)
    tasks = plan(study, default_size(study.ensemble.replicates, workers), LARGEST, workers)
    count = rows(study)
    report = REPORT + ROW * count
    if study.figures:
        report += ROW_IN_FOREST * count * (Figure.FOREST in study.figures)
        report += ROW_IN_GRID * count * (Figure.GRID in study.figures and bool(study.axes))
        report += FIGURE * min(SHOWN, len(study.figures))
    return Overhead(
        START,
        COMPILED * size_to_compile(study.experiment.name) / helpers,
        TASK * len(tasks) + POINT * len(study.points),
        report / helpers,
    )


def rows(study: Study) -> int:
    """Rows of the report: those of every estimate, one for each place at which it is made."""
    count = 0
    for spec in study.estimates:
        along = study.sweep.together(spec.axis) if spec.axis is not None else ()
        arms = [arm for arm in (spec.arm or study.arms[0], spec.baseline) if arm is not None]
        places = [{axis: v for axis, v in place.items() if axis not in along} for place in study.places_of(*arms)]
        count += len({repr(place) for place in places})
    return count
