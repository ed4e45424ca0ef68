"""`extends`: a study that starts from another one, and says only what differs."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mfsolve.experiments import load
from mfsolve.experiments.experiment import INHERITING
from mfsolve.models.arguments import nearest
from mfsolve.paths import is_file
from mfsolve.study.file.calibration_marks import marked
from mfsolve.study.file.points import CASE_SECTIONS
from mfsolve.study.file.shipped import beside, resembling, shipped_studies
from mfsolve.study.file.source import Source

Reader = Callable[[Path], dict[str, Any]]


def inherited(raw: Mapping[str, Any], path: Path, read: Reader) -> dict[str, Any]:
    """A parsed study file with all that it takes from those it extends.

    `extends` names a shipped study or a file, seen from the folder of the file that says so. Tables are merged key by
    key; an estimate takes the place of the one of its name, or stands behind them; anything else is replaced. What
    `without` lists, as `section.key` or as the name of an estimate, is not taken over.

    Raises
    ------
    StudyError
        For an unknown name, for a file that extends itself, for something in `without` that is not there.
    """
    seen = [path.resolve()]
    chain: list[tuple[dict[str, Any], Path]] = [(dict(raw), path)]
    while "extends" in chain[-1][0]:
        child, file = chain[-1]
        above = _file(child["extends"], file)
        if above.resolve() in seen:
            names = " -> ".join([*(p.name for p in seen), above.name])
            Source(str(file)).fail(f"extends: {child['extends']!r} given: a study cannot extend itself ({names})")
        seen.append(above.resolve())
        chain.append((read(above), above))
    whole, last = chain.pop()
    if "without" in whole:
        Source(str(last)).fail("without: applies only to a study that extends another: there is no extends")
    while chain:
        child, file = chain.pop()
        _anchor(whole, last, file)
        whole = marked(whole)
        for name in _names(child.get("without", []), file):
            _leave_out(whole, name, file)
        whole, last = merged(whole, {key: value for key, value in child.items() if key not in INHERITING}), file
    return whole


def merged(above: Mapping[str, Any], below: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of which the lower one has the last word, key by key; estimates by their names."""
    result = dict(above)
    for key, value in below.items():
        before = result.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[key] = merged(before, value)
        elif key == "estimates" and isinstance(before, list) and isinstance(value, list):
            result[key] = list(_by_name(before, value))
        else:
            result[key] = value
    return result


def _by_name(before: list[Any], after: list[Any]) -> Iterator[Any]:
    own = {_name(entry): entry for entry in after if _name(entry) is not None}
    known = {_name(entry) for entry in before} - {None}
    yield from (merged(entry, own[_name(entry)]) if _name(entry) in own else entry for entry in before)
    yield from (entry for entry in after if _name(entry) not in known)


def _name(entry: Any) -> str | None:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) else None


def _file(name: Any, file: Path) -> Path:
    source = Source(str(file))
    if not isinstance(name, str):
        source.fail(f"extends: {name!r} given: the name of a shipped study is needed, or the path of a file")
    path = file.parent / name
    if is_file(path):
        return path
    shipped = shipped_studies()
    if name not in shipped:
        meant = beside(path) or resembling(Path(name).stem, shipped, "mfsolve list")
        source.fail(f"extends: {name!r} given: no such file or shipped study{meant}")
    return shipped[name]


def _names(given: Any, file: Path) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        Source(str(file)).fail(f"without: {given!r} given: a list of names is needed, such as ['policies.tax']")
    return list(given)


def _leave_out(whole: dict[str, Any], name: str, file: Path) -> None:
    """Take `section.key`, or the estimate of that name, away."""
    estimates = whole.get("estimates", [])
    rows = [_name(entry) for entry in estimates] if isinstance(estimates, list) else []
    if name in rows:
        whole["estimates"] = [entry for entry in estimates if _name(entry) != name]
        return
    *sections, key = name.split(".")
    table: Any = whole
    for section in sections:
        if isinstance(table.get(section), Mapping):
            table[section] = dict(table[section])
        table = table.get(section)
        if not isinstance(table, dict):
            break
    if not isinstance(table, dict) or key not in table:
        keys = [f"{section}.{key}" for section, held in whole.items() if isinstance(held, dict) for key in held]
        known = [*(row for row in rows if row), *whole, *keys]
        Source(str(file)).fail(f"without: {name!r} given: not in the study that this one extends{nearest(name, known)}")
    del table[key]


def _anchor(whole: dict[str, Any], above: Path, below: Path) -> None:
    """Make names of data files beside the upper study hold in the folder of the lower one."""
    if above.parent.resolve() == below.parent.resolve():
        return
    try:
        experiment = load(str(whole.get("model")))
    except ValueError:
        return  # said when the study is resolved
    for section in CASE_SECTIONS:
        table = whole.get(section, {})
        for key in getattr(experiment, section).FILES if isinstance(table, Mapping) else ():
            held = table.get(key)
            name = held.get("data") if isinstance(held, Mapping) else held
            if isinstance(name, str) and is_file(above.parent / name):
                path = str((above.parent / name).resolve())
                whole[section] = {**table, key: {**held, "data": path} if isinstance(held, Mapping) else path}
