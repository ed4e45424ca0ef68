"""`mfsolve check MODEL`: an audit of an experiment, a user's own or one of the house."""

import json
from pathlib import Path

from mfsolve.commands.terminal import FAILED
from mfsolve.experiments import NAMES, guests, load
from mfsolve.experiments._undeclared_files import silent
from mfsolve.experiments.experiment import Experiment
from mfsolve.models.frozen import InputError
from mfsolve.paths import is_file
from mfsolve.report import tables
from mfsolve.study.audit.audit import Audit, audit
from mfsolve.study.audit.audit_design import size_setting
from mfsolve.study.file.source import StudyError
from mfsolve.study.origin.software import code_of

WORDS = {True: "kept", False: "broken", None: "-"}


def find_experiment(model: str, folder: Path | None = None) -> Experiment:
    """An experiment by its name, module or file; `EXPERIMENT` is the name in a module if none is given.

    A module is looked for in the folder first, by default the working directory.

    Raises
    ------
    InputError
        Where there is none, or a mistake in it.
    """
    path = Path(model)
    if path.suffix == ".toml":
        raise StudyError(
            f"{model}: is a study, where an experiment is needed; of a study: mfsolve run --dry-run {model}"
        )
    if path.suffix == ".py":
        if not is_file(path):
            raise StudyError(f"{path}: no such file")
        folder, spec = path.parent, f"{path.stem}:EXPERIMENT"
    else:
        folder, spec = (
            folder or Path(),
            model if model in NAMES or model in guests() or ":" in model else f"{model}:EXPERIMENT",
        )
    try:
        return load(spec, folder)
    except InputError:
        raise
    except ValueError as error:
        raise StudyError(str(error)) from None


def check(model: str, *, size: str | None = None, seed: int = 1, as_json: bool = False) -> int:
    """Print the findings of an audit, as a table or JSON; 1 where a promise is broken."""
    with silent():  # files that are not declared are a finding
        experiment = find_experiment(model)
        try:
            size_setting(experiment, size)  # before an audit of minutes
        except ValueError as error:
            raise StudyError(str(error)) from None
        findings = audit(experiment, Audit(seed, size))
    broken = [finding for finding in findings if finding.kept is False]
    if as_json:
        content = {
            "model": experiment.name, "code": code_of(experiment), "broken": len(broken),
            "findings": [finding._asdict() for finding in findings],
        }  # fmt: skip
        print(json.dumps(content, indent=2))
        return FAILED if broken else 0
    titles = ["arm", "promise", "verdict", "found"]
    lines = [[f.arm, f.promise, WORDS[f.kept], f.said] for f in findings]
    styles = {True: "supported", False: "contradicted", None: None}
    tables.print_table(f"{experiment.name}: {experiment.title}", titles, lines, [styles[f.kept] for f in findings])
    tables.remark(f"{len(broken)} of {sum(f.kept is not None for f in findings)} promises broken." if broken else "")
    return FAILED if broken else 0
