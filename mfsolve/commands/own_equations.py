"""The equations of a user's own model: a text beside its file, or its docstring, and its symbols."""

import ast
from pathlib import Path
from typing import Any

from mfsolve.commands.catalogue import describe, plain_title, toml_value, variables
from mfsolve.experiments.experiment import Experiment
from mfsolve.paths import is_file

BOOK = "MODEL.md"


def own_equations(experiment: Experiment, folder: Path) -> str:
    """Title, equations and symbols of a user's own experiment, in markdown.

    The equations are those of `MODULE.md` or `MODEL.md` beside its file, or else the docstring of the module.
    """
    home = experiment.home
    assert home is not None
    stem = home.module.rpartition(".")[2]
    for place in (folder, home.folder):
        for name in (f"{stem}.md", BOOK):
            path = place.joinpath(*home.module.split(".")[:-1], name)
            if is_file(path):
                return path.read_text(encoding="utf-8").rstrip() + "\n"
    return "\n\n".join([f"# {plain_title(experiment.title)}", *_docstring(home, stem), *_symbols(experiment)]) + "\n"


def _docstring(home: Any, stem: str) -> list[str]:
    """The docstring of the module that holds the experiment."""
    for name, source in home.files:
        place = Path(name)
        if place.stem == stem or (place.name == "__init__.py" and place.parent.name == stem):
            text = ast.get_docstring(ast.parse(source))
            return [text] if text else []
    return []


def _symbols(experiment: Experiment) -> list[str]:
    """Tables of settings and of outputs."""
    kinds = [experiment.parameters, experiment.population, *(arm.settings for arm in experiment.arms.values())]
    settings = {row["name"]: row for kind in kinds for row in describe(kind)}
    lines = [
        f"| `{name}` | {row['meaning']} | {'' if row['required'] else toml_value(row['default'])} | {row['range']} |"
        for name, row in settings.items()
    ]
    known = variables(experiment)
    outputs = [f"| `{v['name']}` | {v['meaning']} | {v['unit']} | {', '.join(v['along'])} |" for v in known]
    parts = []
    if lines:
        parts.append("## Settings\n\n| name | meaning | default | range |\n|---|---|---|---|\n" + "\n".join(lines))
    if outputs:
        parts.append("## Outputs\n\n| name | meaning | unit | along |\n|---|---|---|---|\n" + "\n".join(outputs))
    return parts
