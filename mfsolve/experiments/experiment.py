"""What a model is to the rest of the laboratory: named outputs, one function that simulates."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from math import inf
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Arrays
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import Quantity


@dataclass(frozen=True)
class Variable(Quantity):
    """A named output: its dimensions (the first is always the path's, such as `generation`), unit and meaning.

    What figures need to know besides: `labels`, the classes that integer values 0, 1, ... of a map stand for; `over`,
    the map that a curve is laid over; `panel`, the panel that several curves or paths share; `marks`, places along a
    curve's second dimension where a vertical line stands; `dots`, places of that dimension where a curve has a dot;
    `levels`, values where a horizontal line stands, each with its name; `view`, the range of values in sight; `lowest`,
    what no value is below, nor a band; `remark`, what the legend says of this curve; `spike`, a place of its second
    dimension and the variable that is the mass there, beside a density; `span`, two such places and what is between
    them. `listed` makes a variable (path, row, column) a table with columns of these names: the report lists its rows,
    those that are all NaN left out.

    What the report needs to know: `exact` where nothing random is in it, so that every replicate holds the same number,
    which is no sample; `within`, two variables that are proved to enclose it.
    """

    labels: tuple[str, ...] = ()
    over: str = ""
    panel: str = ""
    marks: tuple[float, ...] = ()
    dots: tuple[float, ...] = ()
    levels: tuple[tuple[float, str], ...] = ()
    view: tuple[float, float] | None = None
    lowest: float = -inf
    remark: str = ""
    spike: tuple[float, str] | None = None
    span: tuple[float, float, str] | None = None
    listed: tuple[str, ...] = ()
    exact: bool = False
    within: tuple[str, ...] = ()

    @classmethod
    def of(cls, quantity: Quantity) -> "Variable":
        """An output of a quantity that figures show plainly."""
        return cls(quantity.dims, quantity.long_name, quantity.units)


@dataclass(frozen=True)
class Case:
    """One point of a study: everything that decides a path but the seed and the replicate."""

    parameters: Any
    policy: Any
    population: Any
    record: Any


@dataclass(frozen=True)
class Model:
    """A system of the model book, as studies see it.

    A study compares `alternatives` (policies, or solvers) at every point of its grid; `section` is what a study file
    calls them. `path` is the dimension that replicates run along. `refined_downward` names the grid axes whose
    smaller values are the finer ones, such as a time step. `human(case, place)` is human content at places of a
    content snapshot.
    `simulate(case, seed, replicate, threads)` and `mean_field(case)` return one array for each name in
    `variables(case)`; `coordinates(case)` gives the values along each dimension; `predictions` are closed forms that a
    study may compare an estimate with. `panels` names the variables whose paths are drawn, the first four that a case
    has; `tradeoff` those that are drawn against each other, replicate by replicate as differences to the alternative
    `baseline` where one is named. `referenced(case)` gives the names in `mean_field(case)`
    where that takes long to compute.
    """

    name: str
    title: str
    parameters: type[Frozen]
    alternatives: Mapping[str, type[Frozen]]
    population: type[Frozen]
    record: type[Frozen]
    variables: Callable[[Case], Mapping[str, Variable]]
    coordinates: Callable[[Case], Arrays]
    simulate: Callable[[Case, int, int, int], Arrays]
    mean_field: Callable[[Case], Arrays] | None = None
    predictions: Mapping[str, Callable[[Case], float]] = field(default_factory=dict)
    human: Callable[[Case, NDArray[np.float64]], NDArray[np.float64]] | None = None
    section: str = "policies"
    path: str = "generation"
    refined_downward: frozenset[str] = frozenset()
    panels: tuple[str, ...] = ()
    tradeoff: tuple[str, ...] = ()
    baseline: str = ""
    referenced: Callable[[Case], Collection[str]] | None = None


def once(compute: Callable[[Case], Arrays]) -> Callable[[Case], Arrays]:
    """Remember what cases give, where nothing is random; a thread that asks for the same meanwhile waits for it."""
    remembered = lru_cache(maxsize=64)(compute)
    locks: defaultdict[Case, Lock] = defaultdict(Lock)

    @wraps(compute)
    def ask(case: Case) -> Arrays:
        with locks[case]:
            return dict(remembered(case))

    return ask
