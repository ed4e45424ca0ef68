"""`mfsolve list` and `mfsolve new`: what there is, and a study file to start from."""

import json
from importlib import resources
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from mfsolve.calibration.section import Settings as Calibration
from mfsolve.experiments import MODULES, load
from mfsolve.models.frozen import Frozen, describe_range
from mfsolve.study.config import StudyError, nearest, read_toml
from mfsolve.study.files import write_text
from mfsolve.study.settings import Ensemble, EstimateSpec, Statistic

if TYPE_CHECKING:
    from rich.console import Console

COMMON = ("ensemble", "estimates", "calibration")
"""Sections that a study of any model may have."""
KINDS = {"models": "model", "studies": "shipped"}


def shipped_studies() -> dict[str, Path]:
    """Study files that come with the package, by name."""
    folder = Path(str(resources.files("mfsolve.runs")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def describe(kind: type[Frozen]) -> list[dict[str, Any]]:
    """Name, default, range and meaning of every setting."""
    result = []
    for name, field in kind.model_fields.items():
        default = None if field.is_required() else _plain(field.get_default())
        allowed = describe_range(field)
        kind_of_value: Any = field.annotation
        values = [str(v) for v in kind_of_value] if hasattr(kind_of_value, "__members__") else []
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
        return default.model_dump(mode="json")
    return list(default) if isinstance(default, tuple) else default


def catalogue() -> dict[str, Any]:
    """Models with their settings, and the shipped studies."""
    models = {}
    for name in MODULES:
        model = load(name)
        models[name] = {
            "title": model.title,
            "parameters": describe(model.parameters),
            "population": describe(model.population),
            "record": describe(model.record),
            "alternatives": {f"{model.section}.{rule}": describe(kind) for rule, kind in model.alternatives.items()},
            "predictions": list(model.predictions),
        }
    return {
        "models": models,
        "ensemble": describe(Ensemble),
        "estimates": describe(EstimateSpec),
        "calibration": describe(Calibration),
        "studies": {name: _shipped(path) for name, path in shipped_studies().items()},
    }


def _shipped(path: Path) -> dict[str, str]:
    """Title and model of a study file, and the comment it begins with: what it measures, and found."""
    raw = read_toml(path)
    about = takewhile(lambda line: line.startswith("#"), path.read_text(encoding="utf-8").splitlines())
    lines = "\n".join(line.removeprefix("#").strip() for line in about)
    return {"title": raw["title"], "model": raw["model"], "file": str(path), "about": lines}


def list_everything(name: str | None, as_json: bool) -> int:
    """Print what there is; or all settings of a model, those that every study has, or what a shipped study is about.

    Raises
    ------
    StudyError
        For a name that nothing has.
    """
    content = catalogue()
    chosen = {"study": {s: content[s] for s in COMMON}} if name == "study" else {}
    chosen |= {KINDS[key]: content[key][name] for key in KINDS if name in content[key]}
    if name is not None and not chosen:
        raise StudyError(f"{name}: no such model or study{nearest(name, [*content['models'], *content['studies']])}")
    if as_json:
        print(json.dumps(content if name is None else chosen, indent=2))
        return 0
    from rich.console import Console

    console = Console(width=None if Console().is_terminal else 140, highlight=False, markup=False)
    if name is None:
        _overview(console, content)
    for section in chosen.get("study", {}):
        console.print(_settings(f"[{section}]", content[section]))
    if "model" in chosen:
        _model(console, name or "", chosen["model"])
    if "shipped" in chosen:
        _study(console, name or "", chosen["shipped"])
    return 0


def _overview(console: "Console", content: dict[str, Any]) -> None:
    console.print("models (settings: mfsolve list MODEL; those of every study: mfsolve list study)\n", style="bold")
    for name, model in content["models"].items():
        console.print(f"  {name:<18} {model['title']}")
    console.print("\nshipped studies (what it found: mfsolve list STUDY; to run it: mfsolve run STUDY)\n", style="bold")
    for name, study in content["studies"].items():
        console.print(f"  {name:<24} {study['title']}")


def _model(console: "Console", name: str, model: dict[str, Any]) -> None:
    console.print(f"model {name}: {model['title']}\n", style="bold")
    for section in ("parameters", "population", "record"):
        console.print(_settings(f"[{section}]", model[section]))
    for rule, settings in model["alternatives"].items():
        console.print(_settings(f"[{rule}]", settings) if settings else f"[{rule}]\n")
    console.print(f"closed forms for `prediction`: {', '.join(model['predictions']) or 'none'}\n")


def _study(console: "Console", name: str, study: dict[str, Any]) -> None:
    console.print(f"study {name}: {study['title']}\n", style="bold")
    console.print(study["about"])
    console.print(f"\nmodel: {study['model']}   to run it: mfsolve run {name}")
    console.print(f"file: {study['file']}")


def _settings(title: str, settings: list[dict[str, Any]]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, padding=(0, 2))
    for column in ("name", "default", "range", "meaning"):
        table.add_column(column, no_wrap=column in ("name", "default"))
    for setting in settings:
        default = "required" if setting["required"] else _toml(setting["default"])
        table.add_row(*(Text(str(x)) for x in (setting["name"], default, setting["range"], setting["meaning"])))
    return table


def _toml(value: Any) -> str:
    return "none" if value is None else json.dumps(value)


def template(name: str) -> str:
    """A commented study file: every setting of the model with its default, and a first estimate."""
    model = load("collapse")
    lines = [f'title = "{name}"', 'model = "collapse"   # see: mfsolve list', ""]
    for section in ("parameters", "population", "record"):
        lines.append(f"[{section}]")
        for setting in describe(getattr(model, section)):
            allowed = f" {setting['range']}" if setting["range"] else ""
            lines.append(f"# {setting['meaning']};{allowed}".rstrip("; "))
            line = f"{setting['name']} = {_toml(setting['default'])}"
            lines.append(f"# {setting['name']} =" if setting["default"] is None else line)
        lines.append("")
    lines += ['# Policies to compare; a label may differ from the rule: [policies.high], rule = "fixed".']
    for rule, kind in model.alternatives.items():
        mark = "" if rule in ("none", "closed_form") else "# "
        lines.append(f"{mark}[policies.{rule}]")
        for setting in describe(kind):
            value = "0.3" if setting["required"] else _toml(setting["default"])
            lines.append(f"{mark}{setting['name']} = {value}   # {setting['meaning']}; {setting['range']}")
    lines += [
        "",
        "# Every combination of these values is a point of the study.",
        "# [grid]",
        "# parameters.variance_ratio = [0.3, 0.5, 0.7]",
        "",
        "[ensemble]",
    ]
    for setting in describe(Ensemble):
        lines += [
            f"# {setting['meaning']}; {setting['range']}",
            f"{setting['name']} = {_toml(setting['default'])}",
        ]
    lines += [
        "",
        "# Rows of the report; statistic is one of:",
        f"# {', '.join(Statistic)}.",
        "[[estimates]]",
        'name = "contamination at the end, no policy"',
        'quantity = "contamination"',
        'policy = "none"',
        "",
        "[[estimates]]",
        'name = "quality gain of the policy"',
        'statistic = "gain"',
        'quantity = "quality"',
        'policy = "closed_form"',
        'baseline = "none"',
        "# published = 0.231        # a paper's figure to compare with, and get a verdict on",
        "percent = true",
        "",
        "# Parameters for `mfsolve calibrate` to estimate, from the estimates above that have a published figure",
        "# (and the standard_error of that figure, if its source gives one).",
        "# [calibration]",
        *(f"# {s['name']} = {_toml(s['default'])}   # {s['meaning']}" for s in describe(Calibration) if s["default"]),
        "# [calibration.free]",
        "# parameters.imitation = [0.4, 0.9]",
        '# parameters.cost_curvature = { range = [0.1, 1.0], scale = "log" }',
    ]
    return "\n".join(lines) + "\n"


def new(name: str, like: str | None = None) -> int:
    """Write NAME.toml, a template or a copy of a shipped study; never over a file that is there.

    Raises
    ------
    StudyError
        Where the name is no file name, the file exists, or no study is shipped under the name `like`.
    """
    path = Path(name if name.endswith(".toml") else f"{name}.toml")
    shipped = shipped_studies()
    if like is not None and like not in shipped:
        raise StudyError(f"--like: {like}: no such shipped study{nearest(like, list(shipped))}")
    if path.exists():
        raise StudyError(f"{path}: already exists; choose another name")
    if not path.parent.is_dir():
        raise StudyError(f"{path.parent}: no such folder")
    write_text(path, shipped[like].read_text(encoding="utf-8") if like else template(path.stem))
    print(f"{path}: edit it, then: mfsolve run {path}")
    return 0
