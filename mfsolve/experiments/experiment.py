"""Experiments, and the arms that each compares: what `model = "..."` in a study file can run."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from numpy.typing import NDArray

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments._user_home import Home
from mfsolve.models.frozen import Frozen, Nothing
from mfsolve.models.quantities import Quantity

SECTIONS = (
    "title", "kind", "model", "parameters", "population", "record", "grid", "design", "ensemble", "estimates",
    "figures", "calibration",
)  # fmt: skip
"""Sections of every study file; an experiment's arms are one more."""
INHERITING = ("extends", "without")
"""Keys of a study file that starts from another one."""


@dataclass(frozen=True)
class Output(Quantity):
    """A named output of an arm: its dimensions, unit and meaning, and how figures show it.

    Dimensions: the experiment's `path` first where the output runs along it; none for a single number.

    `labels`: classes that the integers 0, 1, ... of a map stand for; `absent`: the class, if any, that says that there
    is nothing to classify, drawn in white; `meanings`: of each class whether it is `good`, `bad` or `open` (undecided),
    empty where it is neither, for colours that mean the same on every map; `over`: the map that a curve is laid over;
    `panel`: the panel that several curves or paths share; `marks`: places along a curve where a vertical line stands,
    each with its name; `dots`: places where a curve has a dot; `levels`: values where a horizontal line stands, each
    with its name; `view`: the range of values in sight; `lowest`: what no value is below, nor a band; `remark`: what
    the legend says of this curve; `spike`: a place along a density and the output that is the mass there; `span`: two
    such places and what is between them. `listed`: names of the columns of an output (row, column) that the report
    lists as a table, rows that are all NaN left out. `within`: two outputs that are proved to enclose this one.
    `ticks`: names of the places along the dimensions of a curve or a map, none where they are numbers; between named
    places of a curve there is nothing. `written`: the output whose values stand in the cells of a map. `undefined`:
    what NaN or an infinity means here, such as "never sold"; without it, a user's own model is told of them.
    """

    labels: tuple[str, ...] = ()
    absent: str = ""
    meanings: tuple[str, ...] = ()
    over: str = ""
    panel: str = ""
    marks: tuple[tuple[float, str], ...] = ()
    dots: tuple[float, ...] = ()
    levels: tuple[tuple[float, str], ...] = ()
    view: tuple[float, float] | None = None
    lowest: float = -inf
    remark: str = ""
    spike: tuple[float, str] | None = None
    span: tuple[float, float, str] | None = None
    listed: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    ticks: tuple[tuple[str, ...], ...] = ()
    written: str = ""
    undefined: str = ""
    trials: float = 0.0
    independent_trials: bool = False
    unstable: bool = False

    @classmethod
    def of(cls, quantity: Quantity, **views: Any) -> "Output":
        """An output that is a quantity of a model, shown plainly or with the given hints."""
        return cls(quantity.dims, quantity.long_name, quantity.units, quantity.support, **views)


Outputs = Mapping[str, Output]


@dataclass(frozen=True)
class Case:
    """One point of a study: everything that decides its numbers but the seed and the replicate.

    `arm` holds the settings of the arm that `rule` names; without a name it is the arm that has such settings.
    """

    parameters: Any
    arm: Any
    population: Any
    record: Any
    rule: str = ""


def nothing(case: Case) -> dict[str, Any]:
    """No outputs, no coordinates."""
    return {}


def accepted(case: Case) -> None:
    """Every case that its settings allow can be run."""


SIDE_BY_SIDE = 2**12
"""Replicates that `Arm.draw_many` is asked for at a time, unless the arm says otherwise."""


def always(case: Case) -> int:
    """Any case can be drawn side by side."""
    return SIDE_BY_SIDE


@dataclass(frozen=True)
class Reference:
    """A deterministic limit that an arm's draws are held against: `names(case)` of `compute(case)`.

    `called`: what figures and tables call it where that is not what the experiment's `Views` say.
    """

    names: Callable[[Case], Collection[str]]
    compute: Callable[[Case], Arrays]
    called: str = ""


@dataclass(frozen=True)
class Arm:
    """One of the things that an experiment compares, such as a policy, a solver or a regime.

    It draws replicates, or solves once, or does both: `draw(case, seed, replicate, threads)` returns the arrays named
    by `drawn(case)`, a pure function of its arguments whatever the number of threads; `solve(case, threads)` returns
    those named by `solved(case)`, in which nothing is random: they are computed and stored once, however many
    replicates a study asks for.

    `settings` are the arm's own keys in a study file. `check(case)` raises ValueError, naming the key, for settings
    that each are allowed but not together. `coordinates(case)` gives the values along every dimension but the
    replicates. `toy` makes a study small: an upper bound of a number, or what stands instead of anything else.

    Where replicates are small an arm may draw many of them in one call: `draw_many(case, seed, replicates, threads)`
    returns the arrays of `draw` for the consecutive replicates of a range, stacked along a new first axis, bit for bit
    and whatever the range. `side_by_side(case)` is how many to ask for at a time: such that a call takes some tenths
    of a second at most, and 0 for cases that it does not serve, which are drawn one by one.
    """

    settings: type[Frozen] = Nothing
    draw: Callable[[Case, int, int, int], Arrays] | None = None
    drawn: Callable[[Case], Outputs] = nothing
    solve: Callable[[Case, int], Arrays] | None = None
    solved: Callable[[Case], Outputs] = nothing
    coordinates: Callable[[Case], Arrays] = nothing
    reference: Reference | None = None
    check: Callable[[Case], None] = accepted
    toy: Mapping[str, Any] = field(default_factory=dict)
    draw_many: Callable[[Case, int, range, int], Arrays] | None = None
    side_by_side: Callable[[Case], int] = always

    def outputs(self, case: Case) -> dict[str, Output]:
        """Outputs that are drawn, then those that are solved."""
        return {**self.drawn(case), **self.solved(case)}

    def at_once(self, case: Case) -> int:
        """Replicates that `draw_many` is asked for at a time; 0 where a case is drawn one by one."""
        return 0 if self.draw_many is None else self.side_by_side(case)


@dataclass(frozen=True)
class Views:
    """Names of the outputs that figures draw first.

    `paths`: outputs whose paths are drawn, the first four that an arm has. `bars`: a total, then its parts, each with
    its sign and name. `tradeoff`: aims drawn against each other, replicate by replicate, as differences to the arm
    `baseline` where one is named. `human(case, place)`: human content at places of a content snapshot. `overlaid`:
    arms are drawn into one panel of content, as solvers of one thing are. `limit`: the name of deterministic limits.
    """

    paths: tuple[str, ...] = ()
    bars: tuple[tuple[str, float, str], ...] = ()
    tradeoff: tuple[str, ...] = ()
    baseline: str = ""
    human: Callable[[Case, Floats], NDArray[Any]] | None = None
    overlaid: bool = False
    limit: str = "deterministic limit"


@dataclass(frozen=True)
class Carried:
    """Settings of `[parameters]` that hold the errors with which others of them are known.

    They are 0 while a calibration seeks those others, and what `of` makes of its estimates afterwards: of the values by
    name, and their covariances by pairs of names.
    """

    names: tuple[str, ...]
    of: Callable[[Mapping[str, float], Mapping[tuple[str, str], float]], Mapping[str, float]]


@dataclass(frozen=True)
class Experiment:
    """A question that a study file can put to a system.

    A study compares `arms` at every point of its grid; `section` is what a study file calls them, and an estimate may
    name its arm by `word`, that section's singular. `path` is the dimension that outputs may run along, such as
    generations; None where an outcome is a single state. `finer_downward` names the grid axes whose smaller values are
    the finer ones, such as a time step. `predictions` are closed forms that an estimate may be compared with. `toy`
    makes a study small, by `section.key`, as `Arm.toy` does. `errors` are carried from a calibration into its study.
    `units` are those of dimensions that are no settings. `called`: words at the axis of a dimension or setting whose
    name says too little. `files`: names of data files that a user's own reads, beside its module or below: they are
    part of its fingerprint, and kept with its runs. `home`: its source, which loading fills in.
    """

    name: str
    title: str
    parameters: type[Frozen]
    arms: Mapping[str, Arm]
    population: type[Frozen] = Nothing
    record: type[Frozen] = Nothing
    section: str = "arms"
    word: str = "arm"
    path: str | None = None
    predictions: Mapping[str, Callable[[Case], float]] = field(default_factory=dict)
    finer_downward: frozenset[str] = frozenset()
    views: Views = Views()
    toy: Mapping[str, Any] = field(default_factory=dict)
    errors: Carried | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    home: Home | None = None

    def arm(self, case: Case) -> Arm:
        """The arm of a case."""
        if case.rule:
            return self.arms[case.rule]
        return next(arm for arm in self.arms.values() if arm.settings is type(case.arm))

    def outputs(self, case: Case) -> dict[str, Output]:
        """Everything a case stores, by name."""
        return self.arm(case).outputs(case)

    def coordinates(self, case: Case) -> Arrays:
        """Values along every dimension of a case's outputs but the replicates."""
        return self.arm(case).coordinates(case)

    def limit(self, case: Case) -> str:
        """Name of the deterministic limit of a case's draws."""
        found = self.arm(case).reference
        return (found.called if found is not None else "") or self.views.limit

    def reference(self, case: Case) -> Arrays:
        """Deterministic limit of a case's draws; empty where there is none."""
        found = self.arm(case).reference
        return {} if found is None else found.compute(case)
