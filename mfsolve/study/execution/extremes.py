"""Settings of a point that are beyond what is usual, and cases between it and the usual one."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mfsolve.experiments.experiment import Case, Experiment
from mfsolve.study.audit.audit_design import changed
from mfsolve.study.file.points import Point

LARGE, SMALL = 1e8, 1e-8
"""A setting beyond these is not usual."""
MANY = 1e4
"""Nor are sizes that are, all together, this many times the usual ones."""
SECTIONS = ("population", "arm", "parameters", "record")


class Extreme(NamedTuple):
    """A setting and its value, and what it is where a study says nothing."""

    section: str
    key: str
    value: float
    usual: float

    @property
    def name(self) -> str:
        """As a study file has it, but for an arm's own settings."""
        return self.key if self.section == "arm" else f"{self.section}.{self.key}"

    @property
    def said(self) -> str:
        """Name and value, as a message shows them."""
        return f"{self.name} = {self.value:g}"

    @property
    def ratio(self) -> float:
        """Times that the value is larger or smaller than the usual one, at least 1."""
        apart = abs(math.log(abs(self.value)) - math.log(self.usual))
        return math.exp(min(apart, 700.0))

    def between(self, part: float) -> float:
        """The usual value at 0, the setting's own at 1, a geometric mean of both in between."""
        power = math.log(self.usual) + part * (math.log(abs(self.value)) - math.log(self.usual))
        return math.copysign(math.exp(power), self.value)


def extremes(point: Point) -> list[Extreme]:
    """Settings of a point that are beyond what is usual; else its sizes, where all of them together are."""
    found = list(_numbers(point.case))
    strange = [one for one in found if abs(one.value) >= LARGE or abs(one.value) < SMALL]
    if strange:
        return sorted(strange, key=lambda one: -one.ratio)
    sizes = [one for one in found if isinstance(one.value, int) and one.value > one.usual]
    return sorted(sizes, key=lambda one: -one.ratio) if math.prod(one.ratio for one in sizes) >= MANY else []


def _numbers(case: Case) -> Iterator[Extreme]:
    """Numbers other than zero that are not what they are where a study says nothing."""
    for section in SECTIONS:
        held = getattr(case, section)
        for key, field in type(held).model_fields.items():
            value, usual = getattr(held, key), field.get_default()
            if isinstance(value, int | float) and not isinstance(value, bool) and value not in (0, usual):
                known = isinstance(usual, int | float) and usual > 0
                yield Extreme(section, key, value, float(usual) if known else 1.0)


def between(experiment: Experiment, case: Case, found: Sequence[Extreme], part: float) -> Case:
    """The case with its extreme settings a part of the way from the usual ones.

    Raises
    ------
    ValueError
        Where the model refuses that.
    """
    change = tuple(
        (f"{one.section}.{one.key}", round(one.between(part)) if isinstance(one.value, int) else one.between(part))
        for one in found
    )
    return changed(experiment.arm(case), case, change)
