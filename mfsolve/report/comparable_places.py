"""Axes of two studies: the places at which a run along an axis is comparable with one that has a single value."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mfsolve.report.look import place_text
from mfsolve.study.file.variable_settings import is_range


def compared(study: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a study by name; what it or the other varies has the values along its axis.

    The mark `calibrated` of an estimate is true or false: what it was fitted with are the settings that differ.
    """
    axes = _axes(study)
    found = {name: value for name, value in _flat(_marked(study)) if not name.startswith(("grid.", "design.over."))}
    for axis in {**axes, **_axes(other)}:
        single = _value(study, axis)
        for name in _names(study, axis):
            found.pop(name, None)
        found[axis] = axes.get(axis, single)
    return found


def _marked(study: Mapping[str, Any]) -> dict[str, Any]:
    """A study whose marks `calibrated` are false where a mark is the settings of another one."""
    estimates = [
        {**one, "calibrated": False} if isinstance(one.get("calibrated"), Mapping) else one
        for one in study.get("estimates", [])
    ]
    return {**study, "estimates": estimates} if estimates else dict(study)


def shared_places(study: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    """Parts of the names of places, along axes that the other study lacks, which say the other's own value."""
    lacking = {axis: _value(other, axis) for axis in _axes(study).keys() - _axes(other).keys()}
    found = {axis: value for axis, value in lacking.items() if value is not None}
    return {place_text({axis: value}) for axis, value in found.items()} | {
        f"{axis.rpartition('.')[2]}={value}" for axis, value in found.items()
    }


def without(name: str, parts: Collection[str]) -> str:
    """A place, or the name of a data set, without these parts of a place."""
    steps = [
        gap.join(part for part in step.split(gap) if part not in parts) if any(x in step for x in parts) else step
        for step in name.split("/")
        for gap in (", " if ", " in step else ",",)
    ]
    return "/".join(step for step in steps if step)


def _axes(study: Mapping[str, Any]) -> dict[str, Any]:
    """Axes of the grid and of the design, with what the study says of each."""
    design = study.get("design", {})
    return {**dict(_leaves(study.get("grid", {}))), **dict(_leaves(design.get("over", {})))}


def _leaves(table: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in table.items():
        path = f"{name}.{key}" if name else key
        if isinstance(inner, Mapping) and not is_range(inner):
            yield from _leaves(inner, path)
        else:
            yield path, inner


def _names(study: Mapping[str, Any], axis: str) -> list[str]:
    """Settings that an axis stands for: one, or that of every arm."""
    section, *label, key = axis.split(".")
    table = study.get(section, {})
    arms = [arm for arm, held in table.items() if isinstance(held, Mapping) and key in held] if not label else []
    return [f"{section}.{arm}.{key}" for arm in arms] or [axis]


def _value(study: Mapping[str, Any], axis: str) -> Any:
    """The single value that a study has of a setting; None where it has none, or arms have several."""
    held = dict(_flat(study))
    values = [held.get(name) for name in _names(study, axis)]
    return values[0] if all(value == values[0] for value in values) else None


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Keys and values of nested tables; a list is one value, but for lists of tables."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value and all(isinstance(x, Mapping) for x in value):
        for i, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{inner.get('name', i)}]")
    else:
        yield name, value
