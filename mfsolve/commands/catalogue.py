"""`mfsolve list`: experiments with their settings, and the shipped studies."""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from mfsolve.calibration.section import Settings as Calibration
from mfsolve.commands.model_texts import CITED, NUMBER, cited_numbers
from mfsolve.experiments import NAMES, guests, load, meant
from mfsolve.experiments.experiment import Case, Experiment
from mfsolve.models.frozen import Frozen, InputError, describe_range
from mfsolve.study.file import study_keys
from mfsolve.study.file.config import read_study
from mfsolve.study.file.settings import Ensemble
from mfsolve.study.file.shipped import resembling, shipped_studies
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.sweep import DesignSettings
from mfsolve.study.file.toml_text import header
from mfsolve.study.statistics.estimate_spec import EstimateSpec

if TYPE_CHECKING:
    from rich.console import Console


TITLES = {
    "study": "before the first section",
    "arms": "[ARMS.ARM], such as [policies.mine]",
    "estimates": "[[estimates]]",
}
"""Titles of the keys of a study, where they are not the section's name."""


def describe(kind: type[Frozen]) -> list[dict[str, Any]]:
    """Name, default, range and meaning of every setting."""
    result = []
    for name, field in kind.model_fields.items():
        default = (
            None if field.is_required() else _plain(field.get_default(call_default_factory=True, validated_data={}))
        )
        allowed = describe_range(field)
        kind_of_value: Any = field.annotation
        values = [str(v) for v in kind_of_value] if hasattr(kind_of_value, "__members__") else []
        values = ["true", "false"] if kind_of_value is bool else values
        result.append(
            {
                "name": name,
                "required": field.is_required(),
                "default": default,
                "range": allowed or " | ".join(values),
                "meaning": field.description or "",
            }
        )
    return result


def _plain(default: Any) -> Any:
    """A default as TOML and JSON have it."""
    if isinstance(default, BaseModel):
        return default.model_dump(mode="json", exclude_defaults=True)
    if isinstance(default, tuple | list):
        return [_plain(one) for one in default]
    if default is None or isinstance(default, str | int | float | dict):
        return default
    return str(getattr(default, "name", default))  # a text goes by its name


def catalogue() -> dict[str, Any]:
    """Experiments with their settings, and the shipped studies."""
    return {
        "models": {name: described(load(name)) for name in (*NAMES, *guests())},
        "ensemble": describe(Ensemble),
        "estimates": describe(EstimateSpec),
        "calibration": describe(Calibration),
        "studies": {name: _shipped(path) for name, path in shipped_studies().items()},
    }


def described(experiment: Experiment) -> dict[str, Any]:
    """Title, settings and closed forms of an experiment."""
    return {
        "title": plain_title(experiment.title),
        "parameters": describe(experiment.parameters),
        "population": describe(experiment.population),
        "record": describe(experiment.record),
        "arms": {f"{experiment.section}.{rule}": describe(arm.settings) for rule, arm in experiment.arms.items()},
        "predictions": list(experiment.predictions),
        "equations": cited_numbers(experiment.name) if experiment.home is None else [],
    }


def variables(experiment: Experiment) -> list[dict[str, Any]]:
    """Outputs that are stored under default settings: name, unit, dimensions, meaning, arms, and their references.

    An arm whose settings have no defaults is left out, as what it stores depends on them.
    """
    found: dict[str, dict[str, Any]] = {}
    for rule, arm in experiment.arms.items():
        try:
            case = Case(experiment.parameters(), arm.settings(), experiment.population(), experiment.record(), rule)
            outputs, names = arm.outputs(case), arm.reference.names(case) if arm.reference else ()
        except (ValidationError, ValueError):
            continue
        for name, output in outputs.items():
            of = found.setdefault(
                name,
                {"name": name, "unit": "" if output.units == "1" else output.units, "along": list(output.dims),
                 "meaning": output.long_name, "arms": [], "reference": []},
            )  # fmt: skip
            of["arms"].append(rule)
            of["reference"] += [rule] if name in names else []
    return list(found.values())


def plain_title(title: str) -> str:
    """A title without the section of the equations, which `mfsolve explain` prints."""
    return re.sub(r" ?\(MODEL [^)]*\)", "", title)


def _shipped(path: Path) -> dict[str, str]:
    """Title and model of a study file, and the comment it begins with: what it measures, and found."""
    raw = read_study(path)
    return {"title": plain_title(raw["title"]), "model": raw["model"], "file": str(path), "about": header(path)}


def _chosen(name: str) -> dict[str, Any]:
    """Everything of one name: the sections of every study, an experiment with its variables, a shipped study.

    Raises
    ------
    StudyError
        For a name that nothing has.
    """
    models, studies = [*NAMES, *guests()], shipped_studies()
    chosen: dict[str, Any] = {}
    if name == "study":
        chosen["study"] = {
            "study": [*study_keys.TOP], "arms": [*study_keys.ARM], "grid": [*study_keys.GRID],
            "design": [*describe(DesignSettings), *study_keys.OVER], "ensemble": describe(Ensemble),
            "estimates": describe(EstimateSpec), "calibration": [*describe(Calibration), *study_keys.FREE],
        }  # fmt: skip
    if name in models or ":" in name:
        try:
            experiment = load(name)
        except ValueError as error:
            raise error if isinstance(error, InputError) else StudyError(str(error)) from None
        chosen["model"] = {**described(experiment), "variables": variables(experiment)}
    if name in studies:
        chosen["shipped"] = _shipped(studies[name])
    if not chosen:
        near = meant(name, Path()) or resembling(name, [*models, *studies], "mfsolve list")
        raise StudyError(f"{name}: no such experiment or study{near}")
    return chosen


def list_everything(name: str | None, as_json: bool) -> int:
    """Print what there is; or settings of an experiment, those that every study has, or what a shipped study is about.

    Raises
    ------
    StudyError
        For a name that nothing has.
    """
    chosen = {} if name is None else _chosen(name)
    content = catalogue() if name is None else {}
    if as_json:
        print(json.dumps(content if name is None else chosen, indent=2))
        return 0
    from rich.console import Console

    console = Console(width=None if Console().is_terminal else 140, highlight=False, markup=False)
    if name is None:
        _overview(console, content)
    for section, settings in chosen.get("study", {}).items():
        console.print(_settings(TITLES.get(section, f"[{section}]"), settings))
    if "study" in chosen:
        console.print(_words_for_arms())
    if "model" in chosen:
        _model(console, name or "", chosen["model"])
    if "shipped" in chosen:
        _study(console, name or "", chosen["shipped"])
    return 0


def _words_for_arms() -> str:
    """The words that stand for `arm` in an estimate, with the sections in which these arms are."""
    words: dict[str, str] = {}
    for name in NAMES:
        experiment = load(name)
        words.setdefault(experiment.word, experiment.section)
    said = ", ".join(f"{word} ([{section}.ARM])" for word, section in sorted(words.items()) if word != "arm")
    return f"arm in an estimate may go by the experiment's word for it: {said}"


def _overview(console: "Console", content: dict[str, Any]) -> None:
    console.print('experiments, model = "NAME" in a study file', style="bold")
    console.print(
        "settings: mfsolve list NAME; equations: mfsolve explain NAME; keys of every study: mfsolve list study\n"
    )
    for name, experiment in content["models"].items():
        console.print(f"  {name:<24} {experiment['title']}")
    console.print("\nshipped studies", style="bold")
    console.print("findings: mfsolve list STUDY; to run it: mfsolve run STUDY\n")
    for name, study in content["studies"].items():
        console.print(f"  {name:<24} {study['title']}")


def _model(console: "Console", name: str, model: dict[str, Any]) -> None:
    console.print(f"experiment {name}: {model['title']}\n", style="bold")
    for section in ("parameters", "population", "record"):
        if model[section]:
            console.print(_settings(f"[{section}]", model[section]))
    for rule, settings in model["arms"].items():
        console.print(_settings(f"[{rule}]", settings) if settings else f"[{rule}]\n")
    console.print("label: name of any of these in figures and tables; not a setting\n")
    if model["variables"]:
        console.print(_variables(model))
    sections = f"MODEL {', '.join(model['equations'])}: " if model["equations"] else ""
    console.print(f"equations and sources: {sections}mfsolve explain {name}")
    console.print(f"closed forms for `prediction`: {', '.join(model['predictions']) or 'none'}\n")


def _study(console: "Console", name: str, study: dict[str, Any]) -> None:
    console.print(f"study {name}: {study['title']}\n", style="bold")
    console.print(study["about"])
    cited = dict.fromkeys(n for found in CITED.findall(study["about"]) for n in NUMBER.findall(found))
    if cited:
        console.print(f"\nMODEL {', '.join(cited)}: {', '.join(f'mfsolve explain {number}' for number in cited)}")
    console.print(f"\nexperiment: {study['model']}   to run it: mfsolve run {name}")
    console.print(f"file: {study['file']}")


def _settings(title: str, settings: list[dict[str, Any]]) -> Any:
    defaults = ["required" if setting["required"] else toml_value(setting["default"]) for setting in settings]
    rows = [[s["name"], default, s["range"], s["meaning"]] for s, default in zip(settings, defaults)]
    return _table(title, ("name", "default", "range", "meaning"), rows)


def _variables(model: dict[str, Any]) -> Any:
    """Table of variables; the arms are named where not all of them store one."""
    rules = list(dict.fromkeys(rule for v in model["variables"] for rule in v["arms"]))

    def some(arms: list[str]) -> str:
        left = [rule for rule in rules if rule not in arms]
        if len(rules) == 1:
            return ""
        return ", ".join(arms) if len(left) >= len(arms) else f"all but {', '.join(left)}" if left else "all"

    rows = [
        [v["name"], v["unit"], " x ".join(v["along"]), v["meaning"], some(v["arms"]), "yes" if v["reference"] else ""]
        for v in model["variables"]
    ]
    return _table("variables", ("name", "unit", "along", "meaning", "arms", "reference"), rows)


def _table(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> Any:
    """A table without its empty columns."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, padding=(0, 2))
    kept = [i for i in range(len(names)) if any(row[i] for row in rows)]
    for i in kept:
        table.add_column(names[i], no_wrap=names[i] in ("name", "default"))
    for row in rows:
        table.add_row(*(Text(row[i]) for i in kept))
    return table


def toml_value(value: Any) -> str:
    """A value as a study file writes it, on one line."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {toml_value(item)}' for key, item in value.items())} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return "none" if value is None else json.dumps(value)
