"""Immutable, validated inputs, and errors that name the setting that is wrong."""

import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, NoReturn, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from mfsolve.models.arguments import nearest
from mfsolve.models.settings_help import documentation

LONGEST = 1000
"""Characters of a complaint that are shown: a value may be a whole file."""


class InputError(ValueError):
    """User input that cannot be used; the message is one line that names the file or setting.

    The message quotes what a user wrote: control characters are escaped, and a long one is cut in the middle.
    """

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(str(message)))


def printable(text: str) -> str:
    """A text on one line of at most 1000 characters, with escapes such as `\\n` for all that is not printable."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 + 5 :]}"
    return text


class Frozen(BaseModel):
    """Immutable, validated inputs. An unknown or impossible argument is one line: its name, value and range."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    FILES: ClassVar[tuple[str, ...]] = ()
    """Settings that name a data file; what they hold has `path`, None where there is no file."""

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Let `help` show the fields."""
        super().__pydantic_init_subclass__(**options)
        cls.__doc__ = documentation(cls, cls.__dict__.get("__doc__"), describe_range)

    @field_validator("*", mode="before")
    @classmethod
    def _no_disguises(cls, value: Any, info: ValidationInfo) -> Any:
        """Neither "0.5" nor true is a number, alone or in a list."""
        name = info.field_name or ""
        kinds = _kinds(cls, name)
        if kinds & {int, float}:
            words = sorted(kind for kind in kinds if isinstance(kind, str))
            plain = kinds <= {int, float, type(None), *words}
            for inner in _leaves(value):
                disguised = isinstance(inner, str) and not kinds & {str, inner} and (plain or _is_number(inner))
                if disguised or (isinstance(inner, bool) and bool not in kinds):
                    given = f"{inner!r} given; " if isinstance(value, list | tuple) else ""
                    raise ValueError(f"{given}{' or '.join(['a number', *words])} is needed")
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


@cache
def _kinds(model: type[BaseModel], name: str) -> frozenset[Any]:
    """Types of which a field's values are made, in whatever lists they stand, and words that it allows."""

    def found(annotation: Any) -> Iterator[Any]:
        inner = get_args(annotation)
        if get_origin(annotation) is Literal:
            yield from inner
        elif get_origin(annotation) is Annotated:
            yield from found(inner[0])
        elif inner and get_origin(annotation) in (Union, UnionType, tuple, list):
            for part in inner:
                yield from found(part)
        else:
            yield annotation

    return frozenset(kind for kind in found(model.model_fields[name].annotation) if isinstance(kind, type | str))


def _leaves(value: Any) -> Iterator[Any]:
    """Values in lists within lists, or the value alone."""
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def as_declared(models: Collection[type[BaseModel]], name: str, value: Any) -> Any:
    """A setting's value with its numbers as the declared type writes them: 1.0 for 1 if real, 1 for 1.0 if whole.

    It is real where any of the `models` says so. What has neither form is left as it is: validation refuses it.
    """
    kinds = [_kinds(model, name) & {int, float} for model in models]
    if {float} in kinds:
        return _each(value, lambda number: float(number))
    return _each(value, _as_whole) if kinds and all(kind == {int} for kind in kinds) else value


def _as_whole(number: float) -> float | int:
    return int(number) if math.isfinite(number) and number == int(number) else number


def _each(value: Any, change: Callable[[float], float]) -> Any:
    """Numbers changed, alone or in lists within lists."""
    if isinstance(value, list | tuple):
        return [_each(inner, change) for inner in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        return change(value)
    except OverflowError:  # a whole number beyond every float
        return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def refuse(model: type[BaseModel], error: ValidationError) -> NoReturn:
    """Raise pydantic's first complaint as a one-line ValueError."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or model.__name__
    raise ValueError(f"{name}: {complaint(model, first)}") from None


def complaint(model: type[BaseModel], error: Any) -> str:
    """One line on one pydantic error: the value that was given and what would be right."""
    if error["type"] == "extra_forbidden":
        return f"unknown key{nearest(str(error['loc'][-1]), model.model_fields)}"
    if error["type"] == "missing":
        return "is missing"
    field = model.model_fields.get(str(error["loc"][0])) if error["loc"] else None
    allowed = f"; allowed: {describe_range(field)}" if field is not None and describe_range(field) else ""
    message = str(error["msg"]).removeprefix("Value error, ")
    ends = set(error.get("ctx", {})) & {"ge", "gt", "le", "lt"}
    value = error.get("input")
    plain = bool(error["loc"]) and isinstance(value, int | float | str | bool)
    if ends and allowed and plain and len(error["loc"]) == 1:
        return f"{_quoted(value)} given{allowed}"  # the range says what pydantic would
    for end in ends:  # written out by pydantic, to the last zero
        message = f"{message[: message.rindex(' ')]} {_plain_number(float(error['ctx'][end]))}"
    given = f"{_quoted(value)} given: " if plain else ""
    return f"{given}{message[:1].lower()}{message[1:]}{allowed}"


def _quoted(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # a whole number of thousands of digits
        return "a number of thousands of digits"


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


def holds(field: Any, value: float) -> bool:
    """True for a value that a field's constraints allow."""
    tests = {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}
    found = [(test, getattr(constraint, name, None)) for constraint in field.metadata for name, test in tests.items()]
    return all(test(value, end) for test, end in found if end is not None)


def closed_range(kind: type[BaseModel], name: str) -> tuple[float, float]:
    """Ends of a field's range that belong to it; infinite where there is none, or it does not belong to the range."""
    low, high = -math.inf, math.inf
    for constraint in kind.model_fields[name].metadata:
        ends = getattr(constraint, "ge", None), getattr(constraint, "le", None)
        low, high = (found if end is None else float(end) for end, found in zip(ends, (low, high)))
    return low, high


def _plain_number(bound: float) -> str:
    if abs(bound) < 2**53 and bound == int(bound):
        return str(int(bound))
    short = f"{bound:g}"
    return short if float(short) == bound else repr(bound)


class Nothing(Frozen):
    """There is nothing to choose."""
