"""`mfsolve new`: a study file to start from."""

from pathlib import Path

from mfsolve.calibration.section import Settings as Calibration
from mfsolve.claims import shipped_studies
from mfsolve.commands.catalogue import describe, toml_value
from mfsolve.experiments import load
from mfsolve.study.config import StudyError, nearest
from mfsolve.study.estimands import ESTIMANDS
from mfsolve.study.files import write_text
from mfsolve.study.settings import Ensemble


def template(name: str) -> str:
    """A commented study file: every setting of the experiment with its default, and a first estimate."""
    experiment = load("collapse")
    lines = [f'title = "{name}"', 'model = "collapse"   # see: mfsolve list', ""]
    for section in ("parameters", "population", "record"):
        lines.append(f"[{section}]")
        for setting in describe(getattr(experiment, section)):
            allowed = f" {setting['range']}" if setting["range"] else ""
            lines.append(f"# {setting['meaning']};{allowed}".rstrip("; "))
            line = f"{setting['name']} = {toml_value(setting['default'])}"
            lines.append(f"# {setting['name']} =" if setting["default"] is None else line)
        lines.append("")
    lines += ['# Policies to compare; a label may differ from the rule: [policies.high], rule = "fixed".']
    for rule, arm in experiment.arms.items():
        mark = "" if rule in ("none", "closed_form") else "# "
        lines.append(f"{mark}[policies.{rule}]")
        for setting in describe(arm.settings):
            value = "0.3" if setting["required"] else toml_value(setting["default"])
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
            f"# {setting['name']} ="
            if setting["default"] is None
            else f"{setting['name']} = {toml_value(setting['default'])}",
        ]
    lines += [
        "",
        "# Rows of the report; statistic is one of:",
        f"# {', '.join(ESTIMANDS)}.",
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
        *(
            f"# {s['name']} = {toml_value(s['default'])}   # {s['meaning']}"
            for s in describe(Calibration)
            if s["default"]
        ),
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
