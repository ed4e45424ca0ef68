"""What a model is to the rest of the laboratory: validated inputs, named outputs, one function that simulates."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from math import inf
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

if TYPE_CHECKING:
    import xarray as xr

Arrays = dict[str, NDArray[Any]]


class InputError(ValueError):
    """Something of a user's that cannot be used as it is; the message is one line that names the file or setting."""


class Frozen(BaseModel):
    """Immutable, validated inputs. An unknown or impossible argument is one line: its name, value and range."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    FILES: ClassVar[tuple[str, ...]] = ()
    """Settings that name a data file; what they hold has `path`, None where there is no file."""

    @field_validator("*", mode="before")
    @classmethod
    def _no_disguises(cls, value: Any, info: ValidationInfo) -> Any:
        """Neither "0.5" nor true is a number."""
        kind = cls.model_fields[info.field_name or ""].annotation
        if kind in (int, float, float | None, int | None) and isinstance(value, str | bool):
            raise ValueError("a number is needed")
        return value

    @classmethod
    def located(cls, values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """Settings of a study file, with the names of data files relative to its folder."""
        found = dict(values)
        for name in cls.FILES:
            if isinstance(found.get(name), str):
                found[name] = {"data": found[name], "folder": str(folder)}
            elif isinstance(found.get(name), Mapping):
                found[name] = {**found[name], "folder": str(folder)}
        return found

    def data_files(self) -> list[Path]:
        """Files whose content these settings hold."""
        held = (getattr(self, name) for name in self.FILES)
        return [data.path for data in held if data is not None and data.path is not None]

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            refuse(type(self), error)


class Nothing(Frozen):
    """There is nothing to choose."""


def refuse(model: type[BaseModel], error: ValidationError) -> NoReturn:
    """Raise pydantic's first complaint as a one-line ValueError."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or model.__name__
    raise ValueError(f"{name}: {complaint(model, first)}") from None


def complaint(model: type[BaseModel], error: Any) -> str:
    """One line on one pydantic error: the value that was given and what would be right."""
    if error["type"] == "extra_forbidden":
        from difflib import get_close_matches

        near = get_close_matches(str(error["loc"][-1]), model.model_fields, n=1, cutoff=0.5)
        return "unknown key" + (f"; did you mean {near[0]}?" if near else f"; known: {', '.join(model.model_fields)}")
    if error["type"] == "missing":
        return "is missing"
    field = model.model_fields.get(str(error["loc"][0])) if error["loc"] else None
    allowed = f"; allowed: {describe_range(field)}" if field is not None and describe_range(field) else ""
    message = str(error["msg"]).removeprefix("Value error, ")
    value = error.get("input")
    given = f"{value!r} given: " if error["loc"] and isinstance(value, int | float | str | bool) else ""
    return f"{given}{message[:1].lower()}{message[1:]}{allowed}"


def describe_range(field: Any) -> str:
    """Interval of a field's constraints, such as `(0, 1]`; empty where there is none."""
    low, high, left, right = "-inf", "inf", "(", ")"
    for constraint in field.metadata:
        for name, bracket in (("ge", "["), ("gt", "(")):
            if getattr(constraint, name, None) is not None:
                low, left = _plain_number(getattr(constraint, name)), bracket
        for name, bracket in (("le", "]"), ("lt", ")")):
            if getattr(constraint, name, None) is not None:
                high, right = _plain_number(getattr(constraint, name)), bracket
    return "" if (low, high) == ("-inf", "inf") else f"{left}{low}, {high}{right}"


def _plain_number(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else f"{bound:g}"


@dataclass(frozen=True)
class Variable:
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

    dims: tuple[str, ...]
    long_name: str
    units: str = "1"
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


def dataset(model: Model, case: Case, arrays: Arrays, **attributes: Any) -> "xr.Dataset":
    """Label a path's arrays with dimensions, coordinates, units and long names."""
    import xarray as xr

    variables = model.variables(case)
    return xr.Dataset(
        {
            name: (
                variables[name].dims,
                values,
                {"units": variables[name].units, "long_name": variables[name].long_name},
            )
            for name, values in arrays.items()
        },
        coords=model.coordinates(case),
        attrs=attributes,
    )


def seed_word(name: str, value: int, bits: int) -> np.uint64:
    """Check that an integer fits the counter or key it is meant for."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value < 2**bits:
        raise ValueError(f"{name}: {value!r} given; allowed: whole numbers in [0, 2^{bits} - 1]")
    return np.uint64(value)
