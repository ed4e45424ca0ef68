"""`mfsolve new`: a study file to start from, of any experiment."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from mfsolve.calibration.section import Settings as Calibration
from mfsolve.commands.catalogue import describe, plain_title, toml_value
from mfsolve.experiments import NAMES, guests, load, meant
from mfsolve.experiments.experiment import Case, Experiment
from mfsolve.models.frozen import Frozen, InputError
from mfsolve.paths import exists, is_dir
from mfsolve.study.file.config import read_study
from mfsolve.study.file.settings import Ensemble
from mfsolve.study.file.shipped import resembling, shipped_studies
from mfsolve.study.file.source import StudyError
from mfsolve.study.statistics.estimands import ESTIMANDS
from mfsolve.study.storage.files import write_text

ARMS = 2
"""Arms that a template compares; the others stand in comments."""
WIDTH = 118


@cache
def _shipped(model: str) -> tuple[Mapping[str, Any], ...]:
    """Shipped studies of an experiment, parsed."""
    return tuple(raw for path in shipped_studies().values() if (raw := read_study(path)).get("model") == model)


def example(experiment: Experiment, section: str, key: str, rule: str | None = None) -> Any:
    """The first value that a shipped study gives to a setting, which has no default; None where no study has one."""
    for raw in _shipped(experiment.name):
        for table in (raw.get(section, {}), raw.get("grid", {}).get(section, {})):
            tables = [table]
            if rule is not None:
                tables = [t for name, t in table.items() if isinstance(t, Mapping) and t.get("rule", name) == rule]
            for found in (t[key] for t in tables if key in t):
                return found[0] if isinstance(found, list) and table is not raw.get(section) else found
    return None


def template(name: str, model: str = "collapse") -> str:
    """A commented study file: every setting of an experiment with its default, two arms and a first estimate."""
    experiment = load(model)
    arms = _arms(experiment)
    about = plain_title(experiment.title)
    lines = [
        f"# {about}. Settings and outputs: mfsolve list {model}; equations: mfsolve explain {model}",
        f"title = {json.dumps(name, ensure_ascii=False)}", f'model = "{model}"', "",
    ]  # fmt: skip
    for section in ("parameters", "population", "record"):
        kind = getattr(experiment, section)
        lines += [f"[{section}]", *_settings(kind, _given(kind, section, experiment)), ""] if kind.model_fields else []
    lines += _wrapped(
        f"Alternatives compared; a name may differ from its rule: [{experiment.section}.mine], rule = "
        f'"{next(iter(experiment.arms))}"; label = "my words" is its name in figures and tables.'
    )
    for rule, arm in experiment.arms.items():
        mark = "" if rule in arms else "# "
        lines.append(f"{mark}[{experiment.section}.{rule}]")
        given = _given(arm.settings, experiment.section, experiment, rule)
        lines += (f"{mark}{line}" for line in _settings(arm.settings, given))
    lines += ["", "# Every combination of these values is a point of the study.", *_grid(experiment), "", "[ensemble]"]
    lines += [*_settings(Ensemble, {}), "", *_estimates(experiment, arms), "", *_calibration()]
    return "\n".join(lines) + "\n"


def _settings(kind: type[Frozen], given: Mapping[str, Any]) -> Iterator[str]:
    """Every setting with its meaning, range and default."""
    for setting in describe(kind):
        name, allowed = setting["name"], f"; {setting['range']}" if setting["range"] else ""
        yield from _wrapped(f"{setting['meaning']}{allowed}")
        value = given.get(name, setting["default"])
        yield f"# {name} =" if value in (None, {}) else f"{name} = {toml_value(value)}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _given(kind: type[Frozen], section: str, experiment: Experiment, rule: str | None = None) -> dict[str, Any]:
    """Values of settings that have no default."""
    required = [name for name, field in kind.model_fields.items() if field.is_required()]
    return {name: example(experiment, section, name, rule) for name in required}


def _arms(experiment: Experiment) -> dict[str, Case]:
    """The first arms that can be run with the values of the template, each with its case."""
    built = {s: getattr(experiment, s)(**_given(getattr(experiment, s), s, experiment))
             for s in ("parameters", "population", "record")}  # fmt: skip
    found: dict[str, Case] = {}
    for rule, arm in experiment.arms.items():
        try:
            settings = arm.settings(**_given(arm.settings, experiment.section, experiment, rule))
            case = Case(built["parameters"], settings, built["population"], built["record"], rule)
            arm.check(case)
            arm.outputs(case)
        except ValueError:
            continue
        found[rule] = case
    # arms that share an output come first: they can be compared
    first, *others = found
    numbers = {rule: set(_numbers(experiment, case)) for rule, case in found.items()}
    chosen = [first, *(rule for rule in others if numbers[rule] & numbers[first])][:ARMS]
    return {rule: found[rule] for rule in chosen}


def _numbers(experiment: Experiment, case: Case) -> list[str]:
    """Outputs that an estimate can be made of: single numbers, and paths of them."""
    whole = () if experiment.path is None else (experiment.path,)
    return [name for name, output in experiment.outputs(case).items() if output.dims in ((), whole)]


def _grid(experiment: Experiment) -> Iterator[str]:
    """A grid of one setting, in comments."""
    yield "# [grid]"
    for section in ("parameters", "population"):
        kind = getattr(experiment, section)
        for name, field in kind.model_fields.items():
            default = field.default
            if isinstance(default, int | float) and not isinstance(default, bool) and default:
                tried = [type(default)(default * share) for share in (0.5, 1.0, 2.0, 0.8, 0.9)]
                allowed = sorted({value for value in tried if _allows(kind, name, value)})[:3]
                if len(allowed) > 1:
                    yield f"# {section}.{name} = {toml_value([float(f'{v:g}') if v % 1 else v for v in allowed])}"
                    return


def _allows(kind: type[Frozen], name: str, value: Any) -> bool:
    try:
        kind(**{name: value})
    except ValueError:
        return False
    return True


def _estimates(experiment: Experiment, arms: Mapping[str, Case]) -> Iterator[str]:
    """A mean, and a difference where there are two arms with one output."""
    yield from _wrapped(f"Rows of the report; statistic is one of: {', '.join(ESTIMANDS)}.")
    rules, word = list(arms), experiment.word
    names = _numbers(experiment, arms[rules[0]])
    if not names:
        yield from ("# [[estimates]]", "# (its outputs are curves and maps, which figures show)")
        return
    outputs, quantity = experiment.outputs(arms[rules[0]]), names[0]
    meaning = outputs[quantity].long_name
    along = bool(outputs[quantity].dims)
    yield from ("[[estimates]]", f"name = {json.dumps(f'{meaning}, {rules[0]}')}", f'quantity = "{quantity}"')
    yield from [f'{word} = "{rules[0]}"'] if len(rules) > 1 else []
    if along:
        yield f"# at = ...                 # a place along {experiment.path}; default: its end"
    yield "# published = 0.231        # a paper's figure, to get a verdict on"
    if len(rules) > 1 and quantity in _numbers(experiment, arms[rules[1]]):
        yield from (
            "", "[[estimates]]", f"name = {json.dumps(f'{meaning}, {rules[1]} less {rules[0]}')}",
            'statistic = "difference"', f'quantity = "{quantity}"', f'{word} = "{rules[1]}"',
            f'baseline = "{rules[0]}"',
        )  # fmt: skip


def _calibration() -> Sequence[str]:
    """The section that `mfsolve calibrate` reads, in comments."""
    known = [s for s in describe(Calibration) if s["default"]]
    return [
        "# Parameters for `mfsolve calibrate` to estimate, from the estimates above that have a published figure",
        "# (and the standard_error of that figure, if its source gives one).",
        "# [calibration]",
        *(f"# {s['name']} = {toml_value(s['default'])}   # {s['meaning']}" for s in known),
        "# [calibration.free]",
        "# parameters.NAME = [0.4, 0.9]",
        '# parameters.OTHER = { range = [0.1, 1.0], scale = "log" }',
    ]


def named(name: str, *endings: str) -> Path:
    """Path of a file to be written, by its name with or without an ending, of which the first is its own.

    Raises
    ------
    StudyError
        Where the name is empty, that of a folder, hidden or not printable.
    """
    word = name
    for ending in endings:
        word = word.removesuffix(ending)
    last = word.rpartition("/")[2]
    if not last or last.startswith(".") or not last.isprintable():
        raise StudyError(f"new: {name!r} given: the name of a file is needed, such as mine{endings[0]}")
    return Path(f"{word}{endings[0]}")


def new(name: str, like: str | None = None, model: str | None = None) -> int:
    """Write NAME.toml, a template or a copy of a shipped study; never over a file that is there.

    Raises
    ------
    StudyError
        Where the name is no file name, the file exists, or there is no such shipped study or model.
    """
    path = named(name, ".toml")
    shipped = shipped_studies()
    if like is not None and like not in shipped:
        raise StudyError(f"--like: {like}: no such shipped study{resembling(like, shipped, 'mfsolve list')}")
    if exists(path):
        raise StudyError(f"{path}: already exists; choose another name")
    if not is_dir(path.parent):
        raise StudyError(f"{path.parent}: no such folder")
    write_text(path, shipped[like].read_text(encoding="utf-8") if like else _of(path.stem, model or "collapse"))
    print(f"{path}: edit it, then: mfsolve run {path}")
    return 0


def _of(name: str, model: str) -> str:
    if model not in NAMES and model not in guests() and ":" not in model:
        near = meant(model, Path()) or resembling(model, [*NAMES, *guests()], "mfsolve list")
        raise StudyError(f"--model: {model!r} given: unknown{near}")
    try:
        return template(name, model)
    except InputError:
        raise
    except ValueError as error:
        raise StudyError(f"--model: {error}") from None
